"""What the compiled module refuses: a wrong call must be an error, and never read or write elsewhere."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from native_build import need_the_engine

need_the_engine()

from seedbed.random.laws import Flag, Kind, packed  # noqa: E402 - as above
from seedbed_native import _native  # noqa: E402 - which the line before looks for
from seedbed_native.known_answers import laws  # noqa: E402 - as above

UNIFORM = packed(Kind.UNIFORM, "float32", scale=2.0**-32, shift=0.0).tables
PLACE = (1, 2, 0, 8, 1, (), ())


def draw(*, cpu=0, tables=UNIFORM, out=None, place=PLACE, first=0, last=8):
    out = np.zeros(8, np.float32) if out is None else out
    _native.draw(cpu, tables, out, *place, first, last)
    return out


def test_a_right_call_writes_all_of_it():
    assert np.count_nonzero(draw()) == 8


@pytest.mark.parametrize(
    ("wrong", "match"),
    [
        ({"cpu": 99}, "no such set"),
        ({"cpu": -1}, "no such set"),
        ({"tables": UNIFORM[:3]}, "eight buffers"),
        ({"tables": (b"short", *UNIFORM[1:])}, "another size"),
        ({"tables": (b"\xff" * len(UNIFORM[0]), *UNIFORM[1:])}, "unknown kind"),
        ({"out": np.zeros(7, np.float32)}, "as many elements"),
        ({"out": np.zeros(9, np.float32)}, "as many elements"),
        ({"out": np.zeros(33, np.uint8)}, "as many elements"),
        ({"first": 9}, "as many elements"),
        ({"place": (1, 2, 0, 0, 1, (), ())}, "as many elements"),
        ({"place": (1, 2, 0, 8, 0, (), ())}, "as many elements"),
        ({"place": (1, 2, 0, 8, 1, (2, 3), (4,))}, "of one length"),
        ({"place": (1, 2, 0, 8, 1, (1,) * 65, (1,) * 65)}, "at most 64"),
        ({"place": (1, 2, 0, 8, 1, (0,), (1,))}, "at least 1"),
        ({"out": np.zeros(33, np.uint8)[1:].view(np.float32)}, "aligned"),
    ],
)
def test_a_wrong_call_is_an_error(wrong, match):
    with pytest.raises(ValueError, match=match):
        draw(**wrong)


@pytest.mark.parametrize(
    "wrong",
    [
        {"tables": list(UNIFORM)},
        {"tables": ("text", *UNIFORM[1:])},
        {"out": b"read only, and of 32 bytes......."[:32]},
        {"out": np.zeros(16, np.float32)[::2]},
        {"place": (1, 2, 0, 8, 1, ("3",), (1,))},
    ],
    ids=["a list", "text", "bytes", "not contiguous", "text for a count"],
)
def test_what_is_no_buffer_or_number_is_an_error(wrong):
    with pytest.raises((TypeError, BufferError, ValueError)):
        draw(**wrong)


@pytest.mark.parametrize("count", [-1, 2**64])
def test_a_count_that_no_64_bits_hold_is_an_error(count):
    with pytest.raises(OverflowError):
        draw(place=(1, 2, 0, 8, 1, (count,), (1,)))


@pytest.mark.parametrize(
    ("name", "table"),
    [
        ("lines float32", 1),
        *(("disc", table) for table in (1, 2, 3)),
        *(("half", table) for table in (4, 5, 6)),
        *(("fine disc 0.25", table) for table in (6, 7)),
    ],
)
def test_a_table_that_is_too_short_is_an_error(name, table):
    law = dict(laws())[name]
    tables = (*law.tables[:table], np.asarray(law.tables[table])[:99], *law.tables[table + 1 :])
    out = np.zeros(8 * law.parts, (np.uint16, np.uint16, np.uint32, np.uint64)[law.format])
    draw(tables=law.tables, out=out)
    with pytest.raises(ValueError, match="a table is too short"):
        draw(tables=tables, out=out)


@pytest.mark.parametrize(("name", "table"), [("lines float32", 1), ("half", 4)])
def test_a_table_that_is_not_aligned_is_an_error(name, table):
    law = dict(laws())[name]
    moved = np.zeros(law.tables[table].nbytes + 1, np.uint8)[1:]
    tables = (*law.tables[:table], moved, *law.tables[table + 1 :])
    with pytest.raises(ValueError, match="a table is not aligned"):
        draw(tables=tables, out=np.zeros(8, (np.uint16, np.uint16, np.uint32, np.uint64)[law.format]))


@pytest.mark.parametrize(("name", "dtype"), [("disc", "float32"), ("fine disc 0.25", "float64")])
def test_a_disc_of_real_values_is_an_error_and_writes_nothing(name, dtype):
    found = dict(laws())[name]
    kind = Kind.DISC if name == "disc" else Kind.FINE_DISC
    law = packed(kind, dtype, scale=1.0, shift=0.0, tables=found.tables[1:])
    room = np.zeros(8, dtype)
    with pytest.raises(ValueError, match="values of two parts"):
        draw(tables=law.tables, out=room[:1], last=1)
    assert not room.any()


def test_an_odd_disc_is_an_error_since_half_a_table_would_be_read_beyond_its_end():
    tables = dict(laws())["disc"].tables
    law = packed(Kind.DISC, "complex64", scale=1.0, shift=0.0, flags=Flag.ODD, tables=tables[1:])
    with pytest.raises(ValueError, match="lines alone may be odd"):
        draw(tables=law.tables, out=np.zeros(8, np.complex64).view(np.uint32))


def test_no_call_leaks_its_buffers():
    out = np.zeros(8, np.float32)
    before = sys.getrefcount(out), sys.getrefcount(UNIFORM[0])
    for _ in range(100):
        draw(out=out)
        with pytest.raises(ValueError, match="as many elements"):
            draw(out=out, last=7)
    assert (sys.getrefcount(out), sys.getrefcount(UNIFORM[0])) == before


@pytest.mark.parametrize(
    "wrong",
    [
        {"function": 3},
        {"out": np.zeros(3)},
        {"x": np.zeros(33, np.uint8)[1:]},
        {"x": np.zeros(31, np.uint8)},
        {"y": np.zeros(3)},
        {"log_table": np.zeros(1535)},
        {"exp_table": np.zeros(1023)},
    ],
)
def test_a_wrong_call_of_a_function_is_an_error(wrong):
    right = {"function": 2, "x": np.ones(4), "y": np.ones(4), "out": np.zeros(4)}
    tables = {"log_table": np.zeros(1536), "exp_table": np.zeros(1024)}
    _native.elementary(*(right | tables).values())
    with pytest.raises(ValueError, match="as many aligned doubles, and tables whole"):
        _native.elementary(*(right | tables | wrong).values())

"""A test that takes a millisecond: whether this build draws what it must, on this machine.

A compiler that is told to change floating-point arithmetic, or that has a fault, makes an engine whose values
are wrong by a bit. Seedbed must not draw with it. The tables of lines are made up, since the true ones take
longer to make than the test may.
"""

from __future__ import annotations

import functools
import zlib
from collections.abc import Iterator
from typing import Any, Final, TypeAlias

import numpy as np

from seedbed.random import Masses
from seedbed.random.laws import Flag, Kind, Law, Table, packed
from seedbed_native import _native

_KEY: Final = (0x0123456789ABCDEF, 0xFEDCBA9876543210)
_COUNT: Final = 1101  # two blocks of the kernels, and a rest that fills no vector
_PRIME: Final = 1021  # numbers that are repeated, out of step with the kernels' own
_FAR: Final = 2**53 + 5  # a place that is at no counter's beginning
_Place: TypeAlias = tuple[int, int, int, tuple[int, ...], tuple[int, ...]]
_WHOLE: Final[_Place] = (_FAR, _COUNT, 1, (), ())
_RAW: Final = (np.uint16, np.uint16, np.uint32, np.uint64)
# Runs of seven elements, each third, over two axes.
_PART: Final[_Place] = (_FAR, 7, 3, (5, 4), (2**33 + 1, 1001))
_HALF: Final = Masses(0.25, 0.5, 0.25)
_TAIL: Final = Masses(0.0, 2.0**-60, 1.0)

# Checksums in the order of `answers`; `tests/test_known_answers.py` works out the values with NumPy.
ANSWERS: Final = (
    0x686FC8EB,
    0x96B60EEE,
    0x909AD577,
    0xBBA9634F,
    0xB5FD9DA5,
    0x717C809F,
    0xC3246E95,
    0x5C46D436,
    0x1B9AE2E0,
    0xF8F90F35,
    0x550DC298,
    0xC4ED1B40,
    0xD37F9CFE,
    0x463BEDA8,
    0x3C7769F1,
    0xC10A82BF,
    0xC36C57D8,
    0xE102D30D,
    0xB1AA2A27,
    0x4129A95F,
    0x78EB0328,
    0x0CAEC8B7,
    0x3577ED7C,
    0xC5E9EEEE,
    0x2B45351B,
    0x62AB59F6,
    0x57A143FA,
    0x6C96734E,
    0x98F6DF95,
    0xA35505DA,
    0x7617DF10,
    0xBBCBB42D,
    0xBD10733B,
    0x621EF9FF,
    0xB298EBB4,
    0x155241AA,
    0x11F38616,
    0x9E20A1FC,
    0x320E9A44,
    0x2A4A53CC,
    0xBF048037,
    0x6223E917,
    0xF900EE7C,
    0xAA22F7D7,
    0x82AC10B3,
    0xF5D53FC9,
    0x07E00D15,
)


@functools.cache
def wrong_answers(cpu: int) -> tuple[str, ...]:
    """Return which draws differ from what they must be, with one set of instructions."""
    drawn = zip(answers(cpu), ANSWERS, strict=True)
    return tuple(dict.fromkeys(name for (name, answer), known in drawn if answer != known))


def answers(cpu: int) -> Iterator[tuple[str, int]]:
    """Yield the name of each draw, and the checksum of its values as little-endian numbers."""
    for name, law in laws():
        for place, count in ((_WHOLE, _COUNT), (_PART, 140)):
            raw = _RAW[law.format]
            out = np.empty(count * law.parts, raw)
            base, run, step, counts, strides = place
            _native.draw(cpu, law.tables, out, *_KEY, base, run, step, counts, strides, 0, count)
            yield name, _checksum(out)
    log_table, exp_table = made_up_rows()[2], made_up_rows()[3]
    for number, name in enumerate(("log", "exp", "power")):
        values = np.empty_like(arguments()[0])
        _native.elementary(number, *arguments(), values, log_table, np.resize(exp_table, 1024))
        yield name, _checksum(values.view(np.uint64))


def _checksum(raw: np.ndarray[Any, np.dtype[Any]]) -> int:
    return zlib.crc32(raw.astype(raw.dtype.newbyteorder("<")).tobytes())


@functools.cache
def arguments() -> tuple[Table, Table]:
    """Return arguments of the elementary functions, edges among them."""
    edges = [0.0, -0.0, 1.0, -1.0, np.inf, -np.inf, np.nan, 5e-324, 2.0**-1022, 1.7e308, 744.9, -745.2, 709.8]
    x = np.concatenate((np.repeat(edges, len(edges)), np.arange(1.0, 400.0) / 7, -np.arange(700.0, 760.0)))
    y = np.concatenate((np.tile(edges, len(edges)), np.arange(-459.0, 0.0) / 50))
    return x, y


def laws() -> Iterator[tuple[str, Law]]:
    """Yield what is drawn, by a name that says how."""
    lines, arcs = made_up_lines(), made_up_arcs()
    normal = (lines, *(b"",) * 6)
    for name in ("float32", "float16", "bfloat16", "complex64"):
        yield f"uniform {name}", packed(Kind.UNIFORM, name, scale=2.0**-32, shift=0.25)
        yield f"lines {name}", packed(Kind.LINES, name, scale=0.7, shift=0.0, flags=Flag.ODD, tables=normal)
    yield "clipped", packed(Kind.LINES, "bfloat16", scale=0.7, shift=0.1, limits=(0.0, 0.5), tables=normal)
    yield "shifted", packed(Kind.LINES, "float32", scale=0.7, shift=0.1, flags=Flag.ODD, tables=normal)
    yield "any", packed(Kind.LINES, "float32", scale=0.7, shift=0.0, tables=normal)
    yield (
        "any shifted",
        packed(Kind.LINES, "float32", scale=0.7, shift=-0.1, limits=(-0.5, 0.5), tables=normal),
    )
    both = Flag.ODD | Flag.EVEN_ONLY
    yield "even only", packed(Kind.LINES, "complex64", scale=0.7, shift=0.1, flags=both, tables=normal)
    disc = (lines, *arcs, *(b"",) * 4)
    yield "disc", packed(Kind.DISC, "complex64", scale=1.1, shift=0.0, tables=disc)
    yield "disc shifted", packed(Kind.DISC, "complex64", scale=1.1, shift=0.3, tables=disc)
    fine = (b"", b"", b"", *made_up_rows())
    yield "uniform float64", packed(Kind.UNIFORM, "float64", scale=2.0**-64, shift=0.25, limits=(0.0, 0.25))
    for name, masses in (("all", None), ("half", _HALF), ("tail", _TAIL)):
        yield name, packed(Kind.QUANTILE, "float64", scale=0.7, shift=0.1, masses=masses, tables=fine)
    for radius in (2.0**-30, 0.25, 2.0):
        yield (
            f"fine disc {radius}",
            packed(
                Kind.FINE_DISC, "complex128", scale=1.1, shift=0.3, masses=_HALF, radius=radius, tables=fine
            ),
        )


@functools.cache
def made_up_lines() -> Table:
    """Return pairs of slope and constant for both signs; slopes have few bits, as true ones do."""
    number = np.arange(_PRIME)
    pairs = np.stack((2.0**-31 * (1.0 + number / 1024), number / 3000 - 0.3), axis=-1)
    return np.resize(pairs.reshape(-1), 4 * 32768)


@functools.cache
def made_up_arcs() -> tuple[Table, Table]:
    """Return pairs of slope and constant for a cosine and a sine that are none."""
    number = np.arange(_PRIME)
    pairs = np.stack((2.0**-18 * (1.0 + number / 1024), number / 3000 - 0.3), axis=-1)
    cosine = np.resize(pairs.reshape(-1), 2 * 16384)
    return cosine, -0.5 * cosine


@functools.cache
def made_up_rows() -> tuple[Table, ...]:
    """Return the tables of double precision, of numbers that have all their digits."""
    some = 1.0 / np.arange(3.0, 3.0 + _PRIME)
    return tuple(np.resize(some, size) for size in (9 * 4225, 9 * 320, 3 * 512, 2 * 256))

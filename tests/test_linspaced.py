"""Equally spaced values: rounded once from the exact numbers, in every dtype, along any axis, in any part."""

import math
import tracemalloc
from fractions import Fraction

import ml_dtypes
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from test_shards import assert_same, indices, partitions

import seedbed
from seedbed.dtypes import ALL, BOOL, COMPLEX, FLOATING, INTEGER
from seedbed.errors import ArgumentError, DTypeError, ShapeError
from seedbed.standard import Linspaced
from seedbed.standard import linspaced as module


def exact(start, stop, length):
    rise = Fraction(stop) - Fraction(start)
    return [Fraction(start) + rise * i / max(1, length - 1) for i in range(length)]


def is_nearest(found, number, dtype):
    """Say whether no neighbour is nearer to a number; of two as near, whether the last bit is even."""
    bits = found.view(f"u{found.itemsize}")
    neighbours = [np.nextafter(found, found.dtype.type(end)) for end in (np.inf, -np.inf)]
    off = abs(Fraction(float(found)) - number)
    offs = [abs(Fraction(float(other)) - number) for other in neighbours if np.isfinite(other)]
    return off < min(offs) or (off == min(offs) and bits % 2 == 0)


small = st.floats(-60000, 60000) | st.integers(-60000, 60000) | st.sampled_from([0.1, 1 / 3, -0.0, 5e-324])


@settings(max_examples=200, deadline=None)
@given(small, small, st.integers(1, 40), st.sampled_from(FLOATING))
@example(1 + 2**-8, 1 + 2**-8 + 2**-52, 4, "bfloat16")  # just above the middle of two numbers
@example(1 + 2**-11, 1 + 2**-11 + 2**-52, 4, "float16")
@example(1 + 2**-24, 1 + 2**-24 + 2**-52, 4, "float32")
@example(1 + 3 * 2**-24 - 2**-52, 1 + 3 * 2**-24, 4, "float32")  # just below it
def test_values_are_the_exact_numbers_rounded_once(start, stop, length, dtype):
    found = Linspaced(start, stop)(length, dtype)
    numbers = exact(start, stop, length)
    assert [is_nearest(value, number, dtype) for value, number in zip(found, numbers, strict=True)] == (
        [True] * length
    )
    rise = np.diff(found.astype(float))
    assert (rise >= 0).all() if stop > start else (rise <= 0).all()


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_two_roundings_would_be_noticed(dtype, monkeypatch):
    start = 1 + (2**-24 if dtype == "float32" else 2**-8)  # midway between two numbers of the dtype
    stop = start + 2**-52  # the next double; a third of the way up, the nearest one is `start`
    assert is_nearest(Linspaced(start, stop)(4, dtype)[1], exact(start, stop, 4)[1], dtype)
    monkeypatch.setattr(module, "_to_odd", lambda nearest, *_: nearest)
    assert not is_nearest(Linspaced(start, stop)(4, dtype)[1], exact(start, stop, 4)[1], dtype)


def test_arithmetic_in_doubles_would_be_noticed():
    start, stop, length = 0.1, 0.7, 1000
    naive = start + (stop - start) * np.arange(length) / (length - 1)
    found = Linspaced(start, stop)(length, "float64")
    assert (found != naive).any()
    assert (found != np.linspace(start, stop, length)).any()
    np.testing.assert_allclose(found, naive, rtol=1e-15)


def test_the_furthest_ends_are_exact_and_nothing_overflows():
    largest = float(np.finfo(float).max)
    found = Linspaced(-largest, largest)(5, "float64")
    assert found.tolist() == [-largest, -largest / 2, 0, largest / 2, largest]
    assert Linspaced(5e-324, largest)(2, "float64").tolist() == [5e-324, largest]
    assert Linspaced(-largest, largest).expected_mean((5,)) == 0
    assert Linspaced(-largest, largest).expected_stddev((2,)) == largest
    with pytest.raises(DTypeError, match="choose a start nearer to 0 or a wider dtype"):
        Linspaced(largest, 0)(5)


@pytest.mark.parametrize("dtype", FLOATING)
@pytest.mark.parametrize("length", [1, 2, 3, 10, 1001])
def test_the_ends_are_the_ends(dtype, length):
    kind = ml_dtypes.bfloat16 if dtype == "bfloat16" else dtype
    found = Linspaced(0.1, -0.7)(length, dtype)
    assert found[0] == np.array(0.1).astype(kind)
    if length > 1:
        assert found[-1] == np.array(-0.7).astype(kind)


@pytest.mark.parametrize("dtype", COMPLEX)
def test_complex_values_have_no_imaginary_part(dtype):
    found = Linspaced(0.1, 0.7)((3, 11), dtype)
    assert not found.imag.any()
    np.testing.assert_array_equal(found.real, Linspaced(0.1, 0.7)((3, 11), found.real.dtype))


class TestWholeNumbers:
    @pytest.mark.parametrize("dtype", INTEGER)
    def test_they_come_in_every_dtype_that_has_them(self, dtype):
        assert Linspaced(7, 1.0)(4, dtype).tolist() == [7, 5, 3, 1]
        assert Linspaced(0, 0.5)(1, dtype).tolist() == [0]  # the value is `start` alone

    def test_bools_are_0_and_1(self):
        assert Linspaced(1, 0)((2, 2), "bool").tolist() == [[True, False]] * 2

    def test_they_are_exact_where_doubles_are_not(self):
        assert Linspaced(2**60 + 1, 2**60 + 3)(3, "int64").tolist() == [2**60 + k for k in (1, 2, 3)]
        assert Linspaced(0, 2**64 - 1)(2, "uint64").tolist() == [0, 2**64 - 1]

    @pytest.mark.parametrize(
        ("start", "stop", "length", "dtype", "message"),
        [
            (0.5, 3, 4, "int32", r"dtype 'int32' cannot hold start 0.5 exactly; choose a floating dtype, or"),
            (0.5, 3, 0, "int32", r"cannot hold start 0.5 exactly"),
            (0, 300, 4, "uint8", r"dtype 'uint8' cannot hold stop 300 exactly"),
            (0, -1, 2, "uint8", r"cannot hold stop -1 exactly"),
            (0, 2, 3, "bool", r"dtype 'bool' cannot hold stop 2 exactly"),
            (0, 3, 3, "int8", r"dtype 'int8' cannot hold 3 values from 0 to 3 exactly; choose a floating"),
        ],
    )
    def test_a_dtype_that_lacks_a_value_is_refused_by_calls_and_shards(
        self, start, stop, length, dtype, message
    ):
        initializer = Linspaced(start, stop)
        for use in (
            lambda: initializer(length, dtype),
            lambda: initializer.shard(length, slice(0, 0), dtype),
            lambda: initializer.fill(np.empty(length, dtype)),
        ):
            with pytest.raises(DTypeError, match=message):
                use()


@pytest.mark.parametrize(("dtype", "end"), [("float16", 65536), ("bfloat16", 3.4e38), ("float32", 1e39)])
def test_a_dtype_in_which_an_end_would_be_infinite_is_refused(dtype, end):
    with pytest.raises(DTypeError, match=f"stop .* would become infinite in dtype '{dtype}'"):
        Linspaced(0, end)(1000, dtype)
    assert Linspaced(0, end)(1, dtype) == 0


@settings(deadline=None)
@given(data=st.data())
def test_values_change_along_the_axis_and_parts_are_those_of_the_whole(data):
    shape = data.draw(st.lists(st.integers(0, 5), min_size=1, max_size=4).map(tuple))
    axis = data.draw(st.integers(-len(shape), len(shape) - 1))
    dtype = data.draw(st.sampled_from(FLOATING + COMPLEX))
    initializer = Linspaced(0.3, -2, axis=axis)
    whole = initializer(shape, dtype)
    one = Linspaced(0.3, -2)(shape[axis], dtype)
    np.testing.assert_array_equal(
        np.moveaxis(whole, axis, -1), np.broadcast_to(one, np.moveaxis(whole, axis, -1).shape)
    )
    index = data.draw(indices(shape))
    assert_same(initializer.shard(shape, index, dtype), whole[index])
    assembled = np.empty_like(whole)
    for part in data.draw(partitions(shape)):
        assembled[part] = initializer.shard(shape, part, dtype)
    assert_same(assembled, whole)


def test_numbers_are_worked_out_in_pieces(monkeypatch):
    expected = Linspaced(0.1, 0.7)(100)
    monkeypatch.setattr(module, "_AT_A_TIME", 7)
    np.testing.assert_array_equal(Linspaced(0.1, 0.7)(100), expected)
    np.testing.assert_array_equal(Linspaced(0.1, 0.7).shard(100, slice(None, None, -3)), expected[::-3])


def test_a_part_works_out_no_more_than_its_own_numbers():
    initializer = Linspaced(0.1, 0.7, axis=0)
    tracemalloc.start()
    try:
        part = initializer.shard((2**40, 2**18), (slice(2**39, 2**39 + 9), slice(5)))
        assert tracemalloc.get_traced_memory()[1] < 2**20
    finally:
        tracemalloc.stop()
    assert part.shape == (9, 5)
    assert initializer.shard((2**40, 4), (slice(None), slice(0, 0))).shape == (2**40, 0)
    assert initializer((2**40, 0)).shape == (2**40, 0)


@pytest.mark.parametrize("length", [1, 2, 5, 64])
def test_moments_and_bounds_are_those_of_the_values(length):
    initializer, shape = Linspaced(3.5, -1, axis=1), (3, length, 2)
    values = initializer(shape, "float64")
    assert initializer.expected_mean(shape) == pytest.approx(values.mean())
    assert initializer.expected_stddev(shape) == pytest.approx(values.std())
    assert initializer.expected_bounds(shape) == (values.min(), values.max())


@pytest.mark.parametrize("axis", [-1, 0])
def test_a_scalar_has_no_axis(axis):
    initializer = Linspaced(0, 1, axis=axis)
    for use in (lambda: initializer(()), lambda: initializer.shard((), ...)):
        with pytest.raises(ShapeError, match=rf"got shape \(\), which has no axis {axis}; ask for more axes"):
            use()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"start": math.nan, "stop": 1}, "start must be a finite number, got nan"),
        ({"start": 0, "stop": math.inf}, "stop must be a finite number, got inf"),
        ({"start": True, "stop": 1}, "start must be .* got True of type bool"),
        ({"start": 0, "stop": 1j}, "stop must be .* got 1j of type complex"),
        ({"start": 0, "stop": 1, "axis": 64}, "axis must be an int from -64 to 63, got 64"),
        ({"start": 0, "stop": 1, "axis": True}, "axis must be an int"),
    ],
)
def test_a_wrong_argument_is_named_with_what_is_allowed(arguments, message):
    with pytest.raises(ArgumentError, match=message):
        Linspaced(**arguments)


def test_its_config_is_lossless():
    initializer = Linspaced(2**60 + 1, -0.1, axis=0)
    assert seedbed.from_config(seedbed.to_config(initializer)) == initializer
    assert eval(repr(initializer)) == initializer
    assert set(ALL) == {*FLOATING, *COMPLEX, *INTEGER, *BOOL}

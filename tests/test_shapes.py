"""Shapes and the indices of shards, at the boundary."""

import array

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seedbed.errors import SeedbedError, ShapeError, ShardIndexError
from seedbed.shapes import as_shape, check_index


class Size:
    """What NumPy's scalars and other frameworks' symbolic sizes have in common."""

    def __index__(self):
        return 5


class Sizes(tuple):
    __slots__ = ()


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        (3, (3,)),
        (np.array(3), (3,)),
        (Size(), (5,)),
        ((2, Size(), np.array(4)), (2, 5, 4)),
        (array.array("i", [2, 3]), (2, 3)),
        (Sizes((2, 3)), (2, 3)),
        (0, (0,)),
        ((), ()),
        ([], ()),
        ([2, 3], (2, 3)),
        (np.int64(4), (4,)),
        ((np.int32(2), np.uint8(3)), (2, 3)),
        (np.array([2, 3]), (2, 3)),
        (range(3), (0, 1, 2)),
    ],
)
def test_ints_and_sequences_of_ints_become_a_tuple_of_python_ints(shape, expected):
    result = as_shape(shape)
    assert result == expected
    assert type(result) is tuple
    assert all(type(size) is int for size in result)


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        (-1, r"negative size -1"),
        ((2, -3), r"negative size -3 in shape \(2, -3\)"),
        (2.0, r"got shape 2\.0 of type float"),
        ((2, 3.0), r"got 3\.0 of type float in shape \(2, 3\.0\)"),
        (True, r"got shape True of type bool"),
        ((2, True), r"got True of type bool"),
        (np.bool_(True), r"of type bool"),
        ("23", r"got shape '23' of type str"),
        (b"23", r"of type bytes"),
        (memoryview(b"23"), r"of type memoryview"),
        (np.array(2.0), r"of type ndarray"),
        (np.array(True), r"of type ndarray"),
        ((2, np.bool_(True)), r"of type bool"),
        ((10**400, 2), r"no array can have"),
        (-(10**400), r"negative size -1000000"),
        (range(10**12), r"got a shape with 1000000000000 axes"),
        (None, r"got shape None of type NoneType"),
        ({2, 3}, r"of type set"),
        ((2, None), r"got None of type NoneType"),
        (np.array([[2, 3]]), r"of type ndarray"),
        (np.array([2.0]), r"of type float64"),
        ((2**62, 2**62), r"no array can have"),
        ((0, 2**62, 2**62), r"no array can have"),
        ((1,) * 65, r"got a shape with 65 axes"),
    ],
)
def test_anything_else_is_refused_and_the_message_says_what_a_shape_is(shape, message):
    with pytest.raises(ShapeError, match=message) as caught:
        as_shape(shape)
    assert isinstance(caught.value, SeedbedError)
    assert isinstance(caught.value, ValueError)
    assert isinstance(caught.value, TypeError)


def test_a_shape_is_refused_in_constant_memory():
    import tracemalloc

    tracemalloc.start()
    with pytest.raises(ShapeError, match="no array can have"):
        as_shape((2**40, 2**40))
    assert tracemalloc.get_traced_memory()[1] < 1 << 20
    tracemalloc.stop()


@given(st.lists(st.integers(0, 5), max_size=5), st.data())
def test_an_index_gives_the_shape_that_numpy_gives(sizes, data):
    shape = tuple(sizes)
    parts = [
        data.draw(st.one_of(st.slices(size), st.integers(-size, size - 1) if size else st.slices(size)))
        for size in shape
    ]
    index = tuple(parts[: data.draw(st.integers(0, len(parts)))])
    assert check_index(shape, index) == np.empty(shape)[index].shape


@pytest.mark.parametrize(
    ("index", "message"),
    [
        ([0, 1], r"got \[0, 1\] of type list"),
        (None, r"got None of type NoneType"),
        (True, r"got True of type bool"),
        (np.array([0]), r"of type ndarray"),
        (1.0, r"got 1\.0 of type float"),
        (4, r"index 4 does not fit shape \(4, 2\)"),
        ((0, 0, 0), r"does not fit shape"),
        ((..., ...), r"does not fit shape"),
        (slice(0, 4, 0), r"does not fit shape"),
    ],
)
def test_what_is_no_basic_index_into_the_shape_is_refused(index, message):
    with pytest.raises(ShardIndexError, match=message) as caught:
        check_index((4, 2), index)
    assert isinstance(caught.value, IndexError)


def test_an_index_may_hold_whatever_is_an_int():
    assert check_index((9, 2), (Size(), np.array(1))) == ()


def test_an_index_is_checked_without_making_the_array():
    assert check_index((2**40,), slice(5)) == (5,)

"""Shapes and the indices of shards, at the boundary."""

import array

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seedbed.errors import SeedbedError, ShapeError, ShardIndexError
from seedbed.shapes import as_shape, check_array, check_index, full_index, gives_scalar


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
        ((-1, 2), r"negative size -1 in shape \(-1, 2\)"),
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
        ((10**400, 2), r"too many elements; at most 2\*\*59 - 1 are allowed"),
        (-(10**400), r"negative size -1000000"),
        (range(10**12), r"got a shape with 1000000000000 axes"),
        (None, r"got shape None of type NoneType"),
        ({2, 3}, r"of type set"),
        ((2, None), r"got None of type NoneType"),
        (np.array([[2, 3]]), r"of type ndarray"),
        (np.array([2.0]), r"of type float64"),
        ((2**62, 2**62), r"too many elements"),
        (2**59, r"got shape \(576460752303423488,\), which has too many elements"),
        ((2**30, 2**29), r"too many elements"),
        ((0, 2**62, 2), r"NumPy gives no array, though it would be empty: .* at most 2\*\*63 - 1"),
        ((0, 2**63), r"NumPy gives no array"),
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
    with pytest.raises(ShapeError, match="too many elements"):
        as_shape((2**40, 2**40))
    assert tracemalloc.get_traced_memory()[1] < 1 << 20
    tracemalloc.stop()


def test_a_shape_has_as_many_axes_as_numpy_gives_an_array():
    axes = 64 if int(np.__version__.partition(".")[0]) >= 2 else 32
    assert as_shape((1,) * axes) == np.empty((1,) * axes).shape
    with pytest.raises(ValueError, match="maximum"):
        np.empty((1,) * (axes + 1))
    for shape in ((1,) * (axes + 1), [1] * (axes + 1), range(axes + 1)):
        with pytest.raises(ShapeError, match=f"{axes + 1} axes; at most {axes} are allowed"):
            as_shape(shape)


@pytest.mark.parametrize("shape", [(2**59 - 1,), (2**29, 2**29), (1, 2**58, 1)])
def test_the_most_elements_are_the_same_on_every_machine(shape):
    assert as_shape(shape) == shape


@pytest.mark.parametrize("dtype", ["bool", "int8", "float16", "float32", "float64", "complex128"])
@pytest.mark.parametrize("rest", [(2**59,), (2**60,), (2**61,), (2**62,), (2**63 - 1,), (2**31, 2**31), ()])
@pytest.mark.parametrize("axis", [0, -1])
def test_an_empty_array_is_too_large_where_numpy_says_so(dtype, rest, axis):
    shape = (0, *rest) if axis == 0 else (*rest, 0)
    assert as_shape(shape) == shape
    try:
        np.empty(shape, dtype)
    except ValueError:
        with pytest.raises(
            ShapeError, match=r"NumPy cannot make .* dtype '\w+', though it is empty: with the"
        ):
            check_array(shape, np.dtype(dtype))
    else:
        check_array(shape, np.dtype(dtype))


def test_an_array_that_a_smaller_machine_cannot_address_is_refused(monkeypatch):
    monkeypatch.setattr("seedbed.shapes._MOST_BYTES", 2**31 - 1)
    check_array((2**29 - 1,), np.dtype("float32"))
    said = r"shape \(536870912,\) and dtype 'float32': it would have 2147483648 bytes, .* 2147483647; ask"
    with pytest.raises(ShapeError, match=said):
        check_array((2**29,), np.dtype("float32"))


@given(st.lists(st.integers(0, 5), max_size=5), st.data())
def test_an_index_gives_the_shape_that_numpy_gives(sizes, data):
    shape = tuple(sizes)
    parts = [
        data.draw(st.one_of(st.slices(size), st.integers(-size, size - 1) if size else st.slices(size)))
        for size in shape
    ]
    index = tuple(parts[: data.draw(st.integers(0, len(parts)))])
    at = data.draw(st.one_of(st.none(), st.integers(0, len(index))))
    if at is not None:
        index = (*index[:at], ..., *(parts[len(parts) - len(index) + at :]))
    whole = np.empty(shape)
    assert (
        check_index(shape, index) == whole[index].shape == whole[(*full_index(index, len(shape)), ...)].shape
    )
    assert gives_scalar(whole[index].shape, index) == (not isinstance(whole[index], np.ndarray))


def _slices():
    ends = st.one_of(st.none(), st.integers(-9, 9), st.sampled_from([2**40, -(2**40), 2**70, -(2**70)]))
    return st.builds(slice, ends, ends, ends.filter(lambda step: step != 0))


@given(st.integers(0, 7), _slices())
def test_a_slice_of_any_ends_has_the_length_that_numpy_gives(size, part):
    assert check_index((size,), part) == np.empty(size)[part].shape


@pytest.mark.parametrize(
    ("index", "message"),
    [
        ([0, 1], r"got \[0, 1\] of type list"),
        (None, r"got None of type NoneType"),
        (True, r"got True of type bool"),
        (np.array([0]), r"of type ndarray"),
        (1.0, r"got 1\.0 of type float"),
        (4, r"index 4 does not fit shape \(4, 2\): axis 0 takes -4 to 3, got 4"),
        (-5, r"axis 0 takes -4 to 3, got -5"),
        ((..., 2), r"does not fit shape \(4, 2\): axis 1 takes -2 to 1, got 2"),
        (10**30, r"axis 0 takes -4 to 3, got 1000"),
        ((0, 0, 0), r"does not fit shape \(4, 2\): it has 3 parts, and the shape has 2 axes"),
        ((0, ..., 0, 0), r"it has 3 parts"),
        ((..., ...), r"does not fit shape \(4, 2\): it has 2 Ellipses, of which one is enough"),
        (slice(0, 4, 0), r"does not fit shape \(4, 2\): slice step cannot be zero"),
        (slice(0.5), r"does not fit shape \(4, 2\): slice indices must be integers"),
    ],
)
def test_what_is_no_basic_index_into_the_shape_is_refused(index, message):
    with pytest.raises(ShardIndexError, match=message) as caught:
        check_index((4, 2), index)
    assert isinstance(caught.value, IndexError)


def test_an_index_may_hold_whatever_is_an_int():
    assert check_index((9, 2), (Size(), np.array(1))) == ()


def test_an_index_that_is_no_tuple_may_give_a_scalar_too():
    assert gives_scalar((), 3)
    assert not gives_scalar((), ...)
    assert not gives_scalar((2,), 3)


def test_an_index_is_checked_without_making_the_array():
    assert check_index((2**40,), slice(5)) == (5,)
    assert check_index((0, 2**63 - 1), (..., slice(None, None, -2))) == (0, 2**62)
    assert check_index((2**58, 2), (-(2**58), 1)) == ()


def test_an_empty_axis_has_no_index():
    with pytest.raises(ShardIndexError, match=r"shape \(3, 0\): axis 1 is empty, got 0"):
        check_index((3, 0), (0, 0))

"""Zeros, ones and constants."""

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import seedbed
from seedbed.dtypes import ALL
from seedbed.errors import ArgumentError, DTypeError, ShapeError


@pytest.mark.parametrize("dtype", ALL)
@pytest.mark.parametrize("shape", [(), (0,), (2, 3), 4])
def test_zeros_and_ones_come_in_every_dtype(dtype, shape):
    for name, value in (("zeros", 0), ("ones", 1), ("constant", 0)):
        array = seedbed.get(name)(shape, dtype)
        assert array.dtype.name == dtype
        assert array.shape == np.empty(shape).shape
        assert (array == np.array(value).astype(array.dtype)).all()


def test_a_nested_list_broadcasts():
    np.testing.assert_array_equal(seedbed.get("constant", value=[[1], [2]])((2, 3)), [[1, 1, 1], [2, 2, 2]])


def test_what_does_not_broadcast_is_refused():
    with pytest.raises(ShapeError, match=r"a constant of shape \(3,\) does not broadcast to shape \(2, 2\)"):
        seedbed.get("constant", value=[1, 2, 3])((2, 2))


numbers = st.one_of(
    st.booleans(),
    st.integers(-(2**63), 2**64 - 1),
    st.floats(),
    st.complex_numbers(),
)


@given(numbers)
def test_a_number_is_lossless_in_json(value):
    initializer = seedbed.get("constant", value=value)
    text = json.dumps(seedbed.to_config(initializer), allow_nan=False)
    back = seedbed.from_config(json.loads(text))
    assert back == initializer
    assert type(back.value) is type(value)
    assert repr(back.value) == repr(value)


@given(
    hnp.arrays(
        st.sampled_from([np.float32, np.float64, np.int64, np.complex128, np.bool_]), hnp.array_shapes()
    )
)
def test_an_array_is_lossless_in_json(array):
    initializer = seedbed.get("constant", value=array)
    back = seedbed.from_config(json.loads(json.dumps(seedbed.to_config(initializer), allow_nan=False)))
    np.testing.assert_array_equal(back.value, array)
    zeros = np.real(array) == 0
    np.testing.assert_array_equal(np.signbit(np.real(back.value))[zeros], np.signbit(np.real(array))[zeros])


def test_a_constant_keeps_nothing_of_the_callers_array():
    array = np.array([1.0, 2.0])
    initializer = seedbed.get("constant", value=array)
    array[0] = 5
    np.testing.assert_array_equal(initializer(2), [1, 2])
    with pytest.raises(ValueError, match="read-only"):
        initializer.value[0] = 5


def test_each_call_gives_an_array_of_its_own():
    initializer = seedbed.get("constant", value=[1.0, 2.0])
    initializer((2, 2))[...] = 7
    np.testing.assert_array_equal(initializer((2, 2)), [[1, 2], [1, 2]])


@pytest.mark.parametrize(
    "value", [None, "abc", "", [1, [2]], [[1], [2, 3]], {"a": 1}, [object()], [None], 2**64, b"1", "1" * 5000]
)
def test_what_is_no_number_is_refused(value):
    with pytest.raises(ArgumentError, match="value"):
        seedbed.get("constant", value=value)


def test_a_deeply_nested_list_is_refused():
    value = 1
    for _ in range(5000):
        value = [value]
    with pytest.raises(ArgumentError, match="nested more than 32 lists deep"):
        seedbed.get("constant", value=value)


@pytest.mark.parametrize(
    ("value", "dtype", "message"),
    [
        (0.5, "int32", "cannot hold it exactly"),
        (-1, "uint8", "cannot hold it exactly"),
        (-1, "uint64", "cannot hold it exactly"),
        (300, "uint8", "cannot hold it exactly"),
        (2, "bool", "cannot hold it exactly"),
        (math.nan, "int32", "cannot hold it exactly"),
        (math.inf, "int64", "cannot hold it exactly"),
        (2**63, "int64", "cannot hold it exactly"),
        (2.0**63, "int64", "cannot hold it exactly"),
        (1e300, "float32", "would become infinite"),
        (1e5, "float16", "would become infinite"),
        (1 + 2j, "float64", "a complex constant does not fit"),
    ],
)
def test_a_dtype_that_cannot_hold_the_value_is_refused(value, dtype, message):
    with pytest.raises(DTypeError, match=message):
        seedbed.get("constant", value=value)(2, dtype)


@pytest.mark.parametrize(
    ("value", "dtype"),
    [
        (2**63 - 1, "int64"),
        (2**64 - 1, "uint64"),
        (2**53 + 1, "int64"),
        (-(2**63), "int64"),
        (True, "int8"),
        (1.0, "bool"),
        (1 + 0j, "float32"),
    ],
)
def test_a_dtype_that_can_hold_the_value_holds_it(value, dtype):
    assert seedbed.get("constant", value=value)(1, dtype)[0] == value


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_nan_and_the_infinities_are_constants_too(value):
    np.testing.assert_array_equal(seedbed.get("constant", value=value)(2, "float16"), [value] * 2)


@pytest.mark.parametrize("index", [0, (1, slice(None, None, 2)), ..., (-1, 2), slice(3, 0, -1)])
@pytest.mark.parametrize("value", [3.0, [1.0, 2.0, 3.0], [[1.0], [2.0], [3.0], [4.0]]])
def test_a_shard_is_the_slice_of_the_whole(value, index):
    initializer = seedbed.get("constant", value=value)
    whole = initializer((4, 3), "float64")
    shard = initializer.shard((4, 3), index, "float64")
    np.testing.assert_array_equal(shard, whole[index])
    assert type(shard) is type(whole[index])


def test_a_shard_of_a_huge_tensor_costs_only_the_shard():
    assert seedbed.get("ones").shard((2**20, 2**25), (5, slice(3))).shape == (3,)

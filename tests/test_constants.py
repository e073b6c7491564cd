"""Zeros, ones and constants."""

import copy
import json
import math
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import seedbed
from seedbed.dtypes import ALL
from seedbed.errors import ArgumentError, ConfigError, DTypeError, ShapeError
from seedbed.standard import Constant


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
    message = r"got shape \(2, 2\), to which a constant of shape \(3,\) does not broadcast; ask for one"
    with pytest.raises(ShapeError, match=message):
        seedbed.get("constant", value=[1, 2, 3])((2, 2))


def through_json(initializer):
    text = json.dumps(seedbed.to_config(initializer), allow_nan=False)
    return seedbed.from_config(json.loads(text))


numbers = st.one_of(
    st.booleans(),
    st.integers(-(2**63), 2**64 - 1),
    st.floats(),
    st.complex_numbers(),
)


@given(numbers)
def test_a_number_is_lossless_in_json(value):
    initializer = seedbed.get("constant", value=value)
    back = through_json(initializer)
    assert back == initializer
    assert hash(back) == hash(initializer)
    assert type(back.value) is type(value)
    assert repr(back.value) == repr(value)


@given(hnp.arrays(st.sampled_from(["f4", "f8", "i8", "u8", "c8", "c16", "?"]), hnp.array_shapes()))
def test_an_array_is_lossless_in_json(array):
    initializer = seedbed.get("constant", value=array)
    back = through_json(initializer)
    assert back == initializer
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


@pytest.mark.parametrize("dtype", [float, np.int8, bool, complex])
@pytest.mark.parametrize(
    ("shape", "config"),
    [
        ((0,), []),
        ((3, 0), [[], [], []]),
        ((1, 2, 0), [[[], []]]),
        ((0, 3), {"shape": [0, 3]}),
        ((2, 0, 3), {"shape": [2, 0, 3]}),
        ((10**9, 0), {"shape": [10**9, 0]}),
    ],
)
def test_an_array_without_elements_keeps_its_shape(shape, config, dtype):
    initializer = seedbed.get("constant", value=np.zeros(shape, dtype))
    assert initializer.get_config() == {"value": config}
    back = through_json(initializer)
    assert back == initializer
    assert back.value.shape == shape
    assert eval(repr(initializer), {"Constant": Constant}) == initializer
    assert initializer(shape, "int8").shape == shape
    assert initializer != seedbed.get("constant", value=np.zeros((0, 7)))


@pytest.mark.parametrize(
    "value", [{"shape": [3]}, {"shape": []}, {"shape": [0], "dtype": "int8"}, {}, {1: 2}, [{"shape": [0]}]]
)
def test_no_other_dict_is_a_value(value):
    with pytest.raises(ArgumentError, match="value must be a number, a nested list or an array, got"):
        Constant(value)


def test_a_long_double_is_a_constant_if_a_double_holds_it():
    initializer = Constant(np.longdouble(0.5))
    assert type(initializer.value) is float
    assert through_json(initializer) == initializer
    finer = np.longdouble(1) + np.finfo(np.longdouble).eps
    if finer != float(finer):  # nowhere else is there anything that would be lost
        for value, kind in ((finer, "float64"), ([finer], "float64"), (np.clongdouble(finer), "complex128")):
            with pytest.raises(ArgumentError, match=rf"{kind} holds exactly, .*\.astype\('{kind}'\)"):
                Constant(value)


def test_equality_goes_by_the_numbers():
    for one, other in [(1, 1.0), ([1, 2], [1.0, 2.0]), (2**60, 2.0**60), ([0.5], np.array([0.5], "f2"))]:
        assert Constant(one) == Constant(other)
        assert hash(Constant(one)) == hash(Constant(other))
    pairs = [(True, 1), (0.0, -0.0), (math.nan, 1.0), (1, [1]), (2**53 + 1, 2.0**53), (1, 1 + 0j)]
    pairs += [([True], [1]), ([0.0], [-0.0]), (2**63, -(2**63)), (2**64 - 1, 2.0**64), (2**63 - 1, 2.0**63)]
    for one, other in pairs:
        assert Constant(one) != Constant(other)


def test_every_nan_is_the_same():
    bits = np.array([0x7FF8000000000000, 0xFFF8000000000001, 0x7FF8000000000002], np.uint64).view(float)
    assert Constant(bits) == Constant(bits[::-1]) == through_json(Constant(bits))
    assert Constant(bits[0]) == Constant(-bits[1]) == Constant("nan")
    order = np.asfortranarray(bits[:2].reshape(1, 2))
    assert Constant(order) == Constant([["nan", "nan"]])


@pytest.mark.parametrize("value", [-0.0, [-0.0, 0.0], math.nan, [1 + 2j], [[True, False]], 2**64 - 1, [], 0])
def test_a_small_constants_repr_evaluates_back(value):
    assert eval(repr(Constant(value)), {"Constant": Constant}) == Constant(value)


def test_a_large_constants_repr_is_short():
    assert repr(Constant(np.arange(2000).reshape(2, 1000))) == (
        "<Constant of shape (2, 1000) and dtype int64: [0, 1, ..., 1998, 1999]>"
    )


def test_a_large_constant_is_compared_hashed_and_printed_as_one_array(monkeypatch):
    constant, same = Constant(np.ones((1000, 1000))), Constant(np.ones((1000, 1000), int))
    monkeypatch.setattr(Constant, "get_config", lambda self: pytest.fail("made an object of each element"))
    assert constant == same
    assert hash(constant) == hash(same)
    assert len(repr(constant)) < 200


@pytest.mark.parametrize(
    "copier", [lambda x: x, copy.copy, copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))]
)
def test_a_constants_array_cannot_be_made_writable_in_any_copy(copier):
    value = copier(Constant([1.0, 2.0])).value
    with pytest.raises(ValueError, match="read-only"):
        value[0] = 5
    with pytest.raises(ValueError, match="WRITEABLE"):
        value.setflags(write=True)


@pytest.mark.parametrize(
    ("value", "dtype", "expected"),
    [
        (1 + 2**-8 + 2**-40, "bfloat16", 1 + 2**-7),
        (1 + 2**-11 + 2**-40, "float16", 1 + 2**-10),
        (2**40 + 2**32 + 1, "bfloat16", 2**40 + 2**33),
        (2**62 + 2**54 + 1, "bfloat16", 2**62 + 2**55),
        (True, "bfloat16", 1),
    ],
)
def test_values_are_rounded_once(value, dtype, expected):
    assert float(Constant(value)((), dtype)) == expected
    assert float(Constant([value])(1, dtype)[0]) == expected


@pytest.mark.parametrize(
    "value",
    [None, "abc", "", [1, [2]], [[1], [2, 3]], {"a": 1}, [object()], [None], 2**64 + 1, b"1", "1" * 5000],
)
def test_what_is_no_number_is_refused(value):
    with pytest.raises(ArgumentError, match="value"):
        seedbed.get("constant", value=value)


def test_a_deeply_nested_list_is_refused():
    value = 1
    for levels in range(1, 5001):
        value = [value]
        if levels == 50:
            with pytest.raises(ArgumentError, match="nested more than 32 lists deep"):
                seedbed.get("constant", value=value)
    with pytest.raises(ConfigError, match="nested more than 100 lists and dicts deep"):
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


def test_ints_that_need_all_64_bits_stay_ints_beside_small_ones():
    initializer = seedbed.get("constant", value=[0, 2**63 + 1])
    assert initializer.get_config() == {"value": [0, 2**63 + 1]}
    assert initializer(2, "uint64").tolist() == [0, 2**63 + 1]
    with pytest.raises(ArgumentError, match="ints that are all int64 or all uint64"):
        seedbed.get("constant", value=[-1, 2**63 + 1])
    with pytest.raises(ArgumentError, match="must hold numbers, got an array of dtype object"):
        seedbed.get("constant", value=np.array([1], object))


@pytest.mark.parametrize("beside", [0.5, 1j, "nan", np.array(0.5), np.float32(0.5)])
@pytest.mark.parametrize("number", [2**53 + 1, 2**60 + 2**36 + 1, 2**64 - 1, -(2**63) + 1])
def test_an_int_beside_floats_that_no_float_is_is_refused(beside, number):
    for value in ([number, beside], [[beside], [number]], [beside, np.array(number)]):
        with pytest.raises(ArgumentError, match="float64 holds exactly where ints stand beside floats"):
            Constant(value)
    assert Constant([number]).get_config() == {"value": [number]}


def test_an_int_beside_floats_that_a_float_is_becomes_that_float():
    assert Constant([2**53, 2**60, True, 0.5]).get_config() == {"value": [2.0**53, 2.0**60, 1.0, 0.5]}


@pytest.mark.parametrize("wrap", [lambda array: array, lambda array: [array]])
def test_masked_elements_are_refused(wrap):
    masked = np.ma.array([1.0, 2.0], mask=[0, 1])
    for value in (masked, np.ma.masked):
        with pytest.raises(ArgumentError, match=r"(?s)without masked elements, got .*, as by \.filled\(0\)"):
            seedbed.get("constant", value=wrap(value))
    unmasked = np.ma.array([1.0, 2.0])
    assert seedbed.get("constant", value=wrap(unmasked)) == seedbed.get("constant", value=wrap([1.0, 2.0]))
    assert seedbed.get("constant", value=masked.filled(0)) == seedbed.get("constant", value=[1.0, 0.0])


@pytest.mark.parametrize("number", [10**20, 2**64, -(10**20), 2**1000])
def test_a_large_int_that_a_double_is_is_that_double(number):
    assert seedbed.get("constant", value=number) == seedbed.get("constant", value=float(number))

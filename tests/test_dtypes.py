"""Dtypes at the boundary, and rounding to them."""

import sys
from fractions import Fraction

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import seedbed
from seedbed.dtypes import ALL, COMPLEX, FLOATING, LARGEST, as_dtype, rounded, rounded_finite
from seedbed.errors import DTypeError


def test_none_means_float32():
    assert as_dtype(None) == np.float32


@pytest.mark.parametrize("name", ALL)
def test_a_name_a_dtype_and_a_scalar_type_mean_the_same(name):
    dtype = as_dtype(name)
    assert dtype.name == name
    assert as_dtype(dtype) == dtype
    assert as_dtype(dtype.type) == dtype


def test_python_types_mean_what_numpy_says():
    assert as_dtype(float) == np.float64
    assert as_dtype(bool) == np.bool_


@pytest.mark.parametrize(
    "dtype", ["float33", "", "(", "f4,f4", object, "U3", "datetime64", 3, {}, [], 2.5, "float128x", b"\xff"]
)
def test_anything_else_is_refused_with_the_list_of_names(dtype):
    with pytest.raises(DTypeError, match="float16, bfloat16, float32") as caught:
        as_dtype(dtype)
    assert isinstance(caught.value, TypeError)
    assert isinstance(caught.value, ValueError)


def test_a_foreign_byte_order_is_refused():
    foreign = ">f4" if sys.byteorder == "little" else "<f4"
    with pytest.raises(DTypeError, match="foreign byte order; pass 'float32'"):
        as_dtype(foreign)
    # What would be refused in any byte order is not to be swapped.
    with pytest.raises(DTypeError, match=r"got dtype 'datetime64\[s\]'; allowed here are"):
        as_dtype(np.dtype("M8[s]").newbyteorder())


def test_a_caller_can_allow_fewer():
    with pytest.raises(DTypeError, match="got dtype 'int8'; allowed here are float16"):
        as_dtype("int8", FLOATING + COMPLEX)
    with pytest.raises(DTypeError, match=r"among float16, bfloat16, float32, float64$"):
        as_dtype("no_such_dtype", FLOATING)


def test_bfloat16_without_ml_dtypes_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "ml_dtypes", None)
    with pytest.raises(DTypeError, match="pip install ml_dtypes") as caught:
        as_dtype("bfloat16")
    assert isinstance(caught.value.__cause__, ImportError)


@pytest.mark.parametrize("name", FLOATING)
def test_the_largest_finite_values_are_those_of_the_formats(name):
    assert LARGEST[name] == float(ml_dtypes.finfo(as_dtype(name)).max)


def nearest(value, dtype):
    """Return the element of a dtype next to an exact number, of two as near the one with an even last bit."""
    guess = np.array(float(value)).astype(np.float32).astype(dtype)
    around = [np.nextafter(guess, np.array(end).astype(dtype)) for end in (-np.inf, np.inf)]
    bits = f"u{dtype.itemsize}"
    return min(
        (candidate for candidate in (guess, *around) if np.isfinite(candidate)),
        key=lambda found: (abs(Fraction(float(found)) - value), np.asarray(found).view(bits) % 2),
    )


@pytest.mark.parametrize("name", ["float16", "bfloat16"])
@given(
    st.integers(-511, 511) | st.integers(-4095, 4095),  # one bit more than the one or the other holds
    st.integers(-10, 3),
    st.sampled_from([0, 2**-30, -(2**-30), 2**-40]),
)
def test_floats_are_rounded_once(name, digits, exponent, off):
    value = digits * 2.0**exponent * (1 + off)
    assert rounded(np.array(value), as_dtype(name)) == nearest(Fraction(value), as_dtype(name))


@given(st.integers(0, 127), st.integers(-20, 20), st.sampled_from([1, -1]), st.integers(-40, 40))
def test_what_is_next_to_a_tie_is_rounded_once_however_near_it_is(digits, quarters, sign, exponent):
    # A float32 has steps of 2**-23 here, so that a first rounding gives the tie or what is next to it.
    value = sign * (1 + (2 * digits + 1) * 2.0**-8 + quarters * 2.0**-25) * 2.0**exponent
    dtype = as_dtype("bfloat16")
    assert rounded(np.array(value), dtype) == nearest(Fraction(value), dtype)


def test_what_has_an_odd_last_bit_as_a_float32_stays_on_its_side_of_the_tie():
    value = 1.00390634  # between two float32 of which the nearer one is odd, and the other a tie of bfloat16
    assert rounded(np.array(value), as_dtype("bfloat16")) == 1.0078125


@given(st.integers(-511, 511), st.integers(0, 54), st.integers(-3, 3))
def test_ints_are_rounded_once_even_those_that_no_float64_holds(digits, exponent, off):
    value = digits * 2**exponent + off
    dtype = as_dtype("bfloat16")
    assert rounded(np.array(value), dtype) == nearest(Fraction(value), dtype)
    if value >= 0:
        assert rounded(np.array(value, np.uint64), dtype) == nearest(Fraction(value), dtype)


@pytest.mark.parametrize("kind", [np.int64, np.uint64])
def test_ints_that_float64_takes_for_a_tie_are_rounded_once(kind):
    # A tie has 9 bits, and from 2**53 on the int next to it is no float64.
    dtype, most = as_dtype("bfloat16"), np.iinfo(kind).max
    values = [
        sign * (digits * 2**exponent + off)
        for digits in range(257, 512, 2)
        for exponent in (44, 45, 46, 50, 54, 55)
        for off in (-2047, -1, 0, 1, 2, 1023, 1024)
        for sign in (1, -1)
        if digits * 2**exponent + off <= most and (sign == 1 or kind is np.int64)
    ]
    found = rounded(np.array(values, kind), dtype)
    assert [float(value) for value in found] == [float(nearest(Fraction(value), dtype)) for value in values]


@pytest.mark.parametrize("name", FLOATING)
def test_rounding_keeps_what_is_no_ordinary_number(name):
    dtype = as_dtype(name)
    found = rounded(np.array([np.nan, np.inf, -np.inf, -0.0]), dtype).astype(np.float64)
    np.testing.assert_array_equal(found, [np.nan, np.inf, -np.inf, -0.0])
    assert np.signbit(found[3])
    assert rounded(np.zeros((0, 3)), dtype).shape == (0, 3)
    assert rounded(np.array(True), dtype) == 1


@pytest.mark.parametrize("name", [*FLOATING, *COMPLEX])
def test_a_number_beyond_the_dtypes_largest_is_refused_by_name(name):
    dtype = as_dtype(name)
    assert rounded_finite("gain", LARGEST[name], dtype) == LARGEST[name]
    with pytest.raises(
        DTypeError, match=rf"gain .* no room for rounding in dtype '{name}', .*; choose a gain nearer to 0"
    ):
        rounded_finite("gain", LARGEST[name], dtype, headroom=1.01)


@pytest.mark.parametrize(
    "value", [np.float64(0.5), np.int64(4), np.bool_(True), np.zeros(3), np.array(1.0), np.ma.masked]
)
def test_a_number_or_an_array_is_no_dtype_though_it_has_one(value):
    with pytest.raises(DTypeError, match=r"got dtype .* pass a name or a dtype among"):
        as_dtype(value)
    with pytest.raises(DTypeError, match="got dtype"):
        seedbed.get("ones")((2, 2), value)

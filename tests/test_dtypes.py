"""Dtypes at the boundary."""

import sys

import ml_dtypes
import numpy as np
import pytest

from seedbed.dtypes import ALL, COMPLEX, FLOATING, LARGEST, as_dtype
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


def test_a_caller_can_allow_fewer():
    with pytest.raises(DTypeError, match="got dtype 'int8'; allowed here are float16"):
        as_dtype("int8", FLOATING + COMPLEX)


def test_bfloat16_without_ml_dtypes_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "ml_dtypes", None)
    with pytest.raises(DTypeError, match="pip install ml_dtypes") as caught:
        as_dtype("bfloat16")
    assert isinstance(caught.value.__cause__, ImportError)


@pytest.mark.parametrize("name", FLOATING)
def test_the_largest_finite_values_are_those_of_the_formats(name):
    assert LARGEST[name] == float(ml_dtypes.finfo(as_dtype(name)).max)

"""Uniform, normal and truncated normal initializers: arguments, defaults, bounds."""

import math
import sys
from fractions import Fraction

import numpy as np
import pytest
from scipy import stats

import seedbed
from seedbed.dtypes import COMPLEX, FLOATING, rounded
from seedbed.errors import ArgumentError, DTypeError
from seedbed.random import (
    FromNormal,
    FromTail,
    FromUniform,
    Normal,
    TruncatedDisc,
    TruncatedNormal,
    Uniform,
    draw,
)

RANDOM = ["random_uniform", "random_normal", "truncated_normal"]


@pytest.mark.parametrize(
    ("name", "config"),
    [
        ("random_uniform", {"minval": -0.05, "maxval": 0.05, "seed": None}),
        ("random_normal", {"mean": 0.0, "stddev": 0.05, "seed": None}),
        (
            "truncated_normal",
            {"mean": 0.0, "stddev": 0.05, "lower": -2.0, "upper": 2.0, "bounds": "relative", "seed": None},
        ),
    ],
)
def test_defaults_are_those_of_keras(name, config):
    assert seedbed.get(name).get_config() == config


@pytest.mark.parametrize("name", RANDOM)
@pytest.mark.parametrize("dtype", FLOATING + COMPLEX)
def test_values_come_in_every_floating_and_complex_dtype(name, dtype):
    array = seedbed.get(name, seed=7)((3, 4), dtype)
    assert array.dtype.name == dtype
    assert np.isfinite(array.astype(np.complex128)).all()


@pytest.mark.parametrize("name", RANDOM)
@pytest.mark.parametrize("dtype", ["int32", "bool", "uint8"])
def test_whole_numbers_are_refused(name, dtype):
    with pytest.raises(DTypeError, match=f"got dtype '{dtype}'; allowed here are float16"):
        seedbed.get(name)(3, dtype)


@pytest.mark.parametrize(
    ("name", "arguments", "message"),
    [
        ("random_normal", {"stddev": -1}, r"stddev must be a finite number of at least 0, got -1"),
        ("random_normal", {"stddev": math.nan}, r"stddev must be .*, got nan"),
        ("random_normal", {"mean": math.inf}, r"mean must be a finite number, got inf"),
        ("random_normal", {"mean": "0"}, r"mean must be a finite number, got '0' of type str"),
        ("random_normal", {"mean": True}, r"mean must be .* of type bool"),
        ("random_normal", {"mean": None}, r"mean must be .* of type NoneType"),
        (
            "random_normal",
            {"mean": np.longdouble(0.1)},
            r"mean must be a finite number, as an int or a float, got .*0.1.* of type longdouble, which may",
        ),
        ("random_normal", {"stddev": Fraction(1, 3)}, r"got Fraction\(1, 3\) of type Fraction, .* float\("),
        ("random_normal", {"mean": np.ma.masked}, r"mean must be a finite number, got masked of type Masked"),
        ("random_normal", {"mean": 10**400}, r"mean must be a finite number that a float64 can be, got 1000"),
        ("random_normal", {"seed": 1.5}, r"a seed is None"),
        ("random_uniform", {"minval": 1, "maxval": 0}, r"minval must not be above maxval"),
        ("random_uniform", {"minval": -1.7e308, "maxval": 1.7e308}, r"maxval - minval must be finite"),
        ("truncated_normal", {"lower": 2, "upper": 2}, r"lower must be below upper"),
        ("truncated_normal", {"lower": math.nan}, r"lower must be a finite number, None or -inf, got nan"),
        ("truncated_normal", {"lower": np.array([1, 2])}, r"lower must be a finite number, got array"),
        ("truncated_normal", {"upper": "2"}, r"upper must be a finite number, got '2' of type str"),
        ("truncated_normal", {"upper": -math.inf}, r"upper must be a finite number, None or inf, got -inf"),
        (
            "truncated_normal",
            {"bounds": "relativ"},
            r"bounds must be one of 'relative', 'absolute'.*did you mean",
        ),
        ("truncated_normal", {"lower": 40, "upper": None}, r"at most 36 standard deviations .*, got 40\.0$"),
        ("truncated_normal", {"lower": 36.0001, "upper": None}, r"standard deviations .*, got 36\.0001$"),
        ("truncated_normal", {"lower": -50, "upper": -36.5}, r"standard deviations .*, got 36\.5$"),
        ("truncated_normal", {"bounds": "absolute", "stddev": 0}, r"stddev must be above 0"),
        (
            "truncated_normal",
            {"bounds": "absolute", "lower": 1, "upper": 2, "stddev": 1e-320},
            r"at most 36 standard deviations from the mean, got inf$",
        ),
        (
            "truncated_normal",
            {"bounds": "absolute", "mean": 100, "lower": 1.0, "upper": math.nextafter(1.0, 2.0), "stddev": 9},
            r"lower and upper must differ in standard deviations .*, upper=1\.0000000000000002 for mean=100",
        ),
    ],
)
def test_a_wrong_argument_is_named_with_what_is_allowed(name, arguments, message):
    with pytest.raises(ArgumentError, match=message) as caught:
        seedbed.get(name, **arguments)
    assert str(caught.value).startswith(f"seedbed:{name}: ")


def test_numpy_numbers_are_stored_as_python_numbers():
    initializer = seedbed.get("random_normal", mean=np.float32(0.5), stddev=np.int64(2))
    assert type(initializer.mean) is float
    assert type(initializer.stddev) is int


def test_relative_bounds_are_in_units_of_the_standard_deviation():
    values = seedbed.get("truncated_normal", stddev=0.02, seed=7)(100_000, "float64")
    assert np.abs(values).max() <= 0.04
    # The sample's standard deviation has a standard error below sigma / sqrt(2 n).
    assert abs(values.std() - 0.02 * 0.8796256610342398) < 5 * 0.02 / math.sqrt(2 * values.size)


def test_absolute_bounds_are_values():
    values = seedbed.get("truncated_normal", stddev=0.02, bounds="absolute", seed=7)(100_000, "float64")
    assert abs(values.std() - 0.02) < 5 * 0.02 / math.sqrt(2 * values.size)
    narrow = seedbed.get("truncated_normal", lower=-0.01, upper=0.03, bounds="absolute", seed=7)(100_000)
    assert narrow.min() >= -0.01
    assert narrow.max() <= 0.03


@pytest.mark.parametrize("unbounded", [None, math.inf, np.float32("inf"), np.array(np.inf)])
def test_a_side_without_a_bound_is_open(unbounded):
    initializer = seedbed.get("truncated_normal", stddev=1.0, lower=5.0, upper=unbounded, seed=7)
    assert initializer.get_config()["upper"] is None
    values = initializer(100_000, "float64")
    assert values.min() >= 5
    tail = lambda x: 1 - stats.norm.sf(x) / stats.norm.sf(5)  # noqa: E731
    assert stats.kstest(values, tail).pvalue > 1e-6


@pytest.mark.parametrize("dtype", FLOATING + COMPLEX)
@pytest.mark.parametrize("mean", [0.25, 0.1, -0.1, 0])
def test_no_spread_gives_the_mean(mean, dtype):
    for name in ("random_normal", "truncated_normal"):
        values = seedbed.get(name, mean=mean, stddev=0)((2, 3), dtype)
        assert (values == rounded(np.array(float(mean)), values.dtype)).all()


def test_complex_values_need_bounds_that_are_a_radius():
    with pytest.raises(DTypeError, match=r"lower must be -upper, got -2\.0 and 1"):
        seedbed.get("truncated_normal", upper=1)(3, "complex64")


def test_the_largest_int_that_a_float64_can_be_is_a_number():
    largest = int(sys.float_info.max)
    assert seedbed.get("random_normal", mean=largest).mean == largest
    with pytest.raises(ArgumentError, match="that a float64 can be"):
        seedbed.get("random_normal", mean=largest + 1)


@pytest.mark.parametrize("kind", [np.float16, np.float32, np.float64, np.int8])
def test_parameters_are_doubles_whatever_numbers_they_were_given_as(kind):
    def all_of(two, three, one):
        normal = TruncatedNormal(two, three, two, three, (two, three))
        return Uniform(two, three), Normal(two, three), normal, TruncatedDisc(two, three, one)

    given, plain = all_of(*map(kind, (2, 3, 1))), all_of(2.0, 3.0, 1.0)
    for one, other in zip(given, plain, strict=True):
        dtype = np.dtype(np.complex64 if isinstance(one, TruncatedDisc) else np.float32)
        assert one == other
        assert draw(one, 7, (1000,), dtype).tobytes() == draw(other, 7, (1000,), dtype).tobytes()
    tenth = kind(0.1) if kind is not np.int8 else kind(1)
    shifted = Uniform(tenth, tenth + kind(1)), Uniform(float(tenth), float(tenth + kind(1)))
    assert len({draw(one, 7, (1000,), np.dtype("f4")).tobytes() for one in shifted}) == 1


@pytest.mark.parametrize("pairs", [TruncatedDisc(0.0, 1.0, 1.0), Normal(0.0, 1.0, is_complex=True)])
def test_complex_values_are_drawn_in_complex_dtypes_alone(pairs):
    with pytest.raises(DTypeError, match="whose values are complex; allowed are complex64, complex128"):
        draw(pairs, 7, (4,), np.dtype(np.float32))


@pytest.mark.parametrize("function", [lambda u: u[:1], np.max, lambda u: u[:, None], lambda u: u * 1j, str])
@pytest.mark.parametrize("cls", [FromUniform, FromNormal, FromTail])
def test_a_function_that_gives_another_shape_is_refused(cls, function):
    with pytest.raises(ArgumentError, match=rf"function of {cls.__name__} got 30 numbers and must"):
        draw(cls(function), 7, (30,), np.dtype(np.float32))

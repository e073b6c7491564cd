from fractions import Fraction
from math import inf, nan, sqrt

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seedbed.errors import ArgumentError
from seedbed.gains import gain

NONLINEARITIES = {
    "linear": lambda z: z,
    "relu": lambda z: max(z, 0),
    "gelu": lambda z: z * mpmath.ncdf(z),
    "silu": lambda z: z / (1 + mpmath.exp(-z)),
    "swish": lambda z: z / (1 + mpmath.exp(-z)),
    "mish": lambda z: z * mpmath.tanh(mpmath.log1p(mpmath.exp(z))),
    "softplus": lambda z: mpmath.log1p(mpmath.exp(z)),
}
CONVENTIONS = {
    "sigmoid": lambda z: 1 / (1 + mpmath.exp(-z)),
    "tanh": mpmath.tanh,
    # The two constants that make the second moment of SELU 1.
    "selu": lambda z: 1.0507009873554805 * (z if z > 0 else 1.6732632423543772 * mpmath.expm1(z)),
}


def second_moment_gain(function):
    """Return 1 / sqrt(E[f(z)^2]) for z ~ N(0, 1), by quadrature; beyond 40 lies less than 1e-300."""
    moment = mpmath.quad(lambda z: function(z) ** 2 * mpmath.npdf(z), [-40, -10, -3, 0, 3, 10, 40])
    return float(1 / mpmath.sqrt(moment))


@pytest.mark.parametrize(
    "name", [pytest.param(one, marks=pytest.mark.slow) if one == "gelu" else one for one in NONLINEARITIES]
)
def test_exact_rows_keep_the_second_moment(name):
    assert gain(name) == pytest.approx(second_moment_gain(NONLINEARITIES[name]), rel=1e-12)


@pytest.mark.parametrize("slope", [0.0, 0.01, 0.2, 1.0, -1.0, 3.0])
def test_leaky_relu_keeps_the_second_moment_for_any_slope(slope):
    expected = second_moment_gain(lambda z: z if z > 0 else slope * z)
    assert gain("leaky_relu", slope) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("alpha", [0.0, 0.5, 1.0, 1.6732632423543772, 7.0, -1.0])
def test_elu_keeps_the_second_moment_for_any_alpha(alpha):
    expected = second_moment_gain(lambda z: z if z > 0 else alpha * mpmath.expm1(z))
    assert gain("elu", alpha) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("linear", 1.0),
        ("conv1d", 1.0),
        ("conv2d", 1.0),
        ("conv3d", 1.0),
        ("conv_transpose1d", 1.0),
        ("conv_transpose2d", 1.0),
        ("conv_transpose3d", 1.0),
        ("sigmoid", 1.0),
        ("tanh", 1.6666666666666667),
        ("relu", 1.4142135623730951),
        ("leaky_relu", 1.4141428569978354),
        ("selu", 0.75),
    ],
)
def test_has_the_values_of_torch(name, value):
    assert gain(name) == value


def test_the_identity_has_the_gain_of_linear():
    assert gain("identity") == gain("linear")


@pytest.mark.parametrize(
    ("name", "second_moment"), [("sigmoid", 1.8462285453), ("tanh", 1.5925374197), ("selu", 1.0)]
)
def test_rows_that_the_docs_call_conventions_differ_from_the_second_moment(name, second_moment):
    assert second_moment_gain(CONVENTIONS[name]) == pytest.approx(second_moment, rel=1e-10)
    assert gain(name) != pytest.approx(second_moment, rel=1e-2)


def test_the_defaults_are_a_slope_of_a_hundredth_and_an_alpha_of_one():
    assert gain("leaky_relu") == gain("leaky_relu", 0.01)
    assert gain("elu") == gain("elu", 1)


def test_a_slope_or_alpha_of_zero_gives_relu():
    assert gain("leaky_relu", 0) == pytest.approx(sqrt(2))
    assert gain("elu", 0) == pytest.approx(sqrt(2))


@given(st.sampled_from(["leaky_relu", "elu"]), st.floats(-1e150, 1e150))
def test_is_positive_for_every_allowed_parameter(name, param):
    assert 0 < gain(name, param) <= sqrt(2) * (1 + 1e-15)


@pytest.mark.parametrize("param", [1, np.float32(1), np.int64(1), Fraction(1)])
def test_any_real_number_is_a_parameter(param):
    assert type(gain("leaky_relu", param)) is float
    assert gain("leaky_relu", param) == 1.0


@pytest.mark.parametrize("param", [True, np.True_, "0.1", 1j, [0.1]])
def test_refuses_a_parameter_that_is_no_number(param):
    with pytest.raises(ArgumentError, match=r"got param=.* of type .* for 'elu'; allowed is a finite number"):
        gain("elu", param)


@pytest.mark.parametrize("param", [nan, inf, -inf, 1e200, 10**400, np.float32(nan)])
def test_refuses_a_parameter_that_is_not_finite_or_too_large_to_square(param):
    with pytest.raises(ArgumentError, match=r"for 'leaky_relu'; allowed is a finite number between -1e\+150"):
        gain("leaky_relu", param)


@pytest.mark.parametrize("name", ["linear", "relu", "tanh", "swish"])
def test_refuses_a_parameter_where_there_is_none(name):
    with pytest.raises(
        ArgumentError, match=rf"got param=0.1 for '{name}', which has none; .* leaky_relu, elu"
    ):
        gain(name, 0.1)


@pytest.mark.parametrize(
    ("name", "close"), [("ReLU", "relu"), ("LeakyReLU", "leaky_relu"), ("tahn", "tanh"), ("gellu", "gelu")]
)
def test_an_unknown_name_is_answered_with_close_ones(name, close):
    with pytest.raises(
        ArgumentError, match=rf"got nonlinearity '{name}'; allowed are .* did you mean .*'{close}'"
    ):
        gain(name)


def test_an_unknown_name_without_close_ones_is_answered_with_all():
    with pytest.raises(ArgumentError, match=r"got nonlinearity 'qqq'; allowed are conv1d, .*, swish, tanh$"):
        gain("qqq")


@pytest.mark.parametrize("value", [None, 3, np.tanh])
def test_refuses_a_name_that_is_no_string(value):
    with pytest.raises(
        ArgumentError, match=r"got nonlinearity .* of type .*; allowed is one of the names conv1d"
    ):
        gain(value)

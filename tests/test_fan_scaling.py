"""Values scaled by powers of fans: the formula, truncation, what the arguments mean together, bits."""

import math

import mpmath
import numpy as np
import pytest
from scipy import stats

import seedbed
from seedbed.dtypes import ALL, COMPLEX, FLOATING, INTEGER
from seedbed.errors import ArgumentError, DTypeError, ShapeError
from seedbed.fans import fans
from seedbed.standard import Constant, FanConstant, FanScaling, HeNormal, LecunNormal, VarianceScaling

SHAPE = (3, 5, 40, 160)
FAN_IN, FAN_OUT = 3 * 5 * 40, 3 * 5 * 160
LEVEL = 1e-6  # see test_draw.py
SIGMAS = stats.norm.isf(LEVEL / 2)


def truncated(stddev, cutoff):
    return stats.truncnorm(-cutoff, cutoff, scale=stddev)


DISTRIBUTIONS = [
    ({}, stats.norm(0, FAN_IN**-0.5)),
    ({"gain": 3, "fan_in": -1, "fan_out": 0.25}, stats.norm(0, 3 / FAN_IN * FAN_OUT**0.25)),
    ({"width": 100.5, "fan_out": -0.5}, stats.norm(0, (100.5 * FAN_OUT) ** -0.5)),
    ({"fan_in": 0, "gain": 0.02, "cutoff": 3}, truncated(0.02, 3)),
    ({"cutoff": 0.5, "corrected": True}, truncated(FAN_IN**-0.5 / stats.truncnorm(-0.5, 0.5).std(), 0.5)),
    ({"cutoff": 3, "corrected": True}, truncated(FAN_IN**-0.5 / 0.9865783925581086, 3)),
    ({"cutoff": 0.001}, stats.uniform(-0.001 * FAN_IN**-0.5, 0.002 * FAN_IN**-0.5)),
    ({"cutoff": 50.0, "corrected": True}, stats.norm(0, FAN_IN**-0.5)),
    ({"distribution": "uniform"}, stats.uniform(-((3 / FAN_IN) ** 0.5), 2 * (3 / FAN_IN) ** 0.5)),
    (
        {"distribution": "uniform", "measure": "limit", "fan_in": -1, "gain": 2},
        stats.uniform(-2 / FAN_IN, 4 / FAN_IN),
    ),
]


def off_by(values, distribution):
    """Return the mean square less the variance, in standard deviations: that of x^2 is sqrt(m4 - m2^2)."""
    m2, m4 = distribution.var(), distribution.moment(4)
    return (np.mean(values**2) - m2) / math.sqrt((m4 - m2**2) / values.size)


@pytest.mark.parametrize(("arguments", "distribution"), DISTRIBUTIONS)
class TestFormula:
    def test_values_follow_the_documented_distribution(self, arguments, distribution):
        values = FanScaling(**arguments, seed=7)(SHAPE, "float64")
        assert stats.kstest(values.ravel(), distribution.cdf).pvalue > LEVEL
        assert abs(off_by(values, distribution)) < SIGMAS

    def test_another_spread_would_be_noticed(self, arguments, distribution):
        values = FanScaling(**arguments, seed=7)(SHAPE, "float64") * 1.05
        assert stats.kstest(values.ravel(), distribution.cdf).pvalue < LEVEL
        assert abs(off_by(values, distribution)) > SIGMAS

    def test_moments_and_bounds_are_those_of_the_distribution(self, arguments, distribution):
        initializer = FanScaling(**arguments, seed=7)
        assert initializer.expected_mean(SHAPE) == 0
        assert initializer.expected_stddev(SHAPE) == pytest.approx(distribution.std(), rel=1e-6)
        low, high = distribution.support()
        if math.isinf(high):
            assert initializer.expected_bounds(SHAPE) is None or arguments["cutoff"] > 40
        else:
            assert initializer.expected_bounds(SHAPE) == pytest.approx((low, high), rel=1e-12)
        for dtype in FLOATING:
            values = initializer(SHAPE, dtype).astype("float64")
            assert np.abs(values).max() <= high * (1 + (2**-8 if dtype == "bfloat16" else 2**-10))


@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"cutoff": 1.0},
        {"cutoff": 1.0, "corrected": True},
        {"cutoff": 3, "corrected": True},
        {"distribution": "uniform"},
    ],
)
def test_complex_values_have_the_documented_mean_square_and_radius(arguments):
    z = FanScaling(**arguments, seed=7)((400, 500), "complex128")
    cutoff, radius, mean_square = arguments.get("cutoff"), math.inf, 1.0
    if cutoff is not None:
        left = 1 - cutoff**2 / math.expm1(cutoff**2)
        radius, mean_square = (cutoff / left**0.5, 1.0) if arguments.get("corrected") else (cutoff, left)
    # fan_in * |z|^2 has, no tail being heavier than the exponential one, at most the variance of its mean.
    assert abs(np.mean(np.abs(z) ** 2) * 400 - mean_square) < 5 * mean_square / math.sqrt(z.size)
    assert np.abs(z).max() * 20 <= radius


def test_both_parts_of_a_complex_value_reach_the_limit():
    limit = FanScaling(fan_in=-1, measure="limit", distribution="uniform", seed=7)
    z = limit((4, 5000), "complex128") * 4
    for part in (z.real, z.imag):
        assert 1 - 20 / part.size < np.abs(part).max() <= 1


class TestFans:
    def test_powers_are_of_the_fans_of_the_whole_shape(self):
        for axes in ("conv_oihw", {"preset": "conv_oihw", "groups": 4}, None):
            found = fans((64, 16, 3, 3), axes)
            initializer = FanScaling(2.0, fan_in=-1.5, fan_out=0.75, axes=axes)
            exact = mpmath.mpf(2) * mpmath.mpf(found.fan_in) ** -1.5 * mpmath.mpf(found.fan_out) ** 0.75
            assert initializer.expected_stddev((64, 16, 3, 3)) == float(exact)

    def test_a_width_stands_for_the_fan_in_alone(self):
        initializer = FanScaling(fan_out=1, width=16)
        assert initializer.expected_stddev((7, 3)) == 0.75

    def test_empty_fans_count_as_one(self):
        assert FanScaling(fan_in=-2, fan_out=-2).expected_stddev((0, 0)) == 1
        assert FanScaling()((0, 4)).shape == (0, 4)

    @pytest.mark.parametrize("shape", [(), (9,), (9, 5)])
    def test_shapes_of_few_axes_follow_the_default_rule(self, shape):
        assert FanScaling(fan_in=-1).expected_stddev(shape) == 1 / fans(shape).fan_in

    @pytest.mark.parametrize("width", [None, 4])
    @pytest.mark.parametrize("make", [FanScaling, lambda *, axes, width: FanConstant(axes=axes)])
    def test_a_shape_that_lacks_the_axes_is_refused_by_calls_and_shards(self, make, width):
        initializer = make(axes="conv_oihw", width=width)
        for use in (lambda: initializer((4,)), lambda: initializer.shard((4,), slice(0, 0))):
            with pytest.raises(ShapeError, match=r"got shape \(4,\), which has no axis"):
                use()

    @pytest.mark.parametrize("axes", ["conv_oihw", {"in": 1, "out": [0], "groups": 4}, None])
    @pytest.mark.parametrize("kind", [FanScaling, FanConstant])
    def test_axes_are_lossless_in_the_config_and_the_callers_own(self, kind, axes):
        initializer = kind(axes=axes)
        assert seedbed.from_config(seedbed.to_config(initializer)) == initializer
        before = hash(initializer)
        if isinstance(axes, dict):
            initializer.axes["out"].append(5)
        assert hash(initializer) == before


class TestBits:
    @pytest.mark.parametrize("dtype", ["float32", "float64", "complex128"])
    @pytest.mark.parametrize("fan", [1, 2, 8, 64, 512, 2**15])
    def test_where_the_fan_in_is_a_power_of_two_they_are_those_of_variance_scaling(self, fan, dtype):
        pairs = [
            (FanScaling(cutoff=2, corrected=True, seed=7), LecunNormal(seed=7)),
            (FanScaling(2**0.5, cutoff=2.0, corrected=True, seed=7), HeNormal(seed=7)),
            (FanScaling(seed=7), VarianceScaling(distribution="untruncated_normal", seed=7)),
            (FanScaling(distribution="uniform", seed=7), VarianceScaling(distribution="uniform", seed=7)),
        ]
        for one, other in pairs:
            np.testing.assert_array_equal(one((fan, 9), dtype), other((fan, 9), dtype))

    def test_elsewhere_the_scale_differs_by_one_unit_in_the_last_place_at_most(self):
        off = []
        for fan in range(1, 2000):
            ours = FanScaling(2**0.5).expected_stddev((fan, 1))
            off.append(abs(ours - HeNormal().expected_stddev((fan, 1))) / math.ulp(ours))
        assert set(off) == {0, 1}

    def test_a_widened_normal_is_divided_by_what_is_left(self):
        wide = 16**-0.5 / 0.9865783925581086
        found = FanScaling(cutoff=3, corrected=True, seed=7)((16, 64), "float64")
        given = seedbed.get("truncated_normal", stddev=wide, lower=-3, upper=3, seed=7)((16, 64), "float64")
        np.testing.assert_array_equal(found, given)

    def test_the_numbers_of_papers(self):
        assert FanScaling(0.4**0.5, width=768).expected_stddev((768, 3072)) == pytest.approx(
            0.0228218, abs=5e-8
        )
        siren = FanScaling(fan_in=-1, measure="limit", distribution="uniform", seed=7)
        assert siren.expected_bounds((3, 256)) == (-1 / 3, 1 / 3)
        assert FanScaling(0.5**0.5, cutoff=3).expected_stddev((4096, 4096)) == pytest.approx(
            0.0110485 * 0.98658, rel=1e-5
        )

    def test_a_spread_too_small_for_a_double_is_zero(self):
        for more in ({}, {"cutoff": 2}, {"distribution": "uniform"}):
            for dtype in FLOATING + COMPLEX:
                assert not FanScaling(5e-324, **more, seed=7)((9, 4), dtype).any()

    def test_the_largest_spread_is_finite(self):
        largest = FanScaling(1e100, fan_in=2, fan_out=2, width=1e100, cutoff=0.001, corrected=True, seed=7)
        assert np.isfinite(largest((2, 2), "float64")).all()


class TestArguments:
    @pytest.mark.parametrize(
        ("one", "other"),
        [
            ({"cutoff": 2}, {"cutoff": 2, "distribution": "truncated_normal"}),
            ({}, {"distribution": "untruncated_normal"}),
        ],
    )
    def test_the_distribution_follows_from_the_cutoff(self, one, other):
        np.testing.assert_array_equal(FanScaling(**one, seed=7)((4, 4)), FanScaling(**other, seed=7)((4, 4)))

    def test_a_cutoff_can_be_given_to_what_has_none_and_taken_away(self):
        assert seedbed.get(FanScaling(), cutoff=3) == FanScaling(cutoff=3)
        assert seedbed.get(FanScaling(cutoff=3), cutoff=None) == FanScaling()

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            ({"gain": 0}, r"gain must be a finite number above 0 and at most 1e\+100, got 0$"),
            ({"gain": 1e101}, r"gain must be .*got 1e\+101"),
            ({"gain": True}, r"gain must be .*got True of type bool"),
            ({"fan_in": -2.5}, r"fan_in must be a finite number of at least -2 and at most 2, got -2.5$"),
            ({"fan_out": 3}, r"fan_out must be a finite number of at least -2 and at most 2, got 3$"),
            (
                {"measure": "std"},
                r"measure must be one of 'stddev', 'limit', got 'std'; did you mean 'stddev'",
            ),
            (
                {"distribution": "normal"},
                r"'normal' has more than one meaning; write 'truncated_normal', .*'untruncated_normal'",
            ),
            (
                {"distribution": "norm"},
                r"one of 'truncated_normal', 'untruncated_normal', 'uniform', got 'norm'",
            ),
            ({"cutoff": 0}, r"cutoff must be a finite number of at least 0.001, got 0$"),
            ({"cutoff": math.inf}, r"cutoff must be .*got inf"),
            ({"corrected": 1, "cutoff": 2}, r"corrected must be True or False, got 1 of type int"),
            ({"width": 0.5}, r"width must be a finite number of at least 1, got 0.5"),
            ({"axes": "conv_ohiw"}, r"did you mean .*'conv_ohwi'"),
            ({"distribution": "truncated_normal"}, r"needs a cutoff, got cutoff=None; give one"),
            (
                {"corrected": True},
                r"corrected=True makes up for a cutoff, got cutoff=None; give a cutoff, or",
            ),
            (
                {"corrected": True, "distribution": "uniform"},
                r"corrected=True makes up for a cutoff, got cutoff=None",
            ),
            (
                {"cutoff": 2, "distribution": "uniform"},
                r"got cutoff=2 with distribution='uniform'; leave one of the two out",
            ),
            (
                {"cutoff": 2.5, "distribution": "untruncated_normal"},
                r"got cutoff=2.5 with distribution='untruncated_normal'; leave one of the two out",
            ),
            (
                {"measure": "limit"},
                r"measure='limit' is where uniform values end, got distribution=None; give",
            ),
            ({"measure": "limit", "cutoff": 2}, r"measure='limit' .*got distribution=None"),
            (
                {"measure": "limit", "distribution": "untruncated_normal"},
                r"measure='limit' .*got distribution='untruncated_normal'; give distribution='uniform', or",
            ),
        ],
    )
    def test_what_is_wrong_or_contradicts_is_named_with_what_is_allowed(self, arguments, message):
        with pytest.raises(ArgumentError, match=message):
            FanScaling(**arguments)

    def test_numpys_bools_are_bools(self):
        assert FanScaling(cutoff=2, corrected=np.True_) == FanScaling(cutoff=2, corrected=True)

    def test_whole_numbers_are_refused(self):
        with pytest.raises(DTypeError, match="got dtype 'int32'"):
            FanScaling()((3, 3), "int32")

    def test_a_spread_beyond_the_dtype_is_refused(self):
        with pytest.raises(DTypeError, match=r"beyond the largest of dtype 'float16'.*choose a wider dtype"):
            FanScaling(1e6)((3, 3), "float16")


class TestFanConstant:
    @pytest.mark.parametrize("dtype", FLOATING + COMPLEX)
    def test_every_element_is_the_exact_number_rounded(self, dtype):
        value = float(mpmath.mpf(0.3) * mpmath.mpf(15) ** mpmath.mpf(-0.75))
        found = FanConstant(0.3, -0.75)((5, 3, 7), dtype)
        np.testing.assert_array_equal(found, Constant(value)((5, 3, 7), dtype))

    def test_whole_values_come_in_every_dtype(self):
        for dtype in ALL:
            assert (FanConstant(1, 0)((16, 2), dtype) == 1).all()
        assert (FanConstant(-3, 1)((5, 2), "int8") == -15).all()
        with pytest.raises(DTypeError, match=r"constant -15\.0: dtype 'uint8' cannot hold it exactly"):
            FanConstant(-3, 1)((5, 2), "uint8")

    @pytest.mark.parametrize("dtype", [*INTEGER, "bool"])
    @pytest.mark.parametrize("arguments", [(0.5,), (4,), (4, -1), (0.5, 2)])
    def test_integers_and_bool_are_refused_where_values_need_not_be_whole(self, dtype, arguments):
        initializer = FanConstant(*arguments)
        for use in (
            lambda: initializer((4, 4), dtype),
            lambda: initializer.shard((4, 4), slice(0, 0), dtype),
        ):
            with pytest.raises(
                DTypeError, match=f"got dtype '{dtype}'; allowed here are float16, .*complex128"
            ):
                use()

    def test_a_value_that_would_become_infinite_is_refused(self):
        with pytest.raises(DTypeError, match="too narrow"):
            FanConstant(1e100)((4, 4))

    def test_it_is_the_fan_of_the_whole_shape_that_counts(self):
        initializer = FanConstant(1, 1, axes="dense_oi")
        assert initializer((2, 6)).tolist() == [[6] * 6] * 2
        assert initializer.shard((2, 6), (0, slice(1, 3))).tolist() == [6, 6]
        assert initializer.shard((2**20, 2**25), (5, slice(3))).tolist() == [2**25] * 3
        assert initializer((4, 0)).shape == (4, 0)

    def test_moments_are_those_of_one_value(self):
        initializer = FanConstant(-0.5)
        assert initializer.expected_mean((16, 3)) == -0.125
        assert initializer.expected_stddev((16, 3)) == 0
        assert initializer.expected_bounds((16, 3)) == (-0.125, -0.125)

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            (
                {"scale": math.nan},
                "scale must be a finite number of at least -1e.100 and at most 1e.100, got nan",
            ),
            ({"scale": -1e101}, "scale must be"),
            ({"power": 2.1}, "power must be a finite number of at least -2 and at most 2, got 2.1"),
            ({"power": "-0.5"}, "power must be .* got '-0.5' of type str"),
            ({"axes": 5}, "got axes 5"),
        ],
    )
    def test_a_wrong_argument_is_named_with_what_is_allowed(self, arguments, message):
        with pytest.raises(ArgumentError, match=message):
            FanConstant(**arguments)


@pytest.mark.parametrize("dtype", ["float64", "float32", "complex128"])
def test_zeros_of_a_limit_that_underflows_have_no_sign(dtype):
    initializer = FanScaling(5e-324, fan_in=-2, distribution="uniform", seed=7)
    values = initializer((3000, 2), dtype)
    for part in (values.real, values.imag):
        assert not part.any()
        assert not np.signbit(part).any()
    assert repr(initializer.expected_bounds((3000, 2))) == "(0.0, 0.0)"

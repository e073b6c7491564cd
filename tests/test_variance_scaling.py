"""The variance-scaling family: formulas, fans, named methods, complex values."""

import copy
import math
import pickle

import numpy as np
import pytest
from scipy import stats

import seedbed
from seedbed.dtypes import COMPLEX, FLOATING
from seedbed.errors import ArgumentError, DTypeError, ShapeError
from seedbed.fans import fans

NAMED = {
    "glorot_uniform": (1.0, "fan_avg", "uniform"),
    "glorot_normal": (1.0, "fan_avg", "truncated_normal"),
    "he_uniform": (2.0, "fan_in", "uniform"),
    "he_normal": (2.0, "fan_in", "truncated_normal"),
    "lecun_uniform": (1.0, "fan_in", "uniform"),
    "lecun_normal": (1.0, "fan_in", "truncated_normal"),
}
SHAPE = (3, 5, 40, 160)
FAN_IN, FAN_OUT = 3 * 5 * 40, 3 * 5 * 160
LEVEL = 1e-6  # see test_draw.py


@pytest.mark.parametrize(("name", "formula"), NAMED.items())
def test_a_named_method_is_variance_scaling_with_fixed_arguments(name, formula):
    scale, mode, distribution = formula
    general = seedbed.get("variance_scaling", scale=scale, mode=mode, distribution=distribution, seed=7)
    np.testing.assert_array_equal(seedbed.get(name, seed=7)(SHAPE), general(SHAPE))


@pytest.mark.parametrize(
    ("mode", "size"),
    [
        ("fan_in", FAN_IN),
        ("fan_out", FAN_OUT),
        ("fan_avg", (FAN_IN + FAN_OUT) / 2),
        ("fan_geo_avg", math.sqrt(FAN_IN * FAN_OUT)),
    ],
)
@pytest.mark.parametrize("distribution", ["truncated_normal", "untruncated_normal", "uniform"])
def test_values_follow_the_documented_distribution(mode, size, distribution):
    values = seedbed.get("variance_scaling", scale=3.0, mode=mode, distribution=distribution, seed=7)(
        SHAPE, "float64"
    )
    sigma = math.sqrt(3.0 / size)
    distributions = {
        "uniform": stats.uniform(-math.sqrt(3) * sigma, 2 * math.sqrt(3) * sigma),
        "untruncated_normal": stats.norm(0, sigma),
        "truncated_normal": stats.truncnorm(-2, 2, scale=sigma / stats.truncnorm(-2, 2).std()),
    }
    assert distributions[distribution].std() == pytest.approx(sigma, rel=1e-12)
    assert stats.kstest(values.ravel(), distributions[distribution].cdf).pvalue > LEVEL


@pytest.mark.parametrize(
    "ask",
    [
        lambda: seedbed.get("variance_scaling", distribution="normal"),
        lambda: seedbed.standard.VarianceScaling(distribution="normal"),
        lambda: seedbed.get("variance_scaling", distribution="Normal"),
        lambda: seedbed.get("fan_scaling", distribution="normal"),
        lambda: seedbed.get("fan_scaling", distribution="NORMAL", cutoff=2),
        lambda: seedbed.from_config(
            {"class_name": "VarianceScaling", "config": {"distribution": "normal"}, "provider": "seedbed"}
        ),
    ],
)
def test_normal_could_be_either_and_is_a_question(ask):
    said = (
        r"'(?i:normal)' has more than one meaning; write 'truncated_normal', .* Keras .*'untruncated_normal'"
    )
    with pytest.raises(ArgumentError, match=said):
        ask()


@pytest.mark.parametrize("shape", [(), (7,), (4, 5), (3, 3, 4, 5)])
def test_the_default_fans_follow_the_rule_of_keras(shape):
    values = seedbed.get("variance_scaling", distribution="uniform", seed=7)(shape, "float64")
    assert np.abs(values).max() <= math.sqrt(3 / fans(shape).fan_in)


def test_axes_say_what_a_layout_means():
    oihw = seedbed.get("he_uniform", seed=7, axes="conv_oihw")((64, 16, 3, 3), "float64")
    limit = math.sqrt(6 / (16 * 3 * 3))
    # The largest of n uniform values lies within 20/n of the limit but for one in e^20 seeds.
    assert limit * (1 - 20 / oihw.size) < np.abs(oihw).max() <= limit
    axes = {"preset": "conv_oihw", "groups": 4}
    by_fan_out = seedbed.get("variance_scaling", mode="fan_out", distribution="uniform", seed=7, axes=axes)
    grouped = by_fan_out((64, 8, 3, 3), "float64")
    limit = math.sqrt(3 / (64 / 4 * 9))
    assert limit * (1 - 20 / grouped.size) < np.abs(grouped).max() <= limit


@pytest.mark.parametrize(
    "axes", ["conv_oihw", {"in": 1, "out": 0, "groups": 4}, {"preset": "conv_oihw", "groups": 2}, None]
)
def test_axes_are_lossless_in_the_config(axes):
    initializer = seedbed.get("he_normal", axes=axes)
    config = seedbed.to_config(initializer)
    assert seedbed.from_config(config) == initializer
    shape = (64, 16, 3, 3)
    seeded = seedbed.from_config(config, seed=7)
    np.testing.assert_array_equal(seeded(shape), seedbed.get("he_normal", axes=axes, seed=7)(shape))


def test_the_callers_axes_are_neither_changed_nor_kept():
    axes = {"in": [1], "out": [0]}
    initializer = seedbed.get("he_normal", axes=axes)
    before = hash(initializer)
    axes["in"].append(2)
    assert hash(initializer) == before
    assert axes == {"in": [1, 2], "out": [0]}


def test_what_axes_gives_is_the_callers_own():
    initializer = seedbed.get("he_normal", axes={"in": [1], "out": [0]})
    before = hash(initializer)
    initializer.axes["in"].append(5)
    initializer.get_config()["axes"]["in"].append(5)
    assert hash(initializer) == before
    assert initializer.axes == {"in": [1], "out": [0]}
    assert copy.deepcopy(initializer) == pickle.loads(pickle.dumps(initializer)) == initializer


def test_empty_tensors_are_legal():
    assert seedbed.get("he_normal")((0, 4)).shape == (0, 4)
    assert seedbed.get("glorot_uniform")((0, 0)).shape == (0, 0)


@pytest.mark.parametrize("name", ["variance_scaling", *NAMED])
@pytest.mark.parametrize("dtype", FLOATING + COMPLEX)
def test_values_come_in_every_floating_and_complex_dtype(name, dtype):
    assert seedbed.get(name, seed=7)((3, 4), dtype).dtype.name == dtype


@pytest.mark.parametrize("distribution", ["truncated_normal", "untruncated_normal", "uniform"])
def test_complex_values_have_the_variance_of_real_ones(distribution):
    z = seedbed.get("variance_scaling", distribution=distribution, seed=7)((400, 500), "complex128")
    # fan_in * |z|^2 has mean 1, and variance at most 1: no heavier tail than the exponential's.
    assert abs(np.mean(np.abs(z) ** 2) * 400 - 1) < 5 / math.sqrt(z.size)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"scale": 0}, ArgumentError, r"scale must be a finite number above 0, got 0"),
        ({"scale": math.nan}, ArgumentError, r"scale must be"),
        ({"mode": "fan"}, ArgumentError, r"mode must be one of 'fan_in', .*got 'fan'; did you mean"),
        ({"mode": 5}, ArgumentError, r"mode must be one of 'fan_in', .*got 5$"),
        ({"mode": np.array(["fan_in", "fan_out"])}, ArgumentError, r"mode must be one of .*got array"),
        ({"distribution": "gaussian"}, ArgumentError, r"distribution must be one of"),
        ({"distribution": np.array(["normal", "uniform"])}, ArgumentError, r"distribution must be one of"),
        ({"axes": "conv_ohiw"}, ArgumentError, r"did you mean .*'conv_ohwi'"),
        ({"axes": {"in": 0}}, ArgumentError, r"without 'out'"),
    ],
)
def test_a_wrong_argument_is_named_with_what_is_allowed(arguments, error, message):
    with pytest.raises(error, match=message):
        seedbed.get("variance_scaling", **arguments)


def test_a_shape_that_lacks_the_named_axes_is_refused():
    with pytest.raises(ShapeError, match="has no axis"):
        seedbed.get("he_normal", axes="conv_oihw")((4,))


def test_whole_numbers_are_refused():
    with pytest.raises(DTypeError, match="got dtype 'int32'"):
        seedbed.get("he_normal")((3, 3), "int32")

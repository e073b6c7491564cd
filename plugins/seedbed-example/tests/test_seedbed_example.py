"""The example plugin, as it is installed."""

import math

import numpy as np
import pytest

import seedbed
from seedbed.errors import ArgumentError, DeprecatedNameWarning
from seedbed_example.laplace import Laplace
from seedbed_example.small import SmallInit


def test_the_entry_point_gives_the_class():
    assert seedbed.get("small_init", seed=7) == SmallInit(seed=7)


def test_values_have_the_documented_standard_deviation():
    weights = seedbed.get("small_init", seed=7)((256, 1024))
    # The standard error of a sample's standard deviation is sigma / sqrt(2 n); five of them.
    sigma = math.sqrt(2 / (5 * 256))
    assert abs(weights.std() - sigma) < 5 * sigma / math.sqrt(2 * weights.size)


@pytest.mark.parametrize(("dtype", "parts"), [("float32", 1), ("float64", 1), ("complex64", 2)])
def test_laplace_values_have_the_documented_distribution(dtype, parts):
    drawn = seedbed.get("laplace", scale=3.0, seed=7)((256, 1024), dtype)
    b = math.sqrt(3 / 256 / 2 / parts)
    sizes = np.abs(np.stack([drawn.real, drawn.imag]) if parts == 2 else drawn) / b
    # Sizes are exponential: mean and standard deviation are 1, the median is log 2. Five standard errors.
    assert abs(sizes.mean() - 1) < 5 / math.sqrt(sizes.size)
    assert abs((sizes < math.log(2)).mean() - 1 / 2) < 5 / 2 / math.sqrt(sizes.size)
    assert abs((drawn.real > 0).mean() - 1 / 2) < 5 / 2 / math.sqrt(drawn.size)


def test_a_part_of_laplace_values_is_what_it_is_in_the_whole():
    laplace = Laplace(seed=7)
    whole = laplace((256, 1024))
    np.testing.assert_array_equal(laplace.shard((256, 1024), np.s_[3:200:7, -5:]), whole[3:200:7, -5:])


@pytest.mark.parametrize("scale", [0, -1.0, math.inf, math.nan])
def test_a_wrong_scale_is_refused(scale):
    with pytest.raises(ArgumentError, match="scale must be a finite number above 0"):
        Laplace(scale)


def test_the_preset_binds_its_argument_and_takes_others():
    assert seedbed.get("gpt2_normal", seed=7) == seedbed.get("random_normal", stddev=0.02, seed=7)


def test_the_former_name_warns_and_gives_the_same():
    with pytest.warns(DeprecatedNameWarning, match=r"will be removed in 1\.0; use 'small_init' instead"):
        former = seedbed.get("small_normal", seed=7)
    assert former == SmallInit(seed=7)


@pytest.mark.parametrize("name", ["small_init", "laplace", "gpt2_normal", "seedbed-example:SmallInit"])
def test_a_config_round_trips(name):
    initializer = seedbed.get(name, seed=[7, "encoder/0/kernel"])
    config = seedbed.to_config(initializer)
    assert seedbed.from_config(config) == initializer
    np.testing.assert_array_equal(seedbed.from_config(config)((3, 4)), initializer((3, 4)))


def test_each_path_has_a_stream_of_its_own():
    initializer = seedbed.get("small_init", seed=7)
    assert not np.array_equal(initializer.fold_in("a")((3, 4)), initializer.fold_in("b")((3, 4)))

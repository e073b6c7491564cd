"""Real saved models of Keras: every initializer config in them resolves, to values of the same moments."""

import json
import math
import os

import numpy as np
import pytest

os.environ.setdefault("KERAS_BACKEND", "numpy")

import seedbed

pytestmark = pytest.mark.slow  # Keras takes seconds to be imported


@pytest.fixture(scope="module")
def keras():
    import keras

    return keras


@pytest.fixture(scope="module")
def mobilenet(keras):
    return keras.applications.MobileNetV2(input_shape=(96, 96, 3), weights=None, classes=10)


def initializer_configs(tree):
    """Yield every initializer config in a model's JSON: a dict under a key that ends in ``_initializer``."""
    if isinstance(tree, dict):
        for key, value in tree.items():
            if key.endswith("_initializer") and value is not None:
                yield key, value
            else:
                yield from initializer_configs(value)
    elif isinstance(tree, list):
        for value in tree:
            yield from initializer_configs(value)


def test_every_initializer_config_of_a_real_model_resolves(mobilenet):
    found = list(initializer_configs(json.loads(mobilenet.to_json())))
    assert len(found) > 200
    names = set()
    for _, config in found:
        assert config["module"] == "keras.initializers"
        names.add(type(seedbed.from_config(config)).__name__)
    assert names >= {"GlorotUniform", "Zeros", "Ones"}


def test_the_moments_of_a_real_models_weights_agree_with_kerass_own(keras, mobilenet):
    compared = 0
    for layer in mobilenet.layers:
        for variable, key in (
            (getattr(layer, "kernel", None), "kernel_initializer"),
            (getattr(layer, "gamma", None), "gamma_initializer"),
        ):
            config = layer.get_config().get(key)
            if variable is None or config is None:
                continue
            if isinstance(config, str):
                config = keras.initializers.serialize(keras.initializers.get(config))
            theirs = np.asarray(keras.initializers.get(config)(variable.shape), np.float64)
            ours = seedbed.from_config(config, **({"seed": compared} if "seed" in config["config"] else {}))(
                variable.shape, "float64"
            )
            assert_same_moments(ours, theirs)
            compared += 1
    assert compared > 50


def assert_same_moments(ours, theirs):
    """Compare mean and standard deviation of two samples; no tail is heavier than the normal one's.

    The difference of two means has standard error sigma sqrt(2 / n); that of two standard deviations at most
    sigma / sqrt(n), the normal distribution's. Five of each fail once in a million.
    """
    n, sigma = theirs.size, max(theirs.std(), 1e-12)
    assert abs(ours.mean() - theirs.mean()) <= 5 * sigma * math.sqrt(2 / n) + 1e-12
    assert abs(ours.std() - theirs.std()) <= 5 * sigma / math.sqrt(n) + 1e-12


def test_a_difference_of_one_per_cent_would_be_noticed():
    values = seedbed.get("he_normal", seed=7)((500, 500), "float64")
    with pytest.raises(AssertionError):
        assert_same_moments(values * 1.01 * 1.01, seedbed.get("he_normal", seed=8)((500, 500), "float64"))


@pytest.mark.parametrize(
    "name",
    [
        "Zeros", "Ones", "Constant", "RandomUniform", "RandomNormal", "TruncatedNormal", "VarianceScaling",
        "GlorotUniform", "GlorotNormal", "HeUniform", "HeNormal", "LecunUniform", "LecunNormal", "Orthogonal",
        "Identity",
    ],
)  # fmt: skip
@pytest.mark.parametrize("shape", [(300, 200), (40, 500)])
def test_each_initializer_of_keras_resolves_to_the_same_moments(keras, name, shape):
    theirs = getattr(keras.initializers, name)()
    config = keras.initializers.serialize(theirs)
    ours = seedbed.from_config(config, **({"seed": 7} if "seed" in theirs.get_config() else {}))
    assert_same_moments(ours(shape, "float64"), np.asarray(theirs(shape), np.float64))


@pytest.mark.parametrize("name", ["GlorotNormal", "HeUniform", "VarianceScaling"])
def test_kerass_explicit_axes_mean_what_they_mean_there(keras, name):
    theirs = getattr(keras.initializers, name)(input_axes=(0,), output_axes=(1, 2))
    ours = seedbed.from_config(keras.initializers.serialize(theirs), seed=7)
    assert_same_moments(ours((64, 40, 50), "float64"), np.asarray(theirs((64, 40, 50)), np.float64))


def test_every_name_that_keras_knows_is_known_here(keras):
    for name in (
        "glorot_uniform",
        "GlorotUniform",
        "normal",
        "uniform",
        "one",
        "zero",
        "IdentityInitializer",
    ):
        expected = type(keras.initializers.get(name)).__name__
        assert type(seedbed.get(name)).__name__ == expected


def test_a_keras_initializer_is_a_callable_that_get_accepts(keras):
    theirs = keras.initializers.HeNormal(seed=7)
    assert seedbed.get(theirs) is theirs

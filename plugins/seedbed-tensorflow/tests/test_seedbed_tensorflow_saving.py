"""Models of Keras 2 with `as_tf`, cloned, saved and loaded, here and in Keras 3."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest
from frameworks import framework

tf = framework("tensorflow", plugin="seedbed_tensorflow")
tf_keras = framework("tf_keras")

import seedbed  # noqa: E402
from seedbed_tensorflow import as_tf  # noqa: E402

layers = tf_keras.layers
HE = seedbed.get("he_normal", seed=7)


def model():
    shared = as_tf(HE)
    inner = tf_keras.Sequential(
        [tf_keras.Input((6,)), layers.Dense(6, kernel_initializer=shared, name="up")], name="inner"
    )
    return tf_keras.Sequential(
        [
            tf_keras.Input((6,)),
            inner,
            layers.Dense(6, kernel_initializer=shared, name="middle"),
            layers.Reshape((3, 2), name="flat"),
            layers.LSTM(4, kernel_initializer=shared, recurrent_initializer=shared, name="memory"),
            layers.Dense(6, kernel_initializer=as_tf(HE, path="mine"), name="head"),
        ],
        name="outer",
    )


def assert_alike(one, two):
    for here, there in zip(one.weights, two.weights, strict=True):
        np.testing.assert_array_equal(here.numpy(), there.numpy(), here.name)
    kernels = [
        weight.numpy() for weight in one.weights if "up/kernel" in weight.name or "middle" in weight.name
    ]
    assert not np.array_equal(kernels[0], kernels[1])


def test_a_clone_and_what_is_made_from_json_draw_the_same_values_again():
    one = model()
    assert_alike(one, tf_keras.models.clone_model(one))
    assert_alike(one, tf_keras.models.model_from_json(one.to_json()))


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:The `keras.initializers.serialize")
@pytest.mark.parametrize(
    "given",
    [
        seedbed.get("random_normal", seed=7),
        seedbed.get("constant", value=2.0),
        seedbed.get("scaled", initializer=HE, factor=2.0),
    ],
)
def test_an_initializer_of_cores_that_a_layer_got_as_it_is_loads_as_ours(given, tmp_path):
    layer = layers.Dense(4, kernel_initializer=given, name="head")
    inner = tf_keras.Sequential([tf_keras.Input((4,)), layer], name="inner")
    one = tf_keras.Sequential([tf_keras.Input((4,)), inner])
    one.save(tmp_path / "model.keras")
    one.save(tmp_path / "saved_model")
    for again in (
        tf_keras.models.clone_model(one),
        tf_keras.models.model_from_json(one.to_json()),
        tf_keras.models.load_model(tmp_path / "model.keras"),
        tf_keras.models.load_model(tmp_path / "saved_model"),
    ):
        assert again.layers[0].layers[0].kernel_initializer == given


@pytest.mark.slow
@pytest.mark.parametrize("name", ["model.keras", "model.h5", "saved_model"])
@pytest.mark.filterwarnings("ignore:You are saving your model as an HDF5 file")
def test_a_saved_model_has_its_weights_and_initializers_and_draws_again(name, tmp_path):
    one = model()
    one.layers[1].kernel.assign(tf.ones((6, 6)))
    one.save(tmp_path / name)
    two = tf_keras.models.load_model(tmp_path / name)
    assert_alike(one, two)
    assert two.get_layer("middle").kernel_initializer == as_tf(HE)
    assert two.get_layer("head").kernel_initializer == as_tf(HE, path="mine")
    assert_alike(tf_keras.models.clone_model(one), tf_keras.models.clone_model(two))


IN_KERAS_3 = """
import sys, keras, numpy as np, seedbed_keras
assert keras.__version__.startswith("3.")
model = keras.models.load_model(sys.argv[1], safe_mode=True)
print(repr(model.layers[0].kernel_initializer))
np.save(sys.argv[2], keras.ops.convert_to_numpy(model.layers[0].kernel))
layer = keras.layers.Dense.from_config(model.layers[0].get_config())
layer.build((None, 4))
np.save(sys.argv[3], keras.ops.convert_to_numpy(layer.kernel))
"""


@pytest.mark.slow
def test_a_file_of_keras_2_loads_in_keras_3_with_the_same_initializers(tmp_path):
    if framework("keras").__version__.startswith("2."):
        pytest.skip("Keras is Keras 2")
    one = tf_keras.Sequential(
        [tf_keras.Input((4,)), layers.Dense(3, kernel_initializer=as_tf(HE), name="kept")], name="m"
    )
    drawn = one.layers[0].kernel.numpy()
    one.layers[0].kernel.assign(tf.ones((4, 3)))
    one.save(tmp_path / "model.keras")
    given = [str(tmp_path / name) for name in ("model.keras", "kept.npy", "again.npy")]
    environment = {**os.environ, "KERAS_BACKEND": "tensorflow"}
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", IN_KERAS_3, *given],
        env=environment,
        check=True,
        timeout=240,
        capture_output=True,
        text=True,
    )
    assert done.stdout.strip().startswith("SeedbedInitializer(HeNormal(seed=7)")
    assert np.load(given[1]).all()
    np.testing.assert_array_equal(np.load(given[2]), drawn)

"""What TensorFlow alone has: functions that it traces, strategies that make variables for several devices."""

from __future__ import annotations

import contextlib
import os

import numpy as np
import pytest
from frameworks import framework

os.environ.setdefault("KERAS_BACKEND", "jax")
keras = framework("keras")
if keras.backend.backend() != "tensorflow":
    pytest.skip("for the backend TensorFlow", allow_module_level=True)

import tensorflow as tf  # noqa: E402
from keras_models import MODELS, values  # noqa: E402

import seedbed  # noqa: E402
from seedbed_keras import UnknownWeightError, as_keras, initialize  # noqa: E402

HE = seedbed.get("he_normal", seed=7)


@pytest.fixture(scope="module")
def devices():
    """Have two devices, as TensorFlow makes them of one processor."""
    (processor,) = tf.config.list_physical_devices("CPU")
    two = [tf.config.LogicalDeviceConfiguration() for _ in range(2)]
    with contextlib.suppress(RuntimeError):  # TensorFlow has begun with one
        tf.config.set_logical_device_configuration(processor, two)
    return [device.name for device in tf.config.list_logical_devices("CPU")]


def expected(name):
    return [values(variable) for variable in MODELS[name](as_keras(HE)).weights]


@pytest.mark.parametrize("name", MODELS)
def test_under_a_strategy_every_replica_has_the_weights_of_one_device(name, devices):
    wanted = expected(name)
    strategy = tf.distribute.MirroredStrategy(devices)
    with strategy.scope():
        model = MODELS[name](as_keras(HE))
    for variable, weight in zip(model.weights, wanted, strict=True):
        for replica in strategy.experimental_local_results(variable.value):
            np.testing.assert_array_equal(replica.numpy(), weight)


def test_initialize_gives_every_replica_the_weights_of_its_rules(devices):
    strategy = tf.distribute.MirroredStrategy(devices)
    with strategy.scope():
        model = MODELS["sequential"](as_keras("zeros"))
    initialize(model, {"*": HE}, seed=7)
    kernel = model.get_layer("grouped").kernel
    alone = MODELS["sequential"](as_keras("zeros"))
    initialize(alone, {"*": HE}, seed=7)
    for replica in strategy.experimental_local_results(kernel.value):
        np.testing.assert_array_equal(replica.numpy(), values(alone.get_layer("grouped").kernel))


def test_a_layer_that_replicas_build_gets_its_own_weights(devices):
    strategy = tf.distribute.MirroredStrategy(devices)
    built = []

    def step():
        layer = keras.layers.Dense(3, kernel_initializer=as_keras(HE), name="head")
        layer.build((None, 4))
        built.append(layer)
        return layer.kernel.value

    strategy.run(step)
    assert built
    for layer in built:
        np.testing.assert_array_equal(values(layer.kernel), HE.fold_in("head/kernel")((4, 3)))


@pytest.mark.parametrize("compiles", [False, True])
def test_a_layer_that_is_built_while_tensorflow_traces_gets_the_weights_of_its_path(compiles):
    layer = keras.layers.Dense(3, kernel_initializer=as_keras(HE), name="head")
    call = tf.function(layer, jit_compile=compiles)
    call(np.ones((1, 4), "float32"))
    np.testing.assert_array_equal(values(layer.kernel), HE.fold_in("head/kernel")((4, 3)))


@pytest.mark.filterwarnings("ignore:the rules left something over")
@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16", "bfloat16"])
def test_with_mixed_precision_weights_have_the_bits_of_their_own_dtype(policy):
    dense = keras.layers.Dense(3, kernel_initializer=as_keras(HE), name="head", dtype=policy)
    dense(np.ones((1, 4), "float32"))
    dtype = keras.DTypePolicy(policy).variable_dtype
    found, wanted = values(dense.kernel), HE.fold_in("head/kernel")((4, 3), dtype)
    assert (found.dtype, found.tobytes()) == (wanted.dtype, wanted.tobytes())
    initialize(dense, {"*": "he_normal"}, seed=7, prefix="again")
    wanted = HE.fold_in("again/weight")((4, 3), dtype)
    assert values(dense.kernel).tobytes() == wanted.tobytes()


def test_training_and_a_saved_model_of_tensorflow_work(tmp_path):
    model = keras.Sequential(
        [keras.Input((4,)), keras.layers.Dense(3, kernel_initializer=as_keras(HE), name="head")], name="model"
    )
    start = values(model.weights[0])
    model.compile("sgd", "mse")
    model.fit(np.ones((8, 4), "float32"), np.ones((8, 3), "float32"), verbose=0)
    assert (values(model.weights[0]) != start).any()
    model.export(tmp_path / "exported", verbose=False)
    loaded = tf.saved_model.load(tmp_path / "exported")
    served = loaded.serve(np.ones((1, 4), "float32"))
    np.testing.assert_allclose(served, model(np.ones((1, 4), "float32")), rtol=1e-5)


@pytest.mark.parametrize("whose", ["tf_keras", "sonnet"])
def test_layers_of_other_libraries_are_sent_to_the_package_for_them(whose):
    library = pytest.importorskip(whose)
    ours = as_keras("he_normal", seed=7)

    def build():
        if whose == "tf_keras":
            library.layers.Dense(3, kernel_initializer=ours).build((None, 4))
        else:
            library.Linear(3, w_init=ours)(tf.zeros((1, 4)))

    with pytest.raises(UnknownWeightError, match=r"not Keras 3 .*; give seedbed_tensorflow\.as_tf"):
        build()

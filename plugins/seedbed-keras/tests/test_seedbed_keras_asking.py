"""Which weight an initializer is called for: in threads, and with a Keras that asks in other ways."""

from __future__ import annotations

import contextvars
import inspect
import os
import pickle
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from frameworks import framework

os.environ.setdefault("KERAS_BACKEND", "jax")
keras = framework("keras")

from keras_models import KERAS_WARNINGS, MODELS, values  # noqa: E402

import seedbed  # noqa: E402
from seedbed.errors import SeedbedError  # noqa: E402
from seedbed_keras import UnknownWeightError, as_keras, asking, initialize  # noqa: E402

pytestmark = KERAS_WARNINGS
HE = seedbed.get("he_normal", seed=7)
BASES = [base for base in keras.Variable.__mro__ if "_initialize_with_initializer" in vars(base)]


def dense(initializer, name="head"):
    layer = keras.layers.Dense(3, kernel_initializer=initializer, name=name)
    layer.build((None, 4))
    return layer


def in_a_thread(function):
    """Return an initializer that has another thread do its work."""

    def initializer(shape, dtype=None):
        with ThreadPoolExecutor(1) as pool:
            return pool.submit(function, shape, dtype).result()

    return initializer


def test_this_keras_has_every_function_that_ours_are_put_around():
    assert asking.LACKING == ()
    assert BASES
    functions = [
        keras.Layer.add_weight,
        keras.Model.build_from_config,
        keras.Operation.from_config.__func__,
        *(vars(base)["_initialize_with_initializer"] for base in BASES),
        next(base for base in reversed(keras.Variable.__mro__) if hasattr(base, "assign")).__init__,
    ]
    assert all(function._seedbed is asking._STATE for function in functions)
    assert not any(hasattr(function.__wrapped__, "_seedbed") for function in functions)


def test_functions_of_keras_look_as_before():
    assert keras.Layer.add_weight.__name__ == "add_weight"
    assert "initializer" in inspect.signature(keras.Layer.add_weight).parameters
    assert keras.Layer.add_weight.__module__.startswith("keras.")
    assert inspect.getdoc(keras.Layer.add_weight).startswith("Add a weight variable")
    assert pickle.loads(pickle.dumps(keras.Layer.add_weight)) is keras.Layer.add_weight


def test_initializers_of_others_are_called_as_before_and_kept_by_nobody():
    called = []

    class Own(keras.initializers.Initializer):
        def __call__(self, shape, dtype=None):
            called.append((shape, dtype))
            return keras.ops.ones(shape, dtype)

    own = Own()
    layer = dense(own)
    assert called == [((4, 3), "float32")]
    assert layer.kernel_initializer is own
    assert layer.kernel._initializer is None
    assert values(keras.Variable(np.ones((2, 3)))).all()
    assert values(keras.Variable("ones", shape=(2, 3))).all()


def test_an_initializer_that_runs_in_another_thread_is_refused_and_does_not_give_two_layers_equal_weights():
    shared = in_a_thread(as_keras(HE))
    for name in ("one", "two"):
        with pytest.raises(
            UnknownWeightError, match=r"HeNormal\(seed=7\)\) is called while Keras .* another thread"
        ):
            dense(shared, name)
    assert not asking.is_making()


def test_in_another_thread_a_path_or_the_context_of_the_first_tells_the_weight():
    np.testing.assert_array_equal(
        values(dense(in_a_thread(as_keras(HE, path="mine"))).kernel), HE.fold_in("mine")((4, 3))
    )
    ours = as_keras(HE)

    def carried(shape, dtype=None):
        context = contextvars.copy_context()
        return in_a_thread(lambda *given: context.run(ours, *given))(shape, dtype)

    np.testing.assert_array_equal(values(dense(carried).kernel), HE.fold_in("head/kernel")((4, 3)))


@pytest.mark.parametrize("name", ["ones", "he_normal"])
def test_what_has_no_stream_may_run_in_another_thread(name):
    assert values(dense(in_a_thread(as_keras(name))).kernel).any()


def test_a_call_by_hand_is_refused_only_as_long_as_keras_makes_weights_anywhere():
    ours, begun, done = as_keras(HE), threading.Event(), threading.Event()

    def slow(shape, dtype=None):
        begun.set()
        done.wait(30)
        return keras.ops.ones(shape, dtype)

    np.testing.assert_array_equal(values(ours((4, 3))), HE((4, 3)))
    building = threading.Thread(target=dense, args=(slow,))
    building.start()
    begun.wait(30)
    try:
        with pytest.raises(UnknownWeightError, match="is called while Keras"):
            ours((4, 3))
        np.testing.assert_array_equal(values(as_keras(HE, path="mine")((4, 3))), HE.fold_in("mine")((4, 3)))
    finally:
        done.set()
        building.join()
    np.testing.assert_array_equal(values(ours((4, 3))), HE((4, 3)))


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.skipif(
    keras.backend.backend() == "tensorflow", reason="Keras says that TensorFlow's is for one thread"
)
def test_models_that_threads_build_at_the_same_time_get_their_own_weights(name):
    expected = [values(variable) for variable in MODELS[name](as_keras(HE)).weights]
    shared = as_keras("he_normal", seed=7, layout="by_layer")
    with ThreadPoolExecutor(2) as pool, pytest.warns(UserWarning, match="two weights of the shape"):
        models = list(pool.map(MODELS[name], [shared, shared]))
    for model in models:
        for variable, weight in zip(model.weights, expected, strict=True):
            np.testing.assert_array_equal(values(variable), weight)


def test_an_initializer_that_builds_a_layer_of_its_own_draws_for_each_its_own():
    ours = as_keras(HE)

    def building(shape, dtype=None):
        inner = keras.layers.Dense(shape[1], kernel_initializer=ours, name="inner")
        inner.build((None, shape[0]))
        return ours(shape, dtype) + inner.kernel.value

    inner = HE.fold_in("head/inner/kernel")((4, 3))
    np.testing.assert_array_equal(values(dense(building).kernel), HE.fold_in("head/kernel")((4, 3)) + inner)


def test_after_an_error_nothing_is_being_made():
    def failing(shape, dtype=None):
        raise RuntimeError("mine")

    with pytest.raises(RuntimeError, match="mine"):
        dense(failing)
    assert not asking.is_making()
    assert asking.asked_weight() is None


def test_a_keras_that_makes_values_in_another_way_is_refused(monkeypatch):
    for base in BASES:
        method = vars(base)["_initialize_with_initializer"].__wrapped__
        monkeypatch.setattr(base, "_initialize_with_initializer", method)
    for make in (dense, lambda initializer: keras.Variable(initializer, shape=(4, 3), name="alone")):
        with pytest.raises(UnknownWeightError, match=r"as_keras\(\.\.\., path='head/kernel'\)"):
            make(as_keras(HE))
        make(as_keras(HE, path="mine"))
        make(as_keras("ones"))


LACKING = """
import sys
import keras, seedbed
name = sys.argv[1].split(".")[1]
owners = [base for base in (*keras.Variable.__mro__, keras.Layer) if name in vars(base)]
theirs = {owner: vars(owner)[name] for owner in owners}
for owner in owners:
    delattr(owner, name)
import seedbed_keras
for owner, method in theirs.items():
    assert not hasattr(method, "_seedbed")
    setattr(owner, name, method)
try:
    seedbed_keras.as_keras("he_normal", seed=7)((4, 3))
except seedbed_keras.UnknownWeightError as error:
    print(error)
seedbed_keras.as_keras("he_normal", seed=7, path="mine")((4, 3))
seedbed_keras.as_keras("ones")((4, 3))
model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, name="head")])
seedbed_keras.initialize(model, {"*/bias": "zeros", "*": "he_normal"}, seed=7)
"""


@pytest.mark.slow
@pytest.mark.parametrize("name", ["Layer.add_weight", "Variable._initialize_with_initializer"])
def test_a_keras_that_lacks_one_of_the_functions_is_refused_and_initialize_works(name):
    command = [sys.executable, "-W", "ignore", "-c", LACKING, name]
    environment = {**os.environ, "KERAS_BACKEND": "numpy"}
    done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True, timeout=120)
    assert f"{name} any more" in done.stdout
    assert "call seedbed_keras.initialize, or give each weight" in done.stdout


AGAIN = """
import sys
import keras, numpy as np, seedbed
import seedbed_keras
old = seedbed_keras.as_keras("he_normal", seed=7)
method = keras.Layer.add_weight
for name in [name for name in sys.modules if name.startswith("seedbed_keras")]:
    del sys.modules[name]
import seedbed_keras
assert keras.Layer.add_weight is method
for number, ours in enumerate([old, seedbed_keras.as_keras("he_normal", seed=7)]):
    dense = keras.layers.Dense(3, kernel_initializer=ours, name=f"head_{number}")
    dense.build((None, 4))
    wanted = seedbed.get("he_normal", seed=[7, f"head_{number}/kernel"])((4, 3))
    np.testing.assert_array_equal(keras.ops.convert_to_numpy(dense.kernel.value), wanted)
"""


@pytest.mark.slow
def test_an_import_once_more_puts_nothing_around_twice_and_both_know_their_weights():
    subprocess.run([sys.executable, "-W", "ignore", "-c", AGAIN], check=True, timeout=120)


class Named(keras.layers.Layer):
    """A layer that gives several weights one name."""

    def __init__(self, initializer, **options):
        super().__init__(**options)
        self.initializer = initializer

    def build(self, input_shape):
        for number in range(3):
            weight = self.add_weight(shape=(4, 3), name="mix", initializer=self.initializer)
            setattr(self, f"mix_{number}", weight)
        self.state = self.add_weight(shape=(4, 3), name="mix", initializer=self.initializer, trainable=False)
        self.other = self.add_weight(shape=(4, 3), name="other", initializer=self.initializer)

    def call(self, inputs):
        return keras.ops.matmul(inputs, self.mix_0 + self.mix_1 + self.mix_2 + self.other)


class Late(keras.Model):
    """A model with a `call` alone, whose weights are made late."""

    def __init__(self, layer):
        super().__init__(name="late")
        self.layer = layer

    def call(self, inputs):
        return self.layer(inputs)


def test_weights_of_one_name_in_one_layer_are_numbered_after_the_first():
    layer = Named(as_keras(HE), name="named")
    layer.build((None, 4))
    late = Late(Named(as_keras(HE), name="named"))
    late(np.zeros((1, 4), "float32"))
    names = ["mix", "mix:1", "mix:2", "other", "mix:3"]
    for front, found in (("named", layer), ("late/named", late.layer)):
        made = [found.mix_0, found.mix_1, found.mix_2, found.other, found.state]
        for name, variable in zip(names, made, strict=True):
            np.testing.assert_array_equal(values(variable), HE.fold_in(f"{front}/{name}")((4, 3)))


def test_initialize_numbers_weights_of_one_name_in_one_layer_too():
    layer = Named("zeros", name="named")
    layer.build((None, 4))
    plan = initialize(layer, {"*": HE}, seed=7)
    assert list(plan.initializers) == ["mix", "mix:1", "mix:2", "other"]
    made = [layer.mix_0, layer.mix_1, layer.mix_2, layer.other]
    for path, variable in zip(plan.initializers, made, strict=True):
        np.testing.assert_array_equal(values(variable), HE.fold_in(path)((4, 3)))


def test_an_unknown_weight_is_an_error_of_seedbed():
    assert issubclass(UnknownWeightError, SeedbedError)

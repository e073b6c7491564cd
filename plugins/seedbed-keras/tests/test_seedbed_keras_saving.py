"""Models with our initializers are saved and loaded, in every form and between backends."""

from __future__ import annotations

import copy
import json
import os
import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from frameworks import framework

os.environ.setdefault("KERAS_BACKEND", "jax")
keras = framework("keras")

from keras_models import KERAS_WARNINGS, MODELS, values  # noqa: E402

import seedbed  # noqa: E402
from seedbed_keras import SeedbedInitializer, as_keras  # noqa: E402

pytestmark = KERAS_WARNINGS
SCALED = seedbed.get("scaled", initializer="he_normal", factor=0.5, seed=[7, "run"])

UNDER_OTHER_BACKEND = """
import sys
import keras, keras_models, seedbed_keras
for path in sys.argv[1:]:
    model = keras.models.load_model(path, safe_mode=True)
    again = model if "subclassed" in path else keras.models.clone_model(model)  # that one would not be built
    for one, two in zip(model.weights, again.weights, strict=True):
        print(keras_models.values(one).tobytes().hex(), keras_models.values(two).tobytes().hex())
"""


@pytest.fixture(params=MODELS)
def model(request):
    return MODELS[request.param](as_keras(SCALED))


def assert_drawn_alike(one, two):
    for here, there in zip(one.weights, two.weights, strict=True):
        np.testing.assert_array_equal(values(here), values(there), strict=True, err_msg=here.path)


def built_like(model, again):
    """Build a copy, which Keras leaves unbuilt where it does not know the shape of the input."""
    if not again.built:
        again(np.zeros((1, 3, 6), "float32"))
    return again


def test_a_saved_model_is_loaded_in_safe_mode_with_weights_and_initializers(model, tmp_path):
    model.weights[0].assign(values(model.weights[0]) + 1)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras", safe_mode=True)
    assert_drawn_alike(model, loaded)
    layers = [layer for layer in loaded._flatten_layers() if hasattr(layer, "kernel_initializer")]
    ours = [layer.kernel_initializer for layer in layers]
    assert sum(isinstance(one, SeedbedInitializer) and one.initializer == SCALED for one in ours) >= 2


def test_a_model_from_json_draws_the_same_again(model):
    again = keras.models.model_from_json(model.to_json())
    assert_drawn_alike(model, built_like(model, again))


def test_a_clone_draws_the_same_again(model):
    assert_drawn_alike(model, built_like(model, keras.models.clone_model(model)))


def nested():
    """Return a model whose parts have layers of the same names, and share one initializer."""
    initializer = as_keras(SCALED)
    towers = [
        keras.Sequential(
            [
                keras.layers.Dense(4, kernel_initializer=initializer, name="fc1"),
                keras.layers.Dense(4, kernel_initializer=initializer, name="fc2"),
            ],
            name=f"tower_{side}",
        )
        for side in "ab"
    ]
    both = {"kernel_initializer": initializer, "recurrent_initializer": initializer}
    wrapped = keras.layers.LSTM(4, **both, name="memory")
    model = keras.Sequential(
        [keras.Input((3, 4)), *towers, keras.layers.Bidirectional(wrapped, name="both")], name="whole"
    )
    drawn = [values(variable).ravel()[0] for variable in model.weights if variable.path.endswith("kernel")]
    assert len(set(drawn)) == len(drawn) == 8
    return model


def test_layers_of_one_name_keep_their_streams_when_their_models_are_made_again():
    model = nested()
    assert_drawn_alike(model, keras.models.clone_model(model))
    again = keras.models.model_from_json(model.to_json())
    assert_drawn_alike(model, again)
    assert_drawn_alike(model, keras.models.model_from_json(again.to_json()))


def assert_copies_drawn_alike(model, tmp_path):
    """Go through every way of copying, twice."""
    clone = built_like(model, keras.models.clone_model(model))
    again = built_like(model, keras.models.model_from_json(model.to_json()))
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    for copied in (clone, again, loaded):
        assert_drawn_alike(model, copied)
        assert_drawn_alike(model, built_like(model, keras.models.clone_model(copied)))
    assert_drawn_alike(model, built_like(model, keras.models.model_from_json(again.to_json())))


def dense(name, initializer):
    return keras.layers.Dense(6, kernel_initializer=initializer, name=name)


def stacked(name, *layers):
    return keras.Sequential([keras.Input((6,)), *layers], name=name)


def named_like_its_model(initializer):
    return stacked("head", dense("head", initializer), dense("tail", initializer))


def named_like_models_around_it(initializer):
    inner = keras.Sequential([dense("net", initializer)], name="inner")
    return stacked("net", dense("net", initializer), inner)


def within_and_beside_a_model(initializer):
    return stacked("net", keras.Sequential([dense("a", initializer)], name="b"), dense("c", initializer))


@keras.saving.register_keras_serializable(package="seedbed_tests")
class Net(keras.Model):
    """A model with a `call` alone, of layers that have its own name within them."""

    def __init__(self, initializer, depth=2, **options):
        super().__init__(**options)
        self.initializer, self.depth = keras.initializers.get(initializer), depth
        self.within = Net(initializer, depth - 1, name="net") if depth else dense("net", self.initializer)
        self.beside = dense("beside", self.initializer)

    def call(self, inputs):
        return self.beside(self.within(inputs))

    def get_config(self):
        initializer = keras.initializers.serialize(self.initializer)
        return {**super().get_config(), "initializer": initializer, "depth": self.depth}


def subclassed_of_one_name(initializer):
    model = Net(initializer, name="net")
    model(np.zeros((1, 3, 6), "float32"))
    return model


@pytest.mark.parametrize("is_shared", [False, True])
@pytest.mark.parametrize(
    "make",
    [
        named_like_its_model,
        named_like_models_around_it,
        within_and_beside_a_model,
        subclassed_of_one_name,
    ],
)
def test_copies_draw_the_same_whatever_layers_are_called(make, is_shared, tmp_path):
    initializer = as_keras(SCALED)
    model = make(initializer if is_shared else keras.initializers.serialize(initializer))
    drawn = [values(variable).ravel()[0] for variable in model.weights if "kernel" in variable.path]
    assert len(set(drawn)) == len(drawn)
    assert_copies_drawn_alike(model, tmp_path)


def test_copies_of_a_layer_that_was_built_before_its_model_draw_the_same():
    early = dense("early", as_keras(SCALED))
    early.build((None, 6))
    model = stacked("net", early, dense("late", as_keras(SCALED)))
    assert_drawn_alike(model, keras.models.clone_model(model))
    assert_drawn_alike(model, keras.models.model_from_json(model.to_json()))


def test_a_layer_of_another_models_layers_config_draws_the_same():
    model = stacked("net", dense("a", as_keras(SCALED)))
    other = stacked("other", keras.layers.Dense.from_config(model.layers[0].get_config()))
    assert_drawn_alike(model, other)


def test_a_clone_of_a_loaded_model_draws_the_same_again(model, tmp_path):
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert_drawn_alike(model, built_like(model, keras.models.clone_model(loaded)))


def test_a_config_round_trips_through_keras_and_json():
    initializer = as_keras(SCALED, path="mine", layout="stored")
    config = json.loads(json.dumps(keras.initializers.serialize(initializer)))
    assert config["registered_name"] == "seedbed>SeedbedInitializer"
    assert keras.initializers.deserialize(config) == initializer
    assert keras.initializers.get(config) == initializer
    assert initializer.clone() == initializer


@pytest.mark.parametrize("module", [None, "seedbed_keras", "seedbed_keras.adapter"])
def test_a_file_has_the_public_module_and_that_of_former_files_is_taken_too(module):
    config = keras.initializers.serialize(as_keras(SCALED))
    assert config["module"] == "seedbed_keras"
    assert keras.initializers.deserialize({**config, "module": module}) == as_keras(SCALED)


def test_the_config_of_a_later_version_of_ours_still_needs_no_more_than_an_initializer():
    assert SeedbedInitializer.from_config({"initializer": "zeros"}) == as_keras("zeros")


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, lambda it: pickle.loads(pickle.dumps(it))])
def test_a_copy_is_equal(copied):
    assert copied(as_keras(SCALED)) == as_keras(SCALED)


def test_a_model_of_a_package_that_is_gone_says_what_is_missing(tmp_path):
    config = keras.initializers.serialize(as_keras("zeros"))
    config["config"]["initializer"]["provider"] = "acme-inits==3.1"
    with pytest.raises(seedbed.errors.UnknownNameError, match=r"acme-inits"):
        keras.initializers.deserialize(config)


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["jax", "numpy", "torch"])
def test_saved_models_are_loaded_and_drawn_again_with_the_same_bits_on_another_backend(backend, tmp_path):
    models = {tmp_path / f"{name}.keras": make(as_keras(SCALED)) for name, make in MODELS.items()}
    for path, model in models.items():
        model.save(path)
    environment = {**os.environ, "KERAS_BACKEND": backend, "PYTHONPATH": str(Path(__file__).parent)}
    command = [sys.executable, "-W", "ignore", "-c", UNDER_OTHER_BACKEND, *map(str, models)]
    done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True, timeout=120)
    rows = [line.split(" ") for line in done.stdout.splitlines()]
    weights = [variable for model in models.values() for variable in model.weights]
    for variable, (loaded, drawn) in zip(weights, rows, strict=True):
        assert loaded == drawn == values(variable).tobytes().hex()


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["jax", "numpy", "torch"])
def test_the_other_tests_of_this_package_pass_on_each_backend(backend):
    if backend == keras.backend.backend():
        pytest.skip("they run on this one anyway")
    tests = [
        str(Path(__file__).parent / f"test_seedbed_keras_{name}.py")
        for name in ("weights", "shards", "models")
    ]
    command = [sys.executable, "-m", "pytest", "-q", "-n", "0", "-p", "no:cacheprovider", *tests]
    environment = {**os.environ, "KERAS_BACKEND": backend}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stdout[-4000:]


@pytest.mark.parametrize(
    "initializer",
    [
        *(
            seedbed.get(name, seed=7)
            for name in ("random_normal", "random_uniform", "orthogonal", "he_normal")
        ),
        *(seedbed.get(name) for name in ("zeros", "ones", "identity")),
        seedbed.get("constant", value=2.0),
        SCALED,
    ],
    ids=lambda one: type(one).__name__,
)
def test_an_initializer_of_cores_that_a_layer_got_as_it_is_loads_as_ours(initializer, tmp_path):
    layer = keras.layers.Dense(3, kernel_initializer=initializer, name="head")
    model = keras.Sequential([keras.Input((4,)), layer])
    model.save(tmp_path / "model.keras")
    for again in (
        keras.models.clone_model(model),
        keras.models.model_from_json(model.to_json()),
        keras.models.load_model(tmp_path / "model.keras"),
    ):
        assert again.layers[0].kernel_initializer == initializer
        np.testing.assert_array_equal(values(again.layers[0].kernel), initializer((4, 3)))

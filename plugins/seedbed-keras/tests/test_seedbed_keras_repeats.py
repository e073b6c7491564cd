"""The warning where a second weight draws from the stream of one that is still there."""

from __future__ import annotations

import copy
import gc
import os
import warnings

import numpy as np
import pytest
from frameworks import framework

os.environ.setdefault("KERAS_BACKEND", "jax")
keras = framework("keras")

from keras_models import KERAS_WARNINGS, MODELS, values  # noqa: E402

import seedbed  # noqa: E402
from seedbed_keras import as_keras, initialize  # noqa: E402

pytestmark = KERAS_WARNINGS
HE = seedbed.get("he_normal", seed=7)
REPEATED = r"two weights of the shape \(6, 6\) have the path up/kernel and one initializer with one seed"


def tower(name, initializer):
    inputs = keras.Input((6,))
    outputs = keras.layers.Dense(6, kernel_initializer=initializer, name="up")(inputs)
    return keras.Model(inputs, outputs, name=name)


@keras.saving.register_keras_serializable(package="seedbed_tests")
class Tower(keras.layers.Layer):
    """A layer that makes its initializer itself, so that no config has it."""

    def __init__(self, units=6, **options):
        super().__init__(**options)
        self.units = units
        self.up = keras.layers.Dense(units, kernel_initializer=as_keras(HE), name="up")

    def build(self, input_shape):
        self.up.build(input_shape)

    def call(self, inputs):
        return self.up(inputs)

    def get_config(self):
        return {**super().get_config(), "units": self.units}


@pytest.mark.parametrize("is_shared", [True, False])
def test_two_towers_are_warned_of_once_for_an_initializer_where_the_second_is_made(is_shared):
    shared = as_keras(HE)
    first = tower("first", shared)
    second = shared if is_shared else as_keras("he_normal", seed=7)
    with pytest.warns(UserWarning, match=REPEATED) as caught:
        towers = [first, tower("second", second), tower("third", second)]
    assert [warning.filename for warning in caught] == [__file__]
    np.testing.assert_array_equal(*(values(one.weights[0]) for one in towers[:2]))


def test_towers_of_layers_that_make_their_initializers_themselves_are_warned_of():
    first, second = Tower(name="tower"), Tower(name="tower")
    first.build((None, 6))
    with pytest.warns(UserWarning, match="path tower/up/kernel"):
        second.build((None, 6))


def test_there_is_a_warning_again_when_what_it_was_of_is_gone():
    first = tower("first", as_keras(HE))
    for _ in range(2):
        with pytest.warns(UserWarning, match=REPEATED):
            second = tower("second", as_keras(HE))
        del second
        gc.collect()
    assert first.weights


def test_a_copy_of_an_initializer_is_warned_of_as_another_one_like_it():
    shared = as_keras(HE)
    first = tower("first", shared)
    with pytest.warns(UserWarning, match=REPEATED):
        tower("second", copy.deepcopy(shared))
    assert first.weights


def test_variables_of_no_layer_with_one_name_are_warned_of():
    first = keras.Variable(as_keras(HE), shape=(6, 6), name="alone")
    with pytest.warns(UserWarning, match="have the path alone"):
        second = keras.Variable(as_keras(HE), shape=(6, 6), name="alone")
    np.testing.assert_array_equal(values(first), values(second))


def test_attentions_of_one_name_are_warned_of_though_keras_copies_their_initializers():
    made = [keras.layers.MultiHeadAttention(2, 3, kernel_initializer=as_keras(HE), name="a") for _ in "12"]
    made[0].build((1, 3, 6), (1, 3, 6))
    with pytest.warns(UserWarning, match="path a/(query|key)/kernel"):
        made[1].build((1, 3, 6), (1, 3, 6))


def test_what_is_warned_of_is_not_forgotten_for_a_copy_that_is_gone():
    first = tower("first", as_keras(HE))
    clone = keras.models.clone_model(first)
    del clone
    gc.collect()
    with pytest.warns(UserWarning, match=REPEATED):
        tower("second", as_keras(HE))


def test_what_draws_alike_on_purpose_is_not_warned_of():
    kept = []
    for alike in (as_keras("ones"), as_keras("he_normal"), as_keras(HE, path="mine")):
        kept += [tower("one", alike), tower("two", alike)]
    twice = keras.layers.Dense(6, kernel_initializer=as_keras(HE), name="head")
    kept.append(keras.Sequential([keras.Input((6,)), twice, keras.layers.ReLU()]))
    twice(twice(np.zeros((1, 6), "float32")))
    seeds = [tower("one", as_keras("he_normal", seed=seed)) for seed in (1, 2)]
    shapes = [
        keras.layers.Dense(n, kernel_initializer=as_keras("glorot_normal", seed=7), name="h") for n in (2, 3)
    ]
    for layer in shapes:
        layer.build((None, 6))
    assert len(kept + seeds + shapes) == 11


def own():
    inputs = keras.Input((6,))
    return keras.Model(inputs, Tower(name="tower")(inputs), name="own")


@pytest.mark.parametrize("make", [*(lambda m=m: m(as_keras(HE)) for m in MODELS.values()), own])
def test_copies_of_a_model_are_not_warned_of(make, tmp_path):
    model = make()
    copies = [copy.deepcopy(model), keras.models.clone_model(model)]
    copies.append(keras.models.model_from_json(model.to_json()))
    model.save(tmp_path / "model.keras")
    copies.append(keras.models.load_model(tmp_path / "model.keras"))
    for one in copies:
        if not one.built:
            one(np.zeros((1, 3, 6), "float32"))
    copies.append(keras.models.clone_model(copies[-1]))
    average = [(values(a) + values(b)) / 2 for a, b in zip(model.weights, copies[0].weights, strict=True)]
    copies[0].set_weights(average)
    initialize(copies[0], {"*": "zeros"}, seed=7)
    initialize(model, {"*": "zeros"}, seed=7)


@pytest.mark.parametrize("make", MODELS.values())
def test_a_model_that_is_built_again_after_the_first_is_gone_is_not_warned_of(make):
    for _ in range(2):
        model = make(as_keras(HE))
        assert model.weights
        del model


def test_weights_that_are_gone_are_not_kept():
    from seedbed_keras import repeats

    gc.collect()
    before = len(repeats._DRAWN)
    model = tower("gone", as_keras("he_normal", seed="gone"))
    assert len(repeats._DRAWN) == before + 1
    del model
    gc.collect()
    assert len(repeats._DRAWN) == before


def test_the_warning_is_an_error_where_warnings_are_and_the_second_is_not_made():
    first = tower("first", as_keras(HE))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(UserWarning, match=REPEATED):
            tower("second", as_keras(HE))
    assert first.weights

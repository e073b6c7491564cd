"""`from_tf`, and rules: an initializer of Keras 2's or TensorFlow's means ours of the same arguments."""

from __future__ import annotations

import numpy as np
import pytest
from frameworks import framework

tf = framework("tensorflow", plugin="seedbed_tensorflow")
tf_keras = framework("tf_keras")
snt = framework("sonnet")

import seedbed  # noqa: E402
from seedbed.errors import ArgumentError, ConfigError, IdentifierError, UnknownNameError  # noqa: E402
from seedbed.rules import KEEP  # noqa: E402
from seedbed_tensorflow import as_tf, from_tf, initialize, plan  # noqa: E402

theirs, old = tf_keras.initializers, tf.compat.v1

EXAMPLES = [
    theirs.Zeros(),
    theirs.Ones(),
    theirs.Constant(0.25),
    theirs.Constant([[1, 2], [3, 4]]),
    theirs.Identity(gain=3.0),
    theirs.RandomNormal(0.5, 0.1, seed=7),
    theirs.RandomUniform(-1, 2, seed=7),
    theirs.TruncatedNormal(0.5, 0.1, seed=7),
    theirs.VarianceScaling(3.0, "fan_out", "untruncated_normal", seed=7),
    theirs.VarianceScaling(3.0, "fan_avg", "normal", seed=-1),
    theirs.GlorotUniform(seed=7),
    theirs.GlorotNormal(seed=7),
    theirs.HeUniform(seed=7),
    theirs.HeNormal(seed=7),
    theirs.LecunUniform(seed=7),
    theirs.LecunNormal(),
    theirs.Orthogonal(gain=2.0, seed=7),
]


def arguments(config):
    return {key: value for key, value in config.items() if key != "axes"}


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: type(example).__name__)
def test_an_object_of_keras_2_and_its_config_mean_ours_of_its_arguments(example):
    found = from_tf(example)
    assert type(found).__name__ == type(example).__name__
    assert example.get_config().items() <= found.get_config().items()
    for config in (theirs.serialize(example), theirs.serialize(example, use_legacy_format=True)):
        assert from_tf(config) == seedbed.get(config) == found
    weight = np.asarray(example((2, 2)))
    assert found((2, 2)).shape == weight.shape


def test_every_public_class_of_keras_2_is_among_the_examples_and_means_its_defaults():
    public = {vars(theirs)[name] for name in dir(theirs) if isinstance(vars(theirs)[name], type)}
    assert {type(example) for example in EXAMPLES} == public - {theirs.Initializer}
    for kind in public - {theirs.Initializer}:
        assert from_tf(kind) == from_tf(kind())


@pytest.mark.parametrize(
    ("given", "ours"),
    [
        (
            tf.random_normal_initializer(stddev=0.02, seed=7),
            seedbed.get("random_normal", stddev=0.02, seed=7),
        ),
        (tf.random_uniform_initializer(-1, 1), seedbed.get("random_uniform", minval=-1, maxval=1)),
        (tf.constant_initializer(np.ones(2)), seedbed.get("constant", value=[1.0, 1.0])),
        (old.truncated_normal_initializer(), seedbed.get("tf.compat.v1.truncated_normal_initializer")),
        (old.random_uniform_initializer(0, 2), seedbed.get("random_uniform", minval=0, maxval=2)),
        (old.glorot_normal_initializer(seed=7), seedbed.get("glorot_normal", seed=7)),
        (old.variance_scaling_initializer, seedbed.get("variance_scaling")),
        (as_tf("he_normal", seed=7), seedbed.get("he_normal", seed=7)),
        (as_tf("he_normal", seed=7, path="a"), seedbed.get("he_normal", seed=[7, "a"])),
        ("tf.keras.initializers.HeNormal", seedbed.get("he_normal")),
        (seedbed.get("ones"), seedbed.get("ones")),
    ],
)
def test_those_of_tensorflow_itself_and_ours_are_taken_too(given, ours):
    assert from_tf(given) == ours


class Own(theirs.HeNormal):
    """One that somebody derived, and that may draw anything."""


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        (Own(), IdentifierError, "give an initializer of TensorFlow's or Keras 2's"),
        (snt.initializers.TruncatedNormal(), IdentifierError, "snt.initializers.TruncatedNormal"),
        (theirs.Initializer(), UnknownNameError, "no initializer is named 'Initializer'"),
        (theirs.RandomUniform(0, None), ArgumentError, "maxval must be a finite number, got None"),
        (old.random_normal_initializer(dtype=tf.float16), ConfigError, "asks for dtype 'float16'"),
        (old.uniform_unit_scaling_initializer(), UnknownNameError, "tf_v1_uniform_unit_scaling"),
        (None, IdentifierError, "got None"),
    ],
)
def test_what_has_no_counterpart_is_refused(given, error, message):
    with pytest.raises(error, match=message):
        from_tf(given)


def test_rules_take_them_as_objects_classes_and_configs():
    model = tf_keras.Sequential([tf_keras.Input((4,)), *(tf_keras.layers.Dense(4, name=n) for n in "abcdef")])
    rules = [
        ("*/bias", theirs.Zeros),
        ("a/*", theirs.RandomNormal(stddev=0.5)),
        ("b/*", as_tf("ones")),
        ("c/*", theirs.serialize(theirs.HeNormal())),
        ("d/*", theirs.serialize(as_tf("ones"))),
        ("e/*", KEEP),
        ("*", "glorot_uniform"),
    ]
    found = initialize(model, rules, seed=7)
    drawn = {
        path: repr(initializer) for path, initializer in found.initializers.items() if "bias" not in path
    }
    assert drawn == {
        "a/weight": "RandomNormal(stddev=0.5, seed=[7, 'a/weight'])",
        "b/weight": "Ones()",
        "c/weight": "HeNormal(seed=[7, 'c/weight'])",
        "d/weight": "Ones()",
        "f/weight": "GlorotUniform(seed=[7, 'f/weight'])",
    }
    rows = [{"match": "*", "initializer": theirs.Ones()}]
    assert repr(plan(model, rows, seed=7).initializers["a/bias"]) == "Ones()"

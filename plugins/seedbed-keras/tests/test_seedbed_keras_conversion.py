"""`from_keras` and `to_keras`: every initializer of Keras's, there and back."""

from __future__ import annotations

import inspect
import os

import numpy as np
import pytest
from frameworks import framework

os.environ.setdefault("KERAS_BACKEND", "jax")
keras = framework("keras")

from keras_models import KERAS_WARNINGS  # noqa: E402

import seedbed  # noqa: E402
from seedbed.errors import ArgumentError, ConfigError, IdentifierError  # noqa: E402
from seedbed_keras import as_keras, from_keras, initialize, to_keras  # noqa: E402

pytestmark = KERAS_WARNINGS
theirs = keras.initializers
HE_OF_HEAD = seedbed.get("he_normal", seed=[7, "head/weight"])

EXAMPLES = [
    theirs.Zeros(),
    theirs.Ones(),
    theirs.Constant(2),
    theirs.Constant(0.25),
    theirs.Constant(np.array([1.5, 2.0])),
    theirs.Identity(gain=3.0),
    theirs.RandomNormal(0.5, 0.1, seed=7),
    theirs.RandomUniform(-1, 2, seed=7),
    theirs.TruncatedNormal(0.5, 0.1, seed=7),
    theirs.VarianceScaling(3.0, "fan_out", "untruncated_normal", seed=7),
    theirs.VarianceScaling(3.0, "fan_avg", "normal"),
    theirs.VarianceScaling(1.0, "fan_in", "uniform", seed=7),
    theirs.GlorotUniform(seed=7),
    theirs.GlorotNormal(seed=7),
    theirs.HeUniform(seed=7),
    theirs.HeNormal(seed=7),
    theirs.LecunUniform(seed=7),
    theirs.LecunNormal(),
    theirs.Orthogonal(gain=2.0, seed=7),
]
HAS_STFT = hasattr(theirs, "STFT")
HAS_AXES = "input_axes" in inspect.signature(theirs.HeNormal).parameters
if HAS_STFT:
    EXAMPLES += [
        theirs.STFT("imag", "hamming", "spectrum", True),
        theirs.STFT(window=[0.5, 1.0, 0.5], scaling=None),
    ]
if HAS_AXES:
    EXAMPLES += [theirs.HeNormal(seed=7, input_axes=[0], output_axes=[1, 2])]


def names(examples):
    return [type(example).__name__ for example in examples]


@pytest.mark.parametrize("example", EXAMPLES, ids=names(EXAMPLES))
def test_an_initializer_of_keras_comes_back_from_ours_exact_in_config(example):
    back = to_keras(from_keras(example))
    assert type(back) is type(example)
    assert repr(back.get_config()) == repr(example.get_config())
    assert getattr(back, "gain", None) == getattr(example, "gain", None)


@pytest.mark.parametrize("example", EXAMPLES, ids=names(EXAMPLES))
def test_a_config_of_keras_means_what_its_object_means(example):
    if isinstance(example, theirs.Identity):
        pytest.skip("Keras leaves its gain out of its config")
    config = theirs.serialize(example)
    assert from_keras(config) == from_keras(example)
    assert from_keras({key: config[key] for key in ("class_name", "config")}) == from_keras(example)


def test_each_public_class_of_keras_is_among_the_examples():
    public = {vars(theirs)[name] for name in dir(theirs) if isinstance(vars(theirs)[name], type)}
    assert {type(example) for example in EXAMPLES} == public - {theirs.Initializer}


@pytest.mark.parametrize("name", ["he_normal", "HeNormal", "normal", "one", "OrthogonalInitializer"])
def test_a_name_means_what_it_means_in_keras(name):
    assert from_keras(name) == from_keras(theirs.get(name))


def test_a_class_is_taken_with_its_defaults():
    assert from_keras(theirs.RandomNormal) == seedbed.get("random_normal", mean=0.0, stddev=0.05)


@pytest.mark.parametrize(
    "example",
    [theirs.VarianceScaling(2.0, "fan_avg"), theirs.TruncatedNormal(1, 3), theirs.RandomUniform(0, 3)],
)
def test_the_moments_are_those_of_keras(example):
    drawn = keras.ops.convert_to_numpy(example((200, 300)))
    ours = seedbed.get(from_keras(example), seed=7)((200, 300))
    assert abs(ours.mean() - drawn.mean()) < 10 * drawn.std() / drawn.size**0.5
    assert abs(ours.std() / drawn.std() - 1) < 10 / drawn.size**0.5


def test_the_gain_of_an_identity_is_kept_though_keras_leaves_it_out_of_its_config():
    assert from_keras(theirs.Identity(gain=3.0)) == seedbed.get("identity", gain=3.0)


def test_a_constant_is_taken_though_keras_cannot_write_it():
    assert from_keras(theirs.Constant(1 + 2j)) == seedbed.get("constant", value=1 + 2j)
    assert to_keras(from_keras(theirs.Constant(1 + 2j))).value == 1 + 2j
    variable = keras.Variable(np.array([1.5, 2.0], "float32"))
    assert from_keras(theirs.Constant(variable)) == seedbed.get("constant", value=[1.5, 2.0])


def test_what_as_keras_made_is_taken_apart():
    ours = seedbed.get("he_normal", seed=7)
    assert from_keras(as_keras(ours)) == ours
    assert from_keras(theirs.serialize(as_keras(ours))) == ours
    assert from_keras(as_keras(ours, path="head/kernel")) == ours.fold_in("head/kernel")


def test_what_as_keras_made_becomes_keras_own():
    assert to_keras(as_keras("he_normal", seed=7)).get_config() == theirs.HeNormal(seed=7).get_config()


def test_what_is_there_already_is_returned_as_it_is():
    ours, own = seedbed.get("scaled", initializer="zeros", factor=2.0), Own()
    assert from_keras(ours) is ours
    assert to_keras(own) is own
    assert to_keras(theirs.HeNormal(), seed=7).get_config()["seed"] == 7


@keras.saving.register_keras_serializable(package="seedbed_tests")
class Own(theirs.HeNormal):
    def __call__(self, shape, dtype=None):
        return keras.ops.ones(shape, dtype)


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        (None, IdentifierError, "got None of type NoneType; allowed are the initializers"),
        (3, IdentifierError, "got 3 of type int"),
        (len, IdentifierError, "got <built-in function len>"),
        (int, IdentifierError, "got <class 'int'>"),
        (np.ones(3), IdentifierError, "of type ndarray"),
        (Own(), IdentifierError, "of type Own"),
        (theirs.serialize(Own()), IdentifierError, "allowed are those of keras.initializers"),
        ({"class_name": "Own", "config": {}}, IdentifierError, "has no 'Own'"),
        ("xavier_normal", IdentifierError, "keras.initializers has no 'xavier_normal'"),
        ("initializer", IdentifierError, "has no 'initializer'"),
        ({"class_name": "os>system", "config": {}}, IdentifierError, "has no 'os>system'"),
        ({"config": {}}, IdentifierError, "got the config {'config': {}}"),
        ({"class_name": "HeNormal", "config": [7]}, ConfigError, "whose arguments are no dict"),
        ({"class_name": "HeNormal", "config": {"sead": 7}}, ConfigError, "sead"),
        *(
            (
                {"class_name": "Constant", "config": {"value": {"class_name": kind, **rest}}},
                ConfigError,
                "for an array",
            )
            for kind in ("__numpy__", "__tensor__")
            for rest in ({}, {"config": {}}, {"config": [7]})
        ),
        (theirs.HeNormal(seed=keras.random.SeedGenerator(7)), ArgumentError, "seed is a SeedGenerator"),
        ({"class_name": "HeNormal", "config": {"input_axes": [0]}}, ConfigError, "output_axes"),
    ],
)
def test_what_has_no_counterpart_here_is_refused(given, error, message):
    with pytest.raises(error, match=message):
        from_keras(given)


@pytest.mark.skipif(not HAS_STFT, reason="this Keras has no STFT")
def test_a_window_that_stft_does_not_have_is_refused():
    assert from_keras("stft") == from_keras(theirs.STFT())
    with pytest.raises(ArgumentError, match="got window='bohman'"):
        from_keras(theirs.STFT(window="bohman"))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (seedbed.get("scaled", initializer="zeros", factor=2.0), "no counterpart of Scaled"),
        (seedbed.get("he_normal", seed=[7, "a"]), "a seed of Keras's is an int or None"),
        (seedbed.get("truncated_normal", lower=-3.0), "cuts off at 2 standard deviations"),
        (seedbed.get("variance_scaling", mode="fan_geo_avg"), "fan_geo_avg"),
        (seedbed.get("he_normal", axes="conv_oihw"), "count in no fan"),
        (seedbed.get("he_normal", axes={"in": 0, "out": 1, "rest": "batch", "groups": 2}), "no groups"),
    ],
)
def test_what_has_no_counterpart_in_keras_is_refused(given, message):
    with pytest.raises(ArgumentError, match=message):
        to_keras(given)


@pytest.mark.skipif(HAS_STFT, reason="this Keras has all that we turn into Keras's")
def test_what_this_keras_does_not_have_yet_is_refused():
    with pytest.raises(ArgumentError, match="has no counterpart of STFT"):
        to_keras("stft")
    with pytest.raises(ArgumentError, match=r"takes no HeNormal with the arguments of.*input_axes"):
        to_keras("he_normal", axes="attention_query")


@pytest.mark.skipif(not HAS_AXES, reason="this Keras takes no axes")
def test_axes_of_attention_become_those_of_keras():
    config = to_keras("he_normal", axes="attention_query").get_config()
    assert (config["input_axes"], config["output_axes"]) == ([-3], [-2, -1])


def test_initializers_of_keras_2_are_taken_as_those_of_keras_3_are():
    older = pytest.importorskip("tf_keras").initializers
    found = vars(older)
    for kind in {found[name] for name in dir(older) if isinstance(found[name], type)} - {older.Initializer}:
        ours = from_keras(kind())
        assert type(ours).__name__ == kind.__name__
        assert ours == from_keras(kind) == from_keras(older.serialize(kind()))
    assert from_keras(older.HeNormal(seed=7)) == seedbed.get("he_normal", seed=7)
    dense = keras.layers.Dense(3, name="head")
    dense.build((None, 4))
    rules = {"*/bias": older.Zeros, "*/weight": older.HeNormal()}
    assert initialize(dense, rules, seed=7, prefix="head").initializers["head/weight"] == HE_OF_HEAD

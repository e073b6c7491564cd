"""Configs in our form, TensorFlow 2's and Keras 3's; and that they are nothing but data."""

import copy
import json
import math

import numpy as np
import pytest
from standard_examples import example

import seedbed
from seedbed.errors import ArgumentError, ConfigError, RulesError, UnknownNameError

NAMES = sorted(entry.name for entry in seedbed.Catalogue(scan=False))


@pytest.mark.parametrize("name", NAMES)
def test_our_form_round_trips_through_json_text(name):
    initializer = example(name)
    if "seed" in initializer.get_config():
        initializer = seedbed.get(initializer, seed=[7, "encoder/0/kernel"])
    config = seedbed.to_config(initializer)
    back = seedbed.from_config(json.loads(json.dumps(config, allow_nan=False)))
    assert back == initializer
    assert hash(back) == hash(initializer)
    np.testing.assert_array_equal(back((4, 4)), initializer((4, 4)))


def test_our_form_names_class_arguments_provider_and_version():
    assert seedbed.to_config(seedbed.get("HeNormalV2", seed=7)) == {
        "class_name": "HeNormal",
        "config": {"seed": 7, "axes": None},
        "provider": f"seedbed=={seedbed.__version__}",
    }


@pytest.mark.parametrize(
    "config",
    [
        {"class_name": "RandomNormal", "config": {"mean": 0.0, "stddev": 0.02, "seed": None}},
        {"class_name": "RandomNormal", "config": {"stddev": 0.02, "dtype": "float32"}},
        {"class_name": "RandomNormal", "config": {"stddev": 0.02, "dtype": None}},
        {"class_name": "random_normal", "config": {"stddev": 0.02}, "shared_object_id": 3},
        {
            "module": "keras.initializers",
            "class_name": "RandomNormal",
            "config": {"mean": 0.0, "stddev": 0.02, "seed": None},
            "registered_name": None,
        },
        {
            "module": "os",
            "class_name": "RandomNormal",
            "config": {"stddev": 0.02},
            "registered_name": "RandomNormal",
        },
        {
            "module": "a.b",
            "class_name": "X",
            "config": {"stddev": 0.02},
            "registered_name": "Custom>RandomNormal",
        },
        {
            "module": "a.b",
            "class_name": "X",
            "config": {"stddev": 0.02},
            "registered_name": "seedbed>RandomNormal",
        },
        {"class_name": "RandomNormal", "config": {"stddev": 0.02}, "provider": "seedbed==99.0"},
        {"class_name": "RandomNormal", "config": {"stddev": 0.02}, "provider": "Seedbed"},
    ],
)
def test_every_form_gives_the_initializer_and_stays_as_it_was(config):
    before = copy.deepcopy(config)
    assert seedbed.from_config(config) == seedbed.get("random_normal", stddev=0.02)
    assert seedbed.get(config, seed=7) == seedbed.get("random_normal", stddev=0.02, seed=7)
    assert config == before


def test_a_config_without_arguments_means_the_defaults():
    assert seedbed.from_config({"class_name": "Zeros"}) == seedbed.get("zeros")
    assert seedbed.from_config({"class_name": "HeNormal", "config": None}) == seedbed.get("he_normal")


def test_kerass_axes_become_roles():
    config = {"class_name": "GlorotUniform", "config": {"seed": 7, "input_axes": [0], "output_axes": [1, 2]}}
    initializer = seedbed.from_config(config)
    assert initializer.axes == {"in": [0], "out": [1, 2], "rest": "batch"}
    limit = math.sqrt(6 / (64 + 64))
    assert 0.99 * limit < np.abs(initializer((64, 8, 8))).max() <= limit
    none = {"class_name": "GlorotUniform", "config": {"seed": 7, "input_axes": None, "output_axes": None}}
    assert seedbed.from_config(none) == seedbed.get("glorot_uniform", seed=7)


def test_kerass_normal_is_truncated():
    config = {"class_name": "VarianceScaling", "config": {"scale": 2.0, "distribution": "normal"}}
    truncated = seedbed.get("variance_scaling", scale=2.0, distribution="truncated_normal")
    assert seedbed.from_config(config) == truncated
    assert config["config"]["distribution"] == "normal"
    legacy = {"class_name": "VarianceScalingV2", "config": config["config"], "module": "keras.initializers"}
    assert seedbed.from_config(legacy) == truncated
    keras_3 = {
        "module": "keras.initializers",
        "class_name": "VarianceScaling",
        "config": config["config"]
        | {"mode": "fan_in", "seed": None, "input_axes": None, "output_axes": None},
        "registered_name": None,
    }
    assert seedbed.from_config(keras_3) == truncated
    tensorflow_1 = {"class_name": "VarianceScaling", "config": config["config"] | {"dtype": "float32"}}
    assert seedbed.from_config(tensorflow_1) == truncated
    assert seedbed.get(config, axes="conv_oihw") == seedbed.get(truncated, axes="conv_oihw")


NORMAL = {"distribution": "normal"}


@pytest.mark.parametrize(
    "config",
    [
        {"class_name": "seedbed:variance_scaling", "config": NORMAL},
        {"class_name": "seedbed:VarianceScaling", "config": NORMAL},
        {"class_name": "seedbed>VarianceScaling", "config": NORMAL},
        {"class_name": "variance_scaling", "config": NORMAL},
        {"class_name": "variance_scaling_initializer", "config": NORMAL},
        {"class_name": "VarianceScaling", "config": NORMAL | {"mode": "fan_geo_avg"}},
        {"class_name": "VarianceScaling", "config": NORMAL | {"axes": "conv_oihw"}},
        {"class_name": "VarianceScaling", "config": NORMAL | {"axes": None}},
        {"class_name": "VarianceScaling", "config": NORMAL, "provider": "seedbed"},
        {"class_name": "FanScaling", "config": NORMAL | {"cutoff": 2}},
        {"class_name": "fan_scaling", "config": NORMAL | {"cutoff": 2}},
    ],
)
def test_a_normal_that_keras_cannot_have_written_is_a_question(config):
    said = r"'normal' has more than one meaning; write 'truncated_normal', .*or 'untruncated_normal', as JAX"
    for ask in (
        lambda: seedbed.get(config),
        lambda: seedbed.from_config(config),
        lambda: seedbed.get("scaled", factor=1, initializer=config),
        lambda: seedbed.rules.as_rules({"*": config}),
    ):
        with pytest.raises((ArgumentError, RulesError), match=said):
            ask()


def test_a_normal_in_a_file_of_rules_is_a_question():
    table = '{class_name = "variance_scaling", config = {distribution = "normal"}}'
    with pytest.raises(RulesError, match=r"rule 1, line 1: .*'normal' has more than one meaning"):
        seedbed.rules.parse(f'[[rules]]\nmatch = "*"\ninitializer = {table}\n', "gpt.toml")


def test_kerass_arrays_become_constants():
    value = {"class_name": "__numpy__", "config": {"value": [[1.0, 2.0]], "dtype": "float32"}}
    initializer = seedbed.from_config({"class_name": "Constant", "config": {"value": value}})
    np.testing.assert_array_equal(initializer((2, 2)), [[1, 2], [1, 2]])


@pytest.mark.parametrize(
    ("config", "error", "message"),
    [
        ([], ConfigError, r"got a config of type list; expected \{\"class_name\""),
        ("HeNormal", ConfigError, r"got a config of type str"),
        (None, ConfigError, r"got a config of type NoneType"),
        ({}, ConfigError, r"got class_name None"),
        ({"config": {}}, ConfigError, r"got class_name None"),
        ({"class_name": 3}, ConfigError, r"got class_name 3"),
        ({"class_name": ""}, ConfigError, r"got class_name ''"),
        (
            {"class_name": "HeNormal", "config": []},
            ConfigError,
            r"config of 'HeNormal' must be a dict of arguments",
        ),
        ({"class_name": "HeNormal", "config": {1: 2}}, ConfigError, r"must be a dict of arguments"),
        ({"class_name": "HeNormal", "cfg": {}}, ConfigError, r"config with the key 'cfg'"),
        ({"class_name": "HeNormal", "provider": 3}, ConfigError, r"got provider 3"),
        (
            {"class_name": "HeNormal", "provider": "a b"},
            ConfigError,
            r"got provider 'a b'.*distribution==version",
        ),
        (
            {"class_name": "HeNormal", "config": {"sed": 1}},
            ConfigError,
            r"seedbed:he_normal: HeNormal has no argument 'sed'",
        ),
        (
            {"class_name": "HeNormal", "config": {"seed": 1.5}},
            ArgumentError,
            r"seedbed:he_normal: got seed 1\.5",
        ),
        (
            {"class_name": "RandomNormal", "config": {"stddev": math.nan}},
            ArgumentError,
            r"stddev must be .*got nan",
        ),
        (
            {"class_name": "RandomNormal", "config": {"stddev": "1"}},
            ArgumentError,
            r"stddev must be .*got '1' of type str",
        ),
        ({"class_name": "RandomNormal", "config": {"stddev": []}}, ArgumentError, r"stddev must be"),
        (
            {"class_name": "Zeros", "config": {"dtype": "float16"}},
            ConfigError,
            r"asks for dtype 'float16'.*when called",
        ),
        ({"class_name": "HeNormal", "config": {"input_axes": 0}}, ConfigError, r"give both or neither"),
        (
            {"class_name": "HeNormal", "config": {"axes": "dense_io", "input_axes": 0, "output_axes": 1}},
            ConfigError,
            r"gives axes='dense_io' and also input_axes=0, output_axes=1; remove either",
        ),
        ({"class_name": "Lambda", "config": {}}, UnknownNameError, r"no initializer is named 'Lambda'"),
        (
            {"class_name": "function", "config": "f", "module": "builtins"},
            ConfigError,
            r"a plain function cannot",
        ),
        (
            {"class_name": "SmallInit", "config": {}, "provider": "acme-inits==1.2"},
            UnknownNameError,
            r"this config was written with version 1\.2 of acme-inits, which is not installed",
        ),
        (
            {"class_name": "SmllInit", "config": {}, "provider": "seedbed-example==0.0.9"},
            UnknownNameError,
            r"written with version 0\.0\.9 of seedbed-example, of which 0\.1\.0 is installed; did you mean",
        ),
        (
            {"class_name": "X", "config": {}, "provider": "__main__"},
            UnknownNameError,
            r"written where the name was registered by hand",
        ),
        (
            {"class_name": "X", "config": {}, "registered_name": "acme>HeNormal"},
            UnknownNameError,
            r"the package acme is not installed.*also one of 'seedbed:he_normal'",
        ),
    ],
)
def test_a_malformed_config_is_one_clear_error(config, error, message):
    with pytest.raises(error, match=message):
        seedbed.from_config(config)


@pytest.mark.parametrize(
    "config",
    [
        {"class_name": "X", "config": {}, "registered_name": "\x1b[31mpip install evil\n>X"},
        {"class_name": "X", "config": {}, "registered_name": "evil>\x1b[31mX"},
        {"class_name": "X\x9b31m", "config": {}},
        {"class_name": "X", "config": {}, "provider": "\x1b[31mevil==1"},
        {"class_name": "X", "config": {}, "provider": "evil==1\x1b[31m"},
        {"class_name": "X", "config": {}, "provider": "seedbed==1\x9b31m"},
    ],
)
def test_what_a_config_names_is_quoted_in_the_error(config):
    with pytest.raises((UnknownNameError, ConfigError), match=r"evil|X") as raised:
        seedbed.from_config(config)
    assert str(raised.value).isprintable()


def test_seed_generators_are_refused_rather_than_guessed():
    seed = {"class_name": "SeedGenerator", "config": {"seed": 7}}
    with pytest.raises(ArgumentError, match="a seed is None, an int"):
        seedbed.from_config({"class_name": "HeNormal", "config": {"seed": seed}})

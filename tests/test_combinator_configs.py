"""Configs of initializers made of others: they nest, and what is within is bounded, and looked up alike."""

import contextvars
import json
import threading
import time

import numpy as np
import pytest
from hypothesis import given, settings
from standard_examples import COMBINATORS, example
from test_combinator_shards import nested

import seedbed
from seedbed.combinators import Blocked, Masked, Padded, Scaled, Stacked, SumOf
from seedbed.errors import (
    ArgumentError,
    BlockedNameError,
    ConfigError,
    DeprecatedNameWarning,
    EntryLoadError,
    SeedbedError,
    UnknownNameError,
)
from seedbed.standard import HeNormal, Ones, Zeros
from seedbed.testing import FakeDistribution, installed_catalogue

PROVIDER = f"seedbed=={seedbed.__version__}"


def back(initializer):
    """Return what comes of an initializer by way of JSON text."""
    return seedbed.from_config(json.loads(json.dumps(seedbed.to_config(initializer), allow_nan=False)))


def config_of_levels(levels, name="scaled"):
    config = {"class_name": "Ones"}
    for _ in range(levels):
        arguments = {"initializers": [config]} if name == "sum_of" else {"initializer": config, "factor": 2.0}
        config = {"class_name": name, "config": arguments}
    return config


def of_levels(levels):
    initializer = Ones()
    for _ in range(levels):
        initializer = Scaled(initializer, 2.0)
    return initializer


@settings(max_examples=60, deadline=None)
@given(nested)
def test_any_nesting_is_read_back_from_its_config(initializer):
    found = back(initializer)
    assert found == initializer
    assert hash(found) == hash(initializer)
    assert seedbed.to_config(found) == seedbed.to_config(initializer)
    assert back(seedbed.get(initializer, seed=[7, "a"])).seed == (7, "a")


def test_an_initializer_within_is_a_config_with_a_provider_of_its_own():
    assert seedbed.to_config(Padded("small_init", seed=7)) == {
        "class_name": "Padded",
        "config": {
            "initializer": {
                "class_name": "SmallInit",
                "config": seedbed.get("small_init").get_config(),
                "provider": seedbed.to_config(seedbed.get("small_init"))["provider"],
            },
            "index": 0,
            "axis": 0,
            "seed": 7,
        },
        "provider": PROVIDER,
    }
    assert back(Padded("small_init", seed=7)) == Padded("small_init", seed=7)


def test_a_preset_within_is_written_as_its_class_with_its_arguments():
    config = seedbed.to_config(Stacked("gpt2_normal"))["config"]["initializer"]
    assert (config["class_name"], config["config"]["stddev"]) == ("RandomNormal", 0.02)


def test_configs_of_keras_are_understood_within():
    keras = {
        "module": "keras.initializers",
        "class_name": "GlorotUniform",
        "config": {"seed": None, "input_axes": [0], "output_axes": [1]},
        "registered_name": None,
    }
    found = seedbed.from_config({"class_name": "Stacked", "config": {"initializer": keras}})
    assert found.initializer.axes == {"in": [0], "out": [1], "rest": "batch"}


@pytest.mark.parametrize(
    ("mask", "written"),
    [
        ("lower_triangle", "lower_triangle"),
        ({"pattern": "upper_triangle", "diagonal": 0}, "upper_triangle"),
        ({"pattern": "lower_triangle", "diagonal": -1}, {"pattern": "lower_triangle", "diagonal": -1}),
        ({"pattern": "block_diagonal", "blocks": 4}, {"pattern": "block_diagonal", "blocks": 4}),
        (np.array([[1, 0]], np.uint8), [[True, False]]),
        (True, True),
        ({"shape": [0, 3]}, {"shape": [0, 3]}),
    ],
)
def test_masks_are_written_as_data(mask, written):
    assert seedbed.to_config(Masked("ones", mask))["config"]["mask"] == written
    assert back(Masked("ones", mask)) == Masked("ones", mask)


@pytest.mark.parametrize("name", COMBINATORS)
def test_a_config_is_neither_changed_nor_kept(name):
    config = seedbed.to_config(example(name, seed=[7, "a"]))
    before = json.dumps(config)
    initializer = seedbed.from_config(config)
    assert json.dumps(config) == before
    for arguments in (config["config"], initializer.get_config()):
        for value in arguments.values():
            if isinstance(value, dict | list):
                value.clear()
    assert json.dumps(seedbed.to_config(initializer)) == before


@pytest.mark.parametrize("name", ["scaled", "sum_of"])
@pytest.mark.parametrize("levels", [21, 33, 34, 50, 1000, 100_000])
def test_what_is_nested_too_deep_is_one_short_error_at_once(name, levels):
    config = config_of_levels(levels, name)
    started = time.thread_time()
    with pytest.raises(ConfigError, match=rf"^seedbed:{name}: .* nested more than \d+ .*deep; \w") as error:
        seedbed.from_config(config)
    assert time.thread_time() - started < 1
    assert len(str(error.value)) < 200
    while config.get("config"):  # to free what is nested so deep, without recursion
        config = config["config"].pop("initializer", None) or config["config"]["initializers"].pop()


def test_twenty_levels_work_in_every_way():
    initializer = of_levels(20)
    assert initializer == seedbed.from_config(config_of_levels(20)) == back(initializer)
    assert eval(repr(initializer)) == initializer
    assert seedbed.get(initializer, seed=7).fold_in("a").shard((2, 2), 0).tolist() == [2.0**20] * 2
    with pytest.raises(
        ArgumentError, match="nested more than 20 deep; put them into one another fewer times"
    ):
        of_levels(21)


def test_levels_are_counted_where_initializers_are_beside_each_other_too():
    with pytest.raises(ArgumentError, match="nested more than 20 deep"):
        SumOf(["ones", of_levels(20)])


def test_a_constructor_that_asks_for_itself_without_end_is_an_error_too():
    class Endless(seedbed.Initializer):
        def __init__(self, inner=None):
            self.inner = catalogue.from_config({"class_name": "Endless"})

        def __call__(self, shape, dtype=None):
            return np.ones(shape, dtype)

    catalogue = seedbed.Catalogue(scan=False)
    catalogue.register(Endless, "endless")
    with pytest.raises(ConfigError, match="nested more than 20 deep"):
        catalogue.get("endless", inner=1)


@pytest.mark.parametrize("fanout", [2, 3, 10, 999])
@pytest.mark.parametrize("name", ["sum_of", "blocked"])
def test_one_config_that_stands_many_times_in_others_is_refused_soon(name, fanout):
    config = {"class_name": "Ones"}
    for _ in range(18):
        config = {"class_name": name, "config": {"initializers": [config] * fanout}}
    started = time.thread_time()
    with pytest.raises(ArgumentError, match="got more than 1000 initializers within one"):
        seedbed.from_config(config)
    assert time.thread_time() - started < 2


def test_a_long_list_is_refused_before_any_of_it_is_looked_up():
    with pytest.raises(ArgumentError, match="got more than 1000 initializers within one"):
        seedbed.get("sum_of", initializers=["no_such_name"] * 1001)
    assert Blocked(["ones"] * 1000)((1000,)).sum() == 1000
    with pytest.raises(ArgumentError, match="got more than 1000"):
        SumOf([Blocked(["ones"] * 500), Blocked(["ones"] * 500)])


class TestTheCatalogueThatIsAsked:
    denying = seedbed.Catalogue(policy={"mode": "open", "deny": ["seedbed-example"]})

    @pytest.mark.parametrize(
        "config",
        [
            {"class_name": "Stacked", "config": {"initializer": "small_init"}},
            {"class_name": "Stacked", "config": {"initializer": {"class_name": "SmallInit"}}},
            {
                "class_name": "SumOf",
                "config": {
                    "initializers": [
                        "ones",
                        {
                            "class_name": "Scaled",
                            "config": {"initializer": "seedbed-example:small_init", "factor": 1},
                        },
                    ]
                },
            },
        ],
    )
    def test_a_policy_holds_for_what_is_within(self, config):
        assert isinstance(seedbed.from_config(config), seedbed.Initializer)
        for ask in (self.denying.from_config, self.denying.get):
            with pytest.raises(BlockedNameError, match="seedbed-example"):
                ask(config)

    def test_a_policy_holds_for_overrides_and_for_classes(self):
        for ask in (
            lambda: self.denying.get("stacked", initializer="small_init"),
            lambda: self.denying.get(Stacked, initializer="small_init"),
            lambda: self.denying.get(Stacked("ones"), initializer="small_init"),
        ):
            with pytest.raises(BlockedNameError, match="seedbed-example"):
                ask()

    def test_what_one_catalogue_has_is_found_within_and_written_by_it_alone(self):
        class Halves(seedbed.Initializer):
            def __call__(self, shape, dtype=None):
                return np.full(shape, 0.5, dtype)

        own = seedbed.Catalogue(scan=False)
        own.register(Halves, "halves_of_one_catalogue")
        initializer = own.get("stacked", initializer="halves_of_one_catalogue")
        config = own.to_config(initializer)
        assert config["config"]["initializer"]["class_name"] == "Halves"
        assert own.from_config(config) == initializer
        with pytest.raises(UnknownNameError, match="halves_of_one_catalogue"):
            seedbed.get("stacked", initializer="halves_of_one_catalogue")
        with pytest.raises(ConfigError, match="Halves is not in the catalogue"):
            seedbed.to_config(initializer)

    def test_it_is_the_process_wide_one_again_afterwards_whatever_happens(self):
        usual = seedbed.catalogue()
        with pytest.raises(SeedbedError):
            self.denying.get("stacked", initializer="small_init")
        self.denying.get("stacked", initializer="ones")
        assert seedbed.catalogue() is usual

    def test_other_threads_and_tasks_ask_the_process_wide_one(self):
        seen = []

        class Asking(seedbed.Initializer):
            def __init__(self):
                thread = threading.Thread(target=lambda: seen.append(seedbed.catalogue()))
                thread.start()
                thread.join()
                seen.append(seedbed.catalogue())
                seen.append(contextvars.Context().run(seedbed.catalogue))

            def __call__(self, shape, dtype=None):
                return np.ones(shape, dtype)

        own = seedbed.Catalogue(scan=False)
        own.get(Asking)
        assert seen == [seedbed.catalogue(), own, seedbed.catalogue()]


class TestPresets:
    @pytest.fixture
    def catalogue(self):
        module = """
            import seedbed
            from seedbed import Deprecation, Entry

            @seedbed.hookimpl
            def seedbed_initializers():
                experts = {"initializer": {"class_name": "HeNormal", "config": {"axes": "dense_oi"}}}
                return [
                    Entry("acme_experts", preset_of="stacked", arguments=experts),
                    Entry("acme_odd", preset_of="stacked", arguments={"axes": 3}),
                    Entry("acme_old", "seedbed.standard:Ones", deprecated=Deprecation("1.0", "2.0", "ones")),
                ]
        """
        acme = FakeDistribution("acme", plugins={"acme": "acme_presets"}, modules={"acme_presets": module})
        with installed_catalogue(acme) as catalogue:
            yield catalogue

    def test_a_preset_binds_one_as_data(self, catalogue):
        assert catalogue.get("acme_experts", seed=7) == Stacked(HeNormal(axes="dense_oi"), seed=7)

    def test_a_preset_that_binds_what_it_does_not_take_is_held_against_it(self, catalogue):
        with pytest.raises(EntryLoadError, match="binds the argument 'axes', which Stacked does not take"):
            catalogue.get("acme_odd")

    def test_a_deprecated_name_within_warns(self, catalogue):
        with pytest.warns(DeprecatedNameWarning, match="acme:acme_old is deprecated since 1.0"):
            catalogue.get("stacked", initializer="acme_old")


def test_zeros_within_have_no_seed_in_their_config():
    assert seedbed.to_config(Scaled(Zeros(), 1, seed=7))["config"]["initializer"]["config"] == {}

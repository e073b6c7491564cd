"""Whatever stands in a config, an initializer or one of our errors comes of it, soon and in little memory."""

import functools
import json
import pickle
import string
import time
import tracemalloc

import numpy as np
import pytest
import standard_examples
from hypothesis import HealthCheck, find, given, settings
from hypothesis import strategies as st
from standard_examples import example

import seedbed
from seedbed.errors import ArgumentError, SeedbedError
from seedbed.fans import PRESETS

MIB = 2**20
SECONDS = 2
LONGEST_MESSAGE = 5000

ENTRIES = {entry.name: entry for entry in seedbed.Catalogue(scan=False)}
ARGUMENTS = {name: list(example(name).get_config()) for name in ENTRIES}
NEEDED = standard_examples.ARGUMENTS


def outcome(config, *, room=8 * MIB):
    """Return the initializer or our error that `config` gives, having checked what it costs to get it."""
    started = time.thread_time()
    found = _from_config(config)
    assert isinstance(found, seedbed.Initializer | SeedbedError)
    assert time.thread_time() - started < SECONDS
    tracemalloc.start()  # once more, since the time would be several times as long under its eyes
    try:
        _from_config(config)
        assert tracemalloc.get_traced_memory()[1] < room
    finally:
        tracemalloc.stop()
    return found


def _from_config(config):
    try:
        return seedbed.from_config(config)
    except SeedbedError as error:
        assert len(str(error)) < LONGEST_MESSAGE
        # What is said if a constructor raises something else, which ours never have to.
        assert "refused its arguments" not in str(error)
        return error


def same_after_json(initializer):
    """Say whether `initializer` can be written as JSON text, and read from it, without loss."""
    text = json.dumps(seedbed.to_config(initializer), allow_nan=False)
    return seedbed.from_config(json.loads(text)) == initializer


def misspelled(words):
    """Return a strategy of what is nearly one of `words`."""

    def change(word, place, letter, kind):
        at = place % (len(word) + 1)
        return {
            "drop": word[:at] + word[at + 1 :],
            "double": word[:at] + word[at : at + 1] * 2 + word[at + 1 :],
            "insert": word[:at] + letter + word[at:],
            "upper": word.upper(),
            "private": f"__{word}__",
            "padded": f"{word} ",
        }[kind]

    kinds = st.sampled_from(["drop", "double", "insert", "upper", "private", "padded"])
    letters = st.sampled_from(string.ascii_letters + "_.:>=/\N{CYRILLIC SMALL LETTER A}\0")
    return st.builds(change, st.sampled_from(sorted(words)), st.integers(0, 40), letters, kinds)


KEYS = ["class_name", "config", "provider", "module", "registered_name", "build_config", "shared_object_id"]
WORDS = ["nan", "-inf", "(1+2j)", "float32", "fan_in", "normal", "uniform", "relative", "absolute"]
WORDS += [
    "conv_oihw",
    "depthwise_hwio",
    "receptive",
    "in",
    "out",
    "__numpy__",
    "__tensor__",
    "Custom>HeNormal",
]
WORDS += ["seedbed==0.1.0", "__main__", *KEYS, *sorted(ENTRIES)]

texts = (
    st.text()
    | st.text(st.characters(categories=["Cs", "Cc", "Zs"]))  # as from "\ud800" in JSON
    | st.builds(lambda letters, times: letters * times, st.text(max_size=3), st.integers(0, 100_000))
    | st.sampled_from(WORDS)
    | misspelled(WORDS)
)
ints = st.integers() | st.builds(
    lambda sign, base, power, more: sign * base**power + more,
    st.sampled_from([1, -1]),
    st.sampled_from([2, 10]),
    st.integers(0, 5000) | st.sampled_from([31, 53, 63, 64, 128, 308, 309, 4300]),
    st.integers(-1, 1),
)
floats = st.floats() | st.sampled_from([5e-324, 1.8e308, -0.0, 2.0**53, 2.0**63])
numbers = ints | floats
leaves = st.none() | st.booleans() | numbers | texts
json_values = st.recursive(
    leaves,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(texts, inner, max_size=4)
        | st.fixed_dictionaries({"class_name": texts, "config": inner})
    ),
    max_leaves=15,
)
roles = st.lists(st.integers(-4, 4), max_size=3) | st.integers(-70, 70)
axes = st.fixed_dictionaries(
    {"in": roles, "out": roles},
    optional={"batch": roles, "groups": ints, "grouped": texts, "rest": texts},
)
STACKED = {"class_name": "stacked", "config": {"initializer": {"class_name": "HeNormal"}, "seed": [7, "a"]}}
BLOCKED = {"class_name": "Blocked", "config": {"initializers": ["ones", STACKED, {"class_name": "Zeros"}]}}
initializers = st.sampled_from(
    ["he_normal", "Ones", STACKED, BLOCKED, ["orthogonal"], [STACKED, "zeros"], [BLOCKED] * 4, *WORDS]
)
presets = st.fixed_dictionaries({"preset": st.sampled_from(sorted(PRESETS))}, optional={"groups": ints})


def _with_needed(name, arguments):
    return {**NEEDED[name], **arguments}


def configs_of(name):
    """Return a strategy of configs whose name is one of ours, and whose arguments may be."""
    plausible = numbers | texts | st.lists(numbers, max_size=4) | axes | presets | initializers | json_values
    known = st.sampled_from(ARGUMENTS[name] or ["seed"])
    given = st.dictionaries(known | misspelled(ARGUMENTS[name] or ["seed"]) | texts, plausible, max_size=5)
    if NEEDED[name]:
        given |= st.dictionaries(known, plausible, min_size=1, max_size=1)
    arguments = given.map(functools.partial(_with_needed, name))
    optional = {"provider": leaves, "module": leaves, "registered_name": leaves, "shared_object_id": leaves}
    names = st.sampled_from(ENTRIES[name].names)
    return st.fixed_dictionaries({"class_name": names, "config": arguments}, optional=optional)


@pytest.fixture(scope="module", autouse=True)
def _everything_has_been_imported():
    with pytest.raises(SeedbedError, match="no initializer is named"):
        seedbed.get("nothing_of_this_name")


@settings(max_examples=100, deadline=None)
@given(
    json_values
    | st.fixed_dictionaries({"class_name": texts, "config": json_values}, optional={"provider": texts})
)
def test_arbitrary_json_gives_an_initializer_or_one_of_our_errors(config):
    before = pickle.dumps(config)
    outcome(config)
    assert pickle.dumps(config) == before


@pytest.mark.slow
@pytest.mark.parametrize("name", ENTRIES)
@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_a_name_of_ours_with_arbitrary_arguments_gives_an_initializer_or_one_of_our_errors(name, data):
    config = data.draw(configs_of(name))
    before = pickle.dumps(config)
    found = outcome(config)
    assert pickle.dumps(config) == before
    if isinstance(found, seedbed.Initializer):
        assert same_after_json(found)


@pytest.mark.slow
@pytest.mark.parametrize("name", ENTRIES)
def test_the_strategy_does_reach_initializers_with_other_arguments_than_the_defaults(name):
    if ARGUMENTS[name]:
        find(
            configs_of(name),
            lambda config: _is_other(config, example(name)),
            settings=settings(max_examples=20_000),
        )


def _is_other(config, default):
    found = outcome(config)
    return isinstance(found, seedbed.Initializer) and found != default


def nested(levels, kind):
    value = 1
    for _ in range(levels):
        value = [value] if kind == "lists" else {"class_name": "Constant", "config": {"value": value}}
    return value


PLACES = [("he_normal", "unknown"), *((name, argument) for name in ENTRIES for argument in ARGUMENTS[name])]


@pytest.mark.parametrize("kind", ["lists", "configs"])
@pytest.mark.parametrize("levels", [40, 101, pytest.param(5000, marks=pytest.mark.slow)])
def test_deep_nesting_anywhere_is_a_short_error(levels, kind):
    deep = nested(levels, kind)
    whole = [deep, {"class_name": deep}, {"class_name": "HeNormal", "config": deep}]
    keys = [{"class_name": "HeNormal", key: deep} for key in ("provider", "registered_name", "unknown")]
    arguments = [
        {"class_name": name, "config": {**NEEDED[name], argument: deep}} for name, argument in PLACES
    ]
    arrays = [{"class_name": "Constant", "config": {"value": {"class_name": "__numpy__", "config": deep}}}]
    roles = [{"class_name": "HeNormal", "config": {"axes": {"in": deep, "out": 0}}}]
    for config in (*whole, *keys, *arguments, *arrays, *roles):
        found = outcome(config, room=64 * MIB)
        allowed = "registered_name" in config and config["registered_name"] is deep
        assert allowed or isinstance(found, SeedbedError)


LONG = 100_000
LARGE = {
    "a name": {"class_name": "a" * LONG},
    "a full name": {"class_name": "a:" * LONG},
    "a registered name": {"class_name": "a", "registered_name": "Custom>" * LONG},
    "a provider": {"class_name": "Zeros", "provider": "a" * LONG},
    "a provider's version": {"class_name": "Zeros", "provider": "a==" + "1" * LONG},
    "an unknown key": {"class_name": "Zeros", "a" * LONG: 1},
    "an unknown argument": {"class_name": "HeNormal", "config": {"a" * LONG: 1}},
    "many unknown keys": {"class_name": "Zeros"} | {f"a{i}": 1 for i in range(LONG)},
    "many unknown arguments": {"class_name": "HeNormal", "config": {f"a{i}": 1 for i in range(LONG)}},
    "an axis": {"class_name": "HeNormal", "config": {"axes": {"in": 10**LONG, "out": 0}}},
    "many axes": {"class_name": "HeNormal", "config": {"axes": {"in": list(range(LONG)), "out": []}}},
    "many times an axis": {"class_name": "HeNormal", "config": {"axes": {"in": [0] * LONG, "out": []}}},
    "many keys of axes": {"class_name": "HeNormal", "config": {"axes": {f"a{i}": 1 for i in range(LONG)}}},
    "groups": {"class_name": "HeNormal", "config": {"axes": {"preset": "conv_oihw", "groups": 10**LONG}}},
    "a mode": {"class_name": "VarianceScaling", "config": {"mode": "a" * LONG}},
    "a mode that is a number": {"class_name": "VarianceScaling", "config": {"mode": 10**LONG}},
    "a number": {"class_name": "RandomNormal", "config": {"stddev": 10**LONG}},
    "a number as text": {"class_name": "Constant", "config": {"value": "1" * LONG}},
    "a constant": {"class_name": "Constant", "config": {"value": 10**LONG}},
    "a constant beside a float": {"class_name": "Constant", "config": {"value": [0.5, 10**400]}},
    "a ragged constant": {"class_name": "Constant", "config": {"value": [[0] * LONG, 1]}},
    "a shape": {"class_name": "Constant", "config": {"value": {"shape": [0, *[1] * LONG]}}},
    "a seed": {"class_name": "HeNormal", "config": {"seed": 10**LONG}},
    "the last part of a seed": {"class_name": "HeNormal", "config": {"seed": [*range(LONG), 0.5]}},
}


@pytest.mark.parametrize("config", LARGE.values(), ids=LARGE)
def test_what_is_long_or_large_is_refused_in_a_time_and_memory_proportional_to_it(config):
    assert isinstance(outcome(config, room=64 * MIB), SeedbedError)


@pytest.mark.slow
def test_a_long_list_of_seeds_or_numbers_is_used_in_a_time_and_memory_proportional_to_it():
    seeds = {"class_name": "HeNormal", "config": {"seed": list(range(LONG))}}
    numbers = {"class_name": "Constant", "config": {"value": [[i, 0.5] for i in range(LONG // 2)]}}
    for config in (seeds, numbers):
        assert same_after_json(outcome(config, room=256 * MIB))


# What JSON text cannot say, but the anchors of YAML can.
@pytest.mark.parametrize(
    ("fanout", "levels"),
    [(2, 25), pytest.param(6, 10, marks=pytest.mark.slow), pytest.param(6000, 2, marks=pytest.mark.slow)],
)
@pytest.mark.parametrize("name", [name for name in ENTRIES if ARGUMENTS[name]])
def test_lists_that_hold_the_same_lists_over_and_over_are_refused_at_once(name, fanout, levels):
    value = [1.0]
    for _ in range(levels):
        value = [value] * fanout
    config = {"class_name": name, "config": dict.fromkeys(ARGUMENTS[name], value)}
    assert isinstance(outcome(config), ArgumentError)


@pytest.mark.slow
def test_rows_that_are_the_same_list_are_used():
    value = [[[0.0, 1.0]] * 500] * 500
    found = outcome({"class_name": "Constant", "config": {"value": value}}, room=64 * MIB)
    np.testing.assert_array_equal(found.value, value)


@pytest.mark.parametrize(
    "shape", [[0, 2**62], [2**40, 0, 2**40], [2**40], [0] * 65, [0, -1], [0, 1.5], [[0]], "0"]
)
def test_a_shape_in_a_config_allocates_nothing(shape):
    outcome({"class_name": "Constant", "config": {"value": {"shape": shape}}}, room=MIB)


@pytest.mark.parametrize(
    "wrong", [pytest.param("slow", marks=pytest.mark.slow), "large", "foreign", "wordy", "caught", "nothing"]
)
def test_a_breach_of_each_bound_is_noticed(monkeypatch, wrong):
    def from_config(config):
        if wrong == "slow":
            end = time.thread_time() + SECONDS
            while time.thread_time() < end:
                pass
        if wrong == "large":
            bytearray(8 * MIB)
        if wrong == "foreign":
            raise KeyError(config)
        if wrong == "wordy":
            raise ArgumentError("a" * LONGEST_MESSAGE)
        if wrong == "caught":
            raise ArgumentError("seedbed:he_normal (seedbed==1) refused its arguments: RecursionError")
        return None if wrong == "nothing" else seedbed.get("zeros")

    monkeypatch.setattr(seedbed, "from_config", from_config)
    with pytest.raises((AssertionError, KeyError)):
        outcome({})

"""`FrameworkInitializer`, `Holders` and `Parts`: what the adapters of frameworks share."""

import copy
import gc
import pickle

import numpy as np
import pytest

import seedbed
from seedbed.errors import ArgumentError, ConfigError
from seedbed.models import FrameworkInitializer, Values
from seedbed.models.framework import converted
from seedbed.models.parts import Parts
from seedbed.models.repeats import Holders
from seedbed.rules import KEEP

HE = seedbed.get("he_normal", seed=7)


class Tiny(FrameworkInitializer):
    """The initializer of a third party's adapter."""

    maker = "as_tiny"
    hint = "; from_tiny makes one of Tiny's into one"


class Other(FrameworkInitializer):
    """That of another one."""


def test_it_is_a_value_with_a_config_of_all_of_it():
    one = Tiny(HE, "a", layout="stored", scope="b")
    assert one.get_config() == {
        "initializer": seedbed.to_config(HE),
        "path": "a",
        "layout": "stored",
        "scope": "b",
    }
    for other in (Tiny.from_config(one.get_config()), copy.deepcopy(one), pickle.loads(pickle.dumps(one))):
        assert other == one
        assert hash(other) == hash(one)
    assert repr(one) == "Tiny(HeNormal(seed=7), path='a', layout='stored', scope='b')"
    assert one not in (Tiny(HE), Other(HE, "a", layout="stored", scope="b"), HE)


def test_it_has_the_stream_of_its_own_path_or_of_the_one_that_is_given():
    assert Tiny(HE).own() == HE
    assert Tiny(HE).own(path="b") == HE.fold_in("b")
    assert Tiny(HE, "a").own() == Tiny(HE, "a").own(path="b") == HE.fold_in("a")
    assert (Tiny(HE).is_seeded, Tiny("he_normal").is_seeded) == (True, False)


@pytest.mark.parametrize(
    ("given", "is_stored"),
    [
        (HE, False),
        (seedbed.get("constant", value=2), False),
        (seedbed.get("constant", value=[1.0, 2.0]), True),
        (seedbed.get("he_normal", axes="conv_oihw"), True),
        (seedbed.get("scaled", initializer="he_normal", factor=2), False),
        (seedbed.get("scaled", initializer=seedbed.get("constant", value=[1.0]), factor=2), True),
        (seedbed.get("scaled", initializer=seedbed.get("he_normal", axes="dense_io"), factor=2), True),
    ],
)
def test_what_tells_of_axes_or_positions_is_drawn_as_it_is_stored(given, is_stored):
    assert Tiny(given).is_stored is is_stored
    assert Tiny(given, layout="stored").is_stored


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((2.0,), r"got values of type float; as_tiny\('constant', value=...\) makes"),
        ((np.ones(2),), "got values of type ndarray; as_tiny"),
        ((None,), "got None of type NoneType; give a name, .*; from_tiny makes one of Tiny's into one"),
        ((lambda shape, dtype=None: 0,), "of type function; give a name"),
        ((Tiny("ones"),), "of type Tiny; give a name"),
        (("ones", ""), "got path=''"),
        (("ones", 3), "got path=3"),
    ],
)
def test_what_no_model_could_be_saved_with_is_refused(arguments, message):
    with pytest.raises(ArgumentError, match=message):
        Tiny(*arguments)


def test_a_layout_of_another_name_and_a_config_of_other_keys_are_refused():
    with pytest.raises(ArgumentError, match="got layout='linear'; allowed are 'by_layer', 'stored'"):
        Tiny("ones", layout="linear")
    for config in (None, {}, {"path": "a"}, {"initializer": "zeros", "sead": 7}):
        with pytest.raises(ConfigError, match="of a Tiny; it is a dict with an initializer"):
            Tiny.from_config(config)


@pytest.mark.parametrize(
    "rules",
    [
        {"a": "X", ("b", "c"): KEEP},
        [("a", "X"), (["b", "c"], KEEP)],
        [{"match": "a", "initializer": "X", "kind": "norm"}, {"match": "*", "keep": True}],
        ["no pair"],
        "a/file.toml",
        None,
    ],
)
def test_rules_have_each_initializer_converted_and_nothing_else(rules):
    text = str(converted(rules, lambda given: "made" if given == "X" else given))
    assert text == str(converted(rules, lambda given: given)).replace("'X'", "'made'")


class Layer:
    """Something that has a weight, and is gone only when garbage is collected."""

    def __init__(self):
        self.itself = self


def test_a_second_holder_is_told_of_once_while_the_first_is_there():
    holders, one, two, three = Holders(), Layer(), Layer(), Layer()
    assert not holders.repeats("a", one)
    assert not holders.repeats("a", one)
    assert not holders.repeats("b", two)
    assert holders.repeats("a", two)
    assert not holders.repeats("a", three)  # has been told
    del one, two
    assert not holders.repeats("a", three)
    assert holders.repeats("a", Layer())


def test_what_is_told_of_once_may_be_of_many_streams():
    holders, first, second = Holders(), [Layer() for _ in range(3)], [Layer() for _ in range(3)]
    assert not any(holders.repeats(at, layer, about="shared") for at, layer in enumerate(first))
    told = [holders.repeats(at, layer, about="shared") for at, layer in enumerate(second)]
    assert told == [True, False, False]


def test_garbage_is_collected_once_for_a_model_that_is_made_again(monkeypatch):
    holders, collections = Holders(), []
    models = [[Layer() for _ in range(20)] for _ in range(3)]
    collect = gc.collect
    monkeypatch.setattr(gc, "collect", lambda: collections.append(collect()))
    for count, model in enumerate(models):
        for at, layer in enumerate(model):
            holders.repeats(at, layer, about=f"{at} of {count}")
        assert len(collections) == count


def test_nothing_is_kept_of_holders_that_are_gone_and_nobody_looks_where_nothing_is_told(monkeypatch):
    holders = Holders()
    for at in range(10):
        holders.repeats(at, Layer())
    gc.collect()
    assert len(holders) == 0
    one = Layer()
    monkeypatch.setattr(gc, "collect", lambda: pytest.fail("garbage is collected"))
    assert not holders.repeats("a", one, tells=False)
    assert not holders.repeats("a", Layer(), tells=False)


@pytest.mark.parametrize("initializer", [HE, seedbed.get("orthogonal", seed=7)])
def test_parts_are_those_of_one_whole_each_made_once_in_memory_of_its_own(initializer):
    parts = Parts(Values.of(initializer, (4, 6), np.dtype("float32")))
    cuts = [(slice(first, first + 2), slice(None)) for first in (0, 2)]
    made = [parts(cut) for cut in cuts]
    whole = parts((slice(None), slice(None)))
    np.testing.assert_array_equal(np.concatenate(made), whole, strict=True)
    assert parts(cuts[0]) is made[0]
    assert all(part.base is None for part in made)

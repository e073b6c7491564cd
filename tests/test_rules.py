"""Rules: which initializer each parameter of a model gets."""

import copy
import os
import pickle
from typing import Final

import numpy as np
import pytest

import seedbed
from seedbed.combinators import Scaled, SumOf
from seedbed.errors import ArgumentError, RulesError
from seedbed.reading import LIMIT
from seedbed.rules import Parameter, Plan, Rule, Rules, as_path, as_rules, parse
from seedbed.standard import RandomNormal

PATHS = ["h/0/attn/weight", "h/0/attn/bias", "h/0/norm/weight"]
TEXT = """
[[rules]]
match = ["*.norm.weight"]
initializer = "ones"

[[rules]]
match = "*bias"
initializer = "zeros"

[[rules]]
match = "*"
initializer = { class_name = "RandomNormal", config = { stddev = 0.02 } }
arguments = { mean = 1.0 }
"""


def test_the_first_rule_that_matches_decides():
    plan = as_rules({"h/0/*": "ones", "*/bias": "zeros"}).plan(PATHS, seed=7)
    assert dict(plan.initializers) == dict.fromkeys(PATHS, seedbed.get("ones"))


def test_a_file_says_what_a_dict_says(tmp_path):
    file = tmp_path / "rules.toml"
    file.write_text(TEXT)
    normal = seedbed.get("random_normal", stddev=0.02, mean=1.0)
    same = as_rules([("*/norm/weight", "ones"), (["*bias"], "zeros"), ("*", normal)])
    assert as_rules(file) == as_rules(str(file)) == parse(TEXT, "rules.toml") == same


def test_every_parameter_draws_from_the_stream_of_its_path():
    plan = as_rules({"*": "he_normal"}).plan(PATHS, seed=[7, "model"])
    for path, initializer in plan.initializers.items():
        assert initializer == seedbed.get("he_normal", seed=[7, "model"]).fold_in(path)
    drawn = [initializer((8, 8)) for initializer in plan.initializers.values()]
    assert len({values.tobytes() for values in drawn}) == len(PATHS)


def test_order_and_other_parameters_have_no_influence():
    rules = as_rules({"*": "he_normal"})
    alone = rules.plan(PATHS[1:2], seed=7).initializers[PATHS[1]]
    assert rules.plan(PATHS[::-1], seed=7).initializers[PATHS[1]] == alone


@pytest.mark.parametrize(
    "initializer",
    [
        seedbed.get("he_normal", seed=3),
        seedbed.get("scaled", initializer=seedbed.get("he_normal", seed=3), factor=0.5),
    ],
)
def test_an_initializer_with_a_seed_keeps_it(initializer):
    plan = as_rules({"*": initializer}).plan(PATHS, seed=7)
    assert plan.initializers[PATHS[0]] == initializer.fold_in(PATHS[0])


def test_the_parts_of_a_combinator_get_the_seed():
    plan = as_rules({"*": seedbed.get("scaled", initializer="he_normal", factor=0.5)}).plan(PATHS, seed=7)
    one, other = (plan.initializers[path]((4, 4)) for path in PATHS[:2])
    assert not np.array_equal(one, other)
    np.testing.assert_array_equal(one, plan.initializers[PATHS[0]]((4, 4)))


@pytest.mark.parametrize(
    "mixed",
    [
        {
            "class_name": "Blocked",
            "config": {"initializers": ["he_normal", "ones", seedbed.get("he_normal", seed=3)]},
        },
        seedbed.get(
            "scaled",
            factor=0.5,
            initializer=seedbed.get(
                "sum_of",
                initializers=[
                    "random_normal",
                    seedbed.get("scaled", factor=2.0, initializer="he_normal", seed=3),
                ],
            ),
        ),
    ],
)
def test_a_seed_in_some_parts_only_is_refused(mixed):
    with pytest.raises(
        RulesError, match=r"rule 1: got .*, of which .*Normal\(\) has no seed and another has one"
    ):
        as_rules({"*": mixed})
    seeded = {"initializers": ["ones", seedbed.get("he_normal", seed=3)]}
    as_rules({"*": {"class_name": "Blocked", "config": seeded}})


def test_a_pattern_may_match_another_name():
    rules = as_rules({"*/kernel": "ones", "blocks.0.*": "zeros"})
    plan = rules.plan({"h/0/weight": ["h/0/kernel"], "h/1/weight": ["blocks.0.w"]}, seed=7)
    assert [str(found) for found in plan.initializers.values()] == ["Ones()", "Zeros()"]


@pytest.mark.parametrize(
    ("pattern", "matches"),
    [
        ("*", True),
        ("h/?/attn/weight", True),
        ("h.0.attn.weight", True),
        ("h/[0-3]/*", True),
        ("h/[!0]/*", False),
        ("attn/weight", False),
        ("H/*", False),
        ("h/0", False),
    ],
)
def test_a_pattern_is_matched_against_the_whole_path(pattern, matches):
    assert bool(as_rules({pattern: "ones"}).plan(PATHS[:1], seed=7).initializers) is matches


def test_a_path_with_a_dot_is_matched_as_it_is_written():
    plan = as_rules({"d.0/weight": "ones", "e.*": "zeros"}).plan(["d.0/weight", "e.1"], seed=7, strict=True)
    assert [*plan.initializers] == ["d.0/weight", "e.1"]


def test_what_is_left_over_is_reported():
    plan = as_rules({"*": "ones", "*/bias": "zeros"}).plan(PATHS, seed=7)
    assert plan.unmatched == ()
    assert plan.unused == (
        "*/bias -> Zeros(): what it matches, such as h/0/attn/bias, an earlier rule has: * -> Ones()",
    )
    plan = as_rules({"*/weigth": "ones"}).plan(PATHS[:1], seed=7)
    assert plan.unmatched == ("h/0/attn/weight",)
    assert "matches no parameter; did you mean 'weight'?" in plan.unused[0]
    plan = as_rules({"a[0]": "ones"}).plan(["a[0]"], seed=7)
    assert plan.unused == (
        "a[0] -> Ones(): matches no parameter, since [ab] is a or b; write [[] for a bracket",
    )
    as_rules({"a[[]0]": "ones"}).plan(["a[0]"], seed=7, strict=True)


def test_only_some_of_many_faults_are_told():
    plan = as_rules({"*/bias": "zeros"}).plan([f"h/{n}/weight" for n in range(1000)], seed=7)
    with pytest.warns(UserWarning, match=r"h/0/weight: no rule matches\n(.*\n){19}  and 981 more$"):
        plan.warn_of_faults()
    assert len(str(plan).splitlines()) == 1001


def test_a_plan_warns_of_what_is_left_over_once_and_says_where():
    rules = as_rules({"*/bias": "zeros", "*/wieght": "ones"})
    plan = rules.plan(PATHS, seed=7)
    with pytest.warns(UserWarning, match=r"left something over:\n  h/0/attn/weight: no rule") as caught:
        plan.warn_of_faults()
    assert [warning.filename for warning in caught] == [__file__]
    rules.plan(["a/bias", "b/wieght"], seed=7).warn_of_faults()  # warnings are errors here


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, lambda plan: pickle.loads(pickle.dumps(plan))])
def test_a_plan_is_copied_and_stays_as_it_was_made(copied):
    given = {"a": seedbed.get("ones")}
    plan = copied(Plan(given, ("b",), ("* -> Zeros()",)))
    given["c"] = seedbed.get("zeros")
    assert plan == Plan({"a": seedbed.get("ones")}, ("b",), ("* -> Zeros()",))
    with pytest.raises(TypeError):
        plan.initializers["d"] = given["a"]


def test_two_equal_rules_are_two():
    rules = as_rules([("*", "ones"), ("*", "ones")])
    assert len(rules.plan(PATHS, seed=7).unused) == 1


def test_strict_rules_refuse_what_is_left_over():
    rules = as_rules({"*/weight": "ones", "*/gain": "zeros"})
    with pytest.raises(
        RulesError, match=r"h/0/attn/bias: no rule matches\n  rule \*/gain -> Zeros\(\): matches no"
    ):
        rules.plan(PATHS, seed=7, strict=True)
    as_rules({"*": "ones"}).plan(PATHS, seed=7, strict=True)


@pytest.mark.parametrize("seed", [None, True, 1.5])
def test_a_seed_is_needed(seed):
    with pytest.raises(ArgumentError, match="seed"):
        as_rules({"*": "ones"}).plan(PATHS, seed=seed)


def test_paths_are_given_once():
    with pytest.raises(RulesError, match="two parameters have the path 'a'"):
        as_rules({"*": "ones"}).plan(["a", "b", "a"], seed=7)
    with pytest.raises(RulesError, match="give a list of their paths"):
        as_rules({"*": "ones"}).plan("a", seed=7)
    with pytest.raises(RulesError, match="got 3 as the path"):
        as_rules({"*": "ones"}).plan([3], seed=7)


@pytest.mark.parametrize(
    ("given", "what"),
    [
        ({}, "got {} as rules"),
        (7, "got 7 as rules"),
        ([("*",)], r"rule 1 is \('\*',\)"),
        ({"": "ones"}, "rule 1: match must be a pattern"),
        ([([], "ones")], "rule 1: match must be a pattern"),
        ({"*": "onse"}, "rule 1: .*'ones'"),
        ({"*": None}, "rule 1: initializer must be a name"),
        ({"*": np.zeros}, "rule 1: "),
        ("no_such_file.toml", "no_such_file.toml cannot be read: FileNotFoundError"),
    ],
)
def test_malformed_rules_are_refused(given, what):
    with pytest.raises(RulesError, match=what):
        as_rules(given)


@pytest.mark.parametrize(
    ("patterns", "initializer", "what"),
    [
        ("*x", seedbed.get("zeros"), r"a tuple of texts such as \('\*/bias',\), got '\*x'"),
        ((), seedbed.get("zeros"), "a tuple of texts"),
        (("*", ""), seedbed.get("zeros"), "a tuple of texts"),
        (("*",), "zeros", "must be a name, a config or an initializer, got 'zeros'"),
    ],
)
def test_a_malformed_rule_is_refused(patterns, initializer, what):
    with pytest.raises(RulesError, match=what):
        Rule(patterns, initializer)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("", "has no rules"),
        ("rules = 3", "has no rules"),
        ("rules = [3]", "rule 1 must be a table, got 3"),
        ("[[rules", "is not a valid TOML file"),
        (TEXT + "name = 3", "rule 3, line 10: unknown key 'name'"),
        (
            "[[rules]]\nmatches = '*'\ninit = 'zeros'",
            r"'matches'; did you mean 'match'\?\n  rule 1, line 1: unknown key 'init'.*\n.*'match' is miss",
        ),
        ("x = 1\n" + TEXT, "the file: unknown key 'x'; allowed are recipe, extends, "),
        ("rule = 1\n" + TEXT, r"the file: unknown key 'rule'; did you mean 'rules'\?"),
        ("rule = 1\n", r"the file: unknown key 'rule'; did you mean 'rules'\?\n  it has no rules"),
        ("[[rules]]\nmatch = '*'", "rule 1, line 1: the key 'initializer' is missing"),
        ("[[rules]]\ninitializer = 'ones'", "rule 1, line 1: the key 'match' is missing"),
        ("[[rules]]\nmatch = '*'\ninitializer = 'ones'\narguments = 3", "arguments must be a table, got 3"),
        (
            "[[rules]]\nmatch = '*'\ninitializer = 'ones'\narguments = { a = 1 }",
            "rule 1, line 1: .*no argument 'a'",
        ),
    ],
)
def test_a_malformed_file_is_refused(text, what):
    with pytest.raises(RulesError, match=f"rules.toml(?s:.*){what}"):
        parse(text, "rules.toml")


def test_all_that_is_wrong_with_a_file_is_told_at_once():
    text = "[[rules]]\nmatch = 3\ninitializer = 'ones'\n[[rules]]\nmatch = '*'\ninitializer = 'onse'"
    with pytest.raises(
        RulesError, match=r"(?s)rule 1, line 1: match must.*\n  rule 2, line 4: .*did you mean"
    ):
        parse(text, "rules.toml")


@pytest.mark.parametrize("content", [b"\xff\xfe", b"#" * (LIMIT + 1), b"a = " + b"1" * 5000])
def test_a_file_that_is_no_text_or_too_large_is_refused(tmp_path, content):
    (tmp_path / "rules.toml").write_bytes(content)
    with pytest.raises(
        RulesError, match=r"rules\.toml (is not UTF-8|has more than|is not a valid TOML file)"
    ):
        as_rules(tmp_path / "rules.toml")


@pytest.mark.skipif(os.name == "nt", reason="FIFOs")
def test_a_file_that_is_none_is_refused(tmp_path):
    os.mkfifo(tmp_path / "rules.toml")
    with pytest.raises(RulesError, match=r"rules\.toml is a FIFO and not a regular file"):
        as_rules(tmp_path / "rules.toml")
    with pytest.raises(RulesError, match=r"nowhere\.toml cannot be read: FileNotFoundError"):
        as_rules(tmp_path / "nowhere.toml")


def test_rules_are_rules():
    rules = as_rules({"*": "ones"})
    assert as_rules(rules) is rules
    assert isinstance(rules, Rules)
    assert as_path("h.0.weight") == as_path("h/0/weight") == "h/0/weight"


class AlwaysSeeded(seedbed.Initializer):
    def __init__(self, seed=0):
        self.seed = seed

    def __call__(self, shape, dtype=None):
        return np.full(shape, 0, dtype)


@pytest.mark.parametrize("wrapped", [False, True])
def test_a_seed_that_is_the_default_of_its_class_does_not_take_the_place_of_the_models(wrapped):
    def ruled(made):
        return as_rules({"*": seedbed.get("scaled", initializer=made, factor=2.0) if wrapped else made})

    with pytest.raises(RulesError, match=r"whose seed 0 is the default of its class.* write seed=None"):
        ruled(AlwaysSeeded()).plan(PATHS, seed=7)
    assert "seed=[3, 'h/0/attn/bias']" in str(ruled(AlwaysSeeded(3)).plan(PATHS, seed=7))


SEEDED: Final = RandomNormal(seed=3)


class OfASeededDefault(Scaled):
    def __init__(self, initializer=SEEDED, factor=2.0, *, seed=None):
        super().__init__(initializer, factor, seed=seed)


class OfASeededConfig(SumOf):
    def __init__(self, initializers=("ones", {"class_name": "RandomNormal", "config": {"seed": 3}})):
        super().__init__(initializers)


class OfItsOwnSeed(Scaled):
    def __init__(self):
        super().__init__(SEEDED, 2.0)

    def get_config(self):
        return {}

    def _seedbed_arguments(self):
        return {}


@pytest.mark.parametrize(
    ("kind", "where"),
    [
        (OfASeededDefault, "in the default of initializer"),
        (OfASeededConfig, "in the default of initializers"),
        (OfItsOwnSeed, "in its constructor"),
    ],
)
@pytest.mark.parametrize("wrapped", [False, True])
def test_nor_does_a_seed_within_the_parts_that_a_class_gives_itself(kind, where, wrapped):
    made = kind()
    rules = as_rules({"*": seedbed.get("scaled", initializer=made, factor=2.0) if wrapped else made})
    with pytest.raises(ArgumentError, match=f"{kind.__name__} gives {where}, so that a model's seed would"):
        rules.plan(PATHS, seed=7)


def test_but_what_somebody_has_given_does():
    for given in (RandomNormal(seed=4), Scaled(RandomNormal(), 2.0, seed=4)):
        plan = as_rules({"*": OfASeededDefault(given)}).plan(PATHS, seed=7)
        assert "seed=[4, 'h/0/attn/bias']" in str(plan)


def test_a_rule_may_ask_for_the_kind_of_a_layer():
    rules = as_rules(
        [
            {"match": "*/bias", "initializer": "zeros"},
            {"match": "*", "kind": "norm", "initializer": "ones"},
            {"match": "*", "initializer": "random_normal", "arguments": {"stddev": 0.02}},
        ]
    )
    same = '[[rules]]\nmatch = "*"\nkind = "norm"\ninitializer = "ones"\n'
    assert parse(same, "x").rules[0] == rules.rules[1]
    assert str(rules.rules[1]) == "* of kind norm -> Ones()"
    made = rules.plan([Parameter("a/weight", kind="norm"), Parameter("b/weight", kind="linear")], seed=7)
    assert [type(found).__name__ for found in made.initializers.values()] == ["Ones", "RandomNormal"]
    left = rules.plan([Parameter("b/weight", kind="linear")], seed=7).unused
    assert "matches no parameter of this kind; b/weight is of kind linear" in left[1]


def test_what_is_asked_of_an_unknown_kind_is_an_error_and_no_miss():
    rules = as_rules(
        [{"match": "*/weight", "kind": "norm", "keep": True}, {"match": "*", "initializer": "ones"}]
    )
    with pytest.raises(
        RulesError, match=r"\*/weight of kind norm -> KEEP asks for the kind .* of own/weight"
    ):
        rules.plan(["own/weight"], seed=7)
    assert rules.plan(["own/gate"], seed=7).initializers  # whose name alone decides


@pytest.mark.parametrize(
    ("given", "match"),
    [
        (
            {"kind": "norms"},
            r"rule 1: got the kind 'norms'; did you mean 'norm'\?; kinds of layers are linear,",
        ),
        ({"kind": 3}, "rule 1: kind must be a string, got 3"),
        ({"kin": "norm"}, "rule 1: unknown key 'kin'; did you mean 'kind'"),
    ],
)
def test_a_wrong_kind_is_told(given, match):
    with pytest.raises(RulesError, match=match):
        as_rules([{"match": "*", "initializer": "ones", **given}])


def test_a_rule_for_another_place_of_a_shared_parameter_is_used():
    table = Parameter("table/weight", ("table/embedding",), ("head/weight", "head/kernel"))
    rules = as_rules({"table/*": "ones", "head/*": "zeros"})
    assert not rules.plan([table], seed=7, strict=True).faults
    turned = as_rules({"head/*": "zeros", "table/*": "ones"})
    assert not turned.plan([table], seed=7, strict=True).faults
    assert rules.plan(["table/weight"], seed=7).unused  # without the tie it is not
    assert as_rules({"*": "ones", "head/*": "zeros"}).plan([table], seed=7).unused
    own = as_rules({"table/weight": "ones", "table/embedding": "zeros"})  # another name of one place
    assert "an earlier rule has" in own.plan([table], seed=7).unused[0]

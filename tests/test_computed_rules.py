"""Rules that compute: captures, parameters, counts, conditions and streams."""

import contextlib
import pickle
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import seedbed
from seedbed.errors import LayoutError, RulesError, SeedbedError
from seedbed.models import Weight, as_layout, initialize, plan
from seedbed.rules import Count, Parameter, Rule, Rules, Setting, Template, as_rules, parse
from seedbed.rules.pattern import compiled

GPT2 = """
[parameters]
layers = { type = "int", min = 1, default = { count = "layer" }, doc = "Blocks of the decoder." }
stddev = { type = "float", min = 0, default = 0.02 }

[[rules]]
match = "*bias"
initializer = "zeros"

[[rules]]
match = "*h/{layer}/*/c_proj/weight"
initializer = "random_normal"
arguments = { stddev = { expr = "stddev / sqrt(2 * layers)" } }

[[rules]]
match = "*"
initializer = "random_normal"
arguments = { stddev = { expr = "stddev" } }
"""
PATHS = [f"h/{n}/{name}/weight" for n in range(8) for name in ("attn/c_proj", "mlp/c_fc", "mlp/c_proj")]


def rule(match, expr, **more):
    return {
        "match": match,
        "initializer": "random_normal",
        "arguments": {"stddev": {"expr": expr}},
        **more,
    }


def stddevs(rules, paths, **options):
    made = as_rules(rules).plan(paths, seed=7, **options).initializers
    return [initializer.get_config()["stddev"] for initializer in made.values()]


def test_a_residual_is_scaled_by_the_layers_that_the_model_has():
    made = parse(GPT2, "gpt2.toml").plan(PATHS, seed=7, strict=False).initializers
    assert made["h/3/mlp/c_proj/weight"].stddev == 0.005
    assert made["h/3/mlp/c_fc/weight"].stddev == 0.02
    wanted = seedbed.get("random_normal", stddev=0.005, seed=7).fold_in("h/3/mlp/c_proj/weight")
    assert made["h/3/mlp/c_proj/weight"] == wanted


def test_a_dict_says_what_a_file_says():
    of_file = parse(GPT2, "gpt2.toml")
    same = as_rules(
        {
            "parameters": {
                "layers": {
                    "type": "int",
                    "min": 1,
                    "default": {"count": "layer"},
                    "doc": "Blocks of the decoder.",
                },
                "stddev": {"type": "float", "min": 0, "default": 0.02},
            },
            "rules": [
                {"match": "*bias", "initializer": "zeros"},
                rule("*h/{layer}/*/c_proj/weight", "stddev / sqrt(2 * layers)"),
                rule("*", "stddev"),
            ],
        }
    )
    assert same == of_file
    assert pickle.loads(pickle.dumps(same)) == same
    in_a_config = {"class_name": "RandomNormal", "config": {"stddev": {"expr": "1 / (layer + 1)"}}}
    assert stddevs({"h/{layer}/w": in_a_config}, ["h/1/w", "h/3/w"]) == [0.5, 0.25]


def test_a_computed_argument_may_be_deep_within():
    inner = {"class_name": "RandomNormal", "config": {"stddev": {"expr": "layer / 2"}}}
    rules = [
        {"match": "h/{layer}/w", "initializer": "scaled", "arguments": {"initializer": inner, "factor": 2.0}}
    ]
    found = as_rules(rules).plan(["h/3/w"], seed=7).initializers["h/3/w"]
    normal = seedbed.get("random_normal", stddev=1.5)
    wanted = seedbed.get("scaled", factor=2.0, initializer=normal, seed=7)
    assert found == wanted.fold_in("h/3/w")


def test_a_value_takes_the_place_of_the_default():
    rules = parse(GPT2, "gpt2.toml").with_parameters(layers=2).with_parameters(stddev=1)
    assert stddevs(rules, ["h/0/a/c_proj/weight", "w"]) == [0.5, 1]
    with pytest.raises(RulesError, match=r"got layer=3, and .* no such parameter; did you mean 'layers'"):
        rules.with_parameters(layer=3)
    with pytest.raises(
        RulesError,
        match=r"layers=0, which is out of range: layers \(int, at least 1, default the count of \{layer\}",
    ):
        rules.with_parameters(layers=0)
    with pytest.raises(RulesError, match=r"layers: it must be an int, got 1\.5"):
        rules.with_parameters(layers=1.5)
    with pytest.raises(RulesError, match="stddev: it must be a finite number, got nan"):
        rules.with_parameters(stddev=float("nan"))


def test_a_parameter_without_a_default_must_be_given():
    rules = as_rules({"parameters": {"width": {"type": "int"}}, "rules": [rule("*", "1 / width")]})
    with pytest.raises(RulesError, match=r"width has no default and must be given: width \(int\)"):
        rules.plan(["w"], seed=7)
    assert stddevs(rules.with_parameters(width=4), ["w"]) == [0.25]


@pytest.mark.parametrize(
    ("numbers", "match"),
    [
        ([], r"no parameter of this model has a \{layer\} to count; give layers=\.\.\."),
        (
            [6, 7, 8],
            r"the 3 numbers of \{layer\} in this model are from 6 to 8, and not 0, 1, 2,.* give layers=",
        ),
        ([0, 2], "are from 0 to 2"),
    ],
)
def test_a_count_of_a_part_of_a_model_is_refused(numbers, match):
    paths = ["w", *(f"h/{n}/a/c_proj/weight" for n in numbers)]
    with pytest.raises(RulesError, match=match):
        parse(GPT2, "x").plan(paths, seed=7)
    assert stddevs(parse(GPT2, "x").with_parameters(layers=8), paths)[1:] == [0.005] * len(numbers)


def test_what_is_counted_need_not_have_the_rule_that_captures_it():
    rules = {
        "parameters": {"layers": {"type": "int", "default": {"count": "layer"}}},
        "rules": [{"match": "*/bias", "initializer": "zeros"}, rule(["h/{layer}/*"], "1 / layers")],
    }
    assert stddevs(rules, ["h/0/w"]) == [1]
    found = as_rules(rules).plan(["h/0/w", "h/1/bias"], seed=7).initializers
    assert found["h/0/w"].stddev == 0.5


@pytest.mark.parametrize(
    ("pattern", "path", "wanted"),
    [
        ("h/{layer}/w", "h/12/w", {"layer": 12}),
        ("h_{layer}/w", "h_007/w", {"layer": 7}),
        ("*{layer}/w", "h/12/w", {"layer": 12}),
        ("{layer}", "3", {"layer": 3}),
        ("*layers/{layer}/*/{expert}/w", "m/layers/3/mlp/5/w", {"layer": 3, "expert": 5}),
        ("*/{layer}/*/w", "h/3/q1/w", {"layer": 3}),
        ("h/{layer}/w", "h/x/w", None),
        ("h/1{layer}/w", "h/12/w", None),
        ("h/{layer}/w", "h/1234567890/w", None),
        ("h/[{]layer}/w", "h/{layer}/w", {}),
        ("h/{q,k}/w", "h/{q,k}/w", {}),
        ("h/{layer}/w", "h/٣/w", None),
    ],
)
def test_a_capture_is_a_whole_number(pattern, path, wanted):
    assert compiled(pattern).match(path) == wanted


def test_a_pattern_with_two_meanings_is_refused():
    rules = as_rules([rule("*/{layer}/*/weight", "layer")])
    with pytest.raises(
        RulesError, match=r"matches m/3/mlp/5/w1/weight in several ways, so that \{layer\} may be 3 or 5"
    ):
        rules.plan(["m/3/mlp/5/w1/weight"], seed=7)
    assert stddevs(rules, ["m/3/mlp/w1/weight"]) == [3]
    assert stddevs(rules, ["m/3/mlp/3/w1/weight"]) == [3]


@pytest.mark.parametrize(
    ("text", "match"),
    [
        (
            GPT2.replace("2 * layers", "2 * layer5"),
            r"gpt2.toml cannot be used:\n  rule 2, line 13: unknown name 'layer5' in an expr.*; did you mean",
        ),
        (GPT2.replace("(2 * layers)", "(2 * layers"), r"rule 2, line 13: got the expression .* at its end"),
        (
            GPT2.replace('"*h/{layer}', '"*h/{size}'),
            r"rule 2, line 10: got the capture \{size\}.* means something else",
        ),
        (
            GPT2.replace('"*h/{layer}', '"*h/{stddev}'),
            r"line 13: \{stddev\} in its patterns is the name of a param",
        ),
        (
            GPT2.replace('"*h/{layer}/*', '"*h/{layer}/{layer}'),
            r"captures at most 8 numbers, each under a name",
        ),
        (
            GPT2.replace('"int"', '"integer"'),
            "parameter layers: type must be one of int, float, got 'integer'",
        ),
        (GPT2.replace('"layer"', '"layr"'), r"parameter layers: no pattern captures \{layr\}.* mean 'layer'"),
        (GPT2.replace('"int"', '"float"'), "parameter layers: a count is an int, got the type 'float'"),
        (
            GPT2.replace("default = 0.02", "default = -1"),
            "parameter stddev: got stddev=-1, which is out of range",
        ),
        (
            GPT2.replace("count =", "counts ="),
            "parameter layers: default: unknown key 'counts'; did you mean 'count'",
        ),
        (
            GPT2.replace("stddev = { type", "exp = { type"),
            "parameter exp: got 'exp' as the name of a parameter",
        ),
        (GPT2.replace("random_normal", "random_norma"), "did you mean 'random_normal'"),
        (
            GPT2.replace("{ stddev = {", "{ stdev = {"),
            "RandomNormal has no argument 'stdev'; .*did you mean 'stddev'",
        ),
        (GPT2.replace('"stddev / sqrt(2 * layers)"', "3"), "expr must be text such as '1 / layers', got 3"),
        (GPT2 + 'ndim = "2"', "rule 3, line 15: ndim must be an integer, got '2'"),
        (GPT2 + "ndim = -1", "ndim must be an int of at least 0, got -1"),
        (
            GPT2 + 'stream = "{parnt}/x"',
            r"unknown name 'parnt' in the stream '\{parnt\}/x'; did you mean 'parent'",
        ),
    ],
)
def test_what_is_wrong_with_a_file_is_told_with_the_line(text, match):
    with pytest.raises(RulesError, match=match):
        parse(text, "gpt2.toml")


def test_every_pattern_of_a_rule_captures_what_it_computes_with():
    with pytest.raises(
        RulesError, match="unknown name 'layer' in an expression; not all its patterns capture it"
    ):
        as_rules([rule(["h/{layer}/w", "w"], "layer")])
    with pytest.raises(RulesError, match="rule 1: unknown name 'layer'"):
        Rules((Rule(("w",), Template("random_normal", {"stddev": {"expr": "layer"}})),))


@pytest.mark.parametrize(
    ("expr", "match"),
    [
        ("1 / (layer - 3)", "it divides by zero"),
        ("9**9**(3 * layer)", "it has the exponent 3.87420e.8"),
        ("-layer", "stddev must be a finite number of at least 0, got -3"),
        ("fan_in", "the rule asks for fan_in, and nothing tells the sizes of this parameter"),
    ],
)
def test_what_has_no_value_is_told_with_the_rule_and_the_parameter(expr, match):
    text = (
        f"[[rules]]\nmatch = 'h/{{layer}}/w'\ninitializer = 'random_normal'\narguments.stddev.expr = '{expr}'"
    )
    with pytest.raises(
        RulesError if "must" not in match else SeedbedError, match=f"x.toml: rule 1, line 4: h/3/w: .*{match}"
    ):
        parse(text, "x.toml").plan(["h/3/w"], seed=7)


def test_nothing_is_written_if_a_number_has_no_value():
    model = {"a/0/w": np.zeros((2, 2), np.float32), "a/1/w": np.zeros((2, 2), np.float32)}
    with pytest.raises(RulesError, match=r"a/1/w: .*divides by zero"):
        initialize(model, [rule("a/{layer}/w", "1 / (1 - layer)")], seed=7)
    assert not any(array.any() for array in model.values())


def test_fans_and_sizes_are_those_of_what_is_drawn():
    rules = [rule("fans", "fan_in + fan_out / 100"), rule("*", "size(0) + size(-1) / 100")]

    def model(layout, shape):
        array = np.zeros(shape, np.float32)
        return [
            Weight(name, shape, array.dtype, lambda values: values.fill(array), layout=layout)
            for name in ("fans", "sizes")
        ]

    for layout, shape in (("array", (3, 5)), ("linear", (5, 3))):
        made = plan(model(as_layout(layout), shape), rules, seed=7).initializers
        assert [made["fans"].stddev, made["sizes"].stddev] == [3.05, 3.05]
    made = plan(model(as_layout("experts_oi"), (7, 5, 3)), rules, seed=7).initializers
    assert [made["fans"].stddev, made["sizes"].stddev] == [3.05, 7.05]
    with pytest.raises(LayoutError, match=r"fans: the rule asks for fans .* pass layouts={'fans': ...}"):
        plan(model(None, (5, 3)), rules, seed=7)
    with pytest.raises(
        RulesError, match=r"w: the rule asks for size\(2\), and it is drawn in the shape \(3, 5\)"
    ):
        plan({"w": np.zeros((3, 5))}, [rule("*", "size(2)")], seed=7)
    part = plan(
        {"fans": np.zeros((3, 2))}, rules[:1], seed=7, shard={"fans": ((3, 5), (slice(None), slice(0, 2)))}
    )
    assert part.initializers["fans"].stddev == 3.05


def test_a_rule_may_ask_for_the_number_of_axes():
    rules = as_rules([rule("*", "2", ndim=2), {"match": "*", "initializer": "zeros"}])
    model = {"a": np.zeros((2, 2)), "b": np.zeros(2)}
    made = plan(model, rules, seed=7)
    assert [type(found).__name__ for found in made.initializers.values()] == ["RandomNormal", "Zeros"]
    assert str(made.chosen["a"]).startswith("* of 2 axes -> random_normal(stddev={2})")
    with pytest.raises(RulesError, match="asks for the number of axes of a, which nothing tells"):
        rules.plan(["a"], seed=7)
    left = as_rules([rule("*", "2", ndim=3), {"match": "*", "initializer": "ones"}])
    assert "matches no parameter; a has 2 axes" in left.plan([Parameter("a", ndim=2)], seed=7).unused[0]


def test_a_buffer_is_drawn_only_by_a_rule_that_asks_for_it():
    buffer = Parameter("moe/bias", kind="buffer")
    rules = as_rules({"*": "ones"})
    assert not rules.plan(["a", buffer], seed=7, strict=True).chosen.get("moe/bias")
    assert "a is" not in str(rules.plan(["a"], seed=7))
    asked = as_rules(
        [{"match": "*bias", "kind": "buffer", "initializer": "zeros"}, {"match": "*", "initializer": "ones"}]
    )
    made = asked.plan([Parameter("a", kind="linear"), buffer], seed=7, strict=True)
    assert made.initializers["moe/bias"] == seedbed.get("zeros")
    assert "*; moe/bias is of kind buffer" in rules.plan([buffer], seed=7).unused[0].replace(
        "* -> Ones(): matches no parameter", "*"
    )


def test_two_parameters_are_drawn_together_if_their_rules_say_so():
    rules = as_rules(
        [
            {"match": "*nu", "initializer": "random_normal", "stream": "{parent}/lambda"},
            {"match": "*gamma", "initializer": "random_normal", "stream": "{parent}/lambda"},
            {"match": "*", "initializer": "random_normal"},
        ]
    )
    made = rules.plan(["h/0/nu", "h/0/gamma", "h/1/nu", "h/0/w"], seed=7).initializers
    drawn = {path: initializer((8,)).tobytes() for path, initializer in made.items()}
    assert drawn["h/0/nu"] == drawn["h/0/gamma"]
    assert len(set(drawn.values())) == 3
    assert made["h/1/nu"] == seedbed.get("random_normal", seed=7).fold_in("h/1/lambda")
    with pytest.raises(
        RulesError, match=r"h/0/nu and h/0/lambda have the stream 'h/0/lambda', and would draw"
    ):
        rules.plan(["h/0/nu", "h/0/lambda"], seed=7)


def test_one_rule_gives_no_stream_twice():
    rules = as_rules([{"match": "h/{layer}/nu", "initializer": "random_normal", "stream": "lambda"}])
    rules.plan(["h/0/nu"], seed=7)
    with pytest.raises(
        RulesError, match=r"h/0/nu and h/1/nu have the stream 'lambda'.* put \{parent\} or a capture"
    ):
        rules.plan(["h/0/nu", "h/1/nu"], seed=7)


@pytest.mark.parametrize("stream", ["lambda/{layer}", "{parent}/lambda"])
def test_a_prefix_stands_in_front_of_a_stream(stream):
    rules = [{"match": "*h/{layer}/nu", "initializer": "random_normal", "stream": stream}]
    model = {"h/3/nu": np.zeros(4)}
    made = plan(model, rules, seed=7, prefix="encoder").initializers["encoder/h/3/nu"]
    wanted = {"lambda/{layer}": "encoder/lambda/3", "{parent}/lambda": "encoder/h/3/lambda"}[stream]
    assert made == seedbed.get("random_normal", seed=7).fold_in(wanted)


def test_a_count_needs_no_rule_that_is_used():
    setting = Setting("layers", "int", Count("layer"))
    template = Template("random_normal", {"stddev": {"expr": "layers"}})
    rules = Rules((Rule(("*",), template), Rule(("h/{layer}/*",), seedbed.get("ones"))), (setting,))
    assert stddevs(rules, ["h/0/a", "h/1/a"]) == [2, 2]


def test_seeds_of_computed_initializers_are_checked_too():
    inner = {
        "initializers": [
            "random_normal",
            {"class_name": "RandomNormal", "config": {"stddev": {"expr": "1"}, "seed": 3}},
        ]
    }
    rules = as_rules([{"match": "*", "initializer": "blocked", "arguments": inner}])
    with pytest.raises(RulesError, match=r"w: got Blocked.*of which .* has no seed and another has one"):
        rules.plan(["w"], seed=7)


def test_a_count_is_of_a_capture():
    with pytest.raises(RulesError, match="layers: a count is of a capture such as 'layer'"):
        Setting("layers", "int", Count(3))


def test_what_is_nested_too_deep_is_refused():
    deep = f"[[rules]]\nmatch = '*'\ninitializer = 'constant'\narguments.value = {'[' * 60}1{']' * 60}"
    with pytest.raises(RulesError, match="rule 1, line 1: got data that is nested more than 50 deep"):
        parse(deep, "x.toml")


def test_what_is_kept_has_neither_arguments_nor_a_stream():
    kept = {"match": "*", "keep": True, "stream": "x", "arguments": {}}
    with pytest.raises(RulesError, match="so that arguments and stream must be left out"):
        as_rules([kept])


@pytest.mark.slow
def test_planning_with_numbers_takes_at_most_three_times_as_long():
    paths = [
        f"h/{n}/{name}/weight"
        for n in range(250)
        for name in ("q", "k", "v", "c_proj", "c_fc", "ln_1", "ln_2", "r")
    ]
    plain = as_rules([("*ln_*", "ones"), ("*h/*/c_proj/weight", "random_normal"), ("*", "random_normal")])
    tables = {
        "parameters": {"layers": {"type": "int", "default": {"count": "layer"}}},
        "rules": [
            {"match": "*ln_*", "initializer": "ones"},
            rule("*h/{layer}/c_proj/weight", "0.02 / sqrt(2 * layers)"),
            rule("*h/{layer}/r/weight", "0.02 / sqrt(2 * (layer + 1))"),
            rule("*", "0.02"),
        ],
    }
    computed = as_rules(tables)

    def cost(rules):
        begin = time.process_time()
        rules.plan(paths, seed=7)
        return time.process_time() - begin

    ratio = min(cost(computed) for _ in range(4)) / min(cost(plain) for _ in range(4))
    assert ratio < 3


WORDS = st.sampled_from(
    [
        "*",
        "h/{layer}/w",
        "{layer}",
        "{size}",
        "[",
        "layers",
        "layer",
        "1/0",
        "9**9**9",
        "fan_in",
        "sqrt(layer)",
        "",
    ]
)
VALUES = st.recursive(
    WORDS | st.integers() | st.floats() | st.booleans() | st.none() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["expr", "count", "type", "default", "stddev", "min"]), inner, max_size=3
        )
    ),
    max_leaves=6,
)
TABLES = st.fixed_dictionaries(
    {
        "rules": st.lists(
            st.fixed_dictionaries(
                {"match": WORDS | VALUES},
                optional={
                    "initializer": st.sampled_from(["random_normal", "ones", "scaled"]) | VALUES,
                    "arguments": st.fixed_dictionaries({}, optional={"stddev": VALUES, "initializer": VALUES})
                    | VALUES,
                    "kind": VALUES,
                    "ndim": VALUES,
                    "stream": VALUES,
                    "keep": VALUES,
                },
            ),
            max_size=3,
        )
    },
    optional={
        "recipe": VALUES,
        "extends": VALUES | st.just("he_normal"),
        "notes": VALUES,
        "source": VALUES,
        "roles": st.dictionaries(
            WORDS,
            WORDS
            | VALUES
            | st.fixed_dictionaries(
                {"hf": WORDS},
                optional={"optional": VALUES, "x": st.fixed_dictionaries({"match": WORDS, "over": VALUES})},
            ),
            max_size=3,
        )
        | VALUES,
        "fused": st.lists(
            st.fixed_dictionaries(
                {"match": WORDS, "roles": st.lists(WORDS, max_size=2)},
                optional={"sizes": VALUES, "over": VALUES},
            ),
            max_size=2,
        )
        | VALUES,
        "parameters": st.dictionaries(st.sampled_from(["layers", "size", "s"]), VALUES, max_size=2) | VALUES,
    },
)


@settings(max_examples=25, deadline=None)
@given(TABLES)
def test_any_tables_are_rules_or_an_error_of_ours_soon(tables):
    begin = time.thread_time()
    with contextlib.suppress(SeedbedError):
        as_rules(tables).plan(["h/0/w", "h/1/w", "w", "[", "1"], seed=7)
    assert time.thread_time() - begin < 1


def test_fewer_layers_than_the_model_has_are_refused():
    rules = as_rules(
        {
            "parameters": {"layers": {"type": "int", "default": {"count": "n"}}},
            "rules": [{"match": "h/{n}", "initializer": "random_normal"}],
        }
    )
    paths = [f"h/{number}" for number in range(3)]
    with pytest.raises(
        RulesError, match=r"got layers=2, which counts \{n\}, and this model has 3 of them, up to 2"
    ):
        rules.with_parameters(layers=2).plan(paths, seed=7)
    for layers in (3, 12):
        assert rules.with_parameters(layers=layers).plan(paths, seed=7).initializers


def test_two_patterns_of_a_rule_that_capture_two_numbers_are_refused():
    rules = as_rules([{"match": ["*a/{n}/*", "*b/{n}/*"], "initializer": "ones"}])
    with pytest.raises(RulesError, match=r"match a/1/b/2/w with \{n\} as 1 and as 2"):
        rules.plan(["a/1/b/2/w"], seed=7)
    assert rules.plan(["a/1/b/1/w", "b/3/w"], seed=7).initializers


def test_a_bias_does_not_take_its_own_length_for_the_inputs_of_its_layer():
    rules = [{"match": "*", "initializer": "constant", "arguments": {"value": {"expr": "1 / fan_in"}}}]
    with pytest.raises(
        RulesError, match=r"a weight of the shape \(4,\) has no inputs and outputs; write size"
    ):
        plan({"bias": np.zeros(4)}, rules, seed=7)
    rules[0]["arguments"] = {"value": {"expr": "1 / size(0)"}}
    assert "0.25" in str(plan({"bias": np.zeros(4)}, rules, seed=7, prefix=""))

"""Roles: one set of rules for the twins of an architecture, fused, stacked and plain."""

from pathlib import Path

import numpy as np
import pytest

import seedbed
from seedbed.errors import ConfigError, RulesError, ShapeError
from seedbed.models import Weight, as_layout, initialize, plan
from seedbed.rules import Parameter, as_rules, parse
from seedbed.rules.joined import Joined, Layers

GPT2 = (Path(__file__).parent / "across" / "gpt2.toml").read_text("utf-8")
RULES = parse(GPT2, "gpt2.toml")
LAYERS, WIDTH = 3, 4


def zeros(**shapes):
    return {path: np.full(shape, 7, np.float32) for path, shape in shapes.items()}


def hf(front="transformer."):
    found = {f"{front}wte.weight": (11, WIDTH), f"{front}wpe.weight": (5, WIDTH)}
    for n in range(LAYERS):
        block = f"{front}h.{n}."
        found |= {
            f"{block}ln_1.weight": (WIDTH,),
            f"{block}attn.c_attn.weight": (WIDTH, 3 * WIDTH),
            f"{block}attn.c_proj.weight": (WIDTH, WIDTH),
            f"{block}mlp.c_fc.weight": (WIDTH, 4 * WIDTH),
            f"{block}mlp.c_proj.weight": (4 * WIDTH, WIDTH),
        }
    return zeros(**found, **{f"{front}ln_f.weight": (WIDTH,), f"{front}ln_f.bias": (WIDTH,)})


INNER = {
    "ln_1/scale": (WIDTH,),
    "attn/query/kernel": (WIDTH, WIDTH),
    "attn/key/kernel": (WIDTH, WIDTH),
    "attn/value/kernel": (WIDTH, WIDTH),
    "attn/out/kernel": (WIDTH, WIDTH),
    "mlp/Dense_0/kernel": (WIDTH, 4 * WIDTH),
    "mlp/Dense_1/kernel": (4 * WIDTH, WIDTH),
}
OUTER = {
    "wte/embedding": (11, WIDTH),
    "wpe/embedding": (5, WIDTH),
    "ln_f/scale": (WIDTH,),
    "ln_f/bias": (WIDTH,),
}


def flax():
    return zeros(**OUTER, **{f"h_{n}/{name}": shape for n in range(LAYERS) for name, shape in INNER.items()})


def scanned():
    return zeros(**OUTER, **{f"h/{name}": (LAYERS, *shape) for name, shape in INNER.items()})


def drawn(model, rules=RULES, **options):
    initialize(model, rules, seed=7, strict=True, **options)
    return model


def test_twins_get_the_same_values_fused_plain_and_stacked():
    torch, plain, stacked = drawn(hf()), drawn(flax()), drawn(scanned())
    np.testing.assert_array_equal(torch["transformer.wte.weight"], plain["wte/embedding"])
    np.testing.assert_array_equal(plain["wpe/embedding"], stacked["wpe/embedding"])
    for n in range(LAYERS):
        for name in INNER:
            np.testing.assert_array_equal(plain[f"h_{n}/{name}"], stacked[f"h/{name}"][n])
        block = f"transformer.h.{n}."
        fused = [plain[f"h_{n}/attn/{part}/kernel"] for part in ("query", "key", "value")]
        np.testing.assert_array_equal(torch[f"{block}attn.c_attn.weight"], np.concatenate(fused, 1))
        for theirs, ours in {
            "ln_1.weight": "ln_1/scale",
            "attn.c_proj.weight": "attn/out/kernel",
            "mlp.c_fc.weight": "mlp/Dense_0/kernel",
            "mlp.c_proj.weight": "mlp/Dense_1/kernel",
        }.items():
            np.testing.assert_array_equal(torch[block + theirs], plain[f"h_{n}/{ours}"])
    out = seedbed.get("random_normal", stddev=0.02 / 6**0.5, seed=7).fold_in("h/1/attn/out")
    np.testing.assert_allclose(plain["h_1/attn/out/kernel"], out((WIDTH, WIDTH)), rtol=1e-6)


def test_every_weight_has_a_stream_of_its_own():
    values = [array.tobytes() for array in drawn(flax()).values() if array.std() > 0]
    assert len(set(values)) == len(values) == 2 + LAYERS * 6


def test_a_tied_and_an_untied_model_have_one_recipe():
    tied = hf()
    tied["lm_head.weight"] = tied["transformer.wte.weight"]
    drawn(tied)
    np.testing.assert_array_equal(tied["lm_head.weight"], drawn(flax())["wte/embedding"])
    first = {"lm_head.weight": tied["lm_head.weight"], **tied}
    np.testing.assert_array_equal(drawn(first)["lm_head.weight"], tied["lm_head.weight"])
    untied = {**hf(), **zeros(**{"lm_head.weight": (11, WIDTH)})}
    drawn(untied)
    np.testing.assert_array_equal(untied["transformer.wte.weight"], tied["transformer.wte.weight"])
    assert (untied["lm_head.weight"] != untied["transformer.wte.weight"]).any()


def test_a_prefix_stands_in_front_of_a_role():
    one, other = drawn(flax(), prefix="encoder"), drawn(scanned(), prefix="encoder")
    np.testing.assert_array_equal(one["h_2/attn/out/kernel"], other["h/attn/out/kernel"][2])
    assert (one["h_2/attn/out/kernel"] != drawn(flax())["h_2/attn/out/kernel"]).any()
    made = plan(flax(), RULES, seed=7, prefix="encoder").initializers["encoder/h_0/attn/out/kernel"]
    assert made.get_config()["seed"] == [7, "encoder/h/0/attn/out"]


def test_a_linear_weight_that_is_stored_with_outputs_first_is_the_same():
    stored = np.zeros((3 * WIDTH, WIDTH), np.float32)
    weight = Weight(
        "h/0/attn/c_attn/weight",
        stored.shape,
        stored.dtype,
        lambda values: values.fill(stored),
        layout=as_layout("linear"),
    )
    with pytest.warns(UserWarning, match="for the role wte: no weight has it"):
        initialize([weight], RULES.with_parameters(layers=LAYERS), seed=7)
    np.testing.assert_array_equal(stored.T, drawn(hf())["transformer.h.0.attn.c_attn.weight"])


def test_a_part_of_a_fused_weight_is_a_part_of_the_whole():
    whole = drawn(hf())["transformer.h.1.attn.c_attn.weight"]
    made = plan(hf(), RULES, seed=7).initializers["transformer/h/1/attn/c_attn/weight"]
    assert isinstance(made, Joined)
    for index in ((slice(1, 3), slice(2, 9)), (slice(None), slice(10, None, -3)), (0, slice(5, 5))):
        np.testing.assert_array_equal(made.shard(whole.shape, index), whole[index])
    stack = plan(scanned(), RULES, seed=7).initializers["h/mlp/Dense_1/kernel"]
    assert isinstance(stack, Layers)
    shape = (LAYERS, 4 * WIDTH, WIDTH)
    for index in ((slice(1, 3), slice(2, 9)), (slice(None, None, -1), 3), (2, slice(3), slice(1, 2))):
        np.testing.assert_array_equal(stack.shard(shape, index), stack(shape)[index])
    with pytest.raises(ShapeError, match="should count 3 layers"):
        stack((2, 4, 4))


def test_a_model_that_lacks_a_required_role_is_told():
    model = flax()
    del model["wpe/embedding"]
    with pytest.raises(RulesError, match="for the role wpe: no weight has it"):
        drawn(model)
    with pytest.raises(RulesError, match="other/weight: no rule matches"):
        drawn({**flax(), **zeros(**{"other/weight": (2, 2)})})


def edited(old, new):
    assert old in GPT2
    return GPT2.replace(old, new)


@pytest.mark.parametrize(
    ("text", "match"),
    [
        (
            edited('"*wpe/embedding", scanned', '"*w?e/embedding", scanned'),
            r"wte/embedding has two roles, by \*wte/embedding \(wte\) and \*w\?e",
        ),
        (
            edited('"*h_{layer}/mlp/Dense_1/kernel"', '"*h_{layer}/mlp/Dense_[01]/kernel"'),
            "Dense_0/kernel has two roles",
        ),
        (
            edited('match = ["h/*", "wte"', 'match = ["h/*/in", "wte"'),
            "h_0/attn/query/kernel: no rule matches",
        ),
    ],
)
def test_patterns_that_match_too_much_are_refused(text, match):
    with pytest.raises(RulesError, match=match):
        drawn(flax(), parse(text, "x.toml"))


@pytest.mark.parametrize(
    ("text", "match"),
    [
        (
            edited('roles = ["h/{layer}/attn/q"', 'roles = ["h/{layer}/attn/query"'),
            "'h/{layer}/attn/query', which is not declared; did you mean 'h/{layer}/attn/q'",
        ),
        (
            edited('hf = "*h/{layer}/ln_1/weight"', 'hf = "*h/*/ln_1/weight"'),
            r"must have the same numbers in braces",
        ),
        (
            edited(
                'as = "layer" } }\n\n[roles."h/{layer}/attn/q"]', 'as = "l" } }\n\n[roles."h/{layer}/attn/q"]'
            ),
            r"must have the same numbers in braces",
        ),
        (edited('["*ln_f/bias"]', '["*ln_f/bias", "*{n}/bias"]'), "capture different numbers"),
        (edited('["*ln_f/bias"]', "3"), "role 'ln_f/bias': match must be a pattern"),
        (
            edited('["*ln_f/bias"]', "{ hf = { mach = 3 } }"),
            "role 'ln_f/bias': hf: unknown key 'mach'; did you mean 'match'",
        ),
        (edited('["*ln_f/bias"]', '{ "h f" = "x" }'), "a dialect must be a name such as 'hf', got 'h f'"),
        (edited("optional = true", "optional = 1"), "role 'head': optional must be true or false, got 1"),
        (edited('"ln_f/bias" =', '"ln*bias" ='), r"role 'ln\*bias': a role must be a path such as"),
        (
            edited('dialect = "hf"', 'dialekt = "hf"'),
            "fused 1: it: unknown key 'dialekt'; did you mean 'dialect'",
        ),
        (
            edited('dialect = "hf"', "sizes = [1, 2]"),
            r"fused 1: sizes must be an int for each role, got \[1, 2\]",
        ),
        (
            edited('over = { axis = 0, as = "layer" }', 'over = { axis = 99, as = "layer" }'),
            "over must be an axis and a name",
        ),
        (edited('over = { axis = 0, as = "layer" }', "over = { axis = 0 }"), "over: the key 'as' is missing"),
    ],
)
def test_malformed_roles_are_told(text, match):
    with pytest.raises(RulesError, match=f"x.toml cannot be used(?s:.*){match}"):
        parse(text, "x.toml")


def test_two_weights_of_one_role_are_refused():
    model = {**flax(), **zeros(**{"other/wte/embedding": (11, WIDTH)})}
    with pytest.raises(
        RulesError,
        match=r"wte/embedding and other/wte/embedding have the stream 'wte'.* two weights cannot have",
    ):
        drawn(model)


def test_blocks_may_be_of_several_lengths():
    rules = as_rules(
        {
            "roles": {"q": "q", "kv": {"hf": "kv"}},
            "fused": [{"match": "qkv", "roles": ["q", "kv"], "sizes": [4, 2], "axis": 1}],
            "rules": [
                {
                    "match": "*",
                    "initializer": "random_normal",
                    "arguments": {"stddev": {"expr": "size(-1) + fan_out / 100"}},
                }
            ],
        }
    )
    fused = drawn(zeros(qkv=(3, 6)), rules)["qkv"]
    apart = drawn(zeros(q=(3, 4), kv=(3, 2)), rules)
    np.testing.assert_array_equal(fused, np.concatenate([apart["q"], apart["kv"]], 1))
    with pytest.raises(ShapeError, match="an axis of 7 cannot be 2 blocks of \\(4, 2\\)"):
        drawn(zeros(qkv=(3, 7)), rules)


def test_layers_lie_in_one_array_without_a_role():
    rules = [
        {
            "match": "h/*/kernel",
            "initializer": "random_normal",
            "arguments": {"stddev": {"expr": "0.1 / (layer + 1) + fan_in"}},
            "over": {"axis": 0, "as": "layer"},
            "stream": "h/{layer}/w",
        }
    ]
    stacked = drawn(zeros(**{"h/mlp/kernel": (2, 3, 4)}), rules)["h/mlp/kernel"]
    for n in range(2):
        one = seedbed.get("random_normal", stddev=(3.1, 3.05)[n], seed=7).fold_in(f"h/{n}/w")
        np.testing.assert_array_equal(stacked[n], one((3, 4)))
    del rules[0]["stream"]
    made = plan(zeros(**{"h/mlp/kernel": (2, 3, 4)}), rules, seed=7).initializers["h/mlp/kernel"]
    assert made.initializers[1].get_config()["seed"] == [7, "h/mlp/kernel/1"]
    with pytest.raises(RulesError, match=r"h/a/kernel: it has the shape \(\), and no axis 0"):
        plan(zeros(**{"h/a/kernel": ()}), rules, seed=7)
    with pytest.raises(RulesError, match="h/a/kernel: layers lie in it, and nothing tells how many"):
        as_rules(rules).plan(["h/a/kernel"], seed=7)


def test_a_stack_of_a_known_layout_is_drawn_layer_by_layer():
    rules = {
        "roles": {
            "e/{expert}": {
                "hf": {"match": "experts", "over": {"axis": 0, "as": "expert"}},
                "one": "e/{expert}/w",
            }
        },
        "rules": [{"match": "*", "initializer": "orthogonal"}],
    }
    stored = np.zeros((2, 4, 3), np.float32)
    weight = Weight(
        "experts",
        stored.shape,
        stored.dtype,
        lambda values: values.fill(stored),
        layout=as_layout("experts_oi"),
    )
    initialize([weight], rules, seed=7, strict=True)
    apart = drawn(zeros(**{"e/0/w": (3, 4), "e/1/w": (3, 4)}), rules)
    np.testing.assert_array_equal(stored[1].T, apart["e/1/w"])


def test_parts_of_one_weight_are_drawn_or_kept_together():
    tables = {
        "roles": {"q": {}, "k": {}},
        "fused": [{"match": "qk", "roles": ["q", "k"]}],
        "rules": [{"match": "q", "initializer": "ones"}],
    }
    with pytest.raises(RulesError, match="qk: no rule matches its part k, and one matches q"):
        plan(zeros(qk=(2, 2)), tables, seed=7)
    kept = {**tables, "rules": [*tables["rules"], {"match": "k", "keep": True}]}
    with pytest.raises(RulesError, match="qk: a rule keeps its part k, and others are drawn"):
        plan(zeros(qk=(2, 2)), kept, seed=7)
    all_kept = {**tables, "rules": [{"match": "*", "keep": True}]}
    assert plan(zeros(qk=(2, 2)), all_kept, seed=7).kept == ("qk",)


def test_two_dialects_that_fit_alike_and_differ_are_refused():
    tables = {
        "roles": {"a": {"one": "x", "two": "y"}, "b": {"one": "y", "two": "x"}},
        "rules": [{"match": "*", "initializer": "random_normal"}],
    }
    with pytest.raises(RulesError, match="fit the dialects 'one' and 'two' alike"):
        as_rules(tables).plan(["x", "y"], seed=7)
    same = {**tables, "roles": {"a": {"one": "x", "two": "x"}, "b": {"one": "y", "two": "y"}}}
    assert len(as_rules(same).plan(["x", "y"], seed=7).initializers) == 2


def test_other_names_of_a_place_give_it_one_role():
    rules = as_rules(
        {
            "roles": {"w": {"hf": "a/weight", "flax": "a/kernel"}},
            "rules": [{"match": "w", "initializer": "random_normal"}],
        }
    )
    made = rules.plan([Parameter("a/weight", ("a/kernel",))], seed=7, strict=True).initializers
    assert made["a/weight"] == seedbed.get("random_normal", seed=7).fold_in("w")


def test_a_shard_of_a_fused_or_stacked_weight_is_that_of_the_whole():
    whole = drawn(hf())["transformer.h.1.attn.c_attn.weight"]
    columns = slice(2, 9)
    part = {"h.1.attn.c_attn.weight": np.zeros((WIDTH, 7), np.float32)}
    shard = {"*c_attn/weight": (whole.shape, (slice(None), columns))}
    with pytest.warns(UserWarning, match="no weight has it"):
        initialize(part, RULES.with_parameters(layers=LAYERS), seed=7, shard=shard)
    np.testing.assert_array_equal(part["h.1.attn.c_attn.weight"], whole[:, columns])
    stack = drawn(scanned())["h/mlp/Dense_1/kernel"]
    last = {"h/mlp/Dense_1/kernel": np.zeros((1, *stack.shape[1:]), np.float32)}
    with pytest.warns(UserWarning, match="no weight has it"):
        initialize(last, RULES, seed=7, shard={"*kernel": (stack.shape, (slice(2, 3),))})
    np.testing.assert_array_equal(last["h/mlp/Dense_1/kernel"], stack[2:])


def test_a_role_may_have_one_pattern_for_every_dialect_and_lie_in_one_array():
    over = {"axis": -1, "as": "layer"}
    tables = {
        "roles": {"w/{layer}": {"match": "w", "over": over, "optional": True}},
        "rules": [{"match": "w/{layer}", "initializer": "random_normal"}],
    }
    made = drawn(zeros(w=(3, 2)), tables)["w"]
    one = seedbed.get("random_normal", seed=7).fold_in("w/1")
    np.testing.assert_array_equal(made[:, 1], one(3))
    with pytest.raises(RulesError, match="w: no layers lie in its axis -1, which is empty"):
        drawn(zeros(w=(3, 0)), tables)
    tables["rules"][0]["over"] = {"axis": -1, "as": "n"}
    with pytest.raises(RulesError, match="w: it has a role, and its rule says over; say it in the role"):
        drawn(zeros(w=(3, 2)), tables)


def test_the_plan_tells_the_roles():
    told = str(plan(hf(), RULES, seed=7)).splitlines()
    assert told[2] == "transformer/h/0/ln_1/weight: Ones(); (4,), by '*scale'; role h/0/ln_1/scale"
    assert told[3].endswith("; role h/0/attn/q, h/0/attn/k, h/0/attn/v")
    assert plan(scanned(), RULES, seed=7).roles["h/attn/out/kernel"] == ("h/{layer}/attn/out",)


def test_weights_of_one_rule_and_shape_may_be_put_together_in_other_ways():
    tables = {
        "roles": {name: {"hf": name} for name in ("a", "q", "k")},
        "fused": [{"dialect": "hf", "match": "qk", "roles": ["q", "k"]}],
        "rules": [{"match": "*", "initializer": "he_normal"}],
    }
    tables["roles"] |= {"q": {}, "k": {}}
    model = drawn(zeros(a=(3, 4), qk=(3, 4)), tables)
    apart = drawn(
        zeros(a=(3, 4), q=(3, 2), k=(3, 2)), {**tables, "roles": {"a": "a", "q": "q", "k": "k"}, "fused": []}
    )
    np.testing.assert_array_equal(model["a"], apart["a"])
    np.testing.assert_array_equal(model["qk"], np.concatenate([apart["q"], apart["k"]], 1))
    depth = [
        {"match": "h/{n}", "initializer": "random_normal", "arguments": {"stddev": {"expr": "1 / (2 - n)"}}}
    ]
    told = str(plan(zeros(**{"h/0": (3, 4), "h/1": (3, 4)}), depth, seed=7))
    assert "stddev=0.5" in told
    assert "stddev=1," in told
    odd = zeros(a=(3, 5), qk=(3, 5))
    with pytest.raises(ShapeError, match="qk: an axis of 5 cannot be 2 blocks of 'one length'"):
        drawn(odd, tables)
    assert all((array == 7).all() for array in odd.values())


@pytest.mark.parametrize(
    ("tables", "match"),
    [
        (
            {"roles": {"h/{n}": ["*a/{n}/*", "*b/{n}/*"]}},
            r"two roles, by \*a/\{n\}/\* \(h/1\) and .* \(h/2\)",
        ),
        (
            {
                "roles": {"q": {}, "k": {}},
                "fused": [
                    {"match": "*/w", "roles": ["q", "k"], "sizes": [1, 3]},
                    {"match": "a/*", "roles": ["q", "k"], "sizes": [3, 1]},
                ],
            },
            "one role that is stored in two ways",
        ),
        (
            {
                "roles": {
                    "h/{n}": {
                        "match": "a/*",
                        "over": {"axis": 0, "as": "n"},
                        "hf": {"match": "*/w", "over": {"axis": 1, "as": "n"}},
                    }
                }
            },
            "one role that is stored in two ways",
        ),
    ],
)
def test_a_weight_whose_role_may_be_read_in_two_ways_is_refused(tables, match):
    rules = {**tables, "rules": [{"match": "*", "initializer": "random_normal"}]}
    with pytest.raises(RulesError, match=match):
        plan({"a/1/b/2/w": np.zeros((4, 4))}, rules, seed=7)


def test_a_prefix_is_none_of_what_rules_match_roles_by():
    tables = {
        "roles": {"encoder/w": "enc/w", "decoder/w": "dec/w"},
        "rules": [
            {"match": "encoder/*", "initializer": "ones"},
            {"match": "decoder/*", "initializer": "random_normal", "stream": "{parent}/own"},
        ],
    }
    made = plan(
        {"enc/w": np.zeros((2, 2)), "dec/w": np.zeros((2, 2))}, tables, seed=7, prefix="encoder", strict=True
    ).initializers
    assert made["encoder/enc/w"] == seedbed.get("ones")
    assert made["encoder/dec/w"].get_config()["seed"] == [7, "encoder/decoder/own"]


@pytest.mark.parametrize(
    ("model", "path"), [(hf, "transformer/h/1/attn/c_attn/weight"), (scanned, "h/ln_1/scale")]
)
def test_what_is_put_together_from_roles_says_why_it_has_no_config(model, path):
    made = plan(model(), RULES, seed=7).initializers[path]
    with pytest.raises(ConfigError, match=r"rules put it together .* keep the rules and the seed"):
        seedbed.to_config(made)


def test_one_of_two_dialects_that_fit_alike_can_be_chosen():
    tables = {
        "roles": {"a": {"one": "x", "two": "y"}, "b": {"one": "y", "two": "x"}},
        "rules": [{"match": "*", "initializer": "random_normal"}],
    }
    rules = as_rules(tables)
    for dialect, role in (("one", "a"), ("two", "b")):
        made = rules.with_dialect(dialect).plan(["x", "y"], seed=7, strict=True)
        assert made.roles["x"] == (role,)
    with pytest.raises(RulesError, match="got the dialect 'onee'; did you mean 'one'"):
        rules.with_dialect("onee")
    with pytest.raises(RulesError, match="got the dialect 3; these rules have 'one', 'two'"):
        rules.with_dialect(3)


OVER_N = {"axis": 0, "as": "n"}


@pytest.mark.parametrize(
    "tables",
    [
        {"rules": [{"match": "h/{n}", "initializer": "ones", "over": OVER_N}]},
        {
            "parameters": {"n": {"type": "int", "default": 3}},
            "rules": [{"match": "h", "initializer": "ones", "over": OVER_N}],
        },
        {"rules": [{"match": "h", "initializer": "ones", "over": {"axis": 0, "as": "fan_in"}}]},
        {
            "roles": {"h/{n}": {"hf": {"match": "h/{n}", "over": OVER_N}}},
            "rules": [{"match": "h/*", "initializer": "ones"}],
        },
    ],
)
def test_what_counts_layers_has_a_name_of_its_own(tables):
    with pytest.raises(RulesError, match=r"another name|over must be an axis and a name"):
        as_rules(tables)

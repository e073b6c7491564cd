"""Whole models by rules: the trees of Flax and Equinox, and any other."""

import numpy as np
import pytest
from frameworks import framework

import seedbed
from seedbed.errors import ArgumentError, DTypeError, LayoutError, RulesError, ShapeError
from seedbed.models import Values
from seedbed.rules import as_rules

jax = framework("jax")
linen = framework("flax.linen", plugin="seedbed_jax")
nnx = framework("flax.nnx", plugin="seedbed_jax")
equinox = framework("equinox", plugin="seedbed_jax")
jnp = jax.numpy

import seedbed_jax  # noqa: E402

KEY = jax.random.key(7)
RULES = {"*/bias": "zeros", "norm/weight": "ones", "*": "he_normal"}


def drawn(path, shape, dtype="float32", *, initializer="he_normal"):
    return seedbed.get(initializer, seed=7).fold_in(path)(shape, dtype)


def same(array, expected):
    return isinstance(array, jax.Array) and np.asarray(array).tobytes() == expected.tobytes()


class Linen(linen.Module):
    @linen.compact
    def __call__(self, tokens):
        x = linen.Embed(5, 8, name="embed")(tokens)
        x = linen.Conv(6, (3,), name="conv", param_dtype=jnp.bfloat16)(x)
        x = linen.LayerNorm(name="norm")(x)
        return linen.Dense(4, name="head", kernel_init=linen.with_partitioning(RULELESS, (None, "model")))(x)


RULELESS = linen.initializers.zeros


class Nnx(nnx.Module):
    def __init__(self, rngs):
        self.embed = nnx.Embed(5, 8, rngs=rngs)
        self.conv = nnx.Conv(8, 6, (3,), param_dtype=jnp.bfloat16, rngs=rngs)
        self.norm = nnx.LayerNorm(6, rngs=rngs)
        self.head = nnx.Linear(6, 4, rngs=rngs)
        self.dropout = nnx.Dropout(0.1, rngs=rngs)


EXPECTED = {
    "embed/weight": drawn("embed/weight", (5, 8)),
    "conv/weight": drawn("conv/weight", (3, 8, 6), "bfloat16"),
    "conv/bias": np.zeros(6, "float16"),  # as many zero bits as bfloat16 has
    "norm/weight": np.ones(6, "float32"),
    "norm/bias": np.zeros(6, "float32"),
    "head/weight": drawn("head/weight", (6, 4)),
    "head/bias": np.zeros(4, "float32"),
}
FLAX = {"embed": "embedding", "conv": "kernel", "norm": "scale", "head": "kernel"}


def parts_of(tree):
    """Return the arrays of a tree of Flax by the paths of `EXPECTED`."""
    found = {}
    for path in EXPECTED:
        layer, leaf = path.split("/")
        value = tree[layer][FLAX[layer] if leaf == "weight" else leaf]
        if isinstance(value, nnx.Variable):
            value = value[...]
        found[path] = getattr(value, "value", value)
    return found


def assert_expected(tree):
    for path, array in parts_of(tree).items():
        assert same(array, EXPECTED[path]), path


def test_the_parameters_of_linen_are_drawn_in_the_place_of_shapes():
    shapes = jax.eval_shape(Linen().init, KEY, jnp.zeros((1, 7), jnp.int32))
    made = seedbed_jax.initialize(shapes, RULES, seed=7, strict=True)
    assert jax.tree.structure(made) == jax.tree.structure(shapes)
    assert_expected(made["params"])
    assert made["params"]["head"]["kernel"].names == (None, "model")


def test_it_makes_no_difference_whether_the_collection_is_named():
    shapes = jax.eval_shape(Linen().init, KEY, jnp.zeros((1, 7), jnp.int32))["params"]
    params = jax.tree.map(lambda leaf: np.ones(leaf.shape, leaf.dtype), shapes)
    assert_expected(seedbed_jax.initialize(params, RULES, seed=7, strict=True))


def test_a_model_of_nnx_gets_the_same_as_its_twin_in_linen():
    model = nnx.eval_shape(lambda: Nnx(nnx.Rngs(0)))
    state = nnx.state(model, nnx.Param)
    made = seedbed_jax.initialize(state, RULES, seed=7, strict=True)
    assert_expected(made)
    nnx.update(model, made)
    assert same(model.head.kernel[...], EXPECTED["head/weight"])


def test_a_whole_model_of_nnx_is_a_tree_too_and_its_streams_and_counts_stay():
    model = seedbed_jax.initialize(Nnx(nnx.Rngs(0)), RULES, seed=7, strict=True)
    assert isinstance(model, Nnx)
    assert_expected({name: vars(getattr(model, name)) for name in FLAX})
    assert seedbed_jax.seed_of(model.dropout.rngs.key[...]) == seedbed_jax.seed_of(
        Nnx(nnx.Rngs(0)).dropout.rngs.key[...]
    )


def test_the_numbers_of_a_list_are_steps_of_a_path():
    model = nnx.Sequential(nnx.Linear(3, 4, rngs=nnx.Rngs(0)), nnx.Linear(4, 4, rngs=nnx.Rngs(0)))
    made = seedbed_jax.initialize(
        nnx.state(model), {"layers.?.bias": "zeros", "layers.1.*": "he_normal", "*": "ones"}, seed=7
    )
    assert same(made["layers"][1]["kernel"][...], drawn("layers/1/weight", (4, 4)))
    assert (made["layers"][0]["kernel"][...] == 1).all()


@pytest.mark.parametrize("pattern", ["head/kernel", "params/head/kernel", "head/weight", "*.kernel"])
def test_a_pattern_may_have_the_names_of_flax(pattern):
    params = {"params": {"head": {"kernel": jnp.zeros((6, 4))}}}
    made = seedbed_jax.initialize(params, {pattern: "he_normal"}, seed=7, strict=True)
    assert same(made["params"]["head"]["kernel"], EXPECTED["head/weight"])


def test_a_module_of_equinox_gets_what_others_get_with_its_outputs_first():
    def shaped(layer, *arguments, **options):
        return equinox.filter_eval_shape(layer, *arguments, key=KEY, **options)

    model = {
        "head": shaped(equinox.nn.Linear, 6, 4),
        "conv": shaped(equinox.nn.Conv1d, 8, 6, 3, dtype=jnp.bfloat16),
        "deconv": shaped(equinox.nn.ConvTranspose2d, 3, 2, (4, 5)),
        "embed": shaped(equinox.nn.Embedding, 5, 8),
        "norm": equinox.nn.LayerNorm(6),
        "cell": shaped(equinox.nn.GRUCell, 3, 4),
    }
    made = seedbed_jax.initialize(model, {"conv/bias": "random_normal", **RULES}, seed=7)
    assert same(made["head"].weight, EXPECTED["head/weight"].T)
    assert same(made["conv"].weight, EXPECTED["conv/weight"].transpose(2, 1, 0))
    assert same(made["deconv"].weight, drawn("deconv/weight", (4, 5, 3, 2)).transpose(3, 2, 0, 1))
    assert same(made["embed"].weight, EXPECTED["embed/weight"])
    assert same(made["norm"].weight, EXPECTED["norm/weight"])
    assert same(made["cell"].weight_hh, drawn("cell/weight_hh", (4, 12)).T)
    assert same(made["conv"].bias, drawn("conv/bias", (6, 1), "bfloat16", initializer="random_normal"))
    assert jax.vmap(made["head"])(jnp.ones((2, 6))).shape == (2, 4)


def test_stacked_modules_of_equinox_have_their_stacks_in_front_and_in_no_fan():
    keys = jax.random.split(KEY, (2, 3))

    def stacked(layer, *arguments):
        make = equinox.filter_vmap(equinox.filter_vmap(lambda key: layer(*arguments, key=key)))
        return equinox.filter_eval_shape(make, keys)

    model = {
        "head": stacked(equinox.nn.Linear, 6, 4),
        "conv": stacked(equinox.nn.Conv1d, 8, 6, 5),
        "shared": stacked(equinox.nn.Linear, 6, 4),
        "words": stacked(equinox.nn.Embedding, 6, 4),
    }
    by_stacks = seedbed.get("stacked", initializer=seedbed.get("stacked", initializer="he_normal"))
    rules = {"*/bias": "zeros", "shared/*": by_stacks, "*": "he_normal"}
    made = seedbed_jax.initialize(model, rules, seed=7, strict=True)
    for layer, shape, order in (
        ("head", (6, 4), (0, 1, 3, 2)),
        ("words", (6, 4), (0, 1, 2, 3)),
        ("conv", (5, 8, 6), (0, 1, 4, 3, 2)),
    ):
        axes = {"in": -2, "out": -1, "batch": [0, 1]}
        weight = seedbed.get("he_normal", seed=7, axes=axes).fold_in(f"{layer}/weight")((2, 3, *shape))
        assert same(made[layer].weight, weight.transpose(order))
    each = seedbed.get(by_stacks, seed=7).fold_in("shared/weight")((2, 3, 6, 4))
    assert same(made["shared"].weight, each.transpose(0, 1, 3, 2))


def test_a_grouped_convolution_of_equinox_has_its_fans():
    conv = equinox.nn.Conv2d(8, 16, (3, 5), groups=4, key=KEY)
    made = seedbed_jax.initialize(
        conv, {"bias": "zeros", "*": "glorot_uniform"}, seed=7, prefix="", strict=True
    )
    axes = {"in": -2, "out": -1, "groups": 4}
    weight = seedbed.get("glorot_uniform", seed=7, axes=axes).fold_in("weight")((3, 5, 2, 16))
    assert same(made.weight, weight.transpose(3, 2, 0, 1))


def test_axes_for_a_module_of_equinox_are_those_of_what_is_drawn():
    model = {"head": equinox.nn.Linear(6, 4, use_bias=False, key=KEY)}
    wrong = seedbed.get("he_normal", axes="dense_oi")
    for given in (wrong, seedbed.get("scaled", initializer=wrong, factor=2.0)):
        with pytest.raises(LayoutError, match=r"head/weight: got axes 'dense_oi' .*; leave axes out"):
            seedbed_jax.initialize(model, {"*": given}, seed=7)
    right = seedbed.get("he_normal", axes="dense_io")
    made = seedbed_jax.initialize(model, {"*": right}, seed=7)
    assert same(made["head"].weight, EXPECTED["head/weight"].T)


def test_an_initializer_within_another_is_told_of_groups():
    conv = equinox.nn.Conv1d(8, 16, 3, groups=4, use_bias=False, key=KEY)
    scaled = seedbed.get("scaled", initializer="he_normal", factor=2.0)
    told = seedbed.get(scaled, initializer=seedbed.get("he_normal", axes={"in": -2, "out": -1, "groups": 4}))
    normal = seedbed.get("scaled", initializer="random_normal", factor=2.0)
    for given, meant in ((scaled, told), (told, told), (normal, normal)):
        made = seedbed_jax.initialize(conv, {"*": given}, seed=7, prefix="")
        assert same(made.weight, told_weight(meant))
    turned = seedbed.get("transposed", initializer="he_normal")
    with pytest.raises(LayoutError, match=r"weight: got Transposed.* give that one axes=\{"):
        seedbed_jax.initialize(conv, {"*": turned}, seed=7, prefix="")


def told_weight(initializer):
    return seedbed.get(initializer, seed=7).fold_in("weight")((3, 2, 16)).transpose(2, 1, 0)


def test_one_variable_at_two_places_is_refused_and_its_state_is_not():
    model = Nnx(nnx.Rngs(0))
    model.tied = nnx.Embed(5, 8, rngs=nnx.Rngs(1))
    model.tied.embedding = model.embed.embedding
    with pytest.raises(
        RulesError, match=r"'embed/embedding' and 'tied/embedding' are one variable.*nnx.state"
    ):
        seedbed_jax.initialize(model, RULES, seed=7)
    nnx.update(model, seedbed_jax.initialize(nnx.state(model, nnx.Param), RULES, seed=7, strict=True))
    assert model.tied.embedding is model.embed.embedding
    assert same(model.tied.embedding[...], EXPECTED["embed/weight"])


class TestAttention:
    """Kernels with an axis of heads are drawn as the matrix that they stand for."""

    PARTS = (("query", (16, 4, 5)), ("key", (16, 4, 5)), ("value", (16, 4, 5)), ("out", (4, 5, 16)))

    @staticmethod
    def trees():
        model = linen.MultiHeadDotProductAttention(4, qkv_features=20, out_features=16)
        shapes = jax.eval_shape(model.init, KEY, jnp.ones((1, 5, 16)))
        yield shapes, lambda made, name: made["params"][name]
        module = nnx.eval_shape(
            lambda: nnx.MultiHeadAttention(4, 16, qkv_features=20, decode=False, rngs=nnx.Rngs(0))
        )
        yield nnx.state(module, nnx.Param), lambda made, name: made[name]
        yield module, lambda made, name: vars(getattr(made, name))

    @pytest.mark.parametrize("tree", range(3), ids=["linen", "state of nnx", "nnx"])
    @pytest.mark.parametrize(
        "initializer",
        [
            "glorot_uniform",
            "orthogonal",
            "random_normal",
            {"class_name": "Scaled", "config": {"initializer": "he_normal", "factor": 0.5}},
            {"class_name": "Blocked", "config": {"initializers": ["glorot_uniform", "zeros"]}},
        ],
    )
    def test_a_kernel_is_the_matrix_of_its_inputs_and_outputs(self, tree, initializer):
        shapes, part = list(self.trees())[tree]
        made = seedbed_jax.initialize(shapes, {"*/bias": "zeros", "*": initializer}, seed=7, strict=True)
        for name, shape in self.PARTS:
            matrix = (20, 16) if name == "out" else (16, 20)
            weight = drawn(f"{name}/weight", matrix, initializer=initializer).reshape(shape)
            found = part(made, name)["kernel"]
            assert same(found[...] if isinstance(found, nnx.Variable) else found, weight), name

    def test_a_bias_is_the_vector_of_its_outputs(self):
        shapes, part = next(self.trees())
        rules = {"*/bias": "he_normal", "*": "zeros"}
        made = seedbed_jax.initialize(shapes, rules, seed=7)
        assert same(part(made, "query")["bias"], drawn("query/bias", (20,)).reshape(4, 5))
        assert same(part(made, "out")["bias"], drawn("out/bias", (16,)))

    def test_convolutions_of_these_names_are_convolutions(self):
        tree = {name: {"kernel": jnp.zeros((3, 8, 8))} for name in ("query", "key", "value", "out")}
        layouts = {"*/kernel": "array"}
        made = seedbed_jax.initialize(tree, {"*": "glorot_uniform"}, seed=7, layouts=layouts, strict=True)
        for name in tree:
            expected = drawn(f"{name}/weight", (3, 8, 8), initializer="glorot_uniform")
            assert same(made[name]["kernel"], expected)

    def test_stacked_layers_are_in_no_fan(self):
        stack = nnx.vmap(lambda key: nnx.LinearGeneral(16, (4, 5), rngs=nnx.Rngs(key)))
        module = nnx.eval_shape(lambda: stack(jax.random.split(KEY, 3)))
        made = seedbed_jax.initialize(
            module, {"bias": "zeros", "*": "glorot_uniform"}, seed=7, prefix="", strict=True
        )
        axes = {"in": 1, "out": [2, 3], "batch": 0}
        weight = seedbed.get("glorot_uniform", axes=axes, seed=7).fold_in("weight")((3, 16, 4, 5))
        assert same(made.kernel[...], weight)

    @pytest.mark.parametrize("place", [0, 1, 2])
    def test_stacks_are_found_where_they_are(self, place):
        def layer(key):
            return nnx.Linear(16, 20, use_bias=False, rngs=nnx.Rngs(key))

        module = nnx.eval_shape(lambda: nnx.vmap(layer, out_axes=place)(jax.random.split(KEY, 3)))
        made = seedbed_jax.initialize(module, {"*": "glorot_uniform"}, seed=7, prefix="", strict=True)
        axes = {"in": 1, "out": 2, "batch": 0}
        weight = seedbed.get("glorot_uniform", axes=axes, seed=7).fold_in("weight")((3, 16, 20))
        assert same(made.kernel[...], np.moveaxis(weight, 0, place))

    def test_one_matrix_is_not_made_of_a_stack(self):
        layer = equinox.filter_vmap(lambda key: equinox.nn.Linear(6, 4, use_bias=False, key=key))
        stack = layer(jax.random.split(KEY, 3))
        with pytest.raises(LayoutError, match=r"weight: got Orthogonal.*; give 'stacked' with it"):
            seedbed_jax.initialize(stack, {"*": "orthogonal"}, seed=7, prefix="")
        each = seedbed.get("stacked", initializer="orthogonal")
        made = seedbed_jax.initialize(stack, {"*": each}, seed=7, prefix="")
        expected = seedbed.get(each, seed=7).fold_in("weight")((3, 6, 4)).transpose(0, 2, 1)
        assert same(made.weight, expected)

    def test_a_kernel_is_drawn_once(self):
        drawn_shapes = []
        call = seedbed.standard.Orthogonal.__call__

        def counted(self, shape, dtype=None):
            drawn_shapes.append(shape)
            return call(self, shape, dtype)

        shapes, _ = next(self.trees())
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(seedbed.standard.Orthogonal, "__call__", counted)
            seedbed_jax.initialize(shapes, {"query/kernel": "orthogonal", "*": "zeros"}, seed=7)
        assert drawn_shapes == [(16, 20)]

    def test_what_is_stacked_less_often_than_the_weights_is_refused(self):
        layer = equinox.filter_vmap(equinox.filter_vmap(lambda key: equinox.nn.Linear(6, 4, key=key)))
        twice = layer(jax.random.split(KEY, (2, 3)))
        once = seedbed.get("stacked", initializer="he_normal")
        with pytest.raises(LayoutError, match=r"stacked 1 times, for weights that are stacked 2 times"):
            seedbed_jax.initialize(twice, {"bias": "zeros", "*": once}, seed=7)

    def test_axes_that_a_rule_gives_must_be_these(self):
        shapes, part = next(self.trees())
        right = seedbed.get("glorot_uniform", axes="attention_query")
        made = seedbed_jax.initialize(shapes, {"query/weight": right, "*": "zeros"}, seed=7)
        assert same(
            part(made, "query")["kernel"],
            drawn("query/weight", (16, 20), initializer="glorot_uniform").reshape(16, 4, 5),
        )
        with pytest.raises(LayoutError, match=r"out/weight: got axes 'attention_query' .*; leave axes out"):
            seedbed_jax.initialize(shapes, {"out/weight": right, "*": "zeros"}, seed=7)


def test_modules_of_nnx_tell_what_their_axes_are():
    rngs = nnx.Rngs(0)
    model = nnx.List(
        [
            nnx.Conv(8, 16, (3,), feature_group_count=4, use_bias=False, rngs=rngs),
            nnx.ConvTranspose(3, 2, (5,), transpose_kernel=True, use_bias=False, rngs=rngs),
            nnx.Einsum("btd,dhk->bthk", (6, 2, 4), rngs=rngs),
            nnx.Einsum("ebd,edf->ebf", (5, 6, 8), rngs=rngs),
        ]
    )
    made = seedbed_jax.initialize(model, {"*": "glorot_uniform"}, seed=7)

    def weight(number, shape, axes=None):
        told = seedbed.get("glorot_uniform", seed=7, axes=axes)
        return told.fold_in(f"{number}/weight")(shape)

    grouped = {"in": -2, "out": -1, "groups": 4}
    assert same(made[0].kernel[...], weight(0, (3, 2, 16), grouped))
    assert same(made[1].kernel[...], weight(1, (5, 3, 2)).transpose(0, 2, 1))
    assert same(made[2].kernel[...], weight(2, (6, 8)).reshape(6, 2, 4))
    assert same(made[3].kernel[...], weight(3, (5, 6, 8), "experts_io"))


def test_a_caller_tells_what_the_axes_of_other_weights_are():
    tree = {
        "dw": {"kernel": jnp.zeros((3, 1, 8))},
        "mix": {"w": jnp.zeros((4, 6))},
        "layers": {"proj": {"kernel": jnp.zeros((2, 6, 4))}},
    }
    layouts = {
        "dw.kernel": {"preset": "conv_hwio", "groups": 8},
        "mix/*": "dense_oi",
        "layers/*": {"in": -2, "out": -1, "batch": 0},
    }
    made = seedbed_jax.initialize(tree, {"*": "glorot_uniform"}, seed=7, layouts=layouts, strict=True)

    def weight(path, shape, axes=None):
        return seedbed.get("glorot_uniform", seed=7, axes=axes).fold_in(path)(shape)

    assert same(made["dw"]["kernel"], weight("dw/weight", (3, 1, 8), layouts["dw.kernel"]))
    assert same(made["mix"]["w"], weight("mix/w", (6, 4)).T)
    stacked = weight("layers/proj/weight", (2, 6, 4), layouts["layers/*"])
    assert same(made["layers"]["proj"]["kernel"], stacked)


@pytest.mark.parametrize(
    ("layouts", "error", "match"),
    [
        (
            {"*.wieght": "dense_oi"},
            LayoutError,
            r"got a layout for '\*.wieght', which matches no weight",
        ),
        ({"*": "dense_ox"}, LayoutError, r"'\*' in layouts: got layout 'dense_ox'; did you mean 'dense_oi'"),
        ({"*": None}, LayoutError, r"'\*' in layouts: got layout None"),
        ({3: "dense_oi"}, LayoutError, "got the pattern 3 in layouts"),
        ("dense_oi", LayoutError, "got 'dense_oi' as layouts; pass a dict"),
        ({"*": "attention_query"}, ShapeError, r"head/weight: got shape \(6, 4\), which has no axis -3"),
    ],
)
def test_layouts_that_mean_nothing_are_refused(layouts, error, match):
    with pytest.raises(error, match=match):
        seedbed_jax.initialize(
            {"head": {"kernel": jnp.zeros((6, 4))}}, {"*": "ones"}, seed=7, layouts=layouts
        )


def test_a_parameter_may_have_the_name_of_its_twin():
    class Model(linen.Module):
        def setup(self):
            self.h = [linen.Dense(4, use_bias=False) for _ in range(2)]

        def __call__(self, x):
            return self.h[1](self.h[0](x))

    def twin(path):
        return path.replace("h_", "h/", 1)

    shapes = jax.eval_shape(Model().init, KEY, jnp.ones((1, 4)))
    rules = {"h.1.weight": "ones", "h_0/kernel": "he_normal"}
    made = seedbed_jax.initialize(shapes, rules, seed=7, rename=twin, strict=True)
    assert same(made["params"]["h_0"]["kernel"], drawn("h/0/weight", (4, 4)))
    with pytest.raises(RulesError, match="'params/h_0/kernel' and 'params/h_1/kernel' have one path, 'h'"):
        seedbed_jax.initialize(shapes, rules, seed=7, rename=lambda path: path[0])
    with pytest.raises(ArgumentError, match="got None from rename for 'h_0/weight'; it has to return a path"):
        seedbed_jax.initialize(shapes, rules, seed=7, rename=lambda path: None)
    with pytest.raises(ArgumentError, match=r"got \{'h_0': 'h'\} as rename; pass a function"):
        seedbed_jax.initialize(shapes, rules, seed=7, rename={"h_0": "h"})


def test_a_new_name_with_dots_has_the_stream_of_the_path():
    tree = {"h_0": {"kernel": jnp.zeros((4, 4))}}
    made = seedbed_jax.initialize(tree, {"*": "he_normal"}, seed=7, rename=lambda path: "h.0.weight")
    assert same(made["h_0"]["kernel"], drawn("h/0/weight", (4, 4)))


def test_a_plan_tells_what_is_drawn_and_draws_nothing():
    shapes = jax.eval_shape(Linen().init, KEY, jnp.zeros((1, 7), jnp.int32))
    plan = seedbed_jax.plan(shapes, {"*weight": "he_normal"}, seed=7)
    assert plan.initializers["head/weight"] == seedbed.get("he_normal", seed=7).fold_in("head/weight")
    assert set(plan.unmatched) == {"conv/bias", "norm/bias", "head/bias"}
    with pytest.raises(RulesError, match="head/bias: no rule matches"):
        seedbed_jax.plan(shapes, {"*weight": "he_normal"}, seed=7, strict=True)


def test_what_is_no_parameter_stays_as_it_is():
    step, name = jnp.array(3), object()
    tree = {"kernel": np.zeros((2, 2)), "step": step, "name": name, "nothing": None, "rate": 0.1}
    made = seedbed_jax.initialize(tree, {"*": "random_normal"}, seed=7, prefix="", strict=True)
    assert made["step"] is step
    assert made["name"] is name
    assert made["rate"] == 0.1
    assert made["nothing"] is None
    assert same(made["kernel"], drawn("weight", (2, 2), initializer="random_normal"))


def test_a_layer_of_nnx_may_be_called_params():
    class Model(nnx.Module):
        def __init__(self, rngs):
            self.params = nnx.Linear(6, 4, rngs=rngs)

    model = Model(nnx.Rngs(0))
    rules = {"params/bias": "zeros", "*": "he_normal"}
    whole = seedbed_jax.initialize(model, rules, seed=7, strict=True)
    state = seedbed_jax.initialize(nnx.state(model, nnx.Param), rules, seed=7, strict=True)
    expected = drawn("params/weight", (6, 4))
    assert same(whole.params.kernel[...], expected)
    assert same(state["params"]["kernel"][...], expected)


class ByKeys:
    """A node of a tree that names its children by keys, and cannot be asked for them."""

    def __init__(self, **children):
        self.children = children


jax.tree_util.register_pytree_with_keys(
    ByKeys,
    lambda node: (
        tuple((jax.tree_util.DictKey(name), child) for name, child in node.children.items()),
        tuple(node.children),
    ),
    lambda names, children: ByKeys(**dict(zip(names, children, strict=True))),
)


def test_a_module_of_equinox_is_found_behind_every_kind_of_node():
    def linear():
        return equinox.nn.Linear(6, 4, use_bias=False, key=KEY)

    tree = {"partial": jax.tree_util.Partial(max, linear()), "keyed": ByKeys(head=linear())}
    made = seedbed_jax.initialize(tree, {"*": "he_normal"}, seed=7)
    assert same(made["keyed"].children["head"].weight, drawn("keyed/head/weight", (6, 4)).T)
    assert same(made["partial"].args[0].weight, drawn(f"{path_within(tree)}/weight", (6, 4)).T)


def path_within(tree):
    """Return JAX's own names of the way to the one module in a partial function."""
    keys = jax.tree_util.tree_flatten_with_path({"partial": tree["partial"]})[0][0][0]
    return "/".join(str(getattr(key, "key", getattr(key, "idx", key))) for key in keys[:-1])


def test_a_single_array_is_a_tree():
    assert same(
        seedbed_jax.initialize(
            jax.ShapeDtypeStruct((2, 2), "float32"),
            {"*": "he_normal"},
            seed=7,
            prefix="",
            layouts={"weight": "dense_io"},
        ),
        drawn("weight", (2, 2)),
    )


def test_what_is_left_over_is_warned_of_and_stays():
    bias = jnp.ones(4)
    tree = {"head": {"kernel": jax.ShapeDtypeStruct((6, 4), "float32"), "bias": bias}}
    rules = {"head/weight": "he_normal", "*/wieght": "ones"}
    with pytest.warns(UserWarning, match=r"head/bias: no rule matches\n  rule \*/wieght") as caught:
        made = seedbed_jax.initialize(tree, rules, seed=7)
    assert caught[0].filename == __file__
    assert made["head"]["bias"] is bias
    assert same(made["head"]["kernel"], EXPECTED["head/weight"])


def test_what_is_left_over_is_an_error_where_strict():
    tree = {"head": {"bias": jnp.zeros(4)}}
    with pytest.raises(RulesError, match="head/bias: no rule matches"):
        seedbed_jax.initialize(tree, {"*/weight": "he_normal"}, seed=7, strict=True)


def test_a_shape_that_no_rule_matches_is_an_error_in_any_case():
    tree = {"head": {"bias": jax.ShapeDtypeStruct((4,), "float32")}}
    with pytest.raises(RulesError, match=r"no rule matches head/bias, which have no memory.*a last one for"):
        seedbed_jax.initialize(tree, {"*/weight": "he_normal"}, seed=7)


def test_two_parameters_with_one_path_are_an_error_that_names_both():
    tree = {"layer": {"kernel": jnp.zeros((2, 2)), "scale": jnp.zeros(2)}}
    with pytest.raises(RulesError, match="'layer/kernel' and 'layer/scale' have one path, 'layer/weight'"):
        seedbed_jax.initialize(tree, {"*": "he_normal"}, seed=7)


def test_nothing_is_drawn_where_one_parameter_cannot_be():
    tree = {"a": {"kernel": jnp.zeros((2, 2))}, "b": jnp.zeros(3)}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Values, "fill", lambda *_, **__: pytest.fail("something was drawn"))
        with pytest.raises(ShapeError, match=r"b: got shape \(3,\), which has no axis -2"):
            seedbed_jax.initialize(
                tree, {"b": seedbed.get("he_normal", axes="dense_io"), "*": "he_normal"}, seed=7
            )


def test_a_seed_is_needed():
    with pytest.raises(ArgumentError, match="got the seed None"):
        seedbed_jax.initialize({"a": jnp.zeros(2)}, {"*": "he_normal"}, seed=None)


@pytest.mark.parametrize("call", [seedbed_jax.initialize, seedbed_jax.plan])
@pytest.mark.parametrize("key", [jax.random.key(0), jax.random.PRNGKey(0), jax.random.key(0, impl="rbg")])
def test_a_key_in_the_place_of_a_seed_is_refused_with_the_way_to_one(call, key):
    tree, rules = {"a": jnp.zeros(2)}, {"*": "random_normal"}
    with pytest.raises(ArgumentError, match=r"got a key of JAX's .*; pass seed=seedbed_jax\.seed_of"):
        call(tree, rules, seed=key)
    call(tree, rules, seed=seedbed_jax.seed_of(key))


@pytest.mark.parametrize("call", [seedbed_jax.initialize, seedbed_jax.plan])
@pytest.mark.parametrize(
    ("tree", "match"), [(nnx.Linear, "a class"), (linen.Dense, "a class"), (jnp.sin, "a function")]
)
def test_what_makes_a_module_is_refused_where_one_is_meant(call, tree, match):
    with pytest.raises(ArgumentError, match=rf"{match}, which holds no parameters; pass the module that it"):
        call(tree, {"*": "he_normal"}, seed=7)


def test_a_rule_may_have_a_function_of_a_key():
    init = seedbed_jax.initializer("he_normal")
    tree = {"head": {"kernel": jnp.zeros((6, 4))}}
    for rules in ({"*": init}, [("*", init)], [["*", init]], {"*": "he_normal"}):
        made = seedbed_jax.initialize(tree, rules, seed=7, strict=True)
        assert same(made["head"]["kernel"], EXPECTED["head/weight"])
    with pytest.raises(RulesError, match="he_normal"):
        seedbed_jax.initialize(tree, ["he_normal"], seed=7)


def test_traced_arrays_are_not_replaced():
    def loss(tree):
        return seedbed_jax.initialize(tree, {"*": "he_normal"}, seed=7)["a"].sum()

    with pytest.raises(ArgumentError, match="call it outside of jit and grad"):
        jax.grad(loss)({"a": jnp.zeros((2, 2))})


def test_arrays_are_not_made_while_a_function_is_traced():
    with pytest.raises(ArgumentError, match="call it outside of jit"):
        jax.jit(lambda: seedbed_jax.initialize({"a": jnp.zeros(2)}, {"*": "he_normal"}, seed=7))()


def test_a_tree_of_shardings_must_fit():
    tree = {"a": jnp.zeros(2), "b": jnp.zeros(2)}
    device = jax.sharding.SingleDeviceSharding(jax.devices()[0])
    with pytest.raises(ArgumentError, match="no beginning of the tree of parameters"):
        seedbed_jax.initialize(tree, {"*": "he_normal"}, seed=7, shardings={"a": device})
    with pytest.raises(ArgumentError, match="got 'model' among the shardings"):
        seedbed_jax.initialize(tree, {"*": "he_normal"}, seed=7, shardings={"a": device, "b": "model"})


def test_a_tree_of_shardings_and_one_of_parameters_may_have_none_in_it():
    mesh = jax.make_mesh((1,), ("a",))
    rows, columns = (
        jax.sharding.NamedSharding(mesh, jax.sharding.PartitionSpec(*spec)) for spec in (("a",), (None, "a"))
    )
    shape = jax.ShapeDtypeStruct((2, 2), "float32")
    tree, layouts = {"a": None, "b": shape, "c": shape}, {"*": "array"}
    for shardings in ({"a": None, "b": rows, "c": columns}, {"a": columns, "b": rows, "c": columns}):
        made = seedbed_jax.initialize(
            tree, {"*": "random_normal"}, seed=7, shardings=shardings, layouts=layouts
        )
        assert (made["a"], made["b"].sharding, made["c"].sharding) == (None, rows, columns)


def test_the_partition_specs_of_flax_are_shardings_under_a_mesh():
    mesh = jax.make_mesh((1,), ("model",), axis_types=(jax.sharding.AxisType.Auto,))
    shapes = jax.eval_shape(Linen().init, KEY, jnp.zeros((1, 7), jnp.int32))
    state = nnx.state(nnx.eval_shape(lambda: Nnx(nnx.Rngs(0))), nnx.Param)
    for tree, specs in (
        (shapes, linen.get_partition_spec(shapes)),
        (state, nnx.get_partition_spec(state)),
    ):
        with jax.set_mesh(mesh):
            made = seedbed_jax.initialize(tree, RULES, seed=7, shardings=specs)
        made = made.get("params", made)
        assert_expected(made)
        assert all(leaf.sharding.mesh == mesh for leaf in jax.tree.leaves(made))
    with pytest.raises(ArgumentError, match=r"or a PartitionSpec under jax\.set_mesh"):
        seedbed_jax.initialize(state, RULES, seed=7, shardings=nnx.get_partition_spec(state))


def test_nothing_is_drawn_where_a_sharding_does_not_fit():
    mesh = jax.make_mesh((1,), ("a",))
    crooked = jax.sharding.NamedSharding(mesh, jax.sharding.PartitionSpec(None, "a"))
    tree = {"a": jnp.zeros(2), "b": jnp.zeros(2)}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(seedbed.standard.Zeros, "fill", lambda *_, **__: pytest.fail("something was drawn"))
        with pytest.raises(ShapeError, match=r"b: got shape \(2,\), which NamedSharding"):
            seedbed_jax.initialize(tree, {"*": "zeros"}, seed=7, shardings={"a": None, "b": crooked})


def test_a_shape_on_an_abstract_mesh_goes_to_the_mesh_that_is_set():
    mesh = jax.make_mesh((1,), ("a",), axis_types=(jax.sharding.AxisType.Explicit,))
    spec = jax.sharding.PartitionSpec("a", None)
    init = seedbed_jax.initializer("zeros")
    with jax.set_mesh(mesh):
        shapes = jax.eval_shape(lambda: {"head": {"kernel": init(None, (6, 4), None, spec)}})
        made = seedbed_jax.initialize(shapes, {"*": "he_normal"}, seed=7)["head"]["kernel"]
    assert made.sharding == jax.sharding.NamedSharding(mesh, spec)
    assert same(made, EXPECTED["head/weight"])
    with pytest.raises(
        ArgumentError, match=r"head/weight: got NamedSharding.* has no devices; call jax.set_mesh"
    ):
        seedbed_jax.initialize(shapes, {"*": "he_normal"}, seed=7)


def test_an_array_that_is_on_no_device_on_purpose_is_replaced_by_such_a_one():
    made = seedbed_jax.initialize({"a": jnp.zeros(2)}, {"*": "random_normal"}, seed=7)
    assert not made["a"].committed
    there = jax.device_put(jnp.zeros(2), jax.devices()[0])
    assert seedbed_jax.initialize({"a": there}, {"*": "random_normal"}, seed=7)["a"].committed


def test_rules_are_taken_from_a_file(tmp_path):
    path = tmp_path / "rules.toml"
    path.write_text('[[rules]]\nmatch = "*"\ninitializer = "he_normal"\n')
    for rules in (path, str(path), as_rules(path)):
        made = seedbed_jax.initialize({"head": {"kernel": jnp.zeros((6, 4))}}, rules, seed=7, strict=True)
        assert same(made["head"]["kernel"], EXPECTED["head/weight"])


def test_an_initializer_that_cannot_give_the_dtype_says_for_which_parameter():
    with pytest.raises(DTypeError, match="head/weight: "):
        seedbed_jax.initialize(
            {"head": {"kernel": jnp.zeros(2, jnp.float16)}},
            {"*": seedbed.get("random_normal", stddev=1e5)},
            seed=7,
        )


def test_kinds_say_what_a_layer_of_ones_own_is():
    tree = {"norm": {"scale": jnp.zeros(4)}, "up": {"kernel": jnp.zeros((4, 4))}}
    rules = [{"match": "*", "kind": "norm", "initializer": "ones"}, {"match": "*", "initializer": "zeros"}]
    kinds = {"norm*": "norm", "up*": "linear"}
    made = seedbed_jax.initialize(tree, rules, seed=7, strict=True, kinds=kinds)
    assert made["norm"]["scale"].min() == 1
    assert seedbed_jax.plan(tree, rules, seed=7, kinds=kinds).chosen["norm/weight"].kind == "norm"


@pytest.mark.parametrize("call", [seedbed_jax.initialize, seedbed_jax.plan])
def test_a_module_of_linen_is_refused_with_the_way_to_its_variables(call):
    for tree in (linen.Dense(3), {"head": linen.Dense(3)}):
        with pytest.raises(
            ArgumentError, match=r"got a Dense of linen.*jax\.eval_shape\(module\.init, key, inputs"
        ):
            call(tree, {"*": "he_normal"}, seed=7)


@pytest.mark.parametrize("call", [seedbed_jax.initialize, seedbed_jax.plan])
def test_a_plan_tells_what_initialize_tells_of_state_without_values(call):
    tree = {
        "params": {"head": {"kernel": jnp.zeros((3, 4))}},
        "cache": {"index": jax.ShapeDtypeStruct((), "int32")},
    }
    with pytest.warns(UserWarning, match="shapes of what is no parameter.*cache/index"):
        call(tree, {"*": "he_normal"}, seed=7)
    with pytest.raises(RulesError, match="cache/index"):
        call(tree, {"*": "he_normal"}, seed=7, strict=True)


def test_layers_that_linen_has_lifted_are_of_their_kind():
    class Model(linen.Module):
        @linen.compact
        def __call__(self, x):
            x = linen.remat(linen.Dense)(3)(x)
            many = linen.vmap(
                linen.remat(linen.LayerNorm), variable_axes={"params": 0}, split_rngs={"params": True}
            )
            return linen.jit(linen.Conv)(3, (2,))(many()(x))

    variables = jax.eval_shape(Model().init, KEY, jnp.zeros((2, 5, 4)))
    names = "\n".join(variables["params"])
    assert "CheckpointDense_0" in names
    rules = [{"match": "*", "kind": kind, "initializer": "ones"} for kind in ("linear", "norm", "conv")]
    found = seedbed_jax.plan(variables, rules, seed=7, strict=True).chosen
    assert {rule.kind for rule in found.values()} == {"linear", "norm", "conv"}


def test_the_lengths_of_a_weight_norm_are_a_vector_of_its_layer():
    module = equinox.nn.WeightNorm(equinox.nn.Linear(3, 4, key=KEY))
    rules = [{"match": "*", "kind": "linear", "initializer": "he_normal"}]
    found = str(seedbed_jax.plan(module, rules, seed=7, strict=True))
    assert "\ng: " in found
    assert "(4, 1) as {'in': [], 'out': []}, fan_in=4, fan_out=4" in found


class OfNnx(nnx.Module):
    def __init__(self):
        self.mix = nnx.Param(jnp.zeros((3, 4)))


class OfEquinox(equinox.Module):
    mix: jax.Array


class OfLinen(linen.Module):
    @linen.compact
    def __call__(self, x):
        return x @ self.param("mix", linen.initializers.zeros, (3, 4))


OWN = {
    "nnx": OfNnx,
    "state": lambda: nnx.state(OfNnx()),
    "linen": lambda: jax.eval_shape(OfLinen().init, KEY, jnp.zeros((2, 3))),
    "equinox": lambda: OfEquinox(jnp.zeros((3, 4))),
    "experts": lambda: {"mix": jnp.zeros((5, 3, 4))},
}


@pytest.mark.parametrize("make", OWN.values(), ids=OWN)
def test_what_the_axes_of_a_matrix_of_ones_own_are_has_to_be_said(make):
    """As in PyTorch: an error where fans count, else a warning, which is an error where strict."""
    tree = make()
    with pytest.raises(LayoutError, match=r"mix: HeNormal\(.*\) needs fans.*layouts=\{'mix': \.\.\.\}"):
        seedbed_jax.plan(tree, {"*": "he_normal"}, seed=7)
    with pytest.warns(UserWarning, match=r"nothing tells what the axes of mix \(") as caught:
        seedbed_jax.initialize(tree, {"*": "random_normal"}, seed=7)
    assert caught[0].filename == __file__
    with pytest.raises(LayoutError, match=r"nothing tells what the axes of mix \("):
        seedbed_jax.plan(tree, {"*": "random_normal"}, seed=7, strict=True)
    seedbed_jax.initialize(tree, {"*": "zeros"}, seed=7, strict=True)
    seedbed_jax.initialize(tree, {"*": "he_normal"}, seed=7, strict=True, layouts={"mix": "array"})


def test_a_vector_of_ones_own_in_a_stack_is_told_by_the_stack():
    tree = {
        "layers": {
            "up": {"kernel": jnp.zeros((5, 3, 4)), "bias": jnp.zeros((5, 4))},
            "tilt": jnp.zeros((5, 4)),
        }
    }
    assert "(5, 4) as {'in': [], 'out': [], 'batch': [0]}" in str(
        seedbed_jax.plan(tree, {"*": "random_normal"}, seed=7, strict=True)
    )

"""Weights of three axes or more, of which a tree of linen, or a state of nnx, has only names and shapes."""

import numpy as np
import pytest
from frameworks import framework

import seedbed
from seedbed.errors import LayoutError, RulesError

jax = framework("jax")
linen = framework("flax.linen", plugin="seedbed_jax")
nnx = framework("flax.nnx", plugin="seedbed_jax")
jnp = jax.numpy

import seedbed_jax  # noqa: E402

KEY = jax.random.key(7)
FAN_CONSTANT = {"class_name": "Scaled", "config": {"initializer": "fan_constant", "factor": 2.0}}
RULES = {"*bias": "zeros", "*scale": "ones", "*": "lecun_normal"}


def weight(path, shape, axes, initializer="lecun_normal"):
    return seedbed.get(initializer, seed=7, axes=axes).fold_in(path)(shape)


def planned(tree, rules=None, **options):
    return str(seedbed_jax.plan(tree, rules or {"*": "lecun_normal"}, seed=7, strict=True, **options))


def kernel(*shape, bias=None):
    found = {"kernel": jnp.zeros(shape)}
    return found if bias is None else {**found, "bias": jnp.zeros(bias)}


class Block(linen.Module):
    use_bias: bool = False

    @linen.compact
    def __call__(self, x, _):
        y = linen.RMSNorm(name="norm")(x)
        x += linen.MultiHeadDotProductAttention(4, use_bias=self.use_bias, name="attention")(y)
        up = linen.Dense(24, use_bias=self.use_bias, name="up")(x)
        return x + linen.Dense(16, use_bias=self.use_bias, name="down")(up), None


class Dense(linen.Module):
    @linen.compact
    def __call__(self, x, _):
        return linen.Dense(64)(x), None


def scanned(layer=Block, x=(1, 5, 16), axis=0, count=6, **arguments):
    scan = linen.scan(layer, variable_axes={"params": axis}, split_rngs={"params": True}, length=count)
    return jax.eval_shape(scan(name="layers", **arguments).init, KEY, jnp.ones(x), None)


class TestWhatIsBeside:
    """A bias, and the scale of a norm, have one axis more where their layers are stacked."""

    @pytest.mark.slow
    @pytest.mark.parametrize("use_bias", [True, False])
    @pytest.mark.parametrize("axis", [0, 1])
    def test_the_layers_of_a_scanned_transformer_are_in_no_fan(self, use_bias, axis):
        shapes = {"params": {"layers": scanned(axis=axis, use_bias=use_bias)["params"]}}
        rules = {name: of for name, of in RULES.items() if use_bias or name != "*bias"}
        made = seedbed_jax.initialize(shapes, rules, seed=7, strict=True)["params"]["layers"]
        wanted = {
            ("up",): (weight("layers/up/weight", (6, 16, 24), "experts_io"), (6, 16, 24)),
            ("attention", "query"): (
                weight("layers/attention/query/weight", (6, 16, 16), "experts_io"),
                (6, 16, 4, 4),
            ),
            ("attention", "out"): (
                weight("layers/attention/out/weight", (6, 16, 16), "experts_io"),
                (6, 4, 4, 16),
            ),
        }
        for names, (expected, shape) in wanted.items():
            found = made
            for name in names:
                found = found[name]
            array = np.asarray(found["kernel"])
            np.testing.assert_array_equal(np.moveaxis(array, axis, 0), expected.reshape(shape), str(names))

    def test_a_bias_alone_tells_it(self):
        tree = scanned(Dense, (1, 64), count=12)["params"]["Dense_0"]
        assert tree["kernel"].shape == (12, 64, 64)
        rules = {"*bias": "zeros", "*": "lecun_normal"}
        made = np.asarray(seedbed_jax.initialize({"dense": tree}, rules, seed=7)["dense"]["kernel"])
        assert abs(made.std() - 64**-0.5) < 0.002
        np.testing.assert_array_equal(made, weight("dense/weight", (12, 64, 64), "experts_io"))

    def test_a_convolution_keeps_its_space(self):
        assert "fan_in=72" in planned({"a": kernel(4, 3, 3, 8, 8, bias=(4, 8))})

    def test_one_orthogonal_matrix_is_not_made_of_all(self):
        tree = {"a": kernel(12, 64, 64, bias=(12, 64))}
        with pytest.raises(LayoutError, match=r"a/weight: got Orthogonal.* for stacked weights"):
            seedbed_jax.initialize(tree, {"*bias": "zeros", "*": "orthogonal"}, seed=7)

    def test_several_axes_of_outputs_are_those_of_a_bias(self):
        tree = {"a": kernel(6, 2, 4, bias=(2, 4)), "b": kernel(3, 6, 2, 4, bias=(3, 2, 4))}
        made = seedbed_jax.initialize(tree, {"*": "glorot_uniform"}, seed=7, strict=True)
        expected = weight("a/weight", (6, 8), None, "glorot_uniform").reshape(6, 2, 4)
        np.testing.assert_array_equal(made["a"]["kernel"], expected)
        expected = weight("a/bias", (8,), None, "glorot_uniform").reshape(2, 4)
        np.testing.assert_array_equal(made["a"]["bias"], expected)
        expected = weight("b/weight", (3, 6, 8), "experts_io", "glorot_uniform").reshape(3, 6, 2, 4)
        np.testing.assert_array_equal(made["b"]["kernel"], expected)

    def test_a_state_of_nnx_is_told_as_a_tree_of_linen_is(self):
        stack = nnx.vmap(lambda key: nnx.Linear(16, 20, rngs=nnx.Rngs(key)))
        state = nnx.state(nnx.eval_shape(lambda: stack(jax.random.split(KEY, 3))), nnx.Param)
        assert "fan_in=16, fan_out=20" in planned(state, prefix="")

    def test_weights_of_haiku_are_told_too(self):
        tree = {"linear": {"w": jnp.zeros((3, 16, 20)), "b": jnp.zeros((3, 20))}}
        assert "fan_in=16, fan_out=20" in planned(tree)


CONVOLUTIONS = {
    "beside a bias": {"a": kernel(3, 8, 16, bias=(16,)), "b": kernel(3, 3, 8, 16, bias=(16,))},
    "called so": {"conv1": kernel(3, 8, 16), "Conv_0": kernel(3, 8, 16)},
    "of two axes of space, with norms": {"a": kernel(3, 3, 8, 16), "norm": {"scale": jnp.ones(16)}},
}


def ruled(tree, initializer):
    """Return rules for a tree, of which each is used."""
    vectors = {name: "ones" for layer in tree.values() for name in layer if name in ("bias", "scale")}
    return {**{f"*/{name}": of for name, of in vectors.items()}, "*": initializer}


class TestGuesses:
    """What nothing tells is drawn as a convolution, with a warning where another reading differs."""

    UNKNOWN = (
        {"a": kernel(3, 6, 4)},
        {"a": kernel(3, 3, 6, 4)},
        {"a": kernel(3, 3, 4, bias=(3, 4))},  # of a stack, or of several axes of outputs
        {"a": kernel(3, 4, 8, 4), "norm": {"scale": jnp.ones((3, 8))}},  # a stack of what?
        {"a": kernel(8, 6, 4), "norm": {"scale": jnp.ones(4)}},  # experts, or a convolution
        {"convnet": {"a": kernel(8, 6, 4)}},
    )

    @pytest.mark.parametrize("tree", UNKNOWN)
    @pytest.mark.parametrize("initializer", ["he_normal", "glorot_uniform", "orthogonal", FAN_CONSTANT])
    def test_what_nothing_tells_is_warned_of_and_refused_where_strict(self, tree, initializer):
        rules = ruled(tree, initializer)
        match = r"nothing tells what the axes of .*a/weight \(.* layouts=\{'.*a/weight': \.\.\.\}.*experts_io"
        with pytest.warns(UserWarning, match=match) as caught:
            seedbed_jax.initialize(tree, rules, seed=7)
        assert caught[0].filename == __file__
        for function in (seedbed_jax.initialize, seedbed_jax.plan):
            with pytest.raises(LayoutError, match=match):
                function(tree, rules, seed=7, strict=True)

    def test_a_plan_says_which_layout_is_a_guess(self):
        plan = seedbed_jax.plan(self.UNKNOWN[0], {"*": "he_normal"}, seed=7)
        assert "(3, 6, 4) as array by a guess, fan_in=18" in str(plan)

    @pytest.mark.parametrize("layout", ["experts_io", "array", {"in": [0, 1], "out": 2}])
    def test_a_layout_says_that_it_is_meant(self, layout):
        rules = {"*": "glorot_uniform"}
        seedbed_jax.initialize(self.UNKNOWN[0], rules, seed=7, layouts={"a/kernel": layout}, strict=True)

    def test_a_module_in_place_of_its_state_tells_it(self):
        stack = nnx.vmap(lambda key: nnx.Linear(16, 20, use_bias=False, rngs=nnx.Rngs(key)))
        einsum = nnx.eval_shape(lambda: nnx.Einsum("btd,dhk->bthk", (6, 2, 4), rngs=nnx.Rngs(0)))
        for module in (nnx.eval_shape(lambda: stack(jax.random.split(KEY, 3))), einsum):
            made = seedbed_jax.initialize(module, {"*": "he_normal"}, seed=7, prefix="", strict=True)
            assert isinstance(made.kernel[...], jax.Array)
            with pytest.raises(LayoutError, match=r"nothing tells what the axes of weight \("):
                seedbed_jax.initialize(nnx.state(module), {"*": "he_normal"}, seed=7, prefix="", strict=True)

    @pytest.mark.parametrize("tree", UNKNOWN)
    @pytest.mark.parametrize(
        "initializer",
        [
            "zeros",
            "random_normal",
            {"class_name": "HeNormal", "config": {"axes": {"in": -2, "out": -1}}},
            {"class_name": "Scaled", "config": {"initializer": "truncated_normal", "factor": 0.5}},
        ],
    )
    def test_nothing_is_said_where_all_readings_have_the_same_values(self, tree, initializer):
        seedbed_jax.initialize(tree, ruled(tree, initializer), seed=7, strict=True)

    @pytest.mark.parametrize("tree", CONVOLUTIONS)
    @pytest.mark.parametrize("initializer", ["lecun_normal", "he_uniform", "glorot_uniform", "orthogonal"])
    def test_convolutions_are_not_warned_of(self, tree, initializer):
        tree = CONVOLUTIONS[tree]
        if initializer == "glorot_uniform":  # which has another fan_out for two axes of inputs
            tree = {name.replace("a", "conv"): layer for name, layer in tree.items()}
        made = seedbed_jax.initialize(tree, ruled(tree, initializer), seed=7, strict=True)
        for name, layer in made.items():
            if "kernel" in layer:
                drawn = seedbed.get(initializer, seed=7).fold_in(f"{name}/weight")(layer["kernel"].shape)
                np.testing.assert_array_equal(layer["kernel"], drawn)

    @pytest.mark.parametrize("initializer", ["he_normal", "orthogonal"])
    def test_stacked_says_that_the_axis_in_front_is_a_stack(self, initializer):
        rules = {"*": seedbed.get("stacked", initializer=initializer)}
        seedbed_jax.initialize({"a": kernel(3, 6, 4)}, rules, seed=7, strict=True)
        with pytest.raises(LayoutError, match="nothing tells what the axes of a/weight"):  # (6, 2, 4)?
            seedbed_jax.initialize({"a": kernel(3, 6, 2, 4)}, rules, seed=7, strict=True)

    def test_what_is_for_convolutions_alone_is_not_warned_of(self):
        tree = {"a": kernel(3, 4, 8)}
        seedbed_jax.initialize(tree, {"*": "delta_orthogonal"}, seed=7, strict=True)

    def test_groups_and_axes_of_inputs_are_asked_for_where_a_fan_depends_on_them(self):
        for tree in ({"dw": kernel(3, 3, 1, 8, bias=(8,))}, {"out": kernel(4, 8, 16, bias=(16,))}):
            rules = {"*bias": "zeros", "*": "glorot_uniform"}
            with pytest.raises(LayoutError, match=r"nothing tells what the axes of"):
                seedbed_jax.initialize(tree, rules, seed=7, strict=True)
            seedbed_jax.initialize(tree, {**rules, "*": "he_normal"}, seed=7, strict=True)

    def test_a_name_after_it_was_renamed_is_matched_by_its_layout(self):
        options = {"rename": lambda path: f"x/{path}", "layouts": {"a/kernel": "experts_io"}}
        assert "fan_in=6, fan_out=4" in planned(self.UNKNOWN[0], **options)


class TestKinds:
    """A rule may ask for the kind of a layer."""

    @pytest.mark.slow
    def test_modules_tell_theirs(self):
        equinox = framework("equinox")
        rngs = nnx.Rngs(0)
        models = {
            "linear": nnx.Linear(2, 3, rngs=rngs),
            "general": nnx.LinearGeneral(2, (3, 4), rngs=rngs),
            "einsum": nnx.Einsum("ab,bc->ac", (2, 3), (3,), rngs=rngs),
            "lora": nnx.LoRA(3, 2, 4, rngs=rngs),
            "conv": nnx.ConvTranspose(2, 3, (3,), rngs=rngs),
            "embedding": nnx.Embed(2, 3, rngs=rngs),
            "norm": nnx.GroupNorm(4, 2, rngs=rngs),
            "recurrent": nnx.LSTMCell(2, 3, rngs=rngs),
            "activation": nnx.PReLU(),
            "eqx_linear": equinox.nn.Linear(2, 3, key=KEY),
            "eqx_conv": equinox.nn.Conv1d(2, 3, 3, key=KEY),
            "eqx_embedding": equinox.nn.Embedding(2, 3, key=KEY),
            "eqx_norm": equinox.nn.LayerNorm(3),
            "eqx_recurrent": equinox.nn.GRUCell(2, 3, key=KEY),
            "eqx_activation": equinox.nn.PReLU(),
        }
        kinds = {**dict.fromkeys(("general", "einsum", "lora"), "linear")}
        for name, model in models.items():
            kind = kinds.get(name, name.removeprefix("eqx_"))
            seedbed_jax.initialize({name: model}, of_kind(kind), seed=7, strict=True)

    def test_linen_tells_those_of_layers_that_it_has_named(self):
        for name, kind in (
            ("Dense_0", "linear"),
            ("Conv_12", "conv"),
            ("LayerNorm_1", "norm"),
            ("Embed_0", "embedding"),
            ("GRUCell_0", "recurrent"),
        ):
            tree = {name: {"hn": {"kernel": jnp.zeros((2, 3))}} if kind == "recurrent" else kernel(2, 3)}
            seedbed_jax.initialize(tree, of_kind(kind), seed=7, strict=True)
        seedbed_jax.initialize({"words": {"embedding": jnp.zeros((2, 3))}}, of_kind("embedding"), seed=7)
        attention = scanned()["params"]["attention"]
        seedbed_jax.initialize({"a": attention}, of_kind("linear"), seed=7, strict=True)

    def test_of_others_the_question_is_an_error(self):
        with pytest.raises(RulesError, match=r"asks for the kind .* of mine/weight"):
            seedbed_jax.initialize({"mine": kernel(2, 3)}, of_kind("linear"), seed=7)

    def test_a_weight_that_linens_class_of_a_name_has_not_is_of_no_kind(self):
        tree = {"LayerNorm_0": {"scale": jnp.zeros(3), "proj": jnp.zeros((8, 3))}}
        with pytest.raises(RulesError, match=r"asks for the kind .* of LayerNorm_0/proj"):
            seedbed_jax.initialize(tree, of_kind("norm", "ones"), seed=7)

    def test_a_rule_for_a_kind_may_have_a_function_of_a_key(self):
        rules = of_kind("linear", seedbed_jax.initializer("random_normal"))
        seedbed_jax.initialize({"Dense_0": kernel(2, 3)}, rules, seed=7, strict=True)


def of_kind(kind, initializer="random_normal"):
    return [{"match": "*", "kind": kind, "initializer": initializer}]


class TestPartsOfLargerWeights:
    """A process may hold a plain array that is a part of a larger weight."""

    WHOLE = weight("a/weight", (6, 8), None)

    def test_a_part_has_the_values_of_the_whole(self):
        shard = {"a/kernel": ((6, 8), (slice(0, 6), slice(4, 8)))}
        made = seedbed_jax.initialize({"a": kernel(6, 4)}, {"*": "lecun_normal"}, seed=7, shard=shard)
        np.testing.assert_array_equal(made["a"]["kernel"], self.WHOLE[:, 4:])
        assert "(6, 8)" in planned({"a": kernel(6, 4)}, shard=shard)


@pytest.mark.parametrize("shape", [(64, 3, 4, 16), (8, 64, 4, 16)])
def test_a_norm_beside_it_makes_no_convolution_of_a_weight_with_long_axes(shape):
    tree = {"norm": {"scale": jnp.ones(64)}, "qkv": {"kernel": jnp.zeros(shape)}}
    with pytest.raises(LayoutError, match="nothing tells what the axes of qkv/weight"):
        seedbed_jax.plan(tree, {"*norm*": "ones", "*": "he_normal"}, seed=7, strict=True)
    made = {"stem": {"kernel": jnp.zeros((7, 7, 3, 64))}, "norm": {"scale": jnp.ones(64)}}
    seedbed_jax.plan(made, {"*norm*": "ones", "*": "he_normal"}, seed=7, strict=True)


def test_of_several_axes_of_inputs_beside_a_bias_a_glorot_is_told():
    tree = {"out": {"kernel": jnp.zeros((32, 4, 8, 64)), "bias": jnp.zeros(64)}}
    with pytest.raises(LayoutError, match="nothing tells what the axes of out/weight"):
        seedbed_jax.plan(tree, {"*bias": "zeros", "*": "glorot_uniform"}, seed=7, strict=True)


def vectors(plan):
    return {
        line.partition(":")[0]: line.partition("; ")[2]
        for line in plan.splitlines()
        if "; (" in line and "'out': []" in line
    }


VECTORS = {"in": [], "out": [], "batch": [0]}


class TestVectorsOfStackedLayers:
    """They are vectors of as many features as one layer has, and layers are no inputs."""

    def test_modules_tell_them(self):
        @nnx.vmap(in_axes=0, out_axes=0)
        def stack(key):
            rngs = nnx.Rngs(key)
            return nnx.Dict(
                norm=nnx.LayerNorm(8, rngs=rngs),
                rms=nnx.RMSNorm(8, rngs=rngs),
                linear=nnx.Linear(8, 16, rngs=rngs),
                conv=nnx.Conv(8, 4, (3,), rngs=rngs),
                general=nnx.LinearGeneral(8, (2, 4), rngs=rngs),
                table=nnx.Embed(11, 8, rngs=rngs),
            )

        model = stack(jax.random.split(KEY, 5))
        for tree in (model, nnx.state(model, nnx.Param)):
            found = vectors(planned(tree, {"*": "he_normal"}))
            assert set(found) == {
                *("norm/weight", "norm/bias", "rms/weight", "linear/bias", "conv/bias", "general/bias")
            }
            assert "fan_in=16, fan_out=16" in found["linear/bias"]
            assert "fan_in=8, fan_out=8" in found["norm/weight"]
            assert "fan_in=4, fan_out=4" in found["conv/bias"]
            assert "fan_in=8, fan_out=8" in found["general/bias"]
        made = seedbed_jax.initialize(nnx.state(model, nnx.Param), {"*": "he_normal"}, seed=7)
        expected = weight("norm/weight", (5, 8), VECTORS, "he_normal")
        np.testing.assert_array_equal(made["norm"]["scale"][...], expected)
        behind = {"bias": nnx.Param(jnp.zeros((16, 5))), "kernel": nnx.Param(jnp.zeros((8, 5, 16)))}
        model.linear.bias, model.linear.kernel = behind["bias"], behind["kernel"]
        assert "'batch': [1]}, fan_in=16" in vectors(planned(model, {"*": "he_normal"}))["linear/bias"]

    @pytest.mark.slow
    @pytest.mark.parametrize("axis", [0, 1])
    def test_scans_over_any_axis_give_the_same_vectors(self, axis):
        tree = scanned(axis=axis, count=6)
        found = vectors(planned(tree, {"*": "he_normal"}))
        assert all("fan_in=16, fan_out=16" in line for line in found.values())
        scale = seedbed_jax.initialize(tree, {"*": "he_normal"}, seed=7)["params"]["norm"]["scale"]
        expected = weight("norm/weight", (6, 16), VECTORS, "he_normal")
        np.testing.assert_array_equal(scale if axis == 0 else scale.T, expected)

    def test_stacks_of_stacks_are_told_by_all_that_is_within(self):
        tree = {
            "outer": {"norm": {"scale": jnp.zeros((3, 5, 8))}, "up": kernel(3, 5, 8, 16, bias=(3, 5, 16))}
        }
        found = vectors(planned(tree, {"*": "he_normal"}))
        assert "fan_in=8, fan_out=8" in found["outer/norm/weight"]
        assert "fan_in=16, fan_out=16" in found["outer/up/bias"]

    def test_where_nothing_tells_whether_a_scale_is_stacked_it_is_a_guess(self):
        tree = {"norm": {"scale": jnp.zeros((5, 8))}, "head": kernel(8, 3, bias=(3,))}
        with pytest.raises(LayoutError, match=r"norm/weight \(5, 8\)"):
            planned(tree, {"*": "he_normal"})
        assert planned(tree, {"*norm*": "ones", "*": "he_normal"})

    def test_what_makes_one_array_of_all_is_refused_for_a_stack(self):
        tree = {"layers": kernel(5, 8, 16, bias=(5, 16))}
        with pytest.raises(LayoutError, match=r"layers/bias.*for stacked vectors.*give 'stacked'"):
            planned(tree, {"*bias": "identity", "*": "he_normal"})
        stacked = {"class_name": "Stacked", "config": {"initializer": "he_normal"}}
        made = seedbed_jax.initialize(tree, {"*": stacked}, seed=7)
        one = seedbed.get("he_normal", seed=7).fold_in("layers/bias").fold_in(3)((16,))
        np.testing.assert_array_equal(made["layers"]["bias"][3], one)

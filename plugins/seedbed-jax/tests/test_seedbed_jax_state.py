"""What layers and optimizers compute, which no rule draws."""

import numpy as np
import pytest
from frameworks import framework

import seedbed
from seedbed.errors import RulesError, ShapeError

jax = framework("jax")
linen = framework("flax.linen", plugin="seedbed_jax")
nnx = framework("flax.nnx", plugin="seedbed_jax")
train_state = framework("flax.training.train_state")
equinox = framework("equinox", plugin="seedbed_jax")
optax = framework("optax")
contrib = framework("optax.contrib")
jnp = jax.numpy

import seedbed_jax  # noqa: E402

KEY = jax.random.key(7)
RULES = {"*": "random_normal"}
PARAMS = {"dense": {"kernel": jnp.ones((3, 4)), "bias": jnp.ones(4)}}


def drawn(path, shape):
    return seedbed.get("random_normal", seed=7).fold_in(path)(shape)


def same_trees(one, other):
    return jax.tree.all(jax.tree.map(lambda a, b: bool((jnp.asarray(a) == jnp.asarray(b)).all()), one, other))


class Normed(linen.Module):
    @linen.compact
    def __call__(self, x):
        return linen.BatchNorm(use_running_average=True, name="norm")(linen.Dense(4, name="head")(x))


class NormedNnx(nnx.Module):
    def __init__(self, rngs):
        self.head, self.norm = nnx.Linear(6, 4, rngs=rngs), nnx.BatchNorm(4, rngs=rngs)
        self.dropout = nnx.Dropout(0.1, rngs=rngs)

    def __call__(self, x):
        return self.dropout(self.norm(self.head(x)))


class TestStatistics:
    def test_those_of_nnx_stay(self):
        model = NormedNnx(nnx.Rngs(0))
        model.norm.mean[...] = jnp.full(4, 3.0)
        made = seedbed_jax.initialize(model, RULES, seed=7, strict=True)
        np.testing.assert_array_equal(made.head.kernel[...], drawn("head/weight", (6, 4)))
        assert (made.norm.mean[...] == 3).all()

    def test_those_of_linen_stay(self):
        variables = Normed().init(KEY, jnp.ones((1, 6)))
        made = seedbed_jax.initialize(variables, RULES, seed=7, strict=True)
        np.testing.assert_array_equal(made["params"]["head"]["kernel"], drawn("head/weight", (6, 4)))
        assert made["batch_stats"]["norm"]["var"] is variables["batch_stats"]["norm"]["var"]

    def test_those_of_linen_that_are_shapes_get_their_reset(self):
        shapes = jax.eval_shape(Normed().init, KEY, jnp.ones((1, 6)))
        made = seedbed_jax.initialize(shapes, RULES, seed=7, strict=True)
        fresh = Normed().init(KEY, jnp.ones((1, 6)))["batch_stats"]
        assert same_trees(made["batch_stats"], fresh)
        assert made["batch_stats"]["norm"]["mean"].dtype == "float32"

    def test_a_module_of_shapes_is_made_whole_once_its_streams_have_keys(self):
        module = nnx.eval_shape(lambda: NormedNnx(nnx.Rngs(0)))
        nnx.reseed(module, default=0)
        made = seedbed_jax.initialize(module, RULES, seed=7, strict=True)
        assert not [leaf for leaf in jax.tree.leaves(made) if isinstance(leaf, jax.ShapeDtypeStruct)]
        assert same_trees(nnx.state(made, nnx.BatchStat), nnx.state(NormedNnx(nnx.Rngs(0)), nnx.BatchStat))
        assert made(jnp.ones((2, 6))).shape == (2, 4)

    def test_streams_without_keys_are_named(self):
        module = nnx.eval_shape(lambda: NormedNnx(nnx.Rngs(0)))
        match = r"dropout/rngs/count, dropout/rngs/key; .* by nnx\.reseed\(module, default=0"
        with pytest.warns(UserWarning, match=match) as caught:
            made = seedbed_jax.initialize(module, RULES, seed=7)
        assert caught[0].filename == __file__
        assert (made.norm.var[...] == 1).all()
        with pytest.raises(RulesError, match=match):
            seedbed_jax.initialize(module, RULES, seed=7, strict=True)

    def test_a_state_of_nnx_gets_the_reset_too(self):
        state = nnx.state(nnx.eval_shape(lambda: NormedNnx(nnx.Rngs(0))), nnx.Param, nnx.BatchStat)
        made = seedbed_jax.initialize(nnx.merge_state(*state), RULES, seed=7, strict=True)
        assert (made["norm"]["var"][...] == 1).all()
        assert (made["norm"]["mean"][...] == 0).all()

    def test_others_of_unknown_reset_are_named(self):
        class Own(nnx.Module):
            def __init__(self):
                self.power = nnx.BatchStat(jnp.ones(3))
                self.mix = nnx.Param(jnp.ones((3, 3)))

        with pytest.warns(UserWarning, match="stay without values: power; "):
            made = seedbed_jax.initialize(nnx.eval_shape(Own), RULES, seed=7, layouts={"mix": "array"})
        np.testing.assert_array_equal(made.mix[...], drawn("mix", (3, 3)))

    def test_a_variable_of_nnx_may_hold_a_tree(self):
        class Model(nnx.Module):
            def __init__(self):
                self.moments = nnx.BatchStat({"mean": jnp.zeros(4), "var": jnp.ones(4)})
                self.mixers = nnx.Param({"a": jnp.zeros((6, 4)), "b": jnp.zeros((6, 4))})

        layouts = {"mixers/*": "array"}
        made = seedbed_jax.initialize(
            Model(), {"mixers/*": "random_normal"}, seed=7, strict=True, layouts=layouts
        )
        assert [leaf.max() for leaf in jax.tree.leaves(made.moments)] == [0, 1]
        for name, array in zip("ab", jax.tree.leaves(made.mixers), strict=True):
            np.testing.assert_array_equal(array, drawn(f"mixers/{name}", (6, 4)))

    @pytest.mark.parametrize("mode", ["ema", "batch"])
    def test_those_of_equinox_stay_in_the_layer_and_out_of_it(self, mode):
        layer = equinox.nn.BatchNorm(4, "batch", mode=mode)
        made = seedbed_jax.initialize(layer, RULES, seed=7, prefix="", strict=True)
        np.testing.assert_array_equal(made.weight, drawn("weight", (4,)))
        for index in ("ema_state_index", "batch_state_index"):
            assert same_trees(jax.tree.leaves(getattr(made, index)), jax.tree.leaves(getattr(layer, index)))
        layer, state = equinox.nn.make_with_state(equinox.nn.BatchNorm)(4, "batch", mode=mode)
        made, kept = seedbed_jax.initialize((layer, state), RULES, seed=7, strict=True)
        np.testing.assert_array_equal(made.weight, drawn("0/weight", (4,)))
        assert same_trees(jax.tree.leaves(kept), jax.tree.leaves(state))

    def test_collections_in_a_train_state_of_ones_own_stay(self):
        class State(train_state.TrainState):
            batch_stats: object = None

        stats = {"norm": {"mean": jnp.full(3, 2.0)}}
        state = State.create(apply_fn=len, params=PARAMS, tx=optax.sgd(0.1), batch_stats=stats)
        assert seedbed_jax.initialize(state, RULES, seed=7, strict=True).batch_stats is not None
        assert same_trees(seedbed_jax.initialize(state, RULES, seed=7).batch_stats, stats)


def test_the_bias_of_a_convolution_of_equinox_is_a_vector():
    tree = {"conv": equinox.nn.Conv2d(2, 3, 3, key=KEY)}
    made = seedbed_jax.initialize(tree, {"*bias": "he_normal", "*": "zeros"}, seed=7)
    expected = seedbed.get("he_normal", seed=7).fold_in("conv/bias")((3,))
    np.testing.assert_array_equal(made["conv"].bias.ravel(), expected)
    for name in ("orthogonal", "delta_orthogonal"):
        with pytest.raises(ShapeError, match=r"conv/bias: .*shape \(3,\)"):
            seedbed_jax.initialize(tree, {"*bias": name, "*": "zeros"}, seed=7)


class TestOptimizers:
    """What optax computes is no parameter, wherever it is."""

    OPTIMIZERS = (
        lambda: optax.adam(0.1),
        lambda: optax.MultiSteps(optax.adam(0.1), 2),
        lambda: optax.apply_if_finite(optax.chain(optax.ema(0.9), optax.adam(0.1)), 3),
        lambda: optax.inject_hyperparams(optax.adam)(0.1),
        lambda: optax.lookahead(optax.adam(0.1), 5, 0.5),
    )

    @staticmethod
    def state(optimizer, params=PARAMS):
        return train_state.TrainState.create(apply_fn=len, params=params, tx=optimizer)

    @pytest.mark.parametrize("optimizer", OPTIMIZERS[:-1])
    def test_the_state_of_an_optimizer_stays_as_it_is(self, optimizer):
        state = self.state(optimizer())
        made = seedbed_jax.initialize(state, RULES, seed=7, strict=True)
        assert same_trees(made.opt_state, state.opt_state)
        assert same_trees(made.params, seedbed_jax.initialize(PARAMS, RULES, seed=7))

    def test_shapes_of_a_state_are_named_and_stay(self):
        shapes = jax.eval_shape(lambda: self.state(optax.adam(0.1)))
        match = "stay without values: step, opt_state/0/count, opt_state/0/mu/dense/bias, .*by its init"
        with pytest.warns(UserWarning, match=match) as caught:
            made = seedbed_jax.initialize(shapes, RULES, seed=7)
        assert caught[0].filename == __file__
        assert same_trees(made.params, seedbed_jax.initialize(PARAMS, RULES, seed=7))
        assert made.opt_state == shapes.opt_state
        with pytest.raises(RulesError, match=match):
            seedbed_jax.initialize(shapes, RULES, seed=7, strict=True)

    def test_slow_parameters_are_the_fast_ones(self):
        both = optax.LookaheadParams.init_synced(PARAMS)
        alone = seedbed_jax.initialize(PARAMS, RULES, seed=7)
        for tree in (both, jax.eval_shape(lambda: both)):
            made = seedbed_jax.initialize(tree, RULES, seed=7, strict=True)
            assert same_trees(made.fast, alone)
            assert same_trees(made.slow, alone)
        state = self.state(self.OPTIMIZERS[-1](), both)
        made = seedbed_jax.initialize(state, RULES, seed=7, strict=True)
        assert same_trees(made.params, optax.LookaheadParams(alone, alone))

    @pytest.mark.parametrize(
        ("optimizer", "name"),
        [
            (contrib.schedule_free_adamw, "opt_state/z/dense/bias"),
            (contrib.prodigy, "opt_state/params0/dense/bias"),
            (contrib.dog, "opt_state/1/init_params/dense/bias"),
            (lambda: contrib.mechanize(optax.sgd(0.1)), "opt_state/x0/dense/bias"),
        ],
    )
    def test_copies_of_the_former_parameters_are_named(self, optimizer, name):
        state = self.state(optimizer())
        told = f"copies of the former parameters are kept: {name}.* anew by its init"
        with pytest.warns(UserWarning, match=told):
            made = seedbed_jax.initialize(state, RULES, seed=7)
        assert same_trees(made.opt_state, state.opt_state)
        with pytest.raises(RulesError, match="copies of the former parameters"):
            seedbed_jax.initialize(state, RULES, seed=7, strict=True)

    def test_shapes_that_are_no_parameters_are_told_of(self):
        tree = {"w": jnp.zeros((3, 4)), "step": jax.ShapeDtypeStruct((), "int32")}
        with pytest.warns(UserWarning, match="stay without values: step; ") as caught:
            seedbed_jax.initialize(tree, RULES, seed=7)
        assert caught[0].filename == __file__
        with pytest.raises(RulesError, match="stay without values: step; "):
            seedbed_jax.initialize(tree, RULES, seed=7, strict=True)


def test_of_a_train_state_only_the_parameters_are_drawn():
    from flax.training.dynamic_scale import DynamicScale

    class Scaled(train_state.TrainState):
        dynamic_scale: DynamicScale = None
        ema_params: dict = None

    params = {"head": {"kernel": jnp.ones((2, 3)), "bias": jnp.ones(3)}}

    def make(ema):
        return Scaled.create(
            apply_fn=None,
            params=params,
            tx=optax.adam(1e-3),
            dynamic_scale=DynamicScale(),
            ema_params=ema,
        )

    rules = {"*bias": "zeros", "*": "random_normal"}
    state = seedbed_jax.initialize(jax.jit(make)(None), rules, seed=7, strict=True)
    assert state.dynamic_scale.scale == 65536
    assert not (state.params["head"]["kernel"] == 1).any()
    with pytest.raises(RulesError, match=r"copies of the former parameters are kept: .*ema_params/head/"):
        seedbed_jax.initialize(jax.jit(make)(params), rules, seed=7, strict=True)


def test_whatever_lies_beside_the_parameters_of_linen_is_none():
    variables = {
        "params": {"head": {"kernel": jnp.ones((2, 3))}},
        "ema": {"codebook": jnp.ones((4, 4))},
        "stats": {"mean": jnp.ones(4)},
    }
    made = seedbed_jax.initialize(variables, {"*": "random_normal"}, seed=7, strict=True)
    assert (made["ema"]["codebook"] == 1).all()
    assert (made["stats"]["mean"] == 1).all()
    assert not (made["params"]["head"]["kernel"] == 1).any()


def test_an_array_beside_the_variables_of_a_module_of_nnx_is_a_constant():
    class Rotary(nnx.Module):
        def __init__(self, rngs):
            self.layer = nnx.Linear(2, 3, rngs=rngs)
            self.freqs = nnx.data(jnp.arange(1.0, 5.0)) if hasattr(nnx, "data") else jnp.arange(1.0, 5.0)

    made = seedbed_jax.initialize(
        Rotary(nnx.Rngs(0)), {"*bias": "zeros", "*": "random_normal"}, seed=7, strict=True
    )
    assert made.freqs.tolist() == [1, 2, 3, 4]

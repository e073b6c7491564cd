"""The functions in use by the libraries of layers: Flax, Haiku and Equinox."""

import numpy as np
import pytest
from frameworks import framework

import seedbed

jax = framework("jax")
linen = framework("flax.linen", plugin="seedbed_jax")
nnx = framework("flax.nnx", plugin="seedbed_jax")
haiku = framework("haiku", plugin="seedbed_jax")
equinox = framework("equinox", plugin="seedbed_jax")
jnp = jax.numpy

import seedbed_jax  # noqa: E402

KEY = jax.random.key(7)
X = jnp.ones((2, 3))


class KeySpy:
    """An initializer that keeps the keys and shapes that it is called with, and hands them on."""

    def __init__(self, init):
        self.init, self.calls = init, []

    def __call__(self, key, shape, dtype=None, out_sharding=None):
        self.calls.append((seedbed_jax.seed_of(key), tuple(shape)))
        return self.init(key, shape, dtype, out_sharding)


def expected(name, call, dtype="float32"):
    seed, shape = call
    return seedbed.get(name, seed=seed)(shape, dtype)


@pytest.mark.parametrize("dtype", [jnp.float32, jnp.bfloat16])
def test_linen_layers_draw_by_the_keys_that_flax_gives_them(dtype):
    spy = KeySpy(seedbed_jax.initializer("he_normal"))
    model = linen.Sequential(
        [
            linen.Dense(4, kernel_init=spy, param_dtype=dtype),
            linen.Dense(4, kernel_init=spy, param_dtype=dtype),
        ]
    )
    params = model.init(KEY, X)["params"]
    kernels = [params[name]["kernel"] for name in ("layers_0", "layers_1")]
    assert len({tuple(seed) for seed, _ in spy.calls}) == len(spy.calls) == 2
    for kernel, call in zip(kernels, spy.calls, strict=True):
        assert np.asarray(kernel).tobytes() == expected("he_normal", call, np.dtype(dtype)).tobytes()


def test_linen_draws_the_same_under_jit_and_only_shapes_under_eval_shape():
    init = seedbed_jax.initializer("he_normal")
    model = linen.Dense(4, kernel_init=init, bias_init=seedbed_jax.initializers.normal(0.1))
    plain, jitted = model.init(KEY, X), jax.jit(model.init)(KEY, X)
    assert jax.tree.all(jax.tree.map(lambda a, b: bool((a == b).all()), plain, jitted))
    shapes = jax.eval_shape(model.init, KEY, X)["params"]
    assert (shapes["kernel"].shape, shapes["bias"].shape) == ((3, 4), (4,))


def test_linen_stacks_layers_each_of_which_draws_by_its_own_key():
    init = seedbed_jax.initializer("he_normal")
    stacked = linen.vmap(
        linen.Dense, variable_axes={"params": 0}, split_rngs={"params": True}, in_axes=None, axis_size=5
    )(4, kernel_init=init)
    kernel = np.asarray(stacked.init(KEY, X)["params"]["kernel"])
    assert kernel.shape == (5, 3, 4)
    assert len({layer.tobytes() for layer in kernel}) == 5


def test_linen_attention_has_the_fans_of_flax_and_three_different_kernels():
    init = seedbed_jax.initializer("glorot_uniform")
    model = linen.MultiHeadDotProductAttention(4, kernel_init=init)
    params = model.init(KEY, jnp.ones((1, 5, 16)))["params"]
    kernels = [np.asarray(params[name]["kernel"]) for name in ("query", "key", "value")]
    limit = (6 / (16 + 16)) ** 0.5  # Flax asks for (16, 16), and makes (16, heads, 4) of it.
    for kernel in kernels:
        assert kernel.shape == (16, 4, 4)
        assert 0.9 * limit < abs(kernel).max() <= limit
    assert len({kernel.tobytes() for kernel in kernels}) == 3


def test_nnx_layers_draw_by_the_keys_of_their_rngs():
    spy = KeySpy(seedbed_jax.initializer("he_normal"))
    layer = nnx.Linear(3, 4, kernel_init=spy, param_dtype=jnp.bfloat16, rngs=nnx.Rngs(0))
    (call,) = spy.calls
    assert np.asarray(layer.kernel[...]).tobytes() == expected("he_normal", call, "bfloat16").tobytes()


def test_nnx_models_are_made_under_jit_and_as_shapes():
    def make():
        init = seedbed_jax.initializer("he_normal")
        return nnx.Sequential(
            nnx.Linear(3, 4, kernel_init=init, rngs=nnx.Rngs(0)),
            nnx.Linear(4, 4, kernel_init=init, rngs=nnx.Rngs(1)),
        )

    plain, jitted = nnx.state(make()), nnx.state(nnx.jit(make)())
    assert jax.tree.all(jax.tree.map(lambda a, b: bool((a == b).all()), plain, jitted))
    assert {leaf.shape for leaf in jax.tree.leaves(nnx.state(nnx.eval_shape(make)))} == {(3, 4), (4, 4), (4,)}


def test_two_nnx_models_with_equal_initializers_have_equal_definitions():
    def definition():
        init = seedbed_jax.initializer("he_normal")
        return nnx.graphdef(nnx.Linear(3, 4, kernel_init=init, rngs=nnx.Rngs(0)))

    assert definition() == definition()
    assert hash(definition()) == hash(definition())


def test_haiku_layers_draw_by_the_keys_of_its_sequence():
    spy = KeySpy(seedbed_jax.initializer("he_normal"))

    def model(x):
        return haiku.Linear(4, w_init=lambda shape, dtype: spy(haiku.next_rng_key(), shape, dtype))(x)

    transformed = haiku.transform(model)
    params = transformed.init(KEY, X)
    (call,) = spy.calls
    assert np.asarray(params["linear"]["w"]).tobytes() == expected("he_normal", call).tobytes()
    again = jax.jit(haiku.transform(in_haiku).init)(KEY, X)
    assert (again["linear"]["w"] == params["linear"]["w"]).all()


def in_haiku(x):
    init = seedbed_jax.initializer("he_normal")
    return haiku.Linear(4, w_init=lambda shape, dtype: init(haiku.next_rng_key(), shape, dtype))(x)


def test_equinox_modules_take_weights_that_a_key_each_has_drawn():
    init = seedbed_jax.initializer("he_normal", axes="dense_oi")
    model = equinox.filter_eval_shape(equinox.nn.MLP, 3, 4, 8, 2, key=KEY)

    def weights(model):
        return [layer.weight for layer in model.layers]

    keys = jax.random.split(KEY, 3)
    drawn = [init(key, old.shape, old.dtype) for key, old in zip(keys, weights(model), strict=True)]
    model = equinox.tree_at(weights, model, drawn)
    model = jax.tree.map(
        lambda leaf: jnp.zeros(leaf.shape) if isinstance(leaf, jax.ShapeDtypeStruct) else leaf, model
    )
    for key, weight in zip(keys, weights(model), strict=True):
        wanted = seedbed.get("he_normal", axes="dense_oi", seed=seedbed_jax.seed_of(key))(weight.shape)
        assert np.asarray(weight).tobytes() == wanted.tobytes()
    assert model(jnp.ones(3)).shape == (4,)


def test_nnx_divides_what_is_drawn_under_a_mesh():
    mesh = jax.make_mesh((1,), ("model",), axis_types=(jax.sharding.AxisType.Auto,))
    spec = (None, "model")
    with jax.set_mesh(mesh):
        plain = seedbed_jax.initializer("he_normal")
        divided = nnx.with_partitioning(plain, spec)
        kernel = nnx.Linear(3, 4, kernel_init=divided, rngs=nnx.Rngs(0)).kernel[...]
        alone = plain(KEY, (3, 4))
        theirs = jax.nn.initializers.he_normal()(KEY, (3, 4))
    assert kernel.sharding == jax.sharding.NamedSharding(mesh, jax.sharding.PartitionSpec(*spec))
    assert alone.sharding.is_equivalent_to(theirs.sharding, 2)
    assert np.asarray(alone).tobytes() == expected("he_normal", ([0, 7], (3, 4))).tobytes()

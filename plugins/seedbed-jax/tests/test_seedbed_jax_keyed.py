"""Initializers as functions of a JAX key: the bits are NumPy's, wherever JAX calls them."""

import pickle

import numpy as np
import pytest
from frameworks import framework

import seedbed
from seedbed.errors import ArgumentError, DTypeError, IdentifierError, ShapeError, UnknownNameError

jax = framework("jax")
linen = framework("flax.linen", plugin="seedbed_jax")
jnp = jax.numpy

import seedbed_jax  # noqa: E402

KEY = jax.random.key(7)
RAW = np.asarray(jax.random.key_data(KEY))
SHAPE = (6, 5)
NAMES = ["he_normal", "random_uniform", "truncated_normal", "orthogonal", "zeros", "delta_orthogonal"]


def wanted(name, key, shape=SHAPE, dtype="float32", **arguments):
    taken = seedbed.get(name, **arguments)
    seed = {"seed": seedbed_jax.seed_of(key)} if "seed" in taken.get_config() else {}
    return seedbed.get(name, **arguments, **seed)(shape, dtype)


def same(array, expected):
    array = np.asarray(array)
    return (
        array.dtype == expected.dtype
        and array.shape == expected.shape
        and array.tobytes() == expected.tobytes()
    )


@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "float16", "complex64"])
@pytest.mark.parametrize("name", NAMES)
def test_the_bits_are_those_of_numpy(name, dtype):
    shape = (3, 5, 5) if name == "delta_orthogonal" else SHAPE
    array = seedbed_jax.initializer(name)(KEY, shape, dtype)
    assert isinstance(array, jax.Array)
    assert same(array, wanted(name, KEY, shape, dtype))


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
@pytest.mark.parametrize("name", NAMES)
def test_the_bits_are_the_same_within_jit(name, dtype):
    shape = (3, 5, 5) if name == "delta_orthogonal" else SHAPE
    init = seedbed_jax.initializer(name)
    assert same(jax.jit(lambda key: init(key, shape, dtype))(KEY), wanted(name, KEY, shape, dtype))


def test_a_key_from_outside_of_jit_draws_the_same_within():
    init = seedbed_jax.initializer("he_normal")
    assert same(jax.jit(lambda: init(KEY, SHAPE))(), wanted("he_normal", KEY))


@pytest.mark.parametrize(
    "shape",
    [
        (),
        (0,),
        (3, 0),
        4,
        [2, 3],
        np.array([2, 3]),
        np.array(4),
        jnp.array([2, 3]),
        jnp.array(4),
        range(2, 4),
    ],
    ids=repr,
)
def test_every_shape_of_numpy_does_within_jit_and_outside(shape):
    init = seedbed_jax.initializer("random_normal")
    expected = wanted("random_normal", KEY, np.asarray(shape, int).tolist())
    assert same(init(KEY, shape), expected)
    assert same(jax.jit(lambda key: init(key, shape))(KEY), expected)
    assert same(jax.vmap(lambda key: init(key, shape))(KEY[None]), expected[None])


def test_eval_shape_draws_nothing():
    init = seedbed_jax.initializer("he_normal")
    huge = (10**6, 10**6)
    for result in (
        jax.eval_shape(lambda key: init(key, huge, jnp.bfloat16), KEY),
        jax.eval_shape(lambda: init(KEY, huge, jnp.bfloat16)),
        jax.eval_shape(lambda: init(jax.random.key_data(KEY), huge, jnp.bfloat16)),
        jax.eval_shape(lambda: init(RAW, huge, jnp.bfloat16)),
    ):
        assert (result.shape, result.dtype) == (huge, jnp.bfloat16)


@pytest.mark.parametrize("jit", [False, True])
def test_vmap_draws_for_each_key_what_it_draws_alone(jit):
    init = seedbed_jax.initializer("he_normal")
    keys = jax.random.split(KEY, (2, 3))

    def batch(keys):
        return jax.vmap(jax.vmap(lambda key: init(key, SHAPE)))(keys)

    drawn = (jax.jit(batch) if jit else batch)(keys)
    assert drawn.shape == (2, 3, *SHAPE)
    for i, j in np.ndindex(2, 3):
        assert same(drawn[i, j], wanted("he_normal", keys[i, j]))


def test_outside_of_jit_vmap_compiles_once():
    compiled = []

    def heard(event, _, **__):
        compiled.extend([event] if "backend_compile" in event else [])

    def batch(shape):
        return jax.vmap(lambda key: seedbed_jax.initializer("he_normal")(key, shape))(keys)

    keys = jax.random.split(KEY, 2)
    jax.monitoring.register_event_duration_secs_listener(heard)
    try:
        batch((7, 11))
        first = len(compiled)
        batch((7, 11))
    finally:
        jax.monitoring.clear_event_listeners()
    assert 0 < first == len(compiled)


def test_vmap_takes_raw_keys():
    init = seedbed_jax.initializer("he_normal")
    keys = jax.random.split(jax.random.PRNGKey(3), 2)
    drawn = jax.vmap(lambda key: init(key, SHAPE))(keys)
    assert same(drawn[1], wanted("he_normal", keys[1]))


def test_a_scan_draws_with_each_key():
    init = seedbed_jax.initializer("he_normal")
    keys = jax.random.split(KEY, 3)
    drawn = jax.lax.scan(lambda carry, key: (carry, init(key, SHAPE)), None, keys)[1]
    assert all(same(drawn[i], wanted("he_normal", keys[i])) for i in range(3))


def test_a_gradient_goes_through_what_was_drawn():
    init = seedbed_jax.initializer("he_normal")
    slope = jax.jit(jax.grad(lambda x: (init(KEY, SHAPE) * x).sum()))(2.0)
    assert float(slope) == pytest.approx(wanted("he_normal", KEY).sum(), rel=1e-5)


def test_within_shard_map_each_device_draws_with_its_key():
    mesh = jax.make_mesh((1,), ("data",))
    init = seedbed_jax.initializer("he_normal")
    spec = jax.sharding.PartitionSpec()
    drawn = jax.shard_map(lambda key: init(key, SHAPE), mesh=mesh, in_specs=spec, out_specs=spec)(KEY)
    assert same(drawn, wanted("he_normal", KEY))


@pytest.mark.parametrize("impl", ["threefry2x32", "rbg", "unsafe_rbg"])
def test_typed_and_raw_keys_of_the_same_words_are_one_seed(impl):
    typed, raw = jax.random.key(7, impl=impl), jax.random.PRNGKey(7, impl=impl)
    words = [0, 7] if impl == "threefry2x32" else [0, 7, 0, 7]
    assert seedbed_jax.seed_of(typed) == seedbed_jax.seed_of(raw) == words
    init = seedbed_jax.initializer("he_normal")
    expected = seedbed.get("he_normal", seed=words)(SHAPE)
    for key in (typed, raw, np.asarray(raw)):
        assert same(init(key, SHAPE), expected)
        assert same(jax.jit(lambda key: init(key, SHAPE))(key), expected)


@pytest.mark.parametrize(
    ("key", "message"),
    [
        (7, "got 7 of type int as a key; make one with jax.random.key"),
        (None, "got None of type NoneType as a key"),
        (jnp.zeros(2), "an array of dtype float32 as a key"),
        (jnp.zeros(3, jnp.uint32), r"a uint32 array of shape \(3,\) as a key"),
        (jax.random.split(KEY, 3), r"an array of typed keys of shape \(3,\) as a key.*jax.vmap"),
        (jax.random.split(jax.random.PRNGKey(7), 3), r"a uint32 array of shape \(3, 2\) as a key"),
    ],
)
def test_what_is_no_key_is_refused(key, message):
    with pytest.raises(ArgumentError, match=message):
        seedbed_jax.initializer("he_normal")(key, SHAPE)
    with pytest.raises(ArgumentError, match=message):
        seedbed_jax.seed_of(key)


def test_the_seed_of_a_traced_key_is_not_known():
    with pytest.raises(ArgumentError, match="whose words are not known while a function is traced"):
        jax.jit(seedbed_jax.seed_of)(KEY)


def test_an_initializer_without_a_seed_needs_no_key():
    assert seedbed_jax.initializer("ones")(None, (2,)).tolist() == [1, 1]
    assert jax.jit(lambda: seedbed_jax.initializer("ones")(None, (2,), "int8"))().dtype == jnp.int8


@pytest.mark.parametrize(
    ("initializer", "dtypes"),
    [
        (seedbed.get("zeros"), ["bool", "int8", "uint32", "int64", "float16", "bfloat16", "complex64"]),
        (seedbed.get("ones"), ["bool", "int8", "uint32", "int64", "float16", "bfloat16", "complex128"]),
        (seedbed.get("constant", value=-3), ["int8", "int64", "float16", "bfloat16", "float64"]),
        (seedbed.get("constant", value=2**63), ["uint64", "float64"]),
        (seedbed.get("constant", value=-0.0), ["float16", "bfloat16", "float32", "complex64"]),
        (seedbed.get("constant", value=float("nan")), ["bfloat16", "float32", "complex64"]),
        (seedbed.get("constant", value=1 + 2j), ["complex64", "complex128"]),
        (seedbed.get("constant", value=0.1), ["float16", "bfloat16", "float32", "float64"]),
        (seedbed.get("constant", value=[1.0, 2.0, 3.0, 4.0, 5.0]), ["float16", "int8"]),
    ],
)
def test_constants_are_those_of_numpy_within_jit(initializer, dtypes):
    init = seedbed_jax.initializer(initializer)
    with jax.enable_x64(True):
        for dtype in dtypes:
            assert same(jax.jit(lambda dtype=dtype: init(None, SHAPE, dtype))(), initializer(SHAPE, dtype))


def test_a_compiled_function_makes_a_number_by_itself_and_can_be_exported():
    cell = linen.GRUCell(4, carry_init=seedbed_jax.initializers.zeros)
    x = jnp.ones((2, 5, 3))
    params = linen.RNN(cell).init(KEY, x)
    exported = jax.export.export(jax.jit(linen.RNN(cell).apply))(params, x)
    assert jnp.allclose(exported.call(params, x), linen.RNN(cell).apply(params, x))


def test_a_constant_that_a_dtype_cannot_hold_is_refused_while_jax_traces():
    with pytest.raises(DTypeError, match=r"constant 3\.5: dtype 'int32' cannot hold it exactly"):
        jax.eval_shape(lambda: seedbed_jax.initializers.constant(3.5)(None, SHAPE, "int32"))


def test_the_dtype_is_that_of_the_call_or_of_the_initializer_or_float32():
    assert seedbed_jax.initializer("he_normal")(KEY, SHAPE).dtype == jnp.float32
    halves = seedbed_jax.initializer("he_normal", dtype=jnp.bfloat16)
    assert halves(KEY, SHAPE).dtype == jnp.bfloat16
    assert halves(KEY, SHAPE, jnp.float16).dtype == jnp.float16


def test_float64_is_drawn_where_jax_has_it_and_else_float32_with_its_warning():
    init = seedbed_jax.initializer("he_normal")
    with jax.enable_x64(True):
        assert same(init(KEY, SHAPE), wanted("he_normal", KEY, dtype="float64"))
        assert same(jax.jit(lambda key: init(key, SHAPE))(KEY), wanted("he_normal", KEY, dtype="float64"))
    with pytest.warns(UserWarning, match="truncated to dtype float32"):
        assert same(init(KEY, SHAPE, "float64"), wanted("he_normal", KEY))


@pytest.mark.parametrize("wrap", [lambda function: function, jax.jit])
def test_a_wrong_shape_or_dtype_is_refused_while_jax_traces(wrap):
    init = seedbed_jax.initializer("he_normal")
    with pytest.raises(DTypeError, match="got dtype 'int32'"):
        wrap(lambda key: init(key, SHAPE, "int32"))(KEY)
    with pytest.raises(ShapeError, match="negative size -1"):
        wrap(lambda key: init(key, (-1, 2)))(KEY)
    with pytest.raises(ShapeError, match="got shape '3'"):
        wrap(lambda key: init(key, "3"))(KEY)


@pytest.mark.parametrize(
    "dtype",
    ["flaot32", 7, object, "S3", ["float32"], KEY.dtype, np.longdouble, np.clongdouble, "timedelta64[s]"],
    ids=repr,
)
def test_what_is_no_dtype_is_refused_where_it_is_given(dtype):
    with pytest.raises(DTypeError, match=r"got dtype .*; a dtype is None, or that of numbers or bools"):
        seedbed_jax.initializer("he_normal", dtype=dtype)
    with pytest.raises(DTypeError, match="a dtype is None"):
        seedbed_jax.initializer("he_normal")(KEY, SHAPE, dtype)


def test_two_with_one_dtype_are_equal_however_it_was_written():
    inits = [seedbed_jax.initializer("he_normal", dtype=dtype) for dtype in ("bfloat16", jnp.bfloat16)]
    assert inits[0] == inits[1] == pickle.loads(pickle.dumps(inits[1]))
    assert hash(inits[0]) == hash(inits[1])
    assert seedbed_jax.initializer("he_normal", dtype=float)(KEY, SHAPE).dtype == jnp.float32


@pytest.mark.parametrize("name", ["he_normal", "orthogonal"])
@pytest.mark.parametrize("shape", [True, (True, 2), (2**40, 2**40), (2**63, 2)])
def test_what_is_no_shape_of_an_array_is_refused_before_anything_is_allocated(name, shape):
    init = seedbed_jax.initializer(name)
    for call in (init, jax.jit(init, static_argnums=1)):
        with pytest.raises(ShapeError, match=r"got shape .*(a shape is an int|which has too many elements)"):
            call(KEY, shape)


def test_an_empty_array_is_too_large_only_where_numpy_has_none():
    init = seedbed_jax.initializer("he_normal")
    assert init(KEY, (0, 2**60)).shape == (0, 2**60)
    with pytest.raises(ShapeError, match=r"NumPy cannot make .* dtype 'float32', though it is empty"):
        init(KEY, (0, 2**62))


def test_a_size_that_is_traced_is_refused_with_the_way_to_pass_it():
    init = seedbed_jax.initializer("he_normal")
    for shape in (3, (3, 4), jnp.array([3, 4])):
        with pytest.raises(ShapeError, match=r"not known while a function is traced.*by static_argnums"):
            jax.jit(lambda shape: init(KEY, shape))(shape)


def test_a_dtype_in_the_place_of_a_shape_is_what_haiku_gives():
    init = seedbed_jax.initializer("he_normal")
    for dtype in (np.dtype("float32"), jnp.bfloat16):
        with pytest.raises(
            ShapeError, match=r"got the dtype .* as a shape.*init\(hk.next_rng_key\(\), shape"
        ):
            init(SHAPE, dtype)


def test_a_function_of_a_key_stands_for_its_initializer():
    init = seedbed_jax.initializer("random_normal", dtype="bfloat16")
    assert seedbed_jax.initializer(init) == init
    wider = seedbed_jax.initializer(init, dtype="float32", stddev=2.0)
    assert wider == seedbed_jax.initializer("random_normal", dtype="float32", stddev=2.0)
    device = jax.sharding.SingleDeviceSharding(jax.devices()[0])
    ones = seedbed_jax.sharded(seedbed_jax.initializer("ones", dtype="bfloat16"), SHAPE, device)
    assert same(ones, seedbed.get("ones")(SHAPE, "bfloat16"))
    with pytest.raises(ArgumentError, match=r"RandomNormal\(\) has no seed"):
        seedbed_jax.sharded(init, SHAPE, device)


def test_a_seed_beside_the_key_is_refused():
    for given in ("he_normal", {"class_name": "HeNormal", "config": {}}, seedbed.get("he_normal")):
        with pytest.raises(ArgumentError, match="which has a seed; leave it out, since the key is one"):
            seedbed_jax.initializer(given, seed=3)
    within = seedbed.get("scaled", initializer=seedbed.get("he_normal", seed=3), factor=2.0)
    with pytest.raises(ArgumentError, match="which has a seed"):
        seedbed_jax.initializer(within)


class Unseeded(seedbed.Initializer):
    """As the shortest initializer that the contract allows: it draws, and takes no seed."""

    def __call__(self, shape, dtype=None):
        return np.random.default_rng().normal(size=shape).astype(dtype)


class Halved(seedbed.Initializer):
    """Draws by another, and takes no seed."""

    def __init__(self, initializer):
        self.initializer = initializer

    def __call__(self, shape, dtype=None):
        return self.initializer(shape, dtype) / 2


class Fixed(Unseeded):
    reproducibility = "exact"

    def __call__(self, shape, dtype=None):
        return np.full(shape, 3, dtype)


@pytest.mark.parametrize(
    ("initializer", "culprit"),
    [
        (Unseeded(), "Unseeded"),
        (Halved(seedbed.get("he_normal")), "Halved"),
        (seedbed.get("scaled", initializer=Unseeded(), factor=2.0), "Unseeded"),
        (seedbed.get("sum_of", initializers=["he_normal", Unseeded()]), "Unseeded"),
    ],
)
def test_what_may_draw_without_the_key_is_refused(initializer, culprit):
    message = (
        f"no key can reach; give the constructor of {culprit} an argument 'seed' .* or, if it draws nothing"
    )
    with pytest.raises(ArgumentError, match=message):
        seedbed_jax.initializer(initializer)


def test_what_declares_that_it_draws_nothing_needs_no_seed():
    assert (seedbed_jax.initializer(Fixed())(None, (2, 2)) == 3).all()


def test_what_is_no_initializer_is_refused():
    with pytest.raises(UnknownNameError, match="he_norml"):
        seedbed_jax.initializer("he_norml")
    for given in (None, lambda shape, dtype=None: None):
        with pytest.raises(IdentifierError, match="pass the name or the config of an initializer"):
            seedbed_jax.initializer(given)


def test_a_keyed_initializer_is_made_of_an_initializer():
    with pytest.raises(ArgumentError, match=r"got 'he_normal' of type str.*use seedbed_jax"):
        seedbed_jax.KeyedInitializer("he_normal")


def test_an_initializer_made_of_others_draws_by_the_key():
    init = seedbed_jax.initializer("stacked", initializer="he_normal")
    expected = seedbed.get("stacked", initializer="he_normal", seed=seedbed_jax.seed_of(KEY))((4, *SHAPE))
    assert same(init(KEY, (4, *SHAPE)), expected)


def test_it_is_a_value_and_an_initializer_to_jax():
    init = seedbed_jax.initializer("random_normal", stddev=0.02)
    again = seedbed_jax.initializer("random_normal", stddev=0.02)
    assert isinstance(init, jax.nn.initializers.Initializer)
    assert init == again == pickle.loads(pickle.dumps(init))
    assert hash(init) == hash(again)
    assert init != seedbed_jax.initializer("random_normal", stddev=0.03)
    assert repr(init) == "KeyedInitializer(initializer=RandomNormal(stddev=0.02), dtype=None)"


@pytest.mark.skipif(jax.default_backend() != "cpu", reason="a GPU has memory of its own")
def test_jax_takes_the_memory_of_the_values_as_it_is():
    init = seedbed_jax.initializer("he_normal")
    made = []
    fill = seedbed.standard.HeNormal.fill

    def spy(self, out, **options):
        made.append(out.ctypes.data)
        return fill(self, out, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(seedbed.standard.HeNormal, "fill", spy)
        array = init(KEY, (1024, 512))
    assert made == [array.unsafe_buffer_pointer()]

"""Draws that XLA makes by itself: the bits are NumPy's, on any devices, in functions that are stored, too."""

import functools
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from frameworks import framework

import seedbed
from seedbed.errors import ArgumentError
from seedbed.random import Normal, NumPyEngine, TruncatedNormal, Uniform, key_of
from seedbed.random.trials import try_engine

jax = framework("jax")
linen = framework("flax.linen", plugin="seedbed_jax")
nnx = framework("flax.nnx", plugin="seedbed_jax")
jnp = jax.numpy

import seedbed_jax  # noqa: E402
from seedbed_jax.staged import _Host  # noqa: E402
from seedbed_jax.subnormal import keeping_subnormals  # noqa: E402
from seedbed_jax.xla import distribution_of, drawing, drawn, keys, platforms, values, words  # noqa: E402

KEY = jax.random.key(7)
SHAPE = (6, 5)
LARGE = (509, 513)
"""Odd, and of so many elements that a few would be rounded twice in half precision, and some lie in tails."""

INITIALIZERS = [
    seedbed.get("random_uniform", minval=-0.3, maxval=2.1),
    seedbed.get("random_uniform", minval=0.0, maxval=0.7),
    seedbed.get("random_uniform", minval=0.7, maxval=0.7),
    seedbed.get("random_normal", stddev=0.02),
    seedbed.get("random_normal", mean=0.25, stddev=1.5),
    seedbed.get("random_normal", mean=0.3, stddev=0.0),
    seedbed.get("truncated_normal"),
    seedbed.get("truncated_normal", mean=0.25, stddev=1.5, lower=-1.0, upper=3.0),
    seedbed.get("truncated_normal", lower=5.0, upper=None),
    seedbed.get("truncated_normal", stddev=1e-7, lower=None, upper=0.0),  # whose halves are 0, and never -0
    seedbed.get("truncated_normal", lower=-31.0, upper=-30.0),
    seedbed.get("truncated_normal", lower=-2.0, upper=2.0, bounds="absolute"),
    seedbed.get("he_normal"),
    seedbed.get("glorot_uniform", axes="dense_oi"),
    seedbed.get("variance_scaling", distribution="untruncated_normal"),
    seedbed.get("jax.nn.initializers.variance_scaling", scale=2.0, mode="fan_avg", distribution="uniform"),
]


def same(array, expected):
    array = np.asarray(array)
    return (
        array.dtype == expected.dtype
        and array.shape == expected.shape
        and array.tobytes() == expected.tobytes()
    )


def by_seed(initializer, key=KEY):
    return seedbed.get(initializer, seed=seedbed_jax.seed_of(key))


def in_xla(function, *arguments):
    """Return what a function returns when XLA computes all of it, as it does where it was stored."""
    return jax.export.export(jax.jit(function))(*arguments).call(*arguments)


def calls_host(function, *arguments):
    return "callback" in jax.jit(function).lower(*arguments).as_text()


@pytest.mark.slow
@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "float16"])
@pytest.mark.parametrize("initializer", INITIALIZERS, ids=repr)
def test_the_bits_are_those_of_numpy(initializer, dtype):
    init = seedbed_jax.initializer(initializer)
    assert same(in_xla(lambda key: init(key, LARGE, dtype), KEY), by_seed(initializer)(LARGE, dtype))


@pytest.mark.slow
@pytest.mark.parametrize("shape", [(), (0,), (3, 0), (1,), (8,), (13,), (3, 5, 7), (2, 3, 4, 5)], ids=repr)
def test_every_shape_has_the_bits_of_numpy(shape):
    init = seedbed_jax.initializer("random_normal")
    assert same(in_xla(lambda key: init(key, shape), KEY), by_seed(init.initializer)(shape))


class InXLA:
    """An engine that leaves to NumPy's what XLA has not."""

    name = "xla"

    def draw(self, distribution, key, region, out, *, limits, threads):
        if not (values.is_known(distribution, out.dtype) and out.dtype.isnative):
            NumPyEngine().draw(distribution, key, region, out, limits=limits, threads=threads)
            return
        places = region.starts(0, region.runs)[:, None] + np.arange(region.run) * region.step
        flat = np.zeros(-(-region.size // 4096) * 4096, np.uint64)  # so that few functions are compiled
        flat[: region.size] = places.reshape(-1)
        kept = limits and tuple(float(limit) for limit in limits)
        halves = np.array([key & 2**64 - 1, key >> 64], np.uint64)
        with jax.enable_x64(True):
            out[...] = np.asarray(_compiled(distribution, out.dtype, kept)(halves, flat))[: region.size]


@functools.lru_cache
def _compiled(distribution, dtype, limits):
    bounds = limits and tuple(np.array(limits, dtype))
    return jax.jit(lambda key, flat: values.values_of(distribution, dtype, bounds, words.words_at(key, flat)))


@pytest.mark.slow
def test_it_passes_the_trial_of_an_engine():
    try_engine(InXLA(), thorough=True)


@pytest.mark.parametrize("sizes", [2, pytest.param(4, marks=pytest.mark.slow)])
def test_the_key_of_a_seed_is_that_of_numpy(sizes):
    rows = np.random.default_rng(3).integers(0, 2**32, (20, sizes), np.uint32)
    rows[0], rows[1] = 0, 2**32 - 1
    with jax.enable_x64(True):
        found = np.asarray(jax.jit(jax.vmap(keys.key_of))(rows)).tolist()
    assert [low + (high << 64) for low, high in found] == [key_of(tuple(row)) for row in rows.tolist()]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("shape", "part", "places"),
    [
        ((2**20, 3, 2**14), (1, 1, 7), (2**20 - 1, 2, 2339)),
        ((2**36,), (33,), (2**30 - 7,)),
        ((2**31, 2**28 - 1), (2, 3), (2**30 - 1, 11)),
        ((12, 10), (4, 5), (2, 1)),
        ((0, 10), (0, 5), (0, 1)),
    ],
)
def test_a_part_far_out_has_the_bits_of_numpy(shape, part, places):
    initializer = seedbed.get("random_normal")
    host = _Host(initializer, shape, np.dtype("float32"), part, Normal(0.0, 0.05))
    operand = np.array([0, 7, *places], np.uint32)
    index = tuple(slice(place * size, (place + 1) * size) for place, size in zip(places, part, strict=True))
    expected = by_seed(initializer).shard(shape, index)
    assert same(in_xla(functools.partial(drawn, host), operand), expected)
    assert same(host(operand), expected)


@pytest.mark.slow
@pytest.mark.parametrize("enabled", [False, True])
def test_64_bit_types_change_nothing(enabled):
    init = seedbed_jax.initializer("he_normal")
    with jax.enable_x64(enabled):
        assert same(in_xla(lambda key: init(key, SHAPE, "float32"), KEY), by_seed(init.initializer)(SHAPE))
        assert (jax.jit(lambda: jnp.arange(3))().dtype == jnp.int64) is enabled


@pytest.mark.slow
@pytest.mark.parametrize("impl", ["threefry2x32", "rbg"])
def test_vmap_over_keys_draws_for_each_what_it_draws_alone(impl):
    init = seedbed_jax.initializer("truncated_normal")
    several = jax.random.split(jax.random.key(7, impl=impl), (2, 3))
    found = in_xla(jax.vmap(jax.vmap(lambda key: init(key, SHAPE), in_axes=0), out_axes=1), several)
    for i, j in np.ndindex(2, 3):
        assert same(found[j, i], by_seed(init.initializer, several[i, j])(SHAPE))


@pytest.mark.slow
def test_scans_gradients_and_branches_take_it():
    init = seedbed_jax.initializer("he_normal")
    several = jax.random.split(KEY, 3)
    scanned = in_xla(
        lambda k: jax.lax.scan(lambda carry, key: (carry, init(key, SHAPE)), None, k)[1], several
    )
    assert all(same(scanned[i], by_seed(init.initializer, several[i])(SHAPE)) for i in range(3))
    branch = in_xla(lambda key: jax.lax.cond(True, lambda: init(key, SHAPE), lambda: jnp.zeros(SHAPE)), KEY)
    assert same(branch, by_seed(init.initializer)(SHAPE))

    @jax.checkpoint
    def loss(x, key):
        return ((init(key, SHAPE) * x) ** 2).sum()

    squares = (by_seed(init.initializer)(SHAPE).astype(float) ** 2).sum()
    assert float(in_xla(jax.grad(loss), 2.0, KEY)) == pytest.approx(4 * squares, rel=1e-5)
    assert float(in_xla(jax.hessian(loss), 2.0, KEY)) == pytest.approx(2 * squares, rel=1e-5)


def test_without_jit_the_host_draws_at_once():
    init, several = seedbed_jax.initializer("he_normal"), jax.random.split(KEY, 3)
    with jax.disable_jit():
        drawn_at_once = jax.vmap(lambda key: init(key, SHAPE))(several)
    assert same(drawn_at_once[2], by_seed(init.initializer, several[2])(SHAPE))


@pytest.mark.slow
def test_a_stored_function_draws_where_seedbed_is_absent():
    pytest.importorskip("flatbuffers", reason="by which JAX stores functions")
    init = seedbed_jax.initializer("he_normal", dtype="bfloat16")
    raw = jax.random.PRNGKey(7)
    stored = jax.export.export(jax.jit(lambda key: init(key, SHAPE)), platforms=("cpu", "cuda"))(
        raw
    ).serialize()
    assert len(stored) < 2**20
    assert same(jax.export.deserialize(stored).call(raw), by_seed(init.initializer)(SHAPE, "bfloat16"))


@pytest.mark.slow
def test_models_of_linen_and_nnx_are_stored():
    x, init = jnp.ones((1, 3)), seedbed_jax.initializer("he_normal")
    layer = linen.Dense(4, kernel_init=init)
    assert same(
        in_xla(layer.init, KEY, x)["params"]["kernel"], np.asarray(layer.init(KEY, x)["params"]["kernel"])
    )

    def kernel(key):
        return nnx.Linear(3, 4, kernel_init=init, rngs=nnx.Rngs(key)).kernel[...]

    assert same(in_xla(kernel, KEY), np.asarray(kernel(KEY)))


def test_a_platform_with_other_doubles_is_refused():
    init = seedbed_jax.initializer("he_normal")
    with pytest.raises(ArgumentError, match=r"the platform 'tpu' to export for.*allowed are cpu, cuda, rocm"):
        jax.export.export(jax.jit(lambda key: init(key, SHAPE)), platforms=("cpu", "tpu"))(KEY)


def test_on_one_cpu_the_host_draws_and_small_arrays_take_no_look_up():
    init, expected = seedbed_jax.initializer("he_normal"), by_seed(seedbed.get("he_normal"))(SHAPE)
    compiled = jax.jit(lambda key: init(key, SHAPE)).lower(KEY)
    assert "callback" in compiled.as_text()
    draw = compiled.compile()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(seedbed, "get", None)
        assert same(draw(KEY), expected)


@pytest.mark.slow
@pytest.mark.parametrize("gives", [False, True])
def test_elsewhere_xla_draws_if_it_has_been_tried(monkeypatch, gives):
    asked = []
    monkeypatch.setattr(drawing, "gives_the_bits", lambda platform: asked.append(platform) or gives)
    monkeypatch.setattr(drawing, "_CALLED", "another")
    assert calls_host(lambda key: seedbed_jax.initializer("he_normal")(key, SHAPE), KEY) is not gives
    assert asked == ["cpu"]


@pytest.mark.slow
def test_the_trial_is_made_where_a_function_is_compiled(monkeypatch):
    monkeypatch.setattr(drawing, "_CALLED", "another")
    platforms.gives_the_bits.cache_clear()
    init = seedbed_jax.initializer("he_normal")
    mesh = jax.make_mesh((1,), ("data",))
    with jax.set_mesh(mesh):
        found = jax.jit(lambda key: init(key, SHAPE))(KEY)
    assert same(found, by_seed(init.initializer)(SHAPE))
    assert platforms.gives_the_bits.cache_info().currsize == 1
    assert not calls_host(lambda key: init(key, SHAPE), KEY)


@pytest.mark.slow
def test_the_trial_tells_arithmetic_that_is_another(monkeypatch):
    assert platforms.gives_the_bits.__wrapped__("cpu")
    lines = values._on_lines

    def rounded(slopes, constants, place, numbers):
        return lines(slopes, constants, place, numbers).astype(np.float32).astype(np.float64)

    monkeypatch.setattr(values, "_on_lines", rounded)
    assert not platforms.gives_the_bits.__wrapped__("cpu")


class OfSeed(seedbed.ElementwiseInitializer):
    """Has another spread for each seed."""

    def element_distribution(self, shape, dtype):
        return Normal(0.0, 1.0 + sum(self.seed or [0]) % 5)


class Doubled(seedbed.ElementwiseInitializer):
    """Draws in a way of its own."""

    def element_distribution(self, shape, dtype):
        return Normal(0.0, 1.0)

    def __call__(self, shape, dtype=None, *, threads=None):
        return 2 * super().__call__(shape, dtype, threads=threads)

    def fill(self, out, *, threads=None):
        out[...] = self(out.shape, out.dtype)
        return out

    def shard(self, shape, index, dtype=None, *, threads=None):
        return self(shape, dtype)[index]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("initializer", "dtype"),
    [
        (OfSeed(), "float32"),
        (Doubled(), "float32"),
        (seedbed.get("he_normal"), "complex64"),
        (seedbed.get("orthogonal"), "float32"),
        (seedbed.get("scaled", initializer="he_normal", factor=0.5), "float32"),
        (seedbed.get("random_normal", stddev=1e-38), "float32"),
        (seedbed.get("random_normal", mean=1e-30, stddev=0.1), "bfloat16"),
        (seedbed.get("random_uniform", minval=-1e-39, maxval=1e-40), "float32"),
        (seedbed.get("truncated_normal", lower=1e-39, upper=1.0, bounds="absolute"), "float32"),
    ],
    ids=repr,
)
def test_the_host_draws_what_xla_cannot_and_keeps_subnormal_numbers(initializer, dtype):
    init = seedbed_jax.KeyedInitializer(initializer)
    assert distribution_of(initializer, SHAPE, np.dtype(dtype)) is None
    assert calls_host(lambda key: init(key, SHAPE, dtype), KEY)
    assert same(jax.jit(lambda key: init(key, SHAPE, dtype))(KEY), by_seed(initializer)(SHAPE, dtype))


def test_float64_is_left_to_the_host_where_jax_has_it():
    init = seedbed_jax.initializer("random_normal", stddev=1e-310)
    with jax.enable_x64(True):
        found = jax.jit(lambda key: init(key, SHAPE))(KEY)
        assert same(found, by_seed(init.initializer)(SHAPE, "float64"))
    assert np.asarray(found).any()


def test_a_system_that_does_not_keep_subnormal_numbers_is_refused(monkeypatch):
    from seedbed_jax import subnormal

    assert keeping_subnormals(lambda: 3) == 3
    monkeypatch.setattr(subnormal, "_are_kept", lambda: False)
    with pytest.raises(
        RuntimeError, match=r"has this thread take subnormal numbers for 0.*draw outside of jit"
    ):
        keeping_subnormals(lambda: 3)


def test_only_the_three_distributions_themselves_are_drawn():
    class Other(Uniform):
        pass

    single = np.dtype("float32")
    assert values.is_known(TruncatedNormal(0.0, 1.0, -2.0, np.inf, (-2.0, np.inf)), single)
    assert not values.is_known(Other(0.0, 1.0), single)
    assert not values.is_known(Uniform(0.0, 1.0), np.dtype("float64"))


@pytest.mark.slow
def test_shard_map_knows_that_devices_draw_different_values():
    init, spec = seedbed_jax.initializer("he_normal"), jax.sharding.PartitionSpec
    mesh = jax.make_mesh((1,), ("data",), axis_types=(jax.sharding.AxisType.Auto,))

    def each(out_specs):
        return jax.shard_map(
            lambda key: init(key[0], SHAPE), mesh=mesh, in_specs=spec("data"), out_specs=out_specs
        )

    assert same(in_xla(each(spec("data")), KEY[None]), by_seed(init.initializer)(SHAPE))
    with pytest.raises(ValueError, match="out_specs"):
        jax.jit(each(spec()))(KEY[None])


@pytest.fixture(scope="module")
def on_eight_devices():
    """Return what a process with eight devices found, and what it wrote besides."""
    script = Path(__file__).parent / "xla_on_eight_devices.py"
    flags = "--xla_force_host_platform_device_count=8"
    done = subprocess.run(
        [sys.executable, str(script)],
        capture_output=True,
        text=True,
        timeout=400,
        env={**os.environ, "JAX_PLATFORMS": "cpu", "XLA_FLAGS": flags},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1]), done.stderr


@pytest.mark.slow
def test_eight_devices_make_their_parts_without_a_collective_or_the_host(on_eight_devices):
    found, _ = on_eight_devices
    assert found["devices"] == 8
    assert len(found["draws"]) > 40
    assert {name: said for name, said in found["draws"].items() if said != "right"} == {}
    assert found["stored"] is found["mapped"] is found["linen"] is True


@pytest.mark.slow
def test_the_partitioner_says_nothing(on_eight_devices):
    assert on_eight_devices[1] == ""

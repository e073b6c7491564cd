"""Run by test_seedbed_jax_devices.py, as tests of their own, in a process with four host devices."""

import gc
import tracemalloc

import equinox
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx
from jax.sharding import AxisType, NamedSharding, PartitionSpec

import seedbed
import seedbed_jax
from seedbed.errors import ArgumentError

KEY = jax.random.key(7)
SHAPE = (4, 6)
MESHES = [
    jax.make_mesh((2, 2), ("a", "b"), axis_types=(kind,) * 2) for kind in (AxisType.Auto, AxisType.Explicit)
]
MESH = MESHES[0]
ROWS = NamedSharding(MESH, PartitionSpec(("a", "b")))
OTHER = NamedSharding(jax.make_mesh((4,), ("c",), axis_types=(AxisType.Auto,)), PartitionSpec("c"))
TWICE = NamedSharding(MESH, PartitionSpec("a"))
init = seedbed_jax.initializer("he_normal")
on_each_mesh = pytest.mark.parametrize("mesh", MESHES, ids=["automatic", "explicit"])


def by_key(key, shape=SHAPE):
    return seedbed.get("he_normal", seed=seedbed_jax.seed_of(key))(shape)


def same(array, expected):
    return np.asarray(array).tobytes() == expected.tobytes()


def batched(keys):
    return jax.vmap(lambda key: init(key, SHAPE))(keys)


@on_each_mesh
def test_outside_of_jit_vmap_draws_under_a_mesh(mesh):
    with jax.set_mesh(mesh):
        keys = jax.random.split(KEY, 3)
        drawn = batched(keys)
    assert same(drawn, np.stack([by_key(key) for key in keys]))


@on_each_mesh
def test_outside_of_jit_layers_are_stacked_under_a_mesh(mesh):
    @nnx.split_rngs(splits=3)
    @nnx.vmap
    def stacked(rngs):
        return nnx.Linear(4, 6, kernel_init=init, rngs=rngs)

    with jax.set_mesh(mesh):
        kernel = np.asarray(stacked(nnx.Rngs(0)).kernel[...])
    assert kernel.shape == (3, 4, 6)
    assert len({layer.tobytes() for layer in kernel}) == 3


@on_each_mesh
@pytest.mark.parametrize("spec", [PartitionSpec(), PartitionSpec("a")], ids=str)
def test_outside_of_jit_vmap_draws_by_keys_on_a_mesh(mesh, spec):
    keys = jax.random.split(KEY, 4)
    drawn = batched(jax.device_put(keys, NamedSharding(mesh, spec)))
    assert same(drawn, np.stack([by_key(key) for key in keys]))


@on_each_mesh
def test_outside_of_jit_checkpoint_draws_by_a_key_on_a_mesh(mesh):
    key = jax.device_put(KEY, NamedSharding(mesh, PartitionSpec()))
    assert same(jax.checkpoint(lambda key: init(key, SHAPE))(key), by_key(KEY))


@pytest.fixture
def no_collector():
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def test_nothing_of_what_was_drawn_stays_but_the_array(no_collector):
    size = 1 << 20
    seeded = seedbed.get("he_normal", seed=7)
    seedbed_jax.sharded(seeded, (1024, 1024), ROWS).block_until_ready()
    tracemalloc.start()
    try:
        array = seedbed_jax.sharded(seeded, (1024, 1024), ROWS).block_until_ready()
        assert tracemalloc.get_traced_memory()[0] < 4 * size + 2**17  # what JAX has taken, and no copy of it
        del array
        seedbed_jax.sharded(seeded, (4, 4), ROWS)  # JAX gives memory back at the next call of it
        assert tracemalloc.get_traced_memory()[0] < 2**17
    finally:
        tracemalloc.stop()


@pytest.fixture
def matrices(monkeypatch):
    """Return the shapes of the orthogonal matrices that are drawn."""
    shapes = []
    draw = seedbed.standard.Orthogonal.__call__

    def spy(self, shape, dtype=None):
        shapes.append(shape)
        return draw(self, shape, dtype)

    monkeypatch.setattr(seedbed.standard.Orthogonal, "__call__", spy)
    return shapes


@pytest.mark.parametrize(
    ("within", "shape", "count"),
    [
        (None, (8, 8), 1),
        ({"class_name": "Scaled", "config": {"factor": 2.0}}, (8, 8), 1),
        ({"class_name": "Transposed", "config": {"permutation": [1, 0]}}, (8, 8), 1),
        ({"class_name": "Stacked", "config": {}}, (4, 8, 8), 4),
    ],
)
def test_what_comes_of_the_whole_is_drawn_once(matrices, within, shape, count):
    seeded = seedbed.get("orthogonal", seed=7)
    if within:
        seeded = seedbed.get(within, initializer=seeded)
    expected = seeded(shape)
    matrices.clear()
    array = seedbed_jax.sharded(seeded, shape, ROWS)
    assert len(matrices) == count
    assert same(array, expected)


def test_a_layer_of_equinox_has_its_orthogonal_matrix_drawn_once(matrices):
    linear = equinox.nn.Linear(8, 8, use_bias=False, key=KEY)
    seedbed_jax.initialize(linear, {"*": "orthogonal"}, seed=7, prefix="", shardings=ROWS)
    assert matrices == [(8, 8)]


class Unseeded(seedbed.Initializer):
    """Draws of its own accord."""

    def __call__(self, shape, dtype=None):
        return np.random.default_rng().normal(size=shape).astype(dtype)


def test_what_draws_without_a_seed_is_refused_only_where_several_devices_hold_it():
    tree = {"weight": jax.ShapeDtypeStruct(SHAPE, "float32")}
    with pytest.raises(ArgumentError, match=r"weight: got Unseeded\(\), .* which no seed can reach"):
        seedbed_jax.initialize(tree, {"*": Unseeded()}, seed=7, shardings=TWICE)
    made = seedbed_jax.initialize(tree, {"*": Unseeded()}, seed=7, layouts={"weight": "array"})
    assert made["weight"].shape == SHAPE


@pytest.mark.parametrize("name", ["he_normal", "ones"])
@pytest.mark.parametrize("wrap", [lambda key: key, jax.random.key_data], ids=["typed", "raw"])
def test_outside_of_jit_an_array_goes_where_its_key_is_as_in_jax(name, wrap):
    keyed, theirs = seedbed_jax.initializer(name), getattr(jax.nn.initializers, name)
    theirs = theirs() if name == "he_normal" else theirs
    places = [jax.sharding.SingleDeviceSharding(jax.devices()[3]), NamedSharding(MESH, PartitionSpec())]
    for key in (wrap(KEY), *(jax.device_put(wrap(KEY), place) for place in places)):
        ours, wanted = keyed(key, SHAPE), theirs(key, SHAPE)
        assert ours.sharding.is_equivalent_to(wanted.sharding, 2)
        assert ours.committed == wanted.committed
        assert same(ours, np.asarray(keyed(KEY, SHAPE)))


@on_each_mesh
def test_under_a_mesh_a_model_goes_to_all_its_devices_or_as_partition_specs_say(mesh):
    tree = {"kernel": jax.ShapeDtypeStruct(SHAPE, "float32"), "bias": jnp.zeros(6)}
    rules = {"*": "random_normal"}
    expected = np.asarray(seedbed_jax.initialize(tree, rules, seed=7, prefix="")["kernel"])
    everywhere = NamedSharding(mesh, PartitionSpec())
    with jax.set_mesh(mesh):
        whole = seedbed_jax.initialize(tree, rules, seed=7, prefix="")
        specs = {"kernel": PartitionSpec("a", "b"), "bias": PartitionSpec()}
        made = seedbed_jax.initialize(tree, rules, seed=7, prefix="", shardings=specs)
        alone = seedbed_jax.sharded(seedbed.get("ones"), SHAPE, PartitionSpec("b"))
    for array in (*whole.values(), made["bias"]):
        assert array.sharding.is_equivalent_to(everywhere, array.ndim)
    assert made["kernel"].sharding == NamedSharding(mesh, PartitionSpec("a", "b"))
    assert alone.sharding == NamedSharding(mesh, PartitionSpec("b"))
    assert same(whole["kernel"], expected)
    assert same(made["kernel"], expected)


def test_a_partition_spec_of_other_axes_than_the_mesh_has_is_refused():
    tree = {"kernel": jax.ShapeDtypeStruct(SHAPE, "float32")}
    with (
        jax.set_mesh(MESH),
        pytest.raises(ArgumentError, match=r"weight: got .*'c'.* other axes than .*, a, b; name these"),
    ):
        seedbed_jax.initialize(tree, {"*": "ones"}, seed=7, shardings=PartitionSpec("c"))


@on_each_mesh
@pytest.mark.parametrize("name", ["he_normal", "ones"])
@pytest.mark.parametrize("spec", [None, PartitionSpec("b"), PartitionSpec()], ids=str)
def test_shard_map_over_some_axes_of_a_mesh_draws_too(mesh, name, spec):
    drawn = jax.jit(
        jax.shard_map(
            lambda key: seedbed_jax.initializer(name)(key, SHAPE, None, spec),
            mesh=mesh,
            in_specs=PartitionSpec(),
            out_specs=PartitionSpec("a"),
            axis_names={"a"},
        )
    )(KEY)
    each = by_key(KEY) if name == "he_normal" else np.ones(SHAPE, "float32")
    assert same(drawn, np.concatenate([each, each]))


@on_each_mesh
@pytest.mark.parametrize("is_named", [False, True])
def test_an_axis_that_shard_map_is_over_divides_nothing_within(mesh, is_named):
    spec = PartitionSpec("a")
    out_sharding = NamedSharding(mesh, spec) if is_named else spec
    mapped = jax.shard_map(
        lambda key: init(key, SHAPE, None, out_sharding), mesh=mesh, in_specs=PartitionSpec(), out_specs=spec
    )
    with pytest.raises(ArgumentError, match=r"within jax.shard_map over the axis 'a'.*leave this axis out"):
        jax.eval_shape(mapped, KEY)


@on_each_mesh
def test_within_jit_a_sharding_of_another_mesh_than_the_one_that_is_set_is_refused(mesh):
    with (
        jax.set_mesh(mesh),
        pytest.raises(ArgumentError, match="within jit pass a sharding of that one, or leave it"),
    ):
        jax.eval_shape(lambda key: init(key, SHAPE, None, OTHER), KEY)


@on_each_mesh
@pytest.mark.parametrize("name", ["zeros", "ones", "constant"])
def test_numbers_are_divided_within_jit_as_other_values_are(mesh, name):
    sharding = NamedSharding(mesh, PartitionSpec("a", "b"))
    array = jax.jit(lambda: seedbed_jax.initializer(name)(None, SHAPE, "bfloat16", sharding))()
    assert same(array, seedbed.get(name)(SHAPE, "bfloat16"))
    assert array.sharding.is_equivalent_to(sharding, 2)


@pytest.mark.skipif(jax.__version_info__ < (0, 10), reason="JAX itself moves nothing there within jit")
@on_each_mesh
@pytest.mark.parametrize("name", ["he_normal", "zeros"])
def test_the_kind_of_memory_is_heeded_within_jit(mesh, name):
    pinned = NamedSharding(mesh, PartitionSpec("a"), memory_kind="pinned_host")
    keyed = seedbed_jax.initializer(name)
    for call in (jax.jit, lambda function: function):
        array = call(lambda key: keyed(key, SHAPE, None, pinned))(KEY)
        assert array.sharding.memory_kind == "pinned_host"
        assert (np.asarray(array) == np.asarray(keyed(KEY, SHAPE))).all()
    batch = jax.vmap(lambda key: init(key, SHAPE, None, pinned))(jax.random.split(KEY, 3))
    assert batch.sharding.memory_kind == "pinned_host"
    assert batch.addressable_shards[0].data.shape == (3, 2, 6)


def test_within_jit_memory_of_another_kind_is_refused():
    sharding = NamedSharding(MESH, PartitionSpec("a"), memory_kind="unpinned_host")
    assert init(KEY, SHAPE, None, sharding).sharding.memory_kind == "unpinned_host"
    with pytest.raises(
        ArgumentError, match=r"of the memory 'unpinned_host'; within jit allowed are 'device' and"
    ):
        jax.eval_shape(lambda key: init(key, SHAPE, None, sharding), KEY)


@pytest.mark.parametrize("call", [jax.jit, lambda function: function], ids=["jit", "outside"])
def test_a_layout_of_sums_is_refused(call):
    spec = PartitionSpec("a", unreduced={"b"})
    with pytest.raises(ArgumentError, match="whose unreduced axes are those of a sum over devices"):
        call(lambda key: init(key, SHAPE, None, NamedSharding(MESHES[1], spec)))(KEY)

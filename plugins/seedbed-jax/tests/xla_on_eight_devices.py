"""Run by test_seedbed_jax_xla.py in a process with eight host devices; prints what it found as JSON."""

import json
import sys
import warnings

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import AxisType, NamedSharding, PartitionSpec

import seedbed
import seedbed_jax

warnings.simplefilter("error")

KEY = jax.random.key(7)
COLLECTIVES = ("all-gather", "all-reduce", "all-to-all", "collective-permute", "reduce-scatter")
SPECS = (
    PartitionSpec("a"),
    PartitionSpec(None, "b"),
    PartitionSpec("b", "a"),
    PartitionSpec(("a", "b")),
    PartitionSpec(None, ("b", "a")),
    PartitionSpec(),
)
SHAPES = ((16, 24), (8, 10), (4, 4, 40))  # of which 8 does not divide the second's last axis
WAYS = {(16, 24): "he_normal", (8, 10): "random_uniform", (4, 4, 40): "random_normal"}


def same(array, expected):
    return np.asarray(array).tobytes() == expected.tobytes()


def said(shape, sharding):
    """Return what is wrong with an array that goes where `jax.jit` is told."""
    init = seedbed_jax.initializer(WAYS[shape])
    compiled = jax.jit(lambda key: init(key, shape), out_shardings=sharding).lower(KEY).compile()
    text, array = compiled.as_text(), compiled(KEY)
    if found := [name for name in (*COLLECTIVES, "callback") if name in text]:
        return f"has {found}"
    if not array.sharding.is_equivalent_to(sharding, len(shape)):
        return "is elsewhere"
    return "right" if same(array, seedbed.get(WAYS[shape], seed=[0, 7])(shape)) else "has other bits"


def asked_for(shape, sharding):
    """Return what is wrong with an array that goes where the initializer is told."""
    init = seedbed_jax.initializer(WAYS[shape])
    array = jax.jit(lambda key: init(key, shape, None, sharding))(KEY)
    return "right" if same(array, seedbed.get(WAYS[shape], seed=[0, 7])(shape)) else "has other bits"


def is_divisible(shape, sharding):
    try:
        return bool(sharding.shard_shape(shape))
    except ValueError:
        return False


meshes = {
    "explicit": jax.make_mesh((4, 2), ("a", "b"), axis_types=(AxisType.Explicit,) * 2),
    "automatic": jax.make_mesh((4, 2), ("a", "b"), axis_types=(AxisType.Auto,) * 2),
}
found = {"devices": jax.device_count(), "draws": {}}
for kind, mesh in meshes.items():
    for shape in SHAPES:
        for spec in SPECS:
            if not is_divisible(shape, sharding := NamedSharding(mesh, spec)):
                continue
            found["draws"][f"{kind}, {shape}, {spec}"] = said(shape, sharding)
            if spec == PartitionSpec("a"):
                with jax.set_mesh(mesh):
                    found["draws"][f"{kind}, {shape}, {spec}, set"] = said(shape, sharding)
            if kind == "automatic":
                found["draws"][f"out_sharding, {shape}, {spec}"] = asked_for(shape, sharding)

# Stored for eight devices, by rows, and called on them.
rows = NamedSharding(meshes["automatic"], PartitionSpec("a"))
init = seedbed_jax.initializer("he_normal")
raw = jax.random.PRNGKey(7)  # JAX 0.8 cannot place the shardings of typed ones
stored = jax.export.export(jax.jit(lambda key: init(key, (16, 24)), out_shardings=rows))(raw)
expected = seedbed.get("he_normal", seed=[0, 7])((16, 24))
where = NamedSharding(meshes["automatic"], PartitionSpec())
array = jax.jit(stored.call)(jax.device_put(raw, where))
found["stored"] = same(array, expected) and stored.nr_devices == 8

# A key on each device along an axis of the mesh, and the others left to JAX.
keys = jax.random.split(KEY, 4)
mapped = jax.jit(
    jax.shard_map(
        lambda key: init(key[0], (2, 8)),
        mesh=meshes["automatic"],
        in_specs=PartitionSpec("a"),
        out_specs=PartitionSpec("a"),
        axis_names={"a"},
    )
)(keys)
found["mapped"] = all(
    same(mapped[2 * i : 2 * i + 2], seedbed.get("he_normal", seed=seedbed_jax.seed_of(key))((2, 8)))
    for i, key in enumerate(keys)
)

# A model that is initialized where its parameters go, as in Flax's guide.
model = nn.Dense(8, kernel_init=init)
placed = {"params": {"kernel": rows, "bias": where}}
made = jax.jit(model.init, out_shardings=placed)(KEY, jnp.ones((1, 16)))["params"]["kernel"]
found["linen"] = same(made, np.asarray(model.init(KEY, jnp.ones((1, 16)))["params"]["kernel"]))
sys.stdout.write(json.dumps(found))

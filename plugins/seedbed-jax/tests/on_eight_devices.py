"""Run by test_seedbed_jax_devices.py in a process with eight host devices; prints what it found as JSON."""

import json
import sys

import jax
import numpy as np
from jax.sharding import AxisType, NamedSharding, PartitionSpec

import seedbed
import seedbed_jax

KEY = jax.random.key(7)
SHAPE = (16, 8)
SEEDED = seedbed.get("he_normal", seed=7)
BY_KEY = seedbed.get("he_normal", seed=[0, 7])
SPECS = {
    "rows": PartitionSpec("a"),
    "columns": PartitionSpec(None, "b"),
    "both": PartitionSpec("a", "b"),
    "crossed": PartitionSpec("b", "a"),
    "two in one": PartitionSpec(("a", "b")),
    "two in one, the other way": PartitionSpec(None, ("b", "a")),
    "nothing": PartitionSpec(),
}

found = {}
asked = []


class Spy(seedbed.Initializer):
    """Keeps what it is asked for."""

    reproducibility = "exact"

    def __init__(self, *, seed=None):
        self.seed = seed

    def __call__(self, shape, dtype=None):
        asked.append(("whole", shape))
        return seedbed.get("he_normal", seed=self.seed)(shape, dtype)

    def shard(self, shape, index, dtype=None):
        part = seedbed.get("he_normal", seed=self.seed).shard(shape, index, dtype)
        if part.size:  # what checks a shape asks for nothing
            asked.append(("part", part.shape))
        return part


def same(array, initializer, shape=SHAPE, dtype="float32"):
    return np.asarray(array).tobytes() == initializer(shape, dtype).tobytes()


def each(function):
    """Return what a function says of each spec, on a mesh of each kind of axes."""
    return {
        f"{kind}, {name}": function(NamedSharding(mesh, spec))
        for kind, mesh in meshes.items()
        for name, spec in SPECS.items()
    }


def is_placed(array, sharding):
    return array.sharding.is_equivalent_to(sharding, len(SHAPE))


def sharded(sharding):
    array = seedbed_jax.sharded(SEEDED, SHAPE, sharding, "bfloat16")
    return same(array, SEEDED, dtype="bfloat16") and is_placed(array, sharding)


def by_key(sharding):
    array = init(KEY, SHAPE, None, sharding)
    return same(array, BY_KEY) and is_placed(array, sharding)


def by_key_in_jit(sharding):
    array = jax.jit(lambda key: init(key, SHAPE, None, sharding))(KEY)
    return same(array, BY_KEY) and is_placed(array, sharding)


def by_spec(sharding):
    with jax.set_mesh(sharding.mesh):
        alone = init(KEY, SHAPE, out_sharding=sharding.spec)
        jitted = jax.jit(lambda key: init(key, SHAPE, out_sharding=sharding.spec))(KEY)
    return all(same(array, BY_KEY) and is_placed(array, sharding) for array in (alone, jitted))


def by_constraint(sharding):
    array = jax.jit(lambda key: init(key, SHAPE), out_shardings=sharding)(KEY)
    return same(array, BY_KEY) and is_placed(array, sharding)


def under_mesh(sharding):
    with jax.set_mesh(sharding.mesh):
        return same(jax.jit(lambda key: init(key, SHAPE))(KEY), BY_KEY)


def batched(sharding):
    keys = jax.random.split(KEY, 3)
    array = jax.vmap(lambda key: init(key, SHAPE, None, sharding))(keys)
    singles = [seedbed.get("he_normal", seed=seedbed_jax.seed_of(key)) for key in keys]
    return all(same(array[i], single) for i, single in enumerate(singles))


meshes = {
    "explicit": jax.make_mesh((4, 2), ("a", "b"), axis_types=(AxisType.Explicit,) * 2),
    "automatic": jax.make_mesh((4, 2), ("a", "b"), axis_types=(AxisType.Auto,) * 2),
}
init = seedbed_jax.initializer("he_normal")
found["devices"] = jax.device_count()
for function in (sharded, by_key, by_key_in_jit, by_spec, under_mesh):
    found[function.__name__] = each(function)
found["batched"] = batched(NamedSharding(meshes["automatic"], SPECS["both"]))
found["by_constraint"] = by_constraint(NamedSharding(meshes["automatic"], SPECS["both"]))

# Eight devices, and four different parts: each was drawn once, outside of jit, and nothing else was.
spied = seedbed_jax.sharded(Spy(seed=7), SHAPE, NamedSharding(meshes["automatic"], SPECS["rows"]))
found["asked for shards"] = [*asked]
asked.clear()


class Whole(Spy):
    """Cannot make a part alone."""

    shard = seedbed.Initializer.shard


in_rows = seedbed_jax.sharded(Whole(seed=7), SHAPE, NamedSharding(meshes["automatic"], SPECS["rows"]))
found["asked for the whole"] = [*asked]
found["whole"] = same(in_rows, SEEDED) and same(spied, SEEDED)
asked.clear()
keyed = seedbed_jax.KeyedInitializer(Spy())
jax.jit(lambda key: keyed(key, SHAPE, None, NamedSharding(meshes["automatic"], SPECS["both"])))(
    KEY
).block_until_ready()
found["asked for in jit"] = [*asked]

# A device each, with a key and an array of its own.
keys = jax.random.split(KEY, 4)
mapped = jax.shard_map(
    lambda key: init(key[0], (2, 8)),
    mesh=meshes["automatic"],
    in_specs=PartitionSpec("a"),
    out_specs=PartitionSpec("a"),
)(keys)
found["shard_map"] = all(
    same(mapped[2 * i : 2 * i + 2], seedbed.get("he_normal", seed=seedbed_jax.seed_of(key)), (2, 8))
    for i, key in enumerate(keys)
)


def refusal(shape, sharding):
    try:
        seedbed_jax.sharded(SEEDED, shape, sharding)
    except seedbed.errors.ShapeError as error:
        return str(error)
    return ""


found["refused"] = [
    refusal((10, 8), NamedSharding(meshes["automatic"], SPECS["rows"])),
    refusal((16,), NamedSharding(meshes["automatic"], SPECS["both"])),
]

LEAVES = {"kernel": SHAPE, "bias": (8,)}
RULES = {"*/bias": "random_normal", "*": "he_normal"}


def model(**shardings):
    return {
        "dense": {
            name: jax.ShapeDtypeStruct(shape, "float32", sharding=shardings.get(name))
            for name, shape in LEAVES.items()
        }
    }


def initialized(tree, shardings=None):
    return seedbed_jax.initialize(tree, RULES, seed=3, shardings=shardings)["dense"]


by_rows = NamedSharding(meshes["explicit"], SPECS["rows"])
in_both = NamedSharding(meshes["automatic"], SPECS["both"])
everywhere = NamedSharding(meshes["explicit"], SPECS["nothing"])
trees = {
    "none": initialized(model()),
    "own": initialized(model(kernel=in_both)),
    "given": initialized(model(kernel=in_both), {"dense": {"kernel": by_rows, "bias": None}}),
    "one for all": initialized(model(kernel=in_both), everywhere),
}
trees["of arrays"] = initialized({"dense": trees["given"]})
found["initialize"] = {
    name: all((np.asarray(tree[leaf]) == np.asarray(trees["none"][leaf])).all() for leaf in LEAVES)
    for name, tree in trees.items()
}
found["kernel's spec"] = {
    name: str(getattr(tree["kernel"].sharding, "spec", "one device")) for name, tree in trees.items()
}
PART = {"dense/kernel": ((32, 8), (slice(0, 16),))}


def in_part(sharding):
    """Return what is said of a part of a larger weight that goes to such devices; nothing if it is drawn."""
    try:
        seedbed_jax.initialize(model(kernel=sharding), RULES, seed=3, shard=PART)
    except seedbed.errors.ArgumentError as error:
        return str(error)
    return ""


found["parts"] = [in_part(None), in_part(everywhere), in_part(by_rows)]

# A transformer that was scanned, as a user has it: shapes alone, and shardings.
SCANNED = {
    "norm": {"scale": jax.ShapeDtypeStruct((6, 16), "float32")},
    "up": {"kernel": jax.ShapeDtypeStruct((6, 16, 24), "float32")},
    "down": {"kernel": jax.ShapeDtypeStruct((6, 24, 16), "float32")},
}
by_columns = NamedSharding(meshes["automatic"], PartitionSpec(None, None, "a"))
scanned = {"norm": {"scale": None}, "up": {"kernel": by_columns}, "down": None}
told = {"*scale": "ones", "*": "he_normal"}
plain, divided = (
    seedbed_jax.initialize({"layers": SCANNED}, told, seed=3, shardings=given, strict=True)
    for given in (None, {"layers": scanned})
)
up = seedbed.get("he_normal", seed=3, axes="experts_io").fold_in("layers/up/weight")
found["scanned"] = [same(tree["layers"]["up"]["kernel"], up, (6, 16, 24)) for tree in (plain, divided)]
sys.stdout.write(json.dumps(found, default=bool))

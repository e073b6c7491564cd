"""Run twice by test_seedbed_jax_devices.py, with an address and a rank; prints what it found as JSON."""

import json
import sys

import jax
import numpy as np
from jax.sharding import AxisType, NamedSharding, PartitionSpec

import seedbed
import seedbed_jax

address, rank = sys.argv[1], int(sys.argv[2])
jax.distributed.initialize(address, num_processes=2, process_id=rank)

SHAPE = (16, 8)
KEY = jax.random.key(7)
mesh = jax.make_mesh((2, 2), ("hosts", "own"), axis_types=(AxisType.Auto,) * 2)
seeded = seedbed.get("he_normal", seed=7)
init = seedbed_jax.initializer("he_normal")
by_key = seedbed.get("he_normal", seed=[0, 7])
rows = NamedSharding(mesh, PartitionSpec(("hosts", "own")))
crossed = NamedSharding(mesh, PartitionSpec("own", "hosts"))


def agrees(array, initializer, dtype="float32"):
    """Say whether all parts that this process holds are those of the whole."""
    whole = initializer(SHAPE, dtype)
    parts = array.addressable_shards
    return len(parts) == 2 and all(
        np.asarray(part.data).tobytes() == whole[part.index].tobytes() for part in parts
    )


by_rows = seedbed_jax.sharded(seeded, SHAPE, rows)
made = seedbed_jax.initialize(
    {"dense": {"kernel": jax.ShapeDtypeStruct(SHAPE, "float32", sharding=crossed)}},
    {"*": "he_normal"},
    seed=7,
)
keys = jax.random.split(KEY, 3)
with jax.set_mesh(mesh):
    batch = jax.vmap(lambda key: init(key, SHAPE))(jax.random.split(KEY, 3))
stack = np.stack([seedbed.get("he_normal", seed=seedbed_jax.seed_of(key))(SHAPE) for key in keys])
jitted = jax.jit(lambda key: init(key, SHAPE, "bfloat16", crossed))
sys.stdout.write(
    json.dumps(
        {
            "devices": [jax.local_device_count(), jax.device_count()],
            "parts": {
                "sharded": agrees(by_rows, seeded),
                "sharded, crossed": agrees(
                    seedbed_jax.sharded(seeded, SHAPE, crossed, "bfloat16"), seeded, "bfloat16"
                ),
                "by key": agrees(init(KEY, SHAPE, None, rows), by_key),
                "by key in jit": agrees(jitted(KEY), by_key, "bfloat16"),
                "batched": all(np.array_equal(part.data, stack) for part in batch.addressable_shards),
                "initialize": agrees(made["dense"]["kernel"], seeded.fold_in("dense/weight")),
            },
            "rows": sorted([part.index[0].start, part.index[0].stop] for part in by_rows.addressable_shards),
        }
    )
)

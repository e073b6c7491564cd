"""Run by test_seedbed_jax_devices.py, as tests of their own, in a process with four host devices."""

import jax
import numpy as np
import pytest
from flax import nnx
from jax.sharding import AxisType, NamedSharding, PartitionSpec

import seedbed
import seedbed_jax

KEY = jax.random.key(7)
SHAPE = (4, 6)
MESHES = [
    jax.make_mesh((2, 2), ("a", "b"), axis_types=(kind,) * 2) for kind in (AxisType.Auto, AxisType.Explicit)
]
MESH = MESHES[0]
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

"""Seedbed's initializers in JAX, with its keys and shardings."""

from seedbed.requirement import require

# The first with `jax.set_mesh`, and with initializers that take ``dtype=None``.
require("jax", (0, 8), title="JAX", requirer="seedbed-jax")

from seedbed_jax import initializers  # noqa: E402
from seedbed_jax.keyed import KeyedInitializer, initializer  # noqa: E402
from seedbed_jax.keys import seed_of  # noqa: E402
from seedbed_jax.shards import sharded  # noqa: E402
from seedbed_jax.trees import initialize, plan  # noqa: E402

__all__ = ["KeyedInitializer", "initialize", "initializer", "initializers", "plan", "seed_of", "sharded"]

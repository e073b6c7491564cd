"""Seedbed's initializers in JAX, with its keys and shardings."""

# Before anything that imports JAX: what is absent, or too old, is to be said in one line.
from seedbed_jax.supported import check

check()

from seedbed_jax import initializers  # noqa: E402
from seedbed_jax.keyed import KeyedInitializer, initializer  # noqa: E402
from seedbed_jax.keys import seed_of  # noqa: E402
from seedbed_jax.shards import sharded  # noqa: E402
from seedbed_jax.trees import initialize  # noqa: E402

__all__ = ["KeyedInitializer", "initialize", "initializer", "initializers", "seed_of", "sharded"]

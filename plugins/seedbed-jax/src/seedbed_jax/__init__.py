"""Seedbed's initializers in JAX, with its keys and shardings."""

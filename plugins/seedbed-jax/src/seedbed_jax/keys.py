"""The seed that a JAX key stands for."""

from __future__ import annotations

from typing import Any, Final

import jax
import jax.numpy as jnp
import numpy as np

from seedbed.errors import ArgumentError, shown
from seedbed_jax.given import as_seed

_RAW_WORDS: Final = (2, 4)
"""How long a raw key is: two words of threefry, four of the other implementations."""


def seed_of(key: Any) -> list[int]:
    """Return the seed that a key stands for: the list of its words.

    A typed key and a raw one of the same words are one seed.

    Parameters
    ----------
    key
        One key: typed, as `jax.random.key` makes it, or raw, as `jax.random.PRNGKey` does, which is a uint32
        array of shape (2,) or (4,).

    Returns
    -------
    list of int
        2 or 4 ints of at least 0 and below 2**32, in the order of `jax.random.key_data`.

    Raises
    ------
    ArgumentError
        If `key` is no key, more than one, or traced, when it has no words yet.

    Examples
    --------
    >>> import jax
    >>> seed_of(jax.random.key(7)), seed_of(jax.random.PRNGKey(7))
    ([0, 7], [0, 7])
    """
    words = words_of(key)
    if isinstance(words, jax.core.Tracer):
        raise ArgumentError(
            "got a traced key, whose words are not known while a function is traced; "
            "call seed_of outside of jit and vmap"
        )
    return as_seed(np.asarray(words))


def check_no_key(seed: Any) -> None:
    """Refuse a key of JAX's where a seed is meant, with the way from one to the other.

    Raises
    ------
    ArgumentError
        If `seed` is a key, typed or raw.
    """
    if isinstance(seed, jax.Array) and (
        jnp.issubdtype(seed.dtype, jax.dtypes.prng_key)
        or (seed.dtype == np.uint32 and seed.shape in {(words,) for words in _RAW_WORDS})
    ):
        raise ArgumentError(
            "got a key of JAX's as the seed; pass seed=seedbed_jax.seed_of(key), the list of its words"
        )


def words_of(key: Any) -> jax.Array:
    """Return the words of one key as a uint32 vector, traced where the key is.

    Raises
    ------
    ArgumentError
        If `key` is no key, or more than one.
    """
    if not isinstance(key, jax.Array | np.ndarray):
        raise ArgumentError(
            f"got {shown(key)} of type {type(key).__name__} as a key; make one with jax.random.key(7)"
        )
    is_typed = jnp.issubdtype(key.dtype, jax.dtypes.prng_key)
    if not is_typed and key.dtype != np.uint32:
        raise ArgumentError(
            f"got an array of dtype {key.dtype} as a key; make one with jax.random.key(7), or pass a raw "
            "key, which is a uint32 vector"
        )
    shape = key.shape
    if shape != () if is_typed else (len(shape) != 1 or shape[0] not in _RAW_WORDS):
        raise ArgumentError(
            f"got a{'n array of typed keys' if is_typed else ' uint32 array'} of shape {shape} as a key; "
            "pass one key, of shape () if typed and (2,) or (4,) if raw, and use jax.vmap for many"
        )
    words: jax.Array = jax.random.key_data(key) if is_typed else jnp.asarray(key)
    return words.ravel()

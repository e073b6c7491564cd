"""Initializers of Seedbed's as functions of a JAX key."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from seedbed import Initializer
from seedbed.drawing import check
from seedbed.errors import ArgumentError, shown
from seedbed.models import Values
from seedbed_jax.given import (
    as_initializer,
    as_seed,
    is_seeded,
    refuse_undeclared,
    seeded,
    takes_seed,
    unwrapped,
)
from seedbed_jax.keys import words_of
from seedbed_jax.placing import assembled, default_sharding, has_no_devices, placeable, placed
from seedbed_jax.staged import staged
from seedbed_jax.values import as_dtype, as_shape, probe


@dataclass(frozen=True)
class KeyedInitializer:
    """A function of a key, a shape and a dtype, as those of `jax.nn.initializers` are.

    Two are equal if their initializers and dtypes are. They can be hashed, copied and pickled.

    Parameters
    ----------
    initializer
        What draws, without a seed.
    dtype
        The dtype where a call gives none; ``None`` for JAX's default, float32 unless 64-bit dtypes are
        enabled.

    Raises
    ------
    ArgumentError
        If `initializer` is none, or has a seed, or may draw without one that the key could be.
    DTypeError
        If `dtype` is none.

    Examples
    --------
    >>> import jax, seedbed
    >>> init = KeyedInitializer(seedbed.get("he_normal"))
    >>> weights = init(jax.random.key(7), (256, 128))
    >>> bool((weights == seedbed.get("he_normal", seed=[0, 7])((256, 128))).all())
    True
    """

    initializer: Initializer
    dtype: Any = None

    def __post_init__(self) -> None:
        if not isinstance(self.initializer, Initializer):
            raise ArgumentError(
                f"got {shown(self.initializer)} of type {type(self.initializer).__name__}; pass an "
                "initializer of Seedbed's, or use seedbed_jax.initializer, which takes names and configs"
            )
        if is_seeded(self.initializer):
            raise ArgumentError(
                f"got {self.initializer!r}, which has a seed; leave it out, since the key is one"
            )
        refuse_undeclared(self.initializer, "key")
        # One object for each dtype, so that equal ones are equal, however they were written.
        object.__setattr__(self, "dtype", as_dtype(self.dtype))

    def __call__(self, key: Any, shape: Any, dtype: Any = None, out_sharding: Any = None) -> jax.Array:
        """Return a new array, a pure function of `key`.

        Within `jax.jit`, `jax.vmap`, `jax.shard_map` and the like the values are made when the compiled
        function runs: by XLA or by the host, which give the same bits.

        Parameters
        ----------
        key
            One key, typed or raw, whose words are the seed; see `seed_of`. Initializers that take no seed, as
            that of zeros, do not look at it.
        shape
            An int or a tuple of ints; within `jax.shard_map` the shape of what one device makes.
        dtype
            The dtype of the result; ``None`` is that of this initializer.
        out_sharding
            Which device holds which part, each of which is computed alone: a `jax.sharding.NamedSharding`, or
            a `jax.sharding.PartitionSpec` for the mesh that `jax.set_mesh` has set. Outside of jit any other
            sharding too; and ``None`` gives the whole to every device of a mesh that has been set, else to
            the devices that the key was put on, as JAX does.

        Raises
        ------
        ArgumentError
            If `key` is no key, or `out_sharding` nothing that says where the parts are.
        ShapeError, DTypeError
            If the initializer cannot give such an array. Within jit one that has no `shard` of its own says
            so when the compiled function runs.
        """
        sizes = as_shape(shape)
        empty = probe(self.dtype if dtype is None else dtype)
        words = words_of(key) if takes_seed(self.initializer) else jnp.zeros(0, jnp.uint32)
        # Under vmap only the key is; a key from outside of a traced function may not be.
        is_traced = any(isinstance(array, jax.core.Tracer) for array in (empty, words))
        if is_traced or _needs_mesh(out_sharding, words):
            check(self.initializer, sizes, empty.dtype)
            return staged(self.initializer, words, sizes, empty.dtype, out_sharding=out_sharding)
        drawn = seeded(self.initializer, as_seed(np.asarray(words)))
        if out_sharding is None:
            out_sharding = default_sharding(len(sizes), words)
        if out_sharding is not None:
            placing = placeable(out_sharding, sizes)
            check(drawn, sizes, empty.dtype)
            return assembled(Values.of(drawn, sizes, empty.dtype), placing)
        return placed(Values.of(drawn, sizes, empty.dtype))


def initializer(
    identifier: str | Mapping[str, Any] | Initializer | type[Initializer] | KeyedInitializer,
    /,
    *,
    dtype: Any = None,
    **overrides: Any,
) -> KeyedInitializer:
    """Return a function ``(key, shape, dtype=None, out_sharding=None)``, for Flax, Haiku and Equinox.

    Parameters
    ----------
    identifier
        The name or the config of an initializer, or an initializer, without a seed; or what this returned.
    dtype
        The dtype where a call gives none; ``None`` for JAX's default.
    **overrides
        Arguments of the initializer, on top.

    Raises
    ------
    ArgumentError
        If there is a seed: the key is one. Or if the initializer may draw without one.
    DTypeError
        If `dtype` is none.
    SeedbedError
        Whatever `seedbed.get` raises.

    Examples
    --------
    >>> import jax
    >>> init = initializer("random_normal", stddev=0.02)
    >>> init(jax.random.key(7), (256, 128), "bfloat16").dtype
    dtype(bfloat16)
    """
    identifier, dtype = unwrapped(identifier, dtype)
    return KeyedInitializer(as_initializer(identifier, **overrides), dtype)


def _needs_mesh(out_sharding: Any, words: jax.Array) -> bool:
    """Say whether it has devices only together with the mesh that has been set, or that the key is on."""
    if isinstance(out_sharding, jax.sharding.PartitionSpec):
        return True
    is_set = not jax.sharding.get_abstract_mesh().empty
    is_there = is_set or isinstance(words.sharding, jax.sharding.NamedSharding)
    return has_no_devices(out_sharding) and is_there

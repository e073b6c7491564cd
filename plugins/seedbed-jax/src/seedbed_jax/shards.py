"""`sharded`: an array of an initializer with a seed, each of whose shards is computed alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import jax

from seedbed import Initializer
from seedbed.drawing import check, draws_anew
from seedbed.errors import ArgumentError
from seedbed.models import Values
from seedbed_jax.given import as_initializer, refuse_undeclared, unwrapped
from seedbed_jax.placing import assembled, placeable
from seedbed_jax.values import as_shape, probe


def sharded(
    initializer: str | Mapping[str, Any] | Initializer,
    shape: Any,
    sharding: jax.sharding.Sharding | jax.sharding.PartitionSpec,
    dtype: Any = None,
) -> jax.Array:
    """Return a sharded array of which each device's part was computed alone.

    The values are those of ``initializer(shape, dtype)``, bit for bit, whatever the sharding. A process makes
    the parts of its own devices, and a part that several of them hold once. But of an initializer whose parts
    come of the whole, such as ``orthogonal``, each process makes the whole, once.

    Parameters
    ----------
    initializer
        An initializer, or the name or the config of one, with a seed.
    shape
        The shape of the whole array, an int or a tuple of ints, from which fans are taken.
    sharding
        Which device holds which part, such as a `jax.sharding.NamedSharding`, or under `jax.set_mesh` a
        `jax.sharding.PartitionSpec`.
    dtype
        The dtype of the result; ``None`` is JAX's default, float32 unless 64-bit dtypes are enabled.

    Raises
    ------
    ArgumentError
        If `initializer` draws without a seed, or may do so, so that every process would draw other values; or
        `sharding` is none or has no devices, or this is called where a function is traced.
    ShapeError, DTypeError
        If `sharding` does not divide `shape` into equal parts, or the initializer cannot give such an array.

    Examples
    --------
    >>> import jax, seedbed
    >>> from jax.sharding import NamedSharding, PartitionSpec
    >>> mesh = jax.make_mesh((1,), ("rows",))
    >>> weights = sharded(
    ...     seedbed.get("he_normal", seed=7), (256, 128), NamedSharding(mesh, PartitionSpec("rows"))
    ... )
    >>> bool((weights == seedbed.get("he_normal", seed=7)((256, 128))).all())
    True
    """
    initializer, dtype = unwrapped(initializer, dtype)
    found, sizes = as_initializer(initializer), as_shape(shape)
    placing = placeable(sharding, sizes)
    if draws_anew(found):
        raise ArgumentError(
            f"{found!r} has no seed, so that each process, and each part, would be another draw; "
            "give one, as in seedbed.get('he_normal', seed=7)"
        )
    refuse_undeclared(found, "seed")
    empty = probe(dtype)
    if isinstance(empty, jax.core.Tracer):
        raise ArgumentError(
            "sharded makes an array, which a function that is traced cannot do; call it outside of jit, or "
            "within use seedbed_jax.initializer with out_sharding"
        )
    check(found, sizes, empty.dtype)
    return assembled(Values.of(found, sizes, empty.dtype), placing)

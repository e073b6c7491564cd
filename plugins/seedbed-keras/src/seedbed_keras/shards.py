"""Weights that JAX divides over devices, each of whose parts is drawn alone."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from seedbed.drawing import draws_anew, undeclared_within
from seedbed.errors import ArgumentError, ShapeError, shown
from seedbed.models import Values
from seedbed.models.parts import Parts
from seedbed_keras.layouts import Shape


def divided(values: Values, *, placing: Any) -> Any:
    """Return a new array of JAX, placed as Keras or JAX says.

    A part that several devices hold is drawn once. What cannot be drawn in parts is drawn once as a whole.

    Raises
    ------
    ArgumentError
        If the backend is another, or `placing` nothing that JAX knows, or has no devices; or if several
        processes make the array, and each would draw other values for want of a seed.
    ShapeError
        If `placing` does not divide the array into equal parts.
    """
    sharding = _sharding(placing)
    _check_divides(sharding, values.shape)
    import jax  # noqa: PLC0415 - this backend's own

    initializer = values.initializer
    is_anew = draws_anew(initializer) or undeclared_within(initializer) is not None
    if jax.process_count() > 1 and is_anew:
        raise ArgumentError(
            f"{initializer!r} has no seed, so that each of {jax.process_count()} processes would draw other "
            "values for one weight; give one, as in as_keras('he_normal', seed=7)"
        )
    # JAX has float32 for float64 unless it has been told otherwise.
    kept, parts = jax.dtypes.canonicalize_dtype(values.dtype), Parts(values)
    return jax.make_array_from_callback(
        values.shape, sharding, lambda index: parts(index).astype(kept, copy=False)
    )


def trace_state() -> Any:
    """Return what JAX is tracing, to be compared with what it is later; ``None`` on another backend."""
    if keras.backend.backend() != "jax":
        return None
    import jax.extend  # noqa: PLC0415 - this backend's own

    # Where JAX has it, and where it had it before.
    own = jax.extend.core if hasattr(jax.extend.core, "get_opaque_trace_state") else jax.core
    return own.get_opaque_trace_state(convention="flax")


def _sharding(placing: Any) -> Any:
    """Return a sharding that has devices, for one of Keras's layouts, or of JAX's with the mesh alone."""
    if keras.backend.backend() != "jax":
        raise ArgumentError(
            f"got layout={shown(placing)} on the backend {keras.backend.backend()}; only JAX divides tensors "
            "over devices"
        )
    import jax  # noqa: PLC0415 - this backend's own

    found: Any = getattr(placing, "backend_layout", placing)
    if not isinstance(found, jax.sharding.Sharding):
        raise ArgumentError(
            f"got layout={shown(placing)} of type {type(placing).__name__}; give a "
            "keras.distribution.TensorLayout with a device_mesh, or a jax.sharding.NamedSharding"
        )
    if isinstance(found, jax.sharding.NamedSharding) and isinstance(found.mesh, jax.sharding.AbstractMesh):
        if jax.sharding.get_abstract_mesh().empty:
            raise ArgumentError(
                f"got layout={shown(found)} of an abstract mesh, which has no devices; call jax.set_mesh "
                "before, or pass a sharding of a jax.sharding.Mesh"
            )
        # The mesh that has been set, for which JAX 0.8 has no public function.
        everywhere: Any = jax.sharding.PartitionSpec
        there: Any = jax.device_put(np.zeros(0, np.float32), everywhere()).sharding
        if there.mesh.shape != found.mesh.shape:
            raise ArgumentError(
                f"got layout={shown(found)} of an abstract mesh, which is not the one that has been set, "
                f"{shown(there.mesh)}; pass a sharding of that"
            )
        found = jax.sharding.NamedSharding(there.mesh, found.spec)
    spec = getattr(found, "spec", None)
    # JAX 0.8 has but the first.
    if sums := [name for name in ("unreduced", "reduced") if getattr(spec, name, None)]:
        raise ArgumentError(
            f"got layout={shown(found)}, whose {sums[0]} axes are those of a sum over devices; say which "
            "axes divide the array, and leave these out"
        )
    return found


def _check_divides(sharding: Any, shape: Shape) -> None:
    # JAX finds more entries than axes only when it makes the array, by an assertion.
    has_more = len(getattr(sharding, "spec", ())) > len(shape)
    cause = None
    try:
        sharding.shard_shape(shape)
    except (ValueError, IndexError) as error:
        cause = error
    if has_more or cause is not None:
        raise ShapeError(
            f"got shape {shape}, which layout={shown(sharding)} does not divide into equal parts; divide "
            "other axes"
        ) from cause

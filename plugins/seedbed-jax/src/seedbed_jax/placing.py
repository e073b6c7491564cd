"""Drawn values on the devices that a sharding says, each part computed alone."""

from __future__ import annotations

from typing import Any, Final

import jax
import numpy as np
import numpy.typing as npt

from seedbed import shapes
from seedbed.errors import ArgumentError, ShapeError, shown
from seedbed.models import Values
from seedbed.models.parts import Parts

_ALIGNMENT: Final = 64
"""In bytes. JAX takes host memory that begins at a multiple of it as it is, and copies any other."""


def placed(values: Values) -> jax.Array:
    """Return the array on JAX's default device."""
    # jnp.asarray would copy even what need not be.
    array: jax.Array = jax.device_put(Parts(values, memory=_memory)((slice(None),) * len(values.shape)))
    return array


def assembled(values: Values, sharding: jax.sharding.Sharding) -> jax.Array:
    """Return the array of values that have been checked, by a `placeable` sharding."""
    parts = Parts(values, memory=_memory)
    return jax.make_array_from_callback(values.shape, sharding, parts, dtype=values.dtype)


def placeable(sharding: Any, shape: tuple[int, ...]) -> jax.sharding.Sharding:
    """Return a sharding that says which device holds which part of an array of `shape`.

    One of an abstract mesh, and a `jax.sharding.PartitionSpec`, is taken to be of the mesh that has been set.

    Raises
    ------
    ArgumentError
        If `sharding` is none, or of sums, or its mesh is abstract and not the one that has been set.
    ShapeError
        If it does not divide `shape` into equal parts.
    """
    if isinstance(sharding, jax.sharding.PartitionSpec) and (mesh := current_mesh()) is not None:
        sharding = _named(mesh, sharding)
    if not isinstance(sharding, jax.sharding.Sharding):
        raise ArgumentError(
            f"got {shown(sharding)} of type {type(sharding).__name__} as a sharding; pass a "
            "jax.sharding.Sharding, such as NamedSharding(mesh, PartitionSpec('model')), or a PartitionSpec "
            "under jax.set_mesh"
        )
    if isinstance(sharding, jax.sharding.NamedSharding):
        refuse_unreduced(sharding.spec)
    placing: jax.sharding.Sharding = _on_devices(sharding) if has_no_devices(sharding) else sharding
    _check_divisible(shape, placing)
    return placing


def refuse_unreduced(spec: jax.sharding.PartitionSpec) -> None:
    """Refuse the layout of what is yet to be summed, or of gradients for it.

    Raises
    ------
    ArgumentError
        If `spec` is such a one.
    """
    # JAX 0.8 has but the first.
    if found := [name for name in ("unreduced", "reduced") if getattr(spec, name, None)]:
        raise ArgumentError(
            f"got {spec}, whose {found[0]} axes are those of a sum over devices; say which axes divide the "
            "array, and leave these out"
        )


def has_no_devices(sharding: object) -> bool:
    """Say whether it has devices only together with a mesh that has been set."""
    return isinstance(sharding, jax.sharding.NamedSharding) and isinstance(
        sharding.mesh, jax.sharding.AbstractMesh
    )


def default_sharding(axes: int, key: jax.Array | None = None) -> jax.sharding.Sharding | None:
    """Return where an array of so many axes goes if nobody says: as in JAX, to the mesh that has been set.

    Every device of it gets the whole, so that what comes next under the mesh, such as Flax's, may reshard it.
    Without a mesh an array goes where `key` was put on purpose, else, for ``None``, to JAX's default device.
    """
    mesh = current_mesh()
    if mesh is None and key is not None and key.committed:
        if isinstance(key.sharding, jax.sharding.SingleDeviceSharding):
            return key.sharding
        mesh = getattr(key.sharding, "mesh", None)
    if mesh is None:
        return None
    return jax.sharding.NamedSharding(mesh, jax.sharding.PartitionSpec(*(None for _ in range(axes))))


def current_mesh() -> jax.sharding.Mesh | None:
    """Return the mesh that `jax.set_mesh` has set; ``None`` where there is none."""
    if jax.sharding.get_abstract_mesh().empty:
        return None
    # JAX 0.8 has no public function for it.
    there: Any = jax.device_put(np.zeros(0, np.float32), jax.sharding.PartitionSpec()).sharding
    mesh: jax.sharding.Mesh = there.mesh
    return mesh


def _named(mesh: jax.sharding.Mesh, spec: jax.sharding.PartitionSpec) -> jax.sharding.NamedSharding:
    try:
        return jax.sharding.NamedSharding(mesh, spec)
    except ValueError as error:
        raise ArgumentError(
            f"got {spec} as a sharding, which names other axes than those of the mesh that has been set, "
            f"{', '.join(mesh.axis_names)}; name these"
        ) from error


def _on_devices(sharding: Any) -> jax.sharding.NamedSharding:
    mesh = current_mesh()
    if mesh is None or mesh.shape != sharding.mesh.shape:
        raise ArgumentError(
            f"got {shown(sharding)}, whose mesh is abstract and has no devices; call "
            "jax.set_mesh before, or pass a sharding of a jax.sharding.Mesh, which jax.make_mesh makes"
        )
    return jax.sharding.NamedSharding(mesh, sharding.spec)


def _check_divisible(shape: tuple[int, ...], sharding: jax.sharding.Sharding) -> None:
    refusal = ShapeError(
        f"got shape {shape}, which {shown(sharding)} does not divide into equal parts; "
        "ask for another shape, or divide other axes"
    )
    # JAX finds more entries than axes only when it makes the array, by an assertion.
    if isinstance(sharding, jax.sharding.NamedSharding) and len(sharding.spec) > len(shape):
        raise refusal
    try:
        sharding.shard_shape(shape)
    except (ValueError, IndexError) as error:
        raise refusal from error


def _memory(shape: tuple[int, ...], dtype: np.dtype[Any]) -> npt.NDArray[Any]:
    """Return memory that JAX need not copy."""
    shapes.check_array(shape, dtype)
    size = int(np.prod(shape, dtype=np.int64)) * dtype.itemsize
    room = np.empty(size + _ALIGNMENT, np.uint8)
    start = -room.ctypes.data % _ALIGNMENT
    return room[start : start + size].view(dtype).reshape(shape)

"""Arrays each of whose shards is computed alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import jax
import numpy as np
import numpy.typing as npt

from seedbed import Initializer
from seedbed.drawing import check, draws_anew
from seedbed.errors import ArgumentError, ShapeError, shown
from seedbed.models import Values
from seedbed_jax.given import as_initializer, refuse_undeclared, unwrapped
from seedbed_jax.values import adopted, as_shape, part, probe, whole


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


def assembled(values: Values, sharding: jax.sharding.Sharding) -> jax.Array:
    """Return the array of values that have been checked, by a `placeable` sharding."""
    parts = _Parts(values)
    return jax.make_array_from_callback(values.shape, sharding, parts, dtype=values.dtype)


class _Parts:
    """The parts of an array, each of which is drawn once, though several devices hold it.

    They are kept for as long as this is, which nothing within it may be: JAX has what it needs by then.
    """

    def __init__(self, values: Values) -> None:
        self._values = values
        self._whole = tuple((0, size) for size in values.shape)
        self._made: dict[tuple[tuple[int, int], ...], npt.NDArray[Any]] = {}

    def __call__(self, index: Any) -> npt.NDArray[Any]:
        """Return one, by a tuple of slices."""
        runs = zip(index, self._values.shape, strict=True)
        return self._between(tuple(run.indices(size)[:2] for run, size in runs))

    def _between(self, ends: tuple[tuple[int, int], ...]) -> npt.NDArray[Any]:
        if ends not in self._made:
            self._made[ends] = self._drawn(ends)
        return self._made[ends]

    def _drawn(self, ends: tuple[tuple[int, int], ...]) -> npt.NDArray[Any]:
        if ends == self._whole:
            return whole(self._values)
        if self._values.is_divisible:
            start, shape = (tuple(first for first, _ in ends), tuple(last - first for first, last in ends))
            return part(self._values, start, shape)
        # No view, which would keep the whole as long as its part.
        return adopted(self._between(self._whole)[tuple(slice(*run) for run in ends)])


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
    if isinstance(sharding, jax.sharding.PartitionSpec) and (mesh := set_mesh()) is not None:
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
    mesh = set_mesh()
    if mesh is None and key is not None and key.committed:
        if isinstance(key.sharding, jax.sharding.SingleDeviceSharding):
            return key.sharding
        mesh = getattr(key.sharding, "mesh", None)
    if mesh is None:
        return None
    return jax.sharding.NamedSharding(mesh, jax.sharding.PartitionSpec(*(None for _ in range(axes))))


def set_mesh() -> jax.sharding.Mesh | None:
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
    mesh = set_mesh()
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

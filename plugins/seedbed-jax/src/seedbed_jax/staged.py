"""Drawing within functions that JAX traces: the host is called back when the compiled function runs."""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import numpy.typing as npt
from jax.sharding import AbstractMesh, AxisType, Mesh, NamedSharding, PartitionSpec

from seedbed import Initializer
from seedbed.errors import ArgumentError, ShapeError, shown
from seedbed.standard import Constant, Ones, Zeros
from seedbed_jax.given import seeded
from seedbed_jax.placing import refuse_unreduced

_MEMORIES: Final = {None: None, "device": None, "pinned_host": jax.memory.Space.Host}


class _Layout(NamedTuple):
    """How an array is divided over a mesh.

    Attributes
    ----------
    mesh
        The mesh; ``None`` for the one that has been set.
    names
        For each axis of the array the axes of the mesh that divide it.
    counts
        Into how many parts each axis is divided.
    memory
        Where the parts go; ``None`` for the device's own memory.
    """

    mesh: Mesh | AbstractMesh | None
    names: tuple[tuple[str, ...], ...]
    counts: tuple[int, ...]
    memory: Any


@dataclass(frozen=True)
class _Host:
    """What the host draws when it is called back; a value, so that JAX compiles equal ones once.

    Attributes
    ----------
    initializer
        What draws, without a seed.
    shape, dtype
        Those of the whole array.
    part
        The shape of what one call makes.
    """

    initializer: Initializer
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    part: tuple[int, ...]

    def __call__(self, words: Any, places: Any) -> npt.NDArray[Any]:
        """Return the parts at `places` that `words` draw; under `jax.vmap` both have more axes in front."""
        all_words, all_places = np.asarray(words), np.asarray(places)
        batch = all_words.shape[:-1]
        out = np.empty((*batch, *self.part), self.dtype)
        for one in np.ndindex(*batch):
            drawn = seeded(self.initializer, all_words[one])
            if self.part == self.shape:
                drawn.fill(out[(*one, ...)])
                continue
            starts = (place * size for place, size in zip(all_places[one].tolist(), self.part, strict=True))
            index = tuple(slice(start, start + size) for start, size in zip(starts, self.part, strict=True))
            out[(*one, ...)] = drawn.shard(self.shape, index, self.dtype)
        return out


def staged(
    initializer: Initializer,
    words: jax.Array,
    shape: tuple[int, ...],
    dtype: np.dtype[Any],
    *,
    out_sharding: Any,
) -> jax.Array:
    """Return a traced array that the host will draw.

    Parameters
    ----------
    initializer
        What draws, without a seed.
    words
        The words of a key, a vector.
    shape, dtype
        Those of the whole array.
    out_sharding
        ``None``, or a sharding by a mesh, each device of which calls for its part alone.

    Raises
    ------
    ArgumentError, ShapeError
        If `out_sharding` does not say how to divide an array of `shape`.
    """
    if out_sharding is None and not _is_partly_manual():
        return _made(_Host(initializer, shape, dtype, shape), words, jnp.zeros(len(shape), jnp.int32))
    layout = _layout(PartitionSpec() if out_sharding is None else out_sharding, shape)
    part = tuple(size // count for size, count in zip(shape, layout.counts, strict=True))
    host = _Host(initializer, shape, dtype, part)

    def local(words: jax.Array) -> jax.Array:
        # axis_index of no axes is an error.
        places = [jax.lax.axis_index(names) if names else 0 for names in layout.names]
        return _made(host, words, jnp.array(places, jnp.int32))

    spec = PartitionSpec(*(names or None for names in layout.names))
    mapped = jax.shard_map(local, mesh=layout.mesh, in_specs=PartitionSpec(), out_specs=spec)
    sharded: jax.Array = mapped(words)
    return jax.device_put(sharded, layout.memory) if layout.memory else sharded


def _is_partly_manual() -> bool:
    """Say whether this is within `jax.shard_map` over some axes of a mesh, where the host cannot be called.

    It can where the other axes have been mapped over, too.
    """
    kinds = jax.sharding.get_abstract_mesh().axis_types
    return 0 < kinds.count(AxisType.Manual) < len(kinds)


def _made(host: _Host, words: jax.Array, places: jax.Array) -> jax.Array:
    """Return a part; of one number without a call of the host, which not every compiled function can make."""
    result: jax.Array = (
        jnp.full(host.part, host.initializer((), host.dtype))
        if _is_number(host.initializer)
        else _called(host, words, places)
    )
    return result


def _is_number(initializer: Initializer) -> bool:
    """Say whether all elements are one number, whatever is asked for."""
    is_scalar = isinstance(initializer, Constant) and np.ndim(initializer.value) == 0
    return is_scalar or isinstance(initializer, Zeros | Ones)


@functools.partial(jax.jit, static_argnums=0)
def _called(host: _Host, words: jax.Array, places: jax.Array) -> jax.Array:
    """Call the host for a part, of which the words say the seed and the places which one.

    The callback's result is said to be on one device, which JAX cannot return under a mesh; so a barrier
    follows. Under `jax.vmap` and `jax.checkpoint` outside of jit, each operation is a program of its own, but
    for what is jitted: so this is.
    """
    drawn = jax.pure_callback(
        host, jax.ShapeDtypeStruct(host.part, host.dtype), words, places, vmap_method="broadcast_all"
    )
    result: jax.Array = jax.lax.optimization_barrier(drawn)
    return result


def _layout(out_sharding: Any, shape: tuple[int, ...]) -> _Layout:
    mesh, spec = _mesh_and_spec(out_sharding)
    there = jax.sharding.get_abstract_mesh()
    sizes = dict((there if mesh is None else mesh).shape)
    if not sizes:
        raise ArgumentError(
            f"got out_sharding {out_sharding} where no mesh is set; call jax.set_mesh(mesh) before, or pass "
            "NamedSharding(mesh, spec)"
        )
    if mesh is not None and not there.empty:
        _check_mesh(mesh, there)
        mesh = None if there.manual_axes else mesh
    names = tuple(map(_names, spec)) + ((),) * (len(shape) - len(spec))
    for name in (name for group in names for name in group):
        if name not in sizes:
            raise ArgumentError(
                f"got out_sharding {out_sharding} for a mesh that has the axes {', '.join(sizes)}; name these"
            )
        if name in there.manual_axes:
            raise ArgumentError(
                f"got out_sharding {out_sharding} within jax.shard_map over the axis {name!r}, where each "
                "device makes a part of its own; ask for the shape of that part, and leave this axis out"
            )
    counts = tuple(math.prod(sizes[name] for name in group) for group in names)
    if len(counts) > len(shape) or any(size % n for size, n in zip(shape, counts, strict=True)):
        raise ShapeError(
            f"got shape {shape}, which {out_sharding} on a mesh of {sizes} does not divide into equal parts; "
            "ask for a shape that it does, or divide other axes"
        )
    return _Layout(mesh, names, counts, _memory(out_sharding))


def _memory(out_sharding: Any) -> Any:
    """Return the memory of a sharding, which alone fits what `jax.vmap` makes of it, too."""
    kind = getattr(out_sharding, "memory_kind", None)
    if kind not in _MEMORIES:
        raise ArgumentError(
            f"got out_sharding {out_sharding}, of the memory {kind!r}; within jit allowed are 'device' and "
            "'pinned_host'"
        )
    return _MEMORIES[kind]


def _mesh_and_spec(out_sharding: Any) -> tuple[Mesh | AbstractMesh | None, PartitionSpec]:
    if isinstance(out_sharding, PartitionSpec):
        refuse_unreduced(out_sharding)
        return None, out_sharding
    if isinstance(out_sharding, NamedSharding):
        refuse_unreduced(out_sharding.spec)
        return out_sharding.mesh, out_sharding.spec
    raise ArgumentError(
        f"got out_sharding {shown(out_sharding)} of type {type(out_sharding).__name__}; within jit pass "
        "a jax.sharding.NamedSharding, or a PartitionSpec under jax.set_mesh"
    )


def _check_mesh(mesh: Mesh | AbstractMesh, there: AbstractMesh) -> None:
    """Refuse a mesh that is not the one that has been set, but for axes that `jax.shard_map` is over."""
    ours = dict(zip(mesh.axis_names, mesh.axis_types, strict=True))
    theirs = dict(zip(there.axis_names, there.axis_types, strict=True))
    free = {name: kind for name, kind in theirs.items() if name not in there.manual_axes}
    if tuple(mesh.shape.items()) != tuple(there.shape.items()) or not free.items() <= ours.items():
        raise ArgumentError(
            f"got an out_sharding of {mesh} where the mesh of jax.set_mesh is {there}; within jit pass a "
            "sharding of that one, or leave it and call this without jax.set_mesh"
        )


def _names(entry: Any) -> tuple[str, ...]:
    """Return the axes of a mesh that an entry of a partition spec names."""
    if entry is PartitionSpec.UNCONSTRAINED:
        raise ArgumentError(
            "got PartitionSpec.UNCONSTRAINED in out_sharding; say for each axis which of the mesh divide it"
        )
    return () if entry is None else entry if isinstance(entry, tuple) else (entry,)

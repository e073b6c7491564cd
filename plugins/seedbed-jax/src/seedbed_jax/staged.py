"""Drawing within functions that JAX traces: by XLA, or by the host, which is called back."""

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
from seedbed.random import Distribution, draw, draw_into
from seedbed.standard import Constant, Ones, Zeros
from seedbed_jax.given import seeded
from seedbed_jax.placing import refuse_unreduced
from seedbed_jax.subnormal import keeping_subnormals
from seedbed_jax.xla import called, distribution_of, drawn

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
    distribution
        That of the elements, if XLA can draw them.
    """

    initializer: Initializer
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    part: tuple[int, ...]
    distribution: Distribution | None

    def __call__(self, operand: Any) -> npt.NDArray[Any]:
        """Return the part that an operand, as of `drawn`, draws; under `jax.vmap` it has more axes."""
        return keeping_subnormals(functools.partial(self._parts, np.asarray(operand)))

    def _parts(self, operand: npt.NDArray[Any]) -> npt.NDArray[Any]:
        batch, axes = operand.shape[:-1], len(self.shape)
        out = np.empty((*batch, *self.part), self.dtype)
        for one in np.ndindex(*batch):
            numbers = operand[one].tolist()
            words, places = numbers[: len(numbers) - axes], numbers[len(numbers) - axes :]
            starts = [place * size for place, size in zip(places, self.part, strict=True)]
            index = tuple(slice(start, start + size) for start, size in zip(starts, self.part, strict=True))
            self._fill(out[(*one, ...)], words, None if self.part == self.shape else index)
        return out

    def _fill(self, out: npt.NDArray[Any], words: list[int], index: tuple[slice, ...] | None) -> None:
        """Write the whole, or the part at an index."""
        if self.distribution is not None:
            seed = tuple(words)
            if index is None:
                draw_into(out, self.distribution, seed)
            else:
                out[...] = draw(self.distribution, seed, self.shape, self.dtype, index=index)
            return
        drawn = seeded(self.initializer, words)
        if index is None:
            drawn.fill(out)
        else:
            out[...] = drawn.shard(self.shape, index, self.dtype)


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
    distribution = distribution_of(initializer, shape, dtype)
    if out_sharding is None and (distribution or not _is_partly_manual()):
        host = _Host(initializer, shape, dtype, shape, distribution)
        return _made(host, words, None)
    layout = _layout(PartitionSpec() if out_sharding is None else out_sharding, shape)
    part = tuple(size // count for size, count in zip(shape, layout.counts, strict=True))
    host = _Host(initializer, shape, dtype, part, distribution)

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


def _made(host: _Host, words: jax.Array, places: jax.Array | None) -> jax.Array:
    """Return a part; without a call of the host, which not every compiled function can make, where possible.

    Parameters
    ----------
    host
        What is drawn.
    words
        The words of a key, a vector.
    places
        How many parts lie before this one, an int for each axis; ``None`` for the whole.
    """
    if _is_number(host.initializer):
        numbers: jax.Array = jnp.full(host.part, host.initializer((), host.dtype))
        return numbers
    # One operand, so that JAX itself works out what the result varies over.
    if places is None:
        # JAX 0.10 cannot put more behind words that jax.vmap divides over a mesh by the explicit way.
        operand = jax.lax.pad(words, jnp.uint32(0), [(0, len(host.shape), 0)])
    else:
        operand = jnp.concatenate((words, places.astype(jnp.uint32)))
    result: jax.Array = (called if host.distribution is None else drawn)(host, operand)
    return result


def _is_number(initializer: Initializer) -> bool:
    """Say whether all elements are one number, whatever is asked for."""
    is_scalar = isinstance(initializer, Constant) and np.ndim(initializer.value) == 0
    return is_scalar or isinstance(initializer, Zeros | Ones)


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

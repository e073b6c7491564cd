"""Values into variables, slice by slice, wherever the variable is: on one device, on several, or in parts."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

import numpy.typing as npt
import tensorflow as tf  # type: ignore[import-untyped]

from seedbed.models import Values
from seedbed.models.blocks import Index
from seedbed.models.parts import Parts
from seedbed_tensorflow.layouts import Shape

_MOST_AXES: Final = 7
"""Axes of which TensorFlow assigns slices."""


class _Part(NamedTuple):
    """A variable on one device, and which part of the whole it is."""

    variable: Any
    start: Shape
    shape: Shape


def is_sharded(variable: Any) -> bool:
    """Say whether a strategy has divided a variable into several."""
    return any(base.__name__ == "ShardedVariableMixin" for base in type(variable).__mro__)


def is_divided(variable: Any) -> bool:
    """Say whether the variable is TensorFlow's own parts of a whole, or DTensor's."""
    return is_sharded(variable) or isinstance(variable, tf.experimental.dtensor.DVariable)


def write(variable: Any, values: Values) -> None:
    """Give a variable other values, without a second whole one."""
    if isinstance(variable, tf.experimental.dtensor.DVariable):
        variable.assign(packed(values, variable.layout))
        return
    parts = list(_parts(variable))
    if not 0 < len(values.shape) <= _MOST_AXES:
        whole = values.whole()
        for part in parts:
            part.variable.assign(whole[_within(part)])
        return

    def put(index: Index, block: npt.NDArray[Any]) -> None:
        for part in parts:
            _assign(part, index, block)

    values.place(put, (0,) * len(values.shape), values.shape)
    for part in parts:
        # Else every read of what was assigned in slices would copy all of it from now on.
        tf.raw_ops.DisableCopyOnRead(resource=part.variable.handle)


def _parts(variable: Any) -> Iterator[_Part]:
    if is_sharded(variable):
        ends = itertools.accumulate((part.shape[0] for part in variable.variables), initial=0)
        for part, first in zip(variable.variables, ends, strict=False):
            yield _Part(part, (first, *(0 for _ in part.shape[1:])), tuple(part.shape))
        return
    replicas = [variable]
    if isinstance(variable, tf.distribute.DistributedValues):
        replicas = variable.distribute_strategy.experimental_local_results(variable)
    for replica in replicas:
        yield _Part(replica, (0,) * len(variable.shape), tuple(variable.shape))


def _within(part: _Part) -> Index:
    return tuple(slice(first, first + size) for first, size in zip(part.start, part.shape, strict=True))


def _assign(part: _Part, index: Index, block: npt.NDArray[Any]) -> None:
    """Write what a block of the whole has of a part into it, in place.

    The operation is that of ``variable[...].assign``, which reads the variable first: the memory is shared
    with what was read then, and copied.
    """
    lies = list(zip(index, _within(part), strict=True))
    common = [(max(run.start, own.start), min(run.stop, own.stop)) for run, own in lies]
    if any(first >= last for first, last in common):
        return
    taken = tuple(
        slice(first - run.start, last - run.start)
        for (first, last), (run, _) in zip(common, lies, strict=True)
    )
    tf.raw_ops.ResourceStridedSliceAssign(
        ref=part.variable.handle,
        begin=[first - own.start for (first, _), (_, own) in zip(common, lies, strict=True)],
        end=[last - own.start for (_, last), (_, own) in zip(common, lies, strict=True)],
        strides=[1] * len(common),
        value=block[taken],
    )


def packed(values: Values, layout: Any) -> Any:
    """Return a tensor of DTensor's, of which this process draws the parts of its devices, each once."""
    counts = [layout.num_shards(axis) for axis in range(len(values.shape))]
    shape = tuple(size // count for size, count in zip(values.shape, counts, strict=True))
    parts = Parts(values)
    components = []
    for location in layout.mesh.local_device_locations():
        starts = (
            location.get(name, 0) * size for name, size in zip(layout.sharding_specs, shape, strict=True)
        )
        index = tuple(slice(first, first + size) for first, size in zip(starts, shape, strict=True))
        components.append(parts(index))
    return tf.experimental.dtensor.pack(components, layout)

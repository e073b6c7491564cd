"""`Region`, the part of a tensor that an index names, as runs of neighbouring elements."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from seedbed.shapes import BasicIndex, Shape, check_index, full_index

_SPARSEST_RUN: Final = 8
"""Every n-th element of a row is read with those between, up to this n: a counter's words come together."""


@dataclass(frozen=True, slots=True)
class Region:
    """Runs of elements, all alike, at places that the outer axes give.

    Attributes
    ----------
    shape
        The shape of the array that is drawn, its axes in ascending order.
    run
        How many elements a run has.
    step
        From an element of a run to the next, in elements of the whole tensor.
    base
        The flat index of the first element.
    counts, strides
        The outer axes: their sizes, and the distances between their elements in the whole tensor.
    """

    shape: Shape
    run: int
    step: int
    base: int
    counts: tuple[int, ...]
    strides: tuple[int, ...]

    @property
    def size(self) -> int:
        """The number of elements."""
        return math.prod(self.shape)

    @property
    def runs(self) -> int:
        """The number of runs."""
        return math.prod(self.counts)

    def starts(self, first: int, last: int) -> npt.NDArray[np.int64]:
        """Return the flat indices in the whole tensor at which runs `first` to `last` - 1 start."""
        starts = np.full(last - first, self.base, np.int64)
        rest = np.arange(first, last, dtype=np.int64)  # NumPy's own choice has 32 bits on some machines
        for count, stride in zip(reversed(self.counts), reversed(self.strides), strict=True):
            rest, place = np.divmod(rest, count)
            starts += place * stride
        return starts


def whole(shape: Shape) -> Region:
    """Return the region of all elements of a tensor."""
    return Region(shape, math.prod(shape), 1, 0, (), ())


@dataclass(frozen=True, slots=True)
class Selection:
    """A region, and how to arrange what is drawn for it as the index asks."""

    region: Region
    flips: tuple[slice, ...]
    shape: Shape
    is_scalar: bool

    def arrange(self, drawn: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Return the region's elements, given one-dimensional, as the index orders them."""
        if not self.shape:
            return drawn[0] if self.is_scalar else drawn.reshape(())
        return np.ascontiguousarray(drawn.reshape(self.region.shape)[self.flips].reshape(self.shape))


def select(shape: Shape, index: BasicIndex) -> Selection:
    """Return what ``array[index]`` is for an array of `shape`.

    Raises
    ------
    ShardIndexError
        If `index` is no basic index into `shape`.
    """
    if index is Ellipsis:
        return Selection(whole(shape), (), shape, is_scalar=False)
    result = check_index(shape, index)
    axes = [_axis(part, size) for part, size in zip(full_index(index, len(shape)), shape, strict=True)]
    counts = tuple(count for _, _, count in axes)
    flips = tuple(slice(None, None, -1 if step < 0 else 1) for _, step, _ in axes)
    ascending = [
        (start, step, count) if step > 0 else (start + (count - 1) * step, -step, count)
        for start, step, count in axes
    ]
    # An int for every axis gives NumPy's scalars, and an Ellipsis with them an array of no axes.
    is_scalar = not result and not (isinstance(index, tuple) and Ellipsis in index)
    return Selection(_region(shape, ascending, counts), flips, result, is_scalar)


def _region(shape: Shape, axes: list[tuple[int, int, int]], counts: Shape) -> Region:
    strides = [math.prod(shape[axis + 1 :]) for axis in range(len(shape))]
    base = sum(start * stride for (start, _, _), stride in zip(axes, strides, strict=True))
    if not math.prod(counts):
        return Region(counts, 0, 1, 0, (), ())
    run, step, outer = 1, 1, len(axes)
    for (_, stride, count), distance in zip(reversed(axes), reversed(strides), strict=True):
        if count > 1:
            if run == 1 and stride * distance <= _SPARSEST_RUN:
                step = stride * distance
            elif stride * distance != run * step:  # the elements would not go on at the same step
                break
            run *= count
        outer -= 1
    return Region(
        counts,
        run,
        step,
        base,
        tuple(count for _, _, count in axes[:outer]),
        tuple(stride * size for (_, stride, _), size in zip(axes[:outer], strides[:outer], strict=True)),
    )


def _axis(part: int | slice, size: int) -> tuple[int, int, int]:
    """Return start, step and count of an axis's selected elements."""
    if isinstance(part, slice):
        chosen = range(*part.indices(size))
        return (chosen.start, chosen.step, len(chosen)) if chosen else (0, 1, 0)
    return (int(part) % size, 1, 1)

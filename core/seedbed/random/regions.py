"""`Region`, the part of a tensor that is drawn, as runs of neighbouring elements."""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from seedbed.shapes import Shape
from seedbed.shard import Part

# Every n-th element of a row is read with those between, up to this n: a counter's words come together.
_SPARSEST_RUN: Final = 8


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

    @property
    def is_one_run(self) -> bool:
        """Whether all elements follow one another."""
        return not self.counts and self.step == 1

    def starts(self, first: int, last: int) -> npt.NDArray[np.int64]:
        """Return the flat indices in the whole tensor at which runs `first` to `last` - 1 start."""
        starts = np.full(last - first, self.base, np.int64)
        rest = np.arange(first, last, dtype=np.int64)  # NumPy's own choice has 32 bits on some machines
        for count, stride in zip(reversed(self.counts), reversed(self.strides), strict=True):
            rest, place = np.divmod(rest, count)
            starts += place * stride
        return starts


@functools.lru_cache(maxsize=256)
def whole(shape: Shape) -> Region:
    """Return the region of all elements of a tensor."""
    return Region(shape, math.prod(shape), 1, 0, (), ())


def region_of(shape: Shape, part: Part) -> Region:
    """Return the region of a part of a tensor of `shape`, of whose axes each is in ascending order."""
    counts = tuple(map(len, part))
    if counts == shape:
        return whole(shape)
    if not math.prod(counts):
        return Region(counts, 0, 1, 0, (), ())
    strides: list[int] = []
    base, distance = 0, 1
    for taken, size in zip(reversed(part), reversed(shape), strict=True):
        strides.insert(0, taken.step * distance)
        base += taken.start * distance
        distance *= size
    run, step, outer = 1, 1, len(part)
    for count, stride in zip(reversed(counts), reversed(strides), strict=True):
        if count > 1:
            if run == 1 and stride <= _SPARSEST_RUN:
                step = stride
            elif stride != run * step:  # the elements would not go on at the same step
                break
            run *= count
        outer -= 1
    return Region(counts, run, step, base, counts[:outer], tuple(strides[:outer]))

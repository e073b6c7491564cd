"""`Values`: what is drawn for one weight, in the axes that the weight has."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from seedbed.divisible import check, is_divisible
from seedbed.initializer import Initializer
from seedbed.models.blocks import Index, Region, draw_blocks, draw_into
from seedbed.models.elements import Elements, elements_of
from seedbed.models.layout import Drawn
from seedbed.shapes import Shape
from seedbed.validation import check_result

Put: TypeAlias = Callable[[Index, npt.NDArray[Any]], None]


class Values:
    """The values of one weight, drawn when they are asked for; any part of them, as often as it is.

    Parameters
    ----------
    drawn
        What draws them.
    shape
        The shape of the weight.
    dtype
        Its dtype.
    offset
        Where the weight begins in a larger one that is drawn, of which it is a part.
    """

    __slots__ = ("_drawn", "_held", "_offset", "dtype", "shape")

    def __init__(
        self, drawn: Drawn, shape: Shape, dtype: np.dtype[Any], *, offset: Shape | None = None
    ) -> None:
        self._drawn, self.shape, self.dtype = drawn, shape, dtype
        self._offset = (0,) * len(shape) if offset is None else offset
        self._held: npt.NDArray[Any] | None = None

    @classmethod
    def of(cls, initializer: Initializer, shape: Shape, dtype: np.dtype[Any]) -> Values:
        """Return the values of a weight that is drawn as it is stored."""
        return cls(Drawn(initializer, shape, shape, tuple(range(len(shape)))), shape, dtype)

    @property
    def initializer(self) -> Initializer:
        """What draws them."""
        return self._drawn.initializer

    @property
    def is_divisible(self) -> bool:
        """Whether a part costs no more than its size; else each part costs the whole."""
        return is_divisible(self._drawn.initializer)

    def check(self) -> None:
        """Raise what drawing would raise, and draw nothing."""
        check(self._drawn.initializer, self._drawn.shape, self.dtype)

    def hold(self) -> None:
        """Draw them now, and keep them for when they are asked for."""
        self._held = self.whole()

    def release(self) -> None:
        """Keep them no longer; who asks again draws them again."""
        self._held = None

    def whole(self) -> npt.NDArray[Any]:
        """Return them all, as a new array."""
        out: npt.NDArray[Any] = np.empty(self.shape, self.dtype)
        self.fill(out)
        return out

    def fill(self, out: npt.NDArray[Any], start: Shape | None = None) -> None:
        """Write into `out`, an array of any strides, the part of its shape that begins at `start`."""
        begin = start or (0,) * len(self.shape)
        if self._held is not None:
            out[...] = self._held[_between(begin, out.shape)]
            return
        drawn, target = self._drawn, out.transpose(self._drawn.order)
        first = tuple(begin[axis] + self._offset[axis] for axis in drawn.order)
        if drawn.split == drawn.shape:
            draw_into(target, drawn.initializer, drawn.shape, first)
        elif target.shape == drawn.split and np.may_share_memory(flat := target.reshape(drawn.shape), out):
            draw_into(flat, drawn.initializer, drawn.shape, (0,) * len(drawn.shape))
        else:
            target[...] = self._part(first, target.shape)

    def place(self, put: Put, start: Shape, shape: Shape) -> None:
        """Have `put` write the part of `shape` that begins at `start`, block by block.

        It is for memory that is no array's. `put` gets an index within the part, and the values there.
        Several threads may call it at a time.
        """
        drawn, inverse = self._drawn, tuple(int(axis) for axis in np.argsort(self._drawn.order))
        if self._held is not None or drawn.split != drawn.shape:
            out: npt.NDArray[Any] = np.empty(shape, self.dtype)
            self.fill(out, start)
            put(_between((0,) * len(shape), shape), out)
            return

        def back(index: Index, values: npt.NDArray[Any]) -> None:
            put(tuple(index[axis] for axis in inverse), values.transpose(inverse))

        sizes = tuple(shape[axis] for axis in drawn.order)
        first = tuple(start[axis] + self._offset[axis] for axis in drawn.order)
        draw_blocks(back, Region(sizes, first, drawn.shape), drawn.initializer, self.dtype)

    def elements(self, start: Shape) -> Elements | None:
        """Return what a device needs to draw the part that begins at `start` itself.

        It is ``None`` where elements depend on one another, or have been drawn already.
        """
        if self._held is not None:
            return None
        first = tuple(begin + offset for begin, offset in zip(start, self._offset, strict=True))
        return elements_of(self._drawn, self.dtype, first)

    def _part(self, first: Shape, sizes: Shape) -> npt.NDArray[Any]:
        """Return a part of what is drawn, with the axes of `split`, alone where it is a box of that."""
        drawn = self._drawn
        box = _box(first, sizes, drawn.split, drawn.shape) if self.is_divisible else None
        if box is not None:
            return np.asarray(drawn.initializer.shard(drawn.shape, box, self.dtype)).reshape(sizes)
        made = drawn.initializer(drawn.shape, self.dtype)
        whole = check_result(drawn.initializer, made, drawn.shape, self.dtype)
        return whole.reshape(drawn.split)[_between(first, sizes)]


def _between(first: Shape, sizes: Shape) -> Index:
    return tuple(slice(begin, begin + size) for begin, size in zip(first, sizes, strict=True))


def _box(first: Shape, sizes: Shape, split: Shape, drawn: Shape) -> Index | None:
    """Return where in `drawn` a part of `split` is, or ``None`` if it is no box there."""
    if not prod(sizes) or not split:
        return None
    last = tuple(begin + size - 1 for begin, size in zip(first, sizes, strict=True))
    corners = [np.unravel_index(np.ravel_multi_index(at, split), drawn) for at in (first, last)]
    box = tuple(slice(int(low), int(high) + 1) for low, high in zip(*corners, strict=True))
    # Axes of `drawn` are runs of those of `split`, so that all of the part is between its corners.
    return box if prod(run.stop - run.start for run in box) == prod(sizes) else None

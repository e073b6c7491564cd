"""`Part`, what a shard's index takes of each axis; and large parts in pieces."""

from __future__ import annotations

import math
from collections.abc import Iterator
from types import EllipsisType
from typing import Any, Final, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from seedbed.shapes import BasicIndex, Shape, check_index, full_index, gives_scalar

Part: TypeAlias = tuple[range, ...]
"""The positions that are taken of each axis of a tensor, in this order."""

Place: TypeAlias = tuple[slice | EllipsisType, ...]
"""Where a piece lies in an array."""

_PIECE: Final = 1 << 20
"""Elements of a piece: 8 MiB of doubles, and enough for a few threads to draw."""


class Selection(NamedTuple):
    """A part, and the shape in which the index asks for it.

    Attributes
    ----------
    part
        The positions of each axis; just one where the index has an int.
    shape
        That of the result, which lacks those axes.
    is_scalar
        Whether NumPy gives a scalar, as for an int for every axis.
    """

    part: Part
    shape: Shape
    is_scalar: bool

    def arrange(self, drawn: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Return the elements of the part, as the index asks for them."""
        result = drawn.reshape(self.shape)
        return result[()] if self.is_scalar else result


def select(shape: Shape, index: BasicIndex) -> Selection:
    """Return what ``array[index]`` takes of an array of `shape`.

    Raises
    ------
    ShardIndexError
        If `index` is no basic index into `shape`.
    """
    result = check_index(shape, index)
    part = tuple(
        _positions(size, taken) for size, taken in zip(shape, full_index(index, len(shape)), strict=True)
    )
    return Selection(part, result, gives_scalar(result, index))


def whole(shape: Shape) -> Part:
    """Return the part that is all of a tensor."""
    return tuple(map(range, shape))


def sizes(part: Part) -> Shape:
    """Return the shape of a part."""
    return tuple(map(len, part))


def slices(part: Part) -> tuple[slice, ...]:
    """Return the index of a part.

    Examples
    --------
    >>> slices((range(2, 8, 3), range(4, -1, -1)))
    (slice(2, 8, 3), slice(4, None, -1))
    """
    return tuple(map(_slice, part))


def pieces(part: Part) -> Iterator[tuple[Place, Part]]:
    """Yield where each piece of a part lies in it, and the piece; in C order, and none of it empty."""
    shape = sizes(part)
    behind = [math.prod(shape[axis + 1 :]) for axis in range(len(shape))]
    if 0 in shape:
        return
    axis = next((axis for axis, count in enumerate(behind) if count <= _PIECE), 0)
    step = max(1, _PIECE // behind[axis]) if shape else 1
    for outer in np.ndindex(*shape[:axis]):
        for first in range(0, math.prod(shape[axis : axis + 1]), step):
            cut = (*(slice(at, at + 1) for at in outer), slice(first, first + step))[: len(shape)]
            piece = (*(taken[of] for taken, of in zip(part, cut, strict=False)), *part[len(cut) :])
            # With the Ellipsis an array without axes has a view of itself there, and not a number.
            yield (*cut, ...), piece


def _slice(taken: range) -> slice:
    if not taken:  # whose ends may be negative, which in a slice would count from the end
        return slice(0, 0)
    return slice(taken.start, None if taken.stop < 0 else taken.stop, taken.step)


def _positions(size: int, taken: int | slice) -> range:
    positions = range(size)[taken]
    return positions if isinstance(positions, range) else range(positions, positions + 1)

"""`Shard`, the part of a tensor that an index takes; and large parts in pieces."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterator
from types import EllipsisType
from typing import Any, Final, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from seedbed.shapes import BasicIndex, Shape, check_array, check_index, full_index, gives_scalar

Part: TypeAlias = tuple[range, ...]
"""The positions that are taken of each axis of a tensor, in this order."""

Place: TypeAlias = tuple[slice | EllipsisType, ...]
"""Where a piece lies in an array."""

Write: TypeAlias = Callable[[npt.NDArray[Any], Part], None]
"""Writes a part of a tensor into an array of the part's shape."""

_PIECE: Final = 1 << 20  # elements of a piece: 8 MiB of doubles, and enough for a few threads to draw


class Shard(NamedTuple):
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

    def within(self, out: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Return a view of an array of `shape` that has all axes of the part."""
        return out.reshape(sizes(self.part))  # which is a view, since it adds none but axes of one element

    def arranged(self, values: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Return the elements of the part, as the index asks for them."""
        result = values.reshape(self.shape)
        return result[()] if self.is_scalar else result


def shard_of(shape: Shape, index: BasicIndex, dtype: np.dtype[Any]) -> Shard:
    """Return what ``array[index]`` takes of an array of `shape` and `dtype`.

    Raises
    ------
    ShardIndexError
        If `index` is no basic index into `shape`.
    ShapeError
        If NumPy can make no array of the part.
    """
    result = shape if index is Ellipsis else check_index(shape, index)
    check_array(result, dtype)
    if index is Ellipsis:
        return Shard(whole(shape), shape, is_scalar=False)
    taken = zip(shape, full_index(index, len(shape)), strict=True)
    part = tuple(_positions(size, at) for size, at in taken)
    return Shard(part, result, gives_scalar(result, index))


@functools.lru_cache(maxsize=256)
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


def pieces(part: Part, most: int | None = None) -> Iterator[tuple[Place, Part]]:
    """Yield where each piece of a part lies in it, and the piece; in C order, and none of it empty.

    A piece has at most so many elements, 2^20 by default.
    """
    shape, most = sizes(part), _PIECE if most is None else most
    behind = [math.prod(shape[axis + 1 :]) for axis in range(len(shape))]
    if 0 in shape:
        return
    axis = next((axis for axis, count in enumerate(behind) if count <= most), 0)
    step = max(1, most // behind[axis]) if shape else 1
    for outer in np.ndindex(*shape[:axis]):
        for first in range(0, math.prod(shape[axis : axis + 1]), step):
            cut = (*(slice(at, at + 1) for at in outer), slice(first, first + step))[: len(shape)]
            piece = (*(taken[of] for taken, of in zip(part, cut, strict=False)), *part[len(cut) :])
            # With the Ellipsis an array without axes has a view of itself there, and not a number.
            yield (*cut, ...), piece


def broadcast(values: npt.NDArray[Any], shape: Shape, part: Part) -> npt.NDArray[Any]:
    """Return a view of what a part of an array of `shape` has of values that broadcast to it."""
    values = values.reshape((*[1] * (len(shape) - values.ndim), *values.shape))
    # Of the values, since NumPy need not be able to have a view of the whole.
    at = zip(slices(part), values.shape, shape, strict=True)
    taken: Place = (*(slice(None) if own != size else of for of, own, size in at), ...)
    return np.broadcast_to(values[taken], sizes(part))


def positions(taken: range) -> npt.NDArray[np.int64]:
    """Return the positions that are taken of an axis."""
    # `np.arange` of their ends and step counts them in doubles, which may be one short beyond 2^53.
    return taken.start + taken.step * np.arange(len(taken), dtype=np.int64)


def _slice(taken: range) -> slice:
    if not taken:  # whose ends may be negative, which in a slice would count from the end
        return slice(0, 0)
    return slice(taken.start, None if taken.stop < 0 else taken.stop, taken.step)


def _positions(size: int, taken: int | slice) -> range:
    found = range(size)[taken]
    if not isinstance(found, range):
        return range(found, found + 1)
    return range(found[0], found[0] + 1) if len(found) == 1 else found  # whatever the step is, 2^99 even

"""What counts as a shape, and as an index into one."""

from __future__ import annotations

from collections.abc import Sequence
from types import EllipsisType
from typing import SupportsIndex, TypeAlias, TypeGuard

import numpy as np

from seedbed.errors import ShapeError, ShardIndexError, shown
from seedbed.integers import as_integer

Shape: TypeAlias = tuple[int, ...]
ShapeLike: TypeAlias = SupportsIndex | Sequence[SupportsIndex]
BasicIndex: TypeAlias = int | slice | EllipsisType | tuple[int | slice | EllipsisType, ...]

_ALLOWED = "a shape is an int of at least 0 or a sequence of those, such as 128, (256, 128) or ()"
_LARGEST_SIZE = np.iinfo(np.intp).max
_MOST_AXES = 64 if int(np.__version__.partition(".")[0]) >= 2 else 32  # NumPy's own limit


def as_shape(shape: ShapeLike) -> Shape:
    """Return `shape` as a tuple of Python ints.

    A tuple that is a shape already comes back at once, so that a ``__call__``, which the contract gives one,
    may call this to tell type checkers so.

    Parameters
    ----------
    shape
        An int, or any sequence of ints, where an int is whatever has ``__index__`` and is no bool; the empty
        sequence is a scalar's shape.

    Returns
    -------
    tuple of int
        One size of at least 0 for each axis.

    Raises
    ------
    ShapeError
        If a size is negative, a bool, a float or no number at all, or if no array could be that large.

    Examples
    --------
    >>> as_shape(3), as_shape([2, 3]), as_shape(())
    ((3,), (2, 3), ())
    """
    if type(shape) is tuple and all(type(size) is int and size >= 0 for size in shape):
        sizes = shape
    elif as_integer(shape) is not None:
        sizes = (_as_size(shape, shape),)
    elif _is_sequence(shape):
        _check_axes(len(shape))
        sizes = tuple(_as_size(size, shape) for size in shape)
    else:
        raise ShapeError(f"got shape {shown(shape)} of type {type(shape).__name__}; {_ALLOWED}")
    _check_axes(len(sizes))
    _check_extent(sizes)
    return sizes


def check_index(shape: Shape, index: BasicIndex) -> Shape:
    """Return the shape of ``array[index]`` for an array of `shape`, without making the array.

    Raises
    ------
    ShardIndexError
        If `index` holds anything but ints, slices and one Ellipsis, or lies outside `shape`.
    """
    parts = index if isinstance(index, tuple) else (index,)
    for part in parts:
        if not (isinstance(part, slice | EllipsisType) or as_integer(part) is not None):
            raise ShardIndexError(
                f"got {shown(part)} of type {type(part).__name__} in a shard's index; "
                "allowed are ints, slices and one Ellipsis (...), as in [0, 2:8, ...]"
            )
    try:
        return np.broadcast_to(np.empty(()), shape)[index].shape
    except (IndexError, ValueError, TypeError) as error:
        raise ShardIndexError(f"index {shown(index)} does not fit shape {shape}: {error}") from error


def full_index(index: BasicIndex, axes: int) -> list[int | slice]:
    """Return an index of an array, which `check_index` has let pass, as one part for each of its axes.

    Examples
    --------
    >>> full_index((..., 3), 3)
    [slice(None, None, None), slice(None, None, None), 3]
    """
    parts = [*index] if isinstance(index, tuple) else [index]
    if Ellipsis not in parts:
        parts.append(Ellipsis)
    at = parts.index(Ellipsis)
    return [*parts[:at], *[slice(None)] * (axes - len(parts) + 1), *parts[at + 1 :]]  # type: ignore[list-item]


def _is_sequence(shape: object) -> TypeGuard[Sequence[object]]:
    if isinstance(shape, np.ndarray):
        return shape.ndim > 0
    # Text and raw memory are sequences too, but of nothing that anybody means as sizes.
    return isinstance(shape, Sequence) and not isinstance(shape, str | bytes | bytearray | memoryview)


def _as_size(size: object, shape: object) -> int:
    found = as_integer(size)
    if found is None:
        raise ShapeError(
            f"got {shown(size)} of type {type(size).__name__} in shape {shown(shape)}; {_ALLOWED}"
        )
    if found < 0:
        raise ShapeError(f"got the negative size {shown(found)} in shape {shown(shape)}; {_ALLOWED}")
    return found


def _check_axes(count: int) -> None:
    if count > _MOST_AXES:
        raise ShapeError(f"got a shape with {count} axes; at most {_MOST_AXES} are allowed")


def _check_extent(shape: Shape) -> None:
    """Refuse what NumPy could not address, whose own error would name neither shape nor limit."""
    elements = 1
    for size in shape:
        elements *= max(size, 1)  # NumPy counts an empty axis as one element here
    if elements > _LARGEST_SIZE // 16:  # 16 bytes hold the widest dtype, complex128
        raise ShapeError(
            f"got shape {shown(shape)}, which no array can have: it takes more than {_LARGEST_SIZE} bytes; "
            "ask for a smaller one"
        )

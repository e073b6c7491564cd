"""What counts as a shape, and as an index into one."""

from __future__ import annotations

import functools
import math
import operator
from collections.abc import Iterator, Sequence
from types import EllipsisType
from typing import Any, Final, SupportsIndex, TypeAlias, TypeGuard

import numpy as np

from seedbed import theirs
from seedbed.errors import ShapeError, ShardIndexError, shown
from seedbed.integers import as_integer

Shape: TypeAlias = tuple[int, ...]
ShapeLike: TypeAlias = SupportsIndex | Sequence[SupportsIndex]
BasicIndex: TypeAlias = int | slice | EllipsisType | tuple[int | slice | EllipsisType, ...]

_ALLOWED = "a shape is an int of at least 0 or a sequence of those, such as 128, (256, 128) or ()"
_MOST_AXES = 64 if int(np.__version__.partition(".")[0]) >= 2 else 32  # NumPy's own limit

# On every machine: then 64-bit ints count the bytes of a tensor of the widest dtype, which has 16 bytes.
_MOST_ELEMENTS: Final = 2**59 - 1
# To count an array's bytes, NumPy treats an empty axis like one of length 1.
_LONGEST_EMPTY: Final = 2**63 - 1
_MOST_BYTES: Final = int(np.iinfo(np.intp).max)  # of one array, on this machine


def as_shape(shape: ShapeLike) -> Shape:
    """Return `shape` as a tuple of Python ints.

    A tuple that is already a shape comes back at once. So a ``__call__``, to which the contract gives one,
    may call this to tell type checkers so.

    Parameters
    ----------
    shape
        An int, any sequence of ints, or TensorFlow's `TensorShape`. Anything with ``__index__`` that is not a
        bool counts as an int. The empty sequence is a scalar's shape.

    Returns
    -------
    tuple of int
        One size of at least 0 for each axis.

    Raises
    ------
    ShapeError
        If a size is negative, a bool, a float, not a number or not known, or if there are too many elements.

    Examples
    --------
    >>> as_shape(3), as_shape([2, 3]), as_shape(())
    ((3,), (2, 3), ())
    """
    if _is_tuple_of_sizes(shape):
        sizes = shape
    elif as_integer(shape) is not None:
        sizes = (_as_size(shape, shape),)
    elif (known := theirs.sizes(shape)) is not None:
        sizes = tuple(known)
    elif _is_sequence(shape):
        _check_axes(len(shape))
        sizes = tuple(_as_size(size, shape) for size in shape)
    else:
        raise ShapeError(f"got shape {shown(shape)} of type {type(shape).__name__}; {_ALLOWED}")
    _check_extent(sizes)
    return sizes


def check_index(shape: Shape, index: BasicIndex) -> Shape:
    """Return the shape of ``array[index]`` for an array of `shape`, without making the array.

    Raises
    ------
    ShardIndexError
        If `index` contains anything but ints, slices and one Ellipsis, or lies outside `shape`.
    """
    parts = index if isinstance(index, tuple) else (index,)
    for part in parts:
        if not (isinstance(part, slice | EllipsisType) or as_integer(part) is not None):
            raise ShardIndexError(
                f"got {shown(part)} of type {type(part).__name__} in a shard's index; "
                "allowed are ints, slices and one Ellipsis (...), as in [0, 2:8, ...]"
            )
    try:
        return tuple(_part_shape(shape, index, sum(part is Ellipsis for part in parts), len(parts)))
    except (IndexError, TypeError, ValueError) as error:
        raise ShardIndexError(f"index {shown(index)} does not fit shape {shape}: {error}") from error


def check_array(shape: Shape, dtype: np.dtype[Any]) -> None:
    """Raise for what NumPy could not address on this machine; NumPy's own error would name no shape.

    Raises
    ------
    ShapeError
        If an array of `shape` and `dtype` cannot be made, however much memory there is.
    """
    length = math.prod(filter(None, shape))
    if length * dtype.itemsize > _MOST_BYTES:
        counted = ", though it is empty: with the empty axes left out it" if 0 in shape else ": it"
        raise ShapeError(
            f"NumPy cannot make an array of shape {shape} and dtype {dtype.name!r}{counted} would have "
            f"{length * dtype.itemsize} bytes, and the most on this machine are {_MOST_BYTES}; ask for a "
            "smaller one, or for a part"
        )


def gives_scalar(part: Shape, index: BasicIndex) -> bool:
    """Say whether NumPy returns a scalar, not an array, for an index whose result has the shape `part`.

    It does so for an int for every axis, without an Ellipsis.
    """
    has_ellipsis = any(of is Ellipsis for of in index) if isinstance(index, tuple) else index is Ellipsis
    return part == () and not has_ellipsis


def full_index(index: BasicIndex, axes: int) -> list[int | slice]:
    """Return an index of an array, which `check_index` has accepted, as one part for each of its axes.

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


def _part_shape(shape: Shape, index: BasicIndex, ellipses: int, parts: int) -> Iterator[int]:
    """Yield the sizes of a part; by arithmetic, because NumPy may be unable to make a view of the whole."""
    if ellipses > 1:
        raise IndexError(f"it has {ellipses} Ellipses, of which one is enough")
    if parts - ellipses > len(shape):
        raise IndexError(f"it has {parts - ellipses} parts, and the shape has {len(shape)} axes")
    for axis, (part, size) in enumerate(zip(full_index(index, len(shape)), shape, strict=True)):
        if isinstance(part, slice):
            yield _count(*part.indices(size))
        elif not -size <= operator.index(part) < size:
            allowed = f"takes {-size} to {size - 1}" if size else "is empty"
            raise IndexError(f"axis {axis} {allowed}, got {shown(part)}")


def _count(start: int, stop: int, step: int) -> int:
    """Return the length of a range, even if `len` fails because this machine counts to less."""
    return max(0, (stop - start + step - (1 if step > 0 else -1)) // step)


def _is_tuple_of_sizes(shape: object) -> TypeGuard[Shape]:
    if type(shape) is not tuple:
        return False
    for size in shape:  # noqa: SIM110 - a generator for `all` takes twice as long
        if type(size) is not int or size < 0:
            return False
    return True


def _is_sequence(shape: object) -> TypeGuard[Sequence[object]]:
    if isinstance(shape, np.ndarray):
        return shape.ndim > 0
    # Text and raw memory are sequences too, but nobody means them as sizes.
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


@functools.lru_cache(maxsize=256)  # of exact ints alone, so that no two keys are equal and yet not the same
def _check_extent(shape: Shape) -> None:
    _check_axes(len(shape))
    if math.prod(shape) > _MOST_ELEMENTS:
        raise ShapeError(
            f"got shape {shown(shape)}, which has too many elements; at most 2**59 - 1 are allowed"
        )
    if 0 in shape and math.prod(filter(None, shape)) > _LONGEST_EMPTY:
        raise ShapeError(
            f"got shape {shown(shape)}, which NumPy gives no array, though it would be empty: with the empty "
            "axes left out, the product of the sizes may be at most 2**63 - 1"
        )

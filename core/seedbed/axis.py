"""An axis that an argument names, and that axis of a shape."""

from __future__ import annotations

from types import EllipsisType
from typing import Any, Final

from seedbed.errors import ArgumentError, ShapeError, shown
from seedbed.integers import as_integer
from seedbed.shapes import Shape

_MOST_AXES: Final = 64  # as many axes as any NumPy gives an array
LONGEST: Final = 2**63  # no axis is that long


def as_axis(axis: int) -> int:
    """Return an axis as it stands in a config.

    Raises
    ------
    ArgumentError
        If it is no int, or one that no array has.
    """
    found = as_integer(axis)
    if found is None or not -_MOST_AXES <= found < _MOST_AXES:
        raise ArgumentError(
            f"axis must be an int from -{_MOST_AXES} to {_MOST_AXES - 1}, got {shown(axis)} of type "
            f"{type(axis).__name__}"
        )
    return found


def axis_of(shape: Shape, axis: int) -> int:
    """Return `axis` counted from the front.

    Raises
    ------
    ShapeError
        If `shape` does not have it.
    """
    found = axis + len(shape) if axis < 0 else axis
    if not 0 <= found < len(shape):
        raise ShapeError(f"got shape {shape}, which has no axis {axis}; ask for more axes, or another axis")
    return found


def along(axis: int, taken: int | slice) -> tuple[int | slice | EllipsisType, ...]:
    """Return the index that takes something of one axis and everything of the others.

    With its Ellipsis an array comes of it in any case, which can be written to, and never a number.
    """
    return (*[slice(None)] * axis, taken, ...)


def replaced(items: tuple[Any, ...], axis: int, item: Any) -> tuple[Any, ...]:
    """Return what there is for each axis, such as a shape, with something else for one axis."""
    return (*items[:axis], item, *items[axis + 1 :])

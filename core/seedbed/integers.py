"""What counts as an int, wherever one is asked for: as a size, an axis, an index or a seed."""

from __future__ import annotations

import operator
from typing import Any, Final

import numpy as np


def as_integer(value: Any) -> int | None:
    """Return `value` as a Python int, or ``None`` if it is none.

    Ints are all objects that say so by ``__index__``: Python's, NumPy's, arrays of no axes. Bools are not:
    ``True`` where a size is asked for is more likely a slip than a 1. Nor are masked numbers, and floats,
    however whole.

    Examples
    --------
    >>> as_integer(np.int8(3)), as_integer(np.array(3))
    (3, 3)
    >>> as_integer(True), as_integer(3.0), as_integer(np.array([3]))
    (None, None, None)
    """
    if type(value) is int:
        return value
    if isinstance(value, _BOOLS) or has_masked(value):
        return None
    try:
        # Of an int's subclass, such as an enumeration's member, this may give that subclass.
        return int.__index__(operator.index(value))
    except TypeError:
        return None


_BOOLS: Final = (bool, np.bool_)


def has_masked(value: Any) -> bool:
    """Return whether `value` is an array with a mask that hides some of its elements."""
    is_other_array = isinstance(value, np.ndarray) and type(value) is not np.ndarray
    return is_other_array and bool(np.ma.is_masked(value))

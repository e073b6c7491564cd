"""What counts as an int, wherever one is asked for: as a size, an axis, an index or a seed."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np


def as_integer(value: Any) -> int | None:
    """Return `value` as a Python int, or ``None`` if it is none.

    Ints are all objects that say so by ``__index__``: Python's, NumPy's, arrays of no axes. Bools are not:
    ``True`` where a size is asked for is more likely a slip than a 1. Nor are floats, however whole.

    Examples
    --------
    >>> as_integer(np.int8(3)), as_integer(np.array(3))
    (3, 3)
    >>> as_integer(True), as_integer(3.0), as_integer(np.array([3]))
    (None, None, None)
    """
    if type(value) is int:
        return value
    if isinstance(value, bool | np.bool_):
        return None
    try:
        # Of an int's subclass, such as an enumeration's member, this may give that subclass.
        return int.__index__(operator.index(value))
    except TypeError:
        return None

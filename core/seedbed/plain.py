"""Constructor arguments as plain JSON data."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np


def plain(value: Any, refuse: Callable[[object], Exception]) -> Any:
    """Return `value` as JSON data that shares nothing mutable with it.

    The result is made of dicts, lists, strings, ints, floats, bools and ``None``, and of no subclass of
    these, so that comparing or printing it runs no code but Python's own.

    Parameters
    ----------
    value
        Those, tuples, other mappings with strings as keys, and NumPy's scalars and arrays of such values.
    refuse
        Makes the exception to raise, of the part that is nothing of this.

    Examples
    --------
    >>> plain({"a": (1, np.float32(0.5))}, lambda part: TypeError(f"got {part!r}"))
    {'a': [1, 0.5]}
    """
    if value is None or isinstance(value, bool):
        return value
    for kind, exactly in _EXACTLY:
        if isinstance(value, kind):
            return exactly(value)
    # A long double stays one in `tolist`, and JSON cannot hold it.
    if isinstance(value, np.generic | np.ndarray) and value.dtype.kind in "biufU":
        if value.dtype.type is not np.longdouble:
            return value.tolist()
    elif isinstance(value, list | tuple):
        return [plain(item, refuse) for item in value]
    elif isinstance(value, Mapping) and all(isinstance(key, str) for key in value):
        return {str.__str__(key): plain(item, refuse) for key, item in value.items()}
    raise refuse(value)


# Called on the base type, they give an instance of just that type, whatever a subclass overrides. Among the
# subclasses are NumPy's float64 and str_, and the members of enumerations.
_EXACTLY: tuple[tuple[type, Callable[[Any], Any]], ...] = (
    (int, int.__index__),
    (float, float.__float__),
    (str, str.__str__),
)

"""Constructor arguments as plain JSON data."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

# More than any argument has, and fewer than Python's own functions on nested lists can stand.
_MOST_LEVELS: Final = 100
# Python writes longer ints as text only if its limit allows that, which nobody can set to fewer digits.
_BEYOND: Final = 10**640


def plain(value: Any, refuse: Callable[[object], Exception], *, allow_nan: bool = True) -> Any:
    """Return `value` as JSON data that shares nothing mutable with it.

    The result is made of dicts, lists, strings, ints, floats, bools and ``None``, and of no subclass of
    these, so that comparing or printing it runs no code but Python's own.

    Parameters
    ----------
    value
        Those, tuples, other mappings with strings as keys, and NumPy's scalars and arrays of such values,
        nested at most 100 deep; what contains itself is deeper than anything. Ints have at most 640 digits.
    refuse
        Makes the exception to raise, of the part that is nothing of this.
    allow_nan
        Whether to let NaN and the infinities through, which Python can compare and print but JSON lacks.

    Examples
    --------
    >>> plain({"a": (1, np.float32(0.5))}, lambda part: TypeError(f"got {part!r}"))
    {'a': [1, 0.5]}
    """
    return _plain(value, refuse, allow_nan, _MOST_LEVELS)


def _plain(value: Any, refuse: Callable[[object], Exception], allow_nan: bool, levels: int) -> Any:  # noqa: FBT001
    if isinstance(value, _LISTS) and levels:
        items = list(value)  # once, since a subclass may give others the second time
        if _is_plain_row(items, allow_nan=allow_nan):
            return items
        return [_plain(item, refuse, allow_nan, levels - 1) for item in items]
    if value is None or value is True or value is False:
        return value
    if not allow_nan and isinstance(value, _MAY_BE_NAN) and _has_nan(value):
        raise refuse(value)
    for kind, exactly in _EXACTLY:
        if issubclass(type(value), kind):
            found = exactly(value)
            if type(found) is int and not -_BEYOND < found < _BEYOND:
                raise refuse(found)
            return found
    # A long double stays one in `tolist`, and JSON cannot hold it.
    if isinstance(value, _ARRAYS):
        array = np.asarray(value)  # of a subclass, which may override `tolist`, just this
        if array.dtype.kind in "biufU" and array.dtype.type is not np.longdouble:
            return array.tolist()
    elif isinstance(value, Mapping) and levels and all(isinstance(key, str) for key in value):
        return {str.__str__(key): _plain(item, refuse, allow_nan, levels - 1) for key, item in value.items()}
    raise refuse(value)


def _is_plain_row(items: list[Any], *, allow_nan: bool) -> bool:
    """Say whether no item has to change: worth one look at all of them, a constant may have millions."""
    kinds = kinds_of(items)
    if not kinds <= _PLAIN_KINDS:
        return False
    if id(int) in kinds:
        ints = items if len(kinds) == 1 else [item for item in items if type(item) is int]
        if not -_BEYOND < min(ints) <= max(ints) < _BEYOND:
            return False
    return allow_nan or id(float) not in kinds or all(map(math.isfinite, _floats(items, kinds)))


def kinds_of(items: Iterable[object]) -> set[int]:
    """Return the types of items, by their identity; their metaclass says whether two of them are one."""
    return set(map(id, map(type, items)))


def _floats(items: list[Any], kinds: set[int]) -> Iterable[float]:
    return items if len(kinds) == 1 else (item for item in items if type(item) is float)


_PLAIN_KINDS: Final = kinds_of((0, 0.0, "", False, None))
_LISTS: Final = (list, tuple)
_ARRAYS: Final = (np.generic, np.ndarray)
_MAY_BE_NAN: Final = (float, np.floating, np.ndarray)


def _has_nan(value: float | np.floating[Any] | npt.NDArray[Any]) -> bool:
    if isinstance(value, float):  # by far the most frequent, and an array for each would take long
        return not math.isfinite(value)
    return value.dtype.kind == "f" and not np.isfinite(value).all()


def comparable(value: Any) -> Hashable:
    """Return what is equal, and has one hash, for JSON data that says the same.

    Numbers go by their value, so that 1 and 1.0 are one: JSON has no two kinds, and tools that rewrite a
    config turn one into the other. But ``True`` is not 1, -0.0 is not 0, and NaN is itself, as each of them
    makes another array.

    Examples
    --------
    >>> comparable([1, float("nan")]) == comparable([1.0, float("nan")])
    True
    >>> comparable(True) == comparable(1), comparable(-0.0) == comparable(0.0)
    (False, False)
    """
    if isinstance(value, dict):
        return ("dict", *sorted((key, comparable(item)) for key, item in value.items()))
    if isinstance(value, list):
        return ("list", *(value if _compare_as_they_are(value) else map(comparable, value)))
    if isinstance(value, bool):
        return ("bool", value)
    if isinstance(value, float) and (math.isnan(value) or (value == 0 and math.copysign(1, value) < 0)):
        return ("float", str(value))
    return value  # type: ignore[no-any-return]


def _compare_as_they_are(items: list[Any]) -> bool:
    """Say whether each item is `comparable` to itself: worth one look at all of them."""
    kinds = kinds_of(items)
    if not kinds <= _PLAIN_KINDS or id(bool) in kinds:
        return False
    # Zeros may be negative; an int of that value is as rare as it is harmless.
    return id(float) not in kinds or (0.0 not in items and not any(map(math.isnan, _floats(items, kinds))))


def unshared(value: Any, refuse: Callable[[], Exception]) -> Any:
    """Return a copy of JSON's lists and dicts within `value`, and whatever else as it is.

    Parameters
    ----------
    value
        Anything. What contains itself does so in the copy.
    refuse
        Makes the exception to raise where they are nested more than 100 deep. Whoever reads what is within
        would copy the rest at each level, so that the time would grow with the square of the depth.
    """
    copies: dict[int, Any] = {}
    holders: list[Any] = []
    waiting = [(value, 0)] if isinstance(value, _CONTAINERS) else []
    while waiting:  # not by recursion, which a list that contains itself would never end
        part, level = waiting.pop()
        if level > _MOST_LEVELS:
            raise refuse()
        if id(part) not in copies:
            made = copies[id(part)] = dict(part) if isinstance(part, dict) else list(part)
            if not kinds_of(made.values() if isinstance(made, dict) else made) <= _PLAIN_KINDS:
                holders.append(made)
                inner = (item for _, item in _items(made) if isinstance(item, _CONTAINERS))
                waiting.extend((item, level + 1) for item in inner)
    for made in holders:
        for key, item in _items(made):
            if isinstance(item, _CONTAINERS):
                made[key] = copies[id(item)]
    return copies.get(id(value), value)


_CONTAINERS: Final = (list, dict)


def _items(part: list[Any] | dict[Any, Any]) -> Iterable[tuple[Any, Any]]:
    return part.items() if isinstance(part, dict) else enumerate(part)


# Called on the base type, they give an instance of just that type, whatever a subclass overrides. Among the
# subclasses are NumPy's float64 and str_, and the members of enumerations.
_EXACTLY: tuple[tuple[type, Callable[[Any], Any]], ...] = (
    (int, int.__index__),
    (float, float.__float__),
    (str, str.__str__),
)

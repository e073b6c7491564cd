"""Checks of constructor arguments, whose errors name the argument, what was got and what is allowed."""

from __future__ import annotations

import math
import os
from collections.abc import Collection, Iterable
from itertools import pairwise
from numbers import Real
from typing import Any, Final, TypeVar

import numpy as np

from seedbed.errors import ArgumentError, shown
from seedbed.integers import as_integer, has_masked

_Name = TypeVar("_Name", bound=str)

_LARGEST: Final = float(np.finfo(np.float64).max)
_MOST_COMPARED: Final = 100
"""How many names are compared with what was asked; `difflib` takes 20 us for each."""


def finite(
    name: str,
    value: Any,
    *,
    at_least: float = -math.inf,
    above: float = -math.inf,
    at_most: float = math.inf,
) -> float:
    """Return `value` as a Python int or float, having checked that it is a finite real number in range.

    Raises
    ------
    ArgumentError
        If `value` is no real number, a bool, NaN or infinite, below `at_least`, not above `above`, or above
        `at_most`.
    """
    allowed = "a finite number"
    if at_least > -math.inf:
        allowed += f" of at least {at_least!r}"
    if above > -math.inf:
        allowed += f" above {above!r}"
    if at_most < math.inf:
        allowed += f"{' and' if max(at_least, above) > -math.inf else ' of'} at most {at_most!r}"
    value = _item(value)
    if isinstance(value, Real) and not isinstance(value, int | float):  # such as NumPy's longdouble
        raise ArgumentError(
            f"{name} must be {allowed}, as an int or a float, got {shown(value)} of type "
            f"{type(value).__name__}, which may have more digits; round it first, as by float(...)"
        )
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ArgumentError(f"{name} must be {allowed}, got {shown(value)} of type {type(value).__name__}")
    if isinstance(value, int) and abs(value) > _LARGEST:
        raise ArgumentError(f"{name} must be {allowed} that a float64 can be, got {shown(value)}")
    if not (abs(value) <= _LARGEST and value >= at_least and value > above and value <= at_most):
        raise ArgumentError(f"{name} must be {allowed}, got {shown(value)}")
    return value


def bound(name: str, value: Any, *, none: float) -> float | None:
    """Return `value` as `finite` does, or ``None`` for ``None`` and for `none`, an infinity.

    Raises
    ------
    ArgumentError
        As for `finite`.
    """
    value = _item(value)
    if value is None or (isinstance(value, float) and value == none):
        return None
    if isinstance(value, float) and not math.isfinite(value):
        raise ArgumentError(f"{name} must be a finite number, None or {none}, got {shown(value)}")
    return finite(name, value)


def flag(name: str, value: Any) -> bool:
    """Return the bool that `value` is.

    Raises
    ------
    ArgumentError
        If it is none, be it 0 or 1.
    """
    value = _item(value)
    if not isinstance(value, bool):
        raise ArgumentError(
            f"{name} must be True or False, got {shown(value)} of type {type(value).__name__}"
        )
    return value


def choice(name: str, value: Any, allowed: tuple[_Name, ...]) -> _Name:
    """Return the one of the strings `allowed` that `value` is.

    Raises
    ------
    ArgumentError
        If it is not; the message lists those that are.
    """
    if isinstance(value, str) and value in allowed:
        return allowed[allowed.index(value)]
    hint = suggestion(value, allowed)
    raise ArgumentError(f"{name} must be one of {', '.join(map(repr, allowed))}, got {shown(value)}{hint}")


def of_kind(name: str, value: Any, kind: type | tuple[type, ...], allowed: str) -> None:
    """Raise an `ArgumentError` if `value` is not an instance of `kind`, with what is `allowed` in words."""
    if not isinstance(value, kind):
        raise ArgumentError(f"{name} must be {allowed}, got {shown(value)} of type {type(value).__name__}")


def text(name: str, value: Any, allowed: str = "text") -> None:
    """Raise an `ArgumentError` if `value` is not a string."""
    of_kind(name, value, str, allowed)


def path(name: str, value: Any) -> None:
    """Raise an `ArgumentError` if `value` is not a path that a file can have, such as a file's number."""
    of_kind(name, value, (str, os.PathLike), "the path of a file, as text or a pathlib.Path")
    try:
        is_one = b"\0" not in os.fsencode(value)
    except UnicodeEncodeError:
        is_one = False
    if not is_one:
        raise ArgumentError(f"{name} must be a path that a file can have, got {shown(value)}")


def as_step(path: str | int) -> str | int:
    """Return `path` as what extends a seed.

    Raises
    ------
    ArgumentError
        If it is not a string or an int.
    """
    step = path if isinstance(path, str) else as_integer(path)
    if step is None:
        raise ArgumentError(
            f"got path {shown(path)} of type {type(path).__name__}; a path is a string such as "
            "'encoder/0/kernel', or an int"
        )
    return step


def _item(value: Any) -> Any:
    """Return the Python number that a NumPy scalar or an array of no axes holds, and else `value`."""
    if isinstance(value, np.generic | np.ndarray) and value.ndim == 0 and not has_masked(value):
        return value.item()
    return value


def suggestion(got: object, known: Iterable[str], *, cutoff: float = 0.6) -> str:
    """Return ``"; did you mean ...?"`` with the names that look like the text that was got, or nothing."""
    if not isinstance(got, str):  # whose text could be of any length, or too deep to be made
        return ""
    close = close_matches(got[:100].lower(), list(known), cutoff=cutoff)
    return f"; did you mean {' or '.join(map(repr, close))}?" if close else ""


def close_matches(text: str, known: Collection[str], *, count: int = 3, cutoff: float = 0.6) -> list[str]:
    """Return those of `known` that look like `text`, best first, soon however many there are."""
    from difflib import get_close_matches  # noqa: PLC0415 - only failures need them
    from heapq import nlargest  # noqa: PLC0415

    if len(known) > _MOST_COMPARED:  # to those with the most pairs of neighbouring letters in common
        pairs = set(pairwise(text))
        known = nlargest(_MOST_COMPARED, known, key=lambda other: len(pairs.intersection(pairwise(other))))
    return get_close_matches(text, known, n=count, cutoff=cutoff)

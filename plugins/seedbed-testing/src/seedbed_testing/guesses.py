"""What might be given in place of an argument, to see that it does not get lost."""

from __future__ import annotations

import typing
from collections.abc import Mapping
from typing import Any, Final, Literal

from seedbed.initializer import Initializer

_AXES: Final = ({"in": [0], "out": [1]}, "dense_oi")
"""What `seedbed.fans.as_axes` takes: for dense layers, and as users have them, by roles or by a preset."""


def choices(kind: type[Initializer], name: str, value: Any) -> tuple[Any, ...]:
    """Return what else an argument may be, if it is annotated by a `Literal`, or called axes."""
    if value is None and name.strip("_").rpartition("_")[2] == "axes":
        return _AXES
    try:
        hint = typing.get_type_hints(kind.__init__).get(name)
    except Exception:  # noqa: BLE001 - annotations may name what only type checkers import
        return ()
    if value is None and any(_is_mapping(part) for part in (hint, *typing.get_args(hint))):
        return ({"in": [0], "out": [1]},)
    is_choice = typing.get_origin(hint) is Literal
    return tuple(other for other in typing.get_args(hint) if other != value) if is_choice else ()


def _is_mapping(hint: Any) -> bool:
    found = typing.get_origin(hint) or hint
    return isinstance(found, type) and issubclass(found, Mapping)


def others(value: Any) -> tuple[Any, ...]:
    """Return other values of about the same kind; of numbers 0, and one that no rounding leaves alone."""
    if isinstance(value, bool):
        return (not value,)
    if isinstance(value, int | float):
        fraction = (value + 1 / 3,) if isinstance(value, float) else ()
        return tuple(
            other for other in (value + 1, value * 0.75, *fraction, type(value)(0)) if other != value
        )
    if isinstance(value, list | tuple):
        other = _other_list(value)
        return (other,) if other != _lists(value) else ()
    return (0.5, [0.5, 1 / 3]) if value is None else ()


def _other_list(value: list[Any] | tuple[Any, ...]) -> list[Any]:
    """Return a list with other numbers, however deep they stand."""

    def changed(item: Any) -> Any:
        if isinstance(item, list | tuple):
            return _other_list(item)
        return item * 0.75 + 0.01 if type(item) in (int, float) else item

    return [changed(item) for item in value]


def _lists(value: Any) -> Any:
    return [_lists(item) for item in value] if isinstance(value, list | tuple) else value

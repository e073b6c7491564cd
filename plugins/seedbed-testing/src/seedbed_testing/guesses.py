"""What might be given in place of an argument, to see that it does not get lost."""

from __future__ import annotations

import typing
from typing import Any, Literal

from seedbed.initializer import Initializer


def choices(kind: type[Initializer], name: str, value: Any) -> tuple[Any, ...]:
    """Return what else an argument may be, if it is annotated by a `Literal`."""
    try:
        hint = typing.get_type_hints(kind.__init__).get(name)
    except Exception:  # noqa: BLE001 - annotations may name what only type checkers import
        return ()
    is_choice = typing.get_origin(hint) is Literal
    return tuple(other for other in typing.get_args(hint) if other != value) if is_choice else ()


def others(value: Any) -> tuple[Any, ...]:
    """Return other values of about the same kind."""
    if isinstance(value, bool):
        return (not value,)
    if isinstance(value, int | float):
        return tuple(other for other in (value + 1, value * 0.75) if other != value)
    if isinstance(value, list | tuple):
        other = [item * 0.75 if type(item) in (int, float) else item for item in value]
        return (other,) if other != list(value) else ()
    return (0.5,) if value is None else ()

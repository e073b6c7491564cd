"""An entry to its class."""

from __future__ import annotations

import importlib
import inspect
from typing import Any

from seedbed.entry import Entry
from seedbed.errors import EntryLoadError, shown
from seedbed.initializer import Initializer, parameters


def load(entry: Entry) -> type[Initializer]:
    """Import the class that `entry` points at, and check that it is one that can be used.

    Raises
    ------
    EntryLoadError
        With the cause, and the provider's name and version, whatever went wrong but an interrupt.
    """
    return _checked(entry, entry.target if isinstance(entry.target, type) else _import(entry))


def check_bound(entry: Entry, initializer_class: type[Initializer]) -> None:
    """Refuse an entry that binds an argument which the class does not take.

    Raises
    ------
    EntryLoadError
        If it does.
    """
    wanted = parameters(initializer_class)
    if any(parameter.kind is parameter.VAR_KEYWORD for parameter in wanted.values()):
        return
    unknown = sorted(set(entry.arguments) - set(wanted))
    if unknown:
        raise EntryLoadError(
            f"{_prefix(entry)} binds the argument {unknown[0]!r}, which {initializer_class.__name__} does "
            f"not take; it takes {', '.join(wanted) or 'no arguments'}"
        )


def import_target(target: str) -> Any:
    """Return what ``"module"`` or ``"module:name.name"`` names, whatever it raises."""
    module, _, qualname = target.partition(":")
    found: Any = importlib.import_module(module)
    for part in filter(None, qualname.split(".")):
        found = getattr(found, part)
    return found


def _import(entry: Entry) -> Any:
    try:
        return import_target(str(entry.target))
    except (Exception, SystemExit) as error:
        raise EntryLoadError(
            f"{_prefix(entry)} could not be loaded: importing {entry.target!r} raised "
            f"{type(error).__name__}: {error}"
        ) from error


def _checked(entry: Entry, found: Any) -> type[Initializer]:
    if not isinstance(found, type) or not issubclass(found, Initializer):
        raise EntryLoadError(
            f"{_prefix(entry)} points at {entry.target!r}, which is {shown(found)} and no subclass of "
            "seedbed.Initializer"
        )
    if inspect.isabstract(found):
        missing = ", ".join(sorted(found.__abstractmethods__))
        raise EntryLoadError(
            f"{_prefix(entry)} points at {found.__name__}, which does not implement {missing}"
        )
    return found


def _prefix(entry: Entry) -> str:
    return f"{entry.full_name} ({entry.source})"

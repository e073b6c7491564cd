"""An entry to its class."""

from __future__ import annotations

import importlib
from typing import Any

from seedbed.constructor import parameters
from seedbed.entry import Entry
from seedbed.errors import EntryLoadError, described, name_of, shown
from seedbed.initializer import Initializer, unusable


def load(entry: Entry) -> type[Initializer]:
    """Import the class that `entry` points at, and check that it is one that can be used.

    Raises
    ------
    EntryLoadError
        With the cause, and the provider's name and version, whatever went wrong but an interrupt.
    """
    try:
        found = entry.target if isinstance(entry.target, type) else import_target(entry.target)
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        raise EntryLoadError(
            f"{_prefix(entry)} could not be loaded: importing {shown(entry.target)} raised {described(error)}"
        ) from error
    try:
        flaw = unusable(found)
        if not flaw:
            parameters(found)  # remembered for later, when nobody expects it to raise
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        raise EntryLoadError(
            f"{_prefix(entry)} points at {shown(entry.target)}, which cannot be examined: {described(error)}"
        ) from error
    if flaw:
        raise EntryLoadError(f"{_prefix(entry)} points at {shown(entry.target)}, which {flaw}")
    return found


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
            f"{_prefix(entry)} binds the argument {unknown[0]!r}, which {name_of(initializer_class)} does "
            f"not take; it takes {', '.join(wanted) or 'no arguments'}"
        )


def import_target(target: str) -> Any:
    """Return what ``"module"`` or ``"module:name.name"`` names, whatever it raises."""
    module, _, qualname = target.partition(":")
    found: Any = importlib.import_module(module)
    for part in filter(None, qualname.split(".")):
        found = getattr(found, part)
    return found


def _prefix(entry: Entry) -> str:
    return f"{entry.full_name} ({entry.source})"

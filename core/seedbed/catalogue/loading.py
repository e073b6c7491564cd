"""An entry to its class."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from seedbed.constructor import construct, parameters
from seedbed.entry import Entry
from seedbed.errors import ArgumentError, EntryLoadError, SeedbedError, described, name_of, prefixed, shown
from seedbed.foreign import Attempt
from seedbed.initializer import Initializer, unusable


@dataclass(slots=True, eq=False, repr=False)
class Loaded:
    """A loaded entry.

    Parameters
    ----------
    chain
        The entry, what it is a preset of, and so on.
    initializer_class, arguments
        Its class, and the arguments that it binds.
    shared
        What was made of it without further arguments. It never changes, so that all may have it.
    """

    chain: list[Entry]
    initializer_class: type[Initializer]
    arguments: Mapping[str, Any]
    shared: Initializer | None = None

    def make(self, overrides: Mapping[str, Any]) -> Initializer:
        """Construct the initializer; errors name the entry.

        Raises
        ------
        ConfigError
            If an argument is unknown or missing.
        ArgumentError
            If the constructor refuses an argument.
        """
        entry = self.chain[0]
        try:
            return construct(self.initializer_class, {**self.arguments, **overrides})
        except SeedbedError as error:
            raise prefixed(error, entry.full_name) from error
        except (KeyboardInterrupt, MemoryError):
            raise
        except BaseException as error:
            raise ArgumentError(
                f"{entry.full_name} ({entry.source}) refused its arguments: {described(error)}"
            ) from error


def load(entry: Entry) -> type[Initializer]:
    """Import the class that `entry` points at, and check that it is one that can be used.

    Raises
    ------
    EntryLoadError
        With the cause, and the provider's name and version, whatever went wrong but an interrupt.
    """
    target, prefix = entry.target, f"{entry.full_name} ({entry.source})"
    with Attempt() as attempt:
        found = target if isinstance(target, type) else import_target(target)
    if attempt.error is not None:
        what = f"importing {shown(target)} raised {described(attempt.error)}"
        raise EntryLoadError(f"{prefix} could not be loaded: {what}") from attempt.error
    with Attempt() as attempt:
        flaw = unusable(found)
        if not flaw:
            parameters(found)  # remembered for later, when nobody expects it to raise
    if attempt.error is not None:
        what = f"which cannot be examined: {described(attempt.error)}"
        raise EntryLoadError(f"{prefix} points at {shown(target)}, {what}") from attempt.error
    if flaw:
        raise EntryLoadError(f"{prefix} points at {shown(target)}, which {flaw}")
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
            f"{entry.full_name} ({entry.source}) binds the argument {unknown[0]!r}, which "
            f"{name_of(initializer_class)} does not take; it takes {', '.join(wanted) or 'no arguments'}"
        )


def import_target(target: str) -> Any:
    """Return what ``"module"`` or ``"module:name.name"`` names, whatever it raises."""
    module, _, qualname = target.partition(":")
    found: Any = importlib.import_module(module)
    for part in filter(None, qualname.split(".")):
        found = getattr(found, part)
    return found

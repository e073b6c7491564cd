"""An entry to its class, and to initializers."""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from seedbed.constructor import construct, parameters
from seedbed.entry import Entry
from seedbed.errors import (
    ArgumentError,
    EntryError,
    EntryLoadError,
    SeedbedError,
    described,
    name_of,
    prefixed,
    shown,
)
from seedbed.foreign import Attempt
from seedbed.initializer import Initializer, unusable
from seedbed.presets import read_resource


@dataclass(slots=True, eq=False, repr=False)
class Loaded:
    """The class that an entry gives, and the arguments that it binds.

    `chain` is the entry and what it is a preset of. `shared` was made of it without further arguments.
    """

    chain: list[Entry]
    initializer_class: type[Initializer]
    arguments: Mapping[str, Any]
    shared: Initializer | None = None

    def make(self, overrides: Mapping[str, Any], *, asked: str = "") -> Initializer:
        """Construct the initializer; errors name the entry, and what was `asked` for if that says more."""
        entry = self.chain[0]
        is_alias = bool(asked) and asked not in (entry.name, entry.full_name, entry.class_name)
        name = f"{asked}, which is {entry.full_name}" if is_alias else entry.full_name
        try:
            return construct(self.initializer_class, {**self.arguments, **overrides})
        except SeedbedError as error:
            raise prefixed(error, name) from error
        except (KeyboardInterrupt, MemoryError):
            raise
        except BaseException as error:
            raise ArgumentError(
                f"{name} ({entry.source}) refused its arguments: {described(error)}"
            ) from error


class RecipeFile(NamedTuple):
    """A recipe as its package has it.

    Parameters
    ----------
    entry
        The entry that was asked for.
    content
        What its file holds.
    place
        The package and the file, for messages.
    arguments
        What the entry binds: parameters of the recipe.
    """

    entry: Entry
    content: bytes
    place: str
    arguments: Mapping[str, Any]


def read_recipe(chain: Sequence[Entry], arguments: Mapping[str, Any]) -> RecipeFile:
    """Return the file that the last entry of a chain has as its target.

    Raises
    ------
    EntryLoadError
        If its package cannot be imported, or has no such file.
    """
    entry = chain[0]
    package, _, resource = chain[-1].place.partition(":")
    place = f"{package}/{resource}"
    content = b""
    with Attempt() as attempt:
        content = read_resource(package, resource, lambda what: EntryError(f"{place} {what}"))
    if attempt.error is not None:
        raise EntryLoadError(
            f"{entry.full_name} ({entry.source}) cannot be read: {described(attempt.error)}"
        ) from attempt.error
    return RecipeFile(entry, content, place, arguments)


def load(entry: Entry, folders: Mapping[str, str]) -> type[Initializer]:
    """Import the class that `entry` points at, and check that it can be used and is its package's own.

    Whatever goes wrong but an interrupt is an `EntryLoadError` with the cause. `folders` says where the
    metadata of distributions lies.
    """
    target, prefix, flaw = entry.target, f"{entry.full_name} ({entry.source})", ""
    with Attempt() as attempt:
        found = target if isinstance(target, type) else import_target(target)
    if attempt.error is not None:
        what = f"importing {shown(target)} raised {described(attempt.error)}"
        raise EntryLoadError(f"{prefix} could not be loaded: {what}") from attempt.error
    with Attempt() as attempt:
        flaw = unusable(found)
        if not flaw:
            parameters(found)  # remembered for later, when nobody expects it to raise
            _check_owned(entry, found, folders)
    if type(attempt.error) is EntryLoadError:
        raise attempt.error
    if attempt.error is not None:
        flaw = f"cannot be examined: {described(attempt.error)}"
    if flaw:
        raise EntryLoadError(f"{prefix} points at {shown(target)}, which {flaw}") from attempt.error
    return found


def _check_owned(entry: Entry, found: type[Initializer], folders: Mapping[str, str]) -> None:
    if entry.provider in folders:
        from seedbed.governance.owners import check_owned  # noqa: PLC0415 - for classes of packages

        check_owned(entry, found, folders)


def check_bound(entry: Entry, initializer_class: type[Initializer]) -> None:
    """Raise an `EntryLoadError` if the entry binds an argument that the class does not take."""
    wanted = parameters(initializer_class)
    unknown = sorted(set(entry.arguments) - set(wanted))
    if unknown and not any(parameter.kind is parameter.VAR_KEYWORD for parameter in wanted.values()):
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

"""Chains of presets: an entry, what it is a preset of, and so on to an entry with a target."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final

from seedbed.catalogue.misses import refusal
from seedbed.discovery.providers import CORE
from seedbed.entry import Entry
from seedbed.errors import AmbiguousNameError, EntryLoadError, UnknownNameError

if TYPE_CHECKING:
    from seedbed.catalogue.state import State

_MOST_LINKS: Final = 100


def chain_of(entry: Entry, state: State) -> list[Entry]:
    """Return `entry` and what it is a preset of, to the end.

    It is an `EntryLoadError` if one of these does not exist or is `entry` again, or if they are too many.
    """
    chain = {entry.full_name: entry}
    last = entry
    while last.preset_of:
        last = _base_of(last, state)
        if last.full_name in chain:
            names = " -> ".join([*chain, last.full_name])
            raise EntryLoadError(f"{entry.full_name} is a preset of itself: {names}")
        if len(chain) >= _MOST_LINKS:
            raise EntryLoadError(
                f"{entry.full_name} is at the end of a chain of more than {_MOST_LINKS} presets of presets; "
                "make it a preset of an entry that has a target"
            )
        chain[last.full_name] = last
    return list(chain.values())


def bound(chain: Iterable[Entry]) -> dict[str, Any]:
    """Return the arguments that the first entry of a chain binds, with those of the others."""
    arguments: dict[str, Any] = {}
    for link in reversed(list(chain)):
        arguments.update(link.arguments)
    return arguments


def _base_of(entry: Entry, state: State) -> Entry:
    """Return what `entry` is a preset of, which no other package's being installed can change."""
    wanted = f"{entry.full_name} is a preset of {entry.preset_of!r}"
    own = f"{entry.provider}:{entry.preset_of}"
    for name in (own, f"{CORE}:{entry.preset_of}"):
        if rows := state.withheld(name):
            raise EntryLoadError(f"{wanted}: {refusal(entry.preset_of, rows)}")
        if name == own and (lost := state.losses(name)):
            raise EntryLoadError(f"{wanted}, which is lost: {lost[0]}")
        for found in state.candidates(name):
            return found
    try:
        if ":" in entry.preset_of:
            return state.find(entry.preset_of)
    except (UnknownNameError, AmbiguousNameError) as error:
        raise EntryLoadError(f"{wanted}: {error}") from error
    raise EntryLoadError(
        f"{wanted}, which neither {entry.provider} nor seedbed provides; name another package's entry in "
        "full, as 'provider:name'"
    )

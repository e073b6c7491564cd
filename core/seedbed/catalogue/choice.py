"""`Choice`, everything that a name could mean, what it does mean, and why."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from seedbed.catalogue.meanings import normal
from seedbed.catalogue.state import State
from seedbed.discovery.providers import CORE
from seedbed.entry import Entry
from seedbed.issue import Issue, Kind
from seedbed.rows import Tombstone, Withheld


@dataclass(frozen=True, slots=True)
class Choice:
    """What a name means.

    Parameters
    ----------
    name
        What was asked for.
    meant
        The full name of the entry that it means; empty if it means none.
    candidates
        All that it could mean, what is meant first. The kind of each says what becomes of it.
    """

    name: str
    meant: str
    candidates: tuple[Issue, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON data."""
        candidates = [candidate.to_dict() for candidate in self.candidates]
        return {"name": self.name, "meant": self.meant, "candidates": candidates}


def choose(name: str, state: State) -> Choice:
    """Return everything in `state` that `name` could mean, and which of it it does mean."""
    found = state.candidates(name)
    meant = found[0] if len(found) == 1 and not state.withheld(name) else None
    entries = sorted(state.having(name), key=lambda entry: entry is not meant)
    candidates = (_candidate(name, entry, meant, state) for entry in entries)
    return Choice(name, meant.full_name if meant else "", (*candidates, *_lost(name, state)))


def _candidate(name: str, entry: Entry, meant: Entry | None, state: State) -> Issue:
    if entry is meant:
        return _of(entry, "meant", _why_meant(name, entry, state))
    kind: Kind = "passed over"
    contested = [lost for lost in state.losses(name) if lost.kind == "contested"]
    if meant is not None:
        why = f"the name is {CORE}'s" if meant.provider == CORE else f"the policy prefers {meant.provider}"
    elif state.names.get(name) == () and not contested:
        why = _why_kept(name, state)
    else:
        kind, why = "ambiguous", "another package has the name too"
        for row in state.withheld(name):
            is_gone = isinstance(row, Tombstone)
            why = (
                "a package has removed the name"
                if is_gone
                else f"{row.source} has more than one meaning for it"
            )
        for lost in contested:
            why = f"it may be {lost.provider}'s, of which nobody knows"
    return _of(entry, kind, f"{why}; {entry.full_name!r} means it")


def _why_kept(name: str, state: State) -> str:
    """Say whose a name stays that means nothing."""
    keepers = [lost.provider for lost in state.losses(name)]
    if keepers and CORE not in keepers:
        return f"the name stays {keepers[0]}'s"
    turned_off = "" if state.withheld(name) else ", whose entry is turned off"
    return f"the name stays {CORE}'s{turned_off}"


def _why_meant(name: str, entry: Entry, state: State) -> str:
    policy = state.scan.policy
    if name not in state.names or ":" in name:
        return "a full name means one entry alone"
    if entry.provider == CORE:
        return f"{CORE}'s names are reserved"
    for key in (name, entry.name):
        if policy.prefer.get(key) == entry.provider:
            return f"prefer.{key} of {policy.source}"
    return "no other package has the name"


def _lost(name: str, state: State) -> Iterator[Issue]:
    for row in state.withheld(name):
        yield _of(row, "removed" if isinstance(row, Tombstone) else "ambiguous", str(row))
    for lost in state.losses(name):
        yield replace(lost, names=lost.names[:1] or (normal(name).rpartition(":")[2],))


def _of(row: Entry | Withheld, kind: Kind, why: str) -> Issue:
    return Issue(kind, row.provider, row.version, f"{row.kind} {row.name}", why, (row.name,))

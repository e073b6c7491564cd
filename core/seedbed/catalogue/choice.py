"""`Choice`, everything that a name could mean, what it does mean, and why."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from seedbed.catalogue.snapshot import Snapshot, full_name_of
from seedbed.discovery.providers import CORE
from seedbed.entry import Entry
from seedbed.governance.policy import Policy
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


def choose(name: str, snapshot: Snapshot, policy: Policy) -> Choice:
    """Return everything in `snapshot` that `name` could mean, and which of it it does mean."""
    found = snapshot.candidates(name)
    meant = found[0] if len(found) == 1 and not snapshot.withheld(name) else None
    entries = sorted(_having(name, snapshot), key=lambda entry: (entry is not meant, entry.full_name))
    return Choice(
        name,
        meant.full_name if meant else "",
        (
            *(_candidate(name, entry, meant, snapshot, policy) for entry in entries),
            *_lost(name, snapshot),
        ),
    )


def _having(name: str, snapshot: Snapshot) -> list[Entry]:
    """Return the entries that have the name as their own or as an alias which they may have."""
    provider, bare = full_name_of(name)
    having = [
        entry
        for (owner, alias), entry in snapshot.by_full_name.items()
        if alias == name or (alias == bare and provider in ("", owner))
    ]
    return list(dict.fromkeys(having))


def _candidate(name: str, entry: Entry, meant: Entry | None, snapshot: Snapshot, policy: Policy) -> Issue:
    if entry is meant:
        return _of(entry, "meant", _why_meant(name, entry, snapshot, policy))
    hint = f"{entry.full_name!r} means it"
    if meant is not None:
        reserved = (
            f"the name is {CORE}'s" if meant.provider == CORE else f"the policy prefers {meant.provider}"
        )
        return _of(entry, "passed over", f"{reserved}; {hint}")
    if name in snapshot.lost and snapshot.by_bare_name.get(name) == ():
        why = f"it may be {snapshot.lost[name][0].provider}'s, of which nobody knows; {hint}"
        return _of(entry, "ambiguous", why)
    if snapshot.by_bare_name.get(name) == ():
        turned_off = "" if snapshot.withheld(name) else ", whose entry is turned off"
        why = f"the name stays {CORE}'s{turned_off}; {hint}"
        return _of(entry, "passed over", why)
    why = "another package has the name too"
    for row in snapshot.withheld(name):
        why = (
            "a package has removed the name"
            if isinstance(row, Tombstone)
            else f"{row.source} has more than one meaning for it"
        )
    return _of(entry, "ambiguous", f"{why}; {hint}")


def _why_meant(name: str, entry: Entry, snapshot: Snapshot, policy: Policy) -> str:
    if full_name_of(name)[0] and name not in snapshot.by_bare_name:
        return "a full name means one entry alone"
    if entry.provider == CORE:
        return f"{CORE}'s names are reserved"
    for key in (name, entry.name):
        if policy.prefer.get(key) == entry.provider:
            return f"prefer.{key} of {policy.source}"
    return "no other package has the name"


def _lost(name: str, snapshot: Snapshot) -> Iterator[Issue]:
    for row in snapshot.withheld(name):
        yield _of(row, "removed" if isinstance(row, Tombstone) else "ambiguous", str(row))
    for lost in snapshot.losses(name):
        yield replace(lost, names=lost.names[:1] or full_name_of(name)[1:])


def _of(row: Entry | Withheld, kind: Kind, why: str) -> Issue:
    where = f"{type(row).__name__.lower()} {row.name}"
    return Issue(kind, row.provider, row.version, where, why, (row.name,))

"""`Choice`, everything that a name could mean, what it does mean, and why."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from seedbed.catalogue.snapshot import Snapshot, full_name_of
from seedbed.discovery.providers import CORE
from seedbed.entry import Entry
from seedbed.governance.policy import Blocked, Policy
from seedbed.rows import source_of
from seedbed.tombstone import Tombstone

Standing = Literal["meant", "passed over", "ambiguous", "removed", "blocked", "broken"]


@dataclass(frozen=True, slots=True)
class Candidate:
    """One thing that a name could mean.

    Parameters
    ----------
    full_name
        Its full name.
    source
        Its provider and version, as ``dist==version``.
    standing
        What becomes of it.
    why
        The reason, in a few words.
    """

    full_name: str
    source: str
    standing: Standing
    why: str


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
        All that it could mean, what is meant first.
    """

    name: str
    meant: str
    candidates: tuple[Candidate, ...]


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


def _candidate(name: str, entry: Entry, meant: Entry | None, snapshot: Snapshot, policy: Policy) -> Candidate:
    if entry is meant:
        return Candidate(entry.full_name, entry.source, "meant", _why_meant(name, entry, snapshot, policy))
    hint = f"{entry.full_name!r} means it"
    if meant is not None:
        reserved = (
            f"the name is {CORE}'s" if meant.provider == CORE else f"the policy prefers {meant.provider}"
        )
        return Candidate(entry.full_name, entry.source, "passed over", f"{reserved}; {hint}")
    if name in snapshot.lost and snapshot.by_bare_name.get(name) == ():
        why = f"it may be {snapshot.lost[name][0].provider}'s, of which nobody knows; {hint}"
        return Candidate(entry.full_name, entry.source, "ambiguous", why)
    if snapshot.by_bare_name.get(name) == ():
        turned_off = "" if snapshot.withheld(name) else ", whose entry is turned off"
        why = f"the name stays {CORE}'s{turned_off}; {hint}"
        return Candidate(entry.full_name, entry.source, "passed over", why)
    why = "another package has the name too"
    for row in snapshot.withheld(name):
        why = (
            "a package has removed the name"
            if isinstance(row, Tombstone)
            else f"{row.source} has more than one meaning for it"
        )
    return Candidate(entry.full_name, entry.source, "ambiguous", f"{why}; {hint}")


def _why_meant(name: str, entry: Entry, snapshot: Snapshot, policy: Policy) -> str:
    if full_name_of(name)[0] and name not in snapshot.by_bare_name:
        return "a full name means one entry alone"
    if entry.provider == CORE:
        return f"{CORE}'s names are reserved"
    for key in (name, entry.name):
        if policy.prefer.get(key) == entry.provider:
            return f"prefer.{key} of {policy.source}"
    return "no other package has the name"


def _lost(name: str, snapshot: Snapshot) -> Iterator[Candidate]:
    for row in snapshot.withheld(name):
        standing: Standing = "removed" if isinstance(row, Tombstone) else "ambiguous"
        yield Candidate(row.full_name, row.source, standing, str(row))
    for lost in snapshot.losses(name):
        source = source_of(lost.provider, lost.version)
        if isinstance(lost, Blocked):
            yield Candidate(f"{lost.provider}:{lost.names[0]}", source, "blocked", f"by {lost.by}")
        else:
            why = f"{lost.where}: {lost.what}"
            bare = lost.names[0] if lost.names else full_name_of(name)[1]
            yield Candidate(f"{lost.provider}:{bare}", source, "broken", why)

"""Which names are gone, and what to say to someone who asks for one of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Iterable, Mapping

from seedbed.entry import Entry
from seedbed.tombstone import Tombstone


def by_full_name(
    tombstones: Iterable[Tombstone], taken: Container[tuple[str, str]]
) -> dict[tuple[str, str], Tombstone]:
    """Return what stands where a provider had a name; only the CamelCase form of one may be `taken` again."""
    rows = {(row.provider, row.name): row for row in tombstones}
    spellings = {(row.provider, name): row for row in rows.values() for name in row.names}
    return {key: row for key, row in spellings.items() if key not in taken} | rows


def by_bare_name(
    tombstones: Mapping[tuple[str, str], Tombstone],
) -> dict[str, tuple[Tombstone, ...]]:
    """Return what stands where any provider had a name, in the order of the providers' names."""
    found: dict[str, list[Tombstone]] = defaultdict(list)
    for (_, name), tombstone in sorted(tombstones.items(), key=lambda item: item[0]):
        found[name].append(tombstone)
    return {name: tuple(rows) for name, rows in found.items()}


def explain_removal(name: str, tombstones: Iterable[Tombstone], others: Iterable[Entry]) -> str:
    """Return who removed `name` and what replaced it, and who else has an initializer of this name."""
    told = [f"{row.full_name} ({row.source}) was {row}" for row in tombstones]
    listed = [f"{entry.full_name!r} ({entry.source})" for entry in others]
    if listed:
        told.append(f"what another package has of this name goes by its full name: {', '.join(listed)}")
    return f"{name!r} is gone: " + "; ".join(told)

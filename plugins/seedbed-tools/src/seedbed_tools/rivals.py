"""What a bare name means, and what keeps it from meaning an entry."""

from __future__ import annotations

from seedbed import Catalogue, Entry


def conflicts(catalogue: Catalogue, entry: Entry) -> tuple[str, ...]:
    """Return the full names of what else has or had the bare name, and keeps it from meaning this entry."""
    present = [row.full_name for row in catalogue.candidates(entry.name)]
    gone = [row.full_name for row in catalogue.withheld(entry.name)]
    if not present and not gone:
        gone = [f"{provider}:{entry.name}" for provider in keepers(catalogue, entry.name)]
    return tuple(name for name in (*present, *gone) if name != entry.full_name)


def keepers(catalogue: Catalogue, name: str) -> list[str]:
    """Return the packages that do not serve a name, and for whom it is kept nevertheless."""
    rows = catalogue.choice(name).candidates
    return list(dict.fromkeys(row.provider for row in rows if row.kind not in ("passed over", "ambiguous")))


def meant(catalogue: Catalogue, name: str) -> str | None:
    """Return the full name of the entry that a name means; ``None`` if it means none, or is ambiguous."""
    found = catalogue.candidates(name)
    return found[0].full_name if len(found) == 1 and not catalogue.withheld(name) else None

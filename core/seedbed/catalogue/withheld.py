"""Which names mean no entry on purpose, and what to say to someone who asks for one of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Iterable, Mapping

from seedbed.entry import Entry
from seedbed.errors import AmbiguousNameError, RemovedNameError
from seedbed.rows import Homonym, Withheld


def by_full_name(
    rows: Iterable[Withheld], taken: Container[tuple[str, str]]
) -> dict[tuple[str, str], Withheld]:
    """Return what stands where a provider withholds a name; only its CamelCase form may be `taken` again."""
    own = {(row.provider, row.name): row for row in rows}
    spellings = {(row.provider, name): row for row in own.values() for name in row.names}
    return {key: row for key, row in spellings.items() if key not in taken} | own


def by_bare_name(rows: Mapping[tuple[str, str], Withheld]) -> dict[str, tuple[Withheld, ...]]:
    """Return what stands where any provider withholds a name, in the order of the providers' names."""
    found: dict[str, list[Withheld]] = defaultdict(list)
    for (_, name), row in sorted(rows.items(), key=lambda item: item[0]):
        found[name].append(row)
    return {name: tuple(rows) for name, rows in found.items()}


def refusal(
    name: str, rows: Iterable[Withheld], others: Iterable[Entry] = ()
) -> AmbiguousNameError | RemovedNameError:
    """Return the error that says why `name` means nothing, and who else has an initializer of this name."""
    rows = tuple(rows)
    homonyms = [str(row) for row in rows if isinstance(row, Homonym)]
    told = homonyms or [f"is gone: {'; '.join(f'{row.full_name} ({row.source}) was {row}' for row in rows)}"]
    listed = [f"{entry.full_name!r} ({entry.source})" for entry in others]
    if listed:
        told.append(f"what another package has of this name goes by its full name: {', '.join(listed)}")
    return (AmbiguousNameError if homonyms else RemovedNameError)(f"{name!r} {'; '.join(told)}")

"""The rows of a lock file, which hold nothing but texts."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, ClassVar, Final, TypeAlias

from seedbed.rows import Homonym, Tombstone
from seedbed.tables import INTEGER, STRING, STRINGS, STRINGS_BY_NAME, TABLES, Keys, Kind


@dataclass(frozen=True, slots=True)
class LockedProvider:
    """A package, as it was locked: the digest of its files, and its outermost modules, sorted."""

    name: str
    version: str
    files: str
    modules: tuple[str, ...] = ()

    kind: ClassVar = "package"


@dataclass(frozen=True, slots=True)
class LockedEntry:
    """An entry, as it was locked: each field is a key of a lock file, whose reference says what it holds."""

    name: str
    target: str = ""
    preset_of: str = ""
    reproducibility: str = ""
    aliases: tuple[str, ...] = ()
    deprecated: Mapping[str, str] = field(default_factory=dict)
    bound: Mapping[str, str] = field(default_factory=dict)
    parameters: Mapping[str, str] = field(default_factory=dict)
    numbers_with: Mapping[str, str] = field(default_factory=dict)
    numbers: Mapping[str, str] = field(default_factory=dict)
    no_numbers: str = ""
    content: str = ""

    kind: ClassVar = "entry"

    @property
    def provider(self) -> str:
        """The distribution that it comes from."""
        return self.name.partition(":")[0]

    @property
    def bare_name(self) -> str:
        """Its name without the provider."""
        return self.name.partition(":")[2]


@dataclass(frozen=True, slots=True)
class LockedTombstone:
    """A name that is gone, as it was locked: its full name, and what the `Tombstone` says."""

    name: str
    removed_in: str
    replaced_by: str = ""
    reason: str = ""

    kind: ClassVar = "tombstone"

    def __str__(self) -> str:
        return str(Tombstone("gone", self.removed_in, replaced_by=self.replaced_by, reason=self.reason))


@dataclass(frozen=True, slots=True)
class LockedHomonym:
    """A name with more than one meaning, as it was locked: its full name, and its meanings, sorted."""

    name: str
    meanings: tuple[str, ...] = ()

    kind: ClassVar = "homonym"

    def __str__(self) -> str:
        return f"has more than one meaning: {'; '.join(self.meanings)}"


LockedWithheld: TypeAlias = LockedTombstone | LockedHomonym
Row: TypeAlias = LockedProvider | LockedEntry | LockedWithheld


def withheld_as_locked(row: Tombstone | Homonym) -> LockedWithheld:
    """Return a tombstone or a homonym as a lock has it."""
    if isinstance(row, Tombstone):
        return LockedTombstone(row.full_name, row.removed_in, row.replaced_by, row.reason)
    return LockedHomonym(row.full_name, tuple(sorted(row.meanings)))


def as_table(row: Row) -> dict[str, object]:
    """Return the fields of a row that say something."""
    return {name: value for name in (f.name for f in fields(row)) if (value := getattr(row, name))}


def _matches(pattern: str) -> Callable[[Any], object]:
    compiled = re.compile(pattern)
    return lambda value: isinstance(value, str) and compiled.fullmatch(value)


def _keys(row: type[Any], *required: str, **kinds: Kind) -> Keys:
    """Return the keys of a kind of rows; what each holds, if not said, is as its default."""
    by_default: dict[object, Kind] = {tuple: STRINGS, dict: STRINGS_BY_NAME}
    defaults = {
        f.name: f.default_factory() if callable(f.default_factory) else f.default for f in fields(row)
    }
    found = {name: by_default.get(type(value), STRING) for name, value in defaults.items()}
    return Keys(found | kinds, required)


_FULL_NAME: Final = Kind("a full name such as 'seedbed:he_normal'", _matches(r"[^\s:]+:[^\s:]+"))
_DIGEST: Final = Kind("'sha256:' and 64 hexadecimal digits", _matches("sha256:[0-9a-f]{64}"))
_KINDS: Final[Mapping[str, tuple[Callable[..., Row], Keys]]] = {
    "provider": (LockedProvider, _keys(LockedProvider, "name", "version", "files", files=_DIGEST)),
    "entry": (LockedEntry, _keys(LockedEntry, "name", "reproducibility", name=_FULL_NAME)),
    "tombstone": (LockedTombstone, _keys(LockedTombstone, "name", "removed_in", name=_FULL_NAME)),
    "homonym": (LockedHomonym, _keys(LockedHomonym, "name", name=_FULL_NAME)),
}
_END: Final = Keys({"rows": INTEGER}, required=("rows",))

FILE: Final = Keys(
    {"format": INTEGER, "stream": INTEGER, **dict.fromkeys(_KINDS, TABLES), "end": _END},
    required=("format", "stream", "end"),
)
"""Which keys a lock file may have."""


def mistakes_in(document: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is wrong with a lock file, one by one: of a large one only some are told."""
    yield from FILE.mistakes("the file", document)
    for kind in _KINDS:
        rows = document.get(kind, [])
        for number, table in enumerate(rows if TABLES.fits(rows) else (), 1):
            yield from _KINDS[kind][1].mistakes(f"{kind} {number}", table)


def rows_of(document: Mapping[str, Any]) -> list[tuple[Row, ...]]:
    """Return the rows of a lock file without mistakes, kind by kind."""
    return [
        tuple(make(**_values(table)) for table in document.get(kind, ()))
        for kind, (make, _) in _KINDS.items()
    ]


def _values(table: Mapping[str, Any]) -> dict[str, Any]:
    return {key: tuple(sorted(value)) if isinstance(value, list) else value for key, value in table.items()}

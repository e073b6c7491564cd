"""The rows of a lock file, which hold nothing but texts."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, ClassVar, Final, TypeAlias

from seedbed.rows import Tombstone
from seedbed.tables import INTEGER, STRING, STRINGS, STRINGS_BY_NAME, TABLES, Keys, Kind


@dataclass(frozen=True, slots=True)
class LockedProvider:
    """A package, as it was locked.

    Parameters
    ----------
    name, version
        The distribution.
    files
        The digest of its files, ``sha256:`` and 64 digits.
    modules
        Its outermost modules, sorted. All modules within them are its own too.
    """

    name: str
    version: str
    files: str
    modules: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LockedEntry:
    """An entry, as it was locked.

    Parameters
    ----------
    name
        Its full name, ``provider:name``.
    target, preset_of
        Where its class is, or what it is a preset of; one of them is empty.
    reproducibility
        What its class promises.
    aliases
        Its other names, sorted.
    deprecated
        The fields of its `Deprecation` that say something.
    bound
        The arguments that it binds, as JSON.
    parameters
        The defaults of the class's parameters as JSON; ``required`` for those that have none.
    numbers_with
        The arguments that the numbers are made with besides, as JSON: examples that the class gives where it
        cannot do without.
    numbers
        Digests or moments of the arrays it gives, by dtype and shape, or why there are none of these.
    no_numbers
        Why there are none at all.
    """

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
    """A name that is gone, as it was locked.

    Parameters
    ----------
    name
        Its full name, ``provider:name``.
    removed_in, replaced_by, reason
        As the `Tombstone` has them.
    """

    name: str
    removed_in: str
    replaced_by: str = ""
    reason: str = ""

    kind: ClassVar = "tombstone"

    def __str__(self) -> str:
        return str(Tombstone("gone", self.removed_in, replaced_by=self.replaced_by, reason=self.reason))


@dataclass(frozen=True, slots=True)
class LockedHomonym:
    """A name with more than one meaning, as it was locked.

    Parameters
    ----------
    name
        Its full name, ``provider:name``.
    meanings
        What to write for each, sorted.
    """

    name: str
    meanings: tuple[str, ...] = ()

    kind: ClassVar = "homonym"

    def __str__(self) -> str:
        return f"has more than one meaning: {'; '.join(self.meanings)}"


Row: TypeAlias = LockedProvider | LockedEntry | LockedTombstone | LockedHomonym


def as_table(row: Row) -> dict[str, object]:
    """Return the fields of a row that say something."""
    return {name: value for name in (f.name for f in fields(row)) if (value := getattr(row, name))}


def _matches(pattern: str) -> Callable[[Any], object]:
    compiled = re.compile(pattern)
    return lambda value: isinstance(value, str) and compiled.fullmatch(value)


_FULL_NAME: Final = Kind("a full name such as 'seedbed:he_normal'", _matches(r"[^\s:]+:[^\s:]+"))
_DIGEST: Final = Kind("'sha256:' and 64 hexadecimal digits", _matches("sha256:[0-9a-f]{64}"))

_KEYS: Final[Mapping[str, tuple[Callable[..., Row], Keys]]] = {
    "provider": (
        LockedProvider,
        Keys(
            {"name": STRING, "version": STRING, "files": _DIGEST, "modules": STRINGS},
            required=("name", "version", "files"),
        ),
    ),
    "entry": (
        LockedEntry,
        Keys(
            {
                "name": _FULL_NAME,
                **dict.fromkeys(("target", "preset_of", "reproducibility", "no_numbers"), STRING),
                "aliases": STRINGS,
                **dict.fromkeys(
                    ("deprecated", "bound", "parameters", "numbers_with", "numbers"), STRINGS_BY_NAME
                ),
            },
            required=("name", "reproducibility"),
        ),
    ),
    "tombstone": (
        LockedTombstone,
        Keys(
            {"name": _FULL_NAME, "removed_in": STRING, "replaced_by": STRING, "reason": STRING},
            required=("name", "removed_in"),
        ),
    ),
    "homonym": (LockedHomonym, Keys({"name": _FULL_NAME, "meanings": STRINGS}, required=("name",))),
}

FILE: Final = Keys(
    {
        "format": INTEGER,
        "stream": INTEGER,
        **dict.fromkeys(_KEYS, TABLES),
        "end": Keys({"rows": INTEGER}, ("rows",)),
    },
    required=("format", "stream", "end"),
)
"""Which keys a lock file may have."""


def rows_of(document: Mapping[str, Any], mistakes: list[str]) -> list[tuple[Row, ...]]:
    """Return the rows of a lock file, kind by kind; none of a kind in which there are mistakes."""
    found = []
    for kind, (make, keys) in _KEYS.items():
        tables = document.get(kind, [])
        wrong = [
            mistake
            for number, table in enumerate(tables if TABLES.fits(tables) else (), 1)
            for mistake in keys.mistakes(f"{kind} {number}", table)
        ]
        mistakes += wrong
        found.append(
            () if wrong or not TABLES.fits(tables) else tuple(make(**_values(table)) for table in tables)
        )
    return found


def _values(table: Mapping[str, Any]) -> dict[str, Any]:
    return {key: tuple(sorted(value)) if isinstance(value, list) else value for key, value in table.items()}

"""The rows of a lock file, which hold nothing but texts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import ClassVar, Final, TypeAlias

from seedbed.governance.tables import Table
from seedbed.rows import Tombstone

_NAME: Final = re.compile(r"[^\s:]+:[^\s:]+")
_FILES: Final = re.compile(r"sha256:[0-9a-f]{64}")


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

    @classmethod
    def of(cls, table: Table) -> LockedProvider:
        """Return the row that a table of a lock file has.

        Raises
        ------
        LockError
            If a key is missing, unknown, or has a value of the wrong kind.
        """
        files = table.text("files")
        if not _FILES.fullmatch(files):
            raise table.error("files", files, "'sha256:' and 64 hexadecimal digits")
        row = cls(table.text("name"), table.text("version"), files, table.texts("modules"))
        table.finish()
        return row


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

    @classmethod
    def of(cls, table: Table) -> LockedEntry:
        """Return the row that a table of a lock file has.

        Raises
        ------
        LockError
            If a key is missing, unknown, or has a value of the wrong kind.
        """
        row = cls(
            _full_name(table),
            target=table.text("target", ""),
            preset_of=table.text("preset_of", ""),
            reproducibility=table.text("reproducibility"),
            aliases=table.texts("aliases"),
            deprecated=table.texts_by_name("deprecated"),
            bound=table.texts_by_name("bound"),
            parameters=table.texts_by_name("parameters"),
            numbers_with=table.texts_by_name("numbers_with"),
            numbers=table.texts_by_name("numbers"),
            no_numbers=table.text("no_numbers", ""),
        )
        table.finish()
        return row


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

    @classmethod
    def of(cls, table: Table) -> LockedTombstone:
        """Return the row that a table of a lock file has.

        Raises
        ------
        LockError
            If a key is missing, unknown, or has a value of the wrong kind.
        """
        removed_in = table.text("removed_in")
        if not removed_in:
            raise table.error("removed_in", removed_in, "a version")
        row = cls(
            _full_name(table),
            removed_in,
            replaced_by=table.text("replaced_by", ""),
            reason=table.text("reason", ""),
        )
        table.finish()
        return row


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
    meanings: tuple[str, ...]

    kind: ClassVar = "homonym"

    def __str__(self) -> str:
        return f"has more than one meaning: {'; '.join(self.meanings)}"

    @classmethod
    def of(cls, table: Table) -> LockedHomonym:
        """Return the row that a table of a lock file has.

        Raises
        ------
        LockError
            If a key is missing, unknown, or has a value of the wrong kind.
        """
        row = cls(_full_name(table), table.texts("meanings"))
        table.finish()
        return row


Row: TypeAlias = LockedProvider | LockedEntry | LockedTombstone | LockedHomonym


def _full_name(table: Table) -> str:
    name = table.text("name")
    if not _NAME.fullmatch(name):
        raise table.error("name", name, "a full name such as 'seedbed:he_normal'")
    return name


def as_table(row: Row) -> dict[str, object]:
    """Return the fields of a row that say something."""
    return {name: value for name in (f.name for f in fields(row)) if (value := getattr(row, name))}

"""`Lock`, what a lock file says."""

from __future__ import annotations

import shlex
import tomllib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from seedbed.errors import LockError
from seedbed.governance.lock_rows import (
    LockedEntry,
    LockedHomonym,
    LockedProvider,
    LockedTombstone,
    Row,
    as_table,
)
from seedbed.governance.tables import Table
from seedbed.governance.toml import to_toml

FORMAT: Final = 3
_HEAD: Final = "# Written by `seedbed lock`; `seedbed verify` says what differs from what is installed.\n"


@dataclass(frozen=True, slots=True)
class Lock:
    """What a catalogue was when it was locked.

    Parameters
    ----------
    stream
        The version of the random stream.
    providers, entries, tombstones, homonyms
        The rows, sorted by name.

    Examples
    --------
    >>> lock = Lock(1, entries=(LockedEntry("acme:ramp", "acme.ramps:Ramp", reproducibility="exact"),))
    >>> print(lock.text(), end="")
    # Written by `seedbed lock`; `seedbed verify` says what differs from what is installed.
    format = 3
    stream = 1
    <BLANKLINE>
    [[entry]]
    name = "acme:ramp"
    target = "acme.ramps:Ramp"
    reproducibility = "exact"
    <BLANKLINE>
    [end]
    rows = 1
    >>> Lock.parse(lock.text(), "seedbed.lock") == lock
    True
    """

    stream: int
    providers: tuple[LockedProvider, ...] = ()
    entries: tuple[LockedEntry, ...] = ()
    tombstones: tuple[LockedTombstone, ...] = ()
    homonyms: tuple[LockedHomonym, ...] = ()

    def provider(self, name: str) -> LockedProvider | None:
        """Return the row of a package, by its normalised name; ``None`` if the lock does not have it."""
        return next((row for row in self.providers if row.name == name), None)

    def entry(self, name: str) -> LockedEntry | None:
        """Return the row of an entry, by its full name; ``None`` if the lock does not have it."""
        return next((row for row in self.entries if row.name == name), None)

    def text(self) -> str:
        """Return the file's content: the same text for the same rows, with nothing of machine or moment."""
        tables = {
            kind: [as_table(row) for row in sorted(rows, key=lambda row: row.name)]
            for kind, rows in self._rows.items()
        }
        # At the end, where a file that was cut does not have it.
        end = {"rows": sum(map(len, tables.values()))}
        return _HEAD + to_toml({"format": FORMAT, "stream": self.stream, **tables, "end": end})

    @property
    def withheld(self) -> tuple[LockedTombstone | LockedHomonym, ...]:
        """The rows of the names that mean no entry."""
        return (*self.tombstones, *self.homonyms)

    @property
    def full_names(self) -> list[str]:
        """The full names of all rows but packages, each as often as there are rows of it."""
        return [row.name for row in self.entries] + [row.name for row in self.withheld]

    @property
    def _rows(self) -> Mapping[str, tuple[Row, ...]]:
        return {
            "provider": self.providers,
            "entry": self.entries,
            "tombstone": self.tombstones,
            "homonym": self.homonyms,
        }

    def write(self, path: str | Path) -> None:
        """Write the file, wholly or not at all; what was there is replaced.

        Raises
        ------
        OSError
            If it cannot be written; what was there is still there.
        """
        from seedbed.files import write_file  # noqa: PLC0415 - who has a lock mostly reads it

        write_file(path, self.text().encode())

    @classmethod
    def read(cls, path: str | Path) -> Lock:
        """Return what the file at `path` says.

        Raises
        ------
        LockError
            If it is no lock file, one of another format, or cut short.
        OSError
            If it cannot be read.
        """
        try:
            text = Path(path).read_text(encoding="utf-8")
        except UnicodeDecodeError as error:
            raise LockError(f"{path} is no lock file: it is not in UTF-8 ({error})") from error
        return cls.parse(text, str(path))

    @classmethod
    def parse(cls, text: str, source: str) -> Lock:
        """Return what the text of a lock file says; `source` names it in messages.

        Raises
        ------
        LockError
            If it is none, one of another format, or cut short.
        """
        try:
            document = tomllib.loads(text)
        except (tomllib.TOMLDecodeError, RecursionError) as error:
            raise LockError(f"{source} is no TOML: {error}; write it anew with {_command(source)}") from error
        table = Table(source, document)
        if (found := table.number("format")) != FORMAT:
            raise LockError(
                f"{source} has format {found}, and this version of Seedbed reads format {FORMAT}; write it "
                f"anew with {_command(source)}, where what it locks is installed"
            )
        end = table.table("end", otherwise=f"{source} is cut short: its end is missing; {_restore(source)}")
        rows = end.number("rows")
        end.finish()
        lock = cls(
            table.number("stream"),
            tuple(map(LockedProvider.of, table.tables("provider"))),
            tuple(map(LockedEntry.of, table.tables("entry"))),
            tuple(map(LockedTombstone.of, table.tables("tombstone"))),
            tuple(map(LockedHomonym.of, table.tables("homonym"))),
        )
        table.finish()
        _refuse_repeats([row.name for row in lock.providers], source)
        _refuse_repeats(lock.full_names, source)
        if rows != (found := sum(map(len, lock._rows.values()))):
            raise LockError(f"{source}: its end counts {rows} rows, and it has {found}; {_restore(source)}")
        return lock


def _refuse_repeats(names: list[str], source: str) -> None:
    for name, count in Counter(names).items():
        if count > 1:
            raise LockError(f"{source} has {name!r} {count} times; {_restore(source)}")


def _restore(source: str) -> str:
    return f"restore it from version control, or write it anew with {_command(source)}"


def _command(source: str) -> str:
    return f"`seedbed lock --output {shlex.quote(source)}`"

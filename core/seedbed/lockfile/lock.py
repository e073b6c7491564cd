"""`Lock`, what a lock file says."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from seedbed.errors import LockError
from seedbed.lockfile.rows import LockedEntry, LockedProvider, as_table
from seedbed.lockfile.tables import Table
from seedbed.lockfile.toml import to_toml

FORMAT: Final = 1
_HEAD: Final = "# Written by `seedbed lock`; `seedbed verify` says what differs from what is installed.\n"


@dataclass(frozen=True, slots=True)
class Lock:
    """What a catalogue was when it was locked.

    Parameters
    ----------
    stream
        The version of the random stream.
    providers, entries
        The rows, sorted by name.

    Examples
    --------
    >>> lock = Lock(1, entries=(LockedEntry("acme:ramp", "acme.ramps:Ramp", reproducibility="exact"),))
    >>> print(lock.text(), end="")
    # Written by `seedbed lock`; `seedbed verify` says what differs from what is installed.
    format = 1
    stream = 1
    <BLANKLINE>
    [[entry]]
    name = "acme:ramp"
    target = "acme.ramps:Ramp"
    reproducibility = "exact"
    >>> Lock.parse(lock.text(), "seedbed.lock") == lock
    True
    """

    stream: int
    providers: tuple[LockedProvider, ...] = ()
    entries: tuple[LockedEntry, ...] = ()

    def provider(self, name: str) -> LockedProvider | None:
        """Return the row of a package, by its normalised name; ``None`` if the lock does not have it."""
        return next((row for row in self.providers if row.name == name), None)

    def entry(self, name: str) -> LockedEntry | None:
        """Return the row of an entry, by its full name; ``None`` if the lock does not have it."""
        return next((row for row in self.entries if row.name == name), None)

    def text(self) -> str:
        """Return the file's content: the same text for the same rows, with nothing of machine or moment."""
        return _HEAD + to_toml(
            {
                "format": FORMAT,
                "stream": self.stream,
                "provider": [as_table(row) for row in sorted(self.providers, key=lambda row: row.name)],
                "entry": [as_table(row) for row in sorted(self.entries, key=lambda row: row.name)],
            }
        )

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
            If it is no lock file, or one of another format.
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
            If it is none, or one of another format.
        """
        try:
            document = tomllib.loads(text)
        except (tomllib.TOMLDecodeError, RecursionError) as error:
            raise LockError(
                f"{source} is no TOML: {error}; mend it, or write it anew with `seedbed lock`"
            ) from error
        table = Table(source, document)
        if (found := table.number("format")) != FORMAT:
            raise LockError(
                f"{source} has format {found}, and this version of Seedbed reads format {FORMAT}; "
                "write it anew with `seedbed lock`"
            )
        lock = cls(
            table.number("stream"),
            tuple(map(LockedProvider.of, table.tables("provider"))),
            tuple(map(LockedEntry.of, table.tables("entry"))),
        )
        table.finish()
        for rows in (lock.providers, lock.entries):
            _refuse_repeats([row.name for row in rows], source)
        return lock


def _refuse_repeats(names: list[str], source: str) -> None:
    for name in names:
        if names.count(name) > 1:
            raise LockError(f"{source} has {name!r} twice; keep the row that is meant")

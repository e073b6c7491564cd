"""`Lock`, what a lock file says."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from seedbed.arguments import of_kind
from seedbed.arguments import path as check_path
from seedbed.arguments import text as check_text
from seedbed.errors import ArgumentError, LockError, shown
from seedbed.governance.lock_rows import (
    LockedEntry,
    LockedHomonym,
    LockedProvider,
    LockedTombstone,
    LockedWithheld,
    Row,
    as_table,
    mistakes_in,
    rows_of,
)
from seedbed.reading import LIMIT, parse_toml, read_small
from seedbed.tables import refuse, to_toml

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
    _by_name: dict[str, Row] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        of_kind("stream", self.stream, int, "an int, the version of the random stream")
        for kind, rows in self._rows.items():
            _check_rows(kind, rows)
            self._by_name.update((row.name, row) for row in rows)

    def at(self, name: str) -> Row | None:
        """Return the row of a package or of a full name; ``None`` if the lock does not have it."""
        check_text("name", name)
        return self._by_name.get(name)

    def provider(self, name: str) -> LockedProvider | None:
        """Return the row of a package, by its normalised name; ``None`` if the lock does not have it."""
        return row if isinstance(row := self.at(name), LockedProvider) else None

    def entry(self, name: str) -> LockedEntry | None:
        """Return the row of an entry, by its full name; ``None`` if the lock does not have it."""
        return row if isinstance(row := self.at(name), LockedEntry) else None

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
    def withheld(self) -> tuple[LockedWithheld, ...]:
        """The rows of the names that mean no entry."""
        return (*self.tombstones, *self.homonyms)

    @property
    def full_names(self) -> list[str]:
        """The full names of all rows but packages, each as often as there are rows of it."""
        return [row.name for row in (*self.entries, *self.withheld)]

    @property
    def _rows(self) -> Mapping[str, tuple[Row, ...]]:
        rows = (self.providers, self.entries, self.tombstones, self.homonyms)
        return dict(zip(("provider", "entry", "tombstone", "homonym"), rows, strict=True))

    def write(self, path: str | Path) -> None:
        """Write the file, wholly or not at all; after an error, what was there is still there.

        Raises
        ------
        LockError
            If the file would be larger than what is read.
        OSError
            If it cannot be written.
        """
        check_path("path", path)
        from seedbed.files import write_file  # noqa: PLC0415 - who has a lock mostly reads it

        content = self.text().encode()
        if len(content) > LIMIT:
            raise LockError(
                f"{path} is not written: it would have {len(content):,} bytes, and at most {LIMIT:,} are "
                "read; lock fewer packages, by a policy that allows those which are used"
            )
        write_file(path, content)

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
        check_path("path", path)
        return _parsed(read_small(path, lambda what: LockError(f"{path} {what}")), str(path))

    @classmethod
    def parse(cls, text: str, source: str) -> Lock:
        """Return what the text of a lock file says, or raise as `read`; `source` names it in messages."""
        check_text("text", text)
        check_text("source", source)
        return _parsed(text.encode(errors="surrogatepass"), source)


_CLASSES: Final[Mapping[str, type[Any]]] = {
    "provider": LockedProvider,
    "entry": LockedEntry,
    "tombstone": LockedTombstone,
    "homonym": LockedHomonym,
}


def _check_rows(kind: str, rows: object) -> None:
    wanted = _CLASSES[kind]
    if not isinstance(rows, tuple) or not all(isinstance(row, wanted) for row in rows):
        raise ArgumentError(
            f"the {kind} rows of a Lock must be a tuple of {wanted.__name__}, got {shown(rows)}; read a file "
            "with Lock.read(path)"
        )


def _parsed(content: bytes, source: str) -> Lock:
    command = f"`seedbed lock --output {shlex.quote(source)}`"
    fix = f"restore it from version control, or write it anew with {command}"
    document = parse_toml(content, lambda what: LockError(f"{source} {what}; {fix}"))
    found = document.get("format")
    if type(found) is int and found != FORMAT:
        raise LockError(
            f"{source} has format {found}, and this version of Seedbed reads format {FORMAT}; write it anew "
            f"with {command}, where what it locks is installed"
        )
    if type(found) is int and "end" not in document:
        raise LockError(f"{source} is cut short: its end is missing; {fix}")
    refuse(source, mistakes_in(document), LockError, fix=fix)
    rows: Any = rows_of(document)
    refuse(source, _miscounted(rows, document["end"]["rows"]), LockError, fix=fix)
    return Lock(document["stream"], *rows)


def _miscounted(kinds: list[tuple[Row, ...]], counted: int) -> Iterator[str]:
    """Yield what tells that rows have been lost, or are there twice."""
    names = Counter(row.name for rows in kinds for row in rows)
    yield from (f"{name!r} is there {count} times" for name, count in names.items() if count > 1)
    if counted != names.total():
        yield f"its end counts {counted} rows, and it has {names.total()}"

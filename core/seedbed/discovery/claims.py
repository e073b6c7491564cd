"""Which metadata folders another package has brought with it, by what the RECORDs of all packages list.

A wheel may carry any files, the metadata of somebody else among them, and installers put them in place. No
installer leaves them out of the RECORD of the package that they came with.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from typing import Final

from seedbed.discovery.copies import Copy

_Place = tuple[int, int]
"""What a file is, whatever the spelling of its path: a device and a number on it."""

_METADATA: Final = "-info"
"""How the names of all metadata folders end."""


class Claims:
    """Who has brought which metadata folder; every RECORD is read when it is first asked.

    Parameters
    ----------
    copies
        All copies of all distributions on the path.
    """

    def __init__(self, copies: Iterable[Copy]) -> None:
        self._copies = list(copies)
        # By what is listed: the RECORD of another package, and the path as it has it.
        self._found: dict[_Place, tuple[str, str]] | None = None
        self._lost = ""

    def why_not(self, path: str) -> str:
        """Say why what lies in this metadata folder is not to be believed; nothing if it is.

        Where a RECORD itself has been brought by another package, nobody knows any more what its own package
        has brought, so nothing is believed.
        """
        place = _place(path) if os.path.isabs(path) else None
        listed = None if place is None else self._all().get(place)
        if listed is None:
            return self.lost_record
        record, listed_path = listed
        return f"{path} was brought by another package: {record} lists {listed_path}; uninstall that package"

    @property
    def lost_record(self) -> str:
        """What is said of a RECORD that has been brought by another package; nothing where there is none."""
        self._all()
        return self._lost

    def _all(self) -> dict[_Place, tuple[str, str]]:
        if self._found is None:
            self._found = {}
            folders = sorted({copy.path for copy in self._copies if os.path.isabs(copy.path)})
            archives = {os.path.basename(archive).casefold() for archive in map(_archive, folders) if archive}
            for folder in folders:
                self._read(folder, archives, self._found)
        return self._found

    def _read(self, folder: str, archives: set[str], found: dict[_Place, tuple[str, str]]) -> None:
        root, own = os.path.dirname(folder), _place(folder)
        record = os.path.join(folder, "RECORD")
        for path in _paths(record, archives):
            for part in _suspects(os.path.join(root, path), archives):
                place = _place(part)
                if place is None or place == own:
                    continue
                found.setdefault(place, (record, os.path.normpath(part)))
                is_record = os.path.basename(path).casefold() == "record"
                # A folder of vendored packages has RECORDs that nobody needs.
                within = os.path.realpath(os.path.dirname(part)).startswith(os.path.join(root, ""))
                if is_record and not within and not self._lost:
                    self._lost = (
                        f"{record} lists the RECORD of {os.path.normpath(part)}, so that nobody knows what "
                        "that package has brought; uninstall both"
                    )


def _paths(record: str, archives: set[str]) -> Iterator[str]:
    """Yield the paths that a RECORD lists and that have metadata or one of these archives in them."""
    try:
        if not os.path.isfile(record):  # to open a FIFO could mean to wait for ever
            return
        with open(record, encoding="utf-8", errors="surrogateescape", newline="") as file:
            text = file.read()
    except (OSError, ValueError):
        return
    wanted = re.compile("|".join(map(re.escape, (_METADATA, *sorted(archives)))), re.IGNORECASE)
    if '"' in text:
        yield from filter(wanted.search, _quoted(text))
        return
    for match in re.finditer(rf"^[^\n]*(?:{wanted.pattern})[^\n]*", text, re.IGNORECASE | re.MULTILINE):
        yield match[0].rsplit(",", 2)[0]


def _quoted(text: str) -> Iterator[str]:
    """Yield the first column of a table in which any path may be quoted, and even have line breaks."""
    import csv  # noqa: PLC0415 - for the few that need it
    import io  # noqa: PLC0415

    try:
        yield from (row[0] for row in csv.reader(io.StringIO(text, newline="")) if row)
    except csv.Error:  # a field is larger than that module reads
        yield from (line.rsplit(",", 2)[0] for line in text.splitlines())


def _suspects(path: str, archives: set[str]) -> Iterator[str]:
    """Yield the metadata folders and the archives around and at `path`."""
    parts = re.split(r"[/\\]" if os.sep == "\\" else "/", path)
    for end, part in enumerate(parts, 1):
        if part.casefold().endswith(_METADATA) or part.casefold() in archives:
            yield os.sep.join(parts[:end])


def _place(path: str) -> _Place | None:
    """Return what lies at a path; nothing if there is nothing."""
    try:
        status = os.stat(_archive(path) or path)
    except (OSError, ValueError):
        return None
    return status.st_dev, status.st_ino


def _archive(path: str) -> str:
    """Return the file that a path leads through, as one into a zip file does; nothing if there is none."""
    while not os.path.lexists(path) and path != (path := os.path.dirname(path)):
        if os.path.isfile(path):
            return path
    return ""

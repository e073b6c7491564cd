"""Which metadata folders another package has brought with it, by what the RECORDs of all packages list.

A wheel may carry any files, the metadata of somebody else among them, and installers put them in place. No
installer leaves them out of the RECORD of the package that they came with.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Final

from seedbed.discovery.record import rows_of
from seedbed.errors import PluginError
from seedbed.reading import read_small

_METADATA: Final = "-info"
"""How the names of all metadata folders end."""

_LIMIT: Final = 1 << 26
"""Bytes of a RECORD: ten times those of the largest package that we know."""

_LONGEST_PATH: Final = 1 << 12
"""Characters. No system opens a longer path."""


class Claims:
    """Who has brought which metadata folder, by the RECORDs in all of them.

    `lost_record` is what is said of a RECORD of which nobody knows what it lists; empty if there is none.
    """

    def __init__(self, paths: Iterable[str]) -> None:
        folders = sorted({path for path in paths if os.path.isabs(path)})
        self._archives = {os.path.basename(file).casefold() for file in map(_archive, folders) if file}
        # By what is listed, whatever its spelling: the RECORD of another package, and the path as it has it.
        self._found: dict[tuple[int, int], tuple[str, str]] = {}
        self.lost_record = ""
        self._place, self._real = cache(_place), cache(os.path.realpath)  # many files lie in one folder
        for folder in folders:
            record = os.path.join(folder, "RECORD")
            try:
                self._read(record, folder)
            except PluginError as error:
                self._lose(
                    f"{record} {error}, so that nobody knows what that package has brought; reinstall it"
                )

    def why_not(self, path: str) -> str:
        """Say why what lies in this metadata folder is not to be believed; nothing if it is.

        Where a RECORD itself has been brought by another package, nobody knows any more what its own package
        has brought, so nothing is believed.
        """
        place = self._place(_archive(path) or path) if os.path.isabs(path) else None
        if place not in self._found:
            return self.lost_record
        record, listed = self._found[place]
        return f"{path} was brought by another package: {record} lists {listed}; uninstall that package"

    def _read(self, record: str, folder: str) -> None:
        root, own = os.path.dirname(folder), self._place(folder)
        for path in self._spellings(root, record):
            for part in self._suspects(path):
                place, listed = self._place(part), os.path.normpath(part)
                if place is None:
                    break  # so that there is nothing in it either
                if place == own:
                    continue
                self._found.setdefault(place, (record, listed))
                if os.path.basename(path).casefold() == "record" and not self._is_within(part, root):
                    self._lose(
                        f"{record} lists the RECORD of {listed}, so that nobody knows what that package has "
                        "brought; uninstall both"
                    )

    def _is_within(self, part: str, root: str) -> bool:
        """Say whether this lies below `root`, as the metadata of vendored packages, which nobody needs."""
        folder: str = self._real(os.path.dirname(part))
        return folder.startswith(os.path.join(root, ""))

    def _lose(self, why: str) -> None:
        self.lost_record = self.lost_record or why

    def _spellings(self, root: str, record: str) -> Iterator[str]:
        """Yield the paths that a RECORD lists, those that could be of metadata, in one or two spellings.

        Installers leave ``nowhere/..`` out. The system does not: it may lead through a link, or nowhere.
        """
        for path in self._listed(record):
            place = os.path.join(root, path)
            if self._archives or _METADATA in place.casefold():
                for spelling in dict.fromkeys((os.path.normpath(place), place)):
                    if len(spelling) <= _LONGEST_PATH:
                        yield spelling

    def _listed(self, record: str) -> Iterator[str]:
        """Yield the paths that a RECORD lists, without some of those that have no metadata in them."""
        try:
            content = read_small(record, PluginError, limit=_LIMIT)
        except (FileNotFoundError, NotADirectoryError):
            return
        except OSError as error:  # as of a loop of links
            raise PluginError(f"cannot be read ({error.strerror or error})") from error
        text = content.decode(errors="surrogateescape")
        if '"' not in text and not self._archives:  # or to ask for each row would take most of the time
            text = "\n".join(line for line in text.split("\n") if _METADATA in line.casefold())
        yield from (path for path, _ in rows_of(text))

    def _suspects(self, path: str) -> Iterator[str]:
        """Yield the metadata folders and the archives around and at `path`, the outermost first."""
        parts = re.split(r"[/\\]" if os.sep == "\\" else "/", path)
        for end, part in enumerate(parts, 1):
            if part.casefold().endswith(_METADATA) or part.casefold() in self._archives:
                yield os.sep.join(parts[:end])


def _place(path: str) -> tuple[int, int] | None:
    """Return what lies at a path, as a device and a number on it; nothing if there is nothing."""
    try:
        status = os.stat(path)
    except (OSError, ValueError):
        return None
    return status.st_dev, status.st_ino


def _archive(path: str) -> str:
    """Return the file that a path leads through, as one into a zip file does; nothing if there is none."""
    while not os.path.lexists(path) and path != (path := os.path.dirname(path)):
        if os.path.isfile(path):
            return path
    return ""

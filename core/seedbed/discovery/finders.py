"""Distributions that are no folders: in zip files, and from finders of ``sys.meta_path``."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from seedbed.discovery import metadata
from seedbed.discovery.metadata import ENTRY_POINTS, LIMIT, Point, Points, read_points, unreadable
from seedbed.errors import PluginError, described, is_class, place_of, shown, text_of
from seedbed.foreign import Attempt
from seedbed.issue import Issue

if TYPE_CHECKING:
    from zipfile import ZipFile

    from importlib_metadata import IDistribution

_MOST_UNPACKED: Final = 1 << 26
"""Bytes of metadata in an archive: that of a thousand packages. A zip bomb has more."""


class ForeignCopy(NamedTuple):
    """One copy of a distribution, whose METADATA was read as it was found.

    If it lies in nothing on the path, `root` is empty, and `path` the name of its class.
    """

    provider: str
    version: str
    summary: str
    root: str
    path: str
    points: Callable[[], Points]
    """Returns its entry points. May raise anything."""

    matters: bool = True
    """That it may have entry points for us; only asking would tell."""

    def read(self) -> ForeignCopy:
        """Return it as it is."""
        return self


def found_in(archive: str, issues: list[Issue]) -> list[ForeignCopy]:
    """Return what is in a zip file; nothing if it is none, so that Python imports nothing from it."""
    if not os.path.isfile(archive):  # to open a FIFO could mean to wait for ever
        return []
    import zipfile  # noqa: PLC0415 - for who has one on the path

    try:
        opened = zipfile.ZipFile(archive)
    except Exception:  # noqa: BLE001 - of many kinds, for what is no zip file
        return []
    with opened:
        tops = list({name.partition("/")[0] for name in opened.namelist()})
        names = metadata.metadata_names(archive, tops)
        if (size := sum(_unpacked(opened, name) for name in names)) > _MOST_UNPACKED:
            what = f"unpacks to {size:,} bytes, and at most {_MOST_UNPACKED:,} of an archive are read"
            issues.append(Issue("broken", archive, "", "metadata", what))
            return []
        return [copy for name in names for copy in _archived(opened, name, archive, issues)]


def found_by(finder: object, entries: list[str], issues: list[Issue]) -> list[ForeignCopy]:
    """Return what `finder` finds on a path of these entries; if it raises, what it found before."""
    found: list[ForeignCopy] = []
    with Attempt() as attempt:
        find: Any = getattr(finder, "find_distributions", None)
        if find is not None:
            # Once imported, it puts a finder of its own in the place of Python's, for all of the process.
            from importlib_metadata import DistributionFinder  # noqa: PLC0415

            context: Any = DistributionFinder.Context
            for distribution in find(context(path=entries)):
                found += _given(distribution, issues)
    if attempt.error is not None:
        what = f"raised {described(attempt.error)}; what only this finder of sys.meta_path finds is lost"
        where = "find_distributions"
        issues.append(Issue("broken", _name_of(finder), "", where, what, cause=attempt.error))
    return found


def _archived(opened: ZipFile, folder: str, archive: str, issues: list[Issue]) -> list[ForeignCopy]:
    """Return a distribution with its points, since to open an archive again for each takes their square."""
    path = f"{archive}{os.sep}{folder}"
    points: Points = [], ""
    with Attempt() as reading:
        points = read_points((_member(opened, folder, ENTRY_POINTS) or b"").decode())
    with Attempt() as attempt:
        headers = metadata.headers_of(partial(_member, opened, folder))
        return [ForeignCopy(*headers, archive, path, partial(_as_read, points, reading.error))]
    issues += unreadable(path, "", "METADATA", attempt.error)
    return []


def _as_read(points: Points, error: BaseException | None) -> Points:
    if error is not None:
        raise error
    return points


def _unpacked(opened: ZipFile, folder: str) -> int:
    """Return how many bytes of an archive are read for one distribution."""
    paths = (folder, *(f"{folder}/{name}" for name in ("METADATA", "PKG-INFO", ENTRY_POINTS)))
    sizes = (opened.NameToInfo[path].file_size for path in paths if path in opened.NameToInfo)
    return sum(min(size, LIMIT) for size in sizes)


def _member(opened: ZipFile, folder: str, name: str) -> bytes | None:
    """Return a file, or the beginning of one that is not all read, as `headers_of` wants it."""
    info = opened.NameToInfo.get(f"{folder}/{name}" if name else folder)
    if info is None:
        return None
    if info.file_size > LIMIT and name == ENTRY_POINTS:
        raise PluginError(f"it has more than {LIMIT:,} bytes, the most that are read")
    with opened.open(info) as file:  # which gives no more than the size that it is said to have
        return file.read(LIMIT)


def _given(distribution: IDistribution, issues: list[Issue]) -> list[ForeignCopy]:
    root, path = _place(distribution)
    with Attempt() as attempt:
        fields = distribution.metadata
        given = fields["Name"], distribution.version, fields.get("Summary", "")
        headers = metadata.checked(*(value if (text := text_of(value)) is None else text for value in given))
        return [ForeignCopy(*headers, root, path, partial(_ask, distribution))]
    issues += unreadable(path, "", "METADATA", attempt.error)
    return []


def _ask(distribution: IDistribution) -> Points:
    """Ask it for its entry points, and its file for what else stands there."""
    _, stray = read_points(distribution.read_text(ENTRY_POINTS) or "")
    points = distribution.entry_points
    return [Point(_text(point.group), _text(point.name), _text(point.value)) for point in points], stray


def _place(distribution: IDistribution) -> tuple[str, str]:
    """Return root and path of a `ForeignCopy`, spelled as the folders of the path are."""
    with Attempt():  # the metadata may be good without it
        path = getattr(distribution, "_path", None)  # no public attribute tells
        if path is not None:
            folder, name = os.path.split(_text(str(path)))
            root = os.path.realpath(folder)
            return root, f"{root}{os.sep}{name}"
    return "", _name_of(distribution)


def _name_of(thing: object) -> str:
    return ".".join(place_of(thing if is_class(thing) else type(thing)))


def _text(value: object) -> str:
    """Return text as just that, since what finds distributions may be anybody's."""
    text = text_of(value)
    if text is None:
        raise PluginError(f"it gives {shown(value)} where text belongs")
    return text

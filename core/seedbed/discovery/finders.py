"""Distributions that are no plain folders: in zip files and eggs, and from finders of ``sys.meta_path``.

This is the one module that knows importlib_metadata. Importing that costs more than all else that a look-up
does, and so is left for where there is such a thing.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from seedbed.discovery.copies import Installed, unreadable
from seedbed.discovery.entry_points_file import Point, Points, read_points
from seedbed.discovery.headers import Headers, checked
from seedbed.errors import PluginError, described, is_class, place_of, shown, text_of
from seedbed.frozen import Frozen
from seedbed.issue import Issue

if TYPE_CHECKING:
    from importlib_metadata import IDistribution


class ForeignCopy(Frozen):
    """A distribution that its finder knows how to read; a `Copy`.

    Parameters
    ----------
    headers
        What its METADATA says.
    root, path
        The folder of the path that it lies in, and that of its metadata; if it lies in none, nothing, and the
        name of its class.
    distribution
        What reads it.
    """

    headers: Headers
    root: str
    path: str
    distribution: IDistribution

    @property
    def provider(self) -> str:
        """Its normalised name."""
        return self.headers.provider

    @property
    def version(self) -> str:
        """Its version."""
        return self.headers.version

    @property
    def matters(self) -> bool:
        """Whether it may have entry points for us; only reading them would tell."""
        return True

    def read(self) -> Installed:
        """Return what was read when it was found."""
        return Installed(*self.headers, self.path, self.read_points)

    def read_points(self) -> Points:
        """Ask it for its entry points, and its file for what else stands there. May raise anything."""
        stray = read_points(self.distribution.read_text("entry_points.txt") or "").stray
        points = tuple(
            Point(_text(point.group), _text(point.name), _text(point.value))
            for point in self.distribution.entry_points
        )
        return Points(points, stray)


def found_by(finder: object, entries: list[str], problems: list[Issue]) -> list[ForeignCopy]:
    """Return what `finder` finds on a path of these entries; if it raises, what it found before."""
    found: list[ForeignCopy] = []
    try:
        find: Any = getattr(finder, "find_distributions", None)
        for distribution in () if find is None else find(_context(entries)):
            found += _copy(distribution, problems)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001 - the finder's own failure, reported
        what = f"raised {described(error)}; what only this finder of sys.meta_path finds is lost"
        problems.append(Issue("broken", _name_of(finder), "", "find_distributions", what, cause=error))
    return found


def found_in(entry: str, problems: list[Issue]) -> list[ForeignCopy]:
    """Return what is in a zip file or an egg on the path."""
    from importlib_metadata import MetadataPathFinder  # noqa: PLC0415 - as said above

    return found_by(MetadataPathFinder, [entry], problems)


def _context(entries: list[str]) -> Any:
    from importlib_metadata import DistributionFinder  # noqa: PLC0415 - as said above

    return DistributionFinder.Context(path=entries)  # type: ignore[no-untyped-call]


def _copy(distribution: IDistribution, problems: list[Issue]) -> list[ForeignCopy]:
    root, path = _place(distribution)
    try:
        return [ForeignCopy(_headers(distribution), root, path, distribution)]
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001 - any failure is this package's own, and is reported
        problems.append(unreadable(path, "", "METADATA", error))
        return []


def _headers(distribution: IDistribution) -> Headers:
    metadata = distribution.metadata
    found = metadata["Name"], distribution.version, metadata.get("Summary", "")
    return checked(*(value if (text := text_of(value)) is None else text for value in found))


def _place(distribution: IDistribution) -> tuple[str, str]:
    """Return root and path of a `ForeignCopy`, spelled as the folders of the path are."""
    try:
        path = getattr(distribution, "_path", None)  # no public attribute tells
        if path is not None:
            folder, name = os.path.split(_text(str(path)))
            root = os.path.realpath(folder)
            return root, f"{root}{os.sep}{name}"
    except KeyboardInterrupt:
        raise
    except BaseException:  # noqa: BLE001 - the metadata may be good without it
        return "", _name_of(distribution)
    return "", _name_of(distribution)


def _name_of(thing: object) -> str:
    return ".".join(place_of(thing if is_class(thing) else type(thing)))


def _text(value: object) -> str:
    """Return text as just that, since what finds distributions may be anybody's."""
    text = text_of(value)
    if text is None:
        raise PluginError(f"it gives {shown(value)} where text belongs")
    return text

"""The distributions that are installed: one for each name, whatever lies about in the folders of the path."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, TypeVar

from seedbed.discovery.copies import Copy, Installed, unreadable
from seedbed.discovery.entry_points_file import Point
from seedbed.discovery.search import every_copy
from seedbed.frozen import Frozen
from seedbed.issue import Issue

if TYPE_CHECKING:
    from seedbed.discovery.claims import Claims

AnyCopy = TypeVar("AnyCopy", Copy, Installed)

INITIALIZERS: Final = "seedbed.initializers"
PLUGINS: Final = "seedbed.plugins"


class Contested(Frozen):
    """A name of a distribution that several metadata folders have and say different things of.

    Parameters
    ----------
    provider, versions
        The name, and the versions that the folders have.
    points
        The entry points for us that any of them has. None is used.
    problem
        What is said of it.
    """

    provider: str
    versions: tuple[str, ...]
    points: tuple[Point, ...]
    problem: Issue


class Verdict(Frozen):
    """Which copy of a distribution counts.

    Parameters
    ----------
    counting
        The copy, if any.
    problems
        What is wrong with the others.
    contested
        Why there is none, if they contradict each other.
    smuggled
        Why the copy that counts is not to be believed; empty if it is.
    """

    counting: Installed | None
    problems: list[Issue]
    contested: Contested | None = None
    smuggled: str = ""


class Installation(Frozen):
    """What is installed.

    Parameters
    ----------
    read
        The distributions that may have entry points for us, sorted by name.
    unread
        The copies of each other distribution. Nothing is known of them but their names.
    versions, folders
        The version of every distribution, and the folder of its metadata, by name.
    problems
        What is wrong with those that had to be read.
    copies
        Every copy of every distribution.
    contested
        The names that none of their copies has, since these contradict each other.
    smuggled
        Why nothing of a distribution is to be believed, by its name.
    """

    read: list[Installed]
    unread: list[list[Copy]]
    versions: dict[str, str]
    folders: dict[str, str]
    problems: list[Issue]
    copies: list[Copy]
    contested: list[Contested]
    smuggled: dict[str, str]


def installed(*, guarded: bool) -> Installation:
    """Look at every distribution on the path, and read those that may have entry points for us.

    Parameters
    ----------
    guarded
        Whether to find out which of these were brought by another package; it means to read every RECORD.
    """
    found = Installation([], [], {}, {}, [], [], [], {})
    copies: dict[str, list[Copy]] = {}
    wanted = set()
    found.copies.extend(every_copy(found.problems))
    claims = _claims(found.copies) if guarded else None
    for copy in found.copies:
        copies.setdefault(copy.provider, []).append(copy)
        if copy.matters:
            wanted.add(copy.provider)
    for provider in sorted(wanted):
        _read(copies.pop(provider), found, claims)
    for provider, group in copies.items():
        first = group[0] if len(group) == 1 else _first(group)
        found.versions[provider], found.folders[provider] = first.version, first.path
        found.unread.append(group)
    return found


def judged(copies: Sequence[Copy], claims: Claims | None = None) -> Verdict:
    """Read the copies of one distribution, and say which of them counts.

    Of two copies in two folders of the path the first counts, since that is where Python imports from, and
    none does where it cannot be read: what the second says would not be true of the modules of the first.
    Of two in one folder that say the same of us the newest counts; of two that do not, neither.
    """
    together, problems = _readable(copies)
    if contested := _contested(together):
        return Verdict(None, [*problems, contested.problem], contested)
    if not together:
        return Verdict(None, problems)
    why_not = {copy.path: claims.why_not(copy.path) if claims else "" for copy in together}
    believed = [copy for copy in together if not why_not[copy.path]]
    counting, *leftovers = _newest_first(believed or together)
    problems += [_left_over(other, counting) for other in leftovers]
    return Verdict(counting, problems, smuggled=why_not[counting.path])


def points_for_us(copy: Installed) -> tuple[Point, ...]:
    """Return the entry points of our groups, sorted. May raise anything."""
    points = copy.read_points().points
    return tuple(sorted({point for point in points if point.group in (INITIALIZERS, PLUGINS)}))


def _claims(copies: Sequence[Copy]) -> Claims:
    from seedbed.discovery.claims import Claims  # noqa: PLC0415 - for who has a policy

    return Claims(copies)


def _read(copies: Sequence[Copy], found: Installation, claims: Claims | None) -> None:
    verdict = judged(copies, claims)
    found.problems.extend(verdict.problems)
    if verdict.contested is not None:
        found.contested.append(verdict.contested)
    if (counting := verdict.counting) is not None:
        found.read.append(counting)
        found.versions[counting.provider] = counting.version
        found.folders[counting.provider] = counting.path
        if verdict.smuggled:
            found.smuggled[counting.provider] = verdict.smuggled


def _readable(copies: Sequence[Copy]) -> tuple[list[Installed], list[Issue]]:
    """Return the copies in the first folder that has any, and what is wrong with those that are broken."""
    problems = []
    readable: dict[str, list[Installed]] = {}
    for copy in copies:
        together = readable.setdefault(copy.root, [])
        try:
            together.append(copy.read())
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001 - any failure is this package's own, and is reported
            problems.append(unreadable(copy.path, "", "METADATA", error))
    return next(iter(readable.values()), []), problems


def _contested(together: Sequence[Installed]) -> Contested | None:
    """Say whether copies in one folder say different things of us, so that nobody knows which is true.

    Neither the newest nor the first is: who brings a folder of this name chooses its version and spelling.
    """
    if len(together) < 2:
        return None
    said = sorted(((copy.path, _said(copy)) for copy in together), key=lambda pair: pair[0])
    if all(points == said[0][1] for _, points in said):
        return None
    what = (
        f"{' and '.join(path for path, _ in said)} stand beside each other and say different things of what "
        "it has for Seedbed, so none is used; where another package's RECORD lists one, uninstall that "
        "package, else reinstall this one"
    )
    provider = together[0].provider
    return Contested(
        provider,
        tuple(sorted({copy.version for copy in together})),
        tuple(sorted({point for _, points in said for point in points or ()})),
        Issue("contested", provider, "", "metadata folders", what),
    )


def _said(copy: Installed) -> tuple[Point, ...] | None:
    """Return the entry points for us; ``None`` where they cannot be read, which is said another time."""
    try:
        return points_for_us(copy)
    except KeyboardInterrupt:
        raise
    except BaseException:  # noqa: BLE001 - as said above
        return None


def _first(copies: Sequence[Copy]) -> Copy:
    """Return the copy that counts, as far as can be said without reading them."""
    return _newest_first([copy for copy in copies if copy.root == copies[0].root])[0]


def _newest_first(copies: Sequence[AnyCopy]) -> list[AnyCopy]:
    """Sort by version, and where that is the same by path, never as the file system happens to list them."""
    if len(copies) == 1:
        return list(copies)
    from seedbed.discovery.versions import version_key  # noqa: PLC0415 - where one lies about, which is rare

    by_path = sorted(copies, key=lambda copy: copy.path)
    # A reversed sort keeps ties in order.
    return sorted(by_path, key=lambda copy: version_key(copy.version), reverse=True)


def _left_over(other: Installed, newest: Installed) -> Issue:
    name = os.path.basename(newest.path)
    what = f"left over beside {name}, which is used; delete it, or reinstall the package"
    return Issue("broken", other.provider, other.version, other.path, what)

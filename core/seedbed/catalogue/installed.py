"""The distributions that are installed: one for each name, whatever lies about in the folders of the path."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TypeVar

from seedbed.catalogue.copies import Copy, Installed
from seedbed.catalogue.problems import Problem, unreadable
from seedbed.catalogue.search import every_copy
from seedbed.frozen import Frozen

AnyCopy = TypeVar("AnyCopy", Copy, Installed)


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
    """

    read: list[Installed]
    unread: list[list[Copy]]
    versions: dict[str, str]
    folders: dict[str, str]
    problems: list[Problem]


def installed() -> Installation:
    """Look at every distribution on the path, and read those that may have entry points for us."""
    found = Installation([], [], {}, {}, [])
    copies: dict[str, list[Copy]] = {}
    wanted = set()
    for copy in every_copy(found.problems):
        copies.setdefault(copy.provider, []).append(copy)
        if copy.matters:
            wanted.add(copy.provider)
    for provider in sorted(wanted):
        _read(copies.pop(provider), found)
    for provider, group in copies.items():
        first = group[0] if len(group) == 1 else _first(group)
        found.versions[provider], found.folders[provider] = first.version, first.path
        found.unread.append(group)
    return found


def the_one_that_counts(copies: Sequence[Copy]) -> tuple[Installed | None, list[Problem]]:
    """Read the copies of one distribution; return that which is used, and what is wrong with the others.

    Of two copies in two folders of the path the first counts, since that is where Python imports from, and
    none does where it cannot be read: what the second says would not be true of the modules of the first.
    Of two in one folder the newest that can be read counts.
    """
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
    first = next(iter(readable.values()), [])
    if not first:
        return None, problems
    newest, *leftovers = _newest_first(first)
    return newest, [*problems, *(_left_over(other, newest) for other in leftovers)]


def _read(copies: Sequence[Copy], found: Installation) -> None:
    counting, problems = the_one_that_counts(copies)
    found.problems.extend(problems)
    if counting is not None:
        found.read.append(counting)
        found.versions[counting.provider] = counting.version
        found.folders[counting.provider] = counting.path


def _first(copies: Sequence[Copy]) -> Copy:
    """Return the copy that counts, as far as can be said without reading them."""
    return _newest_first([copy for copy in copies if copy.root == copies[0].root])[0]


def _newest_first(copies: Sequence[AnyCopy]) -> list[AnyCopy]:
    """Sort by version, and where that is the same by path, never as the file system happens to list them."""
    if len(copies) == 1:
        return list(copies)
    from seedbed.catalogue.versions import version_key  # noqa: PLC0415 - where one lies about, which is rare

    by_path = sorted(copies, key=lambda copy: copy.path)
    # A reversed sort keeps ties in order.
    return sorted(by_path, key=lambda copy: version_key(copy.version), reverse=True)


def _left_over(other: Installed, newest: Installed) -> Problem:
    name = os.path.basename(newest.path)
    what = f"left over beside {name}, which is used; delete it, or reinstall the package"
    return Problem(other.provider, other.version, other.path, what)

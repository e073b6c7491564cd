"""The distributions that are installed: one for each name, whatever lies about in the folders of the path."""

from __future__ import annotations

import os
import sys
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from seedbed.catalogue.packaging_rules import is_name, normalise
from seedbed.catalogue.problems import Problem
from seedbed.catalogue.versions import VersionKey, version_key
from seedbed.errors import described, shown

if TYPE_CHECKING:
    from importlib_metadata import IDistribution


@dataclass(frozen=True, slots=True)
class Installed:
    """The metadata of one distribution.

    Parameters
    ----------
    provider
        Its normalised name.
    version, key
        Its version, and what versions sort by.
    path
        The folder that the metadata lies in; the name of the distribution's class where there is no folder.
    distribution
        What reads it.
    """

    provider: str
    version: str
    key: VersionKey
    path: str
    distribution: IDistribution

    @property
    def root(self) -> str:
        """The folder of the path that it was found in."""
        return os.path.dirname(self.path)  # noqa: PTH120 - `Path` would make of no folder the current one


def installed() -> tuple[list[Installed], list[Problem]]:
    """Return the distributions that count, sorted by name, and what is wrong with the others.

    Of two copies in two folders of the path the first counts, since that is where Python imports from. Of two
    in one folder the newest counts.
    """
    problems: list[Problem] = []
    copies: dict[str, dict[str, list[Installed]]] = defaultdict(lambda: defaultdict(list))
    seen = set()
    for distribution in _every_distribution(problems):
        folder = _folder(distribution)
        if folder and folder in seen:  # on the path twice, or read by two finders
            continue
        seen.add(folder)
        path = folder or _name_of(distribution)
        if PurePath(path).name.startswith("~"):  # how pip renames what it is about to replace or remove
            what = "left over by an interrupted installation, and not used; delete this folder"
            problems.append(Problem(path, "", "metadata folder", what))
            continue
        try:
            found = _read(distribution, path)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001 - any failure is this package's own, and is reported
            what = f"cannot be read ({described(error)}); reinstall or uninstall this package"
            problems.append(Problem(path, "", "METADATA", what, error))
        else:
            copies[found.provider][found.root].append(found)
    counting = []
    for _, roots in sorted(copies.items()):
        newest, *leftovers = _newest_first(next(iter(roots.values())))
        counting.append(newest)
        problems += [_leftover(other, newest) for other in leftovers]
    return counting, problems


def _every_distribution(problems: list[Problem]) -> list[IDistribution]:
    """Return what each finder finds, in the order of the search; one that raises loses only its own."""
    # Costs more than everything else that `import seedbed` does. It replaces Python's own finder by its own.
    import importlib_metadata  # noqa: PLC0415

    # Python ignores what is no string, and so must those who read the path.
    folders = [folder for folder in sys.path if isinstance(folder, str)]
    context = importlib_metadata.DistributionFinder.Context(path=folders)  # type: ignore[no-untyped-call]
    found: list[IDistribution] = []
    for finder in list(sys.meta_path):
        try:
            find: Any = getattr(finder, "find_distributions", None)
            for distribution in find(context) if find is not None else ():
                found.append(distribution)  # noqa: PERF402 - one by one, to keep those before it raises
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001 - the finder's own failure, reported
            what = f"raised {described(error)}; what only this finder of sys.meta_path finds is lost"
            problems.append(Problem(_name_of(finder), "", "find_distributions", what, error))
    return found


def _read(distribution: IDistribution, path: str) -> Installed:
    name, version = distribution.metadata["Name"], distribution.version
    if not isinstance(name, str) or not is_name(name):
        raise ValueError(f"its Name is {shown(name)}, which no distribution can have")
    if not isinstance(version, str) or len(version.split()) != 1:
        raise ValueError(f"its Version is {shown(version)}, which no distribution can have")
    return Installed(normalise(name), version.strip(), version_key(version), path, distribution)


def _newest_first(copies: Iterable[Installed]) -> list[Installed]:
    """Sort by version, and where that is the same by path, never as the file system happens to list them."""
    by_path = sorted(copies, key=lambda copy: copy.path)
    return sorted(by_path, key=lambda copy: copy.key, reverse=True)  # a reversed sort keeps ties in order


def _leftover(other: Installed, newest: Installed) -> Problem:
    what = (
        f"left over beside {PurePath(newest.path).name}, which is used; delete it, or reinstall the package"
    )
    return Problem(other.provider, other.version, other.path, what)


def _folder(distribution: IDistribution) -> str:
    """Return where the metadata lies, in one spelling; nothing where a finder has it from elsewhere."""
    try:
        path = getattr(distribution, "_path", None)  # no public attribute tells
        return "" if path is None else os.path.realpath(str(path))
    except KeyboardInterrupt:
        raise
    except BaseException:  # noqa: BLE001 - the metadata may be good without it
        return ""


def _name_of(thing: object) -> str:
    kind = thing if isinstance(thing, type) else type(thing)
    return f"{kind.__module__}.{kind.__qualname__}"

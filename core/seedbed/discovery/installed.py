"""`Installed`, what is installed and what it declares for Seedbed: one copy of each distribution counts.

A package whose metadata is broken becomes an `Issue`, and nobody else's look-up notices. Nothing is imported.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.machinery import PathFinder
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from seedbed.discovery.finders import ForeignCopy, found_by, found_in
from seedbed.discovery.metadata import ENTRY_POINTS, MetadataFolder, Point, metadata_folders, unreadable
from seedbed.discovery.packaging_rules import reference, version_key
from seedbed.discovery.providers import CORE
from seedbed.entry import Entry
from seedbed.errors import EntryError
from seedbed.foreign import Attempt
from seedbed.issue import Issue

if TYPE_CHECKING:
    from seedbed.discovery.claims import Claims

INITIALIZERS: Final = "seedbed.initializers"
PLUGINS: Final = "seedbed.plugins"
RECIPES: Final = "seedbed.recipes"
_GROUPS: Final = {INITIALIZERS: "entry", RECIPES: "entry", PLUGINS: "plugin"}
"""What each of our groups of entry points names: an `Entry`, or the module of a plugin."""

_HAS: Final = {
    INITIALIZERS: "classes, 'module:Class'",
    RECIPES: "files of packages, 'package:file.toml'",
}

Copy: TypeAlias = MetadataFolder | ForeignCopy
"""One copy of a distribution, known by little but its name; `read` tells the rest, and may raise anything."""


class PluginSource(NamedTuple):
    """A plugin that is installed and not yet imported."""

    provider: str
    version: str
    name: str
    module: str


class LostNames(NamedTuple):
    """The names of a provider of whom several metadata folders say different things: all that any has."""

    provider: str
    versions: tuple[str, ...]
    names: frozenset[str]
    problem: Issue


@dataclass(slots=True, eq=False)
class Installed:
    """What a scan found.

    Parameters
    ----------
    entries, plugins
        What is installed for us, in the order of their names.
    problems
        What is wrong with the distributions that were read.
    versions, folders, summaries
        Of distributions, by name: the version, where the metadata lies, and a line on it if it has entries.
    lost
        The names of which nobody knows whose they are, since metadata folders contradict each other.
    smuggled
        Why nothing of a distribution is to be believed, by its name; only where that was asked for.
    copies
        Every copy of each distribution, by its name.
    """

    entries: list[Entry] = field(default_factory=list)
    plugins: list[PluginSource] = field(default_factory=list)
    problems: list[Issue] = field(default_factory=list)
    versions: dict[str, str] = field(default_factory=dict)
    folders: dict[str, str] = field(default_factory=dict)
    summaries: dict[str, str] = field(default_factory=dict)
    lost: list[LostNames] = field(default_factory=list)
    smuggled: dict[str, str] = field(default_factory=dict)
    copies: dict[str, list[Copy]] = field(default_factory=dict)


def discover(*, guarded: bool = False, only: Container[str] | None = None) -> Installed:
    """Look at every distribution on the path, and read those that may have entry points for us.

    Parameters
    ----------
    guarded
        Whether to find out which of these were brought by another package; it means to read every RECORD.
    only
        Those that are read at most; ``None`` for all.
    """
    found = Installed()
    wanted = set()
    for copy in _every_copy(found.problems):
        found.copies.setdefault(copy.provider, []).append(copy)
        if copy.matters and (only is None or copy.provider in only):
            wanted.add(copy.provider)
    for provider, copies in found.copies.items():
        if provider not in wanted:  # so that nothing is known of it but the names of its folders
            first = copies[0]
            if len(copies) > 1:
                first = _newest_first([copy for copy in copies if copy.root == first.root])[0]
            found.versions[provider], found.folders[provider] = first.version, first.path
    claims = _claims(found.copies) if guarded and wanted else None
    for provider in sorted(wanted):
        _read(found, found.copies[provider], claims)
    found.entries.sort(key=lambda entry: entry.full_name)
    found.plugins.sort(key=lambda plugin: (plugin.provider, plugin.name, plugin.module))
    found.problems.sort(key=str)
    return found


def examine(found: Installed) -> tuple[Issue, ...]:
    """Read the distributions that have nothing for us, and every RECORD; return what is wrong with them.

    It takes long where many packages are installed. No look-up needs it.
    """
    rest = Installed()
    for copies in found.copies.values():
        if not any(copy.matters for copy in copies):
            # What has been uninstalled since the scan is no problem.
            _read(rest, [copy for copy in copies if os.path.lexists(copy.path)], None)
    return (*rest.problems, *_smuggled(found.copies))


def _every_copy(problems: list[Issue]) -> list[Copy]:
    """Return every copy of a distribution, each once, in the order in which Python searches for them."""
    # Python ignores what is no string, and so must those who read the path.
    entries = [entry for entry in sys.path if isinstance(entry, str)]
    copies: list[Copy] = []
    is_searched = False
    for finder in list(sys.meta_path):
        if not _searches_the_path(finder):
            copies += found_by(finder, entries, problems)
        elif not is_searched:
            is_searched = True
            for root in dict.fromkeys(map(_real, entries)):
                folders = metadata_folders(root)
                copies += found_in(root, problems) if folders is None else folders
    kept: dict[object, Copy] = {}
    for copy in copies:
        if copy.path.startswith("~", len(copy.root) + 1):  # renamed by pip, which was about to replace it
            what = "left over by an interrupted installation, and not used; delete this folder"
            problems.append(Issue("broken", copy.path, "", "metadata folder", what))
        else:  # two finders may find one folder
            kept.setdefault(copy.path if copy.root else id(copy), copy)
    return list(kept.values())


def _searches_the_path(finder: object) -> bool:
    """Say whether this is Python's finder, or that by which importlib_metadata replaces it once imported."""
    library = sys.modules.get("importlib_metadata")
    return finder is PathFinder or type(finder) is getattr(library, "MetadataPathFinder", None)


def _real(entry: str) -> str:
    """Return the one spelling of a folder; `entry` where that cannot be told."""
    try:
        return os.path.realpath(entry)
    except (OSError, ValueError):  # the working directory is gone; there is a null character
        return entry


def _read(found: Installed, copies: Sequence[Copy], claims: Claims | None) -> None:
    """Add what one distribution has for us, and what is wrong with its copies."""
    copy = _counting(found, copies, claims)
    if copy is None:
        return
    provider, version = copy.provider, copy.version
    found.versions[provider], found.folders[provider] = version, copy.path
    where, stray = f"{copy.path}/{ENTRY_POINTS}", ""
    points: list[Point] = []
    with Attempt() as attempt:
        points, stray = copy.points()
        points = _ours(points)
    found.problems += unreadable(provider, version, where, attempt.error, verb="parsed")
    if stray:
        found.problems.append(Issue("broken", provider, version, where, stray))
    if points and copy.summary:
        found.summaries[provider] = copy.summary
    for point in points:
        _add(found, copy, point)


def _counting(found: Installed, copies: Sequence[Copy], claims: Claims | None) -> Copy | None:
    """Read the copies of one distribution, and return the one that counts, if any.

    Of two copies in two folders of the path the first counts, since that is where Python imports from, and
    none does where it cannot be read: what the second says would not be true of the modules of the first.
    Of two in one folder that say the same of us the newest counts; of two that do not, neither.
    """
    together = _readable(copies, found.problems)
    if not together or _contradict(together, found):
        return None
    why_not = {copy.path: claims.why_not(copy.path) if claims else "" for copy in together}
    believed = [copy for copy in together if not why_not[copy.path]]
    counting, *leftovers = _newest_first(believed or together) if len(together) > 1 else together
    name = os.path.basename(counting.path)
    for other in leftovers:
        what = f"left over beside {name}, which is used; delete it, or reinstall the package"
        found.problems.append(Issue("broken", other.provider, other.version, other.path, what))
    if why_not[counting.path]:
        found.smuggled[counting.provider] = why_not[counting.path]
    return counting


def _readable(copies: Sequence[Copy], problems: list[Issue]) -> list[Copy]:
    """Return the copies in the first folder that has any, without those that cannot be read."""
    readable: dict[str, list[Copy]] = {}
    for copy in copies:
        together = readable.setdefault(copy.root, [])
        with Attempt() as attempt:
            together.append(copy.read())
        problems += unreadable(copy.path, "", "METADATA", attempt.error)
    return next(iter(readable.values()), [])


def _contradict(together: Sequence[Copy], found: Installed) -> bool:
    """Say whether copies in one folder say different things of us, so that nobody knows which is true.

    Neither the newest nor the first is: who brings a folder of this name chooses its version and spelling.
    """
    if len(together) < 2:
        return False
    said = [_said(copy) for copy in together]
    if all(points == said[0] for points in said):
        return False
    provider, paths = together[0].provider, sorted(copy.path for copy in together)
    if len(paths) > 10:
        paths[10:] = [f"{len(paths) - 10:,} more"]
    what = (
        f"{' and '.join(paths)} stand beside each other and say different things "
        "of what it has for Seedbed, so none is used; where another package's RECORD lists one, uninstall "
        "that package, else reinstall this one"
    )
    problem = Issue("contested", provider, "", "metadata folders", what)
    found.problems.append(problem)
    if provider != CORE:  # whose names nobody else has
        versions = tuple(sorted({copy.version for copy in together}))
        names = frozenset(name for points in said for point in points or () for name in _names(point))
        found.lost.append(LostNames(provider, versions, names, problem))
    return True


def _said(copy: Copy) -> list[Point] | None:
    """Return the entry points for us; ``None`` where they cannot be read."""
    with Attempt():
        return _ours(copy.points()[0])
    return None


def _ours(points: Sequence[Point]) -> list[Point]:
    return sorted({point for point in points if point.group in _GROUPS})


def _names(point: Point) -> tuple[str, ...]:
    """Return the names of an entry that is not used."""
    if _GROUPS[point.group] != "entry":
        return ()
    try:
        return Entry(point.name, reference(point.value)).names
    except EntryError:  # which nobody can ask for
        return (point.name,)


def _newest_first(copies: Sequence[Copy]) -> list[Copy]:
    """Sort by version, and where that is the same by path, never as the file system happens to list them."""
    by_path = sorted(copies, key=lambda copy: copy.path)
    return sorted(by_path, key=lambda copy: version_key(copy.version), reverse=True)  # which keeps ties


def _add(found: Installed, copy: Copy, point: Point) -> None:
    where = f"entry point {point.name} = {point.value}"
    if copy.provider == CORE:
        # Named by its folder, since it would else seem to be of what has the name by right.
        what = f"not used: the name {CORE!r} of this distribution is reserved; rename or uninstall it"
        found.problems.append(Issue("broken", copy.path, copy.version, where, what, (point.name,)))
    elif _GROUPS[point.group] == "plugin":
        found.plugins.append(PluginSource(copy.provider, copy.version, point.name, reference(point.value)))
    else:
        provider, version = copy.provider, copy.version
        try:
            found.entries.append(_entry(point, provider, version))
        except EntryError as error:
            found.problems.append(Issue("broken", provider, version, where, str(error), (point.name,), error))


def _entry(point: Point, provider: str, version: str) -> Entry:
    found = Entry(point.name, reference(point.value), provider=provider, version=version)
    if found.is_recipe != (point.group == RECIPES):
        raise EntryError(f"the group {point.group} is for {_HAS[point.group]}, got {point.value!r}")
    return found


def _claims(copies: Mapping[str, Sequence[Copy]]) -> Claims:
    from seedbed.discovery.claims import Claims  # noqa: PLC0415 - for who has a policy, or asks what is wrong

    return Claims(copy.path for group in copies.values() for copy in group)


def _smuggled(copies: Mapping[str, Sequence[Copy]]) -> Iterator[Issue]:
    """Yield an issue for each copy with anything for us that another package has brought."""
    claims, where = _claims(copies), "metadata that another package has brought"
    for copy in (copy for group in copies.values() for copy in group if copy.matters):
        why_not = claims.why_not(copy.path)
        if why_not != claims.lost_record and _said(copy):
            yield Issue("smuggled", copy.provider, copy.version, where, why_not)
    if claims.lost_record:
        yield Issue("smuggled", "RECORD", "", where, claims.lost_record)

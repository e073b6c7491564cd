"""Installed packages to entries and plugin modules, one distribution at a time.

A package whose metadata is broken becomes an `Issue`, and nobody else's look-up notices.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from typing import Final

from seedbed.discovery.copies import Copy, Installed, unreadable
from seedbed.discovery.entry_points_file import Point
from seedbed.discovery.installed import INITIALIZERS, PLUGINS, Contested, installed, judged, points_for_us
from seedbed.discovery.packaging_rules import reference
from seedbed.entry import Entry
from seedbed.errors import EntryError
from seedbed.frozen import Frozen
from seedbed.issue import Issue

_SMUGGLED: Final = "metadata that another package has brought"


class PluginSource(Frozen):
    """A plugin that is installed and not yet imported."""

    provider: str
    version: str
    name: str
    module: str


class LostNames(Frozen):
    """The names of a provider of whom several metadata folders say different things.

    Parameters
    ----------
    provider, versions
        The provider, and the versions that the folders have.
    names
        Every bare name of an entry that any of them has.
    problem
        What is said of it.
    """

    provider: str
    versions: tuple[str, ...]
    names: frozenset[str]
    problem: Issue


class Found(Frozen):
    """What a scan found.

    Parameters
    ----------
    entries, plugins
        What is installed for us, in the order of their names.
    problems
        What is wrong with the distributions that were read.
    versions, folders, summaries
        Of distributions, by name: the version, where the metadata lies, and a line on it if it has entries.
    unread
        The distributions that were not read, since they have no entry points for us; `examine` reads them.
    copies
        Every copy of every distribution.
    lost
        The names of which nobody knows whose they are, since metadata folders contradict each other.
    smuggled
        Why nothing of a distribution is to be believed, by its name; only where that was asked for.
    """

    entries: list[Entry]
    plugins: list[PluginSource]
    problems: list[Issue]
    versions: dict[str, str]
    folders: dict[str, str]
    summaries: dict[str, str]
    unread: list[list[Copy]]
    copies: list[Copy]
    lost: list[LostNames]
    smuggled: dict[str, str]


def discover(*, reserved: str, guarded: bool = False) -> Found:
    """Read the metadata of the installed distributions that have entry points for us; import none of them.

    Parameters
    ----------
    reserved
        The provider whose entries do not come from metadata, so that nobody who takes its name adds any.
    guarded
        Whether to find out which distributions were brought by another one; it means to read every RECORD.
    """
    installation = installed(guarded=guarded)
    found = Found(
        entries=[],
        plugins=[],
        problems=installation.problems,
        versions=installation.versions,
        folders=installation.folders,
        summaries={},
        unread=installation.unread,
        copies=installation.copies,
        lost=[_lost_names(each) for each in installation.contested if each.provider != reserved],
        smuggled=installation.smuggled,
    )
    for distribution in installation.read:
        ours = _points(distribution, found.problems)
        if ours and distribution.summary:
            found.summaries[distribution.provider] = distribution.summary
        for point in ours:
            _add(found, distribution, point, reserved)
    found.entries.sort(key=lambda entry: entry.full_name)
    found.plugins.sort(key=lambda plugin: (plugin.provider, plugin.name, plugin.module))
    found.problems.sort(key=str)
    return found


def examine(unread: Sequence[Sequence[Copy]], copies: Sequence[Copy] = ()) -> tuple[Issue, ...]:
    """Read the distributions that `discover` left unread, and every RECORD; return what is wrong with them.

    It takes long where many packages are installed. No look-up needs it.

    Parameters
    ----------
    unread, copies
        What `discover` has left, and all that it has seen.
    """
    problems: list[Issue] = []
    for group in unread:
        # What has been uninstalled since the scan is no problem.
        verdict = judged([copy for copy in group if os.path.lexists(copy.path)])
        problems += verdict.problems
        if verdict.counting is not None:
            _points(verdict.counting, problems)
    return (*problems, *_smuggled(copies))


def _smuggled(copies: Sequence[Copy]) -> Iterator[Issue]:
    """Yield a problem for each copy with anything for us that another package has brought."""
    from seedbed.discovery.claims import Claims  # noqa: PLC0415 - no look-up needs it but under a policy

    claims = Claims(copies)
    for copy in copies:
        why_not = claims.why_not(copy.path) if copy.matters else ""
        if why_not and why_not != claims.lost_record and _has_points(copy):
            yield Issue("smuggled", copy.provider, copy.version, _SMUGGLED, why_not)
    if claims.lost_record:
        yield Issue("smuggled", "RECORD", "", _SMUGGLED, claims.lost_record)


def _has_points(copy: Copy) -> bool:
    try:
        return bool(points_for_us(copy.read()))
    except KeyboardInterrupt:
        raise
    except BaseException:  # noqa: BLE001 - of which there is another problem
        return False


def _points(distribution: Installed, problems: list[Issue]) -> list[Point]:
    """Return the entry points of our groups, and add to `problems` what is wrong with all."""
    provider, version = distribution.provider, distribution.version
    where = f"{distribution.path}/entry_points.txt"
    try:
        found = distribution.read_points()
        ours = sorted({point for point in found.points if point.group in (INITIALIZERS, PLUGINS)})
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001 - any failure is this package's own, and is reported
        problems.append(unreadable(provider, version, where, error, verb="parsed"))
        return []
    if found.stray:
        problems.append(Issue("broken", provider, version, where, found.stray))
    return ours


def _add(found: Found, distribution: Installed, point: Point, reserved: str) -> None:
    provider, version = distribution.provider, distribution.version
    if provider == reserved:
        found.problems.append(_impostor(distribution, point))
    elif point.group == PLUGINS:
        found.plugins.append(PluginSource(provider, version, point.name, reference(point.value)))
    else:
        _add_entry(found, distribution, point)


def _lost_names(contested: Contested) -> LostNames:
    names: set[str] = set()
    for point in contested.points:
        if point.group == INITIALIZERS:
            try:
                names.update(Entry(point.name, reference(point.value)).names)
            except EntryError:  # which nobody can ask for
                names.add(point.name)
    return LostNames(contested.provider, contested.versions, frozenset(names), contested.problem)


def _add_entry(found: Found, distribution: Installed, point: Point) -> None:
    provider, version = distribution.provider, distribution.version
    try:
        entry = Entry(point.name, reference(point.value)).provided_by(provider, version)
    except EntryError as error:
        where = _where(point)
        found.problems.append(Issue("broken", provider, version, where, str(error), (point.name,), error))
    else:
        found.entries.append(entry)


def _impostor(distribution: Installed, point: Point) -> Issue:
    """Name the folder: under the reserved name the problem would seem to be of what has it by right."""
    name = distribution.provider
    what = f"not used: the name {name!r} of this distribution is reserved; rename or uninstall it"
    return Issue("broken", distribution.path, distribution.version, _where(point), what, (point.name,))


def _where(point: Point) -> str:
    return f"entry point {point.name} = {point.value}"

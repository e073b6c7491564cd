"""Installed packages to entries and plugin modules, one distribution at a time.

A package whose metadata is broken becomes a `Problem`, and nobody else's look-up notices.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Final

from seedbed.catalogue.copies import Copy, Installed
from seedbed.catalogue.entry_points_file import Point
from seedbed.catalogue.installed import installed, the_one_that_counts
from seedbed.catalogue.packaging_rules import reference
from seedbed.catalogue.problems import Problem, unreadable
from seedbed.entry import Entry
from seedbed.errors import EntryError
from seedbed.frozen import Frozen

INITIALIZERS: Final = "seedbed.initializers"
PLUGINS: Final = "seedbed.plugins"


class PluginSource(Frozen):
    """A plugin that is installed and not yet imported."""

    provider: str
    version: str
    name: str
    module: str


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
    """

    entries: list[Entry]
    plugins: list[PluginSource]
    problems: list[Problem]
    versions: dict[str, str]
    folders: dict[str, str]
    summaries: dict[str, str]
    unread: list[list[Copy]]


def discover(*, reserved: str) -> Found:
    """Read the metadata of the installed distributions that have entry points for us; import none of them.

    Parameters
    ----------
    reserved
        The provider whose entries do not come from metadata, so that nobody who takes its name adds any.
    """
    installation = installed()
    found = Found(
        entries=[],
        plugins=[],
        problems=installation.problems,
        versions=installation.versions,
        folders=installation.folders,
        summaries={},
        unread=installation.unread,
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


def examine(unread: Sequence[Sequence[Copy]]) -> tuple[Problem, ...]:
    """Read the distributions that `discover` left unread, and return what is wrong with them.

    It takes long where many packages are installed. No look-up needs it.
    """
    problems: list[Problem] = []
    for copies in unread:
        # What has been uninstalled since the scan is no problem.
        counting, wrong = the_one_that_counts([copy for copy in copies if os.path.lexists(copy.path)])
        problems += wrong
        if counting is not None:
            _points(counting, problems)
    return tuple(problems)


def _points(distribution: Installed, problems: list[Problem]) -> list[Point]:
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
        problems.append(Problem(provider, version, where, found.stray))
    return ours


def _add(found: Found, distribution: Installed, point: Point, reserved: str) -> None:
    provider, version = distribution.provider, distribution.version
    if provider == reserved:
        found.problems.append(_impostor(distribution, point))
    elif point.group == PLUGINS:
        found.plugins.append(PluginSource(provider, version, point.name, reference(point.value)))
    else:
        _add_entry(found, distribution, point)


def _add_entry(found: Found, distribution: Installed, point: Point) -> None:
    provider, version = distribution.provider, distribution.version
    try:
        entry = Entry(point.name, reference(point.value)).provided_by(provider, version)
    except EntryError as error:
        found.problems.append(Problem(provider, version, _where(point), str(error), error, name=point.name))
    else:
        found.entries.append(entry)


def _impostor(distribution: Installed, point: Point) -> Problem:
    """Name the folder: under the reserved name the problem would seem to be of what has it by right."""
    name = distribution.provider
    what = f"not used: the name {name!r} of this distribution is reserved; rename or uninstall it"
    return Problem(distribution.path, distribution.version, _where(point), what, name=point.name)


def _where(point: Point) -> str:
    return f"entry point {point.name} = {point.value}"

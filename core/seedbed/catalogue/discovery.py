"""Installed packages to entries and plugin modules, one distribution at a time.

A package whose metadata is broken becomes a `Problem`, and nobody else's look-up notices.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from seedbed.catalogue.installed import Installed, installed
from seedbed.catalogue.packaging_rules import reference
from seedbed.catalogue.problems import Problem
from seedbed.entry import Entry
from seedbed.errors import EntryError, described, shown

INITIALIZERS: Final = "seedbed.initializers"
PLUGINS: Final = "seedbed.plugins"


@dataclass(frozen=True, slots=True)
class PluginSource:
    """A plugin that is installed and not yet imported."""

    provider: str
    version: str
    name: str
    module: str


@dataclass(slots=True)
class Found:
    """What a scan found."""

    entries: list[Entry] = field(default_factory=list)
    plugins: list[PluginSource] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    versions: dict[str, str] = field(default_factory=dict)
    folders: dict[str, str] = field(default_factory=dict)
    """Where the metadata of each distribution lies, by its name."""
    summaries: dict[str, str] = field(default_factory=dict)


def discover(*, reserved: str) -> Found:
    """Read the metadata of every installed distribution; import none of them.

    Parameters
    ----------
    reserved
        The provider whose entries do not come from metadata, so that nobody who takes its name adds any.
    """
    distributions, problems = installed()
    found = Found(problems=problems)
    for distribution in distributions:
        _read(distribution, found, reserved)
    found.entries.sort(key=lambda entry: entry.full_name)
    found.plugins.sort(key=lambda plugin: (plugin.provider, plugin.name, plugin.module))
    found.problems.sort(key=str)
    return found


def _read(distribution: Installed, found: Found, reserved: str) -> None:
    provider, version = distribution.provider, distribution.version
    found.versions[provider], found.folders[provider] = version, distribution.path
    where = f"{distribution.path}/entry_points.txt"
    try:
        stray = _stray_line(distribution.distribution.read_text("entry_points.txt") or "")
        points = [(point.group, point.name, point.value) for point in distribution.distribution.entry_points]
        ours = sorted({point for point in points if point[0] in (INITIALIZERS, PLUGINS)})
        summary = distribution.distribution.metadata.get("Summary", "") if ours else ""
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001 - any failure is this package's own, and is reported
        what = f"cannot be parsed ({described(error)}); reinstall or uninstall this package"
        found.problems.append(Problem(provider, version, where, what, error))
        return
    if stray:
        found.problems.append(Problem(provider, version, where, stray))
    if isinstance(summary, str) and summary:
        found.summaries[provider] = summary
    for group, point, value in ours:
        if provider == reserved:
            found.problems.append(_impostor(distribution, point, value, reserved))
        elif group == PLUGINS:
            found.plugins.append(PluginSource(provider, version, point, reference(value)))
        else:
            _add_entry(found, distribution, point, value)


def _add_entry(found: Found, distribution: Installed, point: str, value: str) -> None:
    provider, version = distribution.provider, distribution.version
    try:
        found.entries.append(Entry(point, reference(value)).provided_by(provider, version))
    except EntryError as error:
        where = f"entry point {point} = {value}"
        found.problems.append(Problem(provider, version, where, str(error), error, name=point))


def _impostor(distribution: Installed, point: str, value: str, reserved: str) -> Problem:
    """Name the folder: under the reserved name the problem would seem to be of what has it by right."""
    what = f"not used: the name {reserved!r} of this distribution is reserved; rename or uninstall it"
    return Problem(
        distribution.path, distribution.version, f"entry point {point} = {value}", what, name=point
    )


def _stray_line(text: str) -> str:
    """Say what stands in front of the first section, where readers of entry points skip it in silence."""
    for line in map(str.strip, text.splitlines()):
        if line.startswith("\ufeff"):
            return "begins with a byte-order mark, so its first section is not read; save it without"
        if line.startswith("[") and line.endswith("]"):
            break
        if line and not line.startswith("#"):
            return f"has the line {shown(line)} before its first [section], which is not read"
    return ""

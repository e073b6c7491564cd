"""Installed packages to entries and plugin modules, one distribution at a time.

A package whose metadata is broken becomes a `Problem`, and nobody else's look-up notices.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from seedbed.catalogue.problems import Problem
from seedbed.entry import Entry
from seedbed.errors import EntryError

if TYPE_CHECKING:
    from importlib_metadata import IDistribution

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
    summaries: dict[str, str] = field(default_factory=dict)


def normalise(distribution: str) -> str:
    """Return a distribution's name in its normal form: ``acme-inits`` for ``Acme_Inits``."""
    return re.sub(r"[-_.]+", "-", distribution).lower()


def discover() -> Found:
    """Read the metadata of every installed distribution; import none of them."""
    import importlib_metadata  # noqa: PLC0415 - costs more than everything else that `import seedbed` does

    found = Found()
    for distribution in importlib_metadata.distributions():
        _read(distribution, found)
    found.entries.sort(key=lambda entry: entry.full_name)
    found.plugins.sort(key=lambda plugin: (plugin.provider, plugin.name, plugin.module))
    found.problems.sort(key=str)
    return found


def _read(distribution: IDistribution, found: Found) -> None:
    path = str(getattr(distribution, "_path", "unknown place"))
    try:
        name, version = distribution.metadata["Name"], distribution.version
        if not isinstance(name, str) or not isinstance(version, str):
            raise ValueError("METADATA has no name or no version")  # noqa: TRY301, TRY004 - joins the others
    except Exception as error:  # noqa: BLE001 - any failure is this package's own, and is reported
        found.problems.append(Problem(path, "", "METADATA", _fix(error, "cannot be read"), error))
        return
    provider = normalise(name)
    if provider in found.versions:
        return  # shadowed by the same distribution earlier on the path, as its modules are
    found.versions[provider] = version
    try:
        points = [(point.group, point.name, point.value) for point in distribution.entry_points]
    except Exception as error:  # noqa: BLE001 - as above
        where = f"{path}/entry_points.txt"
        found.problems.append(Problem(provider, version, where, _fix(error, "cannot be parsed"), error))
        return
    if any(group in (INITIALIZERS, PLUGINS) for group, _, _ in points):
        found.summaries[provider] = distribution.metadata.get("Summary", "")
    for group, point, value in sorted(set(points)):
        if group == PLUGINS:
            found.plugins.append(PluginSource(provider, version, point, value.strip()))
        elif group == INITIALIZERS:
            found.problems.extend(_add_entry(found, provider, version, point, value.strip()))


def _add_entry(found: Found, provider: str, version: str, point: str, value: str) -> Iterator[Problem]:
    try:
        found.entries.append(Entry(point, value).provided_by(provider, version))
    except EntryError as error:
        yield Problem(provider, version, f"entry point {point} = {value}", str(error), error, name=point)


def _fix(error: Exception, what: str) -> str:
    return f"{what} ({type(error).__name__}: {error}); reinstall or uninstall this package"

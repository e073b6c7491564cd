"""A scan: core's plugin and all that is installed, put together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from seedbed.__about__ import __version__
from seedbed.catalogue.discovery import PluginSource, discover
from seedbed.catalogue.plugins import Plugins
from seedbed.catalogue.problems import Problem
from seedbed.catalogue.snapshot import CORE
from seedbed.entry import Entry
from seedbed.standard import plugin as standard

_CORE: Final = PluginSource(CORE, __version__, "standard", standard.__name__)


@dataclass(frozen=True, slots=True)
class Scan:
    """What was found, and the plugins to tell of what is loaded from it."""

    plugins: Plugins
    entries: tuple[Entry, ...]
    problems: tuple[Problem, ...]
    versions: Mapping[str, str]
    summaries: Mapping[str, str]


def scan_core() -> Scan:
    """Ask core's own plugin, through the hook that everybody uses; read nothing from disk."""
    plugins = Plugins()
    entries, problems = plugins.add(_CORE, standard)
    return Scan(plugins, tuple(entries), tuple(problems), {CORE: __version__}, {})


def scan_installed() -> Scan:
    """Read the metadata of all that is installed, and import the modules of its plugins."""
    core, found = scan_core(), discover()
    entries, problems = [*core.entries, *found.entries], [*core.problems, *found.problems]
    for source in found.plugins:
        more, wrong = core.plugins.add(source)
        entries += more
        problems += wrong
    return Scan(
        core.plugins, tuple(entries), tuple(problems), {**found.versions, **core.versions}, found.summaries
    )

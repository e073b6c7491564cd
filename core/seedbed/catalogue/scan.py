"""A scan: core's plugin and all that is installed, put together."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

from seedbed.__about__ import __version__
from seedbed.catalogue.discovery import PluginSource, discover
from seedbed.catalogue.plugins import Plugins
from seedbed.catalogue.policy import OPEN, Blocked, Policy
from seedbed.catalogue.problems import Problem
from seedbed.catalogue.providers import CORE
from seedbed.entry import Entry
from seedbed.errors import PluginError
from seedbed.standard import plugin as standard

_CORE: Final = PluginSource(CORE, __version__, "standard", standard.__name__)

# Of the thread and not of a catalogue: a plugin's module asks the process-wide one, whichever imports it.
_HERE: Final = threading.local()


@dataclass(frozen=True, slots=True)
class Scan:
    """What was found, and the plugins to tell of what is loaded from it."""

    plugins: Plugins
    entries: tuple[Entry, ...]
    problems: tuple[Problem, ...]
    versions: Mapping[str, str]
    summaries: Mapping[str, str]
    policy: Policy = OPEN
    blocked: tuple[Blocked, ...] = ()
    folders: Mapping[str, str] = field(default_factory=dict)


def scan_core(policy: Policy = OPEN) -> Scan:
    """Ask core's own plugin, through the hook that everybody uses; read nothing from disk."""
    plugins = Plugins()
    entries, problems = plugins.add(_CORE, standard)
    return Scan(plugins, tuple(entries), tuple(problems), {CORE: __version__}, {}, policy)


def scan_installed(policy: Policy = OPEN) -> Scan:
    """Read the metadata of all that is installed, and import the modules of the plugins that are allowed."""
    blocked = []
    with _scanning():
        core, found = scan_core(), discover(reserved=CORE)
        entries, problems = [*core.entries, *found.entries], [*core.problems, *found.problems]
        for source in found.plugins:
            if line := policy.bars(source.provider, source.version):
                what = f"plugin {source.name} = {source.module}"
                blocked.append(Blocked(source.provider, source.version, (), what, line))
                continue
            more, wrong = core.plugins.add(source)
            entries += more
            problems += wrong
    return Scan(
        core.plugins,
        tuple(entries),
        tuple(problems),
        {**found.versions, **core.versions},
        found.summaries,
        policy,
        tuple(blocked),
        found.folders,
    )


def within_a_scan() -> bool:
    """Say whether this thread is importing plugins for a scan."""
    return getattr(_HERE, "scanning", False)


def refuse_within_a_scan(asked: str) -> None:
    """Refuse to look up what is `asked` for in the midst of a scan by the same thread.

    The scan would start another one, which would find the module that asks half imported. An older scan is no
    answer either: whether there is one depends on what the program did before.

    Raises
    ------
    PluginError
        If a plugin asks while it is imported, or in its hook `seedbed_initializers`.
    """
    if within_a_scan():
        raise PluginError(
            f"looked up {asked} while the catalogue was importing plugins; do it in a function instead, one "
            "that is called later (names of core's may be looked up at any time)"
        )


@contextmanager
def _scanning() -> Iterator[None]:
    _HERE.scanning = True
    try:
        yield
    finally:
        _HERE.scanning = False

"""`Scan`, what was found: core's plugin and all that is installed, put together."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from functools import cache, partial
from threading import get_ident
from typing import TYPE_CHECKING, Final

from seedbed.__about__ import __version__
from seedbed.catalogue.chosen_engine import choose_engine
from seedbed.catalogue.plugins import Plugin, import_plugin
from seedbed.discovery.providers import CORE
from seedbed.entry import Entry
from seedbed.errors import PluginError, PolicyError, described
from seedbed.governance.policy import OPEN, Policy, blocked, is_trial, read_alone
from seedbed.issue import Issue
from seedbed.rows import Withheld

if TYPE_CHECKING:
    from seedbed.discovery.installed import Installed, LostNames
    from seedbed.governance import Lock
    from seedbed.governance.bars import Bars
    from seedbed.governance.finder import Finder
    from seedbed.governance.locked import Locked

# Of threads and not of a catalogue: a plugin's module asks the process-wide one, whichever imports it.
_SCANNING: Final[set[int]] = set()
"""The threads that are importing plugins for a scan; changed by single operations, which are atomic."""

if hasattr(os, "register_at_fork"):
    # A process that was forked has one thread, and gives the others' numbers to new ones.
    os.register_at_fork(after_in_child=lambda: _SCANNING.intersection_update({get_ident()}))


@dataclass(slots=True, eq=False, repr=False)
class Scan:
    """What a scan found.

    `plugins` are core's and those that were, or could not be, imported; `blocked`, those that the policy kept
    from it. `rows` are all of theirs and of metadata. Some are `barred`: a line of the policy, by the row's
    `id`. `locked` is what the policy's lock says, if there is one; `guard` says, for the lock, from where
    modules are imported. `lost` are names of which nobody knows whose they are, since metadata folders
    contradict each other. The first call of `examine` reads the packages that have nothing for us, and says
    what is wrong with them. If it is not `is_complete`, there is more to be scanned.
    """

    policy: Policy
    plugins: tuple[Plugin, ...]
    rows: list[Entry | Withheld]
    problems: list[Issue]
    versions: Mapping[str, str]
    blocked: list[Issue] = field(default_factory=list)
    barred: Mapping[int, str] = field(default_factory=dict)
    locked: Locked | None = None
    guard: Finder | None = None
    folders: Mapping[str, str] = field(default_factory=dict)
    summaries: Mapping[str, str] = field(default_factory=dict)
    lost: list[LostNames] = field(default_factory=list)
    is_complete: bool = True
    examine: Callable[[], tuple[Issue, ...]] = tuple


def scan_core(policy: Policy, *, is_complete: bool) -> Scan:
    """Ask core's own plugin, through the hook that everybody uses; read nothing from disk."""
    core = _core()
    return Scan(
        policy, (core,), list(core.rows), list(core.problems), {CORE: __version__}, is_complete=is_complete
    )


def scan_installed(policy: Policy, *, owner: object = None) -> Scan:
    """Read the metadata of all that is installed, and import the modules of the plugins that are allowed.

    `owner` is who has the scan: a later one of the same takes its place.
    """
    from seedbed.discovery.installed import discover  # noqa: PLC0415 - core's names need no scan

    plugins, barred_plugins = [_core()], []
    with ExitStack() as undo:
        with _scanning():
            found = discover(guarded=policy != OPEN, only=read_alone())
            locked = _locked(policy, found)
            bars = _bars(policy, found, locked)
            # Before the first plugin is imported, which may import any other.
            guard = None if bars is None else _guard(policy, found, locked, bars, owner)
            if guard is not None:
                undo.callback(guard.hold().release)  # if anything is raised
                guard.refuse_others()
            for source in found.plugins:
                if bars is not None and (line := bars(source)):
                    where = f"plugin {source.name} = {source.module}"
                    barred_plugins.append(blocked(source.provider, source.version, where, line))
                else:
                    plugins.append(import_plugin(source.provider, source.version, source.name, source.module))
            rows = [*found.entries, *(row for plugin in plugins for row in plugin.rows)]
            barred = {} if bars is None else {id(row): line for row in rows if (line := bars(row))}
        choose_engine({plugin.provider: engine for plugin in plugins for engine in plugin.engines})
        undo.pop_all()
    return Scan(
        policy,
        tuple(plugins),
        rows,
        [*found.problems, *(problem for plugin in plugins for problem in plugin.problems)],
        {**found.versions, CORE: __version__},
        barred_plugins,
        barred,
        locked,
        guard,
        found.folders,
        found.summaries,
        found.lost,
        examine=cache(partial(_examined, policy, found)),
    )


@cache
def _core() -> Plugin:
    return import_plugin(CORE, __version__, "standard", "seedbed.standard.plugin")


def may_be_of_core(name: str) -> bool:
    """Say whether `name` is one of core's, or a full name, which only a state can read."""
    return ":" in name or ">" in name or name in _names_of_core()


@cache
def _names_of_core() -> frozenset[str]:
    return frozenset(name for row in _core().rows for name in row.names)


def _examined(policy: Policy, found: Installed) -> tuple[Issue, ...]:
    from seedbed.discovery.installed import examine  # noqa: PLC0415 - no look-up needs it
    from seedbed.governance.owners import Owners, overwritten  # noqa: PLC0415

    names = {*_serving(policy, found), CORE}
    damaged = overwritten(names, found.folders, Owners.among(found.copies, of_data=True))
    return (*examine(found), *damaged)


def _allowed(policy: Policy, found: Installed) -> list[str]:
    """Return the packages whose modules are held to their files: those that serve, and others it names."""
    named = {rule.distribution for rule in policy.allow or () if rule.distribution in found.versions}
    others = (name for name in named if not policy.bars(name, found.versions[name]))
    return sorted({*_serving(policy, found), *others})


def _serving(policy: Policy, found: Installed) -> list[str]:
    """Return the packages that have entries or plugins, and that the policy lets serve them."""
    names = {row.provider for rows in (found.entries, found.plugins) for row in rows}
    return sorted(name for name in names if not policy.bars(name, found.versions[name]))


def _bars(policy: Policy, found: Installed, locked: Locked | None) -> Bars | None:
    if policy == OPEN:
        return None
    from seedbed.governance.bars import Bars  # noqa: PLC0415 - for who has a policy
    from seedbed.governance.owners import Owners  # noqa: PLC0415 - as above

    of_files = replace(policy, only=None) if is_trial() else policy
    return Bars(policy, of_files, locked, found.folders, Owners.among(found.copies), found.smuggled)


def _locked(policy: Policy, found: Installed) -> Locked | None:
    if policy.mode != "locked":
        return None
    from seedbed.governance.locked import Locked  # noqa: PLC0415 - for who has a lock

    return Locked(read_lock(policy), found.folders, found.versions)


def _guard(policy: Policy, found: Installed, locked: Locked | None, bars: Bars, owner: object) -> Finder:
    if locked is None:
        return bars.watch(_allowed(policy, found))
    from seedbed.governance.guard import Guard  # noqa: PLC0415 - for who has a lock

    return Guard(locked.held(), str(policy.lock), owner=owner)


def read_lock(policy: Policy) -> Lock:
    """Return the lock that a policy names; if there is no such file, that is a `PolicyError`."""
    from seedbed.governance import Lock  # noqa: PLC0415 - for who has a lock

    try:
        return Lock.read(policy.lock)
    except OSError as error:
        raise PolicyError(
            f"{policy.source} names the lock {policy.lock}, which cannot be read: {described(error)}; write "
            "it with `seedbed lock`"
        ) from error


def within_a_scan() -> bool:
    """Say whether this thread is importing plugins for a scan."""
    return get_ident() in _SCANNING


def refuse_within_a_scan(asked: str) -> None:
    """Raise a `PluginError` if this thread is importing plugins for a scan.

    Another scan would find the module that asks half imported. An older scan is no answer either: whether
    there is one depends on what the program did before.
    """
    if within_a_scan():
        raise PluginError(
            f"looked up {asked} while the catalogue was importing plugins; do it in a function instead, one "
            "that is called later (names of core's may be looked up at any time)"
        )


@contextmanager
def _scanning() -> Iterator[None]:
    thread = get_ident()
    _SCANNING.add(thread)
    try:
        yield
    finally:
        _SCANNING.discard(thread)

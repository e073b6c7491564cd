"""`Scan`, what was found: core's plugin and all that is installed, put together."""

from __future__ import annotations

from _thread import get_ident  # `threading` takes longer to import than to read a hundred packages
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache, partial
from typing import TYPE_CHECKING, Final

from seedbed.__about__ import __version__
from seedbed.catalogue.plugins import Plugin, import_plugin
from seedbed.discovery.providers import CORE
from seedbed.entry import Entry
from seedbed.errors import PluginError, PolicyError, described
from seedbed.governance.policy import OPEN, Policy, blocked
from seedbed.issue import Issue
from seedbed.rows import Withheld

if TYPE_CHECKING:
    from seedbed.discovery.scan import Found, LostNames
    from seedbed.governance import Lock
    from seedbed.governance.bars import Bars
    from seedbed.governance.locked import Locked

# Of threads and not of a catalogue: a plugin's module asks the process-wide one, whichever imports it.
_SCANNING: Final[set[int]] = set()
"""The threads that are importing plugins for a scan; changed by single operations, which are atomic."""


@dataclass(slots=True, eq=False)
class Scan:
    """What a scan found.

    Parameters
    ----------
    policy
        Which packages may serve which names.
    plugins
        Those that were imported, core's first, and those that could not be.
    rows
        All entries, tombstones and homonyms, barred ones too.
    problems, blocked
        What is wrong; the plugins that the policy keeps from being imported.
    barred
        Why a row is not served whose name the policy allows, by its `id`.
    locked
        What the lock has, if there is one, each with the names that are to mean nothing else.
    versions, folders, summaries
        Of distributions, by name: the version, where the metadata lies, and a line on it if it has entries.
    lost
        The names of which nobody knows whose they are, since metadata folders contradict each other.
    is_complete
        Whether there is nothing left to be scanned.
    examine
        Reads the packages that have nothing for us, at its first call, and says what is wrong with them.
    """

    policy: Policy
    plugins: tuple[Plugin, ...]
    rows: list[Entry | Withheld]
    problems: list[Issue]
    versions: Mapping[str, str]
    blocked: list[Issue] = field(default_factory=list)
    barred: Mapping[int, str] = field(default_factory=dict)
    locked: list[Issue] | None = None
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


def scan_installed(policy: Policy) -> Scan:
    """Read the metadata of all that is installed, and import the modules of the plugins that are allowed."""
    from seedbed.discovery.scan import discover  # noqa: PLC0415 - core's names need no scan

    plugins, barred_plugins = [_core()], []
    with _scanning():
        found = discover(reserved=CORE, guarded=policy != OPEN)
        bars = _bars(policy, found)
        for source in found.plugins:
            if line := bars(source) if bars else "":
                where = f"plugin {source.name} = {source.module}"
                barred_plugins.append(blocked(source.provider, source.version, where, line))
            else:
                plugins.append(import_plugin(source.provider, source.version, source.name, source.module))
        rows = [*found.entries, *(row for plugin in plugins for row in plugin.rows)]
        barred = {id(row): line for row in rows if (line := bars(row))} if bars else {}
    return Scan(
        policy,
        tuple(plugins),
        rows,
        [*found.problems, *(problem for plugin in plugins for problem in plugin.problems)],
        {**found.versions, CORE: __version__},
        barred_plugins,
        barred,
        bars.locked_rows() if bars else None,
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


def _examined(policy: Policy, found: Found) -> tuple[Issue, ...]:
    from seedbed.discovery.scan import examine  # noqa: PLC0415 - no look-up needs it
    from seedbed.governance.owners import Owners, overwritten  # noqa: PLC0415 - as above

    names = {entry.provider for entry in found.entries} | {plugin.provider for plugin in found.plugins}
    allowed = [name for name in names if not policy.bars(name, found.versions[name])]
    damaged = overwritten(allowed, found.folders, Owners.among(found.copies))
    return (*examine(found.unread, found.copies), *damaged)


def _bars(policy: Policy, found: Found) -> Bars | None:
    if policy == OPEN:
        return None
    from seedbed.governance.bars import Bars  # noqa: PLC0415 - for who has a policy
    from seedbed.governance.owners import Owners  # noqa: PLC0415 - as above

    owners = Owners.among(found.copies)
    return Bars(policy, _locked(policy, found), found.folders, owners, found.smuggled)


def _locked(policy: Policy, found: Found) -> Locked | None:
    if policy.mode != "locked":
        return None
    from seedbed.governance.guard import hold  # noqa: PLC0415 - for who has a lock
    from seedbed.governance.locked import Locked  # noqa: PLC0415

    locked = Locked(read_lock(policy), found.folders)
    # Before the first plugin is imported, which may import any other.
    hold(policy.lock, locked.held(found.versions))
    return locked


def read_lock(policy: Policy) -> Lock:
    """Return the lock that a policy names.

    Raises
    ------
    PolicyError
        If there is no such file.
    LockError
        If it is malformed.
    """
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
    thread = get_ident()
    _SCANNING.add(thread)
    try:
        yield
    finally:
        _SCANNING.discard(thread)

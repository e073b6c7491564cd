"""A scan: core's plugin and all that is installed, put together."""

from __future__ import annotations

from _thread import get_ident  # `threading` takes longer to import than to read a hundred packages
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache, partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from seedbed.__about__ import __version__
from seedbed.catalogue.plugins import Plugins
from seedbed.discovery.providers import CORE
from seedbed.discovery.scan import Found, LostNames, PluginSource, discover, examine
from seedbed.entry import Entry
from seedbed.errors import PluginError, PolicyError, described
from seedbed.frozen import Frozen
from seedbed.governance.policy import OPEN, Policy, blocked
from seedbed.issue import Issue
from seedbed.standard import plugin as standard

if TYPE_CHECKING:
    from seedbed.governance import Lock
    from seedbed.governance.locked import Locked

_CORE: Final = PluginSource(CORE, __version__, "standard", standard.__name__)

# Of threads and not of a catalogue: a plugin's module asks the process-wide one, whichever imports it.
_SCANNING: Final[set[int]] = set()
"""The threads that are importing plugins for a scan; changed by single operations, which are atomic."""


class Scan(Frozen):
    """What was found, and the plugins to tell of what is loaded from it.

    Of the entries some are `barred`, each by a line; what is `blocked` was not asked for its entries. The
    first call of `examine` reads the packages that have nothing for us, and says what is wrong with them.
    """

    plugins: Plugins
    entries: tuple[Entry, ...]
    problems: tuple[Issue, ...]
    versions: Mapping[str, str]
    summaries: Mapping[str, str]
    policy: Policy = OPEN
    blocked: tuple[Issue, ...] = ()
    barred: Mapping[Entry, str] = MappingProxyType({})
    folders: Mapping[str, str] = MappingProxyType({})
    lost: tuple[LostNames, ...] = ()
    examine: Callable[[], tuple[Issue, ...]] = tuple


def scan_core(policy: Policy = OPEN) -> Scan:
    """Ask core's own plugin, through the hook that everybody uses; read nothing from disk."""
    plugins, entries, problems = _core()
    return Scan(plugins.copy(), entries, problems, {CORE: __version__}, {}, policy)


@cache
def _core() -> tuple[Plugins, tuple[Entry, ...], tuple[Issue, ...]]:
    plugins = Plugins()
    entries, problems = plugins.add(_CORE, standard)
    return plugins, tuple(entries), tuple(problems)


def may_be_of_core(name: str) -> bool:
    """Say whether `name` is one of core's, or a full name, which only a snapshot can read."""
    return ":" in name or ">" in name or name in _names_of_core()


@cache
def _names_of_core() -> frozenset[str]:
    plugins, entries, _ = _core()
    return frozenset(name for row in (*entries, *plugins.withheld) for name in row.names)


def scan_installed(policy: Policy = OPEN) -> Scan:
    """Read the metadata of all that is installed, and import the modules of the plugins that are allowed."""
    barred_plugins = []
    with _scanning():
        core, found = scan_core(), discover(reserved=CORE, guarded=policy != OPEN)
        bars = _bars(policy, found)
        entries, problems = found.entries, [*core.problems, *found.problems]
        for source in found.plugins:
            if line := bars(source):
                what = f"plugin {source.name} = {source.module}"
                barred_plugins.append(blocked(source.provider, source.version, what, line))
                continue
            more, wrong = core.plugins.add(source)
            entries += more
            problems += wrong
        barred = {entry: line for entry in entries if (line := bars(entry))}
    return Scan(
        core.plugins,
        (*core.entries, *entries),
        tuple(problems),
        {**found.versions, **core.versions},
        found.summaries,
        policy,
        tuple(barred_plugins),
        barred,
        found.folders,
        tuple(found.lost),
        cache(partial(_examined, policy, found)),
    )


def _examined(policy: Policy, found: Found) -> tuple[Issue, ...]:
    from seedbed.governance.owners import Owners, overwritten  # noqa: PLC0415 - no look-up needs it

    names = {entry.provider for entry in found.entries} | {plugin.provider for plugin in found.plugins}
    allowed = [name for name in names if not policy.bars(name, found.versions[name])]
    damaged = overwritten(allowed, found.folders, Owners.among(found.copies))
    return (*examine(found.unread, found.copies), *damaged)


def _bars(policy: Policy, found: Found) -> Callable[[PluginSource | Entry], str]:
    if policy == OPEN:
        return _bars_nothing
    from seedbed.governance.bars import Bars  # noqa: PLC0415 - for who has a policy
    from seedbed.governance.owners import Owners  # noqa: PLC0415 - as above

    owners = Owners.among(found.copies)
    return Bars(policy, _locked(policy, found), found.folders, owners, found.smuggled)


def _bars_nothing(_: PluginSource | Entry) -> str:
    return ""


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

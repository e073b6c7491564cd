"""A scan: core's plugin and all that is installed, put together."""

from __future__ import annotations

from _thread import get_ident  # `threading` takes longer to import than to read a hundred packages
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache, partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from seedbed.__about__ import __version__
from seedbed.catalogue.discovery import PluginSource, discover, examine
from seedbed.catalogue.plugins import Plugins
from seedbed.catalogue.policy import OPEN, Blocked, Policy
from seedbed.catalogue.problems import Problem
from seedbed.catalogue.providers import CORE
from seedbed.entry import Entry
from seedbed.errors import PluginError, PolicyError, described
from seedbed.frozen import Frozen
from seedbed.standard import plugin as standard

if TYPE_CHECKING:
    from seedbed.catalogue.locked import Locked
    from seedbed.lockfile import Lock

_CORE: Final = PluginSource(CORE, __version__, "standard", standard.__name__)

# Of threads and not of a catalogue: a plugin's module asks the process-wide one, whichever imports it.
_SCANNING: Final[set[int]] = set()
"""The threads that are importing plugins for a scan; changed by single operations, which are atomic."""


class Scan(Frozen):
    """What was found, and the plugins to tell of what is loaded from it.

    The first call of `examine` reads the packages that have nothing for us, and says what is wrong with them.
    """

    plugins: Plugins
    entries: tuple[Entry, ...]
    problems: tuple[Problem, ...]
    versions: Mapping[str, str]
    summaries: Mapping[str, str]
    policy: Policy = OPEN
    blocked: tuple[Blocked, ...] = ()
    folders: Mapping[str, str] = MappingProxyType({})
    examine: Callable[[], tuple[Problem, ...]] = tuple


def scan_core(policy: Policy = OPEN) -> Scan:
    """Ask core's own plugin, through the hook that everybody uses; read nothing from disk."""
    plugins, entries, problems = _core()
    return Scan(plugins.copy(), entries, problems, {CORE: __version__}, {}, policy)


@cache
def _core() -> tuple[Plugins, tuple[Entry, ...], tuple[Problem, ...]]:
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
    blocked = []
    with _scanning():
        core, found = scan_core(), discover(reserved=CORE)
        locked = _locked(policy, found.folders)
        entries, problems = found.entries, [*core.problems, *found.problems]
        for source in found.plugins:
            line = policy.bars(source.provider, source.version)
            if not line and locked:
                module = source.module.partition(":")[0]
                line = _by_lock(policy, locked.bars_module(source.provider, source.version, module))
            if not line and policy != OPEN:
                line = _by_another(source, found.folders)
            if line:
                what = f"plugin {source.name} = {source.module}"
                blocked.append(Blocked(source.provider, source.version, (), what, line))
                continue
            more, wrong = core.plugins.add(source)
            entries += more
            problems += wrong
        if locked:
            entries, unlocked = _divided(entries, policy, locked)
            blocked += unlocked
    return Scan(
        core.plugins,
        (*core.entries, *entries),
        tuple(problems),
        {**found.versions, **core.versions},
        found.summaries,
        policy,
        tuple(blocked),
        found.folders,
        cache(partial(examine, found.unread)),
    )


def _locked(policy: Policy, folders: Mapping[str, str]) -> Locked | None:
    if policy.mode != "locked":
        return None
    from seedbed.catalogue.locked import Locked  # noqa: PLC0415 - for who has a lock

    return Locked(read_lock(policy), folders)


def read_lock(policy: Policy) -> Lock:
    """Return the lock that a policy names.

    Raises
    ------
    PolicyError
        If there is no such file.
    LockError
        If it is malformed.
    """
    from seedbed.lockfile import Lock  # noqa: PLC0415 - for who has a lock

    try:
        return Lock.read(policy.lock)
    except OSError as error:
        raise PolicyError(
            f"{policy.source} names the lock {policy.lock}, which cannot be read: {described(error)}; write "
            "it with `seedbed lock`"
        ) from error


def _by_another(source: PluginSource, folders: Mapping[str, str]) -> str:
    """Say that a plugin's module is another package's, which the policy has not judged; else nothing."""
    from seedbed.catalogue.locating import origins  # noqa: PLC0415 - for who has a policy
    from seedbed.catalogue.owned import owned  # noqa: PLC0415

    files = owned(folders.get(source.provider, ""))
    if files is None or files.elsewhere:  # nothing is known of where its modules lie
        return ""
    for name, file in origins(source.module.partition(":")[0]):
        if file and not files.has(file):
            return (
                f"the policy, since the module {name} lies in {file}, which is no file of {source.provider}"
            )
    return ""


def _by_lock(policy: Policy, why: str) -> str:
    return f"the lock {policy.lock}: {why}" if why else ""


def _divided(entries: list[Entry], policy: Policy, locked: Locked) -> tuple[list[Entry], list[Blocked]]:
    """Return the entries that are as the lock says, and what it bars of the others."""
    good, blocked = [], []
    for entry in entries:
        # Of what the policy bars in any case, no file is read.
        if policy.bars(entry.provider, entry.version, entry.name) or not (bar := locked.bars_entry(entry)):
            good.append(entry)
        else:
            line = _by_lock(policy, bar)
            blocked.append(Blocked(entry.provider, entry.version, entry.names, f"entry {entry.name}", line))
    return good, blocked


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

"""Locking a catalogue: what is installed as a lock file, and what differs from one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeVar

from seedbed.catalogue.catalogue import Catalogue
from seedbed.discovery.installed import discover
from seedbed.discovery.providers import SESSION, Provider
from seedbed.errors import EntryLoadError, SeedbedError, UnlockableError, described
from seedbed.foreign import Attempt
from seedbed.governance.guard import Held, Pinned, holding
from seedbed.governance.lock import Lock
from seedbed.governance.lock_rows import (
    LockedEntry,
    LockedHomonym,
    LockedProvider,
    LockedTombstone,
    as_table,
    withheld_as_locked,
)
from seedbed.governance.locked import astray, pinned, recorded
from seedbed.governance.modules import outermost
from seedbed.governance.owned import Owned
from seedbed.governance.policy_file import policy_in_force
from seedbed.locking.differences import differences
from seedbed.locking.entries import locked_entry
from seedbed.random import STREAM_VERSION
from seedbed.tables import to_toml

_Row = TypeVar("_Row", LockedProvider, LockedEntry)
_Obstacle = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Survey:
    """What there is to lock.

    Parameters
    ----------
    lock
        All that can be locked.
    obstacles
        What cannot, and why: the name of a package or the full name of an entry, and a sentence.
    """

    lock: Lock
    obstacles: tuple[_Obstacle, ...] = ()


def lock(catalogue: Catalogue | None = None) -> Lock:
    """Return a lock of what is installed.

    It imports every initializer, and draws from it. Packages come into it that have entries or plugins which
    the policy allows.

    Parameters
    ----------
    catalogue
        What to lock. ``None`` is what is installed, by the policy in force but for the lock that it names, so
        that a catalogue which is locked can be locked anew.

    Raises
    ------
    UnlockableError
        If an entry or a plugin is broken, or the files of a package cannot be vouched for; the message has
        all of them.

    Examples
    --------
    Without a scan, nobody has looked where Seedbed's own files are:

    >>> lock(Catalogue(scan=False))
    Traceback (most recent call last):
        ...
    seedbed.errors.UnlockableError: seedbed 0.1.0: nobody has looked for its files; lock a catalogue that ...
    """
    found = survey(catalogue)
    if found.obstacles:
        raise UnlockableError("; ".join(why for _, why in found.obstacles))
    return found.lock


def verify(lock: Lock, catalogue: Catalogue | None = None) -> list[str]:
    """Return a line for each thing that differs from a lock, and for each that cannot be locked.

    Parameters
    ----------
    lock
        What `lock` returned, or `Lock.read` from a file.
    catalogue
        What to compare; ``None`` as in `lock`.

    Examples
    --------
    >>> catalogue = Catalogue(scan=False)
    >>> verify(survey(catalogue).lock, catalogue)
    ['seedbed 0.1.0: nobody has looked for its files; lock a catalogue that scans, without ...']
    """
    if catalogue is None:
        with installed() as found:
            return verify(lock, found)
    surveyed = survey(catalogue)
    obstacles = [*surveyed.obstacles, *_blocked(lock, catalogue)]
    # It is said of them already why they are not what they were.
    said = {name for name, _ in obstacles}
    rest = Lock(
        lock.stream,
        tuple(row for row in lock.providers if row.name not in said),
        tuple(row for row in lock.entries if row.name not in said),
        tuple(row for row in lock.tombstones if row.name not in said),
        tuple(row for row in lock.homonyms if row.name not in said),
    )
    return [*(why for _, why in obstacles), *differences(rest, surveyed.lock)]


def survey(catalogue: Catalogue | None = None) -> Survey:
    """Return what can be locked of a catalogue, which is as in `lock`, and what cannot.

    Examples
    --------
    >>> survey(Catalogue(scan=False)).lock.entry("seedbed:random_normal").parameters
    {'mean': '0.0', 'seed': 'null', 'stddev': '0.05'}
    """
    if catalogue is None:
        with installed() as found:
            return survey(found)
    packages = {
        f"{one.name} {one.version}": partial(_package, one)
        for one in catalogue.providers
        if one.name != SESSION
    }
    entries = {one.full_name: partial(locked_entry, catalogue, one) for one in catalogue}
    withheld = [withheld_as_locked(row) for row in catalogue.every_withheld]
    obstacles = list(_lost(catalogue))
    lock = Lock(
        STREAM_VERSION,
        _kept(packages, obstacles),
        _kept(entries, obstacles),
        tuple(row for row in withheld if isinstance(row, LockedTombstone)),
        tuple(row for row in withheld if isinstance(row, LockedHomonym)),
    )
    return Survey(lock, tuple(sorted(obstacles)))


@contextmanager
def installed() -> Iterator[Catalogue]:
    """Give a catalogue of what is installed, which is importing as it does in the mode "locked".

    What it imports comes from the files that are locked, and not from bytecode or from elsewhere.
    """
    policy = policy_in_force(None)
    if policy.mode == "locked":
        policy = replace(policy, mode="open" if policy.allow is None else "allowlist", lock="")
    modules: dict[str, Pinned] = {}
    if policy.reads_packages:
        found = discover()
        names = {row.provider for rows in (found.entries, found.plugins) for row in rows}
        for name in sorted(names):
            if not policy.bars(name, found.versions[name]):
                with suppress(UnlockableError):  # which is said of it when it is to be locked
                    files = recorded(found.folders[name])
                    modules |= pinned(files, files.digests())
    with holding(Held(modules, {})):
        yield Catalogue(policy=policy)


def vouched(folder: str) -> tuple[Owned, str]:
    """Return the files of the distribution whose metadata lies in `folder`, and their digest.

    Raises
    ------
    UnlockableError
        If there is no RECORD of them, `Owned.digest` refuses, or a module would be imported from elsewhere.
    """
    files = recorded(folder)
    digest = files.digest()
    if why := astray(files):
        raise UnlockableError(f"{why}; find out how it came there, and remove it")
    return files, digest


def _package(provider: Provider) -> LockedProvider:
    if not provider.folder:
        raise UnlockableError(
            "nobody has looked for its files; lock a catalogue that scans, without SEEDBED_PLUGINS=0"
        )
    files, digest = vouched(provider.folder)
    return LockedProvider(provider.name, provider.version, digest, outermost(files.modules))


def _kept(makers: Mapping[str, Callable[[], _Row]], obstacles: list[_Obstacle]) -> tuple[_Row, ...]:
    """Return the rows that can be made and written; what goes wrong is an obstacle of one alone."""
    rows = []
    for title, make in sorted(makers.items()):
        name = title.partition(" ")[0]
        with Attempt() as attempt:
            row = make()
            to_toml({"row": [as_table(row)]})
            rows.append(row)
        match attempt.error:
            case None:
                continue
            case EntryLoadError() as error:  # which names the entry itself
                obstacles.append((name, str(error)))
            case SeedbedError() as error:
                obstacles.append((name, f"{title}: {error}"))
            case error:
                obstacles.append((name, f"{title}: cannot be locked: {described(error)}"))
    return tuple(rows)


def _lost(catalogue: Catalogue) -> Iterator[_Obstacle]:
    """Yield the problems through which entries are not in the catalogue, and so not in the lock."""
    for problem in catalogue.problems:
        if problem.where.startswith("plugin ") or problem.kind in ("contested", "smuggled"):
            yield problem.provider, str(problem)
        elif not problem.where.startswith("alias "):
            for name in problem.names:
                yield f"{problem.provider}:{name}", str(problem)


def _blocked(lock: Lock, catalogue: Catalogue) -> Iterator[_Obstacle]:
    locked = set(lock.full_names)
    for blocked in catalogue.blocked:
        for name in blocked.names:
            if (full_name := f"{blocked.provider}:{name}") in locked:
                yield full_name, str(blocked)

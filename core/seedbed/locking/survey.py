"""Locking a catalogue: what is installed as a lock file, and what differs from one."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeVar

from seedbed.arguments import of_kind
from seedbed.catalogue.catalogue import Catalogue
from seedbed.discovery.installed import discover
from seedbed.discovery.providers import CORE, SESSION, Provider
from seedbed.errors import EntryLoadError, SeedbedError, UnlockableError, described
from seedbed.foreign import Attempt
from seedbed.governance.guard import Held, Pinned, holding
from seedbed.governance.lock import Lock
from seedbed.governance.lock_rows import (
    LockedEntry,
    LockedHomonym,
    LockedProvider,
    LockedTombstone,
    Row,
    as_table,
    withheld_as_locked,
)
from seedbed.governance.locked import astray, pinned, placed, recorded
from seedbed.governance.modules import outermost
from seedbed.governance.owned import Owned, digest_of
from seedbed.governance.policy_file import policy_in_force
from seedbed.locking.differences import A_LOCK, differences
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

    Without `catalogue`, no package is imported whose files have changed while its version has not, so that
    code which somebody has put into it cannot hide that.

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
    of_kind("lock", lock, Lock, A_LOCK)
    if catalogue is None:
        with installed(lock) as found:
            return compared(lock, found, is_guarded=True)
    of_kind("catalogue", catalogue, Catalogue, "a Catalogue, or None for what is installed")
    return compared(lock, catalogue, is_guarded=False)


def compared(lock: Lock, catalogue: Catalogue, *, is_guarded: bool) -> list[str]:
    """Return what `verify` does; `is_guarded` says that the catalogue is from `installed` with this lock."""
    # Said in any case, whatever a package does while it is imported.
    foreign = _foreign(lock, catalogue)
    surveyed, changed = _survey(catalogue, lock if is_guarded else None)
    obstacles = [*surveyed.obstacles, *_blocked(lock, catalogue, changed)]
    # It is said of them already why they are not what they were.
    said = {*changed, *(name for name, _ in obstacles)}
    told = {name for name, _ in surveyed.obstacles}
    files = [_changed(row) for row in lock.providers if row.name in changed - told]
    differing = differences(_without(said, lock), _without(said, surveyed.lock))
    found = [*(why for _, why in obstacles), *files, *differing]
    return [*(line for name, line in foreign.items() if name not in told and line not in found), *found]


def _foreign(lock: Lock, catalogue: Catalogue) -> dict[str, str]:
    """Return what differs of packages before any is imported: those added, and those of another version."""
    found = {}
    for one in catalogue.providers:
        row = lock.provider(one.name)
        if one.name == SESSION or (row is not None and row.version == one.version):
            continue
        change = (
            f"version changed: {row.version} -> {one.version}"
            if row
            else f"package added, version {one.version}"
        )
        found[one.name] = f"{one.name}: {change}"
    return found


def _without(said: Container[str], lock: Lock) -> Lock:
    """Return a lock without these packages and what they have, and without these entries."""

    def is_left(row: Row) -> bool:
        return row.name not in said and row.name.partition(":")[0] not in said

    entries, tombstones = filter(is_left, lock.entries), filter(is_left, lock.tombstones)
    homonyms, providers = filter(is_left, lock.homonyms), filter(is_left, lock.providers)
    return Lock(lock.stream, tuple(providers), tuple(entries), tuple(tombstones), tuple(homonyms))


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
    of_kind("catalogue", catalogue, Catalogue, "a Catalogue, or None for what is installed")
    return _survey(catalogue, None)[0]


def _survey(catalogue: Catalogue, lock: Lock | None) -> tuple[Survey, frozenset[str]]:
    """Return what can be locked, and the packages that have the version of `lock`, but not its files.

    Nothing is drawn from these.
    """
    installed = [one for one in catalogue.providers if one.name != SESSION]
    obstacles: list[_Obstacle] = []
    packages = _kept({f"{one.name} {one.version}": partial(_package, one) for one in installed}, obstacles)
    files = {row.name: row.files for row in packages}
    changed = frozenset(
        one.name for one in installed if _unlike(lock, one.name, one.version, files.get(one.name, ""))
    )
    obstacles += _lost(catalogue, changed)
    drawn = [one for one in (*catalogue, *catalogue.recipes) if one.provider not in changed]
    entries = {one.full_name: partial(locked_entry, catalogue, one) for one in drawn}
    withheld = [withheld_as_locked(row) for row in catalogue.every_withheld]
    found = Lock(
        STREAM_VERSION,
        packages,
        _kept(entries, obstacles),
        tuple(row for row in withheld if isinstance(row, LockedTombstone)),
        tuple(row for row in withheld if isinstance(row, LockedHomonym)),
    )
    return Survey(found, tuple(sorted(obstacles))), changed


def _unlike(lock: Lock | None, name: str, version: str, files: str) -> LockedProvider | None:
    """Return the row of a package that has the version which is locked, but other files; else nothing."""
    row = None if lock is None or name == CORE else lock.provider(name)  # core's code is running already
    return row if row is not None and row.version == version and row.files != files else None


def _changed(row: LockedProvider) -> str:
    return (
        f"{row.name}: files changed, and the version {row.version} did not, so none of its code was run; "
        "reinstall it, or, if you trust it, write another lock and compare them with `seedbed diff`"
    )


@contextmanager
def installed(lock: Lock | None = None) -> Iterator[Catalogue]:
    """Give a catalogue of what is installed, which is importing as it does in the mode "locked".

    What it imports comes from the files that are locked, and not from bytecode or from elsewhere. No package
    of `lock` is imported whose files have changed while its version has not.
    """
    policy = policy_in_force(None)
    if policy.mode == "locked":
        policy = replace(policy, mode="open" if policy.allow is None else "allowlist", lock="")
    modules: dict[str, Pinned] = {}
    refused: dict[str, str] = {}
    places: dict[str, str] = {}
    if policy.reads_packages:
        found = discover()
        names = {row.provider for rows in (found.entries, found.plugins) for row in rows}
        for name in sorted(names):
            version = found.versions[name]
            if policy.bars(name, version):
                continue
            files, digests = None, {}
            with suppress(UnlockableError):  # which is said of it when it is to be locked
                files = recorded(found.folders[name])
                digests = files.digests()
            own = () if files is None else files.modules
            if (row := _unlike(lock, name, version, digest_of(digests))) is not None:
                refused |= dict.fromkeys((*row.modules, *own), f"the files of {name} {version} have changed")
            elif files is not None and digests:
                modules |= pinned(files, digests)
                places |= placed(files, digests)
    with holding(Held(modules, {name: why for name, why in refused.items() if name not in modules}, places)):
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


def _lost(catalogue: Catalogue, changed: Container[str]) -> Iterator[_Obstacle]:
    """Yield the problems through which entries are not in the catalogue, and so not in the lock.

    What the packages have that have `changed` has not been looked at.
    """
    for problem in catalogue.problems:
        if problem.provider in changed and problem.kind != "smuggled":
            continue
        if problem.where.startswith("plugin ") or problem.kind in ("contested", "smuggled"):
            yield problem.provider, str(problem)
        elif not problem.where.startswith("alias "):
            for name in problem.names:
                yield f"{problem.provider}:{name}", str(problem)


def _blocked(lock: Lock, catalogue: Catalogue, changed: Container[str]) -> Iterator[_Obstacle]:
    locked = set(lock.full_names)
    for blocked in (issue for issue in catalogue.blocked if issue.provider not in changed):
        for name in blocked.names:
            if (full_name := f"{blocked.provider}:{name}") in locked:
                yield full_name, str(blocked)

"""Locking a catalogue: what is installed as a lock file, and what differs from one."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from functools import partial
from inspect import Parameter
from typing import Final, TypeVar

from seedbed.catalogue.catalogue import Catalogue
from seedbed.constructor import parameters
from seedbed.discovery.installed import discover
from seedbed.discovery.providers import SESSION, Provider
from seedbed.entry import Entry
from seedbed.errors import EntryLoadError, SeedbedError, UnlockableError, described, name_of, shown
from seedbed.governance import Lock, LockedEntry, LockedHomonym, LockedProvider, LockedTombstone, as_table
from seedbed.governance.guard import Held, Pinned, holding
from seedbed.governance.lock_rows import withheld_as_locked
from seedbed.governance.locked import astray, bound, pinned, recorded
from seedbed.governance.modules import outermost
from seedbed.governance.owned import Owned
from seedbed.governance.policy_file import policy_in_force
from seedbed.initializer import Initializer
from seedbed.json_data import plain
from seedbed.locking.differences import differences
from seedbed.locking.fingerprint import fingerprint, promise_of
from seedbed.locking.moments import tells
from seedbed.random import STREAM_VERSION
from seedbed.rows import Deprecation
from seedbed.tables import to_toml

_UNSTABLE: Final = re.compile(r"0x[0-9a-f]{4}|[0-9]{9}|[{]")
"""Of the text of an object: an address or an `id`, and a set, which have another text in every process."""

AnyRow = TypeVar("AnyRow", LockedProvider, LockedEntry, LockedTombstone, LockedHomonym)


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
    obstacles: tuple[tuple[str, str], ...] = ()


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
    with installed(catalogue) as asked:
        found = survey(asked)
        obstacles = [*found.obstacles, *_blocked(lock, asked)]
    # It is said of them already why they are not what they were.
    said = {name for name, _ in obstacles}
    rest = replace(
        lock,
        providers=tuple(row for row in lock.providers if row.name not in said),
        entries=tuple(row for row in lock.entries if row.name not in said),
        tombstones=tuple(row for row in lock.tombstones if row.name not in said),
        homonyms=tuple(row for row in lock.homonyms if row.name not in said),
    )
    return [*(why for _, why in obstacles), *differences(rest, found.lock)]


def unseen(lock: Lock) -> list[str]:
    """Return a line for each entry of a lock of which no change of its values would be seen.

    Examples
    --------
    >>> from seedbed.governance import LockedEntry
    >>> unseen(Lock(1, entries=(LockedEntry("acme:ramp", no_numbers="it needs arguments: high"),)))
    ['acme:ramp: a change of its values is not seen, since the lock has none: it needs arguments: high']
    """
    return [
        f"{row.name}: a change of its {what}values is not seen, since the lock has none: {why}"
        for row in lock.entries
        for what, why in _unseen(row)
    ]


def _unseen(row: LockedEntry) -> Iterator[tuple[str, str]]:
    """Yield of which dtypes no change of an entry's values is seen, and why; of none, if of all of them."""
    by_dtype: dict[str, set[str]] = defaultdict(set)
    for case, text in row.numbers.items():
        by_dtype[case.partition(" ")[0]].add(text)
    blind = {dtype: texts for dtype, texts in by_dtype.items() if not any(map(tells, texts))}
    if row.no_numbers or len(blind) == len(by_dtype):
        causes = ", ".join(sorted(set(row.numbers.values()))) or "none were taken"
        yield "", row.no_numbers or f"{causes}, for all dtypes and shapes"
        return
    for dtype, texts in blind.items():
        # A dtype of which it takes no shape has no values that could change.
        if drawn := sorted(text for text in texts if not text.startswith("raised ")):
            yield f"{dtype} ", ", ".join(drawn)


def survey(catalogue: Catalogue | None = None) -> Survey:
    """Return what can be locked, and what cannot.

    Parameters
    ----------
    catalogue
        As in `lock`.

    Examples
    --------
    >>> survey(Catalogue(scan=False)).lock.entry("seedbed:random_normal").parameters
    {'mean': '0.0', 'seed': 'null', 'stddev': '0.05'}
    """
    if catalogue is None:
        with installed() as asked:
            return survey(asked)
    obstacles = list(_lost(catalogue))
    packages = [provider for provider in catalogue.providers if provider.name != SESSION]
    entries = sorted(catalogue, key=lambda entry: entry.full_name)
    withheld = [withheld_as_locked(row) for row in catalogue.every_withheld]
    found = Lock(
        STREAM_VERSION,
        _kept(
            obstacles, ((one.name, f"{one.name} {one.version}", partial(_package, one)) for one in packages)
        ),
        _kept(obstacles, ((one.full_name, one.full_name, partial(_row, catalogue, one)) for one in entries)),
        _kept(obstacles, _made(row for row in withheld if isinstance(row, LockedTombstone))),
        _kept(obstacles, _made(row for row in withheld if isinstance(row, LockedHomonym))),
    )
    return Survey(found, tuple(sorted(obstacles)))


def _kept(
    obstacles: list[tuple[str, str]], makers: Iterable[tuple[str, str, Callable[[], AnyRow]]]
) -> tuple[AnyRow, ...]:
    """Return the rows that can be made and written; what goes wrong is held against one row alone.

    Each maker has the name of what it locks, and how a sentence on that begins.
    """
    rows = []
    for name, title, make in makers:
        try:
            row = make()
            to_toml({"row": [as_table(row)]})
        except KeyboardInterrupt:
            raise
        except EntryLoadError as error:  # which names the entry itself
            obstacles.append((name, str(error)))
        except SeedbedError as error:
            obstacles.append((name, f"{title}: {error}"))
        except BaseException as error:  # noqa: BLE001 - as said above
            obstacles.append((name, f"{title}: cannot be locked: {described(error)}"))
        else:
            rows.append(row)
    return tuple(rows)


def _made(rows: Iterable[AnyRow]) -> Iterator[tuple[str, str, Callable[[], AnyRow]]]:
    return ((row.name, row.name, partial(replace, row)) for row in rows)


def _package(provider: Provider) -> LockedProvider:
    if not provider.folder:
        raise UnlockableError(
            "nobody has looked for its files; lock a catalogue that scans, without SEEDBED_PLUGINS=0"
        )
    files, digest = vouched(provider.folder)
    return LockedProvider(provider.name, provider.version, digest, outermost(files.modules))


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


@contextmanager
def installed(catalogue: Catalogue | None = None) -> Iterator[Catalogue]:
    """Give a catalogue of what is installed, if none is given.

    What it imports comes from the files that are locked, and not from bytecode or from elsewhere, as it does
    in the mode "locked".
    """
    if catalogue is not None:
        yield catalogue
        return
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


def _lost(catalogue: Catalogue) -> Iterator[tuple[str, str]]:
    """Yield the problems through which entries are not in the catalogue, and so not in the lock."""
    for problem in catalogue.problems:
        if problem.where.startswith("plugin ") or problem.kind in ("contested", "smuggled"):
            yield problem.provider, str(problem)
        elif not problem.where.startswith("alias "):
            for name in problem.names:
                yield f"{problem.provider}:{name}", str(problem)


def _blocked(lock: Lock, catalogue: Catalogue) -> Iterator[tuple[str, str]]:
    locked = set(lock.full_names)
    for blocked in catalogue.blocked:
        for name in blocked.names:
            if (full_name := f"{blocked.provider}:{name}") in locked:
                yield full_name, str(blocked)


def _row(catalogue: Catalogue, entry: Entry) -> LockedEntry:
    if entry.provider == SESSION:
        raise UnlockableError("it was registered in this process; put it into a package, and install that")
    initializer_class = catalogue.load(entry)
    found = fingerprint(
        initializer_class,
        catalogue.arguments(entry),
        make=lambda kind, arguments: catalogue.get(kind, **arguments),
    )
    return LockedEntry(
        entry.full_name,
        target=entry.place,
        preset_of=entry.preset_of,
        reproducibility=promise_of(initializer_class),
        aliases=tuple(sorted(entry.names[1:])),
        deprecated=_deprecation(entry),
        bound=bound(entry),
        parameters=_parameters(initializer_class),
        numbers_with=found.examples,
        numbers=found.numbers,
        no_numbers=found.why_not,
    )


def _deprecation(entry: Entry) -> dict[str, str]:
    if entry.deprecated is None:
        return {}
    texts = {name: getattr(entry.deprecated, name) for name in Deprecation.__slots__}
    return {name: text for name, text in texts.items() if text}


def _parameters(initializer_class: type[Initializer]) -> dict[str, str]:
    """Return what each parameter is where it is not given, sorted by name, since configs name all of them."""
    return {name: _default(parameter) for name, parameter in sorted(parameters(initializer_class).items())}


def _default(parameter: Parameter) -> str:
    if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
        return "any"
    if parameter.default is parameter.empty:
        return "required"
    try:
        return json.dumps(plain(parameter.default, _not_plain), sort_keys=True)
    except UnlockableError:
        text = shown(parameter.default)
        return f"of type {name_of(type(parameter.default))}" if _UNSTABLE.search(text) else text


def _not_plain(part: object) -> UnlockableError:
    return UnlockableError(f"{shown(part)} is no JSON")

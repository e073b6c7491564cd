"""`Snapshot`, an immutable picture of all entries, and which of them a name means."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, Final, TypeVar

from seedbed.catalogue.withheld import by_bare_name, by_full_name, refusal
from seedbed.discovery.packaging_rules import normalise
from seedbed.discovery.providers import CORE, SESSION
from seedbed.discovery.scan import LostNames
from seedbed.entry import Entry
from seedbed.errors import (
    AmbiguousNameError,
    BlockedNameError,
    EntryLoadError,
    UnknownNameError,
    shown,
)
from seedbed.frozen import Frozen
from seedbed.governance.policy import OPEN, Policy
from seedbed.governance.policy import blocked as blocked_by
from seedbed.issue import Issue
from seedbed.rows import Withheld

_Row = TypeVar("_Row", Entry, Withheld)

_NONE: Final[Mapping[Any, Any]] = MappingProxyType({})


class Snapshot(Frozen):
    """All entries at one moment; use `make` to build one."""

    entries: tuple[Entry, ...] = ()
    problems: tuple[Issue, ...] = ()
    versions: Mapping[str, str] = _NONE
    summaries: Mapping[str, str] = _NONE
    by_bare_name: Mapping[str, tuple[Entry, ...]] = _NONE
    by_full_name: Mapping[tuple[str, str], Entry] = _NONE
    withheld_by_bare_name: Mapping[str, tuple[Withheld, ...]] = _NONE
    withheld_by_full_name: Mapping[tuple[str, str], Withheld] = _NONE
    blocked: tuple[Issue, ...] = ()
    folders: Mapping[str, str] = _NONE
    lost: Mapping[str, tuple[LostNames, ...]] = _NONE

    @classmethod
    def make(
        cls,
        entries: Iterable[Entry],
        problems: Iterable[Issue] = (),
        *,
        withheld: Iterable[Withheld] = (),
        versions: Mapping[str, str] | None = None,
        summaries: Mapping[str, str] | None = None,
        policy: Policy = OPEN,
        blocked: Iterable[Issue] = (),
        folders: Mapping[str, str] | None = None,
        lost: Iterable[LostNames] = (),
        barred: Mapping[Entry, str] = _NONE,
    ) -> Snapshot:
        """Index `entries`, but for a provider's names with two meanings, and what is blocked or `barred`."""
        rows, twice = _without_contradictions((*entries, *withheld))
        listed = [row for row in rows if isinstance(row, Entry)]
        kept, turned_off = _allowed(listed, policy, barred)
        kept_back, lifted = _allowed([row for row in rows if not isinstance(row, Entry)], policy, {})
        turned_off += lifted
        # Of all entries, since a name that is barred is not to pass to another entry of the package.
        full, contested = _by_full_name(listed, reserved={(row.provider, row.name) for row in kept_back})
        allowed = {(entry.provider, entry.name) for entry in kept}
        for key, entry in list(full.items()):
            if (entry.provider, entry.name) not in allowed:
                del full[key]
            elif key[1] != entry.name and (line := policy.bars_alias(entry, key[1])):
                turned_off.append(
                    blocked_by(entry.provider, entry.version, f"alias of {entry.name}", line, (key[1],))
                )
                del full[key]
        bare: dict[str, dict[str, Entry]] = defaultdict(dict)
        for (provider, name), entry in sorted(full.items(), key=lambda item: item[0]):
            bare[name][provider] = entry
        bare_names = {name: _contenders(name, providers, policy) for name, providers in bare.items()}
        by_full = by_full_name(kept_back, taken=full)
        # A name of core's that is turned off or withheld stays reserved: nobody else takes its place.
        bare_names |= {name: () for line in turned_off if line.provider == CORE for name in line.names}
        bare_names |= {name: () for provider, name in by_full if provider == CORE}
        lost_names = _lost(lost, policy)
        bare_names |= {name: () for name in lost_names if not _is_settled(name, bare_names.get(name), policy)}
        return cls(
            entries=tuple(sorted(kept, key=_core_first)),
            problems=tuple(sorted((*problems, *twice, *contested), key=str)),
            versions=versions or {},
            summaries=summaries or {},
            by_bare_name=bare_names,
            by_full_name=full,
            withheld_by_bare_name={
                name: standing
                for name, found in by_bare_name(by_full).items()
                if (standing := _standing(name, found, bare_names.get(name), policy))
            },
            withheld_by_full_name=by_full,
            blocked=tuple(sorted((*blocked, *turned_off), key=str)),
            folders=folders or {},
            lost=lost_names,
        )

    def find(self, name: str) -> Entry:
        """Return the entry that `name` means: a bare name, or a full name ``provider:name``.

        Raises
        ------
        UnknownNameError
            If there is none; the message lists close matches, and what is broken.
        RemovedNameError
            If a provider had it; the message says what replaced it.
        AmbiguousNameError
            If several providers have this bare name; the message shows the full names. If a provider says
            that it has more than one meaning; the message shows what to write for each.
        EntryLoadError
            If the name was lost through a problem of its package.
        """
        candidates = self.candidates(name)
        if rows := self.withheld(name):
            raise refusal(name, rows, candidates)
        if len(candidates) == 1:
            return candidates[0]
        if candidates:
            listed = ", ".join(f"{entry.full_name!r} ({entry.source})" for entry in candidates)
            raise AmbiguousNameError(
                f"{name!r} is a name of more than one installed package; say which one by its full name: "
                f"{listed}"
            )
        raise self._miss(name)

    def candidates(self, name: str) -> tuple[Entry, ...]:
        """Return every entry that `name` could mean, in the order of their providers' names."""
        known = self.by_bare_name.get(name)
        entry = self.by_full_name.get(full_name_of(name)) if known is None or ">" in name else None
        if entry is None:
            return known or ()
        # An alias "package>Name" may be somebody's full name too, and then means neither; core's is core's.
        return (entry,) if entry.provider == CORE else tuple(dict.fromkeys((*(known or ()), entry)))

    def losses(self, name: str) -> Iterator[Issue]:
        """Yield what keeps entries out that `name` would mean."""
        provider, bare = full_name_of(name)
        for row in self.lost.get(bare, ()):
            if provider in ("", row.provider):
                yield row.problem
        for line in self.blocked:
            if name in line.names or (provider == line.provider and bare in line.names):
                yield line
        for problem in self.problems:
            if name in problem.names or (provider == problem.provider and bare in problem.names):
                yield problem

    def withheld(self, name: str) -> tuple[Withheld, ...]:
        """Return the rows that keep `name` from meaning an entry, in the order of their providers."""
        if name in self.withheld_by_bare_name:
            return self.withheld_by_bare_name[name]
        row = None if name in self.by_bare_name else self.withheld_by_full_name.get(full_name_of(name))
        return () if row is None else (row,)

    def _miss(self, name: str) -> UnknownNameError | EntryLoadError:
        from seedbed.catalogue.misses import explain  # noqa: PLC0415 - `difflib`, for failures only

        lost = next(self.losses(name), None)
        if lost is not None and lost.kind in ("blocked", "unlocked"):
            return BlockedNameError(f"{name!r} is blocked: {lost}")
        if lost is not None:
            error = EntryLoadError(f"{name!r} is broken: {lost}")
            error.__cause__ = lost.cause
            return error
        return UnknownNameError(explain(name, self))


def full_name_of(name: str) -> tuple[str, str]:
    """Return provider and name of a full name; the provider of a bare name is nobody."""
    # Keras registers classes as "package>Name", and the package may be the provider.
    provider, colon, rest = name.partition(":" if ":" in name else ">")
    if not colon:
        return "", name
    return (provider if provider == SESSION else normalise(provider)), rest


def _standing(
    name: str, rows: tuple[Withheld, ...], known: tuple[Entry, ...] | None, policy: Policy
) -> tuple[Withheld, ...]:
    """Return the rows that keep a bare name from meaning what is `known` by it."""
    of_core = tuple(row for row in rows if row.provider == CORE)
    if of_core or known == ():  # reserved, so that nobody else's say matters
        return of_core
    return () if known and _is_settled(name, known, policy) else rows


def _lost(rows: Iterable[LostNames], policy: Policy) -> dict[str, tuple[LostNames, ...]]:
    """Return by each name whose it may have been, but for whom the policy bars in any case."""
    lost: dict[str, tuple[LostNames, ...]] = {}
    for row in rows:
        for name in row.names:
            if not all(policy.bars(row.provider, version, name) for version in row.versions):
                lost[name] = (*lost.get(name, ()), row)
    return lost


def _is_settled(name: str, known: tuple[Entry, ...] | None, policy: Policy) -> bool:
    """Say whether a bare name means what is `known` by it, whoever else may have it."""
    if not known:
        return known is not None
    return known[0].provider in (CORE, policy.prefer.get(name), policy.prefer.get(known[0].name))


def _allowed(
    rows: Iterable[_Row], policy: Policy, barred: Mapping[Entry, str]
) -> tuple[list[_Row], list[Issue]]:
    allowed, blocked = [], []
    for row in rows:
        line = policy.bars(row.provider, row.version, row.name)
        if line := line or (barred.get(row, "") if isinstance(row, Entry) else ""):
            what = f"{type(row).__name__.lower()} {row.name}"
            blocked.append(blocked_by(row.provider, row.version, what, line, row.names))
        else:
            allowed.append(row)
    return allowed, blocked


def _contenders(name: str, providers: Mapping[str, Entry], policy: Policy) -> tuple[Entry, ...]:
    """Core's names are reserved; anybody else's are a matter of who else has them, and of the policy."""
    if CORE in providers:
        return (providers[CORE],)
    own_names = {entry.name for entry in providers.values()}  # one, if `name` is another spelling of it
    for key in (name, *(own_names if len(own_names) == 1 else ())):
        if policy.prefer.get(key) in providers:
            return (providers[policy.prefer[key]],)
    return tuple(providers[key] for key in sorted(providers))


def _without_contradictions(
    rows: Iterable[Entry | Withheld],
) -> tuple[list[Entry | Withheld], list[Issue]]:
    """Drop repeats of a row, and all rows of a name that one provider gives different meanings."""
    meanings: dict[tuple[str, str], list[Entry | Withheld]] = defaultdict(list)
    for row in rows:
        known = meanings[row.provider, row.name]
        if not any(_meaning(row) == _meaning(other) for other in known):
            known.append(row)
    kept, problems = [], []
    for (provider, name), found in sorted(meanings.items(), key=lambda item: item[0]):
        if len(found) == 1:
            kept.append(found[0])
            continue
        targets = " and ".join(sorted(map(_target, found)))
        what = f"gives the name {name!r} two meanings: {targets}; it is used for neither"
        problems.append(Issue("broken", provider, found[0].version, f"entry {name}", what, (name,)))
    return kept, problems


def _meaning(row: Entry | Withheld) -> tuple[Any, ...] | Withheld:
    if not isinstance(row, Entry):
        return row
    target = id(row.target) if row.is_of_class else row.target  # as in their own comparison
    return (row.name, target, row.preset_of, row.arguments, row.deprecated, row.provider, row.version)


def _target(row: Entry | Withheld) -> str:
    if isinstance(row, Entry):
        return shown(row.preset_of or row.target)
    return f"a {type(row).__name__.lower()}"


def _core_first(entry: Entry) -> tuple[bool, str, str]:
    return (entry.provider != CORE, entry.provider, entry.name)


def _by_full_name(
    entries: Iterable[Entry], *, reserved: Container[tuple[str, str]]
) -> tuple[dict[tuple[str, str], Entry], list[Issue]]:
    """Return what names and aliases mean; a name beats an alias, and a contested alias is lost."""
    names = {(entry.provider, entry.name): entry for entry in entries}
    claims: dict[tuple[str, str], list[Entry]] = defaultdict(list)
    for entry in list(names.values()):
        for alias in entry.names:
            known = claims[entry.provider, alias]
            if (entry.provider, alias) in names or (entry.provider, alias) in reserved:
                continue
            if not any(_same_class(entry, other) for other in known):
                known.append(entry)
    problems = []
    for (provider, alias), owners in claims.items():
        if len(owners) == 1:
            names[provider, alias] = owners[0]
        elif owners:
            listed = " and ".join(sorted(repr(entry.name) for entry in owners))
            what = f"the alias {alias!r} is claimed by {listed}; it is used for neither"
            problems.append(Issue("broken", provider, owners[0].version, f"alias {alias}", what, (alias,)))
    return names, problems


def _same_class(one: Entry, other: Entry) -> bool:
    """Say whether both give the class itself, so that its name means the same through either."""
    is_same = one.target is other.target if one.is_of_class else one.place == other.place
    return bool(one.class_name) and is_same and one.deprecated is None and other.deprecated is None

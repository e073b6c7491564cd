"""`Snapshot`, an immutable picture of all entries, and which of them a name means."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from seedbed.catalogue.packaging_rules import normalise
from seedbed.catalogue.problems import Problem
from seedbed.entry import Entry
from seedbed.errors import AmbiguousNameError, EntryLoadError, UnknownNameError, shown

CORE: Final = "seedbed"
SESSION: Final = "__main__"
"""The provider of what a running process registers; no distribution can have this name."""

_LONGEST_NAME: Final = 200


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All entries at one moment; use `make` to build one."""

    entries: tuple[Entry, ...] = ()
    problems: tuple[Problem, ...] = ()
    versions: Mapping[str, str] = field(default_factory=dict)
    summaries: Mapping[str, str] = field(default_factory=dict)
    by_bare_name: Mapping[str, tuple[Entry, ...]] = field(default_factory=dict)
    by_full_name: Mapping[tuple[str, str], Entry] = field(default_factory=dict)

    @classmethod
    def make(
        cls,
        entries: Iterable[Entry],
        problems: Iterable[Problem] = (),
        *,
        versions: Mapping[str, str] | None = None,
        summaries: Mapping[str, str] | None = None,
    ) -> Snapshot:
        """Index `entries`, having set aside those whose provider gives one name two meanings."""
        kept, twice = _without_contradictions(entries)
        full, contested = _by_full_name(kept)
        bare: dict[str, dict[str, Entry]] = defaultdict(dict)
        for (provider, name), entry in sorted(full.items(), key=lambda item: item[0]):
            bare[name][provider] = entry
        return cls(
            entries=tuple(sorted(kept, key=_core_first)),
            problems=tuple(sorted((*problems, *twice, *contested), key=str)),
            versions=versions or {},
            summaries=summaries or {},
            by_bare_name={name: _contenders(providers) for name, providers in bare.items()},
            by_full_name=full,
        )

    def find(self, name: str) -> Entry:
        """Return the entry that `name` means: a bare name, or a full name ``provider:name``.

        Raises
        ------
        UnknownNameError
            If there is none; the message lists close matches, and what is broken.
        AmbiguousNameError
            If several providers have this bare name; the message shows the full names.
        EntryLoadError
            If the name was lost through a problem of its package.
        """
        candidates = self.candidates(name)
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
        if known is not None:
            return known
        # Keras registers classes as "package>Name", and the package may be the provider.
        provider, colon, rest = name.replace(">", ":", 1).partition(":")
        if not colon:
            return ()
        entry = self.by_full_name.get((provider if provider == SESSION else normalise(provider), rest))
        return () if entry is None else (entry,)

    def _miss(self, name: str) -> UnknownNameError | EntryLoadError:
        from seedbed.catalogue.misses import explain  # noqa: PLC0415 - `difflib`, for failures only

        for problem in self.problems:
            if problem.name and name in (problem.name, f"{problem.provider}:{problem.name}"):
                error = EntryLoadError(f"{name!r} is broken: {problem}")
                error.__cause__ = problem.cause
                return error
        return UnknownNameError(explain(name[:_LONGEST_NAME], self))


def _contenders(providers: Mapping[str, Entry]) -> tuple[Entry, ...]:
    """Core's names are reserved; anybody else's are a matter of who else has them."""
    return (providers[CORE],) if CORE in providers else tuple(providers[key] for key in sorted(providers))


def _without_contradictions(entries: Iterable[Entry]) -> tuple[list[Entry], list[Problem]]:
    """Drop repeats of an entry, and all entries of a name that one provider gives different meanings."""
    meanings: dict[tuple[str, str], list[Entry]] = defaultdict(list)
    for entry in entries:
        known = meanings[entry.provider, entry.name]
        if not any(_same_meaning(entry, other) for other in known):
            known.append(entry)
    kept, problems = [], []
    for (provider, name), found in sorted(meanings.items(), key=lambda item: item[0]):
        if len(found) == 1:
            kept.append(found[0])
            continue
        targets = " and ".join(sorted(shown(entry.target or entry.preset_of) for entry in found))
        what = f"gives the name {name!r} two meanings: {targets}; it is used for neither"
        problems.append(Problem(provider, found[0].version, f"entry {name}", what, name=name))
    return kept, problems


def _core_first(entry: Entry) -> tuple[bool, str, str]:
    return (entry.provider != CORE, entry.provider, entry.name)


def _by_full_name(entries: Iterable[Entry]) -> tuple[dict[tuple[str, str], Entry], list[Problem]]:
    """Return what names and aliases mean; a name beats an alias, and a contested alias is lost."""
    names = {(entry.provider, entry.name): entry for entry in entries}
    claims: dict[tuple[str, str], list[Entry]] = defaultdict(list)
    for entry in list(names.values()):
        for alias in entry.names:
            known = claims[entry.provider, alias]
            if (entry.provider, alias) not in names and not any(_same_class(entry, other) for other in known):
                known.append(entry)
    problems = []
    for (provider, alias), owners in claims.items():
        if len(owners) == 1:
            names[provider, alias] = owners[0]
        elif owners:
            listed = " and ".join(sorted(repr(entry.name) for entry in owners))
            what = f"the alias {alias!r} is claimed by {listed}; it is used for neither"
            problems.append(Problem(provider, owners[0].version, f"alias {alias}", what, name=alias))
    return names, problems


def _same_class(one: Entry, other: Entry) -> bool:
    """Say whether both give the class itself, so that its name means the same through either."""
    return bool(one.class_name) and one.target == other.target and not (one.deprecated or other.deprecated)


def _same_meaning(one: Entry, other: Entry) -> bool:
    return replace(one, summary="", aliases=()) == replace(other, summary="", aliases=())

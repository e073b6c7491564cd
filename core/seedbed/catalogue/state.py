"""`State`, what the catalogue knows between two refreshes: what names mean, and what has been loaded."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from seedbed.catalogue.chains import bound, chain_of
from seedbed.catalogue.in_progress import in_progress, is_final
from seedbed.catalogue.loading import Loaded, check_bound, load
from seedbed.catalogue.meanings import meanings, normal
from seedbed.catalogue.misses import elsewhere, explain, refusal
from seedbed.catalogue.plugins import tell
from seedbed.catalogue.scan import Scan
from seedbed.discovery.providers import CORE, SESSION
from seedbed.entry import Entry
from seedbed.errors import (
    AmbiguousNameError,
    BlockedNameError,
    EntryLoadError,
    NameTakenError,
    UnknownNameError,
    described,
    place_of,
)
from seedbed.foreign import Attempt
from seedbed.initializer import Initializer
from seedbed.issue import Issue
from seedbed.rows import Withheld

_OF_POLICY: Final = ("blocked", "unlocked")


@dataclass(slots=True, eq=False)
class State:
    """Replaced as a whole by a refresh, so that no look-up sees half of one; use `of` to make one.

    The dicts are changed by operations that are atomic; no lock is held while anything is imported. See
    `meanings` for the first fields.
    """

    scan: Scan
    entries: dict[str, Entry]
    names: dict[str, tuple[Entry, ...]]
    withheld_names: dict[str, tuple[Withheld, ...]]
    lost_names: dict[str, list[Issue]]
    problems: tuple[Issue, ...]
    blocked: tuple[Issue, ...]
    loaded: dict[str, Loaded] = field(default_factory=dict)
    failures: dict[str, EntryLoadError] = field(default_factory=dict)
    observer_problems: list[Issue] = field(default_factory=list)
    _givers: dict[object, list[Entry]] = field(default_factory=dict)

    @classmethod
    def of(cls, scan: Scan, registered: Iterable[Entry] = ()) -> State:
        """Return one of which nothing has been loaded."""
        state = cls(scan, *meanings(scan, registered))
        for entry in state.entries.values():
            state._note_giver(entry)
        return state

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
        if (entry := self.meaning(name)) is not None:
            return entry
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

    def meaning(self, name: str) -> Entry | None:
        """Return the one entry that `name` means, as `find` does, if that takes no more than a look."""
        known = self.names.get(name)
        is_plain = known and len(known) == 1 and name not in self.withheld_names and ">" not in name
        return known[0] if known and is_plain else None

    def candidates(self, name: str) -> tuple[Entry, ...]:
        """Return every entry that `name` could mean, in the order of their providers' names."""
        known = self.names.get(name)
        if known is not None and ">" not in name:
            return known
        found = self.names.get(normal(name), ())
        if found and found[0].provider == CORE:
            return found
        # An alias "package>Name" may be somebody's full name too, and then means neither; core's is core's.
        return tuple(dict.fromkeys((*(known or ()), *found)))

    def withheld(self, name: str) -> tuple[Withheld, ...]:
        """Return the rows that keep `name` from meaning an entry, in the order of their providers."""
        if name in self.names:
            return self.withheld_names.get(name, ())
        return self.withheld_names.get(name) or self.withheld_names.get(normal(name), ())

    def losses(self, name: str) -> list[Issue]:
        """Return what keeps entries out that `name` would mean."""
        found = self.lost_names.get(name, [])
        spelling = normal(name)
        return found if spelling == name else [*found, *self.lost_names.get(spelling, ())]

    def has_of_core(self, name: str) -> bool:
        """Say whether `name` means something of core's, or is withheld by it."""
        return any(row.provider == CORE for row in (*self.candidates(name), *self.withheld(name)))

    def having(self, name: str) -> list[Entry]:
        """Return the entries that have a name as their own or as an alias, whatever it means."""
        names = [f"{provider}:{name}" for provider in {entry.provider for entry in self.entries.values()}]
        found = (entry for spelling in (normal(name), *names) for entry in self.names.get(spelling, ()))
        return sorted({entry.full_name: entry for entry in found}.values(), key=lambda entry: entry.full_name)

    def _miss(self, name: str) -> UnknownNameError | EntryLoadError:
        for lost in self.losses(name):
            others = elsewhere(self.having(name))
            if lost.kind in _OF_POLICY:
                return BlockedNameError(f"{name!r} is blocked: {lost}{others}")
            error = EntryLoadError(f"{name!r} is broken: {lost}{others}")
            error.__cause__ = lost.cause
            return error
        return UnknownNameError(explain(name, self))

    def add(self, entry: Entry) -> None:
        """Add what the process registers, in the place of the same class's entry of before.

        Raises
        ------
        NameTakenError
            If one of its names is somebody else's.
        """
        for name in entry.names:
            self._check_free(name, entry)
        former = self.entries.get(entry.full_name)
        self.entries[entry.full_name] = entry
        for name in entry.names:
            self.names[name] = self.names[f"{SESSION}:{name}"] = (entry,)
        self._note_giver(entry)
        for name in tuple(self.failures):
            if self.entries[name].preset_of:  # of what was missing, and is not any more
                self.failures.pop(name)
        if former is None:
            return
        for name in set(former.names) - set(entry.names):
            for spelling in (name, f"{SESSION}:{name}"):
                self._forget(former, spelling)
        for name, loaded in tuple(self.loaded.items()):
            if any(link is former for link in loaded.chain):
                self.loaded.pop(name)

    def _forget(self, former: Entry, name: str) -> None:
        having = self.names.get(name, ())
        others = tuple(entry for entry in having if entry is not former)
        if others:
            self.names[name] = others
        elif having:
            del self.names[name]

    def _check_free(self, name: str, entry: Entry) -> None:
        for row in self.withheld(name):
            raise NameTakenError(
                f"the name {name!r} is kept back by {row.source}: {row}; choose another for yours"
            )
        for lost in self.losses(name):
            # What is broken has the name no more than what is not installed; what is blocked has it still.
            if lost.kind in (*_OF_POLICY, "contested"):
                raise NameTakenError(f"the name {name!r} is blocked, and so not free: {lost}; choose another")
        for holder in self.candidates(name):
            is_same = holder.full_name == entry.full_name and holder.place == entry.place
            if not is_same:
                raise NameTakenError(
                    f"the name {name!r} is taken by {holder.full_name} ({holder.source}); choose another"
                )

    def load(self, entry: Entry) -> Loaded:
        """Return the class and the arguments of `entry`, importing what it needs the first time.

        Raises
        ------
        EntryLoadError
            If that fails; the failure is remembered, and repeated with its cause.
        """
        name = entry.full_name
        if name in self.loaded:
            return self.loaded[name]
        if name in self.failures:
            raise EntryLoadError(str(self.failures[name])) from self.failures[name].__cause__
        try:
            with in_progress(entry):
                made = self._load(entry)
        except EntryLoadError as error:
            if is_final(entry, error) and self.failures.setdefault(name, error) is error:
                self._tell("seedbed_entry_failed", entry=entry, error=error)
            raise
        kept = self.loaded.setdefault(name, made)
        if kept is made:
            self._givers.setdefault(id(made.initializer_class), []).append(entry)
            self._tell("seedbed_entry_loaded", entry=entry, initializer_class=made.initializer_class)
        return kept

    def _tell(self, hook: str, **arguments: Any) -> None:
        self.observer_problems.extend(tell(self.scan.plugins, hook, **arguments))

    def _load(self, entry: Entry) -> Loaded:
        *presets, target = chain = chain_of(entry, self)
        if not presets:
            initializer_class = load(entry)
            self._check_owned(entry, initializer_class)
        else:
            try:
                initializer_class = self.load(target).initializer_class
            except EntryLoadError as error:
                raise EntryLoadError(
                    f"{entry.full_name} is a preset of {target.full_name}: {error}"
                ) from error
        for link in presets or chain:
            check_bound(link, initializer_class)
        return Loaded(chain, initializer_class, bound(chain))

    def _check_owned(self, entry: Entry, initializer_class: type[Initializer]) -> None:
        if entry.provider not in self.scan.folders:
            return
        from seedbed.governance.owners import check_owned  # noqa: PLC0415 - for classes of packages

        with Attempt() as attempt:
            check_owned(entry, initializer_class, self.scan.folders)
        if isinstance(attempt.error, EntryLoadError):
            raise attempt.error
        if attempt.error is not None:
            raise EntryLoadError(
                f"{entry.full_name} ({entry.source}) cannot be examined: {described(attempt.error)}"
            ) from attempt.error

    def giver(self, initializer_class: type[Initializer]) -> Entry | None:
        """Return the most canonical of the entries that give this very class."""
        module, qualname = place_of(initializer_class)
        keys = (id(initializer_class), (module.partition(".")[0], qualname))
        may_give = {entry.full_name: entry for key in keys for entry in self._givers.get(key, ())}
        for entry in sorted(may_give.values(), key=_canonical_first):
            try:
                if self.load(entry).initializer_class is initializer_class:
                    return entry
            except EntryLoadError:  # remembered, and raised when this entry itself is asked for
                continue
        return None

    def _note_giver(self, entry: Entry) -> None:
        """Note which class the entry may give, as far as that is known without importing another package."""
        module, _, qualname = entry.place.partition(":")
        key = id(entry.target) if entry.is_of_class else (module.partition(".")[0], qualname)
        self._givers.setdefault(key, []).append(entry)


def _canonical_first(entry: Entry) -> tuple[bool, bool, bool, str, str]:
    return (
        bool(entry.preset_of),
        bool(entry.arguments),
        entry.deprecated is not None,
        entry.provider,
        entry.name,
    )

"""`State`, what the catalogue knows between two refreshes: what names mean, and what has been loaded."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from seedbed.catalogue.chains import bound, chain_of
from seedbed.catalogue.in_progress import in_progress, is_final
from seedbed.catalogue.loading import Loaded, RecipeFile, check_bound, load, read_recipe
from seedbed.catalogue.meanings import Meant, in_order, meanings, normal
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
    cut,
    place_of,
    text_of,
    vars_of,
)
from seedbed.initializer import Initializer
from seedbed.issue import Issue
from seedbed.rows import LONGEST_TEXT, Withheld

_OF_POLICY: Final = ("blocked", "unlocked")


@dataclass(slots=True, eq=False, repr=False)
class State:
    """Replaced as a whole by a refresh, so that no look-up sees half of one; use `of` to make one.

    Parameters
    ----------
    scan
        What it was made of.
    entries
        By full name, core's first.
    names
        What each name could mean, bare or full: entries, and rows that keep it from meaning one; nothing
        where it is reserved.
    lost_names
        What keeps entries out that a name would mean.
    problems, blocked
        What is wrong, and what the policy keeps out.
    loaded, failures, observer_problems
        What has been loaded, and what went wrong then. All dicts are changed by operations that are atomic,
        and no lock is held while anything is imported.
    """

    scan: Scan
    entries: dict[str, Entry]
    names: dict[str, tuple[Meant, ...]]
    lost_names: dict[str, list[Issue]]
    problems: tuple[Issue, ...]
    blocked: tuple[Issue, ...]
    loaded: dict[str, Loaded] = field(default_factory=dict)
    failures: dict[str, EntryLoadError] = field(default_factory=dict)
    observer_problems: list[Issue] = field(default_factory=list)
    _givers: dict[object, list[Entry]] = field(default_factory=dict)
    _providers: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, scan: Scan, registered: Iterable[Entry] = ()) -> State:
        """Return one of which nothing has been loaded."""
        state = cls(scan, *meanings(scan, registered))
        for entry in state.entries.values():
            state._note(entry)
        return state

    def meaning(self, name: str) -> Entry | None:
        """Return what `find` would, if that takes no more than a look."""
        known = self.names.get(name, ())
        row = known[0] if len(known) == 1 and ">" not in name else None
        return row if isinstance(row, Entry) else None

    def find(self, name: str, *, what: str = "initializer") -> Entry:
        """Return the entry that `name` means, as `Catalogue.entry` does, or raise what that raises."""
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
        for lost in self.losses(name):
            others = elsewhere(self.having(name))
            if lost.kind in _OF_POLICY:
                raise BlockedNameError(f"{name!r} is blocked: {lost}{others}")
            raise EntryLoadError(f"{name!r} is broken: {lost}{others}") from lost.cause
        raise UnknownNameError(explain(name, self, what=what))

    def rows(self, name: str) -> tuple[Meant, ...]:
        """Return all that `name` could mean, in the order of their providers' names."""
        known = self.names.get(name)
        if known is not None and ">" not in name:
            return known
        found = self.names.get(normal(name), ())
        if found and found[0].provider == CORE:
            return found
        # An alias "package>Name" may be somebody's full name too, and then means neither; core's is core's.
        return tuple({id(row): row for row in (*(known or ()), *found)}.values())

    def candidates(self, name: str) -> tuple[Entry, ...]:
        """Return every entry that `name` could mean, in the order of their providers' names."""
        return tuple(row for row in self.rows(name) if isinstance(row, Entry))

    def withheld(self, name: str) -> tuple[Withheld, ...]:
        """Return the rows that keep `name` from meaning an entry, in the order of their providers."""
        return tuple(row for row in self.rows(name) if not isinstance(row, Entry))

    def having(self, name: str) -> list[Entry]:
        """Return the entries that have a name as their own or as an alias, whatever it means."""
        names = [f"{provider}:{name}" for provider in tuple(self._providers)]
        found = (row for spelling in (normal(name), *names) for row in self.names.get(spelling, ()))
        entries = {row.full_name: row for row in found if isinstance(row, Entry)}
        return [entries[full_name] for full_name in sorted(entries)]

    def losses(self, name: str) -> list[Issue]:
        """Return what keeps entries out that `name` would mean."""
        spellings = dict.fromkeys((name, normal(name)))
        return [lost for spelling in spellings for lost in self.lost_names.get(spelling, ())]

    def has_of_core(self, name: str) -> bool:
        """Say whether `name` means something of core's, or is withheld by it."""
        return any(row.provider == CORE for row in self.rows(name))

    def own(self, entry: Entry) -> Entry:
        """Return an entry that somebody has kept; if it is of before a refresh, raise an `EntryLoadError`."""
        if self.entries.get(entry.full_name) != entry:
            raise EntryLoadError(
                f"{entry.full_name} ({entry.source}) is no entry of this catalogue, or of before a refresh; "
                "ask for it by its name"
            )
        return entry

    def summary(self, entry: Entry) -> str:
        """Return one line on `entry`, without importing any package for it."""
        return cut(self._whole_summary(entry), LONGEST_TEXT)

    def _whole_summary(self, entry: Entry) -> str:
        if entry.summary:
            return entry.summary
        if entry.preset_of:
            binds = ", ".join(f"{key}={value!r}" for key, value in entry.arguments.items())
            return f"{entry.preset_of} with {binds}" if binds else f"another name of {entry.preset_of}"
        if isinstance(entry.target, type):
            return _first_line(entry.target)
        if entry.full_name in self.loaded:
            return _first_line(self.load(self.own(entry)).initializer_class)
        return self.scan.summaries.get(entry.provider, "")

    def add(self, entry: Entry) -> None:
        """Add what the process registers, in the place of the same class's entry of before.

        It is a `NameTakenError` if one of its names is somebody else's.
        """
        for name in entry.names:
            self._check_free(name, entry)
        former = self.entries.get(entry.full_name)
        self.entries[entry.full_name] = entry
        for name in entry.names:
            self.names[name] = self.names[f"{SESSION}:{name}"] = (entry,)
        self._note(entry)
        for name in tuple(self.failures):
            if self.entries[name].preset_of:  # of what was missing, and may not be any more
                self.failures.pop(name)
        if former is not None:
            self._forget(former, set(former.names) - set(entry.names))

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
            if (holder.full_name, holder.place) != (entry.full_name, entry.place):
                fix = "choose another"
                if name == entry.class_name and name not in (entry.name, *entry.aliases):
                    fix = "the class has this name: give the class another one"
                raise NameTakenError(
                    f"the name {name!r} is taken by {holder.full_name} ({holder.source}); {fix}"
                )

    def _forget(self, former: Entry, names: Iterable[str]) -> None:
        """Drop the names of an entry that was replaced, and what was loaded of it."""
        for name in (spelling for bare in names for spelling in (bare, f"{SESSION}:{bare}")):
            having = self.names.pop(name, ())
            if others := tuple(entry for entry in having if entry is not former):
                self.names[name] = others
        for name, loaded in tuple(self.loaded.items()):
            if any(link is former for link in loaded.chain):
                self.loaded.pop(name)

    def is_recipe(self, entry: Entry) -> bool:
        """Say whether an entry is a recipe, or a preset of one."""
        if not entry.preset_of:
            return entry.is_recipe
        try:
            return chain_of(entry, self)[-1].is_recipe
        except EntryLoadError:  # raised when it is asked for
            return False

    def listed(self, *, recipes: bool) -> list[Entry]:
        """Return the entries that are recipes, or all the others, in the order of the catalogue."""
        return [row for row in in_order(self.entries.values()) if self.is_recipe(row) == recipes]

    def recipe(self, entry: Entry) -> RecipeFile:
        """Return the file of a recipe, and the parameters that it binds; an `EntryLoadError` without one."""
        if not self.is_recipe(entry):
            raise UnknownNameError(f"{entry.full_name} is an initializer, and no recipe; give it to a rule")
        chain = chain_of(entry, self)
        return read_recipe(chain, bound(chain))

    def load(self, entry: Entry) -> Loaded:
        """Return the class and the arguments of `entry`, importing what it needs the first time.

        If that fails, it is an `EntryLoadError`, which is remembered, and repeated with its cause.
        """
        name = entry.full_name
        if name in self.loaded:
            return self.loaded[name]
        if self.is_recipe(entry):
            raise EntryLoadError(
                f"{name} is a recipe, rules for a whole model, and no initializer; pass its name to "
                f"`initialize`, or call seedbed.recipe({name!r})"
            )
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
        try:
            initializer_class = (
                self.load(target).initializer_class if presets else load(entry, self.scan.folders)
            )
        except EntryLoadError as error:
            if not presets:
                raise
            raise EntryLoadError(f"{entry.full_name} is a preset of {target.full_name}: {error}") from error
        for link in presets or chain:
            check_bound(link, initializer_class)
        return Loaded(chain, initializer_class, bound(chain))

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

    def _note(self, entry: Entry) -> None:
        """Note whose the entry is, and which class it may give, as far as its row says."""
        self._providers.add(entry.provider)
        module, _, qualname = entry.place.partition(":")
        key = id(entry.target) if entry.is_of_class else (module.partition(".")[0], qualname)
        self._givers.setdefault(key, []).append(entry)


def _canonical_first(entry: Entry) -> tuple[bool, bool, bool, str, str]:
    is_deprecated = entry.deprecated is not None
    return (bool(entry.preset_of), bool(entry.arguments), is_deprecated, entry.provider, entry.name)


def _first_line(initializer_class: type[Initializer]) -> str:
    doc = text_of(vars_of(initializer_class).get("__doc__"))  # which anybody may have set to anything
    return (doc or "").strip().partition("\n")[0]

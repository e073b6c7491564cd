"""`State`, what the catalogue knows between two refreshes: a snapshot, and what has been loaded from it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from seedbed.catalogue.in_progress import Underway
from seedbed.catalogue.loading import check_bound, load
from seedbed.catalogue.plugins import Plugins
from seedbed.catalogue.snapshot import Snapshot
from seedbed.catalogue.withheld import refusal
from seedbed.constructor import construct
from seedbed.discovery.providers import CORE
from seedbed.entry import Entry
from seedbed.errors import (
    AmbiguousNameError,
    ArgumentError,
    EntryLoadError,
    SeedbedError,
    UnknownNameError,
    described,
    place_of,
    prefixed,
)
from seedbed.frozen import Frozen
from seedbed.governance.owners import check_owned
from seedbed.initializer import Initializer
from seedbed.issue import Issue


class Recipe(Frozen):
    """A loaded entry: its class, and the arguments that it binds."""

    entry: Entry
    initializer_class: type[Initializer]
    arguments: Mapping[str, Any]

    def make(self, overrides: Mapping[str, Any]) -> Initializer:
        """Construct the initializer; errors name the entry.

        Raises
        ------
        ConfigError
            If an argument is unknown or missing.
        ArgumentError
            If the constructor refuses an argument.
        """
        try:
            return construct(self.initializer_class, {**self.arguments, **overrides})
        except SeedbedError as error:
            raise prefixed(error, self.entry.full_name) from error
        except MemoryError:
            raise
        except Exception as error:
            raise ArgumentError(
                f"{self.entry.full_name} ({self.entry.source}) refused its arguments: {described(error)}"
            ) from error


class State(Frozen):
    """Replaced as a whole by a refresh, so that no look-up sees half of one.

    The dicts only grow, by operations that are atomic; no lock is held while anything is imported.
    """

    snapshot: Snapshot
    plugins: Plugins
    underway: Underway
    recipes: dict[str, Recipe]
    failures: dict[str, EntryLoadError]
    observer_problems: list[Issue]

    @classmethod
    def fresh(cls, snapshot: Snapshot, plugins: Plugins, underway: Underway) -> State:
        """Return one of which nothing has been loaded."""
        return cls(snapshot, plugins, underway, {}, {}, [])

    def recipe(self, entry: Entry) -> Recipe:
        """Return the class and the arguments of `entry`, importing what it needs the first time.

        Raises
        ------
        EntryLoadError
            If that fails; the failure is remembered, and repeated with its cause.
        """
        name = entry.full_name
        if name in self.recipes:
            return self.recipes[name]
        if name in self.failures:
            raise EntryLoadError(str(self.failures[name])) from self.failures[name].__cause__
        try:
            with self.underway.load(entry):
                made = self._make_recipe(entry)
        except EntryLoadError as error:
            if self.underway.is_final(entry, error) and self.failures.setdefault(name, error) is error:
                self.observer_problems.extend(
                    self.plugins.tell("seedbed_entry_failed", entry=entry, error=error)
                )
            raise
        kept = self.recipes.setdefault(name, made)
        if kept is made:
            problems = self.plugins.tell(
                "seedbed_entry_loaded", entry=entry, initializer_class=made.initializer_class
            )
            self.observer_problems.extend(problems)
        return kept

    def take_over(self, former: State) -> None:
        """Keep what `former` knows of the entries that are the same in both, so that none is loaded twice."""
        known = self.snapshot.by_full_name
        for recipe in tuple(former.recipes.values()):
            if all(known.get((link.provider, link.name)) is link for link in former._chain(recipe.entry)):
                self.recipes[recipe.entry.full_name] = recipe
        for entry in self.snapshot.entries:
            failure = former.failures.get(entry.full_name)
            if failure is not None and not entry.preset_of:  # a preset's base may be among what is new
                self.failures[entry.full_name] = failure
        self.observer_problems.extend(former.observer_problems)

    def entries_of(self, initializer_class: type[Initializer]) -> Iterator[Entry]:
        """Yield the entries that give this very class, the most canonical first."""
        for entry in sorted(self.snapshot.entries, key=_canonical_first):
            if entry.full_name in self.recipes or _may_give(entry, initializer_class):
                try:
                    found = self.recipe(entry).initializer_class
                except EntryLoadError:  # remembered, and raised when this entry itself is asked for
                    continue
                if found is initializer_class:
                    yield entry

    def bound(self, entry: Entry) -> dict[str, Any]:
        """Return the arguments that `entry` binds, with those of the entries that it is a preset of.

        Raises
        ------
        EntryLoadError
            If one of these does not exist, or is `entry` again.
        """
        arguments: dict[str, Any] = {}
        for link in self._chain(entry):
            arguments = {**link.arguments, **arguments}
        return arguments

    def _make_recipe(self, entry: Entry) -> Recipe:
        *presets, target = self._chain(entry)
        if not presets:
            initializer_class = load(entry)
            check_owned(entry, initializer_class, self.snapshot.folders)
            check_bound(entry, initializer_class)
            return Recipe(entry, initializer_class, entry.arguments)
        try:
            initializer_class = self.recipe(target).initializer_class
        except EntryLoadError as error:
            raise EntryLoadError(f"{entry.full_name} is a preset of {target.full_name}: {error}") from error
        for preset in presets:
            check_bound(preset, initializer_class)
        return Recipe(entry, initializer_class, self.bound(entry))

    def _chain(self, entry: Entry) -> list[Entry]:
        """Return `entry`, what it is a preset of, and so on to an entry with a target."""
        chain = [entry]
        while chain[-1].preset_of:
            base = self._base_of(chain[-1])
            if base in chain:
                names = " -> ".join(link.full_name for link in (*chain, base))
                raise EntryLoadError(f"{entry.full_name} is a preset of itself: {names}")
            chain.append(base)
        return chain

    def _base_of(self, entry: Entry) -> Entry:
        """Return what `entry` is a preset of, which no other package's being installed can change."""
        known = self.snapshot.by_full_name
        if rows := self.snapshot.withheld(f"{entry.provider}:{entry.preset_of}"):
            raise _no_base(entry, refusal(entry.preset_of, rows))
        if lost := next(self.snapshot.losses(f"{entry.provider}:{entry.preset_of}"), None):
            raise EntryLoadError(
                f"{entry.full_name} is a preset of {entry.preset_of!r}, which is lost: {lost}"
            )
        base = known.get((entry.provider, entry.preset_of)) or known.get((CORE, entry.preset_of))
        if base is not None:
            return base
        if rows := self.snapshot.withheld(f"{CORE}:{entry.preset_of}"):
            raise _no_base(entry, refusal(entry.preset_of, rows))
        try:
            if ":" in entry.preset_of:
                return self.snapshot.find(entry.preset_of)
        except (UnknownNameError, AmbiguousNameError) as error:
            raise _no_base(entry, error) from error
        raise EntryLoadError(
            f"{entry.full_name} is a preset of {entry.preset_of!r}, which neither {entry.provider} nor "
            "seedbed provides; name another package's entry in full, as 'provider:name'"
        )


def _no_base(entry: Entry, error: SeedbedError) -> EntryLoadError:
    return EntryLoadError(f"{entry.full_name} is a preset of {entry.preset_of!r}: {error}")


def _canonical_first(entry: Entry) -> tuple[bool, bool, bool, str, str]:
    return (
        bool(entry.preset_of),
        bool(entry.arguments),
        entry.deprecated is not None,
        entry.provider,
        entry.name,
    )


def _may_give(entry: Entry, initializer_class: type[Initializer]) -> bool:
    """Say whether loading `entry` could give this class, importing only the package that it comes from."""
    if isinstance(entry.target, type):
        return entry.target is initializer_class
    module, qualname = place_of(initializer_class)
    its_module, _, its_qualname = entry.target.partition(":")
    return its_module.partition(".")[0] == module.partition(".")[0] and its_qualname == qualname

"""`Catalogue`, the one object that holds state: which initializers exist, and which one a name means."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final, TypeVar, overload

from seedbed.arguments import flag, of_kind
from seedbed.arguments import text as check_text
from seedbed.catalogue.active import active
from seedbed.catalogue.chains import bound, chain_of
from seedbed.catalogue.given import made_of
from seedbed.catalogue.loading import Loaded, RecipeFile, load
from seedbed.catalogue.misses import no_entry, of_config
from seedbed.catalogue.state import State
from seedbed.catalogue.states import States
from seedbed.constructor import parameters
from seedbed.discovery.providers import CORE, SESSION, Provider
from seedbed.entry import Entry
from seedbed.errors import (
    ConfigError,
    DeprecatedNameWarning,
    EntryError,
    IdentifierError,
    UnknownNameError,
    shown,
)
from seedbed.governance.policy import Policy
from seedbed.initializer import Initializer, config_of
from seedbed.issue import Issue
from seedbed.rows import Withheld
from seedbed.warning import warn

if TYPE_CHECKING:
    from seedbed.catalogue.changes import Changes
    from seedbed.catalogue.choice import Choice
    from seedbed.catalogue.plugins import Plugin
    from seedbed.config import Reference
    from seedbed.governance.policy_file import PolicyLike

InitializerClass = TypeVar("InitializerClass", bound=type[Initializer])
Function = TypeVar("Function", bound=Callable[..., Any])

_A_NAME: Final = "text, the name of an entry"
_KERAS_AXES: Final = frozenset({"input_axes", "output_axes"})
"""What initializers of Keras's take for the axes of a weight."""

_AN_ENTRY: Final = "an Entry; for a name, ask Catalogue.entry(name) for it"


class Catalogue:
    """All initializers: core's, those of installed packages, and those registered in this process.

    Nothing is scanned until a name is asked for that is not core's, and no plugin's initializer is imported
    until its own name is asked for. Iterating gives every `Entry`, core's first; ``name in catalogue`` says
    whether `entry` would find one; ``len`` counts them.

    Parameters
    ----------
    scan
        Whether to look for installed packages. Without, there are only core's initializers and what is
        registered.
    policy
        Which packages may serve which names: the path of a TOML file, a dict such as ``{"mode": "open"}``,
        or ``None`` for that of the environment variable ``SEEDBED_POLICY``.

    Raises
    ------
    PolicyError
        If `policy` cannot be read, or is malformed.

    Examples
    --------
    >>> catalogue = Catalogue(scan=False)
    >>> catalogue.entry("xavier_uniform").name
    'glorot_uniform'
    >>> catalogue.get("he_normal", seed=7)
    HeNormal(seed=7)
    """

    def __init__(self, *, scan: bool = True, policy: PolicyLike | None = None) -> None:
        self._states = States(scan=flag("scan", scan), policy=policy)

    def entry(self, name: str) -> Entry:
        """Return the entry that `name` means: a bare name, an alias, or a full name ``provider:name``.

        Raises
        ------
        UnknownNameError
            If there is none.
        RemovedNameError
            If a package had it; the message says what replaced it.
        AmbiguousNameError
            If several packages have this bare name, or it is one that has more than one meaning.
        EntryLoadError
            If the name was lost through a broken package.
        """
        check_text("name", name, _A_NAME)
        return self._states.found(name)[1]

    @property
    def recipes(self) -> tuple[Entry, ...]:
        """The recipes of all packages, in the order of their full names."""
        return tuple(self._states.complete().listed(recipes=True))

    def recipe(self, name: str) -> RecipeFile:
        """Return the file of the recipe that `name` means, for `seedbed.recipe`; errors are as in `entry`."""
        check_text("name", name, _A_NAME)
        state, entry = self._states.found(name, what="recipe")
        return state.recipe(entry)

    def load(self, entry: Entry | str) -> type[Initializer]:
        """Import and return the class of an entry.

        Raises
        ------
        EntryLoadError
            If its package is broken; the message names provider and version, and the cause is kept.
        """
        if isinstance(entry, str):
            state, entry = self._states.found(entry)
        else:
            of_kind("entry", entry, Entry, "an Entry, or the name of one")
            state = self._states.of(entry)
        return state.load(state.own(entry)).initializer_class

    def arguments(self, entry: Entry) -> dict[str, Any]:
        """Return the arguments that `entry` binds, with those of what it is a preset of; import nothing.

        Raises
        ------
        EntryLoadError
            If it is a preset of something that does not exist, or of itself.
        """
        of_kind("entry", entry, Entry, _AN_ENTRY)
        state = self._states.of(entry)
        return bound(chain_of(state.own(entry), state))

    def candidates(self, name: str) -> tuple[Entry, ...]:
        """Return every entry that `name` could mean; more than one if it is ambiguous."""
        check_text("name", name, _A_NAME)
        return self._states.that_knows(name).candidates(name)

    def withheld(self, name: str) -> tuple[Withheld, ...]:
        """Return the tombstones and homonyms that keep `name` from meaning an entry; mostly none."""
        check_text("name", name, _A_NAME)
        return self._states.that_knows(name).withheld(name)

    @property
    def every_withheld(self) -> tuple[Withheld, ...]:
        """The tombstones and homonyms of all packages that the policy allows, sorted by their full names."""
        meant = [row for rows in tuple(self._states.complete().names.values()) for row in rows]
        rows = {(row.provider, row.name): row for row in meant if not isinstance(row, Entry)}
        return tuple(rows[key] for key in sorted(rows))

    def choice(self, name: str) -> Choice:
        """Return everything that `name` could mean, which of it it does mean, and why; import nothing."""
        check_text("name", name, _A_NAME)
        from seedbed.catalogue.choice import choose  # noqa: PLC0415 - no look-up needs it

        return choose(name, self._states.complete())

    def search(self, *words: str) -> list[Entry]:
        """Return the entries in whose names, provider, owner, tags or summary every one of `words` occurs."""
        for word in words:
            check_text("word", word)
        wanted = [word.casefold() for word in words]
        found = []
        for entry in self:
            words = (entry.provider, *entry.names, entry.owner, *entry.tags, self.summary(entry))
            text = " ".join(words).casefold()
            if all(word in text for word in wanted):
                found.append(entry)
        return found

    def summary(self, entry: Entry) -> str:
        """Return one line on `entry`, without importing any package for it."""
        of_kind("entry", entry, Entry, _AN_ENTRY)
        return self._states.of(entry).summary(entry)

    @property
    def policy(self) -> Policy:
        """Which packages may serve which names, as of the last scan."""
        return self._states.complete().scan.policy

    @property
    def providers(self) -> tuple[Provider, ...]:
        """The packages that entries and plugins come from, sorted by name."""
        state = self._states.complete()
        names = {entry.provider for entry in tuple(state.entries.values())}
        names |= {plugin.provider for plugin in state.scan.plugins if plugin.manager is not None}
        versions, folders = state.scan.versions, state.scan.folders
        return tuple(Provider(name, versions.get(name, ""), folders.get(name, "")) for name in sorted(names))

    def plugins_of(self, provider: str) -> tuple[Plugin, ...]:
        """Return the plugins of a package that the policy allows, with what their hooks returned."""
        return tuple(found for found in self._states.complete().scan.plugins if found.provider == provider)

    @property
    def blocked(self) -> tuple[Issue, ...]:
        """What the policy keeps out, and by which of its lines."""
        return self._states.complete().blocked

    @property
    def problems(self) -> tuple[Issue, ...]:
        """What is wrong with installed packages; nothing of it has been raised.

        The first time after a scan this reads the metadata of every package, which no look-up does.
        """
        state = self._states.complete()
        of_metadata = sorted((*state.problems, *state.scan.examine()), key=str)
        return (*of_metadata, *state.observer_problems)

    def __iter__(self) -> Iterator[Entry]:
        return iter(self._states.complete().listed(recipes=False))

    def __len__(self) -> int:
        return len(self._states.complete().listed(recipes=False))

    def __contains__(self, name: object) -> bool:
        if isinstance(name, Entry):
            return self._states.complete().entries.get(name.full_name) == name
        rows = self._states.that_knows(name).rows(name) if isinstance(name, str) else ()
        return len(rows) == 1 and isinstance(rows[0], Entry)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {len(self)} initializers>"

    @overload
    def get(self, identifier: None, /) -> None: ...
    @overload
    def get(
        self, identifier: str | Mapping[str, Any] | Initializer | type[Initializer], /, **overrides: Any
    ) -> Initializer: ...
    @overload
    def get(self, identifier: Function, /) -> Function: ...

    def get(self, identifier: Any, /, *unnamed: Any, **overrides: Any) -> Any:
        """Do as `seedbed.get` does, with the entries of this catalogue."""
        if unnamed:
            raise self._unnamed(identifier, unnamed)
        if isinstance(identifier, str):
            state, entry = self._states.found(identifier)
            loaded = state.load(entry)
            if loaded.shared is not None and not overrides:
                return loaded.shared
            return self._make(state, entry, _as_asked(identifier, loaded, overrides), asked=identifier)
        if isinstance(identifier, Mapping):
            return self.from_config(identifier, **overrides)
        if isinstance(identifier, Initializer) and not overrides:
            return identifier
        with active(self):
            return made_of(identifier, overrides)

    def _make(
        self, state: State, entry: Entry, arguments: Mapping[str, Any], *, asked: str = ""
    ) -> Initializer:
        if entry.deprecated is not None:
            warn(f"{entry.full_name} is {entry.deprecated}", DeprecatedNameWarning)
        loaded = state.load(entry)
        with active(self):
            made = loaded.make(arguments, asked=asked)
        if entry.provider == CORE and not (arguments or entry.deprecated):
            loaded.shared = made
        return made

    def _unnamed(self, identifier: Any, unnamed: tuple[Any, ...]) -> Exception:
        wanted = parameters(self.load(identifier)) if isinstance(identifier, str) else ()
        named = f"{next(iter(wanted), 'seed')}={shown(unnamed[0])}"
        return IdentifierError(
            f"got {', '.join(map(shown, unnamed))} after {shown(identifier)}; name each argument, as in "
            f"get({shown(identifier)}, {named})"
        )

    def from_config(self, config: Mapping[str, Any], /, **overrides: Any) -> Initializer:
        """Do as `seedbed.from_config` does, with the entries of this catalogue."""
        from seedbed import config as configs  # noqa: PLC0415 - no look-up by a name needs it

        reference = configs.read(config)
        state, entry = self._referenced(reference)
        arguments = reference.arguments
        if entry.provider == CORE and not reference.provider:
            accepted = parameters(state.load(entry).initializer_class)
            arguments = configs.from_keras(arguments, accepted, class_name=reference.name)
        return self._make(state, entry, {**arguments, **overrides})

    def to_config(self, initializer: Initializer, /) -> dict[str, Any]:
        """Do as `seedbed.to_config` does, with the entries of this catalogue."""
        from seedbed import config as configs  # noqa: PLC0415 - no look-up by a name needs it

        if not isinstance(initializer, Initializer):
            raise ConfigError(f"got {shown(initializer)}; only a seedbed.Initializer has a config")
        state, entry = self._giver(type(initializer))
        by_class_name = state.names.get(f"{entry.provider}:{entry.class_name}") == (entry,)
        name = entry.class_name if by_class_name else entry.name
        with active(self):
            return configs.write(entry, name, config_of(initializer))

    def register(
        self, initializer_class: InitializerClass, name: str, *, aliases: tuple[str, ...] = ()
    ) -> InitializerClass:
        """Do as `seedbed.register` does, for this catalogue."""
        if not isinstance(initializer_class, type):
            kind = type(initializer_class)
            hint = f"; give its class, {kind.__name__}" if issubclass(kind, Initializer) else ""
            raise EntryError(
                f"register takes a subclass of Initializer, got {shown(initializer_class)}{hint}"
            )
        entry = Entry(name, initializer_class, aliases=aliases).provided_by(SESSION, "")
        load(entry, {})
        self._states.register(entry)
        return initializer_class

    def refresh(self) -> Changes:
        """Do as `seedbed.refresh` does, for this catalogue."""
        from seedbed.catalogue.changes import changes  # noqa: PLC0415 - no look-up needs it

        before, imported = self._states.complete(), frozenset(sys.modules)
        return changes(before, self._states.refresh(), imported)

    def _referenced(self, reference: Reference) -> tuple[State, Entry]:
        if not reference.provider:
            return self._states.found(reference.name)
        name = f"{reference.provider}:{reference.name}"
        try:
            return self._states.found(name)
        except UnknownNameError as error:
            raise of_config(error, name, reference.version, self._states.that_knows(name)) from error

    def _giver(self, initializer_class: type[Initializer]) -> tuple[State, Entry]:
        for find in (self._states.with_core, self._states.complete):  # called in turn: core's cost no scan
            state = find()
            entry = state.giver(initializer_class)
            if entry is not None:
                return state, entry
        raise ConfigError(no_entry(initializer_class))


def _as_asked(identifier: str, loaded: Loaded, overrides: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return arguments under our names, where the name asked for is that of Keras or TensorFlow."""
    if _KERAS_AXES.isdisjoint(overrides) or ".initializers." not in identifier:
        return overrides
    from seedbed.config import from_keras  # noqa: PLC0415 - few calls need it

    return from_keras(overrides, parameters(loaded.initializer_class), class_name="")

"""`Catalogue`, the one object that holds state: which initializers exist, and which one a name means."""

from __future__ import annotations

import importlib
import os
import sys
from _thread import (  # `threading` takes longer to import than to read a hundred packages
    LockType,
    allocate_lock,
)
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, TypeVar, overload

from seedbed.catalogue.active import Active
from seedbed.catalogue.chosen_engine import choose_engine, wanted_engine
from seedbed.catalogue.given import made_of
from seedbed.catalogue.loading import load
from seedbed.catalogue.meanings import in_order
from seedbed.catalogue.scan import (
    Scan,
    may_be_of_core,
    refuse_within_a_scan,
    scan_core,
    scan_installed,
    within_a_scan,
)
from seedbed.catalogue.state import State
from seedbed.constructor import parameters
from seedbed.discovery.providers import CORE, SESSION, Provider
from seedbed.entry import Entry
from seedbed.errors import (
    ConfigError,
    DeprecatedNameWarning,
    EntryLoadError,
    IdentifierError,
    PolicyError,
    UnknownNameError,
    shown,
    text_of,
    vars_of,
)
from seedbed.governance.policy import OPEN, Policy, policy_variables
from seedbed.initializer import Initializer, config_of
from seedbed.issue import Issue
from seedbed.rows import Withheld
from seedbed.warning import warn

if TYPE_CHECKING:
    from seedbed.catalogue.changes import Changes
    from seedbed.catalogue.choice import Choice
    from seedbed.config import Reference
    from seedbed.governance.policy_file import PolicyLike

InitializerClass = TypeVar("InitializerClass", bound=type[Initializer])
Function = TypeVar("Function", bound=Callable[..., Any])


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
        self._scan = scan
        self._given = policy
        if policy is not None:
            from seedbed.governance.policy_file import lasting  # noqa: PLC0415 - for who has a policy

            self._given = lasting(policy)
        self._locks: dict[int, LockType] = {}
        self._policy: Policy | None = None
        self._state: State | None = None
        self._registered: dict[str, Entry] = {}

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
        return self._found(name)[1]

    def load(self, entry: Entry | str) -> type[Initializer]:
        """Import and return the class of an entry.

        Raises
        ------
        EntryLoadError
            If its package is broken; the message names provider and version, and the cause is kept.
        """
        state, entry = self._found(entry) if isinstance(entry, str) else (self._state_that_has(entry), entry)
        return state.load(entry).initializer_class

    def arguments(self, entry: Entry) -> dict[str, Any]:
        """Return the arguments that `entry` binds, with those of what it is a preset of; import nothing.

        Raises
        ------
        EntryLoadError
            If it is a preset of something that does not exist, or of itself.
        """
        from seedbed.catalogue.chains import bound, chain_of  # noqa: PLC0415 - no look-up needs it

        return bound(chain_of(entry, self._state_that_has(entry)))

    def candidates(self, name: str) -> tuple[Entry, ...]:
        """Return every entry that `name` could mean; more than one if it is ambiguous."""
        return self._state_for(name).candidates(name)

    def withheld(self, name: str) -> tuple[Withheld, ...]:
        """Return the tombstones and homonyms that keep `name` from meaning an entry; mostly none."""
        return self._state_for(name).withheld(name)

    @property
    def every_withheld(self) -> tuple[Withheld, ...]:
        """The tombstones and homonyms of all packages that the policy allows, sorted by their full names."""
        rows = self._complete().withheld_names.values()
        every = {(row.provider, row.name): row for found in rows for row in found}
        return tuple(every[key] for key in sorted(every))

    def choice(self, name: str) -> Choice:
        """Return everything that `name` could mean, which of it it does mean, and why; import nothing."""
        from seedbed.catalogue.choice import choose  # noqa: PLC0415 - no look-up needs it

        return choose(name, self._complete())

    def search(self, *words: str) -> list[Entry]:
        """Return the entries in whose names, provider, owner, tags or summary every one of `words` occurs."""
        wanted = [word.casefold() for word in words]
        texts = ((entry, self._text(entry)) for entry in self)
        return [entry for entry, text in texts if all(word in text for word in wanted)]

    def summary(self, entry: Entry) -> str:
        """Return one line on `entry`, without importing any package for it."""
        if entry.summary:
            return entry.summary
        if entry.preset_of:
            bound = ", ".join(f"{key}={value!r}" for key, value in entry.arguments.items())
            return f"{entry.preset_of} with {bound}" if bound else f"another name of {entry.preset_of}"
        if isinstance(entry.target, type):
            return _first_line(entry.target)
        state = self._state_of(entry)
        if entry.full_name in state.loaded:
            return _first_line(self.load(entry))
        return state.scan.summaries.get(entry.provider, "")

    @property
    def policy(self) -> Policy:
        """Which packages may serve which names, as of the last scan."""
        return self._complete().scan.policy

    @property
    def providers(self) -> tuple[Provider, ...]:
        """The packages that entries and plugins come from, sorted by name."""
        state = self._complete()
        names = {entry.provider for entry in tuple(state.entries.values())}
        names |= {plugin.provider for plugin in state.scan.plugins if plugin.manager is not None}
        versions, folders = state.scan.versions, state.scan.folders
        return tuple(Provider(name, versions.get(name, ""), folders.get(name, "")) for name in sorted(names))

    @property
    def blocked(self) -> tuple[Issue, ...]:
        """What the policy keeps out, and by which of its lines."""
        return self._complete().blocked

    @property
    def problems(self) -> tuple[Issue, ...]:
        """What is wrong with installed packages; nothing of it has been raised.

        The first time after a scan this reads the metadata of every package, which no look-up does.
        """
        state = self._complete()
        of_metadata = sorted((*state.problems, *state.scan.examine()), key=str)
        return (*of_metadata, *state.observer_problems)

    def __iter__(self) -> Iterator[Entry]:
        return iter(in_order(self._complete().entries.values()))

    def __len__(self) -> int:
        return len(self._complete().entries)

    def __contains__(self, name: object) -> bool:
        if isinstance(name, Entry):
            return self._complete().entries.get(name.full_name) == name
        return isinstance(name, str) and len(self.candidates(name)) == 1 and not self.withheld(name)

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
            state, entry = self._found(identifier)
            shared = state.load(entry).shared
            return shared if shared is not None and not overrides else self._make(state, entry, overrides)
        if isinstance(identifier, Mapping):
            return self.from_config(identifier, **overrides)
        if isinstance(identifier, Initializer) and not overrides:
            return identifier
        with Active(self):
            return made_of(identifier, overrides)

    def _make(self, state: State, entry: Entry, arguments: Mapping[str, Any]) -> Initializer:
        if entry.deprecated is not None:
            warn(f"{entry.full_name} is {entry.deprecated}", DeprecatedNameWarning)
        loaded = state.load(entry)
        with Active(self):
            made = loaded.make(arguments)
        if entry.provider == CORE and not (arguments or entry.deprecated):
            loaded.shared = made
        return made

    def _unnamed(self, identifier: Any, unnamed: tuple[Any, ...]) -> Exception:
        wanted = [*parameters(self.load(identifier))] if isinstance(identifier, str) else []
        named = f"{wanted[0] if wanted else 'name'}={shown(unnamed[0])}"
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
        with Active(self):
            return configs.write(entry, name, config_of(initializer))

    def register(
        self, initializer_class: InitializerClass, name: str, *, aliases: tuple[str, ...] = ()
    ) -> InitializerClass:
        """Do as `seedbed.register` does, for this catalogue."""
        entry = Entry(name, initializer_class, aliases=aliases).provided_by(SESSION, "")
        load(entry)
        if self.policy.mode == "locked":
            raise PolicyError(
                f"{name!r} cannot be registered, since {self.policy.source} has the mode 'locked'; "
                "put the class into a package, and lock it"
            )
        while True:
            state = self._complete()
            with self._lock:
                if self._state is state:
                    state.add(entry)
                    self._registered[name] = entry
                    return initializer_class

    def refresh(self) -> Changes:
        """Do as `seedbed.refresh` does, for this catalogue."""
        from seedbed.catalogue.changes import changes  # noqa: PLC0415 - no look-up needs it

        before, imported = self._complete(), frozenset(sys.modules)
        importlib.invalidate_caches()
        policy = self._read_policy()
        scan = self._new_scan(policy)
        former = self._policy
        with self._lock:
            self._policy = policy
            self._state = after = State.of(scan, self._registered.values())
        if former is not None and former.lock and former.lock != policy.lock:
            from seedbed.governance.guard import release  # noqa: PLC0415 - for who has a lock

            release(former.lock)
        return changes(before, after, imported)

    def _found(self, name: str) -> tuple[State, Entry]:
        """Return the entry that `name` means, and the state that it is in."""
        state = self._state
        if state is not None:
            entry = state.meaning(name)
            if entry is not None and (entry.provider == CORE or not within_a_scan()):
                return state, entry
        state = self._state_for(name)
        return state, state.find(name)

    def _state_for(self, name: str) -> State:
        """Return what says what `name` means; no scan is made for core's, which are nobody else's."""
        state = self._state
        if state is not None and state.scan.is_complete and not within_a_scan():
            return state
        if may_be_of_core(name):
            state = self._of_core()
            if state.has_of_core(name):
                return state
        return self._complete(shown(name))

    def _state_of(self, entry: Entry) -> State:
        return self._of_core() if entry.provider == CORE else self._complete(shown(entry.full_name))

    def _state_that_has(self, entry: Entry) -> State:
        """Return the state of an entry that somebody has kept, which may be of before a refresh.

        Raises
        ------
        EntryLoadError
            If the catalogue has no such entry.
        """
        state = self._state_of(entry)
        if state.entries.get(entry.full_name) != entry:
            raise EntryLoadError(
                f"{entry.full_name} ({entry.source}) is no entry of this catalogue, or of before a refresh; "
                "ask for it by its name"
            )
        return state

    def _of_core(self) -> State:
        """Return a state that has core's entries, for which nothing is scanned."""
        if self._state is not None:
            return self._state
        if self._scan and wanted_engine() and not within_a_scan():
            return self._complete()  # whose plugins offer the engine
        policy = self._policy_in_force()
        state = State.of(scan_core(policy, is_complete=False))
        with self._lock:
            # Not to be kept if there was a refresh meanwhile, or is a scan, after which the engine is chosen.
            if self._state is None and self._policy is policy and not within_a_scan():
                self._state = state
        return state

    def _complete(self, asked: str = "installed entries") -> State:
        """Return the state of all that is installed, which the first call scans."""
        if self._scan:
            refuse_within_a_scan(asked)
        state = self._state
        if state is None or not state.scan.is_complete:
            scan = self._new_scan(self._policy_in_force())
            with self._lock:
                state = self._state
                if state is None or not state.scan.is_complete:
                    state = self._state = State.of(scan, self._registered.values())
        return state

    @property
    def _lock(self) -> LockType:
        """What guards assignments of policy, state and what is registered, and never an import.

        A process that was forked has one of its own: it would wait for ever for a thread that it does not
        have.
        """
        return self._locks.setdefault(os.getpid(), allocate_lock())

    def _new_scan(self, policy: Policy) -> Scan:
        if not self._scan or not policy.reads_packages:
            return scan_core(policy, is_complete=True)
        scan = scan_installed(policy)
        choose_engine({plugin.provider: engine for plugin in scan.plugins for engine in plugin.engines})
        return scan

    def _policy_in_force(self) -> Policy:
        """Return the policy, which is read once and then stays until `refresh`."""
        if self._policy is None:
            policy = self._read_policy()
            with self._lock:
                self._policy = self._policy or policy
        return self._policy

    def _read_policy(self) -> Policy:
        if not any(policy_variables().values()) and self._given is None:
            return OPEN
        from seedbed.governance.policy_file import policy_in_force  # noqa: PLC0415 - for who has a policy

        return policy_in_force(self._given)

    def _referenced(self, reference: Reference) -> tuple[State, Entry]:
        if not reference.provider:
            return self._found(reference.name)
        name = f"{reference.provider}:{reference.name}"
        try:
            return self._found(name)
        except UnknownNameError as error:
            from seedbed.catalogue.misses import of_config  # noqa: PLC0415 - for failures only

            raise of_config(error, name, reference.version, self._state_for(name)) from error

    def _giver(self, initializer_class: type[Initializer]) -> tuple[State, Entry]:
        for find in (self._of_core, self._complete):  # called in turn: core's cost no scan
            state = find()
            entry = state.giver(initializer_class)
            if entry is not None:
                return state, entry
        raise ConfigError(
            f"{initializer_class.__module__}.{initializer_class.__qualname__} is not in the catalogue; "
            f"add it with seedbed.register({initializer_class.__name__}, 'its_name'), or as an entry point "
            "of its package"
        )

    def _text(self, entry: Entry) -> str:
        words = (entry.provider, *entry.names, entry.owner, *entry.tags, self.summary(entry))
        return " ".join(words).casefold()


def _first_line(initializer_class: type[Initializer]) -> str:
    doc = text_of(vars_of(initializer_class).get("__doc__"))  # which anybody may have set to anything
    return (doc or "").strip().partition("\n")[0]

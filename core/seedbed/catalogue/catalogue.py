"""`Catalogue`, the one object that holds state: which initializers exist, and which one a name means."""

from __future__ import annotations

import importlib
import inspect
import sys
from _thread import allocate_lock  # `threading` takes longer to import than to read a hundred packages
from collections.abc import Callable, Iterator, Mapping
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast, overload

from seedbed.catalogue.active import Asking
from seedbed.catalogue.chosen_engine import choose_engine, wanted_engine
from seedbed.catalogue.in_progress import Underway
from seedbed.catalogue.loading import load
from seedbed.catalogue.scan import (
    Scan,
    may_be_of_core,
    refuse_within_a_scan,
    scan_core,
    scan_installed,
    within_a_scan,
)
from seedbed.catalogue.snapshot import Snapshot
from seedbed.catalogue.state import State
from seedbed.constructor import construct, parameters
from seedbed.discovery.providers import CORE, SESSION, Provider
from seedbed.entry import Entry
from seedbed.errors import (
    ArgumentError,
    ConfigError,
    DeprecatedNameWarning,
    EntryLoadError,
    IdentifierError,
    NameTakenError,
    PolicyError,
    UnknownNameError,
    shown,
    text_of,
    vars_of,
)
from seedbed.governance.policy import OPEN, Policy, policy_variables
from seedbed.initializer import Initializer, arguments_of, config_of
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

_IDENTIFIERS: Final = (
    "pass a name, a config dict, an initializer, a class, a callable (shape, dtype=None), or None"
)


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
        self._lock = allocate_lock()  # guards the assignments of the four below, never an import
        self._policy: Policy | None = None
        self._core: State | None = None
        self._full: tuple[Scan, State] | None = None
        self._registered: tuple[Entry, ...] = ()
        self._underway = Underway()  # one for all states, since an import may replace the state
        self._ready: dict[str, Initializer] = {}

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
        return self._snapshot_of(name).find(name)

    def load(self, entry: Entry | str) -> type[Initializer]:
        """Import and return the class of an entry.

        Raises
        ------
        EntryLoadError
            If its package is broken; the message names provider and version, and the cause is kept.
        """
        entry = self.entry(entry) if isinstance(entry, str) else entry
        return self._state_that_has(entry).recipe(entry).initializer_class

    def arguments(self, entry: Entry) -> dict[str, Any]:
        """Return the arguments that `entry` binds, with those of what it is a preset of; import nothing.

        Raises
        ------
        EntryLoadError
            If it is a preset of something that does not exist, or of itself.
        """
        return self._state_that_has(entry).bound(entry)

    def candidates(self, name: str) -> tuple[Entry, ...]:
        """Return every entry that `name` could mean; more than one if it is ambiguous."""
        return self._snapshot_of(name).candidates(name)

    def withheld(self, name: str) -> tuple[Withheld, ...]:
        """Return the tombstones and homonyms that keep `name` from meaning an entry; mostly none."""
        return self._snapshot_of(name).withheld(name)

    @property
    def every_withheld(self) -> tuple[Withheld, ...]:
        """The tombstones and homonyms of all packages that the policy allows, sorted by their full names."""
        rows = self._state().snapshot.withheld_by_full_name
        return tuple(row for key, row in sorted(rows.items(), key=itemgetter(0)) if key[1] == row.name)

    def choice(self, name: str) -> Choice:
        """Return everything that `name` could mean, which of it it does mean, and why; import nothing."""
        from seedbed.catalogue.choice import choose  # noqa: PLC0415 - no look-up needs it

        scan, state = self._scanned()
        return choose(name, state.snapshot, scan.policy)

    def search(self, *words: str) -> list[Entry]:
        """Return the entries in whose names, provider, owner, tags or summary every one of `words` occurs."""
        wanted = [word.casefold() for word in words]
        return [entry for entry in self if all(word in self._text(entry) for word in wanted)]

    def summary(self, entry: Entry) -> str:
        """Return one line on `entry`, without importing any package for it."""
        if entry.summary:
            return entry.summary
        state = self._state_of(entry)
        if entry.preset_of:
            bound = ", ".join(f"{key}={value!r}" for key, value in entry.arguments.items())
            return f"{entry.preset_of} with {bound}" if bound else f"another name of {entry.preset_of}"
        if isinstance(entry.target, type):
            return _first_line(entry.target)
        if entry.provider == CORE or entry.full_name in state.recipes:
            return _first_line(self.load(entry))
        return state.snapshot.summaries.get(entry.provider, "")

    @property
    def policy(self) -> Policy:
        """Which packages may serve which names, as of the last scan."""
        return self._scanned()[0].policy

    @property
    def providers(self) -> tuple[Provider, ...]:
        """The packages that entries and plugins come from, sorted by name."""
        state = self._state()
        versions, folders = state.snapshot.versions, state.snapshot.folders
        names = state.plugins.providers.union(entry.provider for entry in state.snapshot.entries)
        return tuple(Provider(name, versions.get(name, ""), folders.get(name, "")) for name in sorted(names))

    @property
    def blocked(self) -> tuple[Issue, ...]:
        """What the policy keeps out, and by which of its lines."""
        return self._state().snapshot.blocked

    @property
    def problems(self) -> tuple[Issue, ...]:
        """What is wrong with installed packages; nothing of it has been raised.

        The first time after a scan this reads the metadata of every package, which no look-up does.
        """
        scan, state = self._scanned()
        of_metadata = sorted((*state.snapshot.problems, *scan.examine()), key=str)
        return (*of_metadata, *state.observer_problems)

    def __iter__(self) -> Iterator[Entry]:
        return iter(self._state().snapshot.entries)

    def __len__(self) -> int:
        return len(self._state().snapshot.entries)

    def __contains__(self, name: object) -> bool:
        if isinstance(name, Entry):
            return name in self._state().snapshot.entries
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

    def get(self, identifier: Any, /, **overrides: Any) -> Any:
        """Do as `seedbed.get` does, with the entries of this catalogue."""
        ready = self._ready  # asked for once, since another thread may put an empty one in its place
        if not overrides and isinstance(identifier, str) and identifier in ready:
            return ready[identifier]
        if isinstance(identifier, str):
            entry = self.entry(identifier)
            if entry.deprecated:
                warn(f"{entry.full_name} is {entry.deprecated}", DeprecatedNameWarning)
            recipe = self._state_of(entry).recipe(entry)
            with Asking(self):
                initializer = recipe.make(overrides)
            if entry.provider == CORE and not overrides:
                ready[identifier] = initializer  # never changes, so all may share it
            return initializer
        if isinstance(identifier, Mapping):
            return self.from_config(identifier, **overrides)
        if isinstance(identifier, Initializer):
            return self._changed(identifier, overrides) if overrides else identifier
        if isinstance(identifier, type) and issubclass(identifier, Initializer):
            if inspect.isabstract(identifier):
                missing = ", ".join(sorted(identifier.__abstractmethods__))
                raise IdentifierError(f"got the abstract class {identifier.__name__}, which lacks {missing}")
            with Asking(self):
                return construct(identifier, overrides)
        return _as_callable(identifier, overrides)

    def _changed(self, initializer: Initializer, overrides: Mapping[str, Any]) -> Initializer:
        with Asking(self):
            return type(initializer).from_config({**arguments_of(initializer), **overrides})

    def from_config(self, config: Mapping[str, Any], /, **overrides: Any) -> Initializer:
        """Do as `seedbed.from_config` does, with the entries of this catalogue."""
        from seedbed import config as configs  # noqa: PLC0415 - no look-up by a name needs it

        reference = configs.read(config)
        entry = self._referenced(reference)
        if entry.deprecated:
            warn(f"{entry.full_name} is {entry.deprecated}", DeprecatedNameWarning)
        recipe = self._state_of(entry).recipe(entry)
        arguments = reference.arguments
        if entry.provider == CORE and not reference.provider:
            accepted = parameters(recipe.initializer_class)
            arguments = configs.from_keras(arguments, accepted, class_name=reference.name)
        with Asking(self):
            return recipe.make({**arguments, **overrides})

    def to_config(self, initializer: Initializer, /) -> dict[str, Any]:
        """Do as `seedbed.to_config` does, with the entries of this catalogue."""
        from seedbed import config as configs  # noqa: PLC0415 - no look-up by a name needs it

        if not isinstance(initializer, Initializer):
            raise ConfigError(f"got {shown(initializer)}; only a seedbed.Initializer has a config")
        entry = self._entry_of(type(initializer))
        known = self._state_of(entry).snapshot.by_full_name
        by_class_name = known.get((entry.provider, entry.class_name)) == entry
        name = entry.class_name if by_class_name else entry.name
        with Asking(self):
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
            full = self._scanned()
            for other_name in entry.names:
                _check_free(other_name, entry, full[1].snapshot)
            with self._lock:
                if self._full is full:  # not ==, which would compare every entry
                    others = [other for other in self._registered if other.name != name]
                    self._registered = (*others, entry)
                    self._replace(full[0]).take_over(full[1])
                    return initializer_class

    def refresh(self) -> Changes:
        """Do as `seedbed.refresh` does, for this catalogue."""
        from seedbed.catalogue.changes import changes  # noqa: PLC0415 - no look-up needs it

        before, imported = self._state(), frozenset(sys.modules)
        importlib.invalidate_caches()
        policy = self._read_policy()
        scan = self._new_scan(policy)
        former = self._policy
        with self._lock:
            self._policy, self._core = policy, None
            after = self._replace(scan)
        if former is not None and former.lock and former.lock != policy.lock:
            from seedbed.governance.guard import release  # noqa: PLC0415 - for who has a lock

            release(former.lock)
        return changes(before, after, imported)

    def _snapshot_of(self, name: str) -> Snapshot:
        """Return what says what `name` means; no scan is made for core's, which are nobody else's."""
        if self._core is not None or may_be_of_core(name):
            of_core = self._core_state().snapshot
            if of_core.candidates(name) or of_core.withheld(name):
                return of_core
        return self._state(shown(name)).snapshot

    def _core_state(self) -> State:
        core = self._core
        if core is None:
            if self._scan and wanted_engine() and not within_a_scan():
                self._scanned()  # whose plugins offer the engine
            policy = self._policy_in_force()
            state = _state(scan_core(policy), (), self._underway)
            with self._lock:
                if (
                    self._policy is not policy
                ):  # refreshed meanwhile, so that this one is for this caller only
                    return state
                core = self._core = self._core or state
        return core

    def _scanned(self, asked: str = "installed entries") -> tuple[Scan, State]:
        if self._scan:
            refuse_within_a_scan(asked)
        if self._full is None:
            scan = self._new_scan(self._policy_in_force())
            with self._lock:
                if self._full is None:
                    self._replace(scan)
        return cast("tuple[Scan, State]", self._full)

    def _replace(self, scan: Scan) -> State:
        """Put a new state in the place of the old one; to be called with the lock held."""
        state = _state(scan, self._registered, self._underway)
        self._full = scan, state
        self._ready = {}  # so that the observers of this scan hear of core's entries too
        return state

    def _new_scan(self, policy: Policy) -> Scan:
        if not self._scan or not policy.reads_packages:
            return scan_core(policy)
        scan = scan_installed(policy)
        choose_engine(scan.plugins.engines)
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

    def _state(self, asked: str = "installed entries") -> State:
        return self._scanned(asked)[1]

    def _state_that_has(self, entry: Entry) -> State:
        """Return the state of an entry that somebody has kept, which may be of before a refresh.

        Raises
        ------
        EntryLoadError
            If the catalogue has no such entry.
        """
        state = self._state_of(entry)
        if state.snapshot.by_full_name.get((entry.provider, entry.name)) != entry:
            raise EntryLoadError(
                f"{entry.full_name} ({entry.source}) is no entry of this catalogue, or of before a refresh; "
                "ask for it by its name"
            )
        return state

    def _state_of(self, entry: Entry) -> State:
        if entry.provider != CORE:
            return self._state(shown(entry.full_name))
        # Once there has been a scan, its observers are to hear of core's entries; none is made for that.
        return self._core_state() if self._full is None else self._full[1]

    def _referenced(self, reference: Reference) -> Entry:
        if not reference.provider:
            return self.entry(reference.name)
        name = f"{reference.provider}:{reference.name}"
        try:
            return self.entry(name)
        except UnknownNameError as error:
            from seedbed.catalogue.misses import of_config  # noqa: PLC0415 - for failures only

            raise of_config(error, name, reference.version, self._snapshot_of(name)) from error

    def _entry_of(self, initializer_class: type[Initializer]) -> Entry:
        for state in (self._core_state, self._state):  # called in turn: core's cost no scan
            for entry in state().entries_of(initializer_class):
                return entry
        raise ConfigError(
            f"{initializer_class.__module__}.{initializer_class.__qualname__} is not in the catalogue; "
            f"add it with seedbed.register({initializer_class.__name__}, 'its_name'), or as an entry point "
            "of its package"
        )

    def _text(self, entry: Entry) -> str:
        words = (entry.provider, *entry.names, entry.owner, *entry.tags, self.summary(entry))
        return " ".join(words).casefold()


def _state(scan: Scan, registered: tuple[Entry, ...], underway: Underway) -> State:
    snapshot = Snapshot.make(
        (*scan.entries, *registered),
        scan.problems,
        withheld=scan.plugins.withheld,
        versions=scan.versions,
        summaries=scan.summaries,
        policy=scan.policy,
        blocked=scan.blocked,
        folders=scan.folders,
        lost=scan.lost,
        barred=scan.barred,
    )
    return State.fresh(snapshot, scan.plugins, underway)


def _first_line(initializer_class: type[Initializer]) -> str:
    doc = text_of(vars_of(initializer_class).get("__doc__"))  # which anybody may have set to anything
    return (doc or "").strip().partition("\n")[0]


def _check_free(name: str, entry: Entry, snapshot: Snapshot) -> None:
    for row in snapshot.withheld(name):
        raise NameTakenError(
            f"the name {name!r} is kept back by {row.source}: {row}; choose another for yours"
        )
    for lost in snapshot.losses(name):
        # What is broken has the name no more than what is not installed; what is blocked has it still.
        if lost.kind in ("blocked", "unlocked", "contested"):
            raise NameTakenError(f"the name {name!r} is blocked, and so not free: {lost}; choose another")
    for holder in snapshot.candidates(name):
        if holder.provider != SESSION or holder.name != entry.name or not _redefines(entry, holder):
            raise NameTakenError(
                f"the name {name!r} is taken by {holder.full_name} ({holder.source}); choose another"
            )


def _redefines(entry: Entry, former: Entry) -> bool:
    return entry.is_of_class and former.is_of_class and entry.place == former.place


def _as_callable(identifier: Any, overrides: Mapping[str, Any]) -> Any:
    if identifier is None or (callable(identifier) and not isinstance(identifier, type)):
        if overrides:
            raise ArgumentError(
                f"got the arguments {', '.join(overrides)} for {shown(identifier)}, which takes none"
            )
        if identifier is None or _has_the_signature(identifier):
            return identifier
        raise IdentifierError(
            f"got the callable {shown(identifier)}, which cannot be called as f(shape, dtype=None); "
            f"{_IDENTIFIERS}"
        )
    raise IdentifierError(f"got {shown(identifier)} of type {type(identifier).__name__}; {_IDENTIFIERS}")


def _has_the_signature(function: Callable[..., Any]) -> bool:
    try:
        inspect.signature(function).bind((), dtype=None)
    except (TypeError, ValueError):  # does not fit; or is built in, and tells nothing of itself
        return False
    return True

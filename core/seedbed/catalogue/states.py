"""`States`, which state of a catalogue there is: made when it is first needed, and replaced by a refresh."""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable
from contextlib import suppress
from threading import Lock
from typing import TYPE_CHECKING

from seedbed.catalogue.chosen_engine import wanted_engine
from seedbed.catalogue.scan import (
    Scan,
    may_be_of_core,
    refuse_within_a_scan,
    scan_core,
    scan_installed,
    within_a_scan,
)
from seedbed.catalogue.state import State
from seedbed.discovery.providers import CORE
from seedbed.entry import Entry
from seedbed.errors import PolicyError, shown
from seedbed.governance.policy import OPEN, Policy, policy_variables

if TYPE_CHECKING:
    from seedbed.governance.policy_file import PolicyLike


class States:
    """The one state of a catalogue, its policy, and what the process has registered.

    A look-up that runs while one of them is replaced sees the old one or the new one. A lock guards these
    assignments, and never an import.
    """

    def __init__(self, *, scan: bool, policy: PolicyLike | None) -> None:
        self._scan = scan
        self._given = policy
        if policy is not None:
            from seedbed.governance.policy_file import lasting  # noqa: PLC0415 - for who has a policy

            self._given = lasting(policy)
        self._locks: dict[int, Lock] = {}
        self._policy: Policy | None = None
        self._state: State | None = None
        self._registered: dict[str, Entry] = {}
        self._releases: list[Callable[[], object]] = []  # take back what locks have said of imports

    def found(self, name: str, *, what: str = "initializer") -> tuple[State, Entry]:
        """Return the entry that `name` means, and the state that it is in; `what` names it in errors."""
        state = self._state
        if state is not None:
            entry = state.meaning(name)
            if entry is not None and (entry.provider == CORE or not within_a_scan()):
                return state, entry
        state = self.that_knows(name)
        return state, state.find(name, what=what)

    def that_knows(self, name: str) -> State:
        """Return what says what `name` means; no scan is made for core's, which are nobody else's."""
        state = self._state
        if state is not None and state.scan.is_complete and not within_a_scan():
            return state
        if may_be_of_core(name):
            state = self.with_core()
            if state.has_of_core(name):
                return state
        return self.complete(shown(name))

    def of(self, entry: Entry) -> State:
        """Return the state that an entry is of."""
        return self.with_core() if entry.provider == CORE else self.complete(shown(entry.full_name))

    def with_core(self) -> State:
        """Return a state that has core's entries, for which nothing is scanned."""
        if self._state is not None:
            return self._state
        if self._scan and wanted_engine() and not within_a_scan():
            return self.complete()  # whose plugins offer the engine
        policy = self._policy_in_force()
        state = State.of(scan_core(policy, is_complete=False))
        with self._lock:
            # Not to be kept if there was a refresh meanwhile, or is a scan, after which the engine is chosen.
            if self._state is None and self._policy is policy and not within_a_scan():
                self._state = state
        return state

    def complete(self, asked: str = "installed entries") -> State:
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

    def register(self, entry: Entry) -> None:
        """Add an entry of this process; it is a `NameTakenError` if one of its names is somebody else's."""
        state = self.complete()
        policy = state.scan.policy
        if policy.mode == "locked":
            raise PolicyError(
                f"{entry.name!r} cannot be registered, since {policy.source} has the mode 'locked'; "
                "put the class into a package, and lock it"
            )
        with self._lock:
            if self._state is state:
                state.add(entry)
                self._registered[entry.name] = entry
                return
        self.register(entry)  # there was a refresh meanwhile

    def refresh(self) -> State:
        """Scan again, by the policy as it is now, and return the new state."""
        importlib.invalidate_caches()
        policy = self._read_policy()
        former = tuple(self._releases)
        scan = self._new_scan(policy)
        with self._lock:
            self._policy = policy
            self._state = state = State.of(scan, self._registered.values())
        for release in former:  # not before: if anything is raised, they are still in force
            release()
            with suppress(ValueError):  # another thread has refreshed at the same time
                self._releases.remove(release)
        return state

    @property
    def _lock(self) -> Lock:
        # One for each process: one that was forked would wait for ever for a thread that it does not have.
        return self._locks.setdefault(os.getpid(), Lock())

    def _new_scan(self, policy: Policy) -> Scan:
        if not self._scan or not policy.reads_packages:
            return scan_core(policy, is_complete=True)
        scan = scan_installed(policy, owner=self._locks)
        if scan.guard is not None:
            from weakref import finalize  # noqa: PLC0415 - for who has a lock

            self._releases.append(finalize(self, scan.guard.release))
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

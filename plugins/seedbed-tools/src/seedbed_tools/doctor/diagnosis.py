"""`Diagnosis`, one page on the catalogue that is installed."""

from __future__ import annotations

import os
import platform
from collections import Counter
from collections.abc import Container, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from seedbed import Catalogue, Entry, __version__
from seedbed.catalogue import ENGINE_VARIABLE, NATIVE, read_lock, wanted_engine
from seedbed.discovery import CORE, discover
from seedbed.errors import SeedbedError
from seedbed.governance import OPEN, Policy, policy_in_force
from seedbed.issue import Issue, Kind
from seedbed.random import STREAM_VERSION, engine, thread_count
from seedbed_tools.doctor.of_policy import Installed, unmet, unused
from seedbed_tools.doctor.trial import Trial, try_all, try_engine

LIMIT: Final = 30.0
"""Seconds that a package has to import all of its modules."""


@dataclass(frozen=True, slots=True)
class Package:
    """A package that takes part in the catalogue.

    Parameters
    ----------
    name, version
        The distribution.
    entries
        How many entries of it are served.
    seconds
        How long a process took that imported all of its modules; ``None`` if none was made for it.
    """

    name: str
    version: str
    entries: int
    seconds: float | None


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What is installed, and what is wrong with it.

    Parameters
    ----------
    versions
        Of Seedbed, Python, NumPy and the random stream.
    engine, threads
        What draws.
    policy
        The policy in force.
    packages
        Those that take part, core first.
    findings
        All that is wrong or worth knowing.
    """

    versions: dict[str, str]
    engine: str
    threads: int | None
    policy: Policy
    packages: tuple[Package, ...]
    findings: tuple[Issue, ...]

    @property
    def blocked(self) -> tuple[Issue, ...]:
        """What the policy keeps out."""
        return tuple(finding for finding in self.findings if finding.kind in ("blocked", "unlocked"))

    @property
    def is_well(self) -> bool:
        """Whether nothing is wrong."""
        return not any(finding.is_wrong for finding in self.findings)


def diagnose(*, limit: float = LIMIT) -> Diagnosis:
    """Examine what is installed, by the policy of the environment.

    Every package is first imported in a process of its own. One that hangs there, or ends the process, is
    named, and left out of all that follows. So is the engine that the environment asks for; this process
    goes on with its own.

    Parameters
    ----------
    limit
        Seconds that each package has.
    """
    findings: list[Issue] = []
    threads, policy = None, OPEN
    with _own_engine():
        name = engine()
    try:
        threads = thread_count()
    except SeedbedError as error:
        findings.append(_issue("engine", error))
    packages: tuple[Package, ...] = ()
    try:
        policy = policy_in_force(None)
        packages, well = _examine(policy, limit, findings)
    except SeedbedError as error:
        findings.append(_issue("policy", error))
    else:
        if (wanted := _engine_in_use(well)) and policy.reads_packages:
            tried = try_engine(wanted, well, limit)
            name = tried.name or name
            if tried.refused:
                findings.append(_issue("engine", tried.refused))
    return Diagnosis(_versions(), name, threads, policy, packages, tuple(findings))


def _engine_in_use(well: Container[str]) -> str:
    """Return the package whose engine draws here, asked for or unasked; nothing if it is NumPy's."""
    is_unasked = NATIVE in well and not os.environ.get(ENGINE_VARIABLE)
    return NATIVE if is_unasked else wanted_engine()


def _issue(kind: Kind, what: object) -> Issue:
    """Return what is wrong with nobody's package."""
    return Issue(kind, "", "", "", str(what))


def _versions() -> dict[str, str]:
    return {
        "seedbed": __version__,
        "python": platform.python_version(),
        "numpy": np.__version__,
        "stream": str(STREAM_VERSION),
    }


def _examine(
    policy: Policy, limit: float, findings: list[Issue]
) -> tuple[tuple[Package, ...], frozenset[str]]:
    """Return the packages that take part, and the names of those that are allowed and can be imported."""
    if policy.mode == "locked":
        read_lock(policy)  # once here, and not as the failure of every package
    names = _installed() if policy.reads_packages else {}
    allowed = sorted(name for name, version in names.items() if not policy.bars(name, version))
    trials = {trial.provider: trial for trial in try_all(allowed, limit, only=policy.only)}
    left_out = {trial.provider for trial in trials.values() if trial.fate}
    well = frozenset(set(allowed) - left_out)
    with _own_engine():
        catalogue = Catalogue(policy=replace(policy, only=well) if left_out else policy)
        entries = tuple(catalogue)
    installed = Installed.of(catalogue, names, left_out)
    findings += _of_trials(trials.values(), names)
    findings += catalogue.problems
    findings += [issue for issue in catalogue.blocked if issue.provider not in left_out]  # those are by us
    findings += _ambiguous(catalogue, entries)
    findings += (*unmet(policy, installed, catalogue), *unused(policy, installed))
    findings += [_deprecated(entry) for entry in entries if entry.deprecated]
    # The scan may have found what was not there a moment ago.
    versions = {CORE: __version__, **{entry.provider: entry.version for entry in entries}, **names}
    return _packages(versions, entries, trials), well


def _packages(
    versions: Mapping[str, str], entries: Iterable[Entry], trials: Mapping[str, Trial]
) -> tuple[Package, ...]:
    counts = Counter(entry.provider for entry in entries)
    return tuple(
        Package(name, versions[name], counts[name], trials[name].seconds if name in trials else None)
        for name in sorted(versions, key=lambda name: (name != CORE, name))
    )


@contextmanager
def _own_engine() -> Iterator[None]:
    """Let a scan ask for no engine but NumPy's, which cannot fail."""
    wanted = os.environ.get(ENGINE_VARIABLE)
    os.environ[ENGINE_VARIABLE] = "numpy"
    try:
        yield
    finally:
        if wanted is None:
            del os.environ[ENGINE_VARIABLE]
        else:
            os.environ[ENGINE_VARIABLE] = wanted


def _installed() -> dict[str, str]:
    """Return the versions of the packages that have anything for the catalogue, by name."""
    found = discover()
    versions = {entry.provider: entry.version for entry in found.entries}
    return versions | {plugin.provider: plugin.version for plugin in found.plugins}


def _of_trials(trials: Iterable[Trial], versions: Mapping[str, str]) -> Iterator[Issue]:
    for trial in trials:
        version = versions[trial.provider]
        for full_name, what in trial.broken.items():
            yield Issue("broken", trial.provider, version, "", what, (full_name.partition(":")[2],))
        if trial.fate:
            what = f"{trial.end}; uninstall it, or deny it in a policy"
            yield Issue(trial.fate, trial.provider, version, "", what)


def _ambiguous(catalogue: Catalogue, entries: Iterable[Entry]) -> Iterator[Issue]:
    told = set()
    for entry in entries:
        for name in entry.names:
            rivals = tuple(rival.full_name for rival in catalogue.candidates(name))
            if len(rivals) > 1 and rivals not in told:
                told.add(rivals)
                meanings = " or ".join(rivals)
                what = f"{name!r} may mean {meanings}; settle it by `prefer` in a policy, or use full names"
                yield Issue("ambiguous", "", "", "", what, (name,))


def _deprecated(entry: Entry) -> Issue:
    what = f"{entry.full_name}: {entry.deprecated}"
    return Issue("deprecated", entry.provider, entry.version, "", what, (entry.name,))

"""`Diagnosis`, one page on the catalogue that is installed."""

from __future__ import annotations

import os
import platform
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from seedbed import Catalogue, __version__
from seedbed.catalogue import ENGINE_VARIABLE, read_lock, wanted_engine
from seedbed.discovery import CORE, discover
from seedbed.errors import SeedbedError
from seedbed.governance import OPEN, Policy, policy_in_force
from seedbed.issue import Issue
from seedbed.random import STREAM_VERSION, engine, thread_count
from seedbed_tools.doctor.finding import Finding, Kind
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
    blocked
        What the policy keeps out.
    """

    versions: dict[str, str]
    engine: str
    threads: int | None
    policy: Policy
    packages: tuple[Package, ...]
    findings: tuple[Finding, ...]
    blocked: tuple[Issue, ...] = ()

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
    findings: list[Finding] = []
    threads, policy, name = None, OPEN, engine()
    try:
        threads = thread_count()
    except SeedbedError as error:
        findings.append(Finding("engine", "", str(error)))
    packages: tuple[Package, ...] = ()
    blocked: tuple[Issue, ...] = ()
    try:
        policy = policy_in_force(None)
        packages, well, blocked = _examine(policy, limit, findings)
    except SeedbedError as error:
        findings.append(Finding("policy", "", str(error)))
    else:
        if (wanted := wanted_engine()) and policy.reads_packages:
            tried = try_engine(wanted, well, limit)
            name = tried.name or name
            if tried.refused:
                findings.append(Finding("engine", "", tried.refused))
    versions = {
        "seedbed": __version__,
        "python": platform.python_version(),
        "numpy": np.__version__,
        "stream": str(STREAM_VERSION),
    }
    return Diagnosis(versions, name, threads, policy, packages, tuple(findings), blocked)


def _examine(
    policy: Policy, limit: float, findings: list[Finding]
) -> tuple[tuple[Package, ...], frozenset[str], tuple[Issue, ...]]:
    """Return the packages that take part, the names of those that are well, and what the policy blocks.

    Those are well that are allowed and can be imported.
    """
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
    findings += _of_trials(trials.values(), names)
    findings += [
        Finding("broken", _source(p.provider, p.version), f"{p.where}: {p.what}") for p in catalogue.problems
    ]
    # What was left out is blocked by us.
    blocked = tuple(line for line in catalogue.blocked if line.provider not in left_out)
    findings += _blocked(blocked)
    findings += _ambiguous(catalogue)
    installed = Installed.of(catalogue, names, left_out)
    findings += unmet(policy, installed)
    findings += unused(policy, installed)
    findings += [
        Finding(
            "deprecated", _source(entry.provider, entry.version), f"{entry.full_name}: {entry.deprecated}"
        )
        for entry in entries
        if entry.deprecated
    ]
    counts = Counter(entry.provider for entry in entries)
    # The scan may have found what was not there a moment ago.
    versions = {CORE: __version__, **{entry.provider: entry.version for entry in entries}, **names}
    packages = tuple(
        Package(name, versions[name], counts[name], trials[name].seconds if name in trials else None)
        for name in sorted(versions, key=lambda name: (name != CORE, name))
    )
    return packages, well, blocked


@contextmanager
def _own_engine() -> Iterator[None]:
    """Let a scan ask for no engine but NumPy's, which cannot fail."""
    wanted = os.environ.pop(ENGINE_VARIABLE, None)
    try:
        yield
    finally:
        if wanted is not None:
            os.environ[ENGINE_VARIABLE] = wanted


def _installed() -> dict[str, str]:
    """Return the versions of the packages that have anything for the catalogue, by name."""
    found = discover()
    sources = {entry.provider: entry.version for entry in found.entries}
    return sources | {plugin.provider: plugin.version for plugin in found.plugins}


def _of_trials(trials: Iterable[Trial], versions: Mapping[str, str]) -> Iterator[Finding]:
    for trial in trials:
        package = _source(trial.provider, versions[trial.provider])
        for what in trial.broken.values():
            yield Finding("broken", package, what)
        if trial.fate:
            yield Finding(trial.fate, package, f"{trial.end}; uninstall it, or deny it in a policy")


def _blocked(lines: Iterable[Issue]) -> Iterator[Finding]:
    for line in lines:
        kind: Kind = "unlocked" if line.kind == "unlocked" else "blocked"
        yield Finding(kind, line.source, f"{line.where}: by {line.what}")


def _ambiguous(catalogue: Catalogue) -> Iterator[Finding]:
    told = set()
    for entry in catalogue:
        for name in entry.names:
            rivals = tuple(rival.full_name for rival in catalogue.candidates(name))
            if len(rivals) > 1 and rivals not in told:
                told.add(rivals)
                meanings = " or ".join(rivals)
                what = f"{name!r} may mean {meanings}; settle it by `prefer` in a policy, or use full names"
                yield Finding("ambiguous", "", what)


def _source(provider: str, version: str) -> str:
    return f"{provider} {version}".rstrip()

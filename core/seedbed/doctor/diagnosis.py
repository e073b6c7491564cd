"""`Diagnosis`, one page on the catalogue that is installed."""

from __future__ import annotations

import platform
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from seedbed.__about__ import __version__
from seedbed.catalogue.catalogue import Catalogue
from seedbed.catalogue.discovery import discover
from seedbed.catalogue.policy import OPEN, Policy
from seedbed.catalogue.policy_file import policy_in_force
from seedbed.catalogue.providers import CORE, SESSION
from seedbed.catalogue.scan import read_lock
from seedbed.doctor.trial import Trial, try_all
from seedbed.errors import PluginError, SeedbedError
from seedbed.random import STREAM_VERSION, engine
from seedbed.random.threads import thread_count

LIMIT: Final = 30.0
"""Seconds that a package has to import all of its modules."""

Kind = Literal["broken", "hangs", "ambiguous", "unlocked", "policy", "engine", "blocked", "deprecated"]
_NO_FAULT: Final = ("blocked", "deprecated")


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is wrong, or that is worth knowing.

    Parameters
    ----------
    kind
        What kind of thing it is. ``"blocked"`` and ``"deprecated"`` are as somebody wants them to be, and all
        others are wrong.
    package
        The distribution and its version; empty for what is no package's.
    what
        What it is, and how to mend it.
    """

    kind: Kind
    package: str
    what: str

    @property
    def is_wrong(self) -> bool:
        """Whether something should be mended."""
        return self.kind not in _NO_FAULT


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
    findings: tuple[Finding, ...]

    @property
    def is_well(self) -> bool:
        """Whether nothing is wrong."""
        return not any(finding.is_wrong for finding in self.findings)


def diagnose(*, limit: float = LIMIT) -> Diagnosis:
    """Examine what is installed, by the policy of the environment.

    Every package is first imported in a process of its own. One that hangs there, or ends the process, is
    named, and left out of all that follows.

    Parameters
    ----------
    limit
        Seconds that each package has.
    """
    findings: list[Finding] = []
    threads, policy = None, OPEN
    try:
        threads = thread_count()
    except SeedbedError as error:
        findings.append(Finding("engine", "", str(error)))
    packages: tuple[Package, ...] = ()
    try:
        policy = policy_in_force(None)
        packages = _examine(policy, limit, findings)
    except PluginError as error:  # the engine that the environment asks for
        findings.append(Finding("engine", "", str(error)))
    except SeedbedError as error:
        findings.append(Finding("policy", "", str(error)))
    versions = {
        "seedbed": __version__,
        "python": platform.python_version(),
        "numpy": np.__version__,
        "stream": str(STREAM_VERSION),
    }
    return Diagnosis(versions, engine(), threads, policy, packages, tuple(findings))


def _examine(policy: Policy, limit: float, findings: list[Finding]) -> tuple[Package, ...]:
    if policy.mode == "locked":
        read_lock(policy)  # once here, and not as the failure of every package
    names = _installed() if policy.reads_packages else {}
    allowed = sorted(name for name, version in names.items() if not policy.bars(name, version))
    trials = {trial.provider: trial for trial in try_all(allowed, limit)}
    left_out = {trial.provider for trial in trials.values() if trial.end}
    well = frozenset(set(allowed) - left_out)
    catalogue = Catalogue(policy=policy._replace(only=well) if left_out else policy)
    findings += _of_trials(trials.values(), names)
    findings += [
        Finding("broken", _source(p.provider, p.version), f"{p.where}: {p.what}") for p in catalogue.problems
    ]
    for line in catalogue.blocked:
        if line.provider not in left_out:
            kind: Kind = "unlocked" if line.by.startswith("the lock ") else "blocked"
            findings.append(Finding(kind, _source(line.provider, line.version), f"{line.what}: by {line.by}"))
    findings += _ambiguous(catalogue)
    findings += _unmet(catalogue, policy)
    findings += [
        Finding(
            "deprecated", _source(entry.provider, entry.version), f"{entry.full_name}: {entry.deprecated}"
        )
        for entry in catalogue
        if entry.deprecated
    ]
    counts: dict[str, int] = {CORE: 0, **dict.fromkeys(sorted(names), 0)}
    for entry in catalogue:
        if entry.provider != SESSION:
            counts[entry.provider] += 1
    return tuple(
        Package(name, names.get(name, __version__), count, trials[name].seconds if name in trials else None)
        for name, count in counts.items()
    )


def _installed() -> dict[str, str]:
    """Return the versions of the packages that have anything for the catalogue, by name."""
    found = discover(reserved=CORE)
    sources = {entry.provider: entry.version for entry in found.entries}
    return sources | {plugin.provider: plugin.version for plugin in found.plugins}


def _of_trials(trials: Iterable[Trial], versions: dict[str, str]) -> Iterator[Finding]:
    for trial in trials:
        package = _source(trial.provider, versions[trial.provider])
        for what in trial.broken.values():
            yield Finding("broken", package, what)
        if trial.end:
            yield Finding("hangs", package, f"{trial.end}; uninstall it, or deny it in a policy")


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


def _unmet(catalogue: Catalogue, policy: Policy) -> Iterator[Finding]:
    """Yield what the policy says of things that there are not, which it may mean to be of others."""
    known = {f"{entry.provider}:{name}" for entry in catalogue for name in entry.names}
    known |= {f"{line.provider}:{name}" for line in catalogue.blocked for name in line.names}
    for name, provider in policy.prefer.items():
        if f"{provider}:{name}" not in known:
            yield Finding(
                "policy", "", f"prefer.{name} of {policy.source} is {provider}, which has no such name"
            )
    for name, line in policy.disable.items():
        if name not in known:
            yield Finding("policy", "", f"{line} of {policy.source} is no entry that is installed")


def _source(provider: str, version: str) -> str:
    return f"{provider} {version}".rstrip()

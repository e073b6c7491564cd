"""`Policy`, which packages may serve which names, as an organisation has laid down in TOML."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal

from seedbed.discovery.providers import CORE, SESSION
from seedbed.errors import PolicyError, shown
from seedbed.issue import Issue, Kind

if TYPE_CHECKING:
    from packaging.specifiers import SpecifierSet

    from seedbed.entry import Entry

POLICY_VARIABLE: Final = "SEEDBED_POLICY"
PLUGINS_VARIABLE: Final = "SEEDBED_PLUGINS"

_AS_READ: Final[dict[str, str]] = {}
"""The variables of the environment, as they were when any catalogue first asked."""

_READING: Final[list[frozenset[str] | None]] = []
"""In a process that tries one package, what scans read; empty in every other."""

Mode = Literal["open", "allowlist", "locked"]
MODES: Final[tuple[Mode, ...]] = ("open", "allowlist", "locked")


@dataclass(frozen=True, slots=True)
class Rule:
    """One item of ``allow`` or ``deny``.

    Parameters
    ----------
    distribution
        The normalised name of the one distribution that is meant.
    version, names
        Which versions of it, and which bare names; ``None`` for all.
    line
        The item as the policy has it, for messages: ``deny[0] = "acme-inits"``.
    """

    distribution: str
    version: SpecifierSet | None = None
    names: frozenset[str] | None = None
    line: str = ""

    def means(self, provider: str, version: str, *, if_unknown: bool) -> bool:
        """Say whether this is about `version` of `provider`; `if_unknown` for what is no version."""
        if provider != self.distribution or self.version is None:
            return provider == self.distribution
        from packaging.version import Version  # noqa: PLC0415 - for rules about versions

        try:
            # A pre-release that is installed counts like any other version.
            return self.version.contains(Version(version), prereleases=True)
        except ValueError:
            return if_unknown


@dataclass(frozen=True, slots=True)
class Policy:
    """What may be served, and by whom; `seedbed.governance.policy_file` reads one.

    Core's entries are always allowed, unless they are disabled one by one.

    Parameters
    ----------
    source
        Where it comes from, for messages.
    mode
        ``"open"``: every installed package may serve, but for what `deny` and `disable` say. ``"allowlist"``:
        only what `allow` says. ``"locked"``: only what the lock says, and, where there is an `allow`, that.
    allow, deny
        Rules; `deny` beats `allow`.
    prefer
        Providers, by the bare name that is each one's or nobody's.
    disable
        Lines of the policy, by the full name of the entry or alias that each turns off.
    lock
        The lock file's path, for the mode ``"locked"``.
    only
        The providers that ``SEEDBED_PLUGINS`` leaves on; ``None`` for all.
    """

    source: str = ""
    mode: Mode = "open"
    allow: tuple[Rule, ...] | None = None
    deny: tuple[Rule, ...] = ()
    prefer: Mapping[str, str] = field(default_factory=dict)
    disable: Mapping[str, str] = field(default_factory=dict)
    lock: str = ""
    only: frozenset[str] | None = None
    _allowing: dict[str, list[Rule]] = field(default_factory=dict, init=False, repr=False, compare=False)
    _denying: dict[str, list[Rule]] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        for rules, index in ((self.allow or (), self._allowing), (self.deny, self._denying)):
            for rule in rules:
                index.setdefault(rule.distribution, []).append(rule)

    @property
    def reads_packages(self) -> bool:
        """Whether any package can be served at all."""
        return self.only is None or bool(self.only)

    def bars(self, provider: str, version: str, name: str = "") -> str:
        """Return the line that keeps `provider` from serving `name`, or anything; empty if none does."""
        if name and (line := self.disable.get(f"{provider}:{name}")):
            return f"{line} of {self.source}"
        if provider in (CORE, SESSION):
            return ""
        if self.only is not None and provider not in self.only:
            listed = ", ".join(sorted(self.only)) or "none"
            return f"the environment variable {PLUGINS_VARIABLE}, which leaves on {listed}"
        for rule in self._denying.get(provider, ()):
            if rule.means(provider, version, if_unknown=True) and (rule.names is None or name in rule.names):
                return f"{rule.line} of {self.source}"
        return self._not_allowed(provider, version, name)

    def bars_alias(self, entry: Entry, alias: str) -> str:
        """Return the line that keeps an entry from having this name beside its own."""
        line = self.bars(entry.provider, entry.version, alias)
        own = alias in entry.names[1:2]  # its own name, in another spelling, which is allowed if that is
        return "" if own and line == self._not_allowed(entry.provider, entry.version, alias) else line

    def _not_allowed(self, provider: str, version: str, name: str) -> str:
        if self.allow is None:
            return "" if self.mode != "allowlist" else f"{self.source}, which allows nothing"
        if not (rules := self._allowing.get(provider)):
            return f"allow of {self.source}, which does not have {provider}"
        in_version = [rule for rule in rules if rule.means(provider, version, if_unknown=False)]
        if not in_version:
            return f"{rules[0].line} of {self.source}, which has no version {version}"
        if not name or any(rule.names is None or name in rule.names for rule in in_version):
            return ""
        return f"{in_version[0].line} of {self.source}, which does not have {name!r} among its names"


OPEN: Final = Policy(source="no policy")


def blocked(provider: str, version: str, where: str, line: str, names: tuple[str, ...] = ()) -> Issue:
    """Return what is to be known of something that `line`, of the policy or its lock, keeps out."""
    kind: Kind = "unlocked" if line.startswith("the lock ") else "blocked"
    return Issue(kind, provider, version, where, line, names)


def policy_variables() -> Mapping[str, str]:
    """Return what the environment says of policies, read once in a process, before any plugin is imported.

    What a plugin takes out of the environment stays in force. Something else that is there by now is a
    `PolicyError`: it would be of no effect.
    """
    now = {name: os.environ.get(name, "") for name in (POLICY_VARIABLE, PLUGINS_VARIABLE)}
    if not _AS_READ:
        _AS_READ.update(now)
    for name, text in now.items():
        if text.strip() and text != _AS_READ[name]:
            raise PolicyError(
                f"the environment variable {name} is {shown(text)}, and was {shown(_AS_READ[name])} when it "
                "was read, which happens once in a process; set it before Python starts"
            )
    return _AS_READ


def leave_on(names: Iterable[str] | None, *, reading: Iterable[str] | None) -> None:
    """Do as if ``SEEDBED_PLUGINS`` named just these packages; the policy stays the one that was read.

    It is for a process that tries one package, and need not know what all others have: scans read what
    `reading` has alone. ``None`` stands for all packages.
    """
    policy_variables()
    text = "" if names is None else ",".join(sorted(names))
    os.environ[PLUGINS_VARIABLE] = _AS_READ[PLUGINS_VARIABLE] = text
    _READING[:] = [None if reading is None else frozenset(reading)]


def read_alone() -> frozenset[str] | None:
    """Return the packages of which scans read what they have; ``None`` for all, as it is mostly."""
    return _READING[0] if _READING else None


def is_trial() -> bool:
    """Say whether this process tries one package, so that the others are off, and not forbidden."""
    return bool(_READING)


def read_variables_again() -> None:
    """Forget what the environment said; for processes that are all their own, and for tests."""
    _AS_READ.clear()
    _READING.clear()

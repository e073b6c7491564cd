"""Lines of a policy about packages, versions and names that are not installed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from seedbed import Catalogue
from seedbed.arguments import suggestion
from seedbed.discovery import CORE
from seedbed.governance import PLUGINS_VARIABLE, Policy, Rule
from seedbed.issue import Issue
from seedbed_tools.rivals import keepers

_ABSENT: Final = "is not installed, or has nothing for the catalogue"


class Installed(NamedTuple):
    """What a policy can be about.

    Parameters
    ----------
    versions
        Of the packages that have anything for the catalogue, by name.
    names
        The names that each provider has, as far as they are known.
    hidden
        The providers whose names are not all known, since not all of their plugins were imported.
    """

    versions: Mapping[str, str]
    names: Mapping[str, set[str]]
    hidden: frozenset[str]

    @classmethod
    def of(cls, catalogue: Catalogue, versions: Mapping[str, str], left_out: set[str]) -> Installed:
        """Return what is known, blocked or broken; `left_out` could not be asked."""
        names: dict[str, set[str]] = defaultdict(set)
        for entry in (*catalogue, *catalogue.recipes):
            names[entry.provider].update(entry.names)
        for line in catalogue.blocked:
            names[line.provider].update(line.names)
        for problem in catalogue.problems:
            names[problem.provider].update(problem.names)
        silent = {line.provider for line in catalogue.blocked if not line.names}
        silent |= {problem.provider for problem in catalogue.problems if not problem.names}
        return cls(versions, names, frozenset(silent | left_out))

    def lacks(self, provider: str, name: str) -> bool:
        """Say whether it is certain that a provider has no such name."""
        return provider not in self.hidden and name not in self.names.get(provider, ())

    def like_name(self, provider: str, name: str) -> str:
        """Ask whether one of a provider's names was meant."""
        return suggestion(name, sorted(self.names.get(provider, ())))

    def like_provider(self, provider: str) -> str:
        """Ask whether a provider was meant whose name is like this one."""
        return suggestion(provider, sorted(self.versions))


def unmet(policy: Policy, installed: Installed, catalogue: Catalogue) -> Iterator[Issue]:
    """Yield the names in ``prefer`` and ``disable`` that mean nothing, and may be misspelt."""
    for name, provider in policy.prefer.items() if policy.reads_packages else ():
        why = ""
        if installed.lacks(provider, name):
            why = f"which has no such name{installed.like_name(provider, name)}"
            if provider not in installed.versions:
                why = f"which {_ABSENT}{installed.like_provider(provider)}"
        elif provider in keepers(catalogue, name):
            why = "which does not serve it, so that it means nothing"
        if why:
            what = f"prefer.{name} is {provider}, {why}"
            yield Issue("policy", "", "", policy.source, what, (name,))
    for full_name, line in policy.disable.items():
        provider, _, name = full_name.partition(":")
        if (policy.reads_packages or provider == CORE) and installed.lacks(provider, name):
            like = installed.like_name(provider, name)
            if provider != CORE and provider not in installed.versions:
                like = installed.like_provider(provider)
            what = f"{line} is not an installed entry{like}"
            yield Issue("policy", "", "", policy.source, what, (name,))


def unused(policy: Policy, installed: Installed) -> Iterator[Issue]:
    """Yield the lines without effect, about packages, versions or names that are not installed."""
    if not policy.reads_packages:
        return
    for rules, if_unknown in ((policy.allow or (), False), (policy.deny, True)):  # as the policy reads them
        for rule in rules:
            if why := _why_unused(rule, installed, if_unknown=if_unknown):
                yield Issue("unused", "", "", policy.source, f"{rule.line} has no effect: {why}")
    for provider in sorted(policy.only or ()):
        if provider not in installed.versions:
            what = f"leaves on {provider}, which {_ABSENT}{installed.like_provider(provider)}"
            yield Issue("unused", "", "", PLUGINS_VARIABLE, what)


def _why_unused(rule: Rule, installed: Installed, *, if_unknown: bool) -> str:
    provider = rule.distribution
    if provider not in installed.versions:
        return f"{provider} {_ABSENT}{installed.like_provider(provider)}"
    if not rule.means(provider, installed.versions[provider], if_unknown=if_unknown):
        return f"version {installed.versions[provider]} of {provider} is installed"
    if rule.names is None or not all(installed.lacks(provider, name) for name in rule.names):
        return ""
    missing = sorted(rule.names)
    like = "".join(dict.fromkeys(installed.like_name(provider, name) for name in missing))
    return f"{provider} has no entry {' or '.join(map(repr, missing))}{like}".replace("?;", "?")

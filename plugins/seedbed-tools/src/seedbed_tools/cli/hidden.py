"""A line on standard error that says how much a policy hides."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from seedbed import Catalogue
from seedbed.errors import SeedbedError
from seedbed.governance import OPEN, PLUGINS_VARIABLE, Policy, policy_variables
from seedbed.issue import Issue
from seedbed_tools.cli.errors import one_line, sentence
from seedbed_tools.cli.streams import prints_to_stderr


def tell(catalogue: Catalogue) -> None:
    """Say what the policy hides of a catalogue; without a policy, scan nothing and say nothing."""
    try:
        if not any(text.strip() for text in policy_variables().values()):
            return
        with prints_to_stderr():
            policy, blocked = catalogue.policy, catalogue.blocked
    except SeedbedError as error:
        # A name of core's needs no lock, so that the command has worked without it.
        say(f"cannot say what the policy hides: {sentence(error)}")
    else:
        say(summary(policy, blocked))


def say(text: str) -> None:
    """Print `text`, if there is any, below what the command has printed."""
    if text:
        sys.stdout.flush()
        sys.stderr.write(f"seedbed: {one_line(text)}\n")


def summary(policy: Policy, blocked: Sequence[Issue]) -> str:
    """Return how much a policy hides and how to see it; empty if it hides nothing.

    Examples
    --------
    >>> line = Issue("blocked", "acme-inits", "1.2", "entry ramp", "deny[0]", ("ramp",))
    >>> summary(Policy(source="policy.toml"), [line])
    'the policy policy.toml hides 1 entry of 1 package; `seedbed list --all` shows it'
    """
    told = []
    if not policy.reads_packages:
        told.append(f"{PLUGINS_VARIABLE} turns all packages off; without it, `seedbed list` shows theirs")
    if blocked:
        packages = len({line.provider for line in blocked})
        of = f"of {_plural(packages, 'package', 'packages')}"
        them = "it" if len(blocked) == 1 else "them"
        told.append(f"{_who(policy)} {_counted(blocked)} {of}; `seedbed list --all` shows {them}")
    return "; ".join(told)


def _who(policy: Policy) -> str:
    who = [] if policy.source == OPEN.source else [f"the policy {policy.source}"]
    if policy.only:
        who.append(PLUGINS_VARIABLE)
    return f"{' and '.join(who)} {'hides' if len(who) == 1 else 'hide'}"


def _counted(blocked: Sequence[Issue]) -> str:
    entries = sum(line.where.startswith("entry ") for line in blocked)
    plugins = sum(not line.names for line in blocked)  # whose names are not known
    others = len(blocked) - entries - plugins
    counts = [
        _plural(count, one, more)
        for count, one, more in (
            (entries, "entry", "entries"),
            (others, "other name", "other names"),
            (plugins, "plugin", "plugins"),
        )
        if count
    ]
    return " and ".join(counts) if len(counts) < 3 else f"{counts[0]}, {counts[1]} and {counts[2]}"


def _plural(count: int, one: str, more: str) -> str:
    return f"{count} {one if count == 1 else more}"

"""Policies from files, mappings and the environment; `policy_table` reads what they say.

A policy that cannot be read, or that says anything not understood, is a `PolicyError` and never an open door.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from seedbed.discovery.packaging_rules import is_name, normalise
from seedbed.errors import PolicyError, shown
from seedbed.governance.policy import (
    MODES,
    OPEN,
    PLUGINS_VARIABLE,
    POLICY_VARIABLE,
    Policy,
    policy_variables,
)
from seedbed.governance.policy_table import policy_of
from seedbed.tables import read_tables

PolicyLike = Policy | str | os.PathLike[str] | Mapping[str, Any]

_LARGEST: Final = 1 << 20
"""Bytes that a policy may have, which are rules by the ten thousands: each takes a while to understand."""

_SWITCHES: Final = ("0", "1", "true", "false", "on", "off", "yes", "no", "none", "all")
"""What somebody may write who means to turn all packages on or off, and what is no package."""


def policy_in_force(given: PolicyLike | None) -> Policy:
    """Return the policy that was given, or else that of the environment, as ``SEEDBED_PLUGINS`` narrows it.

    Raises
    ------
    PolicyError
        If it cannot be read, or is malformed.
    """
    named, text = (policy_variables()[name] for name in (POLICY_VARIABLE, PLUGINS_VARIABLE))
    policy = _from_environment(named) if given is None else as_policy(given)
    if not text.strip():
        return policy
    only = frozenset() if text.strip() == "0" else _named_in(text)
    return replace(policy, only=only if policy.only is None else only & policy.only)


def lasting(given: PolicyLike) -> PolicyLike:
    """Return what stands for the same policy whatever changes: a file's absolute path, or what was read."""
    policy = as_policy(given)
    return Path(given).absolute() if isinstance(given, str | os.PathLike) else policy


def as_policy(given: PolicyLike) -> Policy:
    """Return a policy, made from a mapping such as ``{"mode": "open"}`` or read from the file at a path."""
    if isinstance(given, Policy):
        if given.mode not in MODES:
            raise PolicyError(f"got a policy of the mode {shown(given.mode)}; allowed are {', '.join(MODES)}")
        return given
    if isinstance(given, Mapping):
        return policy_of(given, "the policy that was given")
    if isinstance(given, str | os.PathLike):
        return read_policy(Path(given))
    raise PolicyError(
        f"got {shown(given)} as a policy; give a TOML file's path, a dict like {{'mode': 'open'}}, or None"
    )


def read_policy(path: Path) -> Policy:
    """Read the table ``[tool.seedbed]`` of a TOML file."""

    def refusal(what: str) -> PolicyError:
        return PolicyError(f"the policy {path} {what}")

    tool = read_tables(path, refusal, limit=_LARGEST).get("tool", {})
    table = tool.get("seedbed") if isinstance(tool, dict) else None
    if not isinstance(table, dict):
        raise refusal("has no table [tool.seedbed]; write one, with at least a mode")
    return policy_of(table, str(path), path.resolve().parent)


def _from_environment(text: str) -> Policy:
    if not text:
        return OPEN
    if not (path := Path(text)).is_absolute():
        raise PolicyError(
            f"the environment variable {POLICY_VARIABLE} is {shown(text)}; give an absolute path, since a "
            "policy must not depend on the working directory"
        )
    return read_policy(path)


def _named_in(text: str) -> frozenset[str]:
    parts = [part.strip() for part in text.split(",") if part.strip()]
    named = frozenset(map(normalise, parts))
    wrong = [part for part in parts if not is_name(part)]
    if wrong or not named or named.intersection(_SWITCHES):
        got = ", ".join(map(shown, wrong or [text]))
        raise PolicyError(
            f"the environment variable {PLUGINS_VARIABLE} has {got}; write 0, or names of distributions with "
            "commas between them"
        )
    return named

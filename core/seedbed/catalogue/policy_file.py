"""Policies from TOML: the table ``[tool.seedbed]``, checked to the last key.

A policy that cannot be read, or that says anything not understood, is an error and never an open door.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from seedbed.arguments import suggestion
from seedbed.catalogue.packaging_rules import is_name, normalise
from seedbed.catalogue.policy import (
    MODES,
    OPEN,
    PLUGINS_VARIABLE,
    POLICY_VARIABLE,
    Mode,
    Policy,
    Rule,
    policy_variables,
    providers,
)
from seedbed.catalogue.providers import CORE, SESSION
from seedbed.catalogue.specifiers import Specifier
from seedbed.errors import PolicyError, described, shown
from seedbed.frozen import replace

PolicyLike = Policy | str | os.PathLike[str] | Mapping[str, Any]

_KEYS: Final = ("mode", "allow", "deny", "prefer", "disable", "lock")
_RULE_KEYS: Final = ("distribution", "version", "names")
_LARGEST: Final = 1 << 20
_BARE_NAME: Final = re.compile(r"[^\s:*?\[\]]+")
_NAME_WITH_VERSION: Final = re.compile(r"([A-Za-z0-9._-]*[A-Za-z0-9])\s*([~=!<>].*)?")
_SWITCHES: Final = frozenset({"0", "1", "true", "false", "on", "off", "yes", "no", "none", "all"})
"""What somebody may write who means to turn all packages on or off, and what is no package."""

_NO_PATTERNS: Final = "patterns are not supported"


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
    only: frozenset[str] = frozenset() if text.strip() == "0" else _named_in(text)
    return replace(policy, only=only if policy.only is None else only & policy.only)


def lasting(given: PolicyLike) -> PolicyLike:
    """Return what stands for the same policy whatever changes: a file's absolute path, or what was read.

    Raises
    ------
    PolicyError
        As `as_policy`.
    """
    policy = as_policy(given)
    return Path(given).absolute() if isinstance(given, str | os.PathLike) else policy


def as_policy(given: PolicyLike) -> Policy:
    """Return a policy, made from a mapping such as ``{"mode": "open"}`` or read from the file at a path.

    Raises
    ------
    PolicyError
        If it is neither, cannot be read, or is malformed.
    """
    if isinstance(given, Policy):
        if given.mode not in MODES:
            raise PolicyError(f"got a policy of the mode {shown(given.mode)}; allowed are {', '.join(MODES)}")
        return given
    if isinstance(given, Mapping):
        return _Table(given, "the policy that was given").policy()
    if isinstance(given, str | os.PathLike):
        return read_policy(Path(given))
    raise PolicyError(
        f"got {shown(given)} as a policy; give a TOML file's path, a dict like {{'mode': 'open'}}, or None"
    )


def read_policy(path: Path) -> Policy:
    """Read the table ``[tool.seedbed]`` of a TOML file.

    Raises
    ------
    PolicyError
        If the file cannot be read, is not TOML, lacks the table, or the table is malformed.
    """
    import tomllib  # noqa: PLC0415 - only for who has a policy

    try:
        data = tomllib.loads(_content(path))
    except PolicyError:
        raise
    except (OSError, ValueError, RecursionError) as error:  # what is no TOML, no text, or too deep
        raise PolicyError(f"the policy {path} cannot be read: {described(error)}") from error
    tool = data.get("tool", {})
    table = tool.get("seedbed") if isinstance(tool, dict) else None
    if not isinstance(table, dict):
        raise PolicyError(f"the policy {path} has no table [tool.seedbed]; write one, with at least a mode")
    return _Table(table, str(path), path.resolve().parent).policy()


def _content(path: Path) -> str:
    status = path.stat()
    if not stat.S_ISREG(status.st_mode):
        raise PolicyError(f"the policy {path} is no regular file")
    if status.st_size > _LARGEST:
        raise PolicyError(f"the policy {path} has {status.st_size} bytes; at most {_LARGEST} are read")
    return path.read_bytes().decode("utf-8")


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
    named = providers(text)
    wrong = [part.strip() for part in text.split(",") if part.strip() and not is_name(part.strip())]
    if wrong or not named or named & _SWITCHES:
        got = shown(wrong[0] if wrong else text)
        raise PolicyError(
            f"the environment variable {PLUGINS_VARIABLE} has {got}; write 0, or names of distributions "
            "with commas between them"
        )
    return named


@dataclass(frozen=True, slots=True)
class _Table:
    """The table of a policy, and what to say of it in messages."""

    table: Mapping[str, Any]
    source: str
    folder: Path | None = None

    def policy(self) -> Policy:
        for key in self.table:
            if key not in _KEYS:
                raise self._error(
                    f"the unknown key {shown(key)}{suggestion(key, _KEYS)}; known are {', '.join(_KEYS)}"
                )
        mode = self._mode()
        allow = self._rules("allow") if "allow" in self.table else None
        if mode == "open" and allow is not None:
            raise self._error(
                "allow, which means nothing in the mode 'open'; remove it, or set mode = 'allowlist'"
            )
        if mode == "allowlist" and allow is None:
            raise self._error("the mode 'allowlist' and no allow; add one, such as allow = [\"acme-inits\"]")
        return Policy(
            source=self.source,
            mode=mode,
            allow=allow,
            deny=self._rules("deny"),
            prefer=self._preferences(),
            disable=self._disabled(),
            lock=self._lock(mode),
        )

    def _mode(self) -> Mode:
        mode = self.table.get("mode")
        for known in MODES:
            if mode == known:
                return known
        got = f"the mode {shown(mode)}" if "mode" in self.table else "no mode"
        raise self._error(f"{got}; allowed are {', '.join(map(repr, MODES))}")

    def _rules(self, key: str) -> tuple[Rule, ...]:
        items = self.table.get(key, [])
        if not isinstance(items, list | tuple):
            raise self._error(f"{key} = {shown(items)}; write a list of distributions")
        return tuple(self._rule(f"{key}[{place}]", item) for place, item in enumerate(items))

    def _rule(self, place: str, item: Any) -> Rule:
        line = f"{place} = {shown(item)}"
        version, names = None, None
        if isinstance(item, str):
            match = _NAME_WITH_VERSION.fullmatch(item.strip())
            if match is None:
                raise self._error(f"{line}; write one distribution's name, {_NO_PATTERNS}")
            distribution, version = match[1], match[2]
        elif isinstance(item, Mapping):
            for key in item:
                if key not in _RULE_KEYS:
                    raise self._error(
                        f"{place} with the unknown key {shown(key)}{suggestion(key, _RULE_KEYS)}; known are "
                        f"{', '.join(_RULE_KEYS)}"
                    )
            distribution, version, names = item.get("distribution"), item.get("version"), item.get("names")
        else:
            raise self._error(f"{line}; write a distribution's name, or a table with {', '.join(_RULE_KEYS)}")
        return Rule(
            self._distribution(line, distribution),
            self._version(line, version),
            self._names(line, names),
            line,
        )

    def _distribution(self, line: str, name: Any) -> str:
        if not isinstance(name, str) or not is_name(name):
            raise self._error(f"{line}; {shown(name)} is no distribution's name, and {_NO_PATTERNS}")
        if normalise(name) == CORE:
            raise self._error(
                f"{line}; core's entries are always allowed, and are turned off one by one: "
                f'disable = ["{CORE}:random_normal"]'
            )
        return normalise(name)

    def _version(self, line: str, version: Any) -> Specifier | None:
        if version is None:
            return None
        if not isinstance(version, str):
            raise self._error(f"{line}; a version must be text such as '>=1.2,<2', got {shown(version)}")
        try:
            return Specifier(version)
        except ValueError as error:
            raise self._error(f"{line}; {error}") from error

    def _names(self, line: str, names: Any) -> frozenset[str] | None:
        if names is None:
            return None
        if not isinstance(names, list | tuple) or not names or not all(map(_is_bare_name, names)):
            raise self._error(
                f"{line}; names must be a list of bare names, and {_NO_PATTERNS}; got {shown(names)}"
            )
        return frozenset(names)

    def _preferences(self) -> dict[str, str]:
        table = self.table.get("prefer", {})
        if not isinstance(table, Mapping):
            raise self._error(
                f"prefer = {shown(table)}; write a table such as prefer = {{small_init = 'acme-inits'}}"
            )
        preferred = {}
        for name, provider in table.items():
            line = f"prefer.{name} = {shown(provider)}"
            if not _is_bare_name(name):
                raise self._error(f"{line}; write a bare name, and {_NO_PATTERNS}")
            preferred[name] = self._distribution(line, provider)
        return preferred

    def _disabled(self) -> dict[str, str]:
        items = self.table.get("disable", [])
        if not isinstance(items, list | tuple):
            raise self._error(f"disable = {shown(items)}; write a list of full names, 'provider:name'")
        disabled = {}
        for place, item in enumerate(items):
            line = f"disable[{place}] = {shown(item)}"
            provider, colon, name = item.partition(":") if isinstance(item, str) else ("", "", "")
            if not colon or not is_name(provider) or provider == SESSION or not _is_bare_name(name):
                raise self._error(f"{line}; write a full name, 'provider:name', and {_NO_PATTERNS}")
            disabled[f"{normalise(provider)}:{name}"] = line
        return disabled

    def _lock(self, mode: Mode) -> str:
        lock = self.table.get("lock")
        if (mode == "locked") != ("lock" in self.table):
            wrong = "the mode 'locked' and no lock" if mode == "locked" else f"a lock and the mode {mode!r}"
            raise self._error(f"{wrong}; the two go together: mode = 'locked' and lock = 'seedbed.lock'")
        if lock is None:
            return ""
        if not isinstance(lock, str) or not lock:
            raise self._error(
                f"lock = {shown(lock)}; write the path of a lock file, from the policy's folder"
            )
        if self.folder is None and not Path(lock).is_absolute():
            raise self._error(
                f"lock = {shown(lock)}; give an absolute path, since this policy is in no folder"
            )
        return str((self.folder or Path()) / lock)

    def _error(self, what: str) -> PolicyError:
        return PolicyError(f"{self.source} has {what}")


def _is_bare_name(name: object) -> bool:
    return isinstance(name, str) and _BARE_NAME.fullmatch(name) is not None

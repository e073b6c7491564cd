"""The table of a policy, checked to the last key; all of its mistakes are told at once."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from seedbed.arguments import suggestion
from seedbed.discovery.packaging_rules import is_name, normalise
from seedbed.discovery.providers import CORE, SESSION
from seedbed.errors import PolicyError, shown
from seedbed.governance.policy import MODES, Mode, Policy, Rule
from seedbed.governance.specifiers import Specifier

_KEYS: Final = ("mode", "allow", "deny", "prefer", "disable", "lock")
_RULE_KEYS: Final = ("distribution", "version", "names")
_BARE_NAME: Final = re.compile(r"[^\s:*?\[\]]+")
_NAME_WITH_VERSION: Final = re.compile(r"([A-Za-z0-9._-]*[A-Za-z0-9])\s*([~=!<>].*)?")
_NO_PATTERNS: Final = "patterns are not supported"


def policy_of(table: Mapping[str, Any], source: str, folder: Path | None = None) -> Policy:
    """Return the policy that a table is.

    Parameters
    ----------
    table
        What stands under ``[tool.seedbed]``.
    source
        Where it stands, for messages.
    folder
        What the path of its lock starts from; ``None`` if that must be absolute.

    Raises
    ------
    PolicyError
        If it is malformed; the message says all that is wrong, by key.

    Examples
    --------
    >>> policy_of({"mode": "opne", "denny": []}, "policy.toml")
    Traceback (most recent call last):
    ...
    seedbed.errors.PolicyError: policy.toml has 2 mistakes:
      the unknown key 'denny'; did you mean 'deny'? known are mode, allow, deny, prefer, disable, lock
      the mode 'opne'; did you mean 'open'? allowed are 'open', 'allowlist', 'locked'
    """
    reader = _Reader(table, folder)
    policy = reader.policy(source)
    if not reader.faults:
        return policy
    *first, last = reader.faults
    if not first:
        raise PolicyError(f"{source} has {last}")
    told = "".join(f"\n  {fault}" for fault in reader.faults)
    raise PolicyError(f"{source} has {len(reader.faults)} mistakes:{told}")


@dataclass(frozen=True, slots=True)
class _Reader:
    """A table, and what is wrong with it as far as it has been read."""

    table: Mapping[str, Any]
    folder: Path | None
    faults: list[str] = field(default_factory=list)

    def policy(self, source: str) -> Policy:
        """Return the policy, which is one only if there are no faults."""
        self._check_keys("", self.table, _KEYS)
        mode = self._mode()
        allow = tuple(self._rules("allow")) if "allow" in self.table else None
        if mode == "open" and allow is not None:
            self._fault("allow, which means nothing in the mode 'open'; remove it, or set mode = 'allowlist'")
        if mode == "allowlist" and allow is None:
            self._fault("the mode 'allowlist' and no allow; add one, such as allow = [\"acme-inits\"]")
        return Policy(
            source=source,
            mode=mode or "open",
            allow=allow,
            deny=tuple(self._rules("deny")),
            prefer=dict(self._preferences()),
            disable=dict(self._disabled()),
            lock=self._lock(mode),
        )

    def _fault(self, what: str) -> None:
        self.faults.append(what.replace("?;", "?"))

    def _check_keys(self, place: str, table: Mapping[Any, Any], known: tuple[str, ...]) -> None:
        for key in table:
            if key not in known:
                listed = f"{suggestion(key, known)}; known are {', '.join(known)}"
                self._fault(f"{f'{place} with ' if place else ''}the unknown key {shown(key)}{listed}")

    def _mode(self) -> Mode | None:
        mode = self.table.get("mode")
        for known in MODES:
            if mode == known:
                return known
        got = f"the mode {shown(mode)}{suggestion(mode, MODES)}" if "mode" in self.table else "no mode"
        self._fault(f"{got}; allowed are {', '.join(map(repr, MODES))}")
        return None

    def _items(self, key: str, of: str) -> list[Any] | tuple[Any, ...]:
        items = self.table.get(key, [])
        if isinstance(items, list | tuple):
            return items
        self._fault(f"{key} = {shown(items)}; write a list of {of}")
        return ()

    def _rules(self, key: str) -> Iterator[Rule]:
        for number, item in enumerate(self._items(key, "distributions")):
            place = f"{key}[{number}]"
            line = f"{place} = {shown(item)}"
            version, names = None, None
            if isinstance(item, str):
                match = _NAME_WITH_VERSION.fullmatch(item.strip())
                if match is None:
                    self._fault(f"{line}; write one distribution's name, {_NO_PATTERNS}")
                    continue
                distribution, version = match[1], match[2]
            elif isinstance(item, Mapping):
                self._check_keys(place, item, _RULE_KEYS)
                distribution, version = item.get("distribution"), item.get("version")
                names = item.get("names")
            else:
                self._fault(f"{line}; write a distribution's name, or a table with {', '.join(_RULE_KEYS)}")
                continue
            yield Rule(
                self._distribution(line, distribution),
                self._version(line, version),
                self._names(line, names),
                line,
            )

    def _distribution(self, line: str, name: Any) -> str:
        if not isinstance(name, str) or not is_name(name):
            self._fault(f"{line}; {shown(name)} is no distribution's name, and {_NO_PATTERNS}")
            return ""
        if normalise(name) == CORE:
            self._fault(
                f"{line}; core's entries are always allowed, and are turned off one by one: "
                f'disable = ["{CORE}:random_normal"]'
            )
        return normalise(name)

    def _version(self, line: str, version: Any) -> Specifier | None:
        if version is None:
            return None
        if not isinstance(version, str):
            self._fault(f"{line}; a version must be text such as '>=1.2,<2', got {shown(version)}")
            return None
        try:
            return Specifier(version)
        except ValueError as error:
            self._fault(f"{line}; {error}")
            return None

    def _names(self, line: str, names: Any) -> frozenset[str] | None:
        if names is None:
            return None
        if not isinstance(names, list | tuple) or not names or not all(map(_is_bare_name, names)):
            self._fault(f"{line}; names must be a list of bare names, and {_NO_PATTERNS}; got {shown(names)}")
            return None
        return frozenset(names)

    def _preferences(self) -> Iterator[tuple[str, str]]:
        table = self.table.get("prefer", {})
        if not isinstance(table, Mapping):
            self._fault(
                f"prefer = {shown(table)}; write a table such as prefer = {{small_init = 'acme-inits'}}"
            )
            return
        for name, provider in table.items():
            line = f"prefer.{name} = {shown(provider)}"
            if not _is_bare_name(name):
                self._fault(f"{line}; write a bare name, and {_NO_PATTERNS}")
            yield name, self._distribution(line, provider)

    def _disabled(self) -> Iterator[tuple[str, str]]:
        for number, item in enumerate(self._items("disable", "full names, 'provider:name'")):
            line = f"disable[{number}] = {shown(item)}"
            provider, colon, name = item.partition(":") if isinstance(item, str) else ("", "", "")
            if not colon or not is_name(provider) or provider == SESSION or not _is_bare_name(name):
                self._fault(f"{line}; write a full name, 'provider:name', and {_NO_PATTERNS}")
            else:
                yield f"{normalise(provider)}:{name}", line

    def _lock(self, mode: Mode | None) -> str:
        lock = self.table.get("lock")
        if mode is not None and (mode == "locked") != ("lock" in self.table):
            wrong = "the mode 'locked' and no lock" if mode == "locked" else f"a lock and the mode {mode!r}"
            self._fault(f"{wrong}; the two go together: mode = 'locked' and lock = 'seedbed.lock'")
        if lock is None:
            return ""
        if not isinstance(lock, str) or not lock:
            self._fault(f"lock = {shown(lock)}; write the path of a lock file, from the policy's folder")
            return ""
        if self.folder is None and not Path(lock).is_absolute():
            self._fault(f"lock = {shown(lock)}; give an absolute path, since this policy is in no folder")
        return str((self.folder or Path()) / lock)


def _is_bare_name(name: object) -> bool:
    return isinstance(name, str) and _BARE_NAME.fullmatch(name) is not None

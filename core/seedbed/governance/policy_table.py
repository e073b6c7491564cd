"""The table of a policy, checked to the last key; all of its mistakes are told at once."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from seedbed.discovery.packaging_rules import is_name, normalise
from seedbed.discovery.providers import CORE
from seedbed.errors import PolicyError, shown
from seedbed.governance.policy import MODES, Policy, Rule
from seedbed.tables import ARRAY, STRING, TABLE, Keys, Kind, refuse

if TYPE_CHECKING:
    from packaging.specifiers import SpecifierSet

_BARE_NAME: Final = re.compile(r"[^\s:*?\[\]]+")
_NAME_WITH_VERSION: Final = re.compile(r"([A-Za-z0-9._-]*[A-Za-z0-9])\s*([~=!<>].*)?")
_NO_PATTERN: Final = "since patterns are not supported"


def _is_bare_name(name: object) -> bool:
    return isinstance(name, str) and _BARE_NAME.fullmatch(name) is not None


def _is_distribution(name: object) -> bool:
    return isinstance(name, str) and is_name(name)


def specifiers(text: object) -> SpecifierSet | None:
    """Return the version clauses that a text is; ``None`` if it is none.

    Examples
    --------
    >>> clauses = specifiers(">=1.2,<2")
    >>> clauses.contains("1.10", prereleases=True), clauses.contains("2.0rc1", prereleases=True)
    (True, False)
    """
    from packaging.specifiers import SpecifierSet  # noqa: PLC0415 - for rules about versions

    # That library skips an empty clause, and compares by === what is no version.
    if not isinstance(text, str) or "===" in text or not all(map(str.strip, text.split(","))):
        return None
    try:
        found = SpecifierSet(text)
        found.contains("1")  # takes all of it apart
    except ValueError:
        return None
    return found


_MODE: Final = Kind(" or ".join(map(repr, MODES)), MODES.__contains__, MODES)
_LOCK: Final = Kind("the path of a lock file", lambda path: STRING.fits(path) and path)
_DISTRIBUTION: Final = Kind(f"the name of one distribution, {_NO_PATTERN}", _is_distribution)
_VERSION: Final = Kind("version clauses such as '>=1.2,<2', '==1.4.*' or '~=1.4'", specifiers)
_NAMES: Final = Kind(
    f"an array of bare names, {_NO_PATTERN}",
    lambda names: ARRAY.fits(names) and names and all(map(_is_bare_name, names)),
)

_POLICY: Final = Keys(
    {"mode": _MODE, "allow": ARRAY, "deny": ARRAY, "prefer": TABLE, "disable": ARRAY, "lock": _LOCK},
    required=("mode",),
)
_RULE: Final = Keys(
    {"distribution": _DISTRIBUTION, "version": _VERSION, "names": _NAMES}, required=("distribution",)
)


def policy_of(table: Mapping[str, Any], source: str, folder: Path | None = None) -> Policy:
    """Return the policy that a table is; a `PolicyError` says all that is wrong with it.

    Parameters
    ----------
    table
        What stands under ``[tool.seedbed]``.
    source
        Where it stands, for messages.
    folder
        What the path of its lock starts from; ``None`` if that must be absolute.

    Examples
    --------
    >>> policy_of({"mode": "opne", "denny": []}, "policy.toml")
    Traceback (most recent call last):
    ...
    seedbed.errors.PolicyError: policy.toml cannot be used:
      mode must be 'open' or 'allowlist' or 'locked', got 'opne'; did you mean 'open'?
      unknown key 'denny'; did you mean 'deny'?
    """
    refuse(source, _mistakes(table, folder), PolicyError)
    allow, deny = ([_rule(item, line) for line, item in _items(table, key)] for key in ("allow", "deny"))
    return Policy(
        source=source,
        mode=table["mode"],
        allow=tuple(allow) if "allow" in table else None,
        deny=tuple(deny),
        prefer={name: normalise(provider) for name, provider in table.get("prefer", {}).items()},
        disable={_normal(item): line for line, item in _items(table, "disable")},
        lock=str((folder or Path()) / table["lock"]) if "lock" in table else "",
    )


def _mistakes(table: Mapping[str, Any], folder: Path | None) -> Iterator[str]:
    yield from _POLICY.mistakes("", table)
    yield from _mistakes_between(table, folder)
    for key in ("allow", "deny"):
        for line, item in _items(table, key):
            given = _rule_table(item)
            if isinstance(given, Mapping):
                yield from _RULE.mistakes(line, given)
                yield from _of_core(line, given.get("distribution"))
            else:
                yield f"{line} must be a table, or the name of a distribution"
    prefer = table.get("prefer", {})
    for name, provider in prefer.items() if TABLE.fits(prefer) else ():
        line = f"prefer.{name} = {shown(provider)}"
        if not _is_bare_name(name):
            yield f"{line}: {shown(name)} must be a bare name, {_NO_PATTERN}"
        if not _is_distribution(provider):
            yield f"{line}: it must be {_DISTRIBUTION.allowed}"
        yield from _of_core(line, provider)
    for line, item in _items(table, "disable"):
        distribution, _, name = item.partition(":") if isinstance(item, str) else ("", "", "")
        if not (is_name(distribution) and _is_bare_name(name)):
            yield f"{line}: it must be a full name, 'provider:name', {_NO_PATTERN}"


def _mistakes_between(table: Mapping[str, Any], folder: Path | None) -> Iterator[str]:
    """Yield what is wrong with keys that go with a mode, or do not."""
    mode, lock = table.get("mode"), table.get("lock")
    if mode == "open" and "allow" in table:
        yield "allow means nothing in the mode 'open'; remove it, or set mode = 'allowlist'"
    if mode == "allowlist" and "allow" not in table:
        yield "the mode 'allowlist' needs allow; add one, such as allow = [\"acme-inits\"]"
    if mode in MODES and (mode == "locked") != ("lock" in table):
        wrong = "the mode 'locked' needs a" if mode == "locked" else f"the mode {mode!r} has no"
        yield f"{wrong} lock; the two go together: mode = 'locked' and lock = 'seedbed.lock'"
    if _LOCK.fits(lock) and folder is None and not Path(lock or "").is_absolute():
        yield f"lock = {shown(lock)}; give an absolute path, since this policy is in no folder"


def _items(table: Mapping[str, Any], key: str) -> list[tuple[str, Any]]:
    """Return the items of an array, each with its line for messages."""
    items: Sequence[Any] = table.get(key, ())
    if not ARRAY.fits(items):
        return []
    return [(f"{key}[{number}] = {shown(item)}", item) for number, item in enumerate(items)]


def _rule_table(item: object) -> object:
    """Return a rule as a table, which may be written as a text: ``acme-inits>=1.2``."""
    if not isinstance(item, str):
        return item
    match = _NAME_WITH_VERSION.fullmatch(item.strip())
    name, version = match.groups() if match else (item, None)
    return {"distribution": name} if version is None else {"distribution": name, "version": version}


def _rule(item: Any, line: str) -> Rule:
    table: Any = _rule_table(item)
    version, names = table.get("version"), table.get("names")
    return Rule(
        normalise(table["distribution"]),
        None if version is None else specifiers(version),
        None if names is None else frozenset(names),
        line,
    )


def _of_core(line: str, distribution: object) -> Iterator[str]:
    if isinstance(distribution, str) and normalise(distribution) == CORE:
        fix = f'disable = ["{CORE}:random_normal"]'
        yield f"{line}: core's entries are always allowed, and are turned off one by one: {fix}"


def _normal(full_name: str) -> str:
    provider, _, name = full_name.partition(":")
    return f"{normalise(provider)}:{name}"

"""Rules from a TOML file, a dict or a list, checked to the last key.

The format of the file is described in ``docs/reference/rules.md``.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, TypeAlias

from seedbed.api import get
from seedbed.arguments import suggestion
from seedbed.errors import RulesError, SeedbedError, described, shown
from seedbed.initializer import Initializer
from seedbed.rules.plan import Rule, Rules, as_path

InitializerLike: TypeAlias = str | Mapping[str, Any] | Initializer | type[Initializer]
Patterns: TypeAlias = str | Sequence[str]
Pairs: TypeAlias = Mapping[str, InitializerLike] | Sequence[tuple[Patterns, InitializerLike]]
RulesLike: TypeAlias = Rules | str | os.PathLike[str] | Pairs

_LARGEST: Final = 1 << 20
_KEYS: Final = ("match", "initializer", "arguments")
_FOLLOWS: Final = "a file of rules has [[rules]] tables with match, initializer and arguments"


def as_rules(given: RulesLike) -> Rules:
    """Return the rules that `given` means.

    Parameters
    ----------
    given
        The path of a TOML file; a mapping from patterns to initializers, or pairs of a pattern, or a list of
        patterns, and an initializer, in order; `Rules` themselves. An initializer is anything that
        `seedbed.get` makes one of.

    Raises
    ------
    RulesError
        If it is something else, has no rule, or a rule of it is wrong.

    Examples
    --------
    >>> print(as_rules([(["*.bias", "*.norm.*"], "zeros")]).rules[0])
    */bias | */norm/* -> Zeros()
    """
    if isinstance(given, Rules):
        return given
    if isinstance(given, str | os.PathLike):
        return read(Path(given))
    pairs = list(given.items()) if isinstance(given, Mapping) else given
    if not isinstance(pairs, Sequence) or not pairs:
        raise RulesError(
            f"got {shown(given)} as rules; give the path of a TOML file, or a dict or pairs of patterns and "
            "initializers, such as {'*/bias': 'zeros', '*': 'he_normal'}"
        )
    return Rules(tuple(_rule(number, pair) for number, pair in enumerate(pairs, 1)))


def read(path: Path) -> Rules:
    """Return the rules in a TOML file.

    Raises
    ------
    RulesError
        If it cannot be read, or is malformed. The message says all that is wrong, by rule and key.
    """
    try:
        if not path.is_file():
            raise RulesError(f"the rules {path} are no regular file; {_FOLLOWS}")
        if (size := path.stat().st_size) > _LARGEST:
            raise RulesError(f"the rules {path} have {size:,} bytes, and at most {_LARGEST:,} are read")
        text = path.read_bytes().decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise RulesError(f"the rules {path} cannot be read: {described(error)}") from error
    return parse(text, str(path))


def parse(text: str, source: str) -> Rules:
    """Return the rules in the text of such a file; `source` names it in errors.

    Raises
    ------
    RulesError
        If it is malformed.

    Examples
    --------
    >>> text = '''
    ... [[rules]]
    ... match = ["*/bias", "*/norm/bias"]
    ... initializer = "zeros"
    ...
    ... [[rules]]
    ... match = "*"
    ... initializer = "random_normal"
    ... arguments = { stddev = 0.02 }
    ... '''
    >>> print(parse(text, "gpt.toml").rules[1])
    * -> RandomNormal(stddev=0.02)
    """
    import tomllib  # noqa: PLC0415 - for those who have such a file

    try:
        tables = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise RulesError(f"{source} is no TOML: {described(error)}") from error
    rows = tables.get("rules")
    if not isinstance(rows, list) or not rows:
        raise RulesError(f"{source} has no rules; {_FOLLOWS}")
    found = []
    faults = [f"unknown key {shown(key)}" for key in tables if key != "rules"]
    for number, row in enumerate(rows, 1):
        try:
            found.append(_rule_of(row))
        except SeedbedError as error:
            faults.append(f"rule {number}: {error}".replace("\n", "\n  "))
    if faults:
        raise RulesError(f"{source} cannot be used:" + "".join(f"\n  {fault}" for fault in faults))
    return Rules(tuple(found))


def _rule(number: int, pair: object) -> Rule:
    if not isinstance(pair, tuple | list) or len(pair) != 2:
        raise RulesError(f"rule {number} is {shown(pair)}; give a pair of a pattern and an initializer")
    try:
        return Rule(_patterns(pair[0]), _initializer(pair[1], {}))
    except SeedbedError as error:
        raise RulesError(f"rule {number}: {error}") from error


def _rule_of(row: object) -> Rule:
    """Return the rule that a table of the file describes."""
    if not isinstance(row, dict):
        raise RulesError(f"got {shown(row)}; {_FOLLOWS}")
    allowed = f"; allowed are {', '.join(_KEYS)}"
    unknown = [key for key in row if key not in _KEYS]
    faults = [f"unknown key {shown(key)}{suggestion(key, _KEYS) or allowed}" for key in unknown]
    faults += [f"the key {key!r} is missing; {_FOLLOWS}" for key in _KEYS[:2] if key not in row]
    if faults:
        raise RulesError("; ".join(faults).replace("?;", "?"))
    return Rule(_patterns(row["match"]), _initializer(row["initializer"], row.get("arguments", {})))


def _patterns(given: object) -> tuple[str, ...]:
    patterns = (given,) if isinstance(given, str) else given
    if (
        not isinstance(patterns, tuple | list)
        or not patterns
        or not all(isinstance(pattern, str) and pattern for pattern in patterns)
    ):
        raise RulesError(f"match must be a pattern such as '*/bias', or a list of them, got {shown(given)}")
    return tuple(map(as_path, patterns))


def _initializer(given: Any, arguments: Any) -> Any:
    """Return what `given` means, which may be no initializer, as `Rule` says then."""
    if not isinstance(arguments, Mapping):
        raise RulesError(f"arguments must be a table, got {shown(arguments)}")
    return get(given, **arguments)

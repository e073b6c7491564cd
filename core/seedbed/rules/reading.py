"""Rules from a TOML file, a dict or a list, checked to the last key.

``docs/reference/rules.md`` describes the format of the file.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, TypeAlias

from seedbed.api import get
from seedbed.arguments import text as check_text
from seedbed.errors import RulesError, SeedbedError, shown
from seedbed.initializer import Initializer
from seedbed.reading import parse_toml
from seedbed.rules.parameter import as_path
from seedbed.rules.plan import Rules
from seedbed.rules.rule import KEEP, Keep, Rule
from seedbed.tables import ANY, FLAG, STRING, TABLE, Keys, read_tables, refuse

InitializerLike: TypeAlias = str | Mapping[str, Any] | Initializer | type[Initializer] | Keep
Patterns: TypeAlias = str | Sequence[str]
Row: TypeAlias = tuple[Patterns, InitializerLike] | Mapping[str, Any]
Pairs: TypeAlias = Mapping[str, InitializerLike] | Sequence[Row]
RulesLike: TypeAlias = Rules | str | os.PathLike[str] | Pairs

_FOLLOWS: Final = "write [[rules]] tables with match, initializer and arguments"
_FILE: Final = Keys({"rules": ANY})
_RULE: Final = Keys(
    {"match": ANY, "kind": STRING, "initializer": ANY, "arguments": TABLE, "keep": FLAG}, required=("match",)
)


def as_rules(given: RulesLike) -> Rules:
    """Return the rules that `given` means.

    Parameters
    ----------
    given
        The path of a TOML file; a mapping from patterns to initializers; a list, in order, of pairs of a
        pattern, or a list of patterns, and an initializer, or of dicts with the keys that a table of a file
        has; or `Rules` themselves. An initializer is anything from which `seedbed.get` makes one, or `KEEP`
        for what stays as it is.

    Raises
    ------
    RulesError
        If it is something else, has no rule, or one of its rules is wrong.

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
    if all(isinstance(row, Mapping) for row in pairs):
        return _rules_in({"rules": list(pairs)}, "the list of rules")
    return Rules(tuple(_rule(number, pair) for number, pair in enumerate(pairs, 1)))


def read(path: Path) -> Rules:
    """Return the rules in a TOML file.

    Raises
    ------
    RulesError
        If it cannot be read, or is malformed. The message lists everything that is wrong, by rule and key.
    """
    return _rules_in(read_tables(path, lambda what: RulesError(f"{path} {what}")), str(path))


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
    check_text("text", text)
    check_text("source", source)
    content = text.encode(errors="surrogatepass")
    return _rules_in(parse_toml(content, lambda what: RulesError(f"{source} {what}")), source)


def _rules_in(tables: dict[str, Any], source: str) -> Rules:
    mistakes = list(_FILE.mistakes("the file", tables))
    rows = tables.get("rules")
    if not isinstance(rows, list) or not rows:
        mistakes.append(f"it has no rules; {_FOLLOWS}")
        rows = []
    found = []
    for number, row in enumerate(rows, 1):
        wrong = list(_RULE.mistakes(f"rule {number}", row))
        mistakes += wrong
        try:
            if not wrong:
                found.append(Rule(_patterns(row["match"]), _given(row), kind=row.get("kind")))
        except SeedbedError as error:
            mistakes.append(f"rule {number}: {error}")
    refuse(source, mistakes, RulesError)
    return Rules(tuple(found))


def _given(row: Mapping[str, Any]) -> Any:
    """Return what a table of a file gives to what it matches."""
    if row.get("keep", False):
        if more := sorted({"initializer", "arguments"} & row.keys()):
            raise RulesError(
                f"keep leaves parameters as they are, so that {' and '.join(more)} must be left out"
            )
        return KEEP
    if "initializer" not in row:
        raise RulesError("the key 'initializer' is missing; give one, or keep = true for what stays as it is")
    return _initializer(row["initializer"], row.get("arguments", {}))


def _rule(number: int, pair: object) -> Rule:
    if not isinstance(pair, tuple | list) or len(pair) != 2:
        raise RulesError(
            f"rule {number} is {shown(pair)}; give a pair of a pattern and an initializer, or make each rule "
            "a dict with match and initializer"
        )
    try:
        return Rule(_patterns(pair[0]), _initializer(pair[1], {}))
    except SeedbedError as error:
        raise RulesError(f"rule {number}: {error}") from error


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
    """Return the initializer that `given` means. It may not be one; then `Rule` raises the error."""
    if given is KEEP:
        return given
    if not isinstance(arguments, Mapping):
        raise RulesError(f"arguments must be a table, got {shown(arguments)}")
    return get(given, **arguments)

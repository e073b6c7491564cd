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
from seedbed.errors import RulesError, SeedbedError, described, shown
from seedbed.initializer import Initializer
from seedbed.reading import parse_toml, read_small
from seedbed.rules.lines import Lines
from seedbed.rules.planning import Rules
from seedbed.rules.role_tables import as_over, as_patterns, as_roles
from seedbed.rules.rule import KEEP, Keep, Rule
from seedbed.rules.scope import mistakes as mistaken_names
from seedbed.rules.settings import as_settings
from seedbed.rules.template import Template, has_expressions
from seedbed.tables import ANY, FLAG, INTEGER, STRING, TABLE, Keys, refuse

InitializerLike: TypeAlias = str | Mapping[str, Any] | Initializer | type[Initializer] | Keep
Patterns: TypeAlias = str | Sequence[str]
Row: TypeAlias = tuple[Patterns, InitializerLike] | Mapping[str, Any]
Pairs: TypeAlias = Mapping[str, InitializerLike] | Sequence[Row]
RulesLike: TypeAlias = Rules | str | os.PathLike[str] | Pairs

_FOLLOWS: Final = "write [[rules]] tables with match, initializer and arguments"
_FILE: Final = Keys({"rules": ANY, "parameters": TABLE, "roles": TABLE, "fused": ANY})
_RULE: Final = Keys(
    {
        "match": ANY,
        "kind": STRING,
        "ndim": INTEGER,
        "initializer": ANY,
        "arguments": TABLE,
        "stream": STRING,
        "over": TABLE,
        "keep": FLAG,
    },
    required=("match",),
)


def as_rules(given: RulesLike) -> Rules:
    """Return the rules that `given` means.

    Parameters
    ----------
    given
        The path of a TOML file; a mapping from patterns to initializers; a list, in order, of pairs of a
        pattern, or a list of patterns, and an initializer, or of dicts with the keys that a table of a file
        has; a dict with all that such a file has; or `Rules` themselves. An initializer is anything from
        which `seedbed.get` makes one, or `KEEP` for what stays as it is.

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
    if isinstance(given, Mapping) and _is_file(given):
        return _rules_in(given, "the dict of rules")
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

    def wrong(what: str) -> RulesError:
        return RulesError(f"{path} {what}")

    try:
        content = read_small(path, wrong)
    except OSError as error:
        raise wrong(f"cannot be read: {described(error)}") from error
    return _rules_of(content, str(path))


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
    return _rules_of(text.encode(errors="surrogatepass"), source)


def _is_file(given: Mapping[Any, Any]) -> bool:
    """Say whether a dict has what a file has, and not patterns."""
    return isinstance(given.get("rules"), list | tuple) and given.keys() <= _FILE.kinds.keys()


def _rules_of(content: bytes, source: str) -> Rules:
    tables = parse_toml(content, lambda what: RulesError(f"{source} {what}"))
    return _rules_in(tables, source, Lines(content.decode(errors="replace")))


def _rules_in(tables: Mapping[str, Any], source: str, lines: Lines | None = None) -> Rules:
    mistakes = list(_FILE.mistakes("the file", tables))
    rows = tables.get("rules")
    if not isinstance(rows, list | tuple) or not rows:
        mistakes.append(f"it has no rules; {_FOLLOWS}")
        rows = []
    declared = tables.get("parameters", {})
    settings, wrong = as_settings(declared) if isinstance(declared, Mapping) else ([], [])
    mistakes += wrong
    roles, wrong = as_roles(tables.get("roles", {}), tables.get("fused", []))
    mistakes += wrong
    found = []
    for number, row in enumerate(rows, 1):
        header, place = _places(number, rows, lines)
        wrong = list(_RULE.mistakes(header, row))
        mistakes += wrong
        try:
            if not wrong:
                found.append(_row(row, f"{source}: {place}"))
                mistakes += [f"{place}: {what}" for what in mistaken_names(found[-1], settings)]
        except SeedbedError as error:
            mistakes.append(f"{place if 'expr' in str(error) else header}: {error}")
    refuse(source, mistakes, RulesError)
    try:
        return Rules(tuple(found), tuple(settings), roles=roles)
    except RulesError as error:
        raise RulesError(f"{source} cannot be used: {error}") from error


def _places(number: int, rows: Sequence[Any], lines: Lines | None) -> tuple[str, str]:
    """Return where a rule begins, and where it has an expression."""
    if lines is None:
        return f"rule {number}", f"rule {number}"
    return lines.place(number, len(rows)), lines.place(number, len(rows), rows[number - 1])


def _row(row: Mapping[str, Any], where: str) -> Rule:
    conditions = {name: row[name] for name in ("kind", "ndim", "stream") if name in row}
    over = as_over(row["over"]) if "over" in row else None
    return Rule(as_patterns(row["match"]), _given(row), **conditions, over=over, where=where)


def _given(row: Mapping[str, Any]) -> Any:
    """Return what a table of a file gives to what it matches."""
    if row.get("keep", False):
        if more := sorted({"initializer", "arguments", "stream"} & row.keys()):
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
        return Rule(as_patterns(pair[0]), _initializer(pair[1], {}), where=f"rule {number}")
    except SeedbedError as error:
        raise RulesError(f"rule {number}: {error}") from error


def _initializer(given: Any, arguments: Any) -> Any:
    """Return the initializer that `given` means. It may not be one; then `Rule` raises the error."""
    if given is KEEP:
        return given
    if not isinstance(arguments, Mapping):
        raise RulesError(f"arguments must be a table, got {shown(arguments)}")
    if has_expressions((given, dict(arguments))):
        return Template(given, arguments)
    return get(given, **arguments)

"""What the tables of a file of rules mean, or a dict with the same keys.

``docs/reference/rules.md`` describes the format.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from seedbed.api import get
from seedbed.errors import RulesError, SeedbedError, prefixed, shown
from seedbed.rules.about import as_about
from seedbed.rules.lines import Lines
from seedbed.rules.planning import Rules
from seedbed.rules.role_tables import as_over, as_patterns, as_roles
from seedbed.rules.rule import KEEP, Rule
from seedbed.rules.scope import mistakes as mistaken_names
from seedbed.rules.settings import Setting, as_settings
from seedbed.rules.template import Template, has_expressions
from seedbed.tables import ANY, FLAG, INTEGER, STRING, TABLE, Keys, refuse

_FOLLOWS: Final = "write [[rules]] tables with match, initializer and arguments"
FILE: Final = Keys(
    {
        "recipe": STRING,
        "extends": STRING,
        "source": STRING,
        "notes": ANY,
        "parameters": TABLE,
        "roles": TABLE,
        "fused": ANY,
        "rules": ANY,
    }
)
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

Extend = Callable[[str], Rules]
"""Returns the recipe of a name that stands under ``extends``."""


def rules_in(tables: Mapping[str, Any], source: str, lines: Lines | None = None, *, extend: Extend) -> Rules:
    """Return the rules that tables mean; `source` names them in errors.

    Raises
    ------
    RulesError
        If they are malformed. The message lists everything that is wrong, by rule and key.
    """
    mistakes = list(FILE.mistakes("the file", tables))
    extends = tables.get("extends")
    base = _extended(extends, source, extend) if isinstance(extends, str) else Rules(())
    about, wrong = as_about(tables)
    mistakes += wrong
    declared = tables.get("parameters", {})
    own, wrong = as_settings(declared) if isinstance(declared, Mapping) else ([], [])
    mistakes += wrong
    replaced = {setting.name for setting in own}
    settings = (*own, *(one for one in base.settings if one.name not in replaced))
    given = {name: value for name, value in base.given.items() if name not in replaced}
    roles, wrong = as_roles(tables.get("roles", {}), tables.get("fused", []), base.roles)
    mistakes += wrong
    rules, wrong = _rules(tables.get("rules", [] if base.rules else None), source, lines, settings)
    refuse(source, [*mistakes, *wrong], RulesError)
    inherited = (replace(rule, inherited=True) for rule in base.rules)
    try:
        return Rules((*rules, *inherited), settings, given, roles, about.extended(base.about))
    except RulesError as error:
        raise RulesError(f"{source} cannot be used: {error}") from error


def _extended(name: str, source: str, extend: Extend) -> Rules:
    try:
        return extend(name)
    except SeedbedError as error:
        raise prefixed(error, f"{source} extends {name!r}") from error


def _rules(
    rows: Any, source: str, lines: Lines | None, settings: Sequence[Setting]
) -> tuple[list[Rule], list[str]]:
    """Return the rules that can be read, and what is wrong with the others."""
    if not isinstance(rows, list | tuple) or (not rows and rows != []):
        return [], [f"it has no rules; {_FOLLOWS}"]
    found, mistakes = [], []
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
    return found, mistakes


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


def rule_of_pair(number: int, pair: object) -> Rule:
    """Return the rule that a pair of patterns and an initializer means.

    Raises
    ------
    RulesError
        If it means none.
    """
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
    if has_expressions((given, dict(arguments))):
        return Template(given, arguments)
    return get(given, **arguments)

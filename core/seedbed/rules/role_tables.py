"""The tables ``[roles]`` and ``[[fused]]`` of a file, read and checked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from seedbed.errors import RulesError, shown
from seedbed.rules.expression import NAME, RESERVED
from seedbed.rules.parameter import Over, as_path
from seedbed.rules.pattern import captured
from seedbed.rules.roles import EVERY, Role, Roles, Source, merged
from seedbed.tables import ANY, FLAG, INTEGER, STRING, STRINGS, Keys

_OF_ROLE: Final = ("optional", "match", "over")
_OVER: Final = Keys({"axis": INTEGER, "as": STRING}, required=("axis", "as"))
_PLACE: Final = Keys({"match": ANY, "over": ANY}, required=("match",))
_FUSED: Final = Keys(
    {"match": ANY, "roles": STRINGS, "dialect": STRING, "over": ANY, "axis": INTEGER, "sizes": ANY},
    required=("match", "roles"),
)


def as_roles(tables: object, fused: object, base: Roles) -> tuple[Roles, list[str]]:
    """Return what ``[roles]`` and ``[[fused]]`` mean, besides the roles of `base`, and mistakes."""
    if not isinstance(tables, Mapping) or not isinstance(fused, list | tuple):
        return Roles(), ["roles must be a table, and fused an array of tables"]
    roles: list[Role] = []
    sources: list[Source] = []
    mistakes: list[str] = []
    for name, given in tables.items():
        try:
            roles.append(_role(name, given))
            sources += _sources(roles[-1].name, given)
        except RulesError as error:
            mistakes.append(f"role {shown(name)}: {error}")
    for number, row in enumerate(fused, 1):
        try:
            sources.append(_fused(row))
        except RulesError as error:
            mistakes.append(f"fused {number}: {error}")
    try:
        return merged(roles, sources, base), mistakes
    except RulesError as error:
        return Roles(), [*mistakes, str(error)]


def as_over(given: object) -> Over:
    """Return what ``{ axis = 0, as = "layer" }`` means.

    Raises
    ------
    RulesError
        If it is something else.
    """
    _refuse(_OVER, given, "over")
    assert isinstance(given, Mapping)  # noqa: S101 - as _refuse has checked
    if not NAME.fullmatch(given["as"]) or given["as"] in RESERVED or not -64 <= given["axis"] < 64:
        raise RulesError(f"over must be an axis and a name such as 'layer', got {shown(given)}")
    return Over(given["axis"], given["as"])


def as_patterns(given: object) -> tuple[str, ...]:
    """Return the patterns that a text or a list of texts means.

    Raises
    ------
    RulesError
        If it means none.
    """
    patterns = (given,) if isinstance(given, str) else given
    if (
        not isinstance(patterns, tuple | list)
        or not patterns
        or not all(isinstance(pattern, str) and pattern for pattern in patterns)
    ):
        raise RulesError(f"match must be a pattern such as '*/bias', or a list of them, got {shown(given)}")
    found = tuple(map(as_path, patterns))
    for pattern in found:
        tuple(captured(pattern))
    return found


def _role(name: object, given: object) -> Role:
    if not isinstance(name, str) or not name or {*name} & {*"*?["}:
        raise RulesError("a role must be a path such as 'h/{layer}/attn/out'")
    optional = given.get("optional", False) if isinstance(given, Mapping) else False
    if not FLAG.fits(optional):
        raise RulesError(f"optional must be true or false, got {shown(optional)}")
    tuple(captured(name))
    return Role(as_path(name), optional)


def _sources(role: str, given: object) -> Iterator[Source]:
    if not isinstance(given, Mapping):
        yield Source(as_patterns(given), (role,))
        return
    if "match" in given:
        yield _place(role, EVERY, {name: given[name] for name in ("match", "over") if name in given})
    for dialect, place in given.items():
        if dialect not in _OF_ROLE:
            if not isinstance(dialect, str) or not NAME.fullmatch(dialect):
                raise RulesError(f"a dialect must be a name such as 'hf', got {shown(dialect)}")
            yield _place(role, dialect, place)


def _place(role: str, dialect: str, given: object) -> Source:
    if not isinstance(given, Mapping):
        return Source(as_patterns(given), (role,), dialect)
    _refuse(_PLACE, given, dialect or "it")
    over = as_over(given["over"]) if "over" in given else None
    return Source(as_patterns(given["match"]), (role,), dialect, over)


def _fused(row: object) -> Source:
    _refuse(_FUSED, row, "it")
    assert isinstance(row, Mapping)  # noqa: S101 - as _refuse has checked
    sizes = row.get("sizes")
    if sizes is not None and not _are_sizes(sizes, len(row["roles"])):
        raise RulesError(f"sizes must be an int for each role, got {shown(sizes)}")
    if not row["roles"]:
        raise RulesError("roles must name at least one role")
    over = as_over(row["over"]) if "over" in row else None
    return Source(
        as_patterns(row["match"]),
        tuple(map(as_path, row["roles"])),
        row.get("dialect", EVERY),
        over,
        row.get("axis", -1),
        None if sizes is None else tuple(sizes),
    )


def _are_sizes(given: Any, count: int) -> bool:
    is_list = isinstance(given, list | tuple) and len(given) == count
    return is_list and all(type(size) is int and size >= 0 for size in given)


def _refuse(keys: Keys, given: object, place: str) -> None:
    if mistakes := list(keys.mistakes(place, given)):
        raise RulesError("; ".join(mistakes))

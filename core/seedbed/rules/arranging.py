"""Which rule each part of each weight of a model has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from seedbed.errors import RulesError
from seedbed.rules.cells import Cell, Shared, layers_of, parts_of
from seedbed.rules.parameter import Over, Parameter
from seedbed.rules.pattern import Captures
from seedbed.rules.roles import Placed, Roles
from seedbed.rules.rule import KEEP, Rule


class _Match(NamedTuple):
    rule: Rule
    captures: Captures


@dataclass(frozen=True, slots=True)
class Arranged:
    """A model as rules see it.

    Parameters
    ----------
    cells
        The parts of each weight that a rule matches, by the path of the weight.
    parts
        All that rules were asked of, by the paths that they were asked by.
    shared
        How the parts of a weight lie in it, by its path, where it has several.
    placed
        The place of each weight that has roles, by its path.
    roles_left
        A line for each required role that no weight has.
    """

    cells: Mapping[str, Sequence[Cell]]
    parts: Mapping[str, Parameter]
    shared: Mapping[str, Shared]
    placed: Mapping[str, Placed]
    roles_left: Sequence[str] = ()

    @property
    def chosen(self) -> dict[str, Rule]:
        """The rule of each part that has one."""
        return {cell.parameter.path: cell.rule for cells in self.cells.values() for cell in cells}


def arranged(known: Mapping[str, Parameter], rules: Sequence[Rule], roles: Roles) -> Arranged:
    """Return which rule each part of each weight has.

    Raises
    ------
    RulesError
        If a rule asks for what nothing tells, or matches only some parts of a weight.
    """
    placed = roles.placed(known)
    cells: dict[str, list[Cell]] = {}
    parts: dict[str, Parameter] = {}
    shared: dict[str, Shared] = {}
    for path, parameter in known.items():
        if path in placed:
            how, own = parts_of(parameter, placed[path])
            parts.update({part.path: part for part in own})
            cells[path] = _cells_of(path, own, rules)
            shared[path] = how
            continue
        parts[path] = parameter
        match = _first(parameter, rules)
        if match is not None and match.rule.over is not None and match.rule.initializer is not KEEP:
            shared[path], cells[path] = _layers(parameter, match, match.rule.over)
        elif match is not None:
            cells[path] = [Cell(parameter, *match)]
    left = [f"for the role {role}: no weight has it" for role in roles.left(placed, known)]
    return Arranged({path: own for path, own in cells.items() if own}, parts, shared, placed, left)


def _first(parameter: Parameter, rules: Sequence[Rule]) -> _Match | None:
    tried = ((rule, rule.match(parameter)) for rule in rules)
    return next((_Match(rule, captures) for rule, captures in tried if captures is not None), None)


def _cells_of(path: str, parts: Sequence[Parameter], rules: Sequence[Rule]) -> list[Cell]:
    """Return the parts of a weight that has roles with their rules; none if no rule matches."""
    matches = [(part, _first(part, rules)) for part in parts]
    found = [Cell(part, *match) for part, match in matches if match is not None]
    if found and len(found) < len(parts):
        missed = next(part.path for part, match in matches if match is None)
        raise RulesError(
            f"{path}: no rule matches its part {missed}, and one matches {found[0].parameter.path}"
        )
    kept = [cell for cell in found if cell.rule.initializer is KEEP]
    if kept and len(kept) < len(found):
        raise RulesError(f"{path}: a rule keeps its part {kept[0].parameter.path}, and others are drawn")
    if any(cell.rule.over is not None for cell in found):
        raise RulesError(f"{path}: it has a role, and its rule says over; say it in the role")
    return found


def _layers(parameter: Parameter, match: _Match, over: Over) -> tuple[Shared, list[Cell]]:
    shared, parts = layers_of(parameter, over)
    return shared, [
        Cell(part, match.rule, {**match.captures, over.name: number}) for number, part in enumerate(parts)
    ]

"""What the names in a rule mean: parameters that it declares, captures, fans and sizes."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Final, cast

from seedbed.arguments import suggestion
from seedbed.errors import LayoutError, RulesError, SeedbedError, prefixed
from seedbed.initializer import Initializer
from seedbed.rules.cells import Cell
from seedbed.rules.expression import Value
from seedbed.rules.pattern import Captures, captured, compiled, names_in, written
from seedbed.rules.rule import Rule, check_seeds
from seedbed.rules.settings import Count, Setting
from seedbed.rules.template import Template

_OF_SIZES: Final = ("fan_in", "fan_out")


def mistakes(rule: Rule, settings: Sequence[Setting]) -> Iterator[str]:
    """Yield what is wrong with the names in a rule."""
    declared = {setting.name for setting in settings}
    captures = rule.captures | ({rule.over.name} if rule.over else set())
    in_patterns = {name for pattern in rule.patterns for name in captured(pattern)}
    if rule.over is not None and rule.over.name in in_patterns | declared:
        yield f"over counts {rule.over.name!r}, which means something else; give it another name"
    for name in sorted(in_patterns & declared):
        yield f"{{{name}}} in its patterns is the name of a parameter; give one of the two another name"
    if isinstance(rule.initializer, Template):
        for name in sorted(rule.initializer.names - declared - captures - {*_OF_SIZES}):
            if not name.startswith("size("):
                yield _unknown(name, "an expression", {*declared, *captures, *_OF_SIZES}, rule)
    for name in names_in(rule.stream or ""):
        if name not in {*captures, "parent"}:
            yield _unknown(name, f"the stream {rule.stream!r}", {*captures, "parent"}, rule)


def uncounted(patterns: Sequence[str], over: Collection[str], settings: Sequence[Setting]) -> Iterator[str]:
    """Yield which parameters are counts of what neither a pattern nor an axis counts."""
    known = {*over, *(name for pattern in patterns for name in captured(pattern))}
    for setting in settings:
        if isinstance(setting.default, Count) and setting.default.capture not in known:
            name = setting.default.capture
            hint = suggestion(name, known)
            yield f"parameter {setting.name}: no pattern captures {{{name}}}, which it counts{hint}"


def numbers(
    capture: str, patterns: Sequence[str], names: Sequence[str], more: Iterable[Captures]
) -> set[int]:
    """Return the different numbers that a capture has in a model.

    Parameters
    ----------
    capture
        Which.
    patterns, names
        What may capture it, and of what.
    more
        What else has been captured.
    """
    asked = [compiled(pattern) for pattern in dict.fromkeys(patterns) if capture in captured(pattern)]
    matched = (pattern.match(name) for pattern in asked for name in names)
    found = {captures[capture] for captures in matched if captures is not None}
    return found | {captures[capture] for captures in more if capture in captures}


class Scope:
    """Makes the initializers of rules for the parameters of one model, each once for the same numbers."""

    __slots__ = ("_made", "_settings")

    def __init__(self, settings: Mapping[str, Value]) -> None:
        self._settings = settings
        self._made: dict[tuple[object, ...], Initializer] = {}

    def made(self, cell: Cell) -> Initializer:
        """Return the initializer that a rule, not one that keeps, gives to a part of a model.

        Raises
        ------
        SeedbedError
            If an expression has no value for it, or the initializer does not take that.
        """
        (parameter, rule, _), template = cell, cell.rule.initializer
        if not isinstance(template, Template):
            return cast("Initializer", template)  # nobody asks for what a rule keeps
        place = f"{f'{rule.where}: ' if rule.where else ''}{parameter.path}"
        try:
            names = sorted(template.names)
            values = {name: self._value(name, cell) for name in names}
            key = (id(rule), *values.values())
            if key not in self._made:
                self._made[key] = template.made(values)
                check_seeds(self._made[key])
        except SeedbedError as error:
            raise prefixed(error, place) from error
        return self._made[key]

    def _value(self, name: str, cell: Cell) -> Value:
        if name in cell.captures:
            return cell.captures[name]
        if name in self._settings:
            return self._settings[name]
        if cell.parameter.sizes is None:
            raise RulesError(f"the rule asks for {name}, and nothing tells the sizes of this parameter")
        sizes = cell.parameter.sizes()
        if sizes.flaw:
            raise LayoutError(sizes.flaw)
        if name in _OF_SIZES:
            if len(sizes.shape) < 2:  # that of a bias is asked for in the belief that it is its layer's
                raise RulesError(
                    f"the rule asks for {name}, and a weight of the shape {sizes.shape} has no inputs and "
                    "outputs; write size(0) for its length, or declare a parameter for the fan of its layer"
                )
            return sizes.fans[_OF_SIZES.index(name)]
        axis = int(name[len("size(") : -1])
        if not -len(sizes.shape) <= axis < len(sizes.shape):
            raise RulesError(f"the rule asks for {name}, and it is drawn in the shape {sizes.shape}")
        return sizes.shape[axis]


def streams(
    cells: Mapping[str, Sequence[Cell]], prefix: str, placed: Collection[str] = ()
) -> dict[str, list[str]]:
    """Return what the seed is divided by for each part of each weight, by the path of the weight.

    Parameters
    ----------
    cells
        The parts of each weight.
    prefix
        What stands in front of all.
    placed
        The weights that have roles, whose parts have no prefix in their paths.

    Raises
    ------
    RulesError
        If two would get the same, and not from two rules that both name a stream.
    """
    front = f"{prefix}/" if prefix else ""
    found = {
        path: [_stream(cell, front, has_role=path in placed) for cell in own] for path, own in cells.items()
    }
    if any(streams != [path] for path, streams in found.items()):  # paths differ, as has been checked
        _check_apart(found, cells)
    return found


def _check_apart(found: Mapping[str, Sequence[str]], cells: Mapping[str, Sequence[Cell]]) -> None:
    first: dict[str, list[tuple[str, Rule]]] = {}
    for path, streams in found.items():
        for stream, cell in zip(streams, cells[path], strict=True):
            before = first.setdefault(stream, [])
            for other, of in before:
                if of is cell.rule or cell.rule.stream is None or of.stream is None:
                    raise RulesError(
                        f"{other} and {path} have the stream {stream!r}, and would draw the same values; two "
                        "rules that each say stream may share one, and within a rule put {parent} or a "
                        "capture in it; two weights cannot have one role"
                    )
            before.append((path, cell.rule))


def _stream(cell: Cell, front: str, *, has_role: bool) -> str:
    path, stream = cell.parameter.path, cell.rule.stream
    own = path if has_role else path.removeprefix(front)
    if stream is None:
        return front + path if has_role else path
    return front + written(stream, cell.captures, parent=own.rpartition("/")[0]).lstrip("/")


def _unknown(name: str, where: str, known: set[str], rule: Rule) -> str:
    some = any(name in captured(pattern) for pattern in rule.patterns)
    hint = suggestion(name, known) or f"; known are {', '.join(sorted(known))}"
    return f"unknown name {name!r} in {where}" + ("; not all its patterns capture it" if some else hint)

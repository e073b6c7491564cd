"""What the names in a rule mean: parameters that it declares, captures, fans and sizes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from seedbed.arguments import suggestion
from seedbed.errors import RulesError, SeedbedError, prefixed
from seedbed.initializer import Initializer
from seedbed.rules.expression import Value
from seedbed.rules.parameter import Parameter
from seedbed.rules.pattern import Captures, captured, compiled, names_in, written
from seedbed.rules.rule import Rule, check_seeds
from seedbed.rules.settings import Count, Setting
from seedbed.rules.template import Template

_OF_SIZES: Final = ("fan_in", "fan_out")


class Match(NamedTuple):
    """The rule that a parameter has, and what the rule captures of its path."""

    rule: Rule
    captures: Captures


def mistakes(rule: Rule, settings: Sequence[Setting]) -> Iterator[str]:
    """Yield what is wrong with the names in a rule."""
    declared = {setting.name for setting in settings}
    captures = rule.captures
    for name in sorted({name for pattern in rule.patterns for name in captured(pattern)} & declared):
        yield f"{{{name}}} in its patterns is the name of a parameter; give one of the two another name"
    if isinstance(rule.initializer, Template):
        for name in sorted(rule.initializer.names - declared - captures - {*_OF_SIZES}):
            if not name.startswith("size("):
                yield _unknown(name, "an expression", {*declared, *captures, *_OF_SIZES}, rule)
    for name in names_in(rule.stream or ""):
        if name not in {*captures, "parent"}:
            yield _unknown(name, f"the stream {rule.stream!r}", {*captures, "parent"}, rule)


def uncounted(rules: Sequence[Rule], settings: Sequence[Setting]) -> Iterator[str]:
    """Yield which parameters are counts of what no pattern captures."""
    known = {name for rule in rules for pattern in rule.patterns for name in captured(pattern)}
    for setting in settings:
        if isinstance(setting.default, Count) and setting.default.capture not in known:
            name = setting.default.capture
            yield (
                f"parameter {setting.name}: no pattern captures {{{name}}}, which it counts"
                f"{suggestion(name, known)}"
            )


def count(capture: str, rules: Sequence[Rule], known: Mapping[str, Parameter]) -> int:
    """Return how many different numbers a capture has among the parameters of a model.

    Raises
    ------
    RulesError
        If there are none, or they are not 0, 1, 2, ... without a gap, as in a part of a model.
    """
    patterns = [
        compiled(pattern) for rule in rules for pattern in rule.patterns if capture in captured(pattern)
    ]
    names = [name for parameter in known.values() for name in parameter.names]
    matched = (pattern.match(name) for pattern in patterns for name in names)
    found = {captures[capture] for captures in matched if captures is not None}
    if not found:
        raise RulesError(f"no parameter of this model has a {{{capture}}} to count")
    if len(found) != max(found) + 1:
        raise RulesError(
            f"the {len(found)} numbers of {{{capture}}} in this model are from {min(found)} to {max(found)}, "
            "and not 0, 1, 2, ... without a gap, so that this may be a part of a model"
        )
    return len(found)


class Scope:
    """Makes the initializers of rules for the parameters of one model, each once for the same numbers."""

    __slots__ = ("_made", "_settings")

    def __init__(self, settings: Mapping[str, Value]) -> None:
        self._settings = settings
        self._made: dict[tuple[object, ...], Initializer] = {}

    def made(self, match: Match, parameter: Parameter) -> Initializer:
        """Return the initializer that a rule, not one that keeps, gives to a parameter.

        Raises
        ------
        SeedbedError
            If an expression has no value for it, or the initializer does not take that.
        """
        rule, template = match.rule, match.rule.initializer
        if isinstance(template, Initializer):
            return template
        if not isinstance(template, Template):
            raise RulesError(f"{rule} draws nothing for {parameter.path}")
        place = f"{f'{rule.where}: ' if rule.where else ''}{parameter.path}"
        try:
            names = sorted(template.names)
            values = {name: self._value(name, match, parameter) for name in names}
            key = (id(rule), *values.values())
            if key not in self._made:
                self._made[key] = template.made(values)
                check_seeds(self._made[key])
        except SeedbedError as error:
            raise prefixed(error, place) from error
        return self._made[key]

    def _value(self, name: str, match: Match, parameter: Parameter) -> Value:
        if name in match.captures:
            return match.captures[name]
        if name in self._settings:
            return self._settings[name]
        if parameter.sizes is None:
            raise RulesError(f"the rule asks for {name}, and nothing tells the sizes of this parameter")
        sizes = parameter.sizes()
        if name in _OF_SIZES:
            return sizes.fans[_OF_SIZES.index(name)]
        axis = int(name[len("size(") : -1])
        if not -len(sizes.shape) <= axis < len(sizes.shape):
            raise RulesError(f"the rule asks for {name}, and it is drawn in the shape {sizes.shape}")
        return sizes.shape[axis]


def streams(matches: Mapping[str, Match], prefix: str) -> dict[str, str]:
    """Return what the seed is divided by for each parameter, by path.

    Raises
    ------
    RulesError
        If two would get the same, and not from two rules that both name a stream.
    """
    front = f"{prefix}/" if prefix else ""
    found = {path: _stream(path, *match, front) for path, match in matches.items()}
    if any(match.rule.stream is not None for match in matches.values()):  # else they are the paths
        _check_apart(found, matches)
    return found


def _check_apart(found: Mapping[str, str], matches: Mapping[str, Match]) -> None:
    first: dict[str, list[str]] = {}
    for path, stream in found.items():
        rule, before = matches[path].rule, first.setdefault(stream, [])
        for other in before:
            of = matches[other].rule
            if of is rule or rule.stream is None or of.stream is None:
                raise RulesError(
                    f"{other} and {path} have the stream {stream!r}, and would draw the same values; two "
                    "rules that each say stream may share one, and within a rule put {parent} or a capture "
                    "in it"
                )
        before.append(path)


def _stream(path: str, rule: Rule, captures: Captures, front: str) -> str:
    if rule.stream is None:
        return path
    parent = path.removeprefix(front).rpartition("/")[0]
    return front + written(rule.stream, captures, parent=parent).lstrip("/")


def _unknown(name: str, where: str, known: set[str], rule: Rule) -> str:
    some = any(name in captured(pattern) for pattern in rule.patterns)
    hint = suggestion(name, known) or f"; known are {', '.join(sorted(known))}"
    return f"unknown name {name!r} in {where}" + ("; not all its patterns capture it" if some else hint)

"""`Rules`, and `Plan`, what they mean for the parameters of one model."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from types import MappingProxyType
from typing import Any, Final

from seedbed.api import get
from seedbed.arguments import flag, of_kind, suggestion
from seedbed.constructor import parameters as constructor_parameters
from seedbed.drawing import drawing_within
from seedbed.errors import ArgumentError, RulesError, shown
from seedbed.initializer import Initializer, arguments_of
from seedbed.random import Seed, SeedLike, as_seed
from seedbed.rules.parameter import Parameter, Parameters, as_parameters, as_path
from seedbed.rules.rule import KEEP, Rule
from seedbed.warning import warn

_MOST_TOLD: Final = 20
"""Faults in one message; a large model may have as many as it has parameters."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Which parameter gets which initializer, and what the rules left over.

    Parameters
    ----------
    initializers
        The initializer of each parameter that a rule matches, by path, in the given order. Each is ready to
        draw from its own stream.
    unmatched
        The paths that no rule matches.
    unused
        The rules that no parameter uses, and why, as text.
    kept
        The paths that a rule with `KEEP` matches.
    chosen
        The rule that each parameter has, by path.
    notes
        What else the report says of a parameter, such as its shape and its fans, by path.
    """

    initializers: Mapping[str, Initializer]
    unmatched: tuple[str, ...] = ()
    unused: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    chosen: Mapping[str, Rule] = field(default_factory=dict)
    notes: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        of_kind("initializers", self.initializers, Mapping, "a dict from paths to initializers")
        for name in ("unmatched", "unused", "kept"):
            of_kind(name, getattr(self, name), tuple, "a tuple of texts")
        for name in ("chosen", "notes"):
            of_kind(name, getattr(self, name), Mapping, "a dict by paths")
        for name in ("initializers", "chosen", "notes"):
            object.__setattr__(self, name, MappingProxyType(dict(getattr(self, name))))

    def __reduce__(self) -> tuple[Any, ...]:  # a view of a dict cannot be pickled
        given = (getattr(self, part.name) for part in fields(self))
        return type(self), tuple(dict(part) if isinstance(part, Mapping) else part for part in given)

    def __str__(self) -> str:
        lines = [
            f"{path}: {initializer!r}{f'; {self.notes[path]}' if path in self.notes else ''}"
            for path, initializer in self.initializers.items()
        ]
        lines += [f"{path}: kept" for path in self.kept]
        return "\n".join([*lines, *self.faults])

    @property
    def faults(self) -> tuple[str, ...]:
        """A line for each parameter without a rule, and for each rule without a parameter."""
        return (
            *(f"{path}: no rule matches" for path in self.unmatched),
            *(f"rule {rule}" for rule in self.unused),
        )

    def warn_of_faults(self) -> None:
        """Warn of everything that is left over, in one `UserWarning`, at the user's line."""
        if self.faults:
            warn("the rules left something over:" + _told(self.faults))


@dataclass(frozen=True, slots=True)
class Rules:
    """An ordered list of rules. The first one that matches a parameter decides.

    Examples
    --------
    >>> from seedbed.rules import as_rules
    >>> rules = as_rules({"*/bias": "zeros", "*": "he_normal"})
    >>> plan = rules.plan(["encoder/0/weight", "encoder/0/bias"], seed=7)
    >>> print(plan)
    encoder/0/weight: HeNormal(seed=[7, 'encoder/0/weight'])
    encoder/0/bias: Zeros()
    """

    rules: tuple[Rule, ...]

    def __post_init__(self) -> None:
        if not isinstance(self.rules, tuple) or not all(isinstance(rule, Rule) for rule in self.rules):
            raise RulesError(f"rules must be a tuple of Rule, got {shown(self.rules)}; pass it to as_rules")

    def plan(
        self,
        parameters: Parameters,
        *,
        seed: SeedLike,
        strict: bool = False,
    ) -> Plan:
        """Return which parameter gets which initializer.

        Every parameter draws from the stream ``[seed, path]``. So neither their order nor other parameters
        have an influence. If an initializer has its own seed, it uses that one instead of `seed`.

        Parameters
        ----------
        parameters
            The paths of all parameters, such as ``"encoder/0/weight"``, or each as a `Parameter`. In a
            mapping, each with other names of the parameter, which a pattern may match as well.
        seed
            An int, a string, or a list of these.
        strict
            Whether a parameter without a rule, and a rule without a parameter, is an error.

        Raises
        ------
        ArgumentError
            If `seed` is ``None`` or not a seed.
        RulesError
            If a path is given twice; a rule asks for the kind of a layer that nothing tells; or, with
            `strict`, anything is left over.
        """
        stored = as_seed(seed)
        if stored is None:
            raise ArgumentError(
                "got the seed None; give an int, which is to be kept with the model: from it each parameter, "
                "and each part of one, is drawn again"
            )
        flag("strict", strict)
        known = as_parameters(parameters)
        chosen = {path: self._first(parameter) for path, parameter in known.items()}
        used = {id(rule) for rule in chosen.values()}
        seeded = {
            id(rule): _seeded(rule.initializer, stored)
            for rule in self.rules
            if id(rule) in used and isinstance(rule.initializer, Initializer)
        }
        plan = Plan(
            {
                path: seeded[id(rule)].fold_in(path)
                for path, rule in chosen.items()
                if rule is not None and id(rule) in seeded
            },
            tuple(path for path, rule in chosen.items() if rule is None),
            tuple(_why_unused([rule for rule in self.rules if id(rule) not in used], known, chosen)),
            tuple(path for path, rule in chosen.items() if rule is not None and rule.initializer is KEEP),
            {path: rule for path, rule in chosen.items() if rule},
        )
        if strict and plan.faults:
            raise RulesError("the rules and the parameters do not fit each other:" + _told(plan.faults))
        return plan

    def _first(self, parameter: Parameter) -> Rule | None:
        return next((rule for rule in self.rules if rule.is_for(parameter)), None)


def _why_unused(
    rules: Sequence[Rule], known: Mapping[str, Parameter], chosen: Mapping[str, Rule | None]
) -> Iterator[str]:
    ends = {_end(name) for parameter in known.values() for name in parameter.names} if rules else set()
    for number, rule in enumerate(rules):
        matched = [path for path, parameter in known.items() if rule.matches(*parameter.names)]
        if any(_is_for_a_tie(rule, known[path], chosen[path]) for path in matched):
            continue
        wanted = _end(rule.patterns[0])
        taken = next((path for path in matched if rule.kind in (None, known[path].kind)), None)
        if taken is not None:
            yield f"{rule}: what it matches, such as {taken}, an earlier rule has: {chosen[taken]}"
        elif matched:
            other = matched[0]
            own = known[other].kind
            what = f"is of kind {own}" if own else f"is of a kind that nothing tells, and has {chosen[other]}"
            yield f"{rule}: matches no parameter of this kind; {other} {what}"
        elif wanted in ends and "[" in wanted:
            yield f"{rule}: matches no parameter, since [ab] is a or b; write [[] for a bracket"
        else:  # nobody reads more of a message, and finding out what was meant takes long
            hint = suggestion(wanted, ends) if number < _MOST_TOLD else ""
            yield f"{rule}: matches no parameter{hint}"


def _is_for_a_tie(rule: Rule, parameter: Parameter, chosen: Rule | None) -> bool:
    """Say whether a rule is for another place of a shared parameter than the one whose rule it has."""
    own = (parameter.path, *parameter.others)
    places = [own, *((name,) for name in parameter.ties)] if parameter.ties else []
    return any(
        rule.matches(*map(as_path, names)) and (chosen is None or not chosen.matches(*map(as_path, names)))
        for names in places
    )


def _end(path: str) -> str:
    return path.rpartition("/")[2]


def _told(faults: Sequence[str]) -> str:
    rest = len(faults) - _MOST_TOLD
    lines = [*faults[:_MOST_TOLD], *([f"and {rest:,} more"] if rest > 0 else [])]
    return "".join(f"\n  {line}" for line in lines)


def _seeded(initializer: Initializer, seed: Seed) -> Initializer:
    """Return an initializer with the seed that it has within, or else with `seed`, if it takes one.

    Raises
    ------
    RulesError
        If its seed may be one that nobody gave, since it is the default of the class.
    """
    for part in drawing_within(initializer):
        default = getattr(constructor_parameters(type(part)).get("seed"), "default", None)
        if default is not None and arguments_of(part).get("seed") == default:
            raise RulesError(
                f"got {shown(part)}, whose seed {shown(default)} is the default of its class, so that the "
                f"model's seed would have no say; write seed=None as the default in {type(part).__name__}, "
                "or give the rule another seed if one is meant"
            )
    if initializer.fold_in("") != initializer or "seed" not in constructor_parameters(type(initializer)):
        return initializer
    return get(initializer, seed=seed)

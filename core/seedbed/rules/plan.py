"""`Rules`, and `Plan`, what they mean for the parameters of one model."""

from __future__ import annotations

import enum
import functools
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from fnmatch import translate
from types import MappingProxyType
from typing import Any, Final

from seedbed.api import get
from seedbed.arguments import flag, of_kind, suggestion, text
from seedbed.constructor import parameters as constructor_parameters
from seedbed.drawing import drawing_within, draws_anew
from seedbed.errors import ArgumentError, RulesError, shown
from seedbed.initializer import Initializer
from seedbed.random import Seed, SeedLike, as_seed
from seedbed.warning import warn

_MOST_TOLD: Final = 20
"""Faults in one message; a large model may have as many as it has parameters."""


class Keep(enum.Enum):
    """What stands in a rule for an initializer where parameters stay as they are."""

    KEEP = "KEEP"

    def __repr__(self) -> str:
        return "KEEP"


KEEP: Final = Keep.KEEP
"""Leave alone what the rule matches: pretrained weights, a head of another task, the base of an adapter."""


@dataclass(frozen=True, slots=True)
class Rule:
    """The initializer of all parameters whose path matches.

    Parameters
    ----------
    patterns
        As in `fnmatch`, for a whole path: ``*`` is anything, ``?`` one character, ``[ab]`` one of these. A
        dot stands for a slash. Upper and lower case differ.
    initializer
        The initializer of these parameters. Either all initializers within it have a seed, or none. `KEEP`
        leaves them as they are.

    Raises
    ------
    RulesError
        If `patterns` is not a tuple of texts, or `initializer` is not one, or has a seed in some parts only.
    """

    patterns: tuple[str, ...]
    initializer: Initializer | Keep

    def __post_init__(self) -> None:
        patterns = self.patterns
        if not isinstance(patterns, tuple) or not patterns or not all(map(_is_text, patterns)):
            raise RulesError(
                f"a rule's patterns must be a tuple of texts such as ('*/bias',), got {shown(patterns)}"
            )
        if isinstance(self.initializer, Keep):
            return
        if not isinstance(self.initializer, Initializer):
            raise RulesError(
                f"initializer must be a name, a config or an initializer, got {shown(self.initializer)}"
            )
        anew = [part for part in drawing_within(self.initializer) if draws_anew(part)]
        if anew and self.initializer.fold_in("") != self.initializer:
            raise RulesError(
                f"got {shown(self.initializer)}, of which {shown(anew[0])} has no seed and another has "
                "one, so that it would draw other values at every call; give a seed to all parts or to none"
            )

    def __str__(self) -> str:
        return f"{' | '.join(self.patterns)} -> {self.initializer!r}"

    def matches(self, *paths: str) -> bool:
        """Say whether one of the names of a parameter matches."""
        for path in paths:
            text("path", path)
        return any(pattern.fullmatch(path) for pattern in map(_compiled, self.patterns) for path in paths)


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
    patterns
        The patterns of the rule that each parameter has, by path.
    notes
        What else the report says of a parameter, such as its shape and its fans, by path.
    """

    initializers: Mapping[str, Initializer]
    unmatched: tuple[str, ...] = ()
    unused: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    patterns: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    notes: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        of_kind("initializers", self.initializers, Mapping, "a dict from paths to initializers")
        for name in ("unmatched", "unused", "kept"):
            of_kind(name, getattr(self, name), tuple, "a tuple of texts")
        for name in ("patterns", "notes"):
            of_kind(name, getattr(self, name), Mapping, "a dict by paths")
        for name in ("initializers", "patterns", "notes"):
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
        parameters: Sequence[str] | Mapping[str, Sequence[str]],
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
            The paths of all parameters, such as ``"encoder/0/weight"``. In a mapping, each with other names
            of the parameter, which a pattern may match as well.
        seed
            An int, a string, or a list of these.
        strict
            Whether a parameter without a rule, and a rule without a parameter, is an error.

        Raises
        ------
        ArgumentError
            If `seed` is ``None`` or not a seed.
        RulesError
            If a path is given twice, or, with `strict`, anything is left over.
        """
        stored = as_seed(seed)
        if stored is None:
            raise ArgumentError(
                "got the seed None; give an int, which is to be kept with the model: from it each parameter, "
                "and each part of one, is drawn again"
            )
        flag("strict", strict)
        names = _names(parameters)
        chosen = {path: self._first(*known) for path, known in names.items()}
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
            tuple(_why_unused([rule for rule in self.rules if id(rule) not in used], names, chosen)),
            tuple(path for path, rule in chosen.items() if rule is not None and rule.initializer is KEEP),
            {path: rule.patterns for path, rule in chosen.items() if rule},
        )
        if strict and plan.faults:
            raise RulesError("the rules and the parameters do not fit each other:" + _told(plan.faults))
        return plan

    def _first(self, *paths: str) -> Rule | None:
        return next((rule for rule in self.rules if rule.matches(*paths)), None)


def _why_unused(
    rules: Sequence[Rule], names: Mapping[str, Sequence[str]], chosen: Mapping[str, Rule | None]
) -> Iterator[str]:
    matched = [path for path, rule in chosen.items() if rule is not None]
    ends = {_end(name) for known in names.values() for name in known} if rules else set()
    for number, rule in enumerate(rules):
        path = next((path for path in matched if rule.matches(*names[path])), None)
        wanted = _end(rule.patterns[0])
        if path is not None:
            yield f"{rule}: what it matches, such as {path}, an earlier rule has: {chosen[path]}"
        elif wanted in ends and "[" in wanted:
            yield f"{rule}: matches no parameter, since [ab] is a or b; write [[] for a bracket"
        else:  # nobody reads more of a message, and finding out what was meant takes long
            hint = suggestion(wanted, ends) if number < _MOST_TOLD else ""
            yield f"{rule}: matches no parameter{hint}"


def as_path(name: str) -> str:
    """Return a parameter's name as a path: ``encoder/0/weight`` for ``encoder.0.weight``."""
    text("name", name)
    return name.replace(".", "/")


def _is_text(given: object) -> bool:
    return isinstance(given, str) and given != ""


def _end(path: str) -> str:
    return path.rpartition("/")[2]


def _told(faults: Sequence[str]) -> str:
    rest = len(faults) - _MOST_TOLD
    lines = [*faults[:_MOST_TOLD], *([f"and {rest:,} more"] if rest > 0 else [])]
    return "".join(f"\n  {line}" for line in lines)


@functools.lru_cache(maxsize=1 << 14)  # a large model asks for each rule as often as it has parameters
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(translate(pattern))


def _names(parameters: Sequence[str] | Mapping[str, Sequence[str]]) -> dict[str, tuple[str, ...]]:
    """Return all names of each parameter, as paths without dots, because patterns have none either."""
    found: dict[str, tuple[str, ...]] = {}
    for path, others in _items(parameters):
        if not isinstance(path, str) or not path:
            raise RulesError(
                f"got {shown(path)} as the path of a parameter; give text such as 'encoder/0/weight'"
            )
        if isinstance(others, str) or not isinstance(others, Iterable):
            raise RulesError(
                f"got {shown(others)} as the other names of {path!r}; give a list of texts, or [] for none"
            )
        if path in found:
            raise RulesError(
                f"two parameters have the path {path!r}, and would draw the same values; give each its own"
            )
        found[path] = tuple(dict.fromkeys(map(as_path, (path, *others))))
    return found


def _items(
    parameters: Sequence[str] | Mapping[str, Sequence[str]],
) -> Iterator[tuple[str, Sequence[str]]]:
    if isinstance(parameters, Mapping):
        yield from parameters.items()
    elif isinstance(parameters, str):
        raise RulesError(f"got the text {shown(parameters)} as parameters; give a list of their paths")
    elif isinstance(parameters, Iterable):
        yield from ((path, ()) for path in parameters)
    else:
        raise RulesError(f"got {shown(parameters)} as parameters; give a list of their paths")


def _seeded(initializer: Initializer, seed: Seed) -> Initializer:
    """Return an initializer with the seed that it has within, or else with `seed`, if it takes one."""
    if initializer.fold_in("") != initializer or "seed" not in constructor_parameters(type(initializer)):
        return initializer
    return get(initializer, seed=seed)

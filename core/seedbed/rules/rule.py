"""`Rule`: which parameters it is for, and what they get."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from seedbed.arguments import of_kind, text
from seedbed.drawing import drawing_within, draws_anew
from seedbed.errors import RulesError, shown
from seedbed.initializer import Initializer
from seedbed.rules.parameter import BUFFER, Over, Parameter, check_kind
from seedbed.rules.pattern import Captures, captured, compiled
from seedbed.rules.template import Template


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
        dot stands for a slash. Upper and lower case differ. ``{layer}`` is a number, which it captures.
    initializer
        The initializer of these parameters, or the `Template` of one. Either all initializers within it have
        a seed, or none. `KEEP` leaves them as they are.
    kind
        Only those of this kind of layer, one of `KINDS`; ``None`` for those of any but ``"buffer"``.
    ndim
        Only those with so many axes; ``None`` for any number.
    stream
        What the seed is divided by instead of the path, with captures, and ``{parent}`` for the path without
        its last part; ``None`` for the path.
    over
        The axis of an array in which layers lie, each of which draws by itself; ``None`` for none.
    inherited
        Whether it is of a recipe that this one extends, and may be left over.
    where
        Where it is written, for errors.

    Raises
    ------
    RulesError
        If `patterns` is not a tuple of texts, or `initializer` is not one, or has a seed in some parts only,
        or another field is malformed.
    """

    patterns: tuple[str, ...]
    initializer: Initializer | Keep | Template
    kind: str | None = field(default=None, kw_only=True)
    ndim: int | None = field(default=None, kw_only=True)
    stream: str | None = field(default=None, kw_only=True)
    over: Over | None = field(default=None, kw_only=True)
    inherited: bool = field(default=False, kw_only=True)
    where: str = field(default="", kw_only=True, compare=False)

    def __post_init__(self) -> None:
        patterns = self.patterns
        if not isinstance(patterns, tuple) or not patterns or not all(map(_is_text, patterns)):
            raise RulesError(
                f"a rule's patterns must be a tuple of texts such as ('*/bias',), got {shown(patterns)}"
            )
        for pattern in patterns:
            tuple(captured(pattern))
        check_kind(self.kind, RulesError)
        if self.ndim is not None and not (type(self.ndim) is int and self.ndim >= 0):
            raise RulesError(f"ndim must be an int of at least 0, got {shown(self.ndim)}")
        if self.stream is not None and not _is_text(self.stream):
            raise RulesError(f"stream must be text such as '{{parent}}/lambda', got {shown(self.stream)}")
        if not isinstance(self.over, Over | None):
            raise RulesError(f"over must be None or an Over, got {shown(self.over)}")
        if isinstance(self.initializer, Initializer):
            check_seeds(self.initializer)
        elif not isinstance(self.initializer, Keep | Template):
            raise RulesError(
                f"initializer must be a name, a config or an initializer, got {shown(self.initializer)}"
            )

    @property
    def captures(self) -> frozenset[str]:
        """What every one of its patterns captures."""
        return frozenset.intersection(*(frozenset(captured(pattern)) for pattern in self.patterns))

    def __str__(self) -> str:
        return f"{' | '.join(self.patterns)}{self.conditions} -> {self.initializer!r}"

    @property
    def conditions(self) -> str:
        """What it asks for besides names, as text that follows them."""
        of = f" of kind {self.kind}" if self.kind else ""
        return of if self.ndim is None else f"{of} of {self.ndim} axes"

    def matches(self, *paths: str) -> bool:
        """Say whether one of the names of a parameter matches."""
        for path in paths:
            text("path", path)
        return self._captured(paths) is not None

    def is_for(self, parameter: Parameter) -> bool:
        """Say whether it is for a parameter: one of its names matches, and it is of the kind.

        Raises
        ------
        ArgumentError
            If it is no `Parameter`.
        RulesError
            If the kind or the number of axes decides, and is not known of the parameter; or if a pattern
            matches in several ways.
        """
        return self.match(parameter) is not None

    def match(self, parameter: Parameter) -> Captures | None:
        """Return what its patterns capture of a parameter; ``None`` if it is not for that.

        Raises
        ------
        ArgumentError, RulesError
            As `is_for`.
        """
        of_kind("parameter", parameter, Parameter, "a Parameter")
        found = self._captured(parameter.names)
        if found is None or (self.kind is None and self.ndim is None and parameter.kind != BUFFER):
            return found
        asked = (
            ("kind of the layer", self.kind, parameter.kind),
            ("number of axes", self.ndim, parameter.ndim),
        )
        for what, wanted, known in asked:
            if wanted is not None and known is None:
                said = f", or say it, as by kinds={{{parameter.path!r}: {wanted!r}}}" if self.kind else ""
                raise RulesError(
                    f"the rule {self} asks for the {what} of {parameter.path}, which nothing tells; "
                    f"give that parameter a rule by its name, before this one{said}"
                )
        return None if why_not(self, parameter) else found

    def _captured(self, paths: Sequence[str]) -> Captures | None:
        for path in paths:
            for number, pattern in enumerate(self.patterns, 1):
                found = compiled(pattern).match(path)
                if found is not None:
                    if found:
                        self._check_one(path, found, self.patterns[number:])
                    return found
        return None

    def _check_one(self, path: str, found: Captures, others: Sequence[str]) -> None:
        """Refuse a name of which two patterns capture two numbers, of which one would be taken silently."""
        for pattern in others:
            other = compiled(pattern).match(path) or found
            for name in found.keys() & other.keys():
                if found[name] != other[name]:
                    raise RulesError(
                        f"the patterns {' and '.join(self.patterns)} of one rule match {path} with "
                        f"{{{name}}} as {found[name]} and as {other[name]}; write patterns of which one "
                        "matches it"
                    )


def why_not(rule: Rule, parameter: Parameter) -> str:
    """Return why a rule is not for a parameter whose name it matches; an empty text if it is."""
    if rule.kind is None and parameter.kind == BUFFER:
        return "is of kind buffer"
    if rule.kind not in (None, parameter.kind):
        return f"is of kind {parameter.kind}" if parameter.kind else "is of a kind that nothing tells"
    if rule.ndim not in (None, parameter.ndim):
        return f"has {'an unknown number of' if parameter.ndim is None else parameter.ndim} axes"
    return ""


def check_seeds(initializer: Initializer) -> None:
    """Refuse an initializer of which only some parts have a seed.

    Raises
    ------
    RulesError
        If it is one.
    """
    anew = [part for part in drawing_within(initializer) if draws_anew(part)]
    if anew and initializer.fold_in("") != initializer:
        raise RulesError(
            f"got {shown(initializer)}, of which {shown(anew[0])} has no seed and another has "
            "one, so that it would draw other values at every call; give a seed to all parts or to none"
        )


def _is_text(given: object) -> bool:
    return isinstance(given, str) and given != ""

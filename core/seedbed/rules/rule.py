"""`Rule`: which parameters it is for, and what they get."""

from __future__ import annotations

import enum
import functools
import re
from dataclasses import dataclass, field
from fnmatch import translate
from typing import Final

from seedbed.arguments import of_kind, suggestion, text
from seedbed.drawing import drawing_within, draws_anew
from seedbed.errors import RulesError, shown
from seedbed.initializer import Initializer
from seedbed.rules.parameter import KINDS, Parameter


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
    kind
        Only those of this kind of layer, one of `KINDS`; ``None`` for those of any.

    Raises
    ------
    RulesError
        If `patterns` is not a tuple of texts, or `initializer` is not one, or has a seed in some parts only,
        or there is no such kind.
    """

    patterns: tuple[str, ...]
    initializer: Initializer | Keep
    kind: str | None = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        patterns = self.patterns
        if not isinstance(patterns, tuple) or not patterns or not all(map(_is_text, patterns)):
            raise RulesError(
                f"a rule's patterns must be a tuple of texts such as ('*/bias',), got {shown(patterns)}"
            )
        if self.kind is not None and self.kind not in KINDS:
            raise RulesError(
                f"got the kind {shown(self.kind)}{suggestion(self.kind, KINDS)}; kinds of layers are "
                f"{', '.join(KINDS)}"
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
        of = f" of kind {self.kind}" if self.kind else ""
        return f"{' | '.join(self.patterns)}{of} -> {self.initializer!r}"

    def matches(self, *paths: str) -> bool:
        """Say whether one of the names of a parameter matches."""
        for path in paths:
            text("path", path)
        return self._fits(paths)

    def is_for(self, parameter: Parameter) -> bool:
        """Say whether it is for a parameter: one of its names matches, and it is of the kind.

        Raises
        ------
        ArgumentError
            If it is no `Parameter`.
        RulesError
            If the kind decides, and is not known of the parameter.
        """
        of_kind("parameter", parameter, Parameter, "a Parameter")
        if not self._fits(parameter.names):
            return False
        if self.kind is not None and parameter.kind is None:
            raise RulesError(
                f"the rule {self} asks for the kind of the layer of {parameter.path}, which nothing tells; "
                "give that parameter a rule by its name, before this one, or say it, as by "
                f"kinds={{{parameter.path!r}: {self.kind!r}}}"
            )
        return self.kind in (None, parameter.kind)

    def _fits(self, paths: tuple[str, ...]) -> bool:
        return any(pattern.fullmatch(path) for pattern in map(_compiled, self.patterns) for path in paths)


@functools.lru_cache(maxsize=1 << 14)  # a large model asks for each rule as often as it has parameters
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(translate(pattern))


def _is_text(given: object) -> bool:
    return isinstance(given, str) and given != ""

"""`Plan`: what rules mean for the parameters of one model."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from types import MappingProxyType
from typing import Any, Final

from seedbed.arguments import of_kind
from seedbed.initializer import Initializer
from seedbed.rules.rule import Rule
from seedbed.warning import warn

MOST_TOLD: Final = 20
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
    roles
        The roles of each parameter that has some, by path.
    """

    initializers: Mapping[str, Initializer]
    unmatched: tuple[str, ...] = ()
    unused: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    chosen: Mapping[str, Rule] = field(default_factory=dict)
    notes: Mapping[str, str] = field(default_factory=dict)
    roles: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        of_kind("initializers", self.initializers, Mapping, "a dict from paths to initializers")
        for name in ("unmatched", "unused", "kept"):
            of_kind(name, getattr(self, name), tuple, "a tuple of texts")
        for name in ("chosen", "notes", "roles"):
            of_kind(name, getattr(self, name), Mapping, "a dict by paths")
        for name in ("initializers", "chosen", "notes", "roles"):
            object.__setattr__(self, name, MappingProxyType(dict(getattr(self, name))))

    def __reduce__(self) -> tuple[Any, ...]:  # a view of a dict cannot be pickled
        given = (getattr(self, part.name) for part in fields(self))
        return type(self), tuple(dict(part) if isinstance(part, Mapping) else part for part in given)

    def __str__(self) -> str:
        lines = [
            "; ".join([f"{path}: {initializer!r}", *self._besides(path)])
            for path, initializer in self.initializers.items()
        ]
        lines += [f"{path}: kept" for path in self.kept]
        return "\n".join([*lines, *self.faults])

    def _besides(self, path: str) -> Iterator[str]:
        if path in self.notes:
            yield self.notes[path]
        if path in self.roles:
            yield f"role {', '.join(self.roles[path])}"

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
            warn("the rules left something over:" + told(self.faults))


def told(faults: Sequence[str]) -> str:
    """Return faults as lines of a message, some of them if there are many."""
    rest = len(faults) - MOST_TOLD
    lines = [*faults[:MOST_TOLD], *([f"and {rest:,} more"] if rest > 0 else [])]
    return "".join(f"\n  {line}" for line in lines)

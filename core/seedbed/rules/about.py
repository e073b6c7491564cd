"""`About`: what makes rules a recipe, which is for one architecture and refuses others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from seedbed.errors import shown
from seedbed.rules.parameter import BUFFER, Parameter
from seedbed.rules.roles import Placed
from seedbed.rules.rule import Rule


@dataclass(frozen=True, slots=True)
class About:
    """What a file says of itself.

    Parameters
    ----------
    recipe
        The name of the recipe that the rules are; empty for rules that are none.
    source
        Where the architecture and its distributions are written down.
    notes
        What belongs to the architecture's beginning and is no initialization, such as multipliers.
    """

    recipe: str = ""
    source: str = ""
    notes: tuple[str, ...] = ()

    def extended(self, base: About) -> About:
        """Return this with what another one says besides."""
        own = {_name(note) for note in self.notes}
        notes = (*(note for note in base.notes if _name(note) not in own), *self.notes)
        return About(self.recipe or base.recipe, self.source or base.source, notes)

    def mistakes(self, rules: Sequence[Rule]) -> Iterator[str]:
        """Yield what a recipe may not have."""
        for number, rule in enumerate(rules, 1):
            for pattern in rule.patterns if self.recipe else ():
                if not pattern.strip("*/?"):
                    yield (
                        f"rule {number} matches everything, by {pattern!r}; a recipe names what it is for, "
                        "so that it refuses a model that it was not made for"
                    )

    def misfits(
        self, placed: Mapping[str, Placed], known: Mapping[str, Parameter], left: Sequence[str]
    ) -> list[str]:
        """Return a line for each thing by which a model is none that this recipe is for."""
        if not self.recipe:
            return []
        strange = [path for path, one in known.items() if path not in placed and one.kind != BUFFER]
        return [*(f"{path}: it has no role" for path in strange), *left]


def _name(note: str) -> str:
    return note.partition(": ")[0]


def as_about(tables: Mapping[str, Any]) -> tuple[About, list[str]]:
    """Return what the keys ``recipe``, ``source`` and ``notes`` mean, and what is wrong with them."""
    texts = {name: tables.get(name, "") for name in ("recipe", "source")}
    wrong = [
        f"{name} must be a string, got {shown(text)}"
        for name, text in texts.items()
        if not isinstance(text, str)
    ]
    notes = tables.get("notes", {})
    if not isinstance(notes, Mapping) or not all(isinstance(text, str) for text in notes.values()):
        wrong.append(f"notes must be a table of strings, got {shown(notes)}")
    if wrong:
        return About(), wrong
    return About(**texts, notes=tuple(f"{name}: {text}" for name, text in notes.items())), []

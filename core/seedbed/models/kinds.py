"""Kinds of layers, as a caller says them where the framework does not.

The name of a class does not tell enough: there are norms that multiply by one more than their weight, for
which the rules of a norm are wrong.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TypeAlias

from seedbed.arguments import choice
from seedbed.errors import ArgumentError
from seedbed.models.given import Argument, by_path
from seedbed.models.weight import Weight
from seedbed.rules import KINDS

Kinds: TypeAlias = Mapping[str, str]


def with_kinds(weights: Mapping[str, Weight], given: Kinds | None, *, strict: bool) -> dict[str, Weight]:
    """Return the weights, by their paths, with the kinds of layers that a caller says.

    Raises
    ------
    ArgumentError
        If one is none, or of no weight; or, with `strict`, of none that a pattern before it has not.
    """
    argument = Argument(
        "kinds", "a kind", "kinds of layers, such as {'*norm*': 'norm'}", _as_kind, ArgumentError
    )
    found = by_path(given, argument, weights, strict=strict)
    return {
        path: replace(weight, kind=found[path]) if path in found else weight
        for path, weight in weights.items()
    }


def _as_kind(given: object) -> str:
    return choice("a kind of layer", given, KINDS)

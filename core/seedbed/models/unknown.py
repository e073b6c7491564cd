"""Weights of unknown layout, which are drawn as they are stored."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from fnmatch import fnmatchcase

import numpy as np

from seedbed.errors import LayoutError
from seedbed.initializer import Initializer, arguments_of
from seedbed.models.layout import ARRAY, Layout, choices, needs_axes
from seedbed.models.weight import Weight
from seedbed.shapes import Shape
from seedbed.standard import Constant, Identity, Ones, Zeros


def of_unknown(weight: Weight, initializer: Initializer) -> Layout:
    """Return the layout that a weight is drawn with if nothing tells it.

    Raises
    ------
    LayoutError
        If the initializer needs to know it.
    """
    if len(weight.shape) > 1 and needs_axes(initializer):
        raise LayoutError(
            f"{initializer!r} needs fans, which the shape {weight.shape} alone does not tell; pass "
            f"layouts={{{weight.path!r}: ...}}, or give the initializer axes of its own; {choices()}"
        )
    return ARRAY


def has_order(initializer: Initializer, shape: Shape) -> bool:
    """Say whether it makes a difference which axis of a weight is which, and nobody said so."""
    if sum(size > 1 for size in shape) < 2 or isinstance(initializer, Zeros | Ones | Identity):
        return False
    if isinstance(initializer, Constant):
        return np.ndim(initializer.value) > 0
    return arguments_of(initializer).get("axes") is None


def told_unknown(paths: Sequence[str], weights: Mapping[str, Weight]) -> str:
    """Return what is wrong with weights whose layout counts and is unknown, those of many layers as one."""
    found = {_pattern(path, paths, weights): weights[path].shape for path in paths}
    patterns = sorted(found, key=len, reverse=True)  # in `layouts` the special ones come first
    shapes = ", ".join(f"{pattern} {found[pattern]}" for pattern in patterns)
    layouts = ", ".join(f"{pattern!r}: ..." for pattern in patterns)
    return (
        f"nothing tells what the axes of {shapes} are, so that they are drawn as they are stored, and a twin "
        f"that is stored otherwise has other values; pass layouts={{{layouts}}}; {choices()}"
    )


def _pattern(path: str, paths: Collection[str], weights: Mapping[str, Weight]) -> str:
    """Return a pattern for a weight and those of its place in other layers, or its path if more match."""
    pattern = "/".join("*" if part.isdigit() else part for part in path.split("/"))
    return pattern if {other for other in weights if fnmatchcase(other, pattern)} <= {*paths} else path

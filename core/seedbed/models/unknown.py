"""Weights of unknown layout, which are drawn as they are stored, and of one that is a guess."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any, Final

import numpy as np

from seedbed.api import get
from seedbed.combinators import Stacked
from seedbed.divisible import is_divisible
from seedbed.drawing import drawing_within, draws_anew
from seedbed.errors import LayoutError, SeedbedError
from seedbed.fans import Axes, axes_config
from seedbed.initializer import Initializer, arguments_of
from seedbed.models.layout import ARRAY, Layout, choices
from seedbed.models.telling import needs_axes
from seedbed.models.weight import Weight
from seedbed.rules.joined import Layers
from seedbed.shapes import Shape
from seedbed.standard import Constant, Identity, Ones, Zeros

_MOST_TOLD: Final = 20
"""Places in one message; a large model may have as many as it has weights."""

_FEW: Final = 2
"""Along each axis, as many values as are drawn to see whether two answers differ."""


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
            f"layouts={{{weight.path!r}: ...}}, or give the initializer axes of its own; "
            f"{choices([len(weight.shape)])}"
        )
    return ARRAY


def is_guess(weight: Weight, initializer: Initializer, shape: Shape) -> bool:
    """Say whether nothing tells what the axes of a weight are, and another answer would have other values."""
    if weight.layout is None:
        return _has_order(initializer, shape)
    own, readings = weight.layout.axes, weight.readings
    while (
        isinstance(initializer, Stacked | Layers) and readings
    ):  # which says that the axis in front is a stack
        initializer, shape = initializer.inner.initializers[0], shape[1:]
        own, readings = None, readings_of(len(shape))
    return any(_differs(initializer, shape, (own, axes), weight.dtype) for axes in readings)


def readings_of(rank: int) -> tuple[Axes, ...]:
    """Return what the axes of a weight may be, besides those of a convolution, if nothing tells it.

    They are a stack of layers, or those of a layer with several axes of inputs or outputs.
    """
    return (Axes((-2,), (-1,), batch=(0,)), Axes(tuple(range(rank - 2)), (-2, -1))) if rank > 2 else ()


def _has_order(initializer: Initializer, shape: Shape) -> bool:
    if sum(size > 1 for size in shape) < 2 or isinstance(initializer, Zeros | Ones | Identity):
        return False
    if isinstance(initializer, Constant):
        return np.ndim(initializer.value) > 0
    return arguments_of(initializer).get("axes") is None


def _differs(
    initializer: Initializer, shape: Shape, roles: tuple[Axes | None, Axes], dtype: np.dtype[Any]
) -> bool:
    """Say whether a weight of the second roles would have other values than one of the first."""
    own, other_roles = roles
    is_matrix_each = bool(other_roles.batch or len(other_roles.outputs) > 1)
    first = tuple(slice(0, _FEW) for _ in shape)
    for part in drawing_within(initializer):
        if needs_axes(part):
            seeded = get(part, seed=0) if draws_anew(part) else part
            one, other = (get(seeded, axes=axes_config(axes)) for axes in (own, other_roles))
            if not _takes(one, shape, dtype):
                continue
            # What cannot be drawn in parts is not drawn to find out.
            if not is_divisible(one) or (one.shard(shape, first) != other.shard(shape, first)).any():
                return True
        elif is_matrix_each and part.reproducibility == "numerical" and _takes(part, shape[-2:], dtype):
            return True  # what refuses a matrix is meant for convolutions
    return False


def _takes(initializer: Initializer, shape: Shape, dtype: np.dtype[Any]) -> bool:
    try:
        initializer.check(shape, dtype)
    except SeedbedError:
        return False
    return True


def told_unknown(paths: Sequence[str], weights: Mapping[str, Weight]) -> str:
    """Return what is wrong with weights whose layout counts and is unknown, those of many layers as one.

    It is an empty text if there are none.
    """
    if not paths:
        return ""
    found = {
        pattern: weights[path].shape
        for general, own in _by_pattern(paths).items()
        for path, pattern in _patterns(general, own, weights)
    }
    patterns = sorted(found, key=len, reverse=True)[:_MOST_TOLD]  # in `layouts` the special ones come first
    more = f" and {len(found) - _MOST_TOLD:,} more" if len(found) > _MOST_TOLD else ""
    shapes = ", ".join(f"{pattern} {found[pattern]}" for pattern in patterns)
    layouts = ", ".join(f"{pattern!r}: ..." for pattern in patterns)
    return (
        f"nothing tells what the axes of {shapes}{more} are, so that they are drawn as they are stored, "
        "inputs and outputs last; a stack of layers, or a twin that is stored otherwise, has other values; "
        f"pass layouts={{{layouts}}}; "
        f"{choices({len(found[pattern]) for pattern in patterns})}"
    )


def _by_pattern(paths: Sequence[str]) -> dict[str, list[str]]:
    """Return the weights of one place in several layers, by a pattern for that."""
    found: dict[str, list[str]] = {}
    for path in paths:
        pattern = "/".join("*" if part.isdigit() else part for part in path.split("/"))
        found.setdefault(pattern, []).append(path)
    return found


def _patterns(general: str, paths: Sequence[str], weights: Mapping[str, Weight]) -> Iterator[tuple[str, str]]:
    """Yield a weight with a pattern for all of `paths`; or each with its own path, if more weights match."""
    matched = {path for path in weights if fnmatchcase(path, general)}
    yield from [(paths[0], general)] if matched <= {*paths} else zip(paths, paths, strict=True)

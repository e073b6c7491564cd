"""Which axis of a weight is its inputs, and which its outputs."""

from __future__ import annotations

from typing import NamedTuple

from seedbed.errors import ShapeError
from seedbed.fans import Axes, AxesLike, as_axes, fans


class Roles(NamedTuple):
    """The axes of inputs and of outputs, counted from the front, the groups, and which has those of all."""

    inputs: int
    outputs: int
    groups: int
    grouped: str


def roles_of(shape: tuple[int, ...], spec: AxesLike) -> Roles:
    """Return the roles that `spec` gives the axes of `shape`; ``None`` is inputs and outputs last.

    Raises
    ------
    ShapeError
        If `shape` has not exactly one axis of each kind.
    """
    axes = as_axes(spec) or Axes((-2,), (-1,))
    if len(axes.inputs) != 1 or len(axes.outputs) != 1 or len(shape) < 2:
        raise ShapeError(
            f"got shape {shape} with axes {spec!r}; one axis of inputs and one of outputs are needed, which "
            "axes=None takes to be the last two"
        )
    fans(shape, axes)  # refuses axes that the shape lacks, and groups that do not divide
    return Roles(axes.inputs[0] % len(shape), axes.outputs[0] % len(shape), axes.groups, axes.grouped)

"""How a weight is drawn whose axes are known: inputs before outputs, behind all other axes.

In that order one seed gives the same function in every framework. A weight that is stored otherwise gets the
transpose of what is drawn, and of one with several axes of inputs or outputs, as attention has them, the
matrix of all inputs and all outputs is drawn.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from math import prod
from typing import Any, ClassVar, Final, Literal, final

import numpy as np
import numpy.typing as npt

import seedbed
from seedbed import ElementwiseInitializer, Initializer
from seedbed.combinators import Blocked, Masked, Padded, Scaled, Shifted, Stacked, SumOf
from seedbed.drawing import check, drawing_within
from seedbed.dtypes import as_dtype
from seedbed.errors import RulesError, shown
from seedbed.fans import Axes, as_axes, axes_config, fans
from seedbed.shapes import as_shape, check_index

_SAME_AXES: Final = (Blocked, Masked, Padded, Scaled, Shifted, SumOf)
"""Not those which have axes in another order or number within: `Transposed` and `Stacked`."""


@dataclass(frozen=True, slots=True)
class Layout:
    """How the axes of a weight are those of what is drawn.

    Attributes
    ----------
    axes
        The roles of the weight as it is stored, counted from the front.
    order
        Which of its axes each axis of what is drawn is.
    drawn
        The roles of what is drawn.
    """

    axes: Axes
    order: tuple[int, ...]
    drawn: Axes

    @classmethod
    def of(cls, axes: Axes, shape: tuple[int, ...]) -> Layout:
        """Return the layout of a weight of `shape` with such roles.

        Raises
        ------
        ShapeError
            If it has not the axes that have a role, or groups do not divide it.
        """
        fans(shape, axes)
        roles = _from_front(axes, len(shape))
        last = (*roles.inputs, *roles.outputs)
        order = (*(axis for axis in range(len(shape)) if axis not in last), *last)
        return cls(roles, order, _moved(roles, order))

    def drawer(self, initializer: Initializer) -> Initializer:
        """Return the initializer of the weight as it is stored.

        Raises
        ------
        RulesError
            If `initializer`, or one within it, has axes that say otherwise, or if one within it would have to
            be told of stacks or groups.
        """
        self._check_axes(initializer)
        fitted = self._fitted(initializer)
        if self.order == tuple(range(len(self.order))):
            return fitted
        permutation = [self.order.index(axis) for axis in range(len(self.order))]
        return seedbed.get("transposed", initializer=fitted, permutation=permutation)

    def _fitted(self, initializer: Initializer) -> Initializer:
        """Return the initializer of what is drawn."""
        roles = self.drawn
        if len(roles.outputs) == len(self.order):  # a bias, which other frameworks have as a vector
            return initializer if len(self.order) == 1 else Merged(initializer, 0, 0)
        is_matrix = len(roles.inputs) < 2 and len(roles.outputs) < 2
        if is_matrix or isinstance(initializer, ElementwiseInitializer):
            return _with_roles(initializer, roles)
        front = len(self.order) - len(roles.inputs) - len(roles.outputs)
        ends = ((front,), (front + 1,)) if roles.inputs else ((), (front,))
        matrix = replace(roles, inputs=ends[0], outputs=ends[1])
        return Merged(_with_roles(initializer, matrix), front, len(roles.inputs))

    def _check_axes(self, initializer: Initializer) -> None:
        for given in _axes_within(initializer):
            roles = as_axes(given)
            if roles is not None and _from_front(roles, len(self.order)) != self.drawn:
                raise RulesError(
                    f"got axes {shown(given)} for a weight that is drawn with inputs and outputs last: its "
                    f"axes are {axes_config(self.drawn)!r}; leave axes out"
                )


@final
class Merged(Initializer):
    """What draws a matrix of all inputs and all outputs, and gives it the axes that they have.

    Parameters
    ----------
    initializer
        What draws.
    front
        How many axes are before the inputs.
    inputs
        How many axes are inputs; the others behind them are outputs.
    """

    # A part of its array is no rectangle of the matrix, so that the whole is drawn for each.
    reproducibility: ClassVar[Literal["numerical"]] = "numerical"

    def __init__(self, initializer: Initializer, front: int, inputs: int) -> None:
        self.initializer, self.front, self.inputs = initializer, front, inputs

    @property
    def dtypes(self) -> tuple[str, ...]:  # type: ignore[override] # its own, as the contract allows
        """Those that what draws gives."""
        return self.initializer.dtypes

    def __call__(self, shape: Any, dtype: Any = None) -> npt.NDArray[Any]:
        """Return a new array."""
        return self.initializer(self._matrix(shape), dtype).reshape(shape)

    def shard(self, shape: Any, index: Any, dtype: Any = None) -> npt.NDArray[Any]:
        """Return a part, and draw nothing for an empty one."""
        check(self.initializer, self._matrix(shape), as_dtype(dtype))
        part = check_index(as_shape(shape), index)
        return np.empty(part, as_dtype(dtype)) if 0 in part else super().shard(shape, index, dtype)

    def _matrix(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        first, last = self.front, self.front + self.inputs
        ends = (prod(shape[first:last]), prod(shape[last:])) if self.inputs else (prod(shape[last:]),)
        return (*shape[:first], *ends)


def _with_roles(initializer: Initializer, roles: Axes) -> Initializer:
    """Return an initializer that takes fans by such roles, which are counted from the front."""
    config = initializer.get_config()
    is_told = config.get("axes") is not None
    times = _times_stacked(initializer)
    stacks_itself = times > 0 and roles.groups == 1
    if stacks_itself and times != len(roles.batch):
        raise RulesError(
            f"got {initializer!r}, which is stacked {times} times, for weights that are stacked "
            f"{len(roles.batch)} times; put 'stacked' around it as often as that"
        )
    if is_told or stacks_itself or _is_default(roles):
        return initializer
    if roles.batch and any(part.reproducibility == "numerical" for part in drawing_within(initializer)):
        raise RulesError(
            f"got {initializer!r} for stacked weights, of which it would make one matrix; give 'stacked' "
            "with it as its initializer, which makes one of each"
        )
    if "axes" in config:
        return seedbed.get(initializer, axes=axes_config(roles))
    if _needs_axes(config):
        raise RulesError(
            f"got {initializer!r} for a weight whose fans depend on its stacks or groups, of which an "
            f"initializer within another one is not told; give that one axes={axes_config(roles)!r}"
        )
    return initializer


def _times_stacked(initializer: Initializer) -> int:
    return 1 + _times_stacked(initializer.initializer) if isinstance(initializer, Stacked) else 0


def _is_default(roles: Axes) -> bool:
    """Say whether roles of what is drawn are those of the default rule, which needs no word."""
    return len(roles.inputs) == len(roles.outputs) == 1 and roles.groups == 1 and not roles.batch


def _from_front(axes: Axes, rank: int) -> Axes:
    """Return roles with the numbers that the axes of a tensor of so many have, those of a batch all named."""

    def counted(named: tuple[int, ...]) -> tuple[int, ...]:
        return tuple(axis % rank for axis in named)

    inputs, outputs = counted(axes.inputs), counted(axes.outputs)
    named = {*inputs, *outputs}
    batch = counted(axes.batch) if axes.rest == "receptive" else {*range(rank)} - named
    return replace(axes, inputs=inputs, outputs=outputs, batch=tuple(sorted(batch)), rest="receptive")


def _moved(roles: Axes, order: tuple[int, ...]) -> Axes:
    """Return roles, counted from the front, of the array whose axes are those of `order`."""

    def moved(named: tuple[int, ...]) -> tuple[int, ...]:
        return tuple(order.index(axis) for axis in named)

    return replace(roles, inputs=moved(roles.inputs), outputs=moved(roles.outputs), batch=moved(roles.batch))


def _axes_within(initializer: Initializer) -> Iterator[Any]:
    """Yield the axes that an initializer was given, and those within it whose axes are the same ones."""
    if (axes := initializer.get_config().get("axes")) is not None:
        yield axes
    if isinstance(initializer, _SAME_AXES):
        for part in initializer.inner.initializers:
            yield from _axes_within(part)


def _needs_axes(config: Any) -> bool:
    """Say whether an initializer within takes axes and was given none."""
    if isinstance(config, Mapping):
        return ("axes" in config and config["axes"] is None) or any(map(_needs_axes, config.values()))
    return isinstance(config, list) and any(map(_needs_axes, config))

"""`Layout`: what the axes of a weight are, and so in which order the weight is drawn.

Every weight is drawn in one order: stacks and space first, then inputs, then outputs. A weight that is stored
otherwise gets the transpose of what is drawn, and of several axes of inputs or outputs, as attention has
them, the matrix of all inputs and all outputs is drawn. So one seed gives the same function in every
framework.
"""

from __future__ import annotations

import functools
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from math import prod
from types import MappingProxyType
from typing import Any, Final, NamedTuple, TypeAlias

from seedbed.arguments import suggestion
from seedbed.elementwise import ElementwiseInitializer
from seedbed.errors import ArgumentError, LayoutError, shown
from seedbed.fans import PRESETS, Axes, Fans, as_axes, axes_config, fans
from seedbed.initializer import Initializer
from seedbed.models.telling import check_axes, from_front, is_vector, times_stacked, told, told_of_vectors
from seedbed.shapes import Shape


@dataclass(frozen=True, slots=True)
class Drawn:
    """What is drawn for a weight.

    Parameters
    ----------
    initializer
        What draws it.
    shape
        In which shape.
    split
        The same with every axis that the weight has.
    order
        Which axis of the weight each of those is.
    """

    initializer: Initializer
    shape: Shape
    split: Shape
    order: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Layout:
    """The roles of a weight's axes, as it is stored.

    Parameters
    ----------
    axes
        The roles; ``None`` for a weight that is drawn as it is stored, whose last two axes are inputs and
        outputs.
    name
        What a caller writes for it; empty for roles that have no name.
    rank
        How many axes such a weight has: a number, or at least so many if it is negative; 0 for any.

    Examples
    --------
    >>> import seedbed
    >>> drawn = as_layout("linear").drawn(seedbed.get("he_normal"), (2, 3))
    >>> drawn.shape, drawn.order
    ((3, 2), (1, 0))
    """

    axes: Axes | None = None
    name: str = ""
    rank: int = 0

    def __str__(self) -> str:
        return self.name or str(axes_config(self.axes))

    def drawn(self, initializer: Initializer, shape: Shape) -> Drawn:
        """Return what is drawn for a weight of `shape`.

        Raises
        ------
        LayoutError
            If such a weight has another number of axes; or if the initializer, or one within it, has axes
            that say otherwise, or cannot be told of stacks or groups.
        ShapeError
            If the weight has not the axes that have a role, or groups do not divide it.
        """
        reading = self._reading(shape, stacks_first=times_stacked(initializer) > 0)
        if reading is None:
            return Drawn(initializer, shape, shape, tuple(range(len(shape))))
        drawn, order, split, _ = reading
        check_axes(initializer, drawn, len(shape))
        if is_vector(drawn, len(shape)):  # a bias, say, which elsewhere has one axis
            stacks = split[: len(drawn.batch)]
            own = (prod(split[len(stacks) :]),) if len(split) > len(stacks) else ()
            return Drawn(told_of_vectors(initializer, drawn), (*stacks, *own), split, order)
        is_matrix = len(drawn.inputs) == len(drawn.outputs) == 1
        if is_matrix or isinstance(initializer, ElementwiseInitializer):
            return Drawn(told(initializer, drawn), split, split, order)
        front = len(shape) - len(drawn.inputs) - len(drawn.outputs)
        inputs, outputs = split[front : front + len(drawn.inputs)], split[front + len(drawn.inputs) :]
        merged = replace(drawn, inputs=(front,), outputs=(front + 1,))
        return Drawn(told(initializer, merged), (*split[:front], prod(inputs), prod(outputs)), split, order)

    def order(self, shape: Shape) -> tuple[int, ...]:
        """Return the axes of a weight of `shape` in the order in which it is drawn."""
        reading = self._reading(shape, stacks_first=True)
        return tuple(range(len(shape))) if reading is None else reading.order

    def fans(self, shape: Shape) -> Fans:
        """Return how many inputs reach an output of a weight of `shape`, and outputs an input."""
        reading = self._reading(shape, stacks_first=False)
        return fans(shape) if reading is None else reading.fans

    def _reading(self, shape: Shape, *, stacks_first: bool) -> _Reading | None:
        """Return what the roles mean for a shape; ``None`` where nothing has to be told of them."""
        if self.axes is None or (len(shape) < 2 and not self.axes.batch):  # a vector may be a stack
            return None
        if self.rank and (len(shape) < -self.rank if self.rank < 0 else len(shape) != self.rank):
            wanted = f"at least {-self.rank}" if self.rank < 0 else str(self.rank)
            raise LayoutError(
                f"got shape {shape} with the layout {self.name!r}, which has {wanted} axes; "
                f"{choices([len(shape)])}"
            )
        return _read(self.axes, shape, stacks_first=stacks_first)


class _Reading(NamedTuple):
    """What roles mean for a shape: those of what is drawn, the order of its axes, its sizes, and its fans."""

    drawn: Axes
    order: tuple[int, ...]
    split: Shape
    fans: Fans


@functools.lru_cache(maxsize=1 << 12)  # the layers of a model have few shapes
def _read(axes: Axes, shape: Shape, *, stacks_first: bool) -> _Reading:
    found = fans(shape, axes)  # refuses axes that are not there, and groups that do not divide them
    roles = from_front(axes, len(shape))
    last = (*roles.inputs, *roles.outputs)
    first = roles.batch if stacks_first or not last else ()
    order = (*first, *(axis for axis in range(len(shape)) if axis not in (*first, *last)), *last)
    return _Reading(_moved(roles, order), order, tuple(shape[axis] for axis in order), found)


LayoutLike: TypeAlias = Layout | Axes | str | Mapping[str, Any]

ARRAY: Final = Layout(None, "array")

LAYOUTS: Final[Mapping[str, Layout]] = MappingProxyType(
    {
        layout.name: layout
        for layout in (
            Layout(Axes((1,), (0,)), "linear", 2),
            Layout(Axes((1,), (0,)), "conv", -3),
            Layout(Axes((0,), (1,)), "conv_transpose", -3),
            Layout(Axes((1, 2), (0,)), "bilinear", 3),
            Layout(Axes((0,), (1,)), "embedding", 2),
            ARRAY,
        )
    }
    | {name: Layout(axes, name) for name, axes in PRESETS.items()}
)
"""By their names: those of layers as PyTorch has them, and the presets of `seedbed.fans`."""


_MANY: Final = 64
_TOLD: Final = (
    ("'linear' (out, in)", 2, 2),
    ("'conv' (out, in, *space)", 3, _MANY),
    ("'conv_transpose' (in, out, *space)", 3, _MANY),
    ("'bilinear' (out, in1, in2)", 3, 3),
    ("'embedding' (number, features)", 2, 2),
    ("'experts_oi' or 'experts_io' for stacks of matrices", 3, _MANY),
    ("'array' for what is drawn as it is stored", 0, _MANY),
)
"""What messages say of layouts, and how many axes weights have for which they may be right."""


def as_layout(given: LayoutLike) -> Layout:
    """Return the layout that a name, roles or a dict of roles means.

    Parameters
    ----------
    given
        ``"linear"`` (out, in), ``"conv"`` (out, in, *space), ``"conv_transpose"`` (in, out, *space),
        ``"bilinear"`` (out, in1, in2), ``"embedding"`` (number, features), ``"array"`` (as it is stored); or
        what `seedbed.fans.as_axes` reads.

    Raises
    ------
    LayoutError
        If it means none.

    Examples
    --------
    >>> as_layout("dense_oi").fans((2, 3))
    Fans(fan_in=3, fan_out=2)
    """
    if isinstance(given, Layout):
        return given
    if isinstance(given, str) and given in LAYOUTS:
        return LAYOUTS[given]
    if isinstance(given, Axes | Mapping):
        try:
            return Layout(as_axes(given), str(given.get("preset", "")) if isinstance(given, Mapping) else "")
        except ArgumentError as error:
            raise LayoutError(str(error)) from error
    raise LayoutError(f"got layout {shown(given)}{suggestion(given, LAYOUTS)}; {choices()}")


def choices(ranks: Collection[int] = ()) -> str:
    """Return what the layout of weights of any of these numbers of axes may be, for the end of a message."""
    fitting = [
        told for told, least, most in _TOLD if not ranks or any(least <= rank <= most for rank in ranks)
    ]
    return f"a layout is {', '.join(fitting)}, or a dict such as {{'in': 1, 'out': 0}}"


def _moved(roles: Axes, order: tuple[int, ...]) -> Axes:
    """Return roles, counted from the front, of the array whose axes are those of `order`."""

    def moved(named: tuple[int, ...]) -> tuple[int, ...]:
        return tuple(sorted(order.index(axis) for axis in named))

    return replace(roles, inputs=moved(roles.inputs), outputs=moved(roles.outputs), batch=moved(roles.batch))

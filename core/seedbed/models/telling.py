"""What an initializer is told of the axes of what it draws, and what it says of them itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final

from seedbed.api import get
from seedbed.combinators import Blocked, Masked, Padded, Scaled, Shifted, Stacked, SumOf
from seedbed.constructor import parameters
from seedbed.drawing import drawing_within
from seedbed.elementwise import ElementwiseInitializer
from seedbed.errors import ArgumentError, LayoutError, ShapeError, shown
from seedbed.fans import Axes, as_axes, axes_config
from seedbed.initializer import Initializer, arguments_of
from seedbed.rules.joined import Joined, Layers
from seedbed.standard import Constant, Ones, Zeros

_SAME_AXES: Final = (Blocked, Joined, Masked, Padded, Scaled, Shifted, SumOf)
"""Not those which have axes in another order or number within: `Transposed`, `Repeated` and `Stacked`."""


def needs_axes(initializer: Initializer) -> bool:
    """Say whether an initializer, or one within it, takes axes and was given none."""
    return _lacks_axes(initializer) or any(map(needs_axes, _inner(initializer)))


def _lacks_axes(initializer: Initializer) -> bool:
    return "axes" in parameters(type(initializer)) and arguments_of(initializer).get("axes") is None


def _inner(initializer: Initializer) -> tuple[Initializer, ...]:
    inner = getattr(initializer, "inner", None)
    return inner.initializers if inner is not None and hasattr(inner, "initializers") else ()


def told(initializer: Initializer, roles: Axes) -> Initializer:
    """Return an initializer that takes fans by such roles, which are counted from the front.

    Raises
    ------
    LayoutError
        If it is stacked another number of times, or it, or one within it, cannot be told.
    """
    times = times_stacked(initializer)
    stacks_itself = times > 0 and roles.groups == 1
    if stacks_itself and times != len(roles.batch):
        raise LayoutError(
            f"got {initializer!r}, which is stacked {times} times, for weights that are stacked "
            f"{len(roles.batch)} times; put 'stacked' around it as often as that"
        )
    if stacks_itself or _is_default(roles):
        return initializer
    if roles.batch and any(part.reproducibility == "numerical" for part in drawing_within(initializer)):
        raise LayoutError(
            f"got {initializer!r} for stacked weights, of which it would make one matrix; give 'stacked' "
            "with it as its initializer, which makes one of each"
        )
    return _with_axes(initializer, axes_config(roles))


def told_of_vectors(initializer: Initializer, roles: Axes) -> Initializer:
    """Return an initializer that draws vectors, each of a stack as one alone.

    Raises
    ------
    LayoutError
        If it would make one array of a stack.
    """
    if not roles.batch:
        return initializer
    if not times_stacked(initializer) and not _is_pointwise(initializer):
        raise LayoutError(
            f"got {initializer!r} for stacked vectors, of which it would make one matrix; give 'stacked' "
            "with it as its initializer, which makes one of each"
        )
    return told(initializer, roles)


def is_vector(roles: Axes, rank: int) -> bool:
    """Say whether roles of what is drawn are those of a vector, or of a stack of vectors."""
    return not roles.inputs and len(roles.outputs) in (0, rank) and roles.groups == 1


def _is_pointwise(initializer: Initializer) -> bool:
    """Say whether the values of an initializer are the same ones, however the elements are arranged."""
    if isinstance(initializer, Joined | Scaled | Shifted | SumOf):
        return all(map(_is_pointwise, initializer.parts))
    return isinstance(initializer, ElementwiseInitializer | Zeros | Ones | Constant)


def _with_axes(initializer: Initializer, axes: Any) -> Initializer:
    """Return `initializer` with axes wherever it, or one within it that has the same axes, takes them."""
    if "axes" in parameters(type(initializer)):
        found: Initializer = get(initializer, axes=axes)
        return found
    if not needs_axes(initializer):
        return initializer
    if not isinstance(initializer, _SAME_AXES):
        raise LayoutError(
            f"got {initializer!r} for a weight whose fans depend on its stacks or groups, of which an "
            f"initializer within another one is not told; give that one axes={axes!r}"
        )
    arguments = {name: _each(value, axes) for name, value in arguments_of(initializer).items()}
    return type(initializer).from_config(arguments)


def _each(value: Any, axes: Any) -> Any:
    if isinstance(value, Initializer):
        return _with_axes(value, axes)
    return [_each(part, axes) for part in value] if isinstance(value, list) else value


def check_axes(initializer: Initializer, roles: Axes, rank: int) -> None:
    """Refuse axes that an initializer was given and that are not those of what it draws.

    Raises
    ------
    LayoutError
        If it, or one within it that has the same axes, has such.
    """
    for given in _axes_within(initializer):
        own = as_axes(given)
        try:
            is_same = own is None or from_front(own, rank) == roles
        except (ArgumentError, ShapeError):  # of an axis that such a weight has not, or has twice
            is_same = False
        if not is_same:
            raise LayoutError(
                f"got axes {shown(given)} for a weight that is drawn with inputs and outputs last: its axes "
                f"are {axes_config(roles)!r}; leave axes out, or give the layout 'array', with which they "
                "are those of the weight as it is stored"
            )


def _axes_within(initializer: Initializer) -> Iterator[Any]:
    """Yield the axes that an initializer was given, and those within it whose axes are the same ones."""
    if (
        "axes" in parameters(type(initializer))
        and (axes := arguments_of(initializer).get("axes")) is not None
    ):
        yield axes
    if isinstance(initializer, _SAME_AXES):
        for part in _inner(initializer):
            yield from _axes_within(part)


def times_stacked(initializer: Initializer) -> int:
    """Return how often an initializer stacks what another one draws."""
    if isinstance(initializer, Layers):
        return 1 + times_stacked(initializer.initializers[0])
    return 1 + times_stacked(initializer.initializer) if isinstance(initializer, Stacked) else 0


def _is_default(roles: Axes) -> bool:
    """Say whether roles of what is drawn are those of the default rule, which needs no word."""
    return len(roles.inputs) == len(roles.outputs) == 1 and roles.groups == 1 and not roles.batch


def from_front(axes: Axes, rank: int) -> Axes:
    """Return roles with the numbers that the axes of a tensor of so many have, those of a batch all named."""

    def counted(named: tuple[int, ...]) -> tuple[int, ...]:
        return tuple(axis % rank for axis in named)

    inputs, outputs = counted(axes.inputs), counted(axes.outputs)
    named = {*inputs, *outputs}
    batch = counted(axes.batch) if axes.rest == "receptive" else {*range(rank)} - named
    return replace(axes, inputs=inputs, outputs=outputs, batch=tuple(sorted(batch)), rest="receptive")

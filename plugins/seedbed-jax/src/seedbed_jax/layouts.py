"""Weights that a framework stores in another order than they are drawn in, which Equinox alone does."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import seedbed
from seedbed import Initializer
from seedbed.combinators import Blocked, Masked, Padded, Scaled, Shifted, Stacked, SumOf
from seedbed.errors import RulesError, shown
from seedbed.fans import Axes, as_axes, axes_config

_MATRICES: Final = ("Linear", "GRUCell", "LSTMCell")
"""Modules of Equinox whose weights are (out, in)."""

_CONVOLUTIONS: Final = ("Conv", "ConvTranspose")
"""Modules of Equinox whose weights are (out, in / groups, *receptive)."""

_LAST_TWO: Final = Axes((-2,), (-1,))
"""The default rule of `seedbed.fans`, which needs no word."""

_SAME_AXES: Final = (Blocked, Masked, Padded, Scaled, Shifted, SumOf)
"""Not those which have axes in another order or number within: `Transposed` and `Stacked`."""


@dataclass(frozen=True, slots=True)
class Layout:
    """How the axes of a weight are those of what is drawn: stacks, receptive field, inputs, outputs.

    Attributes
    ----------
    permutation
        For each axis of the weight, which one of what is drawn it is.
    axes
        The roles of what is drawn.
    """

    permutation: tuple[int, ...]
    axes: Axes

    def drawer(self, initializer: Initializer) -> Initializer:
        """Return the initializer of the weight as it is stored.

        Raises
        ------
        RulesError
            If `initializer`, or one within it, has axes that say otherwise, or if one within it would have to
            be told of stacks or groups.
        """
        fitted = self._fitted(initializer)
        return seedbed.get("transposed", initializer=fitted, permutation=self.permutation)

    def _fitted(self, initializer: Initializer) -> Initializer:
        wanted = axes_config(self.axes)
        for given in _axes_within(initializer):
            if _from_front(given, len(self.permutation)) != _from_front(self.axes, len(self.permutation)):
                raise RulesError(
                    f"got axes {shown(given)} for a weight that is drawn with inputs and outputs last, and "
                    f"transposed: its axes are {wanted!r}; leave axes out"
                )
        config = initializer.get_config()
        stacks_itself = isinstance(initializer, Stacked) and self.axes.groups == 1
        if self.axes == _LAST_TWO or config.get("axes") is not None or stacks_itself:
            return initializer
        if "axes" in config:
            return seedbed.get(initializer, axes=wanted)
        if _needs_axes(config):
            raise RulesError(
                f"got {initializer!r} for a weight whose fans depend on its stacks or groups, of which an "
                f"initializer within another one is not told; give that one axes={wanted!r}"
            )
        return initializer


def layout_of(module: Any, name: str, axes: int) -> Layout | None:
    """Return the layout of the parameter `name`, of so many axes; ``None`` where it is drawn as it is stored.

    More axes than the module has by itself are in front, where `equinox.filter_vmap` stacks modules.
    """
    if not name.startswith("weight"):
        return None
    is_convolution = any(is_of(module, "equinox.nn", kind) for kind in _CONVOLUTIONS)
    if not is_convolution and not any(is_of(module, "equinox.nn", kind) for kind in _MATRICES):
        return None
    space = module.num_spatial_dims if is_convolution else 0
    stacks = axes - space - 2
    if stacks < 0:
        return None
    permutation = (*range(stacks), axes - 1, axes - 2, *range(stacks, axes - 2))
    groups = module.groups if is_convolution else 1
    return Layout(permutation, replace(_LAST_TWO, batch=tuple(range(stacks)), groups=groups))


def is_of(node: Any, module: str, name: str) -> bool:
    """Say whether `node` is of a class of a framework, without importing it: it has been, if there is one."""
    loaded = sys.modules.get(module)
    return loaded is not None and isinstance(node, getattr(loaded, name, ()))


def _axes_within(initializer: Initializer) -> Iterator[Any]:
    """Yield the axes that an initializer was given, and those within it whose axes are the same ones."""
    if (axes := initializer.get_config().get("axes")) is not None:
        yield axes
    if isinstance(initializer, _SAME_AXES):
        parts: Any = vars(initializer)
        for part in parts.get("initializers") or (parts["initializer"],):
            yield from _axes_within(part)


def _from_front(given: Any, rank: int) -> Axes | None:
    """Return axes with the numbers that they have in a tensor of so many."""

    def counted(axes: tuple[int, ...]) -> tuple[int, ...]:
        return tuple(sorted(axis % rank for axis in axes))

    axes = as_axes(given)
    if axes is None:
        return None
    return replace(
        axes, inputs=counted(axes.inputs), outputs=counted(axes.outputs), batch=counted(axes.batch)
    )


def _needs_axes(config: Any) -> bool:
    """Say whether an initializer within takes axes and was given none."""
    if isinstance(config, Mapping):
        return ("axes" in config and config["axes"] is None) or any(map(_needs_axes, config.values()))
    return isinstance(config, list) and any(map(_needs_axes, config))

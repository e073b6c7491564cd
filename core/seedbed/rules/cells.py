"""`Cell`: a weight, or a part of one that has a stream of its own; and parts put together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

from seedbed.errors import RulesError
from seedbed.initializer import Initializer
from seedbed.rules.joined import Joined, Layers
from seedbed.rules.parameter import Cut, Over, Parameter
from seedbed.rules.pattern import Captures
from seedbed.rules.roles import Placed
from seedbed.rules.rule import Rule


class Cell(NamedTuple):
    """What rules are asked of, and what draws from one stream.

    Parameters
    ----------
    parameter
        What rules know of it. Its path is the name of its stream, unless the rule says another.
    rule
        The rule that it has.
    captures
        What the rule captures.
    """

    parameter: Parameter
    rule: Rule
    captures: Captures


@dataclass(frozen=True, slots=True)
class Shared:
    """How the parts of one weight lie in it.

    Parameters
    ----------
    layers
        How many layers lie in it, and the axis of what is drawn that counts them; ``None`` if it is one.
    blocks
        How many blocks a layer has.
    axis, sizes
        The axis of a layer that is divided into blocks, and their lengths.
    """

    layers: tuple[int, int] | None = None
    blocks: int = 1
    axis: int = -1
    sizes: tuple[int, ...] | None = None

    def joined(self, parts: Sequence[Initializer]) -> Initializer:
        """Return what draws the whole, from what draws the parts: layer by layer, and block by block."""
        count = self.blocks
        groups = [parts[at : at + count] for at in range(0, len(parts), count)]
        wholes = parts if count == 1 else [Joined(group, self.axis, self.sizes) for group in groups]
        return wholes[0] if self.layers is None else Layers(wholes, self.layers[1])


def parts_of(parameter: Parameter, placed: Placed) -> tuple[Shared, list[Parameter]]:
    """Return how a weight that has roles is divided, and its parts under the paths of their roles.

    Raises
    ------
    RulesError
        If nothing tells the sizes of a weight that has several parts.
    """
    source = placed.source
    layers = None if source.over is None else _layers(parameter, source.over)
    shared = Shared(layers, len(source.roles), source.axis, source.sizes)
    return shared, [
        _part(parameter, role, _cut(source.over, shared, number))
        for layer in range(1 if layers is None else layers[0])
        for number, role in enumerate(placed.roles(layer))
    ]


def layers_of(parameter: Parameter, over: Over) -> tuple[Shared, list[Parameter]]:
    """Return the layers that lie in a weight without a role, under paths that end with their numbers.

    Raises
    ------
    RulesError
        If nothing tells its sizes.
    """
    shared = Shared(_layers(parameter, over))
    count = shared.layers[0] if shared.layers is not None else 0
    cut = _cut(over, shared, 0)
    return shared, [_part(parameter, f"{parameter.path}/{number}", cut) for number in range(count)]


def _part(parameter: Parameter, path: str, cut: Cut) -> Parameter:
    ndim = parameter.ndim
    return Parameter(
        path,
        kind=parameter.kind,
        ndim=ndim if ndim is None or cut.over is None else ndim - 1,
        sizes=None if parameter.sizes is None else partial(parameter.sizes, cut),
    )


def _cut(over: Over | None, shared: Shared, number: int) -> Cut:
    axis = None if over is None else over.axis
    return Cut(axis) if shared.blocks == 1 else Cut(axis, shared.axis, number, shared.blocks, shared.sizes)


def _layers(parameter: Parameter, over: Over) -> tuple[int, int]:
    if parameter.sizes is None:
        raise RulesError(f"{parameter.path}: layers lie in it, and nothing tells how many")
    whole = parameter.sizes()
    try:
        axis = whole.order.index(over.axis % max(1, len(whole.order)))
    except ValueError:
        raise RulesError(
            f"{parameter.path}: it has the shape {whole.shape}, and no axis {over.axis}"
        ) from None
    if not whole.shape[axis]:
        raise RulesError(f"{parameter.path}: no layers lie in its axis {over.axis}, which is empty")
    return whole.shape[axis], axis

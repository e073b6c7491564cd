"""What rules may ask of a weight: its names, and the sizes of what is drawn for it."""

from __future__ import annotations

import functools
from typing import Final

from seedbed.axis import axis_of
from seedbed.fans import fans
from seedbed.models.given import Piece
from seedbed.models.layout import Layout, choices
from seedbed.models.weight import Weight
from seedbed.rules import Parameter
from seedbed.rules.joined import block_sizes
from seedbed.rules.parameter import WHOLE, Cut, Sizes
from seedbed.shapes import Shape

_FLAW: Final = (
    "the rule asks for fans or the size of an axis, and nothing tells what the axes of the shape {} are; "
    "pass layouts={{{!r}: ...}}; {}"
)


def as_parameter(path: str, weight: Weight, named: Layout | None, piece: Piece | None) -> Parameter:
    """Return what rules know of a weight.

    Parameters
    ----------
    path
        The path that it has for them.
    weight
        The weight.
    named
        The layout that the caller gives; ``None`` for that of the weight.
    piece
        Of which whole it is a part, whose sizes count; ``None`` if it is whole.
    """
    shape = weight.shape if piece is None else piece.of
    sizes = functools.partial(_sizes, path, named or weight.layout, shape)
    return Parameter(path, weight.others, weight.ties, weight.kind, ndim=len(shape), sizes=sizes)


def _sizes(path: str, layout: Layout | None, shape: Shape, cut: Cut = WHOLE) -> Sizes:
    known = layout or Layout()
    whole = known.order(shape)
    over = None if cut.over is None else cut.over % max(1, len(shape))
    order = tuple(axis for axis in whole if axis != over)
    stored = list(shape)
    if cut.blocks > 1:
        axis = order[axis_of(order, cut.axis)]
        stored[axis] = block_sizes(shape[axis], cut.blocks, cut.sizes)[cut.number]
    drawn = tuple(stored[axis] for axis in order)
    is_stored = over is None or known.axes is not None
    found = known.fans(tuple(stored)) if is_stored else fans(drawn)
    flaw = _FLAW.format(shape, path, choices()) if layout is None and len(shape) > 1 else ""
    return Sizes(drawn, order, found, flaw)

"""What rules may ask of a weight: its names, and the sizes of what is drawn for it."""

from __future__ import annotations

import functools

from seedbed.errors import LayoutError
from seedbed.models.given import Piece
from seedbed.models.layout import Layout, choices
from seedbed.models.weight import Weight
from seedbed.rules import Parameter, Sizes
from seedbed.shapes import Shape


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


def _sizes(path: str, layout: Layout | None, shape: Shape) -> Sizes:
    if layout is None and len(shape) > 1:
        raise LayoutError(
            f"the rule asks for fans or the size of an axis, and nothing tells what the axes of the shape "
            f"{shape} are; pass layouts={{{path!r}: ...}}; {choices()}"
        )
    known = layout or Layout()
    return Sizes(known.split(shape), known.fans(shape))

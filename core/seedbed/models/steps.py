"""How the weights of a model are drawn, each checked before any is: once for all that are alike."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

from seedbed.combinators import Padded
from seedbed.combinators.combinator import Combinator
from seedbed.divisible import is_checked_for_all_seeds
from seedbed.errors import LayoutError
from seedbed.fans import Fans, fans
from seedbed.initializer import Initializer
from seedbed.models.given import Piece, check_piece_drawn
from seedbed.models.layout import Drawn, Layout
from seedbed.models.unknown import is_guess, of_unknown
from seedbed.models.values import Values
from seedbed.models.weight import Weight
from seedbed.rules import Rule
from seedbed.shapes import Shape


class Step(NamedTuple):
    """A weight that is drawn, and how; of a part, `shape` and `drawn` are those of the whole."""

    weight: Weight
    layout: Layout
    is_unknown: bool
    shape: Shape
    drawn: Drawn
    values: Values
    note: str


class Steps:
    """Finds how weights are drawn: once for all that have one rule, layout, shape and dtype.

    A large model has few of these, and many weights.
    """

    def __init__(self) -> None:
        self._known: dict[tuple[object, ...], Step] = {}

    def step(
        self,
        weight: Weight,
        initializer: Initializer,
        rule: Rule,
        named: Layout | None,
        piece: Piece | None,
    ) -> Step:
        """Return how a weight is drawn, having checked that it can be."""
        if weight.refuse is not None:
            weight.refuse(initializer)
        # Of what is computed, or put together from roles, another weight of the rule may have another one.
        is_rules = type(initializer) is type(rule.initializer)
        if not is_rules or piece is not None or weight.padding_index is not None or weight.readings:
            return _step(weight, initializer, rule, named, piece)
        key = id(rule), id(named or weight.layout), weight.shape, weight.dtype
        known = self._known.get(key)
        if known is None:
            step = _step(weight, initializer, rule, named, piece)
            if step.drawn.initializer is initializer and is_checked_for_all_seeds(initializer):
                self._known[key] = step
            return step
        drawn = Drawn(initializer, known.drawn.shape, known.drawn.split, known.drawn.order)
        values = Values(drawn, weight.shape, weight.dtype)
        return Step(weight, known.layout, known.is_unknown, known.shape, drawn, values, known.note)


def _step(
    weight: Weight, initializer: Initializer, rule: Rule, named: Layout | None, piece: Piece | None
) -> Step:
    layout = named or weight.layout or of_unknown(weight, initializer)
    if piece is not None:
        check_piece_drawn(initializer, layout, is_named=named is not None)
    shape, start = (weight.shape, None) if piece is None else (piece.of, piece.start)
    drawn = _with_padding(layout.drawn(initializer, shape), weight, start)
    values = Values(drawn, weight.shape, weight.dtype, offset=start)
    values.check()
    is_unknown = named is None and is_guess(weight, initializer, shape)
    step = Step(weight, layout, is_unknown, shape, drawn, values, "")
    return step._replace(note=_note(step, rule))


def _with_padding(drawn: Drawn, weight: Weight, start: Shape | None) -> Drawn:
    """Return what is drawn with zeros where the row of padding is, wherever the rows are in it."""
    if weight.padding_index is None or not weight.shape or not weight.shape[0]:
        return drawn
    if drawn.split != drawn.shape:
        raise LayoutError(
            f"got a row of padding, {weight.padding_index}, of a table whose axes are drawn as one by its "
            "layout; give the layout 'embedding', or 'array'"
        )
    row = weight.padding_index if start is None else start[0] + weight.padding_index % weight.shape[0]
    padded = Padded(drawn.initializer, row, axis=drawn.order.index(0))
    return replace(drawn, initializer=padded)


def _note(step: Step, rule: Rule) -> str:
    """Return what the report says of a weight besides its initializer."""
    by = " | ".join(map(repr, rule.patterns)) + rule.conditions
    if len(step.shape) < 2:
        return f"{step.shape}, by {by}"
    found = _fans(step)
    fans = "" if found is None else f", fan_in={found.fan_in}, fan_out={found.fan_out}"
    guessed = " by a guess" if step.is_unknown else ""
    return f"{step.shape} as {step.layout}{guessed}{fans}, by {by}"


def _fans(step: Step) -> Fans | None:
    """Return the fans that an initializer takes; ``None`` where it makes a tensor of others of its own."""
    initializer = step.drawn.initializer
    if step.layout.axes is not None and len(step.drawn.shape) > 1:
        return step.layout.fans(step.shape)
    if isinstance(initializer, Combinator):
        return None
    return fans(step.drawn.shape, getattr(initializer, "axes", None))

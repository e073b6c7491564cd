"""Initializers of which each part draws as it would alone: fused weights, and layers in one array.

The combinators of the catalogue, `Blocked` and `Stacked`, divide one stream among their parts. The parts of
these have streams of their own, those that they have where each is a weight by itself.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from itertools import accumulate, pairwise
from typing import Any, final

import numpy as np
import numpy.typing as npt

from seedbed.axis import along, as_axis, axis_of, replaced
from seedbed.combinators.combinator import Combinator, InitializerLike, as_initializers
from seedbed.combinators.layout import as_sizes
from seedbed.divisible import writer
from seedbed.errors import ShapeError, shown
from seedbed.initializer import Initializer
from seedbed.random import SeedLike
from seedbed.shapes import Shape
from seedbed.shard import Part, Write


class _OfParts(Combinator):
    _seedbed_without_config = (
        "rules put it together from the parts of one weight, and no config can name it; keep the rules and "
        "the seed, or the configs of its parts, which are in its `initializers`"
    )

    def __init__(self, initializers: Sequence[InitializerLike], axis: int, *, seed: SeedLike = None) -> None:
        self.axis = as_axis(axis)
        super().__init__(as_initializers("initializers", initializers), seed=seed)

    @property
    def initializers(self) -> tuple[Initializer, ...]:
        """One for each part."""
        return self.inner.initializers


@final
class Joined(_OfParts):
    """Blocks along an axis, each as its initializer draws it alone.

    Parameters
    ----------
    initializers
        One for each block.
    axis
        The axis that is divided.
    sizes
        The length of each block; ``None`` for equal ones.

    Examples
    --------
    >>> import seedbed
    >>> query, key = (seedbed.get("he_normal", seed=[7, name]) for name in "qk")
    >>> bool((Joined([query, key], 1)((4, 6))[:, 3:] == key((4, 3))).all())
    True
    """

    def __init__(
        self,
        initializers: Sequence[InitializerLike],
        axis: int = -1,
        sizes: Sequence[int] | None = None,
        *,
        seed: SeedLike = None,
    ) -> None:
        super().__init__(initializers, axis, seed=seed)
        self.sizes = None if sizes is None else as_sizes(sizes, len(self.initializers))

    def _seedbed_writer(self, shape: Shape, dtype: np.dtype[Any]) -> Write:
        axis = axis_of(shape, self.axis)
        ends = list(pairwise(accumulate(block_sizes(shape[axis], len(self.parts), self.sizes), initial=0)))
        writers = [
            writer(part, replaced(shape, axis, last - first), dtype)
            for part, (first, last) in zip(self.parts, ends, strict=True)
        ]

        def write(out: npt.NDArray[Any], part: Part) -> None:
            taken = part[axis]
            rising = taken if taken.step > 0 else taken[::-1]
            for write_block, (first, last) in zip(writers, ends, strict=True):
                begin, end = bisect_left(rising, first), bisect_left(rising, last)
                where = slice(begin, end) if taken.step > 0 else slice(len(taken) - end, len(taken) - begin)
                run = taken[where]
                if run:
                    within = range(run.start - first, run.stop - first, run.step)
                    write_block(out[along(axis, where)], replaced(part, axis, within))

        return write


@final
class Layers(_OfParts):
    """Arrays beside each other along a new axis, each as its initializer draws it alone.

    Parameters
    ----------
    initializers
        One for each layer.
    axis
        The axis that counts them.

    Examples
    --------
    >>> import seedbed
    >>> first, second = (seedbed.get("he_normal", seed=[7, layer]) for layer in range(2))
    >>> bool((Layers([first, second], 0)((2, 4, 6))[1] == second((4, 6))).all())
    True
    """

    def __init__(
        self, initializers: Sequence[InitializerLike], axis: int = 0, *, seed: SeedLike = None
    ) -> None:
        super().__init__(initializers, axis, seed=seed)

    def _seedbed_writer(self, shape: Shape, dtype: np.dtype[Any]) -> Write:
        axis = axis_of(shape, self.axis)
        if shape[axis] != len(self.parts):
            raise ShapeError(
                f"got shape {shape}, whose axis {self.axis} should count {len(self.parts)} layers"
            )
        inner = (*shape[:axis], *shape[axis + 1 :])
        writers = [writer(part, inner, dtype) for part in self.parts]

        def write(out: npt.NDArray[Any], part: Part) -> None:
            within = (*part[:axis], *part[axis + 1 :])
            for place, number in enumerate(part[axis]):
                writers[number](out[along(axis, place)], within)

        return write


def block_sizes(length: int, count: int, sizes: Sequence[int] | None) -> list[int]:
    """Return the lengths of so many blocks of an axis.

    Raises
    ------
    ShapeError
        If they do not add up to its length.
    """
    found = [length // count] * count if sizes is None else list(sizes)
    if sum(found) != length:
        raise ShapeError(f"an axis of {length} cannot be {count} blocks of {shown(sizes or 'one length')}")
    return found

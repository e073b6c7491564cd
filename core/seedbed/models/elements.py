"""`Elements`: what a device needs to draw the elements of a weight itself."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np

from seedbed.divisible import is_divisible
from seedbed.elementwise import ElementwiseInitializer
from seedbed.models.layout import Drawn
from seedbed.random import Distribution, key_of
from seedbed.random.draw import limits_of
from seedbed.random.engine import Limits
from seedbed.shapes import Shape


@dataclass(frozen=True, slots=True)
class Elements:
    """Independent elements, and which of them lies where in a weight.

    Attributes
    ----------
    distribution
        What each has.
    key
        The 128-bit key of the stream that they are drawn from.
    limits
        The least and the greatest value allowed; ``None`` for any.
    base
        The index in that stream, in elements, of the part's first element.
    strides
        How far on the next element is in the stream, along each axis of the weight.
    """

    distribution: Distribution
    key: int
    limits: Limits | None
    base: int
    strides: tuple[int, ...]


def elements_of(drawn: Drawn, dtype: np.dtype[Any], start: Shape) -> Elements | None:
    """Return the elements of a weight from `start` on, or ``None`` where they depend on one another."""
    initializer = drawn.initializer
    if not (isinstance(initializer, ElementwiseInitializer) and is_divisible(initializer)):
        return None
    if type(initializer)._seedbed_writer is not ElementwiseInitializer._seedbed_writer:  # noqa: SLF001 - a word among base classes
        return None
    distribution = initializer.element_distribution(drawn.shape, dtype)
    limits, key = limits_of(distribution, dtype), key_of(initializer.seed)
    # `split` has what `drawn.shape` has, in the same order.
    distances = {at: prod(drawn.split[axis + 1 :]) for axis, at in enumerate(drawn.order)}
    strides = tuple(distances[axis] for axis in range(len(start)))
    base = sum(first * stride for first, stride in zip(start, strides, strict=True))
    return Elements(distribution, key, limits, base, strides)

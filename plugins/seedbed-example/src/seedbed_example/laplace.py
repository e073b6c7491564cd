"""Values with heavier tails than normal ones."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

import seedbed
from seedbed.arguments import finite
from seedbed.dtypes import COMPLEX, FLOATING
from seedbed.fans import fans
from seedbed.random import Distribution, FromTail, SeedLike, minus_log


class Laplace(seedbed.ElementwiseInitializer):
    """Laplace values of variance ``scale / fan_in``.

    Parameters
    ----------
    scale
        A finite number above 0.
    seed
        ``None``, an int, a string, or a list of those.

    Raises
    ------
    ArgumentError
        If `scale` is no such number.

    Notes
    -----
    The density is ``exp(-|x| / b) / (2 b)`` with ``b = sqrt(scale / fan_in / 2)``. Complex values have two
    independent parts that share the variance.

    Examples
    --------
    >>> weights = Laplace(seed=7)((256, 1024))
    >>> round(float(weights.std()), 3)
    0.062
    """

    dtypes = FLOATING + COMPLEX

    def __init__(self, scale: float = 1.0, *, seed: SeedLike = None) -> None:
        super().__init__(seed=seed)
        self.scale = finite("scale", scale, above=0)

    def element_distribution(self, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Distribution:
        """Return the distribution of one element of a tensor of the whole `shape`."""
        variance = self.scale / max(1, fans(shape).fan_in)
        if dtype.kind == "c":
            variance /= 2
        b = math.sqrt(variance / 2)
        return FromTail(lambda tail: np.copysign(b * minus_log(2 * np.abs(tail)), tail))

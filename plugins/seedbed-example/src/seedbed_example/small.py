"""The small initialization of transformers."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

import seedbed
from seedbed.fans import fans
from seedbed.random import SeedLike, as_seed


class SmallInit(seedbed.Initializer):
    """Normal values of standard deviation ``sqrt(2 / (5 * width))``, for a model of that width.

    Parameters
    ----------
    seed
        ``None``, an int, a string, or a list of those.

    Notes
    -----
    The width is the fan-in of the shape. It is Glorot's formula for the largest matrix of a transformer
    block, which maps `width` inputs to four times as many outputs, used for all of them.

    References
    ----------
    Nguyen and Salazar (2019), Transformers without tears, arXiv:1910.05895.

    Examples
    --------
    >>> weights = SmallInit(seed=7)((256, 1024))
    >>> round(float(weights.std()), 3)
    0.04
    """

    reproducibility = "exact"

    def __init__(self, *, seed: SeedLike = None) -> None:
        self.seed = as_seed(seed)

    def __call__(self, shape: Any, dtype: Any = None) -> npt.NDArray[np.inexact[Any]]:
        """Return values of a floating or complex dtype."""
        stddev = math.sqrt(2 / (5 * max(1, fans(shape).fan_in)))
        return seedbed.get("random_normal", stddev=stddev, seed=self.seed)(shape, dtype)

"""Which initializers XLA can draw: those whose elements have one distribution, whatever their seed."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

import seedbed
from seedbed import ElementwiseInitializer, Initializer
from seedbed.random import Distribution
from seedbed_jax.xla.values import is_known

_ANY_SEEDS: Final = ([0, 7], [0x9E3779B9, 0x85EBCA6B])
_DRAWING: Final = ("__call__", "fill", "shard", "_seedbed_writer")


def distribution_of(
    initializer: Initializer, shape: tuple[int, ...], dtype: np.dtype[Any]
) -> Distribution | None:
    """Return the distribution of the elements of an array; ``None`` if XLA cannot draw them.

    Parameters
    ----------
    initializer
        Any, without a seed.
    shape, dtype
        Those of the whole array.
    """
    if not isinstance(initializer, ElementwiseInitializer) or dtype.kind == "c":
        return None
    kind = type(initializer)
    if any(getattr(kind, name) is not getattr(ElementwiseInitializer, name) for name in _DRAWING):
        return None
    copies: list[Any] = [seedbed.get(initializer, seed=seed) for seed in _ANY_SEEDS]
    found = [copy.element_distribution(shape, dtype) for copy in copies]
    # Where the seed has a part in it, each key would have another one.
    distribution: Distribution = found[0]
    return distribution if is_known(distribution, dtype) and found[1] == distribution else None

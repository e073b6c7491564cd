"""Values of the distributions in single and half precision, from words: what ``seedbed.random`` computes.

No sum has an unrounded product in it, as ``docs/reference/stream.md`` has it, so XLA may fuse what it likes.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Final, TypeAlias

import jax
import numpy as np
from jax import lax

from seedbed.random import Distribution, Normal, TruncatedNormal, Uniform, interval_lines, masses
from seedbed.random.engine import Limits
from seedbed_jax.xla.operations import taken

Values: TypeAlias = Callable[[jax.Array], jax.Array]
"""Makes doubles of signed words of 32 bits."""

_DTYPES: Final = ("float16", "bfloat16", "float32")
_SHIFT: Final = np.uint64(52 - 10)  # of a double's bits, so that exponent and segment of a line are left
_FIRST: Final = (1023 - 1) * 1024  # the shifted bits of the smallest argument, 1/2
_LINES: Final = 32 * 1024  # of each sign
_ALL_BUT_LAST: Final = np.uint64(2**64 - 2)
_LARGEST: Final = np.finfo(np.float32).max
# XLA takes numbers below 2^-126 for 0 on CPUs. Sums of doubles are 0 or at least 2^-55 of their larger part,
# so where no parameter is smaller than this, no value comes near them.
_SMALLEST: Final = 2.0**-60


def is_known(distribution: Distribution, dtype: np.dtype[Any]) -> bool:
    """Say whether `values_of` has this distribution in this dtype."""
    # Not those derived from them, which may write other values.
    if type(distribution) not in (Uniform, Normal, TruncatedNormal) or dtype.name not in _DTYPES:
        return False
    return not any(0 < abs(size) < _SMALLEST for size in _sizes(distribution))


def _sizes(distribution: Any) -> tuple[float, ...]:
    if isinstance(distribution, Uniform):
        return distribution.low, distribution.high, distribution.high - distribution.low
    ends = distribution.within if isinstance(distribution, TruncatedNormal) else ()
    return distribution.mean, distribution.stddev, *ends


def values_of(distribution: Any, dtype: np.dtype[Any], limits: Limits | None, words: jax.Array) -> jax.Array:
    """Return the values that signed words of 32 bits stand for.

    Parameters
    ----------
    distribution, dtype
        Of which `is_known` is true.
    limits
        The least and the greatest value allowed, of `dtype`.
    words
        What `words_at` returns.
    """
    make = _uniform if isinstance(distribution, Uniform) else _normal
    values = _rounded(make(distribution, words), dtype)
    if limits is None:
        return values
    values = lax.clamp(limits[0], values, limits[1])
    # XLA would take the sum with 0 out, which NumPy's engine has here.
    return values if all(limits) else lax.select(values == 0, lax.full_like(values, 0), values)


def _uniform(distribution: Uniform, words: jax.Array) -> jax.Array:
    low, span = distribution.low, distribution.high - distribution.low
    if not span:
        return lax.full(words.shape, low, np.float64)
    shift = (low / span + 0.5) * 2.0**32 + 0.5
    return (lax.convert_element_type(words, np.float64) + shift) * (span * 2.0**-32)


def _normal(distribution: Normal | TruncatedNormal, words: jax.Array) -> jax.Array:
    ends = (distribution.lower, distribution.upper) if isinstance(distribution, TruncatedNormal) else None
    values = _standard(ends or (-math.inf, math.inf), words) * distribution.stddev
    if not distribution.mean:
        return values
    bits = lax.bitcast_convert_type(values, np.uint64) & _ALL_BUT_LAST
    cleared: jax.Array = lax.bitcast_convert_type(bits, np.float64)
    return cleared + distribution.mean


def _standard(ends: tuple[float, float], words: jax.Array) -> jax.Array:
    """Return standard normal values in an interval, by a line for each."""
    found = masses(*ends)
    lines = interval_lines(found)
    numbers = lax.convert_element_type(words, np.float64) + 0.5
    sizes, is_negative = lax.abs(numbers), words < 0
    place = lax.convert_element_type(lax.bitcast_convert_type(sizes, np.uint64) >> _SHIFT, np.int32) - _FIRST
    if found.below == found.above:  # the curve is odd, and half of the lines are enough
        values = _on_lines(lines.slopes[0], lines.constants[0], place, sizes)
        return lax.select(is_negative, -values, values)
    place = lax.select(is_negative, place + _LINES, place)
    return _on_lines(lines.slopes, lines.constants, place, numbers)


def _on_lines(slopes: Any, constants: Any, place: jax.Array, numbers: jax.Array) -> jax.Array:
    slope, constant = (taken(column.reshape(-1), place) for column in (_narrowed(slopes), constants))
    return lax.convert_element_type(slope, np.float64) * numbers + constant


def _narrowed(slopes: Any) -> Any:
    """Return slopes as singles, which hold their 21 bits in half the room, where they can."""
    with np.errstate(all="ignore"):
        narrow = slopes.astype(np.float32)
    return narrow if (narrow == slopes).all() else slopes


def _rounded(values: jax.Array, dtype: np.dtype[Any]) -> jax.Array:
    """Return doubles rounded to singles, and those to `dtype`."""
    singles = lax.convert_element_type(values, np.float32)
    if dtype == np.float32:
        return singles
    # Nothing is beyond. But XLA may make one conversion of two in a row, unless it is told to keep the first.
    return lax.convert_element_type(lax.clamp(-_LARGEST, singles, _LARGEST), dtype)

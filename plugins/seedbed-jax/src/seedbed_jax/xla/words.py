"""The random words of elements, each worked out for itself: Philox4x64-10, as in ``seedbed.random``.

An element's counter is worked out again for each of the eight elements that share it. That takes no longer
than to put eight results side by side, and XLA can divide it over devices in any way.
"""

from __future__ import annotations

import math
from typing import Any, Final

import jax
import numpy as np
from jax import lax

# Salmon et al. (2011), Parallel random numbers: as easy as 1, 2, 3: multipliers and Weyl constants.
_MULTIPLIERS: Final = (0xD2E7470EE14C6C93, 0xCA5A826395121157)
_WEYL: Final = (0x9E3779B97F4A7C15, 0xBB67AE8584CAA73B)
_ROUNDS: Final = 10
_LOW: Final = np.uint64(0xFFFFFFFF)
_HALF: Final = np.uint64(32)


def indices(shape: tuple[int, ...], part: tuple[int, ...], start: Any) -> jax.Array:
    """Return the flat indices in an array of `shape` of the elements of a part of it.

    Parameters
    ----------
    shape, part
        Those of the whole, and of the part.
    start
        Where the part begins, an int for each axis.
    """
    dtype: Any = np.uint32 if math.prod(shape) < 2**32 else np.uint64
    strides = [math.prod(shape[axis + 1 :]) for axis in range(len(shape))]
    flat: Any = lax.full(part, 0, dtype)
    for axis, stride in enumerate(strides):
        place = lax.convert_element_type(lax.index_in_dim(start, axis, keepdims=False), dtype)
        flat = flat + (lax.broadcasted_iota(dtype, part, axis) + place) * dtype(stride if flat.size else 0)
    result: jax.Array = flat
    return result


def words_at(key: jax.Array, flat: jax.Array) -> jax.Array:
    """Return the 32-bit words of the elements at flat indices, as signed numbers."""

    def has(bit: int) -> jax.Array:
        return lax.ne(flat & flat.dtype.type(bit), flat.dtype.type(0))

    counter = lax.convert_element_type(flat >> flat.dtype.type(3), np.uint64) + np.uint64(1)
    low, high = (lax.index_in_dim(key, half, keepdims=False) for half in (0, 1))
    a, b, c, d = _philox(counter, low, high)
    word = lax.select(has(4), lax.select(has(2), d, c), lax.select(has(2), b, a))
    half = lax.convert_element_type(lax.select(has(1), word >> _HALF, word), np.uint32)
    words: jax.Array = lax.bitcast_convert_type(half, np.int32)
    return words


def _philox(counter: jax.Array, low: jax.Array, high: jax.Array) -> tuple[jax.Array, ...]:
    """Return the four words of each counter, whose three higher words are 0."""
    # The first round, in which all but one of the words are 0.
    upper, lower = _multiply(counter, _MULTIPLIERS[0])
    zero = lax.full_like(counter, 0)
    a, b, c, d = zero ^ low, zero, upper ^ high, lower
    for number in range(1, _ROUNDS):
        upper_a, lower_a = _multiply(a, _MULTIPLIERS[0])
        upper_c, lower_c = _multiply(c, _MULTIPLIERS[1])
        keys = (
            part + np.uint64(number * weyl % 2**64) for part, weyl in zip((low, high), _WEYL, strict=True)
        )
        a, b, c, d = upper_c ^ b ^ next(keys), lower_c, upper_a ^ d ^ next(keys), lower_a
    return a, b, c, d


def _multiply(x: jax.Array, by: int) -> tuple[jax.Array, jax.Array]:
    """Return the higher and the lower 64 bits of the products, by schoolbook multiplication of halves."""
    low, high = np.uint64(by & 0xFFFFFFFF), np.uint64(by >> 32)
    x_low, x_high = x & _LOW, x >> _HALF
    cross = x_high * low + ((x_low * low) >> _HALF)
    other = x_low * high + (cross & _LOW)
    return x_high * high + (cross >> _HALF) + (other >> _HALF), x * np.uint64(by)

"""Philox4x64-10 with NumPy's operations, for many places that are far from one another.

Each operation works on all places at once, in memory that is lent, so that a block allocates nothing.
"""

from __future__ import annotations

from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt

UInt64s: TypeAlias = npt.NDArray[np.uint64]

ROOMS: Final = 8
"""Arrays that `philox` works in: four words, the upper half of a product, and three on the way to it."""

# Salmon et al. (2011), Parallel random numbers: as easy as 1, 2, 3: multipliers and Weyl constants.
_MULTIPLIERS: Final = (0xD2E7470EE14C6C93, 0xCA5A826395121157)
_WEYL: Final = (0x9E3779B97F4A7C15, 0xBB67AE8584CAA73B)
_ROUNDS: Final = 10


def _number(value: int) -> Any:
    """Return an array without axes: operations take it in a third of the time that a scalar costs them."""
    return np.array(value % 2**64, np.uint64)


_LOW: Final = _number(2**32 - 1)
_HALF: Final = _number(32)
_ONE: Final = _number(1)
_REST: Final = _number(31)


class _Factor:
    """A multiplier, and what `_multiply` takes of it."""

    def __init__(self, value: int) -> None:
        above = value >> 32
        self.value, self.low, self.high = map(_number, (value, value % 2**32, above))
        self.half_of_high, self.is_odd_above = _number(above // 2), above % 2 == 1


_FACTORS: Final = tuple(map(_Factor, _MULTIPLIERS))


def philox(rooms: UInt64s, key: int) -> tuple[UInt64s, UInt64s, UInt64s, UInt64s]:
    """Return the four words of each counter, in four of the `rooms`.

    Parameters
    ----------
    rooms
        `ROOMS` rows. The first has the counters; their three higher words are 0.
    key
        128 bits, as an int.
    """
    d, a, b, c, room, *scratch = rooms
    halves = list(zip((key, key >> 64), _WEYL, strict=True))
    keys = [[(half + number * weyl) % 2**64 for half, weyl in halves] for number in range(_ROUNDS)]
    # Of the first round's words three are 0, and so one of the second's is half of the key, and one still 0.
    _multiply(d, _FACTORS[0], c, scratch)
    np.bitwise_xor(c, _number(keys[0][1]), c)
    product = keys[0][0] * _MULTIPLIERS[0]
    _multiply(c, _FACTORS[1], a, scratch)
    np.bitwise_xor(a, _number(keys[1][0]), a)
    np.bitwise_xor(d, _number((product >> 64) ^ keys[1][1]), d)
    b, c, d = c, d, b
    d.fill(product % 2**64)
    for low, high in keys[2:]:
        _multiply(a, _FACTORS[0], room, scratch)
        np.bitwise_xor(d, room, d)
        np.bitwise_xor(d, _number(high), d)
        _multiply(c, _FACTORS[1], room, scratch)
        np.bitwise_xor(b, room, b)
        np.bitwise_xor(b, _number(low), b)
        a, b, c, d = b, c, d, a
    return a, b, c, d


def _multiply(x: UInt64s, factor: _Factor, above: UInt64s, scratch: list[UInt64s]) -> None:
    """Multiply `x` in place, and write what is beyond 64 bits `above`.

    With x of halves h and l, and the factor's H and L, that is ``h H + ((l H + m) >> 32)``, where m is
    ``h L + (l L >> 32)``. The inner sum would overflow; of an even H half of it is the sum of the halves.
    """
    low, middle, cross = scratch
    np.right_shift(x, _HALF, above)
    np.bitwise_and(x, _LOW, low)
    np.multiply(x, factor.value, x)
    np.multiply(low, factor.low, cross)
    np.right_shift(cross, _HALF, cross)
    np.multiply(above, factor.low, middle)
    np.add(middle, cross, middle)
    if factor.is_odd_above:  # m is at most 2^64 - 2^32, so that it has room for l
        np.add(middle, low, middle)
    np.right_shift(middle, _ONE, middle)
    np.multiply(low, factor.half_of_high, low)
    np.add(middle, low, middle)
    np.right_shift(middle, _REST, middle)
    np.multiply(above, factor.high, above)
    np.add(above, middle, above)

"""The random words behind a seed: Philox4x64-10, as in `numpy.random.Philox`, from any place in the stream.

Word *n* (of 64 bits) is output ``n % 4`` of the block cipher applied to the counter ``n // 4 + 1``.
"""

from __future__ import annotations

from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt

Words: TypeAlias = npt.NDArray[Any]
"""Random bits as uint32 or uint64, one number for each real value to be drawn."""

UInt64s: TypeAlias = npt.NDArray[np.uint64]

_PER_COUNTER: Final = 4
# The state of NumPy's generator besides its key and place: no words that it has made and not given.
_EMPTY_BUFFER: Final[Any] = {
    "bit_generator": "Philox",
    "buffer": np.zeros(_PER_COUNTER, np.uint64),
    "buffer_pos": _PER_COUNTER,
    "has_uint32": 0,
    "uinteger": 0,
}

# Salmon et al. (2011), Parallel random numbers: as easy as 1, 2, 3: multipliers and Weyl constants.
_MULTIPLIERS: Final = (0xD2E7470EE14C6C93, 0xCA5A826395121157)
_WEYL: Final = (0x9E3779B97F4A7C15, 0xBB67AE8584CAA73B)
_ROUNDS: Final = 10
_LOW: Final = np.uint64(0xFFFFFFFF)
_HALF: Final = np.uint64(32)


class WordStream:
    """Reads words of one key; not for use by two threads at once.

    Parameters
    ----------
    key
        128 bits, as an int.
    generator
        What to read from; each reading moves it to the key and the place.
    """

    def __init__(self, key: int, generator: np.random.Philox | None = None) -> None:
        self._key = key
        self._halves = np.array((key & 2**64 - 1, key >> 64), np.uint64)
        self._philox = np.random.Philox(0) if generator is None else generator

    def read(self, start: int, count: int, itemsize: int) -> Words:
        """Return words `start` to ``start + count`` of a stream of words of `itemsize` bytes, 4 or 8.

        A word of 4 bytes is half of one of 8, the lower half first.
        """
        per_counter = _PER_COUNTER * 8 // itemsize
        counter, skip = divmod(start, per_counter)
        counters = -(-(skip + count) // per_counter)
        place = {"counter": np.array((counter, 0, 0, 0), np.uint64), "key": self._halves}
        state: Any = {**_EMPTY_BUFFER, "state": place}
        self._philox.state = state  # a new generator takes longer, and so does `advance`
        return _narrow(self._philox.random_raw(counters * _PER_COUNTER), itemsize)[skip : skip + count]

    def read_runs(self, starts: npt.NDArray[np.int64], count: int, itemsize: int) -> Words:
        """Return a row of `count` words for each of many places, which need not be near one another."""
        per_counter = _PER_COUNTER * 8 // itemsize
        first, skip = np.divmod(starts, per_counter)
        counters = -(-(per_counter - 1 + count) // per_counter) if skip.any() else -(-count // per_counter)
        places = first[:, None] + np.arange(counters)
        words = philox(places.reshape(-1).view(np.uint64) + np.uint64(1), self._key)
        rows = _narrow(words.reshape(-1), itemsize).reshape(len(starts), -1)
        if not skip.any():
            return rows[:, :count]
        return np.take_along_axis(rows, skip[:, None] + np.arange(count), axis=1)


def philox(counters: UInt64s, key: int) -> UInt64s:
    """Return the four words of each counter, in rows; a counter's three higher words are 0."""
    zero = np.zeros_like(counters)
    a, b, c, d = counters, zero, zero, zero
    keys = [key & (2**64 - 1), key >> 64]
    for _ in range(_ROUNDS):
        high_a, low_a = _multiply(a, _MULTIPLIERS[0])
        high_c, low_c = _multiply(c, _MULTIPLIERS[1])
        a, b, c, d = high_c ^ b ^ np.uint64(keys[0]), low_c, high_a ^ d ^ np.uint64(keys[1]), low_a
        keys = [(part + weyl) % 2**64 for part, weyl in zip(keys, _WEYL, strict=True)]
    return np.stack((a, b, c, d), axis=1)


def _multiply(x: UInt64s, by: int) -> tuple[UInt64s, UInt64s]:
    """Return the higher and the lower 64 bits of the products, by schoolbook multiplication of halves."""
    low, high = np.uint64(by & 0xFFFFFFFF), np.uint64(by >> 32)
    x_low, x_high = x & _LOW, x >> _HALF
    cross = x_high * low + ((x_low * low) >> _HALF)
    other = x_low * high + (cross & _LOW)
    return x_high * high + (cross >> _HALF) + (other >> _HALF), x * np.uint64(by)


def _narrow(words: UInt64s, itemsize: int) -> Words:
    """Return words of `itemsize` bytes in the machine's own byte order, the lower half of each first."""
    if itemsize == 8:
        return words
    halves = words.astype("<u8", copy=False).view("<u4")
    return halves.astype(np.uint32, copy=False)  # which swaps bytes on a big-endian machine alone


# A ufunc that converts as well works through a buffer. That takes longer than a conversion of its own, and
# where a thread has no memory for the buffer, NumPy 2.4 dies instead of raising a MemoryError.


def write_sum(words: npt.NDArray[Any], term: float, out: npt.NDArray[np.float64]) -> None:
    """Write ``word + term``, rounded as doubles are."""
    np.copyto(out, words)
    out += term

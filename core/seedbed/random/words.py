"""The random words behind a seed: Philox4x64-10, as in `numpy.random.Philox`, from any place in the stream.

Word *n* (of 64 bits) is output ``n % 4`` of the block cipher applied to the counter ``n // 4 + 1``.
"""

from __future__ import annotations

import sys
from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt

Words: TypeAlias = npt.NDArray[Any]
"""Random bits as uint32 or uint64, one number for each real value to be drawn."""

PER_COUNTER: Final = 4
# Taken at a time: the C library asks the system for larger arrays, and gives them back, each time.
_COUNTERS_AT_A_TIME: Final = 1 << 11
# The state of NumPy's generator besides its key and place: no words that it has made and not given. Tuples,
# since it takes the numbers out one by one, which costs it three times as much for arrays.
_EMPTY_BUFFER: Final[Any] = {
    "bit_generator": "Philox",
    "buffer": (0,) * PER_COUNTER,
    "buffer_pos": PER_COUNTER,
    "has_uint32": 0,
    "uinteger": 0,
}


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
        self.key = key
        self._halves = (key & 2**64 - 1, key >> 64)
        self._philox = np.random.Philox(0) if generator is None else generator

    def read(self, start: int, count: int, itemsize: int, out: Words | None = None) -> Words:
        """Return words `start` to ``start + count`` of a stream of words of `itemsize` bytes, 4 or 8.

        A word of 4 bytes is half of one of 8, the lower half first. They are written into `out`, if it is
        given, which has `count` elements.
        """
        per_counter = words_per_counter(itemsize)
        counter, skip = divmod(start, per_counter)
        # A new generator takes longer, and so does `advance`.
        place = {"counter": (counter, 0, 0, 0), "key": self._halves}
        state: Any = {**_EMPTY_BUFFER, "state": place}
        self._philox.state = state
        counters, most = -(-(skip + count) // per_counter), _COUNTERS_AT_A_TIME
        room: Words = np.empty(count, f"u{itemsize}") if out is None else out
        if counters <= most:
            room[:] = narrowed(self._philox.random_raw(counters * PER_COUNTER), itemsize)[skip : skip + count]
            return room
        end = 0
        for first in range(0, counters, most):
            words = narrowed(self._philox.random_raw(min(most, counters - first) * PER_COUNTER), itemsize)
            begin, end = end, min((first + most) * per_counter - skip, count)
            room[begin:end] = words[skip if not first else 0 :][: end - begin]
        return room


def words_per_counter(itemsize: int) -> int:
    """Return how many words of so many bytes a counter gives."""
    return PER_COUNTER * 8 // itemsize


def narrowed(words: npt.NDArray[np.uint64], itemsize: int) -> Words:
    """Return words of `itemsize` bytes in the machine's own byte order, the lower half of each first."""
    if itemsize == 8:
        return words
    if sys.byteorder == "little":
        return words.view(np.uint32)
    return words.astype("<u8").view("<u4").astype(np.uint32)


# A ufunc that converts as well works through a buffer. That takes longer than a conversion of its own, and
# where a thread has no memory for the buffer, NumPy 2.4 dies instead of raising a MemoryError.


def write_sum(words: npt.NDArray[Any], term: float, out: npt.NDArray[np.float64]) -> None:
    """Write ``word + term``, rounded as doubles are."""
    np.copyto(out, words)
    out += term

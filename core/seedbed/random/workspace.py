"""`Workspace`, arrays for one thread to work in, so that drawing a block allocates next to nothing."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from seedbed.random.tables import Float64s
from seedbed.random.words import Words
from seedbed.unforked import UNFORKED

_KEPT_IN_ALL: Final = 1 << 19  # real values: up to 16 MiB stay between draws, whatever the number of threads
_SMALLEST: Final = 1 << 12  # real values
APART: Final = 8
"""Elements between rows, since caches have few places for what is a power of 2 apart."""


class Workspace:
    """Arrays of at least `size` elements, and a generator of random words."""

    def __init__(self, size: int) -> None:
        self.size = size
        with UNFORKED:  # since NumPy imports its generators when they are first asked for
            self.generator = np.random.Philox(0)
        self._doubles = np.empty((2, size))
        self._index = np.empty(size, np.uint64)
        self._words = np.empty(0, np.uint64)  # half as many bytes are enough for words of 32 bits

    def doubles(self, which: int, size: int) -> Float64s:
        """Return the first `size` elements of one of two arrays."""
        return self._doubles[which, :size]

    def index(self, size: int) -> npt.NDArray[np.uint64]:
        """Return the first `size` elements of the array for indices."""
        return self._index[:size]

    def words(self, size: int, itemsize: int) -> Words:
        """Return room for so many words of `itemsize` bytes each."""
        if self._words.nbytes < size * itemsize:
            self._words = np.empty(-(-self.size * itemsize // 8), np.uint64)
        return self._words.view(f"u{itemsize}")[:size]

    def rows(self, size: int, itemsize: int) -> Words:
        """Return room for words among which others lie, in the memory of the array for indices."""
        return self._index.view(f"u{itemsize}")[:size]

    def rooms(self, number: int, size: int) -> npt.NDArray[np.uint64]:
        """Return so many rows of `size` elements each, in the memory of the doubles."""
        memory = self._doubles.view(np.uint64).reshape(-1)
        return memory[: number * (size + APART)].reshape(number, -1)[:, :size]

    def singles(self, size: int) -> npt.NDArray[np.float32]:
        """Return `size` numbers of single precision, in the memory of the array for indices."""
        return self._index.view(np.float32)[:size]


# Without a lock, which a forked process might never get: each operation on a list is atomic.
_kept: Final[list[Workspace]] = []


def borrow(size: int) -> Workspace:
    """Return a workspace of at least `size` elements that nobody else has until it is given back."""
    try:
        workspace = _kept.pop()
    except IndexError:
        return Workspace(max(size, _SMALLEST))
    return workspace if workspace.size >= size else Workspace(size)


def give_back(workspace: Workspace) -> None:
    """Keep a workspace for the next draw, unless enough are kept."""
    if workspace.size + sum(kept.size for kept in _kept) <= _KEPT_IN_ALL:
        _kept.append(workspace)

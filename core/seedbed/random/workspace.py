"""`Workspace`, arrays for one thread to work in, so that drawing a block allocates next to nothing."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import numpy as np
import numpy.typing as npt

from seedbed.random.tables import Float64s

_LARGEST_KEPT: Final = 1 << 17
"""Real values: up to 3 MiB stay with a thread between draws, so that small ones need not make them anew."""


class Workspace:
    """Arrays of at least `size` elements."""

    def __init__(self, size: int) -> None:
        self.size = size
        self._doubles = np.empty((2, size))
        self._index = np.empty(size, np.uint64)

    def doubles(self, which: int, size: int) -> Float64s:
        """Return the first `size` elements of one of two arrays."""
        return self._doubles[which, :size]

    def index(self, size: int) -> npt.NDArray[np.uint64]:
        """Return the first `size` elements of the array for indices."""
        return self._index[:size]

    def singles(self, size: int) -> npt.NDArray[np.float32]:
        """Return `size` numbers of single precision, in the memory of the array for indices."""
        return self._index.view(np.float32)[:size]


_kept = threading.local()


@contextmanager
def borrowed_workspace(size: int) -> Iterator[Workspace]:
    """Give a workspace of at least `size` elements to nobody else until the block ends."""
    workspace: Workspace | None = getattr(_kept, "workspace", None)
    _kept.workspace = None  # a law that draws on its own account gets another
    if workspace is None or workspace.size < size:
        workspace = Workspace(size)
    try:
        yield workspace
    finally:
        if workspace.size <= _LARGEST_KEPT:
            _kept.workspace = workspace

"""Copying into memory that has the axes in another order."""

from __future__ import annotations

from typing import Any, Final

import numpy.typing as npt

_LINE: Final = 64  # bytes that processors write at a time
_BAND: Final = 1 << 14  # elements from which on a NumPy operation costs little to start


def copy_into(out: npt.NDArray[Any], values: npt.NDArray[Any]) -> None:
    """Copy into an array of any strides, whose memory may have the axes in another order.

    In a transposed matrix a line of memory holds a column's elements, from several rows. Taking as many rows
    at a time writes each line once, while it is in the cache.
    """
    if out.ndim != 2 or out.strides[0] >= out.strides[1]:
        out[...] = values
        return
    rows = max(_LINE // out.itemsize, _BAND // max(1, out.shape[1]))
    for first in range(0, out.shape[0], rows):
        out[first : first + rows] = values[first : first + rows]

"""`log`, `exp` and `power` by the compiled module, for `seedbed.random`."""

from __future__ import annotations

import functools
from typing import Final

import numpy as np
import numpy.typing as npt

from seedbed.random import tables
from seedbed_native import _native

FUNCTIONS: Final = {"log": 0, "exp": 1, "power": 2}


def elementary(name: str, arguments: list[npt.NDArray[np.float64]], out: npt.NDArray[np.float64]) -> None:
    """Write a function's values at doubles that lie in a row in memory, one array or two, into `out`."""
    x, y = arguments if len(arguments) > 1 else (arguments[0], _NOTHING)
    _native.elementary(FUNCTIONS[name], x, y, out, *_rows())


_NOTHING: Final = np.empty(0)


@functools.cache
def _rows() -> tuple[npt.NDArray[np.float64], ...]:
    return tuple(np.ascontiguousarray(table.T).reshape(-1) for table in (tables().log, tables().exp))

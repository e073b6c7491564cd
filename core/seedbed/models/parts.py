"""`Parts`, of weights that are divided over devices: each part drawn alone, and once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from seedbed.models.values import Values
from seedbed.shapes import Shape

Memory: TypeAlias = Callable[[Shape, np.dtype[Any]], npt.NDArray[Any]]


class Parts:
    """The parts of a weight, each of which is drawn once, though several devices hold it.

    What cannot be drawn in parts is drawn once as a whole, and copied from there. All is kept as long as this
    is, so drop it when the devices have what they need.

    Parameters
    ----------
    values
        Those of the whole weight.
    memory
        Makes an array for a part, of a shape and a dtype, such as in memory that a framework need not copy.

    Examples
    --------
    >>> import numpy as np, seedbed
    >>> ones = Values.of(seedbed.get("ones"), (4, 3), np.dtype("float32"))
    >>> Parts(ones)((slice(0, 2), slice(None))).shape
    (2, 3)
    """

    def __init__(self, values: Values, *, memory: Memory = np.empty) -> None:
        self._values, self._memory = values, memory
        self._whole = tuple((0, size) for size in values.shape)
        self._made: dict[tuple[tuple[int, int], ...], npt.NDArray[Any]] = {}

    def __call__(self, index: Any) -> npt.NDArray[Any]:
        """Return the part at an index of slices, one for each axis, as an array of its own memory."""
        runs = zip(index, self._values.shape, strict=True)
        return self._between(tuple(run.indices(size)[:2] for run, size in runs))

    def _between(self, ends: tuple[tuple[int, int], ...]) -> npt.NDArray[Any]:
        if ends not in self._made:
            self._made[ends] = self._drawn(ends)
        return self._made[ends]

    def _drawn(self, ends: tuple[tuple[int, int], ...]) -> npt.NDArray[Any]:
        out = self._memory(tuple(last - first for first, last in ends), self._values.dtype)
        if ends == self._whole or self._values.is_divisible:
            self._values.fill(out, tuple(first for first, _ in ends))
        else:
            # No view, which would keep the whole as long as its part.
            out[...] = self._between(self._whole)[tuple(slice(*run) for run in ends)]
        return out

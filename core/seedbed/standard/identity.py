"""The identity matrix."""

from __future__ import annotations

from typing import Any, ClassVar, final

import numpy as np
import numpy.typing as npt

from seedbed.arguments import finite
from seedbed.dtypes import ALL, DTypeLike, as_dtype, rounded_finite
from seedbed.errors import DTypeError, ShapeError
from seedbed.initializer import Initializer, Reproducibility
from seedbed.shapes import (
    BasicIndex,
    Shape,
    ShapeLike,
    as_shape,
    check_array,
    check_index,
    full_index,
    gives_scalar,
)


@final
class Identity(Initializer):
    """The identity matrix times a gain.

    The shape has exactly 2 axes, of any length. A matrix that is not square has the gain at (0, 0), (1, 1)
    and so on, as far as its shorter axis goes, and 0 elsewhere.

    Parameters
    ----------
    gain
        The value of the diagonal, finite.

    Raises
    ------
    ArgumentError
        If `gain` is not a finite number.

    Notes
    -----
    ``w[i, j] = gain`` where ``i = j``, and 0 elsewhere.

    Every dtype is allowed that has the gain: an integer dtype or bool must hold it exactly, a floating or
    complex one rounds it once.

    Peers
    -----
    Keras, TensorFlow : Identity
        Keras 3 does not save its gain.
    PyTorch : eye_
        Without a gain.

    Examples
    --------
    >>> Identity(gain=2)((2, 3), "int8")
    array([[2, 0, 0],
           [0, 2, 0]], dtype=int8)

    References
    ----------
    Le, Jaitly and Hinton, "A simple way to initialize recurrent networks of rectified linear units", 2015,
    https://arxiv.org/abs/1504.00941.
    """

    reproducibility: ClassVar[Reproducibility] = "exact"

    dtypes = ALL

    def __init__(self, gain: float = 1.0) -> None:
        self.gain = finite("gain", gain)

    def __call__(self, shape: ShapeLike, dtype: DTypeLike | None = None) -> npt.NDArray[Any]:
        """Return the matrix of `shape`.

        Raises
        ------
        ShapeError
            If `shape` has not exactly 2 axes.
        DTypeError
            If `dtype` does not have the gain.
        """
        matrix = np.zeros(_matrix_shape(as_shape(shape)), dtype)
        np.fill_diagonal(matrix, self._gain_in(matrix.dtype))
        return matrix

    def shard(self, shape: ShapeLike, index: BasicIndex, dtype: DTypeLike | None = None) -> npt.NDArray[Any]:
        """Return ``self(shape, dtype)[index]``, having made no more than that part."""
        whole, dtype = _matrix_shape(as_shape(shape)), as_dtype(dtype)
        part, gain = check_index(whole, index), self._gain_in(dtype)
        check_array(part, dtype)
        if 0 in part:  # an axis of any length would be walked for nothing
            return np.empty(part, dtype)
        rows, columns = map(_positions, whole, full_index(index, 2))
        diagonal = np.equal.outer(rows, columns)
        matrix = np.zeros(part, dtype)
        matrix[diagonal] = gain
        return matrix[()] if gives_scalar(part, index) else matrix

    def _gain_in(self, dtype: np.dtype[Any]) -> npt.NDArray[Any]:
        if dtype.kind in "biu":
            lowest, highest = (0, 1) if dtype.kind == "b" else (np.iinfo(dtype).min, np.iinfo(dtype).max)
            if self.gain != int(self.gain) or not lowest <= self.gain <= highest:
                raise DTypeError(
                    f"dtype {dtype.name!r} cannot hold gain {self.gain!r} exactly; "
                    "choose a floating dtype, or an integer that fits as the gain"
                )
            return np.array(int(self.gain), dtype)
        gain: npt.NDArray[Any] = rounded_finite("gain", self.gain, dtype)
        return gain


def _matrix_shape(shape: Shape) -> tuple[int, int]:
    if len(shape) != 2:
        raise ShapeError(
            f"an identity matrix has exactly 2 axes, got shape {shape}; "
            "ask for (rows, columns), and repeat or reshape that for other axes"
        )
    rows, columns = shape
    return rows, columns


def _positions(length: int, part: int | slice) -> npt.NDArray[np.int64]:
    """Return the indices of an axis that `part` takes; of no axes if it takes just one."""
    taken = range(length)[part]
    if isinstance(taken, range):
        return np.arange(taken.start, taken.stop, taken.step, dtype=np.int64)
    return np.array(taken, np.int64)

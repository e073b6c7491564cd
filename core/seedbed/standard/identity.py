"""The identity matrix."""

from __future__ import annotations

from typing import Any, ClassVar, final

import numpy as np
import numpy.typing as npt

from seedbed.arguments import finite
from seedbed.divisible import Divisible
from seedbed.dtypes import ALL, rounded_finite
from seedbed.errors import DTypeError, ShapeError
from seedbed.initializer import Reproducibility
from seedbed.shapes import Shape
from seedbed.shard import Part, Write, positions, whole


@final
class Identity(Divisible):
    """The identity matrix times a gain.

    The shape has exactly 2 axes, of any length. If a matrix is not square, it has the gain at (0, 0), (1, 1)
    and so on along its shorter axis, and 0 elsewhere.

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

    Every dtype that holds the gain is allowed. An integer dtype or bool must hold it exactly; a floating or
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

    def _writer(self, shape: Shape, dtype: np.dtype[Any]) -> Write:
        _check_matrix(shape)
        gain = self._gain_in(dtype)

        def write(out: npt.NDArray[Any], part: Part) -> None:
            out[...] = 0
            if part == whole(shape):
                np.fill_diagonal(out, gain)
            elif out.size:  # otherwise an axis of any length would be visited for nothing
                out[np.equal.outer(*map(positions, part))] = gain

        return write

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


def _check_matrix(shape: Shape) -> None:
    if len(shape) != 2:
        raise ShapeError(
            f"an identity matrix has exactly 2 axes, got shape {shape}; "
            "ask for (rows, columns), and repeat or reshape that for other axes"
        )

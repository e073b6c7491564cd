"""Orthogonal matrices whose columns may lie along any axis, and those at the centre of a convolution."""

from __future__ import annotations

from operator import index
from typing import Any, ClassVar, Final, Literal, final

import numpy as np
import numpy.typing as npt

from seedbed import Initializer
from seedbed.dtypes import as_dtype
from seedbed.errors import ArgumentError, ShapeError
from seedbed.random import SeedLike
from seedbed.shapes import as_shape, check_index
from seedbed.standard import Orthogonal

_MOST_AXES: Final = 64
"""As many axes as any NumPy gives an array."""


@final
class JaxOrthogonal(Initializer):
    """A uniformly distributed matrix with orthonormal rows or columns, along any axis, times a gain.

    The shape needs at least 2 axes. `column_axis` is the columns, the others together are the rows.

    Parameters
    ----------
    gain
        A factor for the whole matrix, finite, of either sign.
    seed
        ``None``, an int, a string, or a list of those.
    column_axis
        An int; negative ones count from the end.

    Raises
    ------
    ArgumentError
        If an argument is out of range.

    Notes
    -----
    ``W^H W = gain^2 I``, or ``W W^H`` where W is wide, for the matrix W whose columns lie along
    `column_axis` and whose rows are all other axes. It is the array of Seedbed's ``orthogonal``, of the shape
    with the columns last, whose last axis is moved. One seed gives the same matrix everywhere up to rounding.

    Peers
    -----
    JAX : orthogonal

    References
    ----------
    Saxe, McClelland and Ganguli (2014), Exact solutions to the nonlinear dynamics of learning in deep linear
    neural networks, arXiv:1312.6120.

    Examples
    --------
    >>> weights = JaxOrthogonal(seed=7, column_axis=0)((64, 256))
    >>> bool(np.allclose(weights @ weights.T, np.eye(64), atol=1e-5))
    True
    """

    reproducibility: ClassVar[Literal["numerical"]] = "numerical"

    def __init__(self, gain: float = 1.0, seed: SeedLike = None, *, column_axis: int = -1) -> None:
        whole = Orthogonal(gain, seed)
        self.gain, self.seed = whole.gain, whole.seed
        self.column_axis = _as_axis(column_axis, _MOST_AXES)

    def __call__(self, shape: Any, dtype: Any = None) -> npt.NDArray[Any]:
        """Return an array of a floating or complex dtype.

        Raises
        ------
        ShapeError
            If `shape` has fewer than 2 axes, or lacks `column_axis`.
        """
        columns_last = self._columns_last(shape)
        whole = Orthogonal(self.gain, self.seed)(columns_last, dtype)
        return np.moveaxis(whole, -1, self.column_axis)

    def check(self, shape: Any, dtype: Any = None) -> None:
        """Raise what a call with these arguments would raise, and draw nothing."""
        Orthogonal(self.gain).check(self._columns_last(shape), dtype)

    def shard(self, shape: Any, index: Any, dtype: Any = None, *, out: Any = None) -> npt.NDArray[Any]:
        """Return ``self(shape, dtype)[index]``, bit for bit; a part with no elements costs nothing."""
        sizes = as_shape(shape)
        self.check(sizes, dtype)
        part = check_index(sizes, index)
        if 0 in part and out is None:
            return np.empty(part, as_dtype(dtype))
        return super().shard(sizes, index, dtype, out=out)

    def expected_mean(self, shape: tuple[int, ...]) -> float:
        """Return 0, the mean for every shape."""
        return Orthogonal(self.gain).expected_mean(self._columns_last(shape))

    def expected_stddev(self, shape: tuple[int, ...]) -> float:
        """Return the standard deviation of an entry, the gain over the root of the longer side."""
        return Orthogonal(self.gain).expected_stddev(self._columns_last(shape))

    def _columns_last(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        axis = self.column_axis
        if not -len(shape) <= axis < len(shape):
            raise ShapeError(
                f"got shape {shape}, which has no axis {axis} for the columns; "
                "give another column_axis, or ask for more axes"
            )
        axis %= len(shape)
        return (*shape[:axis], *shape[axis + 1 :], shape[axis])


@final
class DeltaOrthogonal(Initializer):
    """A convolution whose kernel is an orthogonal matrix at its centre, and 0 elsewhere.

    The shape is (..., in, out) with 1, 2 or 3 axes of receptive field in front, and ``in <= out``. With such
    a kernel a convolution keeps the norm of its input, in every direction and at every place but the border.

    Parameters
    ----------
    gain
        A factor for the whole kernel, finite, of either sign.
    seed
        ``None``, an int, a string, or a list of those.
    column_axis
        Which axis of the matrix (in, out) is the columns: -1 or 1 for `out`, -2 or 0 for `in`. It makes
        another matrix, orthonormal along the same axis.

    Raises
    ------
    ArgumentError
        If an argument is out of range.

    Notes
    -----
    ``w[c] = gain * Q`` and 0 elsewhere, where the centre ``c`` of an axis of length k is ``(k - 1) // 2`` and
    Q the matrix of ``jax_orthogonal``, of shape (in, out). Its rows are orthonormal. One seed gives the same
    kernel everywhere up to rounding.

    Peers
    -----
    JAX : delta_orthogonal

    References
    ----------
    Xiao, Bahri, Sohl-Dickstein, Schoenholz and Pennington (2018), Dynamical isometry and a mean field theory
    of CNNs, arXiv:1806.05393.

    Examples
    --------
    >>> kernel = DeltaOrthogonal(seed=7)((3, 3, 16, 32))
    >>> bool(np.allclose(kernel[1, 1] @ kernel[1, 1].T, np.eye(16), atol=1e-5))
    True
    >>> np.argwhere(kernel.any(axis=(2, 3))).tolist()
    [[1, 1]]
    """

    reproducibility: ClassVar[Literal["numerical"]] = "numerical"

    def __init__(self, gain: float = 1.0, seed: SeedLike = None, *, column_axis: int = -1) -> None:
        whole = Orthogonal(gain, seed)
        self.gain, self.seed = whole.gain, whole.seed
        self.column_axis = _as_axis(column_axis, 2)

    def __call__(self, shape: Any, dtype: Any = None) -> npt.NDArray[Any]:
        """Return an array of a floating or complex dtype.

        Raises
        ------
        ShapeError
            If `shape` has not 3, 4 or 5 axes, or more inputs than outputs.
        """
        _check_kernel(shape)
        matrix = JaxOrthogonal(self.gain, self.seed, column_axis=self.column_axis)(shape[-2:], dtype)
        kernel = np.zeros(shape, dtype)
        if kernel.size:
            kernel[tuple((size - 1) // 2 for size in shape[:-2])] = matrix
        return kernel

    def check(self, shape: Any, dtype: Any = None) -> None:
        """Raise what a call with these arguments would raise, and draw nothing."""
        _check_kernel(shape)
        Orthogonal(self.gain).check(shape[-2:], dtype)

    def shard(self, shape: Any, index: Any, dtype: Any = None, *, out: Any = None) -> npt.NDArray[Any]:
        """Return ``self(shape, dtype)[index]``, bit for bit; a part with no elements costs nothing."""
        sizes = as_shape(shape)
        self.check(sizes, dtype)
        part = check_index(sizes, index)
        if 0 in part and out is None:
            return np.empty(part, as_dtype(dtype))
        return super().shard(sizes, index, dtype, out=out)


def _check_kernel(shape: tuple[int, ...]) -> None:
    if len(shape) not in (3, 4, 5):
        raise ShapeError(
            f"got shape {shape} of {len(shape)} axes; a delta-orthogonal kernel has 3, 4 or 5: 1, 2 or 3 "
            "of receptive field, then in and out"
        )
    if shape[-1] < shape[-2]:
        raise ShapeError(
            f"got shape {shape} with {shape[-2]} inputs and {shape[-1]} outputs; a delta-orthogonal "
            "kernel needs at least as many outputs as inputs, so ask for more outputs or use 'orthogonal'"
        )


def _as_axis(column_axis: object, axes: int) -> int:
    try:
        axis = None if isinstance(column_axis, bool) else index(column_axis)  # type: ignore[arg-type]
    except TypeError:
        axis = None
    if axis is None or not -axes <= axis < axes:
        raise ArgumentError(f"column_axis must be an int from {-axes} to {axes - 1}, got {column_axis!r}")
    return axis

"""Orthogonal and unitary matrices, uniformly distributed."""

from __future__ import annotations

import math
from typing import Any, ClassVar, Final, final

import numpy as np
import numpy.typing as npt

from seedbed.arguments import finite
from seedbed.dtypes import DTypeLike, compute_dtype, rounded_finite
from seedbed.errors import ShapeError
from seedbed.initializer import Reproducibility
from seedbed.random import Normal, SeedLike, draw
from seedbed.seeded import Seeded
from seedbed.shapes import BasicIndex, Shape, ShapeLike, as_shape, check_array, check_index
from seedbed.standard._householder import normals_needed, orthonormal_columns
from seedbed.validation import as_declared, check_room, given, of_room

# No entry of a matrix whose orthonormality is off by less than 1e-5 is larger.
_HEADROOM: Final = 1 + 2.0**-16


@final
class Orthogonal(Seeded):
    """A uniformly distributed matrix with orthonormal rows or columns, times a gain.

    The shape needs at least 2 axes. The last axis is the columns, and the others together are the rows. With
    no more columns than rows the columns are orthonormal, otherwise the rows are. A square matrix is
    Haar-distributed on the orthogonal group O(n). Any other one is uniform on its Stiefel manifold. Axes may
    have length 0.

    Parameters
    ----------
    gain
        A factor for the whole matrix, finite, positive or negative.
    seed
        ``None``, an int, a string, or a list of those.

    Raises
    ------
    ArgumentError
        If `gain` is not a finite number, or `seed` is not a seed.

    Notes
    -----
    Floating and complex dtypes are allowed; complex matrices are unitary. float16 and bfloat16 are computed
    in float32 and rounded once. A wide matrix is the conjugate transpose of the tall one of the same seed.

    The result is the Q of the decomposition ``A = Q R`` of a matrix of independent standard normal values,
    where R has a positive diagonal. Q is a product of Householder reflectors (Stewart). Each is made from its
    own normal vector: one of length n, one of length n - 1, and so on. They are multiplied in blocks
    (Schreiber and Van Loan), ``H_1 ... H_k = I - V T V^H``. The positive diagonal fixes the signs; without
    it, Q would not be uniform (Mezzadri).

    One seed gives the same matrix everywhere up to rounding, which depends on the machine's matrix
    multiplication.

    Peers
    -----
    Keras, TensorFlow : Orthogonal
    JAX : orthogonal
    PyTorch : orthogonal_
        The first axis is the rows, and the others together are the columns.
    Chainer : Orthogonal
        ``gain=1.1`` by default.
    MXNet : Orthogonal
        By default made from uniform noise, so not uniformly distributed; ``gain=1.414`` by default.

    Examples
    --------
    >>> weights = Orthogonal(seed=7)((3, 3, 16, 64))
    >>> columns = weights.reshape(-1, 64)
    >>> bool(np.allclose(columns.T @ columns, np.eye(64), atol=1e-5))
    True

    References
    ----------
    Saxe, McClelland and Ganguli, "Exact solutions to the nonlinear dynamics of learning in deep linear
    neural networks", ICLR 2014, https://arxiv.org/abs/1312.6120.

    Stewart, "The efficient generation of random orthogonal matrices with an application to condition
    estimators", SIAM J. Numer. Anal. 17(3), 1980.

    Schreiber and Van Loan, "A storage-efficient WY representation for products of Householder
    transformations", SIAM J. Sci. Stat. Comput. 10(1), 1989.

    Mezzadri, "How to generate random matrices from the classical compact groups", Notices of the AMS 54(5),
    2007, https://arxiv.org/abs/math-ph/0609050.
    """

    reproducibility: ClassVar[Reproducibility] = "numerical"

    def __init__(self, gain: float = 1.0, seed: SeedLike = None) -> None:
        super().__init__(seed=seed)
        self.gain = finite("gain", gain)

    def __call__(self, shape: ShapeLike, dtype: DTypeLike | None = None) -> npt.NDArray[Any]:
        """Return an orthogonal matrix of a floating or complex dtype, reshaped to `shape`.

        Raises
        ------
        ShapeError
            If `shape` has fewer than 2 axes.
        DTypeError
            If `dtype` is an integer dtype or bool, or too narrow for the gain.
        """
        shape, dtype = given(shape, dtype)
        self._check(shape, dtype)
        if 0 in shape:  # the dtype of the computation may have no such array
            return np.empty(shape, dtype)
        rows, columns = _matrix_shape(shape)
        work = compute_dtype(dtype)
        matrix = np.empty((rows, columns), work)
        wide = rows < columns
        tall = matrix.T if wide else matrix
        distribution = Normal(0.0, 1.0, is_complex=work.kind == "c")
        normals = draw(distribution, self.seed, (normals_needed(*tall.shape),), work)
        with np.errstate(all="ignore"):  # tiny numbers may become zero, whatever the program says of others
            orthonormal_columns(normals, tall)
            if wide and work.kind == "c":
                np.conjugate(matrix, out=matrix)
            if self.gain != 1:
                matrix *= float(self.gain)
            return matrix.astype(dtype, copy=False).reshape(shape)

    def check(self, shape: ShapeLike, dtype: DTypeLike | None = None) -> None:
        """Raise what a call with these arguments would raise, and draw nothing."""
        self._check(*given(shape, dtype))

    def shard(
        self,
        shape: ShapeLike,
        index: BasicIndex,
        dtype: DTypeLike | None = None,
        *,
        out: npt.NDArray[Any] | None = None,
    ) -> npt.NDArray[Any]:
        """Return ``self(shape, dtype)[index]``, bit for bit; a part without elements costs nothing.

        Raises
        ------
        ShardIndexError
            If `index` is not a basic index, or lies outside `shape`.
        """
        shape, dtype = as_shape(shape), as_declared(self, of_room(dtype, out))
        self._check(shape, dtype)
        part = check_index(shape, index)
        check_array(part, dtype)
        if 0 not in part:
            return super().shard(shape, index, dtype, out=out)
        if out is None:
            return np.empty(part, dtype)
        check_room(out, part, dtype)
        return out

    def expected_mean(self, shape: Shape) -> float:  # noqa: ARG002 - the same for all shapes
        """Return 0, the mean for every shape."""
        return 0.0

    def expected_stddev(self, shape: Shape) -> float:
        """Return the standard deviation of an entry, the gain over the root of the longer side."""
        return abs(float(self.gain)) / math.sqrt(max(1, *_matrix_shape(shape)))

    def _check(self, shape: Shape, dtype: np.dtype[Any]) -> None:
        _matrix_shape(shape)
        rounded_finite("gain", self.gain, dtype, headroom=_HEADROOM)


def _matrix_shape(shape: Shape) -> tuple[int, int]:
    if len(shape) < 2:
        raise ShapeError(
            f"an orthogonal matrix needs at least 2 axes, got shape {shape}; "
            "initialize a vector or a scalar with another initializer, or pass (1, n) for a random direction"
        )
    return math.prod(shape[:-1]), shape[-1]

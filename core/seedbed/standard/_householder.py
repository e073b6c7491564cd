"""The Q of a Gaussian matrix's QR decomposition, without the matrix and without the decomposition.

Householder's method reduces column j of an n x p Gaussian matrix by a reflector that depends only on the
column's last n - j entries. Reflectors fixed by earlier columns leave those entries Gaussian and independent
of everything before, so they can be drawn directly: all of R except its diagonal's signs is never needed.
"""

from __future__ import annotations

from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt

Matrix: TypeAlias = npt.NDArray[Any]

_SMALL_BLOCK: Final = 128
# Reflectors applied together. Narrow blocks pass over the matrix more often, and wide ones spend more time on
# T. As measured, the small size is faster up to about 1000 columns (by a third at 512), and the large one
# beyond (by a fifth at 4096).
_LARGE_BLOCK: Final = 256
# Elements of a product that is subtracted at a time. They stay in the cache; a whole product would not.
_SCRATCH: Final = 1 << 19


def normals_needed(rows: int, columns: int) -> int:
    """Return how many normal values `orthonormal_columns` takes: vectors of length rows, rows - 1, ..."""
    return rows * columns - columns * (columns - 1) // 2


def orthonormal_columns(normals: Matrix, out: Matrix) -> None:
    """Write orthonormal columns, Haar-distributed if `normals` are standard normal, to `out`.

    Parameters
    ----------
    normals
        `normals_needed` values, real or circular complex, of the dtype of `out`: vector 0, vector 1, ...
    out
        A matrix with no more columns than rows, in either memory order.
    """
    rows, columns = out.shape
    width = _LARGE_BLOCK if columns >= 8 * _SMALL_BLOCK else _SMALL_BLOCK
    # Backwards, because the product of the later reflectors is the identity in the earlier rows and columns.
    for start in reversed(range(0, columns, width)):
        stop = min(start + width, columns)
        vectors, signs = _reflectors(normals, rows, start, stop)
        out[start:stop, start:] = 0
        out[stop:, start:stop] = 0
        np.fill_diagonal(out[start:stop, start:stop], signs)
        _apply(vectors, out[start:, start:])


def _reflectors(normals: Matrix, rows: int, start: int, stop: int) -> tuple[Matrix, Matrix]:
    """Return the vectors v of the reflectors from `start` to `stop`, as rows, and the signs of their columns.

    For x = (x_0, ...), ``v = x + s |x| e_0`` with the sign (or phase) s of x_0, so that nothing cancels;
    the reflector maps x to -s |x| e_0, and the factor -s makes that diagonal entry of R positive.
    """
    vectors = np.zeros((stop - start, rows - start), normals.dtype)
    begin = normals_needed(rows, start)
    for i in range(stop - start):
        end = begin + rows - start - i
        vectors[i, i:] = normals[begin:end]
        begin = end
    lead = vectors.diagonal()
    length = np.sqrt(np.einsum("ij,ij->i", vectors, vectors.conj()).real)
    length[length == 0] = 1  # an all-zero vector, however unlikely, then reflects e_0
    size = abs(lead)
    sign = np.divide(lead, size, out=np.ones_like(lead), where=size > 0)
    np.fill_diagonal(vectors, lead + sign * length)
    return vectors, -sign


def _apply(vectors: Matrix, target: Matrix) -> None:
    """Multiply `target` from the left, in place, by the product I - V T V^H of the reflectors in `vectors`.

    The first k columns of `target` are diagonal, and its first k rows zero beyond them, for k reflectors.
    """
    count = len(vectors)
    adjoint = vectors.conj() if vectors.dtype.kind == "c" else vectors
    product = np.empty((count, target.shape[1]), target.dtype)
    np.multiply(adjoint[:, :count], target.diagonal()[:count], out=product[:, :count])
    np.matmul(adjoint[:, count:], target[count:, count:], out=product[:, count:])
    product = _triangular_factor(adjoint @ vectors.T) @ product
    _subtract_product(target, vectors.T, product)


def _subtract_product(target: Matrix, left: Matrix, right: Matrix) -> None:
    """Subtract ``left @ right`` from `target` in place."""
    if abs(target.strides[0]) < abs(target.strides[1]):  # the rows must be contiguous
        target, left, right = target.T, right.T, left.T
    step = max(_SMALL_BLOCK, _SCRATCH // target.shape[1])
    for first in range(0, len(target), step):
        target[first : first + step] -= left[first : first + step] @ right


def _triangular_factor(gram: Matrix) -> Matrix:
    """Return T for the matrix V^H V of inner products.

    I - V T V^H is unitary only if ``T^-1 + T^-H = V^H V``, and T is upper triangular; so T^-1 is the upper
    triangle of V^H V with half its diagonal. The inverse of a triangular matrix is built up from that of its
    diagonal blocks, all blocks of one size at once:

        [A B]^-1   [A^-1  -A^-1 B C^-1]
        [0 C]    = [0             C^-1]
    """
    count = len(gram)
    padded = 1 << (count - 1).bit_length()
    upper = np.zeros((padded, padded), gram.dtype)
    upper[:count, :count] = gram
    inverse = np.zeros_like(upper)
    np.fill_diagonal(inverse[:count, :count], 2 / gram.diagonal().real)
    size = 1
    while size < count:
        pairs = padded // (2 * size)
        pair = np.arange(pairs)
        split = (pairs, 2, size, pairs, 2, size)
        blocks = inverse.reshape(split)
        first, second = blocks[pair, 0, :, pair, 0, :], blocks[pair, 1, :, pair, 1, :]
        between = upper.reshape(split)[pair, 0, :, pair, 1, :]
        blocks[pair, 0, :, pair, 1, :] = -(first @ between @ second)
        size *= 2
    return inverse[:count, :count]

"""Normal weights most of which are zero."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, ClassVar, Final, final

import numpy as np
import numpy.typing as npt

import seedbed
from seedbed.dtypes import COMPLEX, FLOATING, as_dtype
from seedbed.errors import ArgumentError, ShapeError
from seedbed.fans import AxesLike, axes_config
from seedbed.random import Normal, Seed, SeedLike, Uniform, as_seed, draw
from seedbed_torch_entries.roles import Roles, roles_of

_AT_A_TIME: Final = 1 << 19
"""Numbers by which zeros are chosen, 4 MiB."""


@final
class TorchSparse(seedbed.Initializer):
    """Normal values, of which each input has a fraction set to zero.

    Exactly ``ceil(sparsity * outputs)`` weights of each input are zero, and every choice of them is as likely
    as any other.

    Parameters
    ----------
    sparsity
        The fraction of zeros, from 0 to 1.
    stddev
        The standard deviation of the other values, finite and at least 0.
    axes
        Which axis is inputs and which outputs: a preset's name or explicit roles, as in `seedbed.fans`.
        ``None``: inputs first. PyTorch's own layout is ``"dense_oi"``.
    seed
        ``None``, an int, a string, or a list of those.

    Raises
    ------
    ArgumentError
        If an argument is out of range.

    Notes
    -----
    ``w[i, o] = 0`` for those `o` whose uniform numbers ``u[i, o]`` are the smallest ``ceil(sparsity *
    outputs)`` of input `i`, and a normal value elsewhere. The shape has exactly 2 axes.

    Peers
    -----
    PyTorch : sparse_
        With ``axes="dense_oi"``. Its zeros ignore the generator it is given.
    Lasagne : Sparse
        Its `sparsity` is the fraction that is not zero.

    Examples
    --------
    >>> weights = TorchSparse(0.75, seed=7)((3, 8))
    >>> (weights == 0).sum(axis=1).tolist()
    [6, 6, 6]

    References
    ----------
    Martens (2010), Deep learning via Hessian-free optimization.
    """

    reproducibility: ClassVar[Any] = "exact"

    example_arguments: ClassVar[Any] = ({"sparsity": 0.75},)

    seed: Seed

    def __init__(
        self, sparsity: float, stddev: float = 0.01, *, axes: AxesLike = None, seed: SeedLike = None
    ) -> None:
        if isinstance(sparsity, bool) or not 0 <= sparsity <= 1:
            raise ArgumentError(f"sparsity must be a number from 0 to 1, got {sparsity!r}")
        if isinstance(stddev, bool) or not 0 <= stddev < math.inf:
            raise ArgumentError(f"stddev must be a finite number of at least 0, got {stddev!r}")
        self.sparsity = sparsity
        self.stddev = stddev
        self._axes = axes_config(axes)
        self.seed = as_seed(seed)

    @property
    def axes(self) -> Any:
        """What was given as `axes`, as JSON data that is the caller's own."""
        return axes_config(self._axes)

    def __call__(self, shape: Any, dtype: Any = None) -> npt.NDArray[Any]:
        """Return the weights.

        Raises
        ------
        ShapeError
            If `shape` has not exactly 2 axes, one of inputs and one of outputs.
        DTypeError
            If `dtype` is neither floating nor complex.
        """
        roles, kind, distribution = self._checked(shape, dtype)
        inputs, outputs = roles.inputs, roles.outputs
        weights = draw(distribution, self.seed, shape, kind)
        by_input = np.moveaxis(weights, inputs, 0)
        for lines, zeros in self._zeros(shape[inputs], shape[outputs]):
            np.put_along_axis(by_input[lines], zeros, 0, axis=1)
        return weights

    def check(self, shape: Any, dtype: Any = None) -> None:
        """Refuse a shape or dtype as a call would, at no cost; a part is cut from the whole, and costs more.

        Raises
        ------
        ShapeError, DTypeError
            As a call.
        """
        _, kind, distribution = self._checked(shape, dtype)
        draw(distribution, None, (0,), kind)  # refuses a dtype that is too narrow

    def _checked(self, shape: tuple[int, ...], dtype: Any) -> tuple[Roles, np.dtype[Any], Normal]:
        if len(shape) != 2:
            raise ShapeError(f"got shape {shape}; sparse weights have exactly 2 axes, inputs and outputs")
        kind = as_dtype(dtype, FLOATING + COMPLEX)
        return roles_of(shape, self.axes), kind, Normal(0.0, self.stddev, is_complex=kind.kind == "c")

    def _zeros(self, inputs: int, outputs: int) -> Iterator[tuple[slice, npt.NDArray[np.intp]]]:
        """Yield which outputs are zero, for some inputs at a time."""
        count = math.ceil(self.sparsity * outputs)
        step = max(1, _AT_A_TIME // max(1, outputs))
        for first in range(0, inputs, step):
            lines = slice(first, min(first + step, inputs))
            numbers = draw(
                Uniform(0.0, 1.0), self._stream(), (inputs, outputs), np.dtype("float64"), index=(lines, ...)
            )
            # Stable, so that numbers which are equal, however rare, have one order everywhere.
            yield lines, np.argsort(numbers, axis=1, kind="stable")[:, :count]

    def _stream(self) -> Seed:
        """Return the seed of the choice of zeros, which is independent of the values."""
        if self.seed is None:
            return None
        parts = self.seed if isinstance(self.seed, tuple) else (self.seed,)
        return (*parts, "zeros")

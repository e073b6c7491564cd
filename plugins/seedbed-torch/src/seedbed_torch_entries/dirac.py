"""Convolutions that hand their input on unchanged."""

from __future__ import annotations

from typing import Any, ClassVar, final

import numpy as np
import numpy.typing as npt

import seedbed
from seedbed.fans import AxesLike, axes_config
from seedbed_torch_entries.roles import roles_of


@final
class TorchDirac(seedbed.Initializer):
    """Ones that make a convolution hand its input on, and zeros (Dirac).

    Each output channel takes the centre of the input channel of the same number. With groups this holds
    within each group. Output channels for which there is no input channel are zero.

    Parameters
    ----------
    axes
        Which axes are inputs and outputs, and how many groups there are: a preset's name or explicit roles,
        as in `seedbed.fans`. ``None``: the last axis but one is inputs, the last is outputs, the others are
        space. PyTorch's own layout is ``"conv_oihw"``.

    Raises
    ------
    ArgumentError
        If `axes` is nothing that `seedbed.fans.as_axes` reads.

    Notes
    -----
    ``w[k, i, o] = 1`` where ``k = size // 2`` on every axis of space and ``i = o mod (outputs / groups)``;
    0 elsewhere. Every dtype is allowed.

    Peers
    -----
    PyTorch : dirac_
        With ``axes={"preset": "conv_oihw", "groups": groups}``.

    Examples
    --------
    >>> TorchDirac()((3, 1, 2), "int8").tolist()
    [[[0, 0]], [[1, 0]], [[0, 0]]]

    References
    ----------
    Zagoruyko and Komodakis (2017), DiracNets, arXiv:1706.00388.
    """

    reproducibility: ClassVar[Any] = "exact"

    def __init__(self, *, axes: AxesLike = None) -> None:
        self._axes = axes_config(axes)

    @property
    def axes(self) -> Any:
        """What was given as `axes`, as JSON data that is the caller's own."""
        return axes_config(self._axes)

    def __call__(self, shape: Any, dtype: Any = None) -> npt.NDArray[Any]:
        """Return the weights.

        Raises
        ------
        ShapeError
            If `shape` has not one axis of inputs and one of outputs, or groups do not divide the outputs.
        """
        inputs, outputs, groups = roles_of(shape, self.axes)
        weights = np.zeros(shape, dtype)
        if weights.size:
            centre = tuple(size // 2 for axis, size in enumerate(shape) if axis not in (inputs, outputs))
            taps = np.moveaxis(weights, (inputs, outputs), (-2, -1))[centre]
            numbers = np.arange(shape[outputs])
            of_input = numbers % (shape[outputs] // groups)
            has_input = of_input < shape[inputs]
            taps[of_input[has_input], numbers[has_input]] = 1
        return weights

"""Convolutions that hand their input on unchanged."""

from __future__ import annotations

from typing import Any, ClassVar, final

import numpy as np
import numpy.typing as npt

import seedbed
from seedbed.dtypes import ALL
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
    0 elsewhere. Where the inputs are those of all groups, as in PyTorch's transposed convolutions,
    ``o = i mod (inputs / groups)``. Every dtype is allowed.

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

    dtypes = ALL

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
            If `shape` has not one axis of inputs and one of outputs, or groups do not divide the channels.
        """
        inputs, outputs, groups, grouped = roles_of(shape, self.axes)
        # The channels of one group lie along the first of these, those of all groups along the other.
        of_one, of_all = (outputs, inputs) if grouped == "in" else (inputs, outputs)
        weights = np.zeros(shape, dtype)
        if weights.size:
            centre = tuple(size // 2 for axis, size in enumerate(shape) if axis not in (inputs, outputs))
            taps = np.moveaxis(weights, (of_one, of_all), (-2, -1))[centre]
            numbers = np.arange(shape[of_all])
            within = numbers % (shape[of_all] // groups)
            has_other = within < shape[of_one]
            taps[within[has_other], numbers[has_other]] = 1
        return weights

    def check(self, shape: Any, dtype: Any = None) -> None:  # noqa: ARG002 - every dtype is allowed
        """Refuse a shape as a call would, at no cost; a part is cut from the whole, and costs as much.

        Raises
        ------
        ShapeError
            As a call.
        """
        roles_of(shape, self.axes)

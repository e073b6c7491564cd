"""Kernels of a convolution that is a short-time Fourier transform."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, ClassVar, final

import numpy as np
import numpy.typing as npt

from seedbed import Initializer
from seedbed.dtypes import FLOATING, as_dtype
from seedbed.errors import ArgumentError, ShapeError
from seedbed_keras_entries.windows import WINDOWS, Values, window


@final
class STFT(Initializer):
    r"""The kernel of a convolution that gives one side of a short-time Fourier transform.

    The shape is ``(frame, 1, frequencies)``. The transform has the length ``2 * (frequencies - 1)``, of whose
    frequencies the others are the conjugates of these.

    Parameters
    ----------
    side
        ``"real"`` or ``"imag"``, the part of the transform that the convolution gives.
    window
        The name of a window: ``"bartlett"``, ``"blackman"``, ``"blackmanharris"``, ``"boxcar"``,
        ``"cosine"``, ``"flattop"``, ``"hamming"``, ``"hann"``, ``"nuttall"`` or ``"triang"``, as SciPy has
        them; or the window's values, as many as a frame has; or ``None`` for no window.
    scaling
        What the window is divided by: ``"density"``, the root of the sum of its squares; ``"spectrum"``, the
        sum of its sizes; or ``None`` for nothing.
    periodic
        Whether a window that is named is one period of a periodic one, rather than symmetric.

    Raises
    ------
    ArgumentError
        If an argument is none of these.

    Notes
    -----
    ``w[t, 0, f] = cos(-2 pi t f / N) * window[t] / scale`` with ``N = 2 * (frequencies - 1)``; a sine for the
    imaginary side. It is computed in float64 and rounded once. Cosine and sine are those of the machine, so
    that the last bit may differ between two.

    Peers
    -----
    Keras : STFT
        The same values up to rounding. Keras takes every window that SciPy has by name.

    References
    ----------
    Allen and Rabiner (1977), A unified approach to short-time Fourier analysis and synthesis.

    Examples
    --------
    >>> STFT("real", window=None)((4, 1, 3)).round(3)[:, 0, 1]
    array([ 1.,  0., -1., -0.], dtype=float32)
    """

    reproducibility: ClassVar = "numerical"

    dtypes = FLOATING

    example_shapes: ClassVar = ((16, 1, 9), (5, 1, 2))

    def __init__(
        self,
        side: str = "real",
        window: str | Sequence[float] | None = "hann",
        *,
        scaling: str | None = "density",
        periodic: bool = False,
    ) -> None:
        self.side = _one_of("side", side, ("real", "imag"))
        self.window = _as_window(window)
        self.scaling = _one_of("scaling", scaling, ("density", "spectrum", None))
        if not isinstance(periodic, bool):
            raise ArgumentError(f"got periodic={periodic!r}; allowed are True and False")
        self.periodic = periodic

    def __call__(self, shape: Any, dtype: Any = None) -> npt.NDArray[Any]:
        """Return a kernel of `shape`, of a floating dtype.

        Raises
        ------
        ShapeError
            If `shape` is not ``(frame, 1, frequencies)`` with at least 2 frequencies; if a frame has not as
            many values as the window; or if a window that is to be scaled is 0 everywhere.
        DTypeError
            If `dtype` is not a floating one.
        """
        self.check(shape, dtype)
        kind = as_dtype(dtype)
        frame, _, frequencies = shape
        length = 2 * (frequencies - 1)
        # Whole turns are taken off as integers: the angle of a large t * f would lose the bits that matter.
        turns = np.outer(np.arange(frame), np.arange(frequencies)) % length / length
        wave = np.cos(-2 * math.pi * turns) if self.side == "real" else np.sin(-2 * math.pi * turns)
        kernel: npt.NDArray[Any] = (wave * self._weights(frame)[:, None]).astype(kind)
        return kernel[:, None, :]

    def check(self, shape: Any, dtype: Any = None) -> None:
        """Raise what a call would raise, and draw nothing but the window."""
        super().check(shape, dtype)
        if len(shape) != 3 or shape[1] != 1 or shape[2] < 2:
            raise ShapeError(
                f"got shape {shape}; a kernel of this kind has the shape (frame, 1, frequencies), "
                "with at least 2 frequencies"
            )
        if isinstance(self.window, tuple) and len(self.window) != shape[0]:
            raise ShapeError(
                f"got shape {shape} for a window of {len(self.window)} values; a frame, which is the first "
                "axis, has as many"
            )
        self._weights(shape[0])

    def _weights(self, frame: int) -> Values:
        if self.window is None:
            return np.ones(frame)
        if isinstance(self.window, str):
            weights = window(self.window, frame, periodic=self.periodic)
        else:
            weights = np.array(self.window, np.float64)
        if self.scaling is None:
            return weights
        scale = math.sqrt((weights**2).sum()) if self.scaling == "density" else float(np.abs(weights).sum())
        if frame and not scale:
            raise ShapeError(
                f"a window that is 0 at all {frame} values of a frame cannot be scaled; take longer frames, "
                "another window, or scaling=None"
            )
        return weights / scale if frame else weights


def _one_of(what: str, got: Any, allowed: tuple[str | None, ...]) -> Any:
    if got not in allowed:
        raise ArgumentError(f"got {what}={got!r}; allowed are {', '.join(map(repr, allowed))}")
    return got


def _as_window(given: Any) -> str | tuple[float, ...] | None:
    if given is None:
        return None
    if isinstance(given, str):
        if given not in WINDOWS:
            raise ArgumentError(
                f"got window={given!r}; allowed are {', '.join(WINDOWS)}, None, or the window's values as a "
                "list, which scipy.signal.get_window gives for any other name"
            )
        return given
    try:
        values = np.asarray(given, np.float64)
    except (TypeError, ValueError) as error:
        raise ArgumentError(f"got window={given!r}; give a name, None, or a list of numbers") from error
    if values.ndim != 1 or not np.isfinite(values).all():
        raise ArgumentError(f"got window={given!r}; the window's values are one list of finite numbers")
    return tuple(values.tolist())

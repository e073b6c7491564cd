"""Windows, by which the frames of a short-time Fourier transform are weighted."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt

Values: TypeAlias = npt.NDArray[np.float64]


def _cosines(*coefficients: float) -> Callable[[int], Values]:
    """Return a sum of cosines, which is symmetric; its coefficients are those of SciPy's documentation."""

    def window(length: int) -> Values:
        angles = np.linspace(-np.pi, np.pi, length)
        terms: Any = [weight * np.cos(order * angles) for order, weight in enumerate(coefficients)]
        total: Values = np.sum(terms, axis=0)
        return total

    return window


def _bartlett(length: int) -> Values:
    return np.bartlett(length)


def _triangle(length: int) -> Values:
    # Other than Bartlett's, it does not touch 0 at its ends.
    peak = (length + 1) / 2
    heights: Values = 1 - np.abs(np.arange(1, length + 1) - peak) / (peak if length % 2 else length / 2)
    return heights


def _half_cosine(length: int) -> Values:
    heights: Values = np.sin(np.pi / length * (np.arange(length) + 0.5))
    return heights


WINDOWS: Final[Mapping[str, Callable[[int], Values]]] = MappingProxyType(
    {
        "bartlett": _bartlett,
        "blackman": _cosines(0.42, 0.5, 0.08),
        "blackmanharris": _cosines(0.35875, 0.48829, 0.14128, 0.01168),
        "boxcar": np.ones,
        "cosine": _half_cosine,
        "flattop": _cosines(0.21557895, 0.41663158, 0.277263158, 0.083578947, 0.006947368),
        "hamming": _cosines(0.54, 0.46),
        "hann": _cosines(0.5, 0.5),
        "nuttall": _cosines(0.3635819, 0.4891775, 0.1365995, 0.0106411),
        "triang": _triangle,
    }
)
"""Symmetric windows of a given length, of at least 2, by SciPy's names."""


def window(name: str, length: int, *, periodic: bool) -> Values:
    """Return the values of one of `WINDOWS`; a periodic one is a symmetric one without its last value."""
    if length < 2:
        return np.ones(length)
    return WINDOWS[name](length + 1)[:-1] if periodic else WINDOWS[name](length)

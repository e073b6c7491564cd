"""Variance scaling with the words of JAX, where ``"normal"`` is not truncated."""

from __future__ import annotations

from typing import Any, ClassVar, Final, final

import numpy as np

from seedbed import ElementwiseInitializer
from seedbed.dtypes import COMPLEX, FLOATING
from seedbed.errors import ArgumentError
from seedbed.random import Law, SeedLike
from seedbed.standard import VarianceScaling

DISTRIBUTIONS: Final = {
    "truncated_normal": "truncated_normal",
    "normal": "untruncated_normal",
    "uniform": "uniform",
}
"""What JAX calls them, and what core does."""


@final
class JaxVarianceScaling(ElementwiseInitializer):
    """Values of variance ``scale / n``, as ``jax.nn.initializers.variance_scaling``, without any default.

    Parameters
    ----------
    scale
        Above 0.
    mode
        `n`: ``"fan_in"``, ``"fan_out"``, ``"fan_avg"`` or ``"fan_geo_avg"``; at least 1 in any case.
    distribution
        ``"truncated_normal"``, ``"normal"``, which is not truncated, or ``"uniform"``.
    axes
        Which axes are inputs and outputs, as in `VarianceScaling`. JAX's ``in_axis``, ``out_axis`` and
        ``batch_axis`` are ``{"in": in_axis, "out": out_axis, "batch": batch_axis}``.
    seed
        ``None``, an int, a string, or a list of those.

    Raises
    ------
    ArgumentError
        If an argument is out of range.

    Notes
    -----
    ``variance_scaling`` of core, where JAX's ``"normal"`` is called ``"untruncated_normal"``. Complex uniform
    values have both parts uniform on an interval; in JAX they are uniform on a disc, of the same variance.

    Peers
    -----
    JAX : variance_scaling

    Examples
    --------
    >>> weights = JaxVarianceScaling(2.0, "fan_in", "normal", seed=7)((256, 128))
    >>> round(float(weights.std()), 3)
    0.088
    """

    dtypes = FLOATING + COMPLEX

    example_arguments: ClassVar = (
        {"scale": 2.0, "mode": "fan_in", "distribution": "normal"},
        {"scale": 1.0, "mode": "fan_avg", "distribution": "uniform"},
        {"scale": 1.0, "mode": "fan_out", "distribution": "truncated_normal"},
    )

    def __init__(
        self, scale: float, mode: str, distribution: str, *, axes: Any = None, seed: SeedLike = None
    ) -> None:
        super().__init__(seed=seed)
        if not isinstance(distribution, str) or distribution not in DISTRIBUTIONS:
            raise ArgumentError(
                f"distribution must be one of {', '.join(DISTRIBUTIONS)}, got {distribution!r}"
            )
        self._inner = VarianceScaling(scale, mode, distribution=DISTRIBUTIONS[distribution], axes=axes)
        self.distribution = distribution

    @property
    def scale(self) -> float:
        """What was given as `scale`."""
        return self._inner.scale

    @property
    def mode(self) -> str:
        """What was given as `mode`."""
        return self._inner.mode

    @property
    def axes(self) -> str | dict[str, Any] | None:
        """What was given as `axes`, as JSON data that is the caller's own."""
        return self._inner.axes

    def law(self, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Law:
        """Return the law whose variance the fans of the whole `shape` give."""
        return self._inner.law(shape, dtype)

    def expected_mean(self, shape: tuple[int, ...]) -> float:
        """Return 0, the mean for every shape."""
        return self._inner.expected_mean(shape)

    def expected_stddev(self, shape: tuple[int, ...]) -> float:
        """Return the standard deviation, after truncation."""
        return self._inner.expected_stddev(shape)

    def expected_bounds(self, shape: tuple[int, ...]) -> tuple[float, float] | None:
        """Return where real values end; ``None`` for an untruncated normal law."""
        return self._inner.expected_bounds(shape)

"""`FanScaled`, the base class of random values whose variance is scaled by a layer's fans."""

from __future__ import annotations

import functools
import math
from typing import Any, ClassVar, Final, Literal

import numpy as np

from seedbed.dtypes import COMPLEX, FLOATING
from seedbed.elementwise import ElementwiseInitializer
from seedbed.fans import AxesLike, Fans
from seedbed.random import Distribution, Normal, SeedLike, TruncatedDisc, TruncatedNormal, Uniform
from seedbed.shapes import Shape, as_shape
from seedbed.standard._axes import OfFans

Mode = Literal["fan_in", "fan_out", "fan_avg", "fan_geo_avg"]
DistributionName = Literal["truncated_normal", "untruncated_normal", "uniform"]

MODES: Final[tuple[Mode, ...]] = ("fan_in", "fan_out", "fan_avg", "fan_geo_avg")
DISTRIBUTIONS: Final[tuple[DistributionName, ...]] = ("truncated_normal", "untruncated_normal", "uniform")
_CUTOFF: Final = 2.0  # where the truncated normal is cut off, in units of its standard deviation before that
# Its standard deviation then: ``sqrt(1 - 2 c phi(c) / (2 Phi(c) - 1))`` at c = 2.
_TRUNCATED: Final = 0.8796256610342398
# That of circular complex values with |z| below c = 2: ``sqrt(1 - c^2 exp(-c^2) / (1 - exp(-c^2)))``.
_TRUNCATED_COMPLEX: Final = 0.9619618280082135


class FanScaled(OfFans, ElementwiseInitializer):
    """Values of variance ``scale / n``, where n is made of the fans as `mode` says."""

    dtypes = FLOATING + COMPLEX

    _scale: ClassVar[float]
    _mode: ClassVar[Mode]
    _distribution: ClassVar[DistributionName]

    def __init__(self, seed: SeedLike = None, *, axes: AxesLike = None) -> None:
        super().__init__(seed=seed)
        self._keep_axes(axes)

    def element_distribution(self, shape: Shape, dtype: np.dtype[Any]) -> Distribution:
        """Return the distribution whose variance the fans of the whole `shape` give."""
        return _distribution(self._stddev(shape), self._formula()[2], dtype.kind == "c")

    def expected_mean(self, shape: Shape) -> float:  # noqa: ARG002 - the same for all shapes
        """Return 0, the mean for every shape."""
        return 0.0

    def expected_stddev(self, shape: Shape) -> float:
        """Return the standard deviation, after truncation."""
        return self._stddev(as_shape(shape))

    def _stddev(self, shape: Shape) -> float:
        scale, mode, _ = self._formula()
        return math.sqrt(float(scale) / max(1.0, float(_size(self._fans(shape), mode))))

    def expected_bounds(self, shape: Shape) -> tuple[float, float] | None:
        """Return where real values end; ``None`` for an untruncated normal distribution."""
        distribution = self._formula()[2]
        if distribution == "untruncated_normal":
            return None
        limit = math.sqrt(3) if distribution == "uniform" else _CUTOFF / _TRUNCATED
        limit *= self.expected_stddev(shape)
        return -limit, limit

    def _formula(self) -> tuple[float, Mode, DistributionName]:
        return self._scale, self._mode, self._distribution


def _size(found: Fans, mode: Mode) -> float:
    if mode == "fan_in":
        return found.fan_in
    if mode == "fan_out":
        return found.fan_out
    if mode == "fan_avg":
        return (found.fan_in + found.fan_out) / 2
    return math.sqrt(found.fan_in * found.fan_out)


@functools.lru_cache(maxsize=256)
def _distribution(stddev: float, name: DistributionName, is_complex: bool, /) -> Distribution:  # noqa: FBT001 - a key of the cache
    """Return a distribution of mean 0; the two parts of a complex value share the variance."""
    if name == "uniform":
        limit = math.sqrt(1.5 if is_complex else 3.0) * stddev  # U(-l, l) has variance l^2 / 3
        return Uniform(-limit, limit)
    if name == "untruncated_normal":
        return Normal(0.0, stddev, is_complex=is_complex)
    if is_complex:
        return TruncatedDisc(0.0, stddev / _TRUNCATED_COMPLEX, _CUTOFF)
    widened = stddev / _TRUNCATED
    return TruncatedNormal(0.0, widened, -_CUTOFF, _CUTOFF, (-_CUTOFF * widened, _CUTOFF * widened))

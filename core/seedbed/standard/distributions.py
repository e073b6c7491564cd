"""Random values whose spread is given directly: uniform, normal and truncated normal."""

from __future__ import annotations

import math
from typing import Any, Final, Literal, final

import numpy as np

from seedbed.arguments import bound, choice, finite
from seedbed.dtypes import COMPLEX, FLOATING
from seedbed.elementwise import ElementwiseInitializer
from seedbed.errors import ArgumentError, DTypeError, shown
from seedbed.random import Distribution, Normal, SeedLike, TruncatedDisc, Uniform
from seedbed.random import TruncatedNormal as TruncatedNormalDistribution
from seedbed.random.distributions import LATEST_BEGINNING
from seedbed.shapes import Shape

Bounds = Literal["relative", "absolute"]

_BOUNDS: Final[tuple[Bounds, ...]] = ("relative", "absolute")


@final
class RandomUniform(ElementwiseInitializer):
    """Uniform values on [minval, maxval).

    Parameters
    ----------
    minval, maxval
        The ends of the interval, finite, ``minval <= maxval``. `maxval` itself is never drawn, unless the two
        are equal: then every value is `minval`.
    seed
        ``None``, an int, a string, or a list of those.

    Raises
    ------
    ArgumentError
        If an end is not finite, or `minval` is above `maxval`.

    Notes
    -----
    The density is ``1 / (maxval - minval)`` on the interval, the standard deviation
    ``(maxval - minval) / sqrt(12)``.

    For complex values, both parts are uniform on the interval.

    Peers
    -----
    Keras, TensorFlow : RandomUniform
    PyTorch : uniform_
        On [0, 1) by default.
    JAX : uniform
        On [0, 0.01) by default, and always from 0.

    Examples
    --------
    >>> weights = RandomUniform(-0.1, 0.1, seed=7)((256, 128))
    >>> bool(weights.min() >= -0.1), bool(weights.max() < 0.1)
    (True, True)
    """

    dtypes = FLOATING + COMPLEX

    def __init__(self, minval: float = -0.05, maxval: float = 0.05, *, seed: SeedLike = None) -> None:
        super().__init__(seed=seed)
        self.minval = finite("minval", minval)
        self.maxval = finite("maxval", maxval)
        if self.minval > self.maxval:
            raise ArgumentError(
                f"minval must not be above maxval, got minval={shown(minval)}, maxval={shown(maxval)}"
            )
        if math.isinf(float(self.maxval) - float(self.minval)):
            raise ArgumentError(
                f"maxval - minval must be finite, got minval={shown(minval)}, maxval={shown(maxval)}"
            )

    def element_distribution(self, shape: Shape, dtype: np.dtype[Any]) -> Distribution:  # noqa: ARG002 - the same for all
        """Return the uniform distribution, in each part of a complex value."""
        return Uniform(float(self.minval), float(self.maxval))

    def expected_mean(self, shape: Shape) -> float:  # noqa: ARG002 - and below: the same for all shapes
        """Return the middle of the interval, which is the mean of real values."""
        return self.minval / 2 + self.maxval / 2

    def expected_stddev(self, shape: Shape) -> float:  # noqa: ARG002
        """Return the standard deviation of real values."""
        return float(self.maxval - self.minval) / math.sqrt(12)

    def expected_bounds(self, shape: Shape) -> tuple[float, float]:  # noqa: ARG002
        """Return the ends of the interval."""
        return self.minval, self.maxval


@final
class RandomNormal(ElementwiseInitializer):
    """Normal values.

    Parameters
    ----------
    mean
        Their mean, finite.
    stddev
        Their standard deviation, at least 0.
    seed
        ``None``, an int, a string, or a list of those.

    Raises
    ------
    ArgumentError
        If `mean` is not finite, or `stddev` is negative or not finite.

    Notes
    -----
    The density is ``exp(-z^2 / 2) / (stddev sqrt(2 pi))`` with ``z = (x - mean) / stddev``.

    Complex values are circular: ``E|z - mean|^2 = stddev^2``, half of it in each part.

    Peers
    -----
    Keras, TensorFlow : RandomNormal
    PyTorch : normal_
        ``stddev=1`` by default.
    JAX : normal
        ``stddev=0.01`` by default, and always of mean 0.
    Haiku, Sonnet : RandomNormal
        ``stddev=1`` by default; Haiku takes it before the mean.

    Examples
    --------
    >>> weights = RandomNormal(stddev=0.02, seed=7)((256, 128))
    >>> round(float(weights.std()), 3)
    0.02
    """

    dtypes = FLOATING + COMPLEX

    def __init__(self, mean: float = 0.0, stddev: float = 0.05, *, seed: SeedLike = None) -> None:
        super().__init__(seed=seed)
        self.mean = finite("mean", mean)
        self.stddev = finite("stddev", stddev, at_least=0)

    def element_distribution(self, shape: Shape, dtype: np.dtype[Any]) -> Distribution:  # noqa: ARG002 - the same for all shapes
        """Return the normal distribution, circular for complex values."""
        return Normal(self.mean, self.stddev, is_complex=dtype.kind == "c")

    def expected_mean(self, shape: Shape) -> float:  # noqa: ARG002 - and below: the same for all shapes
        """Return the mean."""
        return self.mean

    def expected_stddev(self, shape: Shape) -> float:  # noqa: ARG002
        """Return the standard deviation."""
        return self.stddev


@final
class TruncatedNormal(ElementwiseInitializer):
    """Normal values, each given that it lies between two bounds.

    Parameters
    ----------
    mean
        The mean before truncation, finite.
    stddev
        The standard deviation before truncation, at least 0. With the default bounds, values have 0.8796
        times this standard deviation.
    lower, upper
        The bounds, ``lower < upper``; ``None`` (or an infinity) for no bound on that side.
    bounds
        ``"relative"``: the bounds are ``mean + lower * stddev`` and ``mean + upper * stddev``, as in Keras,
        TensorFlow, JAX and Haiku. ``"absolute"``: the bounds are the values `lower` and `upper` themselves,
        as in PyTorch, timm and Paddle, where the default of -2 and 2 hardly ever cuts anything off.
    seed
        ``None``, an int, a string, or a list of those.

    Raises
    ------
    ArgumentError
        If an argument is out of range, or the interval begins more than 36 standard deviations from the mean.

    Notes
    -----
    The density is ``phi(z) / (stddev (Phi(b) - Phi(a)))`` with ``z = (x - mean) / stddev``, where the bounds
    are at ``z = a`` and ``z = b``, and phi and Phi are the density and the distribution function of the
    standard normal distribution. Bounds of -2 and 2 leave ``sqrt(1 - 4 phi(2) / (2 Phi(2) - 1)) = 0.8796``
    of the standard deviation.

    Seedbed does not draw tails and reject them. A value is the quantile function at a uniform point of the
    probabilities between the bounds, so distant tails (``lower=5``) take no more time than the centre. Values
    never leave the bounds, after rounding to any dtype. Complex values need bounds of equal size on both
    sides, relative or with mean 0. They are circular, under the condition ``|z - mean| <= upper * stddev``.

    Peers
    -----
    Keras, TensorFlow : TruncatedNormal
    JAX : truncated_normal
        ``stddev=0.01`` by default, and always of mean 0.
    Haiku, Sonnet : TruncatedNormal
        ``stddev=1`` by default.
    PyTorch, timm : trunc_normal_
        ``bounds="absolute"`` and ``stddev=1`` by default: a `stddev` of 0.02 puts the bounds of -2 and 2 a
        hundred standard deviations away, where they cut nothing off.
    Paddle : TruncatedNormal
        As in PyTorch.

    Examples
    --------
    >>> weights = TruncatedNormal(stddev=0.02, seed=7)((256, 128))
    >>> bool(abs(weights).max() <= 0.04)
    True
    """

    dtypes = FLOATING + COMPLEX

    def __init__(
        self,
        mean: float = 0.0,
        stddev: float = 0.05,
        *,
        lower: float | None = -2.0,
        upper: float | None = 2.0,
        bounds: str = "relative",
        seed: SeedLike = None,
    ) -> None:
        super().__init__(seed=seed)
        self.mean = finite("mean", mean)
        self.stddev = finite("stddev", stddev, at_least=0)
        self.lower = bound("lower", lower, none=-math.inf)
        self.upper = bound("upper", upper, none=math.inf)
        self.bounds = choice("bounds", bounds, _BOUNDS)
        self._check_interval()

    def element_distribution(self, shape: Shape, dtype: np.dtype[Any]) -> Distribution:  # noqa: ARG002 - the same for all shapes
        """Return the truncated normal distribution, cut off at a radius for complex values."""
        (lower, upper), within = self._interval()
        if dtype.kind != "c":
            if self.stddev == 0:  # then the bounds are the mean, which the dtype may not hold exactly
                return Uniform(self.mean, self.mean)
            return TruncatedNormalDistribution(self.mean, self.stddev, lower, upper, within)
        if lower != -upper:
            raise DTypeError(
                f"complex values are cut off at a radius, so lower must be -upper, got {lower!r} and "
                f"{upper!r} (in units of stddev)"
            )
        return TruncatedDisc(self.mean, self.stddev, upper)

    def _interval(self) -> tuple[tuple[float, float], tuple[float, float]]:
        """Return the bounds in units of the standard deviation from the mean, and as values."""
        # As floats: their quotient becomes infinite, where that of ints raises if too large for a float.
        lower = -math.inf if self.lower is None else float(self.lower)
        upper = math.inf if self.upper is None else float(self.upper)
        mean, stddev = float(self.mean), float(self.stddev)
        if self.bounds == "absolute":
            if self.stddev == 0:
                raise ArgumentError("stddev must be above 0 where bounds='absolute', got 0")
            return ((lower - mean) / stddev, (upper - mean) / stddev), (lower, upper)
        low = -math.inf if self.lower is None else mean + stddev * lower
        high = math.inf if self.upper is None else mean + stddev * upper
        return (lower, upper), (low, high)

    def _check_interval(self) -> None:
        (lower, upper), _ = self._interval()
        got = f"got lower={self.lower!r}, upper={self.upper!r}"
        if self.lower is not None and self.upper is not None and not self.lower < self.upper:
            raise ArgumentError(f"lower must be below upper, {got}")
        if lower > LATEST_BEGINNING or upper < -LATEST_BEGINNING:
            raise ArgumentError(
                f"the interval must begin at most {LATEST_BEGINNING} standard deviations from the mean, "
                f"got {min(abs(lower), abs(upper))!r}"
            )
        if not lower < upper:
            raise ArgumentError(
                f"lower and upper must differ in standard deviations from the mean, as float64, {got} for "
                f"mean={self.mean!r}, stddev={self.stddev!r}; choose a wider interval"
            )

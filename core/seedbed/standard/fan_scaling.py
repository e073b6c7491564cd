"""Values scaled by powers of a layer's fans: random ones, and one for all elements."""

from __future__ import annotations

import math
from typing import Any, ClassVar, Final, Literal, final

import numpy as np

from seedbed.arguments import choice, finite, flag
from seedbed.divisible import Divisible, writer
from seedbed.dtypes import ALL, COMPLEX, FLOATING
from seedbed.elementwise import ElementwiseInitializer
from seedbed.errors import ArgumentError
from seedbed.fans import AxesLike
from seedbed.initializer import Reproducibility
from seedbed.random import Distribution, Normal, SeedLike, TruncatedDisc, TruncatedNormal, Uniform
from seedbed.shapes import Shape, as_shape
from seedbed.shard import Write
from seedbed.standard._axes import OfFans
from seedbed.standard._distribution import distribution_choice
from seedbed.standard._scales import scale, stddev_left
from seedbed.standard.constants import Constant

Measure = Literal["stddev", "limit"]
DistributionName = Literal["truncated_normal", "untruncated_normal", "uniform"]

_MEASURES: Final[tuple[Measure, ...]] = ("stddev", "limit")
_DISTRIBUTIONS: Final[tuple[DistributionName, ...]] = ("truncated_normal", "untruncated_normal", "uniform")
# Larger than any gain in use. Times all powers of fans it stays far below the largest double, about 1.8e308.
_LARGEST: Final = 1e100
_HIGHEST_POWER: Final = 2  # above those of all known formulas, of which the highest are -1 and 1
# Below it normal values are almost uniform: their density at the ends is a millionth less than in the middle.
_LEAST_CUTOFF: Final = 0.001


@final
class FanScaling(OfFans, ElementwiseInitializer):
    r"""Values whose spread is ``gain * fan_in**p * fan_out**q``, for powers p and q of one's own.

    Parameters
    ----------
    gain
        Above 0, at most 1e100.
    fan_in, fan_out
        The powers p and q, from -2 to 2.
    measure
        What the formula gives: ``"stddev"``, the standard deviation, or ``"limit"``, the upper end of uniform
        values.
    distribution
        ``"truncated_normal"``, which needs a `cutoff`; ``"untruncated_normal"``; ``"uniform"``. ``None`` is
        the truncated normal if there is a `cutoff`, and the untruncated one if there is none.
    cutoff
        Where a truncated normal ends, in units of its standard deviation before truncation; at least 0.001.
    corrected
        Whether to widen a truncated normal, so that the formula gives its standard deviation after
        truncation. Otherwise the formula gives the one before truncation.
    width
        A number of at least 1 that replaces the fan-in, such as the width of the model. ``None`` for the
        fan-in of the shape.
    axes
        Which axes are inputs and outputs: a preset's name or explicit roles, as in `VarianceScaling`.
    seed
        ``None``, an int, a string, or a list of those.

    Raises
    ------
    ArgumentError
        If an argument is out of range, or two contradict each other: a `cutoff` with a distribution that is
        not truncated, `corrected` without a `cutoff`, or a limit of normal values.
    ShapeError
        If the requested shape lacks the axes.

    Notes
    -----
    With :math:`s = gain \cdot \max(1, F_{in})^p \cdot \max(1, F_{out})^q`, where `width` replaces
    :math:`F_{in}` if it is given::

        limit                       uniform on [-s, s)
        stddev, uniform             uniform on [-sqrt(3) s, sqrt(3) s)
        stddev, untruncated_normal  normal of standard deviation s
        cutoff=c                    normal of standard deviation s, cut off at c s
        cutoff=c, corrected=True    normal of standard deviation s / t, cut off at c s / t

    where ``t = sqrt(1 - 2 c phi(c) / (2 Phi(c) - 1))`` of the standard deviation remains. t is 0.8796 for c =
    2, and 0.9866 for c = 3. Both s and t are the doubles nearest to the exact numbers on every machine.

    Floating and complex dtypes. Complex values have :math:`E|z|^2 = \sigma^2` if a real one has the standard
    deviation :math:`\sigma`. They are cut off where ``|z|`` is c times that, and then
    ``t = sqrt(1 - c^2 / (exp(c^2) - 1))``. With ``"limit"`` both parts are uniform on [-s, s).

    ``FanScaling(2**0.5, cutoff=2, corrected=True)`` is the distribution of `HeNormal`. With a gain of 1 it is
    that of `LecunNormal`. If the fan-in is a power of 2, they have the same bits. Otherwise the scale may
    differ by one unit in its last place, because it is rounded once here and twice there. Then values may
    differ too.

    Peers
    -----
    JAX, Keras, TensorFlow
        `variance_scaling` has only the power -1/2. Its truncated normal is `FanScaling` with
        ``cutoff=2, corrected=True``.
    PyTorch
        You compute the standard deviation for `normal_` or `trunc_normal_`. The bounds of the latter are
        values, which are ``cutoff * stddev`` here.
    OLMo
        ``init_cutoff_factor=3`` is ``cutoff=3``, uncorrected.
    Transformers, xLSTM
        `small_init` is ``gain=0.4**0.5`` with the model's width as `width`.

    References
    ----------
    Nguyen and Salazar (2019), Transformers without tears, arXiv:1910.05895: `small_init`, with `width`.
    Sitzmann et al. (2020), Implicit neural representations with periodic activation functions,
    arXiv:2006.09661: SIREN, whose first layer is uniform up to ``1 / fan_in``.

    Examples
    --------
    >>> small_init = FanScaling(0.4**0.5, width=768, seed=7)
    >>> round(float(small_init((3072, 768)).std()), 3)
    0.023
    >>> siren = FanScaling(fan_in=-1, measure="limit", distribution="uniform", seed=7)
    >>> bool(abs(siren((3, 256))).max() <= 1 / 3)
    True
    """

    dtypes = FLOATING + COMPLEX

    example_arguments: ClassVar[tuple[dict[str, Any], ...]] = (
        {},
        {"cutoff": 2.0, "corrected": True},
        {"fan_in": -1.0, "measure": "limit", "distribution": "uniform"},
    )

    def __init__(
        self,
        gain: float = 1.0,
        *,
        fan_in: float = -0.5,
        fan_out: float = 0.0,
        measure: str = "stddev",
        distribution: str | None = None,
        cutoff: float | None = None,
        corrected: bool = False,
        width: float | None = None,
        axes: AxesLike = None,
        seed: SeedLike = None,
    ) -> None:
        super().__init__(seed=seed)
        self.gain = finite("gain", gain, above=0, at_most=_LARGEST)
        self.fan_in = _power("fan_in", fan_in)
        self.fan_out = _power("fan_out", fan_out)
        self.measure = choice("measure", measure, _MEASURES)
        self.distribution = (
            None if distribution is None else distribution_choice(distribution, _DISTRIBUTIONS)
        )
        self.cutoff = None if cutoff is None else finite("cutoff", cutoff, at_least=_LEAST_CUTOFF)
        self.corrected = flag("corrected", corrected)
        self.width = None if width is None else finite("width", width, at_least=1)
        self._keep_axes(axes)
        self._check_truncation()
        self._check_measure()

    def element_distribution(self, shape: Shape, dtype: np.dtype[Any]) -> Distribution:
        """Return the distribution with the scale that the fans of the whole `shape` give."""
        is_complex = dtype.kind == "c"
        spread = self._spread(shape)
        if self.distribution == "uniform":
            limit = spread * self._limit(is_complex=is_complex)
            return Uniform(0.0 - limit, limit)  # from 0.0, not -0.0, if the limit underflows
        if self.cutoff is None:
            return Normal(0.0, spread, is_complex=is_complex)
        before = spread / stddev_left(self.cutoff, is_complex=is_complex) if self.corrected else spread
        cutoff = float(self.cutoff)
        if is_complex:
            return TruncatedDisc(0.0, before, cutoff)
        return TruncatedNormal(0.0, before, -cutoff, cutoff, (-cutoff * before, cutoff * before))

    def expected_mean(self, shape: Shape) -> float:  # noqa: ARG002 - the same for all shapes
        """Return 0, the mean for every shape."""
        return 0.0

    def expected_stddev(self, shape: Shape) -> float:
        """Return the standard deviation of real values, after truncation."""
        spread = self._spread(as_shape(shape))
        if self.measure == "limit":
            return spread / math.sqrt(3)
        if self.cutoff is None or self.corrected:
            return spread
        return spread * stddev_left(self.cutoff, is_complex=False)

    def expected_bounds(self, shape: Shape) -> tuple[float, float] | None:
        """Return where real values end; ``None`` for an untruncated normal distribution."""
        limit = self._spread(as_shape(shape))
        if self.distribution == "uniform":
            limit *= self._limit()
        elif self.cutoff is None:
            return None
        else:
            limit *= self.cutoff / (stddev_left(self.cutoff, is_complex=False) if self.corrected else 1.0)
        return 0.0 - limit, limit

    def _spread(self, shape: Shape) -> float:
        """Return what the formula gives."""
        found = self._fans(shape)
        inputs = max(1, found.fan_in) if self.width is None else self.width
        return scale(self.gain, (inputs, self.fan_in), (max(1, found.fan_out), self.fan_out))

    def _limit(self, *, is_complex: bool = False) -> float:
        """Return where uniform values end, in units of what the formula gives."""
        if self.measure == "limit":
            return 1.0
        return math.sqrt(1.5 if is_complex else 3.0)  # U(-l, l) has variance l^2 / 3

    def _check_truncation(self) -> None:
        if self.cutoff is None:
            if self.distribution == "truncated_normal":
                raise ArgumentError(
                    "distribution='truncated_normal' needs a cutoff, got cutoff=None; give one, such as "
                    "cutoff=2 (with corrected=True, as in variance_scaling), or leave distribution out"
                )
            if self.corrected:
                raise ArgumentError(
                    "corrected=True makes up for a cutoff, got cutoff=None; give a cutoff, or leave out "
                    "corrected"
                )
        elif self.distribution in ("uniform", "untruncated_normal"):
            raise ArgumentError(
                f"a cutoff is where a truncated normal ends, got cutoff={self.cutoff!r} with "
                f"distribution={self.distribution!r}; leave one of the two out"
            )

    def _check_measure(self) -> None:
        if self.measure == "limit" and self.distribution != "uniform":
            raise ArgumentError(
                f"measure='limit' is where uniform values end, got distribution={self.distribution!r}; give "
                "distribution='uniform', or measure='stddev'"
            )


@final
class FanConstant(OfFans, Divisible):
    r"""One value, ``scale * fan_in**power``, for all elements.

    Parameters
    ----------
    scale
        From -1e100 to 1e100.
    power
        From -2 to 2.
    axes
        Which axes are inputs and outputs: a preset's name or explicit roles, as in `VarianceScaling`.

    Raises
    ------
    ArgumentError
        If an argument is out of range.
    ShapeError
        If the requested shape lacks the axes.
    DTypeError
        If the dtype cannot hold the value, as for `Constant`, or if it is neither floating nor complex and
        values need not be whole.

    Notes
    -----
    Every value is :math:`w = scale \cdot \max(1, F_{in})^{power}`, ``w = scale / sqrt(fan_in)`` by default.
    It is the double nearest to the exact number, on every machine. A floating or complex dtype rounds it. If
    `scale` and `power` are whole numbers and `power` is at least 0, the value is whole for every shape. Then
    an integer dtype or bool that holds it is allowed too.

    Peers
    -----
    Chainer
        Has it only in the code of its noisy layers.
    PyTorch, JAX
        You compute the value, and fill with it.

    References
    ----------
    Fortunato et al. (2018), Noisy networks for exploration, arXiv:1706.10295: with ``scale=0.5`` the standard
    deviations of factorised noise.

    Examples
    --------
    >>> FanConstant(0.5)((16, 3))[0]
    array([0.125, 0.125, 0.125], dtype=float32)
    """

    reproducibility: ClassVar[Reproducibility] = "exact"

    @property
    def dtypes(self) -> tuple[str, ...]:  # type: ignore[override] # of a class it depends on no arguments
        """All dtypes if every shape has a whole value; otherwise the floating and complex ones."""
        is_whole = float(self.scale).is_integer() and float(self.power).is_integer() and self.power >= 0
        return ALL if is_whole else FLOATING + COMPLEX

    def __init__(self, scale: float = 1.0, power: float = -0.5, *, axes: AxesLike = None) -> None:
        self.scale = finite("scale", scale, at_least=-_LARGEST, at_most=_LARGEST)
        self.power = _power("power", power)
        self._keep_axes(axes)

    def _writer(self, shape: Shape, dtype: np.dtype[Any]) -> Write:
        return writer(Constant(self._value(shape)), shape, dtype)

    def expected_mean(self, shape: Shape) -> float:
        """Return the value."""
        return self._value(as_shape(shape))

    def expected_stddev(self, shape: Shape) -> float:  # noqa: ARG002 - the same for all shapes
        """Return 0, since all elements are equal."""
        return 0.0

    def expected_bounds(self, shape: Shape) -> tuple[float, float]:
        """Return the value, twice."""
        value = self._value(as_shape(shape))
        return value, value

    def _value(self, shape: Shape) -> float:
        return scale(self.scale, (max(1, self._fans(shape).fan_in), self.power))


def _power(name: str, value: float) -> float:
    return finite(name, value, at_least=-_HIGHEST_POWER, at_most=_HIGHEST_POWER)

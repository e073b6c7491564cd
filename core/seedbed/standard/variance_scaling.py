"""Random values whose variance is scaled by a layer's fans, and the named methods that do so."""

from __future__ import annotations

import math
from typing import Any, ClassVar, Final, Literal, final

import numpy as np

from seedbed.arguments import choice, finite
from seedbed.dtypes import COMPLEX, FLOATING
from seedbed.elementwise import ElementwiseInitializer
from seedbed.fans import AxesLike, Fans
from seedbed.random import Distribution, Normal, SeedLike, TruncatedDisc, TruncatedNormal, Uniform
from seedbed.shapes import Shape, as_shape
from seedbed.standard._axes import OfFans
from seedbed.standard._distribution import distribution_choice

Mode = Literal["fan_in", "fan_out", "fan_avg", "fan_geo_avg"]
DistributionName = Literal["truncated_normal", "untruncated_normal", "uniform"]

_MODES: Final[tuple[Mode, ...]] = ("fan_in", "fan_out", "fan_avg", "fan_geo_avg")
_DISTRIBUTIONS: Final[tuple[DistributionName, ...]] = ("truncated_normal", "untruncated_normal", "uniform")
_CUTOFF: Final = 2.0  # where the truncated normal is cut off, in standard deviations before truncation
# Its standard deviation after truncation: ``sqrt(1 - 2 c phi(c) / (2 Phi(c) - 1))`` at c = 2.
_TRUNCATED: Final = 0.8796256610342398
# For circular complex values with |z| below c = 2: ``sqrt(1 - c^2 exp(-c^2) / (1 - exp(-c^2)))``.
_TRUNCATED_COMPLEX: Final = 0.9619618280082135


class _FanScaled(OfFans, ElementwiseInitializer):
    """Values of variance ``scale / n``, where `mode` says how n is computed from the fans."""

    dtypes = FLOATING + COMPLEX

    _scale: ClassVar[float]
    _mode: ClassVar[Mode]
    _distribution: ClassVar[DistributionName]

    def __init__(self, seed: SeedLike = None, *, axes: AxesLike = None) -> None:
        super().__init__(seed=seed)
        self._keep_axes(axes)

    def element_distribution(self, shape: Shape, dtype: np.dtype[Any]) -> Distribution:
        """Return the distribution with the variance that the fans of the whole `shape` give."""
        distribution = self._formula()[2]
        return _distribution(self._stddev(shape), distribution, is_complex=dtype.kind == "c")

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


@final
class VarianceScaling(_FanScaled):
    r"""Values whose variance is ``scale / n``, where `n` is a size made of the layer's fans.

    Parameters
    ----------
    scale
        Above 0.
    mode
        `n`: ``"fan_in"``, ``"fan_out"``, ``"fan_avg"`` (their mean) or ``"fan_geo_avg"`` (the square root of
        their product); at least 1 in any case.
    distribution
        ``"truncated_normal"``, cut off at two standard deviations and widened to keep the variance;
        ``"untruncated_normal"``; ``"uniform"``.
    axes
        Which axes are inputs and outputs: the name of a preset such as ``"conv_oihw"``, or explicit roles
        such as ``{"in": 1, "out": 0, "groups": 4}``; see `seedbed.fans`. ``None`` is Keras's rule: the
        second-last axis is inputs, the last is outputs, and the rest is the receptive field.
    seed
        ``None``, an int, a string, or a list of those.

    Raises
    ------
    ArgumentError
        If an argument is out of range, or `distribution` is ``"normal"``, which has two meanings.

    Notes
    -----
    With :math:`\sigma^2 = scale / \max(1, n)`: uniform on :math:`[-\sqrt{3}\sigma, \sqrt{3}\sigma)`; normal
    of standard deviation :math:`\sigma`; or normal of standard deviation :math:`\sigma / 0.8796`, cut off at
    twice that. Complex values have :math:`E|z|^2 = \sigma^2`.

    Peers
    -----
    Keras, TensorFlow : VarianceScaling
        ``"normal"`` is truncated: write ``"truncated_normal"``. Seedbed reads their configs in this way.
    JAX : variance_scaling
        ``"normal"`` is not truncated: write ``"untruncated_normal"``. No argument has a default.
    Haiku, Sonnet : VarianceScaling
        ``"normal"`` is not truncated: write ``"untruncated_normal"``.
    timm : variance_scaling_
        ``"normal"`` is not truncated, and is the default: write ``"untruncated_normal"``.

    References
    ----------
    Glorot and Bengio (2010), Understanding the difficulty of training deep feedforward neural networks.
    He, Zhang, Ren and Sun (2015), Delving deep into rectifiers, arXiv:1502.01852.

    Examples
    --------
    >>> weights = VarianceScaling(2.0, "fan_in", distribution="uniform", seed=7)((256, 128))
    >>> bool(abs(weights).max() <= (3 * 2 / 256) ** 0.5)
    True
    """

    def __init__(
        self,
        scale: float = 1.0,
        mode: str = "fan_in",
        *,
        distribution: str = "truncated_normal",
        axes: AxesLike = None,
        seed: SeedLike = None,
    ) -> None:
        super().__init__(seed, axes=axes)
        self.scale = finite("scale", scale, above=0)
        self.mode = choice("mode", mode, _MODES)
        self.distribution = distribution_choice(distribution, _DISTRIBUTIONS)

    def _formula(self) -> tuple[float, Mode, DistributionName]:
        return self.scale, self.mode, self.distribution


def _size(found: Fans, mode: Mode) -> float:
    if mode == "fan_in":
        return found.fan_in
    if mode == "fan_out":
        return found.fan_out
    if mode == "fan_avg":
        return (found.fan_in + found.fan_out) / 2
    return math.sqrt(found.fan_in * found.fan_out)


def _distribution(stddev: float, name: DistributionName, *, is_complex: bool) -> Distribution:
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


@final
class GlorotUniform(_FanScaled):
    """Uniform values of variance ``2 / (fan_in + fan_out)`` (Glorot, Xavier).

    Parameters
    ----------
    seed
        ``None``, an int, a string, or a list of those.
    axes
        Which axes are inputs and outputs: a preset's name or explicit roles, as in `VarianceScaling`.

    Notes
    -----
    Uniform on ``[-limit, limit)`` with ``limit = sqrt(6 / (fan_in + fan_out))``.

    Peers
    -----
    Keras, TensorFlow : GlorotUniform
    JAX : glorot_uniform
    PyTorch : xavier_uniform_
        Shapes are (out, in, ...), as with ``axes="conv_oihw"``. A gain ``g`` is ``scale=g**2`` of
        `VarianceScaling` with ``mode="fan_avg"`` and ``distribution="uniform"``.

    References
    ----------
    Glorot and Bengio (2010), Understanding the difficulty of training deep feedforward neural networks.

    Examples
    --------
    >>> GlorotUniform(seed=7)((256, 128)).shape
    (256, 128)
    """

    _scale, _mode, _distribution = 1.0, "fan_avg", "uniform"


@final
class GlorotNormal(_FanScaled):
    """Truncated normal values of variance ``2 / (fan_in + fan_out)`` (Glorot, Xavier).

    Parameters
    ----------
    seed
        ``None``, an int, a string, or a list of those.
    axes
        Which axes are inputs and outputs: a preset's name or explicit roles, as in `VarianceScaling`.

    Notes
    -----
    Standard deviation ``sqrt(2 / (fan_in + fan_out))`` after truncation.

    Peers
    -----
    Keras, TensorFlow : GlorotNormal
    JAX : glorot_normal
    PyTorch : xavier_normal_
        Not truncated: `VarianceScaling` with ``mode="fan_avg"`` and ``distribution="untruncated_normal"``.
        Shapes are (out, in, ...), as with ``axes="conv_oihw"``. In JAX ``xavier_normal`` is truncated, so
        this name alone means neither here.
    MXNet, Chainer, Paddle, MindSpore, MLX
        Not truncated either.

    References
    ----------
    Glorot and Bengio (2010), Understanding the difficulty of training deep feedforward neural networks.

    Examples
    --------
    >>> GlorotNormal(seed=7)((256, 128)).shape
    (256, 128)
    """

    _scale, _mode, _distribution = 1.0, "fan_avg", "truncated_normal"


@final
class HeUniform(_FanScaled):
    """Uniform values of variance ``2 / fan_in`` (He, Kaiming).

    Parameters
    ----------
    seed
        ``None``, an int, a string, or a list of those.
    axes
        Which axes are inputs and outputs: a preset's name or explicit roles, as in `VarianceScaling`.

    Notes
    -----
    Uniform on ``[-limit, limit)`` with ``limit = sqrt(6 / fan_in)``.

    Peers
    -----
    Keras, TensorFlow : HeUniform
    JAX : he_uniform
    PyTorch : kaiming_uniform_
        Shapes are (out, in, ...), as with ``axes="conv_oihw"``. Its `a` is the slope of a leaky ReLU:
        ``scale=gain("leaky_relu", a)**2`` of `VarianceScaling` with ``distribution="uniform"``.
    MLX, Lasagne, Objax
        The gain is 1 by default, which is `LecunUniform`.

    References
    ----------
    He, Zhang, Ren and Sun (2015), Delving deep into rectifiers, arXiv:1502.01852.

    Examples
    --------
    >>> HeUniform(seed=7)((256, 128)).shape
    (256, 128)
    """

    _scale, _mode, _distribution = 2.0, "fan_in", "uniform"


@final
class HeNormal(_FanScaled):
    """Truncated normal values of variance ``2 / fan_in`` (He, Kaiming).

    Parameters
    ----------
    seed
        ``None``, an int, a string, or a list of those.
    axes
        Which axes are inputs and outputs: a preset's name or explicit roles, as in `VarianceScaling`.

    Notes
    -----
    Standard deviation ``sqrt(2 / fan_in)`` after truncation.

    Peers
    -----
    Keras, TensorFlow : HeNormal
    JAX : he_normal
    PyTorch : kaiming_normal_
        Not truncated: `VarianceScaling` with ``scale=2`` and ``distribution="untruncated_normal"``.
        Shapes are (out, in, ...), as with ``axes="conv_oihw"``. In JAX ``kaiming_normal`` is truncated, so
        this name alone means neither here.
    Paddle : KaimingNormal
        Not truncated either.
    MindSpore, Chainer : HeNormal
        Not truncated either.
    MXNet : MSRAPrelu
        By default the mean of the fans, a slope of 0.25, and not truncated.
    MLX, Lasagne, Objax
        The gain is 1 by default, which is the variance of `LecunNormal`, and they do not truncate.

    References
    ----------
    He, Zhang, Ren and Sun (2015), Delving deep into rectifiers, arXiv:1502.01852.

    Examples
    --------
    >>> HeNormal(seed=7)((256, 128)).shape
    (256, 128)
    """

    _scale, _mode, _distribution = 2.0, "fan_in", "truncated_normal"


@final
class LecunUniform(_FanScaled):
    """Uniform values of variance ``1 / fan_in`` (LeCun).

    Parameters
    ----------
    seed
        ``None``, an int, a string, or a list of those.
    axes
        Which axes are inputs and outputs: a preset's name or explicit roles, as in `VarianceScaling`.

    Notes
    -----
    Uniform on ``[-limit, limit)`` with ``limit = sqrt(3 / fan_in)``.

    Peers
    -----
    Keras, TensorFlow : LecunUniform
    JAX : lecun_uniform
    PyTorch
        Its linear and convolution layers draw from ``[-1 / sqrt(fan_in), 1 / sqrt(fan_in))``, which is
        `VarianceScaling` with ``scale=1/3`` and ``distribution="uniform"``.

    References
    ----------
    LeCun, Bottou, Orr and Müller (1998), Efficient BackProp.

    Examples
    --------
    >>> LecunUniform(seed=7)((256, 128)).shape
    (256, 128)
    """

    _scale, _mode, _distribution = 1.0, "fan_in", "uniform"


@final
class LecunNormal(_FanScaled):
    """Truncated normal values of variance ``1 / fan_in`` (LeCun).

    Parameters
    ----------
    seed
        ``None``, an int, a string, or a list of those.
    axes
        Which axes are inputs and outputs: a preset's name or explicit roles, as in `VarianceScaling`.

    Notes
    -----
    Standard deviation ``sqrt(1 / fan_in)`` after truncation.

    Peers
    -----
    Keras, TensorFlow : LecunNormal
    JAX : lecun_normal
    Haiku, Sonnet
        Layers draw from a truncated normal of standard deviation ``sqrt(1 / fan_in)`` before truncation,
        which is narrower.
    Chainer : LeCunNormal
        Not truncated.
    Transformers : lecun_normal_
        1.136 times as wide: it is widened for a truncation at 2 standard deviations, and cut off at 2.

    References
    ----------
    LeCun, Bottou, Orr and Müller (1998), Efficient BackProp; Klambauer et al. (2017), arXiv:1706.02515.

    Examples
    --------
    >>> LecunNormal(seed=7)((256, 128)).shape
    (256, 128)
    """

    _scale, _mode, _distribution = 1.0, "fan_in", "truncated_normal"

"""Random values whose variance is scaled by a layer's fans."""

from __future__ import annotations

from typing import final

from seedbed.arguments import choice, finite
from seedbed.fans import AxesLike
from seedbed.random import SeedLike
from seedbed.standard._distribution import distribution_choice
from seedbed.standard._fan_scaled import DISTRIBUTIONS, MODES, DistributionName, FanScaled, Mode


@final
class VarianceScaling(FanScaled):
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
        self.mode = choice("mode", mode, MODES)
        self.distribution = distribution_choice(distribution, DISTRIBUTIONS)

    def _formula(self) -> tuple[float, Mode, DistributionName]:
        return self.scale, self.mode, self.distribution

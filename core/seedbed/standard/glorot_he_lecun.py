"""The methods of Glorot, He and LeCun: variances scaled by a layer's fans in ways that have names."""

from __future__ import annotations

from typing import final

from seedbed.standard._fan_scaled import FanScaled


@final
class GlorotUniform(FanScaled):
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
class GlorotNormal(FanScaled):
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
        that this name alone means neither here.
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
class HeUniform(FanScaled):
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
class HeNormal(FanScaled):
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
        that this name alone means neither here.
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
class LecunUniform(FanScaled):
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
class LecunNormal(FanScaled):
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
        1.136 times as wide, since it is widened for a truncation at 2 standard deviations, and cut off at 2.

    References
    ----------
    LeCun, Bottou, Orr and Müller (1998), Efficient BackProp; Klambauer et al. (2017), arXiv:1706.02515.

    Examples
    --------
    >>> LecunNormal(seed=7)((256, 128)).shape
    (256, 128)
    """

    _scale, _mode, _distribution = 1.0, "fan_in", "truncated_normal"

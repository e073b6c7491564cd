"""The functions of `jax.nn.initializers`, for those who change one line of imports.

Every name is that of JAX's function, with its arguments, defaults and aliases. The distributions are JAX's;
the values are Seedbed's, the same as NumPy's. What differs: complex uniform values of `variance_scaling` fill
a square where JAX's fill a disc of the same variance; `constant` refuses a dtype that does not hold its
numbers, where JAX casts them; and arguments out of range are refused where they are given: a scale of 0 of
`variance_scaling`, a negative scale or standard deviation, an array as one.

Examples
--------
>>> import jax
>>> he_normal()(jax.random.key(7), (256, 128)).shape
(256, 128)
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from operator import index
from typing import Any, Final

import jax
import jax.numpy as jnp
import numpy as np
from jax.nn.initializers import Initializer

from seedbed.errors import ArgumentError, shown
from seedbed.standard import Constant, Ones, RandomNormal, RandomUniform, TruncatedNormal, Zeros
from seedbed_jax.keyed import KeyedInitializer
from seedbed_jax_entries.orthogonal import DeltaOrthogonal, JaxOrthogonal
from seedbed_jax_entries.variance_scaling import JaxVarianceScaling

__all__ = [
    "Initializer",
    "constant",
    "delta_orthogonal",
    "glorot_normal",
    "glorot_uniform",
    "he_normal",
    "he_uniform",
    "kaiming_normal",
    "kaiming_uniform",
    "lecun_normal",
    "lecun_uniform",
    "normal",
    "ones",
    "ones_init",
    "orthogonal",
    "truncated_normal",
    "uniform",
    "variance_scaling",
    "xavier_normal",
    "xavier_uniform",
    "zeros",
    "zeros_init",
]

_MOST_AXES: Final = 64
"""An array of NumPy's has no more."""

zeros: Final = KeyedInitializer(Zeros())
"""Zeros, of every dtype of NumPy's and bfloat16; called with a key and a shape as it is."""

ones: Final = KeyedInitializer(Ones())
"""Ones, of every dtype of NumPy's and bfloat16; called with a key and a shape as it is."""


def constant(value: Any, dtype: Any = None) -> KeyedInitializer:
    """Return an initializer of a number, or of an array that broadcasts to the shape asked for.

    Parameters
    ----------
    value
        A number or an array.
    dtype
        The dtype where a call gives none; ``None`` for JAX's default.

    Raises
    ------
    ArgumentError
        If `value` holds anything but numbers.

    Notes
    -----
    A call raises a `DTypeError` where integers or bools do not hold the numbers exactly, as int32 does not
    hold 3.5 and uint8 does not hold -1, and where a floating dtype would make them infinite.

    Examples
    --------
    >>> constant(-7)(None, (2, 3)).tolist()
    [[-7.0, -7.0, -7.0], [-7.0, -7.0, -7.0]]
    """
    _check_known("value", value)
    try:
        numbers = np.asarray(value)
    except ValueError as error:
        raise ArgumentError(f"value must be a number or an array of numbers, got {shown(value)}") from error
    return KeyedInitializer(Constant(numbers), dtype)


def uniform(scale: Any = 1e-2, dtype: Any = None) -> KeyedInitializer:
    """Return an initializer of uniform values on [0, scale).

    Parameters
    ----------
    scale
        The upper end, finite, at least 0.
    dtype
        The dtype where a call gives none; ``None`` for JAX's default.

    Raises
    ------
    ArgumentError
        If `scale` is out of range.

    Examples
    --------
    >>> import jax
    >>> values = uniform(10.0)(jax.random.key(7), (256, 128))
    >>> bool(values.min() >= 0), bool(values.max() < 10)
    (True, True)
    """
    return KeyedInitializer(RandomUniform(0.0, _number("scale", scale, least=0.0)), dtype)


def normal(stddev: Any = 1e-2, dtype: Any = None) -> KeyedInitializer:
    """Return an initializer of normal values of mean 0.

    Parameters
    ----------
    stddev
        Their standard deviation, finite, at least 0.
    dtype
        The dtype where a call gives none; ``None`` for JAX's default.

    Raises
    ------
    ArgumentError
        If `stddev` is out of range.

    Examples
    --------
    >>> import jax
    >>> round(float(normal(5.0)(jax.random.key(7), (256, 128)).std()), 1)
    5.0
    """
    return KeyedInitializer(RandomNormal(stddev=_number("stddev", stddev)), dtype)


def truncated_normal(
    stddev: Any = 1e-2, dtype: Any = None, lower: Any = -2.0, upper: Any = 2.0
) -> KeyedInitializer:
    """Return an initializer of normal values of mean 0, cut off on both sides.

    Parameters
    ----------
    stddev
        The standard deviation before truncation, finite, at least 0.
    dtype
        The dtype where a call gives none; ``None`` for JAX's default.
    lower, upper
        The bounds in units of `stddev`, ``lower < upper``; they may be infinite.

    Raises
    ------
    ArgumentError
        If an argument is out of range.

    Examples
    --------
    >>> import jax
    >>> bool(abs(truncated_normal(5.0)(jax.random.key(7), (256, 128))).max() <= 10)
    True
    """
    distribution = TruncatedNormal(
        stddev=_number("stddev", stddev), lower=_bound("lower", lower), upper=_bound("upper", upper)
    )
    return KeyedInitializer(distribution, dtype)


def variance_scaling(  # noqa: PLR0917 - the order of the arguments is JAX's
    scale: Any,
    mode: str,
    distribution: str,
    in_axis: int | Sequence[int] = -2,
    out_axis: int | Sequence[int] = -1,
    batch_axis: int | Sequence[int] = (),
    dtype: Any = None,
) -> KeyedInitializer:
    """Return an initializer of values of variance ``scale / n``.

    Parameters
    ----------
    scale
        Above 0.
    mode
        `n`: ``"fan_in"``, ``"fan_out"``, ``"fan_avg"`` (their mean) or ``"fan_geo_avg"`` (the square root of
        their product). It is below 1 only where an axis has several roles.
    distribution
        ``"truncated_normal"``, cut off at two standard deviations and widened to keep the variance;
        ``"normal"``, which is not truncated; or ``"uniform"``.
    in_axis, out_axis, batch_axis
        An axis, or several. Those with none of the three roles are the receptive field. One may have several
        roles: ``out_axis=0`` is Flax's for embeddings, whose ``fan_in`` is then what an embedding is long.
    dtype
        The dtype where a call gives none; ``None`` for JAX's default.

    Raises
    ------
    ArgumentError
        If an argument is out of range.

    References
    ----------
    Glorot and Bengio (2010), Understanding the difficulty of training deep feedforward neural networks.
    He, Zhang, Ren and Sun (2015), Delving deep into rectifiers, arXiv:1502.01852.

    Examples
    --------
    >>> import jax
    >>> weights = variance_scaling(2.0, "fan_in", "normal")(jax.random.key(7), (256, 128))
    >>> round(float(weights.std()), 3)
    0.088
    """
    given = {"in": ("in_axis", in_axis), "out": ("out_axis", out_axis), "batch": ("batch_axis", batch_axis)}
    axes = {role: _axes(name, axis) for role, (name, axis) in given.items()}
    return KeyedInitializer(JaxVarianceScaling(_number("scale", scale), mode, distribution, axes=axes), dtype)


def glorot_uniform(
    in_axis: int | Sequence[int] = -2,
    out_axis: int | Sequence[int] = -1,
    batch_axis: int | Sequence[int] = (),
    dtype: Any = None,
) -> KeyedInitializer:
    """Return an initializer of uniform values of variance ``2 / (fan_in + fan_out)`` (Glorot, Xavier).

    Uniform on ``[-limit, limit)`` with ``limit = sqrt(6 / (fan_in + fan_out))``.
    The arguments, and what is raised, are those of `variance_scaling`.

    References
    ----------
    Glorot and Bengio (2010), Understanding the difficulty of training deep feedforward neural networks.
    """
    return variance_scaling(1.0, "fan_avg", "uniform", in_axis, out_axis, batch_axis, dtype)


def glorot_normal(
    in_axis: int | Sequence[int] = -2,
    out_axis: int | Sequence[int] = -1,
    batch_axis: int | Sequence[int] = (),
    dtype: Any = None,
) -> KeyedInitializer:
    """Return an initializer of truncated normal values of variance ``2 / (fan_in + fan_out)`` (Glorot).

    Standard deviation ``sqrt(2 / (fan_in + fan_out))`` after truncation.
    The arguments, and what is raised, are those of `variance_scaling`.

    References
    ----------
    Glorot and Bengio (2010), Understanding the difficulty of training deep feedforward neural networks.
    """
    return variance_scaling(1.0, "fan_avg", "truncated_normal", in_axis, out_axis, batch_axis, dtype)


def lecun_uniform(
    in_axis: int | Sequence[int] = -2,
    out_axis: int | Sequence[int] = -1,
    batch_axis: int | Sequence[int] = (),
    dtype: Any = None,
) -> KeyedInitializer:
    """Return an initializer of uniform values of variance ``1 / fan_in`` (LeCun).

    Uniform on ``[-limit, limit)`` with ``limit = sqrt(3 / fan_in)``.
    The arguments, and what is raised, are those of `variance_scaling`.

    References
    ----------
    LeCun, Bottou, Orr and Müller (1998), Efficient BackProp.
    """
    return variance_scaling(1.0, "fan_in", "uniform", in_axis, out_axis, batch_axis, dtype)


def lecun_normal(
    in_axis: int | Sequence[int] = -2,
    out_axis: int | Sequence[int] = -1,
    batch_axis: int | Sequence[int] = (),
    dtype: Any = None,
) -> KeyedInitializer:
    """Return an initializer of truncated normal values of variance ``1 / fan_in`` (LeCun).

    Standard deviation ``sqrt(1 / fan_in)`` after truncation.
    The arguments, and what is raised, are those of `variance_scaling`.

    References
    ----------
    LeCun, Bottou, Orr and Müller (1998), Efficient BackProp.
    """
    return variance_scaling(1.0, "fan_in", "truncated_normal", in_axis, out_axis, batch_axis, dtype)


def he_uniform(
    in_axis: int | Sequence[int] = -2,
    out_axis: int | Sequence[int] = -1,
    batch_axis: int | Sequence[int] = (),
    dtype: Any = None,
) -> KeyedInitializer:
    """Return an initializer of uniform values of variance ``2 / fan_in`` (He, Kaiming).

    Uniform on ``[-limit, limit)`` with ``limit = sqrt(6 / fan_in)``.
    The arguments, and what is raised, are those of `variance_scaling`.

    References
    ----------
    He, Zhang, Ren and Sun (2015), Delving deep into rectifiers, arXiv:1502.01852.
    """
    return variance_scaling(2.0, "fan_in", "uniform", in_axis, out_axis, batch_axis, dtype)


def he_normal(
    in_axis: int | Sequence[int] = -2,
    out_axis: int | Sequence[int] = -1,
    batch_axis: int | Sequence[int] = (),
    dtype: Any = None,
) -> KeyedInitializer:
    """Return an initializer of truncated normal values of variance ``2 / fan_in`` (He, Kaiming).

    Standard deviation ``sqrt(2 / fan_in)`` after truncation.
    The arguments, and what is raised, are those of `variance_scaling`.

    References
    ----------
    He, Zhang, Ren and Sun (2015), Delving deep into rectifiers, arXiv:1502.01852.
    """
    return variance_scaling(2.0, "fan_in", "truncated_normal", in_axis, out_axis, batch_axis, dtype)


def orthogonal(scale: Any = 1.0, column_axis: int = -1, dtype: Any = None) -> KeyedInitializer:
    """Return an initializer of uniformly distributed orthogonal matrices.

    Parameters
    ----------
    scale
        A factor, finite.
    column_axis
        The axis that is the columns; the others together are the rows. The shorter side is orthonormal.
    dtype
        The dtype where a call gives none; ``None`` for JAX's default.

    Raises
    ------
    ArgumentError
        If an argument is out of range.

    References
    ----------
    Saxe, McClelland and Ganguli (2014), arXiv:1312.6120.

    Examples
    --------
    >>> import jax, numpy
    >>> q = numpy.asarray(orthogonal()(jax.random.key(7), (64, 64)))
    >>> bool(numpy.allclose(q.T @ q, numpy.eye(64), atol=1e-5))
    True
    """
    return KeyedInitializer(JaxOrthogonal(_number("scale", scale), column_axis=column_axis), dtype)


def delta_orthogonal(scale: Any = 1.0, column_axis: int = -1, dtype: Any = None) -> KeyedInitializer:
    """Return an initializer of convolutions with an orthogonal matrix at the centre, and 0 elsewhere.

    Parameters
    ----------
    scale
        A factor, finite.
    column_axis
        Which axis of the matrix (in, out) is the columns.
    dtype
        The dtype where a call gives none; ``None`` for JAX's default.

    Raises
    ------
    ArgumentError
        If an argument is out of range.

    References
    ----------
    Xiao, Bahri, Sohl-Dickstein, Schoenholz and Pennington (2018), arXiv:1806.05393.

    Examples
    --------
    >>> import jax
    >>> kernel = delta_orthogonal()(jax.random.key(7), (3, 3, 8, 8))
    >>> float(abs(kernel).sum() - abs(kernel[1, 1]).sum())
    0.0
    """
    return KeyedInitializer(DeltaOrthogonal(_number("scale", scale), column_axis=column_axis), dtype)


xavier_uniform = glorot_uniform
xavier_normal = glorot_normal
kaiming_uniform = he_uniform
kaiming_normal = he_normal


def zeros_init() -> KeyedInitializer:
    """Return `zeros`, by the function that Flax has for it."""
    return zeros


def ones_init() -> KeyedInitializer:
    """Return `ones`, by the function that Flax has for it."""
    return ones


def _axes(name: str, given: Any) -> list[int]:
    """Return what was given as the argument `name`, an axis or several, also of NumPy or JAX, as ints.

    Raises
    ------
    ArgumentError
        If it is none, or traced.
    """
    _check_known(name, given)
    axes = given.tolist() if isinstance(given, np.ndarray | np.generic | jax.Array) else given
    many = axes if isinstance(axes, Sequence) and not isinstance(axes, str | bytes) else [axes]
    try:
        return [_axis(axis) for axis in many]
    except TypeError as error:
        raise ArgumentError(
            f"{name} must be an axis or several, ints from -64 to 63 such as -2 or (0, 1), got {shown(given)}"
        ) from error


def _axis(given: Any) -> int:
    found = index(given)
    if isinstance(given, bool | np.bool_) or not -_MOST_AXES <= found < _MOST_AXES:
        raise TypeError(f"{given} is no axis")
    return found


def _number(name: str, value: Any, *, least: float = -math.inf) -> float:
    """Return what was given as the argument `name`, a number of Python, NumPy or JAX, as a finite float.

    Raises
    ------
    ArgumentError
        If it is none, is below `least`, or is traced.
    """
    number = _bound(name, value)
    if not math.isfinite(number) or number < least:
        at_least = "" if least == -math.inf else f" of at least {least:g}"
        raise ArgumentError(f"{name} must be a finite number{at_least}, got {shown(value)}")
    return number


def _bound(name: str, value: Any) -> float:
    """Return it as a float that may be infinite."""
    _check_known(name, value)
    array = np.asarray(value)
    if array.shape or not any(jnp.issubdtype(array.dtype, kind) for kind in (np.floating, np.integer)):
        raise ArgumentError(f"{name} must be a number, got {shown(value)} of type {type(value).__name__}")
    return float(array)


def _check_known(name: str, value: Any) -> None:
    if isinstance(value, jax.core.Tracer):
        raise ArgumentError(
            f"got a traced {name}, whose value is not known while a function is traced; pass a number, and "
            "multiply or add to what is drawn by what is traced"
        )

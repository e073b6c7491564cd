"""A drop-in for `torch.nn.init`: the same functions, whose values come from Seedbed's streams.

What is random takes its seed from `generator`, or else from PyTorch's default generator, so that
`torch.manual_seed` makes it repeatable. One state of the generator gives the same values on every device, for
every number of threads and however a `DTensor` is sharded. What is not random is PyTorch's own.

Fans are PyTorch's: a tensor is (out, in, *space), whatever it is a weight of.

What is random takes a tensor of any strides and on any device, of float16, bfloat16, float32, float64,
complex64 or complex128, and returns it. Numbers may be tensors of one element. Arguments that make no sense
are a `ValueError`, such dtypes a `seedbed.errors.DTypeError`, before the tensor or the generator has changed.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, Final, ParamSpec, TypeVar

import numpy as np
from torch import Generator, Tensor
from torch.nn.init import calculate_gain, constant_, dirac_, eye_, ones_, zeros_

import seedbed
from seedbed.errors import ArgumentError, shown
from seedbed.models.layout import ARRAY, LAYOUTS
from seedbed.standard import Orthogonal, RandomNormal, RandomUniform, TruncatedNormal, VarianceScaling
from seedbed.warning import warn
from seedbed_torch.arrays import check_writable, is_fake
from seedbed_torch.compiling import uncompiled
from seedbed_torch.filling import fill, values_of
from seedbed_torch.shards import fresh_seed
from seedbed_torch_entries.sparse import TorchSparse

__all__ = [
    "calculate_gain",
    "constant",
    "constant_",
    "dirac",
    "dirac_",
    "eye",
    "eye_",
    "kaiming_normal",
    "kaiming_normal_",
    "kaiming_uniform",
    "kaiming_uniform_",
    "normal",
    "normal_",
    "ones_",
    "orthogonal",
    "orthogonal_",
    "sparse",
    "sparse_",
    "trunc_normal_",
    "uniform",
    "uniform_",
    "xavier_normal",
    "xavier_normal_",
    "xavier_uniform",
    "xavier_uniform_",
    "zeros_",
]

_LEAST_GAIN: Final = 1e-150

_Arguments = ParamSpec("_Arguments")
_Result = TypeVar("_Result")


@uncompiled
def uniform_(tensor: Tensor, a: float = 0.0, b: float = 1.0, generator: Generator | None = None) -> Tensor:
    """Fill with values that are uniform on [a, b), where `a` is at most `b`.

    Examples
    --------
    >>> import torch
    >>> drawn = uniform_(torch.empty(2, 3), -1.0, 1.0)
    >>> bool(drawn.min() >= -1 and drawn.max() < 1)
    True
    """
    _check(tensor, generator)
    return _draw(tensor, generator, RandomUniform, minval=a, maxval=b)


@uncompiled
def normal_(
    tensor: Tensor, mean: float = 0.0, std: float = 1.0, generator: Generator | None = None
) -> Tensor:
    """Fill with normal values of a standard deviation of at least 0.

    Examples
    --------
    >>> import torch
    >>> one, other = (normal_(torch.empty(3), generator=torch.Generator().manual_seed(7)) for _ in range(2))
    >>> torch.equal(one, other)
    True
    """
    _check(tensor, generator)
    return _draw(tensor, generator, RandomNormal, mean=mean, stddev=std)


@uncompiled
def trunc_normal_(  # noqa: PLR0917 - the signature is PyTorch's
    tensor: Tensor,
    mean: float = 0.0,
    std: float = 1.0,
    a: float = -2.0,
    b: float = 2.0,
    generator: Generator | None = None,
) -> Tensor:
    """Fill with normal values, each given that it lies between `a` and `b`, which are values themselves.

    `std` is above 0, `a` at most `b`; either may be infinite. PyTorch warns where `mean` is more than two
    standard deviations outside. Here the distribution is right up to 36, beyond which there is an error.

    Examples
    --------
    >>> import torch
    >>> drawn = trunc_normal_(torch.empty(2, 3), std=0.02, a=-0.04, b=0.04)
    >>> bool(drawn.abs().max() <= 0.04)
    True
    """
    _check(tensor, generator)
    if a == b:
        TruncatedNormal(mean=_number(mean), stddev=_number(std))  # refuses what makes no sense
        return _constant(tensor, _number(a))
    return _draw(
        tensor, generator, TruncatedNormal, mean=mean, stddev=std, lower=a, upper=b, bounds="absolute"
    )


@uncompiled
def xavier_uniform_(tensor: Tensor, gain: float = 1.0, generator: Generator | None = None) -> Tensor:
    """Fill with uniform values of variance ``gain^2 * 2 / (fan_in + fan_out)``, where `gain` is at least 0.

    Examples
    --------
    >>> import torch
    >>> drawn = xavier_uniform_(torch.empty(4, 2))  # the bound is the root of 6 / (fan_in + fan_out)
    >>> bool(drawn.abs().max() <= 1)
    True

    References
    ----------
    Glorot and Bengio (2010), Understanding the difficulty of training deep feedforward neural networks.
    """
    _check(tensor, generator)
    return _scaled(tensor, generator, gain, "fan_avg", "uniform")


@uncompiled
def xavier_normal_(tensor: Tensor, gain: float = 1.0, generator: Generator | None = None) -> Tensor:
    """Fill with normal values of variance ``gain^2 * 2 / (fan_in + fan_out)``, where `gain` is at least 0.

    Examples
    --------
    >>> import torch
    >>> xavier_normal_(torch.empty(4, 2, 3, 3)).shape
    torch.Size([4, 2, 3, 3])

    References
    ----------
    Glorot and Bengio (2010), Understanding the difficulty of training deep feedforward neural networks.
    """
    _check(tensor, generator)
    return _scaled(tensor, generator, gain, "fan_avg", "untruncated_normal")


@uncompiled
def kaiming_uniform_(
    tensor: Tensor,
    a: float = 0,
    mode: str = "fan_in",
    nonlinearity: str = "leaky_relu",
    generator: Generator | None = None,
) -> Tensor:
    """Fill with uniform values of variance ``gain^2 / fan``.

    `mode` is ``"fan_in"`` or ``"fan_out"``; the gain is ``calculate_gain(nonlinearity, a)``, where `a` is the
    slope of a leaky ReLU.

    Examples
    --------
    >>> import torch
    >>> drawn = kaiming_uniform_(torch.empty(2, 6))  # the bound is the root of 6 / fan_in
    >>> bool(drawn.abs().max() <= 1)
    True

    References
    ----------
    He et al. (2015), Delving deep into rectifiers, arXiv:1502.01852.
    """
    _check(tensor, generator)
    return _kaiming(tensor, generator, a, mode, nonlinearity, "uniform")


@uncompiled
def kaiming_normal_(
    tensor: Tensor,
    a: float = 0,
    mode: str = "fan_in",
    nonlinearity: str = "leaky_relu",
    generator: Generator | None = None,
) -> Tensor:
    """Fill with normal values of variance ``gain^2 / fan``, `fan` and gain being those of `kaiming_uniform_`.

    Examples
    --------
    >>> import torch
    >>> kaiming_normal_(torch.empty(2, 6), mode="fan_out", nonlinearity="relu").shape
    torch.Size([2, 6])

    References
    ----------
    He et al. (2015), Delving deep into rectifiers, arXiv:1502.01852.
    """
    _check(tensor, generator)
    return _kaiming(tensor, generator, a, mode, nonlinearity, "untruncated_normal")


@uncompiled
def orthogonal_(tensor: Tensor, gain: float = 1, generator: Generator | None = None) -> Tensor:
    """Fill with an orthogonal matrix, whose rows are the first axis, and whose columns all others.

    Examples
    --------
    >>> import torch
    >>> rows = orthogonal_(torch.empty(2, 3, 4)).flatten(1)
    >>> torch.allclose(rows @ rows.T, torch.eye(2), atol=1e-6)
    True

    References
    ----------
    Saxe et al. (2013), Exact solutions to the nonlinear dynamics of learning in deep linear neural networks,
    arXiv:1312.6120.
    """
    _check(tensor, generator)
    if tensor.ndim < 2:
        raise ValueError(
            f"Only tensors with 2 or more dimensions are supported, got shape {tuple(tensor.shape)}"
        )
    layout = "linear" if tensor.ndim == 2 else "conv"
    return _draw(tensor, generator, Orthogonal, layout=layout, gain=gain)


@uncompiled
def sparse_(tensor: Tensor, sparsity: float, std: float = 0.01, generator: Generator | None = None) -> Tensor:
    """Fill with normal values, of which a fraction of each column, from 0 to 1 and rounded up, is zero.

    Examples
    --------
    >>> import torch
    >>> drawn = sparse_(torch.empty(10, 2), sparsity=0.25)
    >>> (drawn == 0).sum(dim=0)
    tensor([3, 3])

    References
    ----------
    Martens (2010), Deep learning via Hessian-free optimization.
    """
    _check(tensor, generator)
    if tensor.ndim != 2:
        raise ValueError(f"Only tensors with 2 dimensions are supported, got shape {tuple(tensor.shape)}")
    return _draw(tensor, generator, TorchSparse, sparsity=sparsity, stddev=std, axes="dense_oi")


def _check(tensor: Tensor, generator: Generator | None) -> None:
    """Refuse a tensor that cannot be written to, and what is no generator."""
    check_writable(tensor, may_be_fake=True)
    if not isinstance(generator, Generator | None):
        raise ArgumentError(f"got generator {shown(generator)}; pass a torch.Generator, or None")


def _kaiming(  # noqa: PLR0917 - the arguments of two functions, handed on
    tensor: Tensor, generator: Generator | None, a: float, mode: str, nonlinearity: str, distribution: str
) -> Tensor:
    if 0 in tensor.shape:
        warn("Initializing zero-element tensors is a no-op")
        return tensor
    gain = calculate_gain(nonlinearity, _number(a))  # type: ignore[arg-type]
    if not isinstance(mode, str) or mode.lower() not in ("fan_in", "fan_out"):
        raise ValueError(f"Mode {mode} not supported, please use one of ['fan_in', 'fan_out']")
    return _scaled(tensor, generator, gain, mode.lower(), distribution)


def _scaled(tensor: Tensor, generator: Generator | None, gain: float, mode: str, distribution: str) -> Tensor:
    if tensor.ndim < 2:
        raise ValueError(
            "Fan in and fan out can not be computed for tensor with fewer than 2 dimensions, "
            f"got shape {tuple(tensor.shape)}"
        )
    gain = _number(gain)
    if gain == 0:  # which PyTorch allows, and a variance of 0 would be refused
        return _constant(tensor, 0.0)
    if not _LEAST_GAIN < gain < 1 / _LEAST_GAIN:
        raise ArgumentError(
            f"gain must be 0 or a number whose square float64 holds, above {_LEAST_GAIN}, got {shown(gain)}"
        )
    return _draw(
        tensor,
        generator,
        VarianceScaling,
        scale=gain**2,
        mode=mode,
        distribution=distribution,
        axes="conv_oihw",
    )


def _constant(tensor: Tensor, value: float) -> Tensor:
    """Fill with the one value that a distribution has, in the dtypes that distributions have."""
    values_of(tensor, RandomUniform(minval=value, maxval=value), ARRAY)
    return constant_(tensor, value)


def _number(value: Any) -> Any:
    """Return Python's number for an array or a tensor of one element, which PyTorch takes."""
    if isinstance(value, np.generic | np.ndarray) and value.size == 1:
        return value.item()
    return value.item() if isinstance(value, Tensor) and value.numel() == 1 else value


def _draw(
    tensor: Tensor,
    generator: Generator | None,
    kind: Callable[..., seedbed.Initializer],
    *,
    layout: str | None = None,
    **arguments: Any,
) -> Tensor:
    """Fill a tensor that has memory; for one on the meta device, and a fake one, there is nothing to do."""
    initializer = kind(**{name: _number(value) for name, value in arguments.items()})
    chosen = ARRAY if layout is None else LAYOUTS[layout]
    values_of(tensor, initializer, chosen)  # refuses before the generator is asked
    if not tensor.is_meta and not is_fake(tensor):
        seeded = seedbed.get(initializer, seed=fresh_seed(tensor, generator))
        fill(tensor, values_of(tensor, seeded, chosen))
    return tensor


def _deprecated(function: Callable[_Arguments, _Result], old: str) -> Callable[_Arguments, _Result]:
    @functools.wraps(function)
    def deprecated(*args: _Arguments.args, **kwargs: _Arguments.kwargs) -> _Result:
        warn(f"`{__name__}.{old}` is now deprecated in favor of `{__name__}.{old}_`.", FutureWarning)
        return function(*args, **kwargs)

    deprecated.__name__ = deprecated.__qualname__ = old
    return deprecated


# PyTorch's names of before 0.4, which it still has.
uniform = _deprecated(uniform_, "uniform")
normal = _deprecated(normal_, "normal")
constant = _deprecated(constant_, "constant")
eye = _deprecated(eye_, "eye")
dirac = _deprecated(dirac_, "dirac")
xavier_uniform = _deprecated(xavier_uniform_, "xavier_uniform")
xavier_normal = _deprecated(xavier_normal_, "xavier_normal")
kaiming_uniform = _deprecated(kaiming_uniform_, "kaiming_uniform")
kaiming_normal = _deprecated(kaiming_normal_, "kaiming_normal")
orthogonal = _deprecated(orthogonal_, "orthogonal")
sparse = _deprecated(sparse_, "sparse")

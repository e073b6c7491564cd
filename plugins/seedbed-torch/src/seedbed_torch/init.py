"""A drop-in for `torch.nn.init`: the same functions, whose values come from Seedbed's streams.

What is random takes its seed from `generator`, or else from PyTorch's default generator, so that
`torch.manual_seed` makes it repeatable. One state of the generator gives the same values on every device, for
every number of threads and however a `DTensor` is sharded. What is not random is PyTorch's own.

Fans are PyTorch's: a tensor is (out, in, *space), whatever it is a weight of.
"""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

from torch import Generator, Tensor
from torch.nn.init import calculate_gain, constant_, dirac_, eye_, ones_, zeros_

import seedbed
from seedbed.standard import Orthogonal, RandomNormal, RandomUniform, TruncatedNormal, VarianceScaling
from seedbed_torch.shards import fresh_seed
from seedbed_torch.tensors import init_
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

_Arguments = ParamSpec("_Arguments")
_Result = TypeVar("_Result")


def uniform_(tensor: Tensor, a: float = 0.0, b: float = 1.0, generator: Generator | None = None) -> Tensor:
    """Fill with values that are uniform on [a, b)."""
    return _draw(tensor, generator, RandomUniform, minval=a, maxval=b)


def normal_(
    tensor: Tensor, mean: float = 0.0, std: float = 1.0, generator: Generator | None = None
) -> Tensor:
    """Fill with normal values."""
    return _draw(tensor, generator, RandomNormal, mean=mean, stddev=std)


def trunc_normal_(  # noqa: PLR0917 - the signature is PyTorch's
    tensor: Tensor,
    mean: float = 0.0,
    std: float = 1.0,
    a: float = -2.0,
    b: float = 2.0,
    generator: Generator | None = None,
) -> Tensor:
    """Fill with normal values, each given that it lies between `a` and `b`, which are values themselves."""
    return _draw(
        tensor, generator, TruncatedNormal, mean=mean, stddev=std, lower=a, upper=b, bounds="absolute"
    )


def xavier_uniform_(tensor: Tensor, gain: float = 1.0, generator: Generator | None = None) -> Tensor:
    """Fill with uniform values of variance ``gain^2 * 2 / (fan_in + fan_out)``."""
    return _scaled(tensor, generator, gain, "fan_avg", "uniform")


def xavier_normal_(tensor: Tensor, gain: float = 1.0, generator: Generator | None = None) -> Tensor:
    """Fill with normal values of variance ``gain^2 * 2 / (fan_in + fan_out)``."""
    return _scaled(tensor, generator, gain, "fan_avg", "untruncated_normal")


def kaiming_uniform_(
    tensor: Tensor,
    a: float = 0,
    mode: str = "fan_in",
    nonlinearity: str = "leaky_relu",
    generator: Generator | None = None,
) -> Tensor:
    """Fill with uniform values of variance ``gain^2 / fan``, `a` being the slope of a leaky ReLU."""
    gain = calculate_gain(nonlinearity, a)  # type: ignore[arg-type]
    return _scaled(tensor, generator, gain, _fan(mode), "uniform")


def kaiming_normal_(
    tensor: Tensor,
    a: float = 0,
    mode: str = "fan_in",
    nonlinearity: str = "leaky_relu",
    generator: Generator | None = None,
) -> Tensor:
    """Fill with normal values of variance ``gain^2 / fan``, `a` being the slope of a leaky ReLU."""
    gain = calculate_gain(nonlinearity, a)  # type: ignore[arg-type]
    return _scaled(tensor, generator, gain, _fan(mode), "untruncated_normal")


def orthogonal_(tensor: Tensor, gain: float = 1, generator: Generator | None = None) -> Tensor:
    """Fill with an orthogonal matrix, whose rows are the first axis, and whose columns all others."""
    if tensor.ndim < 2:
        raise ValueError(
            f"Only tensors with 2 or more dimensions are supported, got shape {tuple(tensor.shape)}"
        )
    layout = "linear" if tensor.ndim == 2 else "conv"
    return _draw(tensor, generator, Orthogonal, layout=layout, gain=gain)


def sparse_(tensor: Tensor, sparsity: float, std: float = 0.01, generator: Generator | None = None) -> Tensor:
    """Fill with normal values, of which a fraction of each column is zero."""
    if tensor.ndim != 2:
        raise ValueError(f"Only tensors with 2 dimensions are supported, got shape {tuple(tensor.shape)}")
    return _draw(tensor, generator, TorchSparse, sparsity=sparsity, stddev=std, axes="dense_oi")


def _scaled(tensor: Tensor, generator: Generator | None, gain: float, mode: str, distribution: str) -> Tensor:
    if tensor.ndim < 2:
        raise ValueError(
            "Fan in and fan out can not be computed for tensor with fewer than 2 dimensions, "
            f"got shape {tuple(tensor.shape)}"
        )
    if gain == 0:  # which PyTorch allows, and a variance of 0 would be refused
        return zeros_(tensor)
    return _draw(
        tensor,
        generator,
        VarianceScaling,
        scale=gain**2,
        mode=mode,
        distribution=distribution,
        axes="conv_oihw",
    )


def _fan(mode: str) -> str:
    if mode.lower() not in ("fan_in", "fan_out"):
        raise ValueError(f"Mode {mode} not supported, please use one of ['fan_in', 'fan_out']")
    return mode.lower()


def _draw(
    tensor: Tensor,
    generator: Generator | None,
    kind: Callable[..., seedbed.Initializer],
    *,
    layout: str | None = None,
    **arguments: Any,
) -> Tensor:
    """Fill a tensor that has memory; on the meta device there is nothing to do, as in PyTorch."""
    if tensor.is_meta:
        return tensor
    initializer = kind(**arguments, seed=fresh_seed(tensor, generator))
    return init_(tensor, initializer, layout=layout)


def _deprecated(function: Callable[_Arguments, _Result], old: str) -> Callable[_Arguments, _Result]:
    @functools.wraps(function)
    def deprecated(*args: _Arguments.args, **kwargs: _Arguments.kwargs) -> _Result:
        warnings.warn(
            f"`{__name__}.{old}` is now deprecated in favor of `{__name__}.{old}_`.",
            FutureWarning,
            stacklevel=2,
        )
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

"""Buffers that seem to have no values, as after `torch.nn.Module.to_empty`."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from types import MappingProxyType
from typing import Final

import torch
from torch import Tensor, nn

from seedbed_torch.distributed import local_part
from seedbed_torch.layouts import own_parameters

_STATISTICS: Final = MappingProxyType({"running_mean": 0, "running_var": 1, "num_batches_tracked": 0})
"""The buffers of norms, and the values that PyTorch's own `reset_running_stats` gives them."""


def is_statistic(owner: nn.Module, key: str) -> bool:
    """Say whether a buffer is a statistic of a norm, whose reset PyTorch has."""
    return key in _STATISTICS and hasattr(owner, "reset_running_stats")


def statistics_off(owner: nn.Module, drawn: Collection[int]) -> list[str]:
    """Return which statistics of a norm are not at their reset, if its weights are among those `drawn`."""
    own = {id(tensor) for _, tensor in own_parameters(owner)}
    if own.isdisjoint(drawn) if own else not drawn:
        return []
    buffers = nn.Module.named_buffers(owner, recurse=False)
    return [
        key
        for key, buffer in buffers
        if is_statistic(owner, key)
        and not buffer.is_meta
        and bool((local_part(buffer) != _STATISTICS[key]).any())
    ]


def is_new(module: nn.Module) -> bool:
    """Say whether no parameter has been written to in place, as the constructors of PyTorch's layers do."""
    parameters = _parameters(module)
    first = next(parameters, None)
    return first is not None and _is_new(first) and all(map(_is_new, parameters))


def is_close(one: Tensor, other: Tensor) -> bool:
    """Say whether two buffers have the same values, but for how devices round, as far as they are here."""
    here, there = local_part(one), local_part(other).to(one.device, one.dtype)
    return here.shape == there.shape and torch.allclose(here, there, equal_nan=True)


def unwritten_among(module: nn.Module, buffers: Mapping[str, Tensor]) -> list[str]:
    """Return the names of buffers that look like memory that nobody wrote to, in a module that is new.

    These are those with numbers that are none, or too small for any model. They are all where a parameter has
    such numbers, or no matrix has any, and one of the buffers looks like that as well.
    """
    parameters = list(_parameters(module))
    matrices = [tensor for tensor in parameters if tensor.ndim > 1]
    is_empty = any(map(_is_garbage, parameters)) or (bool(matrices) and all(map(_is_zero, matrices)))
    if is_empty and any(_is_garbage(buffer) or _is_zero(buffer) for buffer in buffers.values()):
        return list(buffers)
    return [name for name, buffer in buffers.items() if _is_garbage(buffer)]


def _parameters(module: nn.Module) -> Iterator[Tensor]:
    everything = (tensor for part in module.modules() for _, tensor in own_parameters(part))
    return (tensor for tensor in everything if not tensor.is_meta)


def _is_new(tensor: Tensor) -> bool:
    return not nn.parameter.is_lazy(tensor) and not tensor.is_inference() and tensor._version == 0  # noqa: SLF001


def _is_garbage(tensor: Tensor) -> bool:
    """Say whether the first elements of a tensor have values that no model has."""
    first = _first(tensor)
    if first.dtype == torch.bool:
        return bool((first.view(torch.uint8) > 1).any())
    if not first.is_floating_point():
        return False
    size = first.abs()
    return bool((first.isnan() | ((size > 0) & (size < torch.finfo(first.dtype).tiny))).any())


def _is_zero(tensor: Tensor) -> bool:
    first = _first(tensor)
    return bool(first.numel()) and not bool(first.any())


def _first(tensor: Tensor) -> Tensor:
    local = local_part(tensor.detach())
    return local[tuple(slice(0, 64 if local.ndim == 1 else 8) for _ in local.shape)]

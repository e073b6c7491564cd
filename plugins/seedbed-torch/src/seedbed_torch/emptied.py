"""Buffers that seem to have no values, as after `torch.nn.Module.to_empty`."""

from __future__ import annotations

from collections.abc import Collection
from types import MappingProxyType
from typing import Final

import torch
from torch import Tensor, nn

from seedbed_torch.distributed import local_part
from seedbed_torch.layouts import own_parameters
from seedbed_torch.trees import Tree

_STATISTICS: Final = MappingProxyType({"running_mean": 0, "running_var": 1, "num_batches_tracked": 0})
"""The buffers of norms, and the values that PyTorch's own `reset_running_stats` gives them."""


def is_statistic(owner: nn.Module, key: str) -> bool:
    """Say whether a buffer is a statistic of a norm, whose reset PyTorch has."""
    return key in _STATISTICS and hasattr(owner, "reset_running_stats")


def statistics_off(owner: nn.Module, drawn: Collection[int], *, all_drawn: bool) -> list[str]:
    """Return which statistics of a norm are not at their reset, if its weights are among those `drawn`.

    Those of a norm without weights belong to what is around it, which is drawn for sure if all is.
    """
    own = {id(tensor) for _, tensor in own_parameters(owner)}
    if own.isdisjoint(drawn) if own else not all_drawn:
        return []
    buffers = nn.Module.named_buffers(owner, recurse=False)
    return [
        key
        for key, buffer in buffers
        if is_statistic(owner, key)
        and not buffer.is_meta
        and bool((local_part(buffer) != _STATISTICS[key]).any())
    ]


def is_emptied(tree: Tree) -> bool:
    """Say whether a module has surely been through `to_empty`, or was made in memory nobody wrote to.

    The constructors of PyTorch's layers write to their parameters in place. Nobody has written to any of them
    then, and one has numbers that no model has, or all matrices are zero: they have lost what was written.
    """
    parameters = [
        (part, tensor) for part in tree.parts for _, tensor in own_parameters(part) if not tensor.is_meta
    ]
    if not all(_is_new(tensor) for _, tensor in parameters):
        return False
    theirs = [tensor for part, tensor in parameters if _is_reset_by_pytorch(part)]
    matrices = [tensor for tensor in theirs if tensor.ndim > 1]
    return any(map(_is_garbage, theirs)) or (bool(matrices) and all(map(_is_zero, matrices)))


def _is_reset_by_pytorch(layer: nn.Module) -> bool:
    return type(layer).__module__.startswith("torch.nn.") and hasattr(layer, "reset_parameters")


def is_untouched(buffer: Tensor) -> bool:
    """Say whether a buffer has memory that has not been written to in place since it was made."""
    return not buffer.is_meta and not buffer.is_inference() and buffer._version == 0  # noqa: SLF001


def _is_new(tensor: Tensor) -> bool:
    return not nn.parameter.is_lazy(tensor) and not tensor.is_inference() and tensor._version == 0  # noqa: SLF001


def _is_garbage(tensor: Tensor) -> bool:
    """Say whether the first elements of a tensor have values that no model has."""
    first = _first(tensor)
    if first.dtype == torch.bool:
        return bool((first.view(torch.uint8) > 1).any())
    if not first.is_floating_point():
        return False
    size, tiny = first.float().abs(), torch.finfo(first.dtype).tiny  # those of 8 bits have no comparison
    return bool((size.isnan() | ((size > 0) & (size < tiny))).any())


def _is_zero(tensor: Tensor) -> bool:
    first = _first(tensor)
    return bool(first.numel()) and not bool(first.any())


def _first(tensor: Tensor) -> Tensor:
    local = local_part(tensor.detach())
    return local[tuple(slice(0, 64 if local.ndim == 1 else 8) for _ in local.shape)]

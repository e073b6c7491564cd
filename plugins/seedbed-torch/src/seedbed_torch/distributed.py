"""What of `torch.distributed` a tensor or a module is, without importing that.

It takes as long to import as all the rest of PyTorch, and not every build has it. Nothing can be of a class
whose module nobody has imported.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, TypeGuard

import torch
from torch import Tensor

if TYPE_CHECKING:
    from torch.distributed.fsdp import FSDPModule, FullyShardedDataParallel
    from torch.distributed.tensor import DTensor


def is_sharded(tensor: object) -> TypeGuard[DTensor]:
    """Say whether a tensor is a `DTensor`, of which each process holds a part."""
    return isinstance(tensor, class_of("torch.distributed.tensor", "DTensor"))


def is_fsdp(module: object) -> TypeGuard[FSDPModule]:
    """Say whether `fully_shard` has sharded the parameters of a module."""
    return isinstance(module, class_of("torch.distributed.fsdp", "FSDPModule"))


def is_flat(module: object) -> TypeGuard[FullyShardedDataParallel]:
    """Say whether a module is a `FullyShardedDataParallel`, which keeps all parameters as one."""
    return isinstance(module, class_of("torch.distributed.fsdp", "FullyShardedDataParallel"))


def local_part(tensor: Tensor) -> Tensor:
    """Return what this process has of a tensor: of a `DTensor` its part, of others all."""
    if not is_sharded(tensor):
        return tensor
    with torch.no_grad():
        return tensor.to_local()


def class_of(module: str, name: str) -> Any:
    """Return a class, or nothing that anything is an instance of while its module is not imported."""
    return getattr(sys.modules.get(module), name, ())

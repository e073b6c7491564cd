"""Memory for parameters that have none yet."""

from __future__ import annotations

import ctypes
import functools
import mmap
from typing import Final

import torch
from torch import nn

from seedbed_torch.distributed import is_sharded

_WORTH_LARGE_PAGES: Final = 4 << 20
"""Bytes from which on NumPy, too, asks for large pages."""


def with_memory(tensor: nn.Parameter, device: torch.device | None) -> nn.Parameter:
    """Return a parameter like one on the meta device, with memory that nothing has been written to.

    Parameters
    ----------
    tensor
        A parameter without memory.
    device
        Where its memory is to be; ``None`` is the one that `own_device` gives.
    """
    parameter: nn.Parameter
    with torch.no_grad():
        memory = torch.empty_like(tensor, device=device or own_device(tensor))
        if is_sharded(memory):  # whose class is not that of parameters; it notes that it is one
            parameter = nn.Parameter(memory, requires_grad=False)
        else:
            parameter = memory.as_subclass(type(tensor))
    _ask_for_large_pages(parameter)
    parameter.__dict__.update(tensor.__dict__)  # what a library has noted on it, such as how to shard it
    parameter.requires_grad_(tensor.requires_grad)
    return parameter


def own_device(tensor: torch.Tensor) -> torch.device:
    """Return where a tensor without memory belongs: a `DTensor` on its mesh, others on the default device."""
    return torch.device(tensor.device_mesh.device_type) if is_sharded(tensor) else default_device()


def default_device() -> torch.device:
    """Return the device on which PyTorch makes tensors."""
    # `torch.get_default_device` knows of no `with torch.device(...)` before PyTorch 2.7.
    return torch.empty(0).device


def _ask_for_large_pages(tensor: torch.Tensor) -> None:
    """Ask Linux for pages of 2 MiB under a tensor in the memory of the host.

    What is stored (out, in) and drawn inputs first is written a line here and a line there, by several
    threads, and so first touches all pages of 4 KiB at once. The system then takes three times as long.
    """
    part = tensor.to_local() if is_sharded(tensor) else tensor
    if part.device.type != "cpu" or part.nbytes < _WORTH_LARGE_PAGES:
        return
    if not hasattr(mmap, "MADV_HUGEPAGE"):  # which only Linux has
        return
    storage = part.untyped_storage()
    start = storage.data_ptr() // mmap.PAGESIZE * mmap.PAGESIZE
    length = storage.data_ptr() + storage.nbytes() - start  # which the system rounds up
    # Neighbours then share large pages. Where there are none the system says so, and gives small ones.
    _system().madvise(ctypes.c_void_p(start), ctypes.c_size_t(length), mmap.MADV_HUGEPAGE)


@functools.cache
def _system() -> ctypes.CDLL:
    return ctypes.CDLL(None)  # the C library that the interpreter itself uses

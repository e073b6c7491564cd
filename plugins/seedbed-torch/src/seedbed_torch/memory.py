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
        Where its memory is to be; ``None`` is the device of its mesh for a `DTensor`, and PyTorch's default
        device for others.
    """
    if is_sharded(tensor):
        memory = torch.empty_like(tensor, device=device or torch.device(tensor.device_mesh.device_type))
        _ask_for_large_pages(memory)
        return nn.Parameter(memory, requires_grad=tensor.requires_grad)
    with torch.no_grad():
        parameter = torch.empty_like(tensor, device=device or default_device()).as_subclass(type(tensor))
    _ask_for_large_pages(parameter)
    parameter.__dict__.update(tensor.__dict__)  # what a library has noted on it, such as how to shard it
    parameter.requires_grad_(tensor.requires_grad)
    return parameter


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

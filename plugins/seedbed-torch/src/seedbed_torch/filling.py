"""Filling the memory of a tensor, wherever it is, with what an initializer draws for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeAlias

import torch
from torch import Tensor

from seedbed import Initializer
from seedbed_torch.arrays import as_array, as_tensor, check_writable, numpy_dtype
from seedbed_torch.drawing import check, draw_into, drawn
from seedbed_torch.layouts import Layout, Shape
from seedbed_torch.shards import parts_of

Copy: TypeAlias = Callable[[Tensor, Tensor], object]


def prepared(tensor: Tensor, initializer: Initializer, layout: Layout) -> Initializer:
    """Return what draws `tensor`, having refused all that can be refused before anything changes.

    Raises
    ------
    ArgumentError, DTypeError
        If the tensor cannot be written to.
    LayoutError, ShapeError, DTypeError
        If it has not the axes of the layout, or no shape or dtype that the initializer takes.
    """
    check_writable(tensor)
    shape = _drawn_shape(tensor, layout)
    fitted = layout.fitted(initializer, shape)
    check(fitted, shape, numpy_dtype(tensor.dtype))
    return fitted


def fill(tensor: Tensor, initializer: Initializer, layout: Layout) -> None:
    """Write into a tensor, or this process's part of it, what `prepared` returned draws in a layout."""
    shape, permutation = _drawn_shape(tensor, layout), layout.permutation(tuple(tensor.shape))
    for memory, start in parts_of(tensor):
        _fill_part(
            memory.permute(permutation), initializer, shape, tuple(start[axis] for axis in permutation)
        )
    if not tensor.is_inference():  # autograd keeps no count of the changes of those
        torch.autograd.graph.increment_version(tensor)


def _drawn_shape(tensor: Tensor, layout: Layout) -> Shape:
    shape = tuple(tensor.shape)
    return tuple(shape[axis] for axis in layout.permutation(shape))


def _fill_part(memory: Tensor, initializer: Initializer, shape: Shape, start: Shape) -> None:
    array = as_array(memory)
    if array is not None:
        draw_into(array, initializer, shape, start)
        return
    with torch.no_grad(), _copier(memory) as copy:
        for index, values in drawn(initializer, tuple(memory.shape), numpy_dtype(memory.dtype), shape, start):
            copy(memory[index], as_tensor(values))


@contextmanager
def _copier(memory: Tensor) -> Iterator[Copy]:
    """Give what copies blocks from the host: to a GPU while the next one is drawn."""
    if memory.device.type != "cuda":
        yield Tensor.copy_
        return
    stream = torch.cuda.current_stream(memory.device)
    buffers: list[tuple[Tensor, torch.cuda.Event]] = []

    def copy(out: Tensor, values: Tensor) -> None:
        if not buffers:  # no block is larger than the first
            size, kind = values.numel(), values.dtype
            for _ in range(2):
                is_free = torch.cuda.Event()  # type: ignore[no-untyped-call]
                buffers.append((torch.empty(size, dtype=kind, pin_memory=True), is_free))
        buffer, is_free = buffers[0]
        is_free.synchronize()
        page = buffer[: values.numel()].view(values.shape)
        page.copy_(values)
        out.copy_(page, non_blocking=True)
        is_free.record(stream)
        buffers.reverse()

    yield copy
    stream.synchronize()

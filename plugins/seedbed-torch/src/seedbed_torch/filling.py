"""Filling the memory of a tensor, wherever it is, with what an initializer draws for it."""

from __future__ import annotations

from typing import Any

import numpy.typing as npt
import torch
from torch import Tensor

from seedbed import Initializer
from seedbed_torch.arrays import as_array, as_tensor, numpy_dtype
from seedbed_torch.drawing import Index, Region, check, draw_blocks, draw_into
from seedbed_torch.layouts import Layout, Shape
from seedbed_torch.shards import check_shared, parts_of


def prepared(tensor: Tensor, initializer: Initializer, layout: Layout) -> Initializer:
    """Return what draws a tensor that can be written to, having refused all that can be refused by now.

    Raises
    ------
    ArgumentError
        If it is sharded in an unknown way, or each process would draw other values for it.
    LayoutError, ShapeError, DTypeError
        If it has not the axes of the layout, or no shape or dtype that the initializer takes.
    """
    shape = _drawn_shape(tensor, layout)
    fitted = layout.fitted(initializer, shape)
    check(fitted, shape, numpy_dtype(tensor.dtype))
    check_shared(tensor, fitted)
    return fitted


def fill(tensor: Tensor, initializer: Initializer, layout: Layout) -> None:
    """Write into a tensor, or this process's part of it, what `prepared` returned draws in a layout."""
    shape, permutation = _drawn_shape(tensor, layout), layout.permutation(tuple(tensor.shape))
    for memory, start in parts_of(tensor):
        _fill_part(
            memory.permute(permutation), initializer, shape, tuple(start[axis] for axis in permutation)
        )
    if not tensor.is_inference():  # which older versions of PyTorch refuse to count a change of
        torch.autograd.graph.increment_version(tensor)


def _drawn_shape(tensor: Tensor, layout: Layout) -> Shape:
    shape = tuple(tensor.shape)
    return tuple(shape[axis] for axis in layout.permutation(shape))


def _fill_part(memory: Tensor, initializer: Initializer, shape: Shape, start: Shape) -> None:
    array = as_array(memory)
    if array is not None:
        draw_into(array, initializer, shape, start)
        return
    stream = torch.cuda.current_stream(memory.device) if memory.is_cuda else None

    def place(index: Index, values: npt.NDArray[Any]) -> None:
        # Threads do not inherit these. Inference tensors change within inference mode alone.
        with torch.inference_mode(memory.is_inference()), torch.no_grad(), torch.cuda.stream(stream):
            memory[index].copy_(as_tensor(values))

    draw_blocks(place, Region(tuple(memory.shape), start, shape), initializer, numpy_dtype(memory.dtype))

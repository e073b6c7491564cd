"""Filling the memory of a tensor, wherever it is, with what an initializer draws for it."""

from __future__ import annotations

from typing import Any

import numpy.typing as npt
import torch
from torch import Tensor

from seedbed import Initializer
from seedbed.models import Layout, Values
from seedbed.models.given import Piece
from seedbed_torch import cuda
from seedbed_torch.arrays import as_array, as_tensor, numpy_dtype
from seedbed_torch.shards import check_shared, parts_of


def values_of(tensor: Tensor, initializer: Initializer, layout: Layout, piece: Piece | None = None) -> Values:
    """Return the values of a tensor that can be written to, having refused all that can be refused by now.

    Raises
    ------
    ArgumentError
        If it is sharded in an unknown way, or each process would draw other values for it.
    LayoutError, ShapeError, DTypeError
        If it has not the axes of the layout, or no shape or dtype that the initializer takes.
    """
    held = tuple(tensor.shape)
    shape, start = (held, None) if piece is None else (piece.of, piece.start)
    values = Values(layout.drawn(initializer, shape), held, numpy_dtype(tensor.dtype), offset=start)
    values.check()
    check_shared(tensor, initializer)
    return values


def fill(tensor: Tensor, values: Values) -> None:
    """Write values into a tensor, or into this process's part of it."""
    for memory, start in parts_of(tensor):
        _fill_part(memory, values, start)
    if not tensor.is_inference():  # which older versions of PyTorch refuse to count a change of
        torch.autograd.graph.increment_version(tensor)


def _fill_part(memory: Tensor, values: Values, start: tuple[int, ...]) -> None:
    array = as_array(memory)
    if array is not None:
        values.fill(array, start)
        return
    if cuda.draw(memory, values, start):
        return
    stream = torch.cuda.current_stream(memory.device) if memory.is_cuda else None

    def put(index: tuple[slice, ...], drawn: npt.NDArray[Any]) -> None:
        # Threads do not inherit these. Inference tensors change within inference mode alone.
        with torch.inference_mode(memory.is_inference()), torch.no_grad(), torch.cuda.stream(stream):
            memory[index].copy_(as_tensor(drawn))

    values.place(put, start, tuple(memory.shape))

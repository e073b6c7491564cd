"""Drawing into arrays, whole or in part, without a second whole one."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterator
from typing import Any, Final, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from seedbed.copying import copy_into
from seedbed.divisible import Divisible, is_divisible, writer
from seedbed.elementwise import ElementwiseInitializer
from seedbed.initializer import Initializer
from seedbed.random import run_in_threads, thread_count
from seedbed.shapes import Shape
from seedbed.shard import whole
from seedbed.validation import check_writable

Index: TypeAlias = tuple[slice, ...]
Place: TypeAlias = Callable[[Index, npt.NDArray[Any]], None]

_BLOCK_BYTES: Final = 16 << 20
"""What is drawn at a time, by all threads together, where it has to be copied."""

_LARGEST_TASK: Final = 4 << 20
"""Bytes that a thread draws at a time: those that it copies afterwards are still in the cache then."""

_WORTH_A_THREAD: Final = 1 << 20
"""Bytes below which starting a thread takes longer than it saves."""

_MOST_THREADS: Final = 8
"""Each takes 3.5 MiB to draw, besides what it has drawn."""


class Region(NamedTuple):
    """A part of the tensor of shape `of`, which has a shape and begins at `start`."""

    shape: Shape
    start: Shape
    of: Shape

    def moved(self, index: Index) -> Index:
        """Return where in the whole an index within the part is."""
        return tuple(
            slice(run.start + first, run.stop + first) for run, first in zip(index, self.start, strict=True)
        )


def draw_into(out: npt.NDArray[Any], initializer: Initializer, shape: Shape, start: Shape) -> None:
    """Write into `out` the part of ``initializer(shape, out.dtype)`` that begins at `start`.

    Parameters
    ----------
    out
        An array of any strides.
    initializer
        What is drawn.
    shape
        The shape of the whole, of as many axes as `out`.
    start
        Where `out` lies in it.
    """
    is_whole = out.shape == shape
    if is_whole and out.nbytes <= _WORTH_A_THREAD:
        _draw_at_once(out, initializer)
        return
    fills_in_place = isinstance(initializer, Divisible) and out.flags.c_contiguous
    if is_whole and (fills_in_place or not is_divisible(initializer)):
        initializer.fill(out)
        return
    part = Region(out.shape, start, shape)
    if type(initializer).shard is ElementwiseInitializer.shard and is_divisible(initializer):
        initializer.shard(shape, part.moved(_all(out.shape)), out=out)
        return

    def place(index: Index, values: npt.NDArray[Any]) -> None:
        copy_into(out[index], values)

    draw_blocks(place, part, initializer, out.dtype)


def draw_blocks(place: Place, part: Region, initializer: Initializer, dtype: np.dtype[Any]) -> None:
    """Draw a part of a tensor block by block, and have `place` put each where it belongs.

    Parameters
    ----------
    place
        What is called with an index within the part, and the values there; by several threads at a time.
    part
        Which part.
    initializer
        What is drawn. What it cannot compute in parts comes as one block.
    dtype
        What of.
    """
    if part.shape == part.of and math.prod(part.shape) * dtype.itemsize <= _WORTH_A_THREAD:
        values = np.empty(part.shape, dtype)
        _draw_at_once(values, initializer)
        place(_all(part.shape), values)
        return
    if isinstance(initializer, ElementwiseInitializer) and is_divisible(initializer):
        _draw_by_threads(place, part, initializer, dtype)
        return
    blocks = _blocks(part.shape, _BLOCK_BYTES // dtype.itemsize)
    for index in blocks if is_divisible(initializer) else [_all(part.shape)]:
        place(index, np.asarray(initializer.shard(part.of, part.moved(index), dtype)))


def _draw_at_once(out: npt.NDArray[Any], initializer: Initializer) -> None:
    """Write all of an array that is so small that each step towards the drawing counts."""
    memory = check_writable(out)
    write = writer(initializer, memory.shape, memory.dtype)
    if memory.flags.c_contiguous:
        write(memory, whole(memory.shape))
        return
    values = np.empty(memory.shape, memory.dtype)
    write(values, whole(memory.shape))
    copy_into(memory, values)


def _draw_by_threads(
    place: Place, part: Region, initializer: ElementwiseInitializer, dtype: np.dtype[Any]
) -> None:
    """Have each thread draw and place blocks of its own, which spares threads within each draw."""
    size = math.prod(part.shape)
    nbytes = size * dtype.itemsize
    threads = max(1, min(_MOST_THREADS, thread_count(), nbytes // _WORTH_A_THREAD))
    most = min(_BLOCK_BYTES // threads, _LARGEST_TASK)
    count = -(-nbytes // (most * threads)) * threads  # as many for each
    draw = functools.partial(initializer.shard, threads=1)

    blocks = list(_blocks(part.shape, -(-size // max(1, count))))

    def work(number: int) -> None:
        place(blocks[number], np.asarray(draw(part.of, part.moved(blocks[number]), dtype)))

    run_in_threads(work, len(blocks), threads=threads)


def _blocks(shape: Shape, elements: int) -> Iterator[Index]:
    """Yield the indices of blocks that cover an array: of about so many elements, which are neighbours."""
    axis = next((at for at in range(len(shape)) if math.prod(shape[at + 1 :]) <= elements), len(shape))
    if axis == len(shape) or not math.prod(shape):
        yield _all(shape)
        return
    step = -(-elements // math.prod(shape[axis + 1 :]))
    for outer in np.ndindex(*shape[:axis]):
        for first in range(0, shape[axis], step):
            yield (
                *(slice(at, at + 1) for at in outer),
                slice(first, min(first + step, shape[axis])),
                *(slice(0, size) for size in shape[axis + 1 :]),
            )


def _all(shape: Shape) -> Index:
    return tuple(slice(0, size) for size in shape)

"""The engine that draws with NumPy: blocks that stay in the cache, over threads."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from seedbed.dtypes import compute_dtype
from seedbed.random.laws import Law
from seedbed.random.regions import Region
from seedbed.random.tables import Float64s
from seedbed.random.threads import run
from seedbed.random.words import Words, WordStream
from seedbed.random.workspace import borrowed_workspace

Limits = tuple[Any, Any]
"""The least and the greatest value allowed, of the dtype that is drawn."""

BLOCK: Final = 1 << 16
"""Real values in a block: the workspace stays in the second-level cache, and the operations on it last long
enough for threads seldom to wait for the interpreter's lock."""

_WORTH_A_THREAD: Final = 1 << 18
"""Real values below which starting a thread takes longer than it saves."""

_NEAR: Final = 1 << 11
"""Words in a row from which on it is faster to move the generator there than to work the words out."""


class NumPyEngine:
    """Draws with NumPy alone.

    Parameters
    ----------
    block
        Real values to work on at a time; of no consequence for the values.
    """

    name = "numpy"

    def __init__(self, block: int = BLOCK) -> None:
        self._block = block

    def draw(
        self,
        law: Law,
        key: int,
        region: Region,
        out: npt.NDArray[Any],
        *,
        limits: Limits | None,
        threads: int,
    ) -> None:
        """Write the values of the elements of `region`, in their order, into `out`.

        Parameters
        ----------
        law
            From words to values.
        key
            The 128-bit key of the seed's stream.
        region
            Which elements of the tensor.
        out
            One-dimensional, of a floating or complex dtype, with as many elements as `region`.
        limits
            Where to clip values that rounding has brought beyond.
        threads
            How many threads may work.
        """
        plan = _Plan(region, self._block, parts=2 if out.dtype.kind == "c" else 1)

        def make_worker() -> Callable[[int], None]:
            stream = WordStream(key)
            itemsize = 8 if out.itemsize // plan.parts == 8 else 4

            def work(task: int) -> None:
                first, count, words = plan.read(stream, task, itemsize)
                with borrowed_workspace(words.size) as workspace:
                    _store(law.values(words, workspace), out[first : first + count], limits)

            return work

        worth = max(1, region.size * plan.parts // _WORTH_A_THREAD)
        run(make_worker, plan.tasks, min(threads, worth, plan.tasks) or 1)


class _Plan:
    """Divides a region into tasks: pieces of a long run, or several short runs."""

    def __init__(self, region: Region, block: int, *, parts: int) -> None:
        self._region, self.parts = region, parts
        elements = max(1, block // parts)
        self._piece = min(max(region.run, 1), elements)
        self._pieces_of_run = -(-region.run // self._piece)
        # A run's words are read with those between its elements, which take room too.
        self._runs_of_task = (
            max(1, elements // (self._piece * region.step)) if self._pieces_of_run == 1 else 1
        )
        self.words_of_task = self._runs_of_task * self._piece * parts
        self.tasks = -(-region.runs // self._runs_of_task) * self._pieces_of_run

    def read(self, stream: WordStream, task: int, itemsize: int) -> tuple[int, int, Words]:
        """Return a task's first element and their number in the region's order, and their words."""
        region, parts = self._region, self.parts
        group, piece = divmod(task, self._pieces_of_run)
        first_run = group * self._runs_of_task
        last_run = min(first_run + self._runs_of_task, region.runs)
        offset = piece * self._piece
        length = min(self._piece, region.run - offset)
        starts = region.starts(first_run, last_run) + offset * region.step
        span = (length - 1) * region.step + 1
        rows = _read_rows(stream, starts * parts, span * parts, itemsize)
        if region.step > 1:
            rows = rows.reshape(len(starts), span, parts)[:, :: region.step]
        words = np.ascontiguousarray(rows).reshape(-1)
        return first_run * region.run + offset, len(starts) * length, words


def _read_rows(stream: WordStream, starts: npt.NDArray[np.int64], count: int, itemsize: int) -> Words:
    if len(starts) == 1 or count >= _NEAR:
        return np.stack([stream.read(int(start), count, itemsize) for start in starts])
    return stream.read_runs(starts, count, itemsize)


def _store(values: Float64s, out: npt.NDArray[Any], limits: Limits | None) -> None:
    parts = out.view(out.real.dtype) if out.dtype.kind == "c" else out
    if compute_dtype(out.dtype) == out.dtype:
        np.copyto(parts, values, casting="same_kind")
    else:  # the half precisions are rounded from float32
        parts[...] = values.astype(np.float32).astype(out.dtype)
    if limits is not None:
        np.maximum(parts, limits[0], out=parts)
        np.minimum(parts, limits[1], out=parts)
        parts += 0  # which of two zeros the lines above keep differs between dtypes and machines

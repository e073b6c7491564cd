"""The engine that draws with NumPy: blocks that stay in the cache, over threads."""

from __future__ import annotations

from typing import Any, Final, Protocol

import numpy as np
import numpy.typing as npt

from seedbed.errors import ArgumentError, shown
from seedbed.integers import as_integer
from seedbed.random.distributions import Distribution, Writer
from seedbed.random.regions import Region
from seedbed.random.runs import Runs, read_runs
from seedbed.random.threads import run
from seedbed.random.words import Words, WordStream
from seedbed.random.workspace import Workspace, borrow, give_back

Limits = tuple[Any, Any]
"""The least and the greatest value allowed, of the dtype that is drawn."""

# Real values in a block: the workspace stays in the nearer caches, and the operations on it last long enough
# for threads seldom to wait for the interpreter's lock.
BLOCK: Final = 1 << 17
# Real values in the blocks of all threads together: 14 MiB of workspaces and words, or half that and what
# the functions for doubles and complex values take besides.
_IN_ALL: Final = 1 << 19
_WORTH_A_THREAD: Final = 1 << 18  # real values below which starting a thread takes longer than it saves
# With more, blocks would be so small that threads wait for the interpreter's lock longer than they work: 16
# take 1.7 times as long as 8.
_MOST_THREADS: Final = 8


class Engine(Protocol):
    """What draws values.

    An engine gives the bits of ``docs/reference/stream.md``, whatever it computes them with. It may leave
    distributions that it does not know to a `NumPyEngine`.
    """

    name: str

    def draw(
        self,
        distribution: Distribution,
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
        distribution
            What makes values of random words.
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
        ...


class NumPyEngine:
    """Draws with NumPy alone; see `Engine`.

    Parameters
    ----------
    block
        Real values to work on at a time, or fewer where many threads do; of no consequence for the values.
    """

    name = "numpy"

    def __init__(self, block: int = BLOCK) -> None:
        number = as_integer(block)
        if number is None or number < 1:
            raise ArgumentError(f"block must be an int of at least 1, got {shown(block)}")
        self._block = number

    def draw(
        self,
        distribution: Distribution,
        key: int,
        region: Region,
        out: npt.NDArray[Any],
        *,
        limits: Limits | None,
        threads: int,
    ) -> None:
        """Write the values of the elements of `region`, in their order, into `out`."""
        parts = 2 if out.dtype.kind == "c" else 1
        numbers = out.view(out.real.dtype) if parts == 2 else out
        itemsize = max(numbers.itemsize, 4)
        threads = max(1, min(threads, _MOST_THREADS, numbers.size // _WORTH_A_THREAD))
        block = min(self._block, _IN_ALL // threads)
        if itemsize == 8 or parts == 2:  # their functions take longer, and many arrays besides the workspace
            block //= 2
        with np.errstate(all="ignore"):
            write = distribution.writer(8 * itemsize)
            if numbers.size <= block and region.is_one_run:  # as nearly all tensors of a model
                _draw_run(write, key, region.base * parts, numbers, limits)
                return
            plan = _Plan(region, block, parts=parts)

            def work(task: int) -> None:
                workspace = borrow(plan.largest)
                try:
                    stream = WordStream(key, workspace.generator)
                    first, words = plan.read(stream, task, itemsize, workspace)
                    _write(write, words, workspace, numbers[first : first + words.size], limits)
                finally:
                    give_back(workspace)

            def work_quietly(task: int) -> None:
                with np.errstate(all="ignore"):  # which each thread has of its own
                    work(task)

            run(work if threads == 1 else work_quietly, plan.tasks, threads)


def _draw_run(write: Writer, key: int, start: int, numbers: npt.NDArray[Any], limits: Limits | None) -> None:
    workspace = borrow(numbers.size)
    try:
        itemsize = max(numbers.itemsize, 4)
        words = workspace.words(numbers.size, itemsize)
        WordStream(key, workspace.generator).read(start, words.size, itemsize, words)
        _write(write, words, workspace, numbers, limits)
    finally:
        give_back(workspace)


class _Plan:
    """Divides a region into tasks: pieces of a long run, or several short runs."""

    def __init__(self, region: Region, block: int, *, parts: int) -> None:
        self._region, self._parts = region, parts
        # A run's words are read with those between its elements, which take room too.
        elements = max(1, block // (parts * region.step))
        self._piece = min(max(region.run, 1), elements)
        self._pieces_of_run = -(-region.run // self._piece)
        self._runs_of_task = elements // self._piece if self._pieces_of_run == 1 else 1
        self.largest = min(self._piece * self._runs_of_task, region.size) * region.step * parts
        self.tasks = -(-region.runs // self._runs_of_task) * self._pieces_of_run

    def read(self, stream: WordStream, task: int, itemsize: int, workspace: Workspace) -> tuple[int, Words]:
        """Return the place of a task's first number in the region's order, and its words."""
        region, parts = self._region, self._parts
        group, piece = divmod(task, self._pieces_of_run)
        first_run = group * self._runs_of_task
        offset = piece * self._piece
        length = min(self._piece, region.run - offset)
        if region.is_one_run:
            words = workspace.words(length * parts, itemsize)
            return offset * parts, stream.read((region.base + offset) * parts, words.size, itemsize, words)
        last_run = min(first_run + self._runs_of_task, region.runs)
        starts = (region.starts(first_run, last_run) + offset * region.step) * parts
        words = workspace.words(len(starts) * length * parts, itemsize)
        read_runs(stream, Runs(starts, length, region.step, parts), words, workspace)
        return (first_run * region.run + offset) * parts, words


def _write(
    write: Writer, words: Words, workspace: Workspace, out: npt.NDArray[Any], limits: Limits | None
) -> None:
    if out.itemsize > 2:
        write(words, workspace, out)
        if limits is not None:
            out.clip(*limits, out=out)
    else:  # the half precisions are rounded from float32
        singles = workspace.singles(words.size)
        write(words, workspace, singles)
        out[...] = singles
        if limits is not None:
            np.maximum(out, limits[0], out=out)
            np.minimum(out, limits[1], out=out)
    if limits is not None and not all(limits):
        out += 0  # which of two zeros the lines above keep differs between dtypes and machines

"""The words of many runs: elements in a row, or with some between them, at places that are not neighbours."""

from __future__ import annotations

import sys
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from seedbed.random.cipher import ROOMS, UInt64s, philox
from seedbed.random.words import PER_COUNTER, Words, WordStream, narrowed, words_per_counter
from seedbed.random.workspace import APART, Workspace

# Counters of a run from which on it is faster to move NumPy's generator there than to work its words out.
_NEAR: Final = 64
_FEW: Final = 64  # runs up to which it is, too, however short they are
_AT_A_TIME: Final = 1 << 14  # counters whose words are worked out together, in the nearer caches


class Runs(NamedTuple):
    """Runs of one length.

    Attributes
    ----------
    starts
        The place of the first word of each.
    length
        How many elements one has.
    step
        From one element to the next, in elements.
    parts
        How many words an element has.
    """

    starts: npt.NDArray[np.int64]
    length: int
    step: int
    parts: int

    @property
    def reach(self) -> int:
        """How many words lie between the ends of a run."""
        return ((self.length - 1) * self.step + 1) * self.parts

    def taken(self, rows: Words) -> Words:
        """Return the words of the elements, of rows with those between; without a copy."""
        return rows.reshape(*rows.shape[:-1], -1, self.parts)[..., :: self.step, :]


def read_runs(stream: WordStream, runs: Runs, out: Words, workspace: Workspace) -> None:
    """Write the words of runs into `out`, one run after the other.

    Parameters
    ----------
    stream
        The words of a key.
    runs
        Which.
    out
        One-dimensional.
    workspace
        Whose memory is used, but for that of its words; of at least as many elements as a run reaches over.
    """
    rows = out.reshape(len(runs.starts), runs.length, runs.parts)
    is_near = runs.reach >= _NEAR * words_per_counter(out.itemsize)
    (read_each if is_near or len(rows) <= _FEW else work_out)(stream, runs, rows, workspace)


def read_each(stream: WordStream, runs: Runs, rows: Words, workspace: Workspace) -> None:
    """Write the words of each run into its row, by moving NumPy's generator there."""
    itemsize = rows.itemsize
    room = workspace.rows(runs.reach, itemsize) if runs.step > 1 else None
    for start, row in zip(runs.starts.tolist(), rows, strict=True):
        if room is None:
            stream.read(start, runs.reach, itemsize, row.reshape(-1))
        else:
            row[...] = runs.taken(stream.read(start, runs.reach, itemsize, room))


def work_out(stream: WordStream, runs: Runs, rows: Words, workspace: Workspace) -> None:
    """Write the words of each run into its row, by working out the ciphers of many counters at a time."""
    per_counter = words_per_counter(rows.itemsize)
    counters, skips = np.divmod(runs.starts, per_counter)
    per_run = -(-(int(skips.max()) + runs.reach) // per_counter)
    of_run = np.arange(1, per_run + 1)
    most = min(_AT_A_TIME, 2 * workspace.size // ROOMS - APART, workspace.size // PER_COUNTER)
    group = max(1, most // per_run)
    # Whether a run's words are all those of its counters, so that they can be written where they belong.
    is_all = runs.step == 1 and runs.reach == per_run * per_counter  # which leaves none to be skipped
    is_all &= sys.byteorder == "little" or rows.itemsize == 8
    for first in range(0, len(rows), group):
        among = slice(first, first + group)
        count = len(counters[among]) * per_run
        rooms = workspace.rooms(ROOMS, count)
        np.add(counters[among, None], of_run, rooms[0].view(np.int64).reshape(-1, per_run))
        found = philox(rooms, stream.key)
        if is_all:
            _weave(found, rows[among].reshape(-1).view(np.uint64))
            continue
        words = workspace.rows(count * PER_COUNTER, 8)
        _weave(found, words)
        wide = narrowed(words, rows.itemsize).reshape(-1, per_run * per_counter)
        _keep(runs, wide, skips[among], rows[among])


def _weave(found: tuple[UInt64s, ...], words: UInt64s) -> None:
    """Write the four words of each counter one after the other."""
    four = words.reshape(-1, PER_COUNTER)
    for column, part in enumerate(found):
        four[:, column] = part


def _keep(runs: Runs, wide: Words, skips: npt.NDArray[np.int64], rows: Words) -> None:
    """Write into each row the words that follow those that are to be skipped."""
    if (skips == skips[0]).all():  # as where a line of the tensor has a multiple of a counter's words
        rows[...] = runs.taken(wide[:, skips[0] : skips[0] + runs.reach])
        return
    for skip in np.unique(skips):
        mine = np.flatnonzero(skips == skip)
        rows[mine] = runs.taken(wide[mine, skip : skip + runs.reach])

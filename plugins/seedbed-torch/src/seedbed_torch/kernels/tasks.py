"""`Task`: what a kernel is told, packed as ``task.h`` has it."""

from __future__ import annotations

import itertools
import math
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from seedbed.models.elements import Elements
from seedbed.random.laws import FORMATS, Kind, Law

_MULTIPLIER: Final = 0xD2E7470EE14C6C93
_WEYL: Final = (0x9E3779B97F4A7C15, 0xBB67AE8584CAA73B)
_ROUNDS: Final = 10
_WORD: Final = 1 << 64
_DOUBLE: Final = FORMATS["float64"]
_TABLES: Final = 7
MOST_AXES: Final = 64

# After the law: keys and one product; addresses; the run and the runs; the axes.
_KEYS: Final = struct.Struct(f"={2 * _ROUNDS + 2}Q")
_ADDRESSES: Final = struct.Struct(f"={_TABLES + 1}Q")
_RUNS: Final = struct.Struct("=QQqQQii")
_AXIS: Final = struct.Struct("=QQq")
_LAW: Final = 88
_KIND: Final = struct.Struct("=i")  # which a law begins with
TASK_BYTES: Final = _LAW + _KEYS.size + _ADDRESSES.size + _RUNS.size + MOST_AXES * _AXIS.size

_KERNELS: Final = {
    Kind.UNIFORM: "uniform",
    Kind.LINES: "normal",
    Kind.DISC: "disc",
    Kind.QUANTILE: "normal",
    Kind.FINE_DISC: "disc",
}
KERNELS: Final = tuple(
    f"seedbed_{name}_{precision}"
    for precision in ("singles", "doubles")
    for name in ("uniform", "normal", "disc")
)


class Memory(NamedTuple):
    """Where elements go: how many along each axis, and how far apart; and the first one's address."""

    shape: Sequence[int]
    strides: Sequence[int]
    address: int


class _Axis(NamedTuple):
    """How many elements, and how far from one to the next in the stream and in memory, in elements."""

    size: int
    stream: int
    memory: int


@dataclass(frozen=True, slots=True)
class Task:
    """One start of a kernel.

    Attributes
    ----------
    kernel
        Its name.
    packed
        Its one argument.
    items
        How many counters it goes through.
    """

    kernel: str
    packed: bytes
    items: int


def task_of(law: Law, elements: Elements, memory: Memory, tables: Sequence[int]) -> Task:
    """Return the task that draws elements into memory.

    Parameters
    ----------
    law
        What they have.
    elements
        Their key, and where in the stream they are.
    memory
        Of at least one element.
    tables
        The addresses of the law's tables, 0 for those that it lacks.
    """
    run, outer = _divided([*map(_Axis, memory.shape, elements.strides, memory.strides)])
    parts, each = law.parts, 4 if law.format == _DOUBLE else 8
    base, words = elements.base * parts, run.size * parts
    at_one_place = all(axis.stream * parts % each == 0 for axis in outer)
    first = base % each if at_one_place else each - 1
    counters = (first + words + each - 1) // each
    runs = math.prod(axis.size for axis in outer)
    by_runs = bool(outer) and outer[-1].memory < run.memory
    packed = [
        law.tables[0],
        _KEYS.pack(*_schedule(elements.key)),
        _ADDRESSES.pack(*tables, memory.address),
        _RUNS.pack(base, words, run.memory * parts, counters, runs, len(outer), by_runs),
        *(_AXIS.pack(axis.size, axis.stream * parts, axis.memory * parts) for axis in outer),
    ]
    (kind,) = _KIND.unpack_from(law.tables[0])
    kernel = f"seedbed_{_KERNELS[kind]}_{'doubles' if law.format == _DOUBLE else 'singles'}"
    return Task(kernel, b"".join(packed).ljust(TASK_BYTES, b"\0"), runs * counters)


def _divided(axes: list[_Axis]) -> tuple[_Axis, list[_Axis]]:
    """Return the runs of neighbours in the stream, and the axes beside them, those nearest in memory last."""
    merged: list[_Axis] = []
    for axis in sorted((axis for axis in axes if axis.size > 1), key=lambda axis: axis.stream):
        last = merged[-1] if merged else _Axis(1, 1, 1)
        follows = axis.stream == last.stream * last.size and axis.memory == last.memory * last.size
        if merged and follows:
            merged[-1] = _Axis(last.size * axis.size, last.stream, last.memory)
        else:
            merged.append(axis)
    run = merged.pop(0) if merged and merged[0].stream == 1 else _Axis(1, 1, 1)
    return run, sorted(merged, key=lambda axis: -axis.memory)


def _schedule(key: int) -> list[int]:
    """Return the halves of each round's key, and the second round's product of the first one's constant."""
    low, high = key % _WORD, key // _WORD
    rounds = (((low + n * _WEYL[0]) % _WORD, (high + n * _WEYL[1]) % _WORD) for n in range(_ROUNDS))
    # The first round leaves the key's lower half in the first word, whatever the counter.
    return [*itertools.chain.from_iterable(rounds), *divmod(low * _MULTIPLIER, _WORD)]

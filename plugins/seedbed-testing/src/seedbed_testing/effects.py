"""Checks of what a call does besides giving values: to the initializer, to other threads, to memory."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from seedbed.errors import described
from seedbed.initializer import Initializer
from seedbed.shapes import Shape
from seedbed.validation import overlaps
from seedbed_testing.clause import broken, clause
from seedbed_testing.global_state import leave_to_check_global_state
from seedbed_testing.interleaving import NoThreadError, interleaved
from seedbed_testing.memory import peak_of
from seedbed_testing.outcomes import difference, outcome_of, same_bits
from seedbed_testing.several_threads import KEEP_NOTHING, SEVERAL, drawing_by
from seedbed_testing.subject import NotApplicable, Subject

_CALLS: Final = 24
_OTHER_SEED: Final = 8
_FOR_LARGE: Final = 1.0
"""Seconds for calls in the midst of a call for a large array, of which each takes some hundredths."""
_WIDE: Final = 2**16
_LONG: Final[tuple[Shape, ...]] = ((2048, 32), (32, 2048), (3, 3, 256, 32))
"""Shapes for which a square matrix of the longer axis would be very large."""
_TIMES: Final = 16
_BESIDES: Final = 2**23


@clause("weights are trained in place; if the array is not the caller's own, training changes later arrays")
def check_own_array(subject: Subject) -> None:
    """Check that the array, or shard, is writable, and that changing an element changes no other."""
    ways: dict[str, Callable[[Shape, str], npt.NDArray[Any]]] = {
        "call": subject.draw,
        "shard": lambda shape, dtype: subject.fixed.shard(shape, ..., dtype),
    }
    for what, draw in ways.items() if subject.takes_shards else [*ways.items()][:1]:
        for shape, dtype in (*subject.cases, (subject.large, subject.dtype)):
            first = draw(shape, dtype)
            if not first.flags.writeable:
                broken(
                    expected=f"a writable array from each {what}",
                    got=f"a read-only one of shape {shape} and dtype {dtype}",
                    fix="return a copy, as by numpy.array(values)",
                )
            if overlaps(first):
                broken(
                    expected=f"an array from each {what} whose elements have places of their own in memory",
                    got=f"one of shape {shape} and dtype {dtype} whose elements share them, by its strides "
                    f"{first.strides}",
                    fix="return a copy, as by numpy.array(values)",
                )
            if np.shares_memory(first, draw(shape, dtype)):
                broken(
                    expected=f"an array of its own from each {what}",
                    got=f"two of shape {shape} and dtype {dtype} that share memory",
                    fix="return a copy of what is kept: .astype(dtype, copy=False) and numpy.asarray give "
                    "the stored array itself where it has the dtype already",
                )


@clause("layers are initialized by many threads at once, and races show only now and then")
def check_threads(subject: Subject) -> None:
    """Check that calls from several threads at once give the same values as calls in turn."""
    # Other threads run in the midst of draws that are so large that they take longer than a thread's turn.
    shapes = (*subject.shapes[:2], subject.wide)
    alone = [subject.repeated(shape) for shape in shapes[:2]]
    # A room that all seeds share shows only if another seed has written to it.
    other = subject.remade(seed=_OTHER_SEED) if subject.takes_seed else subject.fixed
    alone_of_other = subject.repeated(shapes[0], initializer=other)
    _check_midst(subject, shapes[0], other, alone[0])
    with drawing_by(1):
        alone.append(subject.repeated(shapes[-1]))
        _check_midst(subject, shapes[-1], other, alone[-1], seconds=_FOR_LARGE)
    barrier = threading.Barrier(SEVERAL)

    def work(worker: int) -> str:
        barrier.wait(60)
        for call in range(_CALLS):
            which = -1 if call % (_CALLS // 2) == 0 else (worker + call) % (len(shapes) - 1)
            values, wanted = subject.draw(shapes[which]), alone[which]
            if same_bits(values, wanted):
                values, wanted = subject.draw(shapes[0], initializer=other), alone_of_other
            if not same_bits(values, wanted):
                return difference(values, wanted)
        return ""

    with drawing_by(SEVERAL), ThreadPoolExecutor(SEVERAL) as pool:
        try:
            found = [pool.submit(work, worker) for worker in range(SEVERAL)]
        except RuntimeError as error:  # at a limit on processes or memory
            barrier.abort()
            raise NotApplicable(f"the system gives no more threads ({described(error)})") from error
        wrong = next(filter(None, (future.result() for future in found)), "")
    if wrong:
        leave_to_check_global_state(subject)
        broken(
            expected=f"the values of a call alone from {SEVERAL} threads at once",
            got=wrong,
            fix=KEEP_NOTHING,
        )


def _check_midst(
    subject: Subject, shape: Shape, other: Initializer, alone: npt.NDArray[Any], *, seconds: float = math.inf
) -> None:
    """Check that calls in another thread, of it and of `other`, change nothing in the midst of a call.

    With a limit of `seconds`, which is for large arrays, they are of `other` alone, and in the midst of the
    author's own lines.
    """
    own = {base.__module__.partition(".")[0] for base in subject.kind.__mro__}
    packages = own - {"builtins", "abc", "typing", "seedbed"}
    if not packages and seconds < math.inf:
        return

    def calls() -> None:
        for initializer in (subject.fixed, other) if seconds == math.inf else (other,):
            subject.draw(shape, initializer=initializer)

    try:
        values = interleaved(lambda: subject.draw(shape).copy(), calls, packages or own, seconds=seconds)
    except NoThreadError as error:
        raise NotApplicable(f"the system gives no more threads ({described(error)})") from error
    if not same_bits(values, alone):
        leave_to_check_global_state(subject)
        broken(
            expected="the values of a call alone, while another thread draws",
            got=difference(values, alone),
            fix=KEEP_NOTHING,
        )


@clause("a model that fits into memory must also be initialized in it")
def check_memory(subject: Subject) -> None:
    """Check that a call takes at most 16 times the memory of its result plus 8 MiB."""
    subject.draw(subject.shapes[0])  # tables that are loaded once for a process do not count
    taken = [_check_memory_of(subject, shape) for shape in _LONG]
    if not any(taken):
        _check_memory_of(subject, subject.shape_of(_WIDE))


def _check_memory_of(subject: Subject, shape: Shape) -> bool:
    """Check a call for one shape, and return whether it is taken."""
    values, peak = peak_of(lambda: outcome_of(subject.fixed, shape, subject.dtype))
    if isinstance(values, Exception):
        return False
    size = values.nbytes
    allowed = _TIMES * size + _BESIDES
    if peak > allowed:
        broken(
            expected=f"at most {allowed:,} bytes for shape {shape}, of {size:,} bytes",
            got=f"{peak:,} bytes",
            fix="look for a square matrix as large as the longer axis squared, and for lists of numbers",
        )
    return True

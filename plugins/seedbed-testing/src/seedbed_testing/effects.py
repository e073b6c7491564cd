"""Checks of what a call does besides giving values: to the initializer, to other threads, to memory."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import threading
import tracemalloc
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from seedbed.errors import described, shown
from seedbed.shapes import Shape
from seedbed_testing.clause import broken, clause
from seedbed_testing.outcomes import difference, outcome_of, same_bits
from seedbed_testing.subject import NotApplicable, Subject

_THREADS: Final = 4
_CALLS: Final = 24
_WIDE: Final = 2**16
_LONG: Final[tuple[Shape, ...]] = ((2048, 32), (32, 2048), (3, 3, 256, 32))
"""Shapes for which a square matrix of the longer axis would be very large."""
_TIMES: Final = 16
_BESIDES: Final = 2**23


@clause("weights are trained in place; if the array is not the caller's own, training changes later arrays")
def check_own_array(subject: Subject) -> None:
    """Check that the array, or shard, is writable, and nobody else's: to change it changes no later one."""
    ways: dict[str, Callable[[Shape], npt.NDArray[Any]]] = {
        "call": subject.draw,
        "shard": lambda shape: subject.fixed.shard(shape, ..., subject.dtype),
    }
    for what, draw in ways.items():
        for shape in subject.shapes:
            first = draw(shape)
            if not first.flags.writeable:
                broken(
                    expected=f"a writable array from each {what}",
                    got=f"a read-only one of shape {shape}",
                    mend="return a copy, as by numpy.array(values)",
                )
            if np.shares_memory(first, draw(shape)):
                broken(
                    expected=f"an array of its own from each {what}",
                    got=f"two of shape {shape} that share memory",
                    mend="return a copy of what is kept, or keep nothing",
                )


@clause("layers are initialized by many threads at once, and races show only now and then")
def check_threads(subject: Subject) -> None:
    """Check that calls from several threads at once give what they give one after the other."""
    shapes = subject.shapes[:2]
    alone = [subject.repeated(shape) for shape in shapes]
    barrier = threading.Barrier(_THREADS)

    def work(worker: int) -> str:
        barrier.wait(60)
        for call in range(_CALLS):
            which = (worker + call) % len(shapes)
            values = subject.draw(shapes[which])
            if not same_bits(values, alone[which]):
                return difference(values, alone[which])
        return ""

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)  # so that threads meet in the middle of things
    try:
        with ThreadPoolExecutor(_THREADS) as pool:
            try:
                found = [pool.submit(work, worker) for worker in range(_THREADS)]
            except RuntimeError as error:  # at a limit on processes or memory
                barrier.abort()
                raise NotApplicable(f"the system gives no more threads ({described(error)})") from error
            wrong = next(filter(None, (future.result() for future in found)), "")
    finally:
        sys.setswitchinterval(interval)
    if wrong:
        broken(
            expected=f"the values of a call alone from {_THREADS} threads at once",
            got=wrong,
            mend="keep nothing between or within calls outside of local variables",
        )


@clause("a model that fits into memory must also be initialized in it")
def check_memory(subject: Subject) -> None:
    """Check that a call takes at most 16 times the memory of its result, and 8 MiB."""
    subject.draw(subject.shapes[0])  # tables that are loaded once for a process do not count
    taken = [_check_memory_of(subject, shape) for shape in _LONG]
    if not any(taken):
        _check_memory_of(subject, subject.shape_of(_WIDE))


def _check_memory_of(subject: Subject, shape: Shape) -> bool:
    """Check a call for one shape, and return whether it is taken."""
    tracemalloc.start()
    try:
        values = outcome_of(subject.fixed, shape, subject.dtype)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    if isinstance(values, Exception):
        return False
    size = values.nbytes
    allowed = _TIMES * size + _BESIDES
    if peak > allowed:
        broken(
            expected=f"at most {allowed:,} bytes for shape {shape}, of {size:,} bytes",
            got=f"{peak:,} bytes",
            mend="look for a square matrix as large as the longer axis squared, and for lists of numbers",
        )
    return True


@clause("an experiment is repeated in another process, and on another machine")
def check_process(subject: Subject) -> None:
    """Check that one seed gives the same values in another process of Python."""
    initializer = subject.fixed
    if subject.takes_seed:
        try:  # a text, whose own hash differs from process to process
            initializer = subject.remade(seed="encoder")
            subject.draw(subject.shapes[0], initializer=initializer)
        except Exception as error:
            raise NotApplicable("it takes no text as a seed; see check_seeds") from error
    shape = subject.shapes[0]
    here = subject.draw(shape, initializer=initializer)
    if not same_bits(here, subject.draw(shape, initializer=initializer)):
        raise NotApplicable("its calls give different values")
    there = _in_another_process(initializer, shape, subject.dtype)
    alike = (
        np.allclose(here, there, rtol=1e-5, atol=1e-6, equal_nan=True)
        if subject.kind.reproducibility == "numerical"
        else same_bits(here, there)
    )
    if not alike:
        broken(
            expected=f"the values of {shown(initializer)} for {shape} in another process",
            got=difference(there, here),
            mend="do not use hash(), id(), the order of sets, or anything of the process; "
            "seedbed.random.key_of makes a number of any seed",
        )


_CHILD: Final = """
import pickle, sys
initializer, shape, dtype = pickle.load(sys.stdin.buffer)
sys.stdout.buffer.write(b"values" + initializer(shape, dtype).tobytes())
"""


def _in_another_process(initializer: Any, shape: Shape, dtype: str) -> npt.NDArray[Any]:
    try:
        sent = pickle.dumps((initializer, shape, dtype))
    except Exception as error:
        raise NotApplicable(f"it cannot be pickled; see check_pickle ({described(error)})") from error
    if initializer.__class__.__module__ == "__main__":
        raise NotApplicable("its class is in __main__, which no other process can import")
    path = os.pathsep.join(filter(None, sys.path))
    another = "2" if os.environ.get("PYTHONHASHSEED") == "1" else "1"
    environ = {**os.environ, "PYTHONPATH": path, "PYTHONHASHSEED": another}
    done = subprocess.run(  # noqa: S603 - this very Python
        [sys.executable, "-c", _CHILD], input=sent, env=environ, capture_output=True, check=False, timeout=120
    )
    _, mark, after = done.stdout.partition(b"values")
    if done.returncode or not mark:
        reason = done.stderr.decode(errors="replace").strip().rpartition("\n")[2]
        raise NotApplicable(f"another process cannot use its class: {reason}")
    kind = initializer(shape, dtype).dtype
    return np.frombuffer(after, kind).reshape(shape)

"""How many threads draw, and the running of them."""

from __future__ import annotations

import os
import threading
from _thread import start_new_thread
from collections.abc import Callable, Iterator
from typing import Final

import numpy as np

from seedbed.errors import ArgumentError, shown
from seedbed.integers import as_integer

VARIABLE: Final = "SEEDBED_THREADS"
_DIGITS: Final = 9  # more threads than any system has; Python refuses to read very long numbers


def thread_count(threads: int | None = None, *, most: int | None = None) -> int:
    """Return how many threads may draw: `threads`, or else ``SEEDBED_THREADS``, or else the CPUs to be used.

    Parameters
    ----------
    threads
        An int of at least 1, or ``None``.
    most
        How many there is work for; then the answer may be that.

    Raises
    ------
    ArgumentError
        If `threads`, or the variable, is not an int of at least 1.
    """
    if threads is None:
        text = os.environ.get(VARIABLE, "")
        if not text:
            if most == 1:
                return 1
            return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        if not text.isascii() or not text.isdigit() or len(text) > _DIGITS or int(text) < 1:
            raise ArgumentError(
                f"the environment variable {VARIABLE} must be an int of at least 1, got {shown(text)}"
            )
        return int(text)
    if isinstance(threads, bool) or not isinstance(threads, int | np.integer) or threads < 1:
        raise ArgumentError(f"threads must be None or an int of at least 1, got {shown(threads)}")
    return int(threads)


def run_in_threads(work: Callable[[int], object], tasks: int, *, threads: int | None = None) -> None:
    """Call ``work(0)`` to ``work(tasks - 1)``, each once, in any order, from the caller's thread and others.

    Where the system gives no more threads, those that there are do all the work. A task that finds no memory
    beside the others is called again when they have ended. Whatever is raised, be it `KeyboardInterrupt`, is
    raised only when no other thread works any more: nothing writes into an array once the call has ended.

    Parameters
    ----------
    work
        Does one task.
    tasks
        How many there are.
    threads
        How many threads may work; ``None`` for ``SEEDBED_THREADS``, or all CPUs that the process may use.

    Raises
    ------
    ArgumentError
        If `work` cannot be called, `tasks` is not an int of at least 0, or `threads` is no int of at least 1.

    Examples
    --------
    >>> halves = [0.0] * 4
    >>> run_in_threads(lambda number: halves.__setitem__(number, number / 2), 4)
    >>> halves
    [0.0, 0.5, 1.0, 1.5]
    """
    if not callable(work):
        raise ArgumentError(f"work must be a function of a task's number, got {shown(work)}")
    number = as_integer(tasks)
    if number is None or not 0 <= number < 2**63:
        raise ArgumentError(f"tasks must be an int of at least 0 and below 2**63, got {shown(tasks)}")
    run(work, number, thread_count(threads))


def run(work: Callable[[int], object], tasks: int, threads: int) -> None:
    """Do as `run_in_threads`, with at most so many threads."""
    threads = min(threads, tasks)
    if threads <= 1:
        for number in range(tasks):
            work(number)
        return
    crew = _Crew(work, tasks)
    try:
        try:
            crew.start(threads - 1)
            crew.work()
        finally:
            crew.end()
    finally:
        crew.end()  # which has nothing to do, unless an interrupt came before the first had begun
    if crew.failure is not None:
        raise crew.failure
    for number in crew.left():
        work(number)


class _Crew:
    """The threads of one call: the caller's, and its helpers.

    Each helper holds a lock of its own while it works. The threads of `threading` are of no use here: its
    `start` waits for ever for one that has no memory for its first steps, and an interrupt within it leaves
    one that runs and cannot be joined.
    """

    def __init__(self, work: Callable[[int], object], tasks: int) -> None:
        self.failure: BaseException | None = None  # of a helper, which may have no memory left to note it
        self._work: Callable[[int], object] | None = work
        self._numbers = iter(range(tasks))
        self._without_memory: list[int] = []
        self._taking = threading.Lock()
        self._helpers: list[threading.Lock] = []
        self._is_over = False

    def start(self, helpers: int) -> None:
        """Start so many helpers, or as many as the system gives."""
        for _ in range(helpers):
            busy = threading.Lock()
            self._helpers.append(busy)
            try:
                start_new_thread(self._help, (busy,))
            except (RuntimeError, MemoryError):  # at a limit on processes or memory
                return

    def work(self) -> None:
        """Do tasks until none is left, one finds no memory, or a helper has failed."""
        work = self._work
        while work is not None and (number := self._next()) is not None:
            try:
                work(number)
            except MemoryError:
                self._without_memory.append(number)
                return

    def end(self) -> None:
        """Let no helper begin, and wait for those that work, however often that is interrupted."""
        self._is_over = True
        raised: BaseException | None = None
        while self._helpers:
            try:
                with self._helpers[-1]:
                    self._helpers.pop()
            except BaseException as error:  # noqa: BLE001 - raised below
                raised = error
        self._work = None  # a helper that has yet to end keeps no array alive
        if raised is not None:
            raise raised

    def left(self) -> Iterator[int]:
        """Yield the tasks that are still to be done once the others have ended."""
        yield from self._without_memory
        yield from self._numbers

    def _help(self, busy: threading.Lock) -> None:
        with busy:
            if self._is_over:
                return
            try:
                self.work()
            except BaseException as error:  # noqa: BLE001 - handed to the thread that waits
                self.failure = error

    def _next(self) -> int | None:
        with self._taking:
            is_over = self._is_over or self.failure is not None
            return None if is_over else next(self._numbers, None)

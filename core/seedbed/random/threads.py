"""How many threads draw, and the running of them."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Final, TypeAlias

import numpy as np

from seedbed.errors import ArgumentError, shown

VARIABLE: Final = "SEEDBED_THREADS"

Worker: TypeAlias = Callable[[], AbstractContextManager[Callable[[int], None]]]
"""Gives a thread what does a task, and what that needs while the thread works."""


def thread_count(threads: int | None = None) -> int:
    """Return how many threads may draw: `threads`, or else ``SEEDBED_THREADS``, or else the CPUs to be used.

    Raises
    ------
    ArgumentError
        If `threads`, or the variable, is not an int of at least 1.
    """
    if threads is None:
        text = os.environ.get(VARIABLE, "")
        if not text:
            return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        if not text.isascii() or not text.isdigit() or int(text) < 1:
            raise ArgumentError(
                f"the environment variable {VARIABLE} must be an int of at least 1, got {shown(text)}"
            )
        return int(text)
    if isinstance(threads, bool) or not isinstance(threads, int | np.integer) or threads < 1:
        raise ArgumentError(f"threads must be None or an int of at least 1, got {shown(threads)}")
    return int(threads)


def run(worker: Worker, tasks: int, threads: int) -> None:
    """Do tasks 0 to ``tasks - 1``, each once, in any order, in `threads` threads; raise what one raises."""
    numbers = iter(range(tasks))  # `next` on it is one step of the interpreter, or of its own lock
    take = threading.Lock()
    failures: list[BaseException] = []

    def work() -> None:
        try:
            with worker() as do:
                while not failures:
                    with take:
                        number = next(numbers, None)
                    if number is None:
                        return
                    do(number)
        except BaseException as error:  # noqa: BLE001 - handed to the thread that waits
            failures.append(error)

    helpers = [threading.Thread(target=work, name=f"seedbed-{i}", daemon=True) for i in range(threads - 1)]
    for helper in helpers:
        helper.start()
    work()
    for helper in helpers:
        helper.join()
    if failures:
        raise failures[0]

"""Calls in the midst of a call: what chance shows now and then, when threads meet, is brought about."""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Callable, Container
from concurrent.futures import ThreadPoolExecutor, TimeoutError  # noqa: A004 - before 3.11 not the builtin
from types import CodeType, FrameType
from typing import Any, Final, TypeVar

_T = TypeVar("_T")

_MOST_LINES: Final = 64
_PATIENCE: Final = 1.0
"""Seconds. Who waits longer waits for a lock that the interrupted call holds."""


class NoThreadError(RuntimeError):
    """The system gives no more threads."""


def interleaved(
    call: Callable[[], _T],
    other: Callable[[], object],
    packages: Container[str],
    *,
    seconds: float = math.inf,
) -> _T:
    """Return what `call` returns if `other` runs in another thread before each of its first lines.

    It runs once before each line of the modules of `packages`, which are names of top-level packages, and
    once where a function of theirs returns, since others may write to what it returns. If it waits for a
    lock, or has taken `seconds` in all, or another tracer such as a debugger is active, `call` goes on
    without it. What `other` raises is raised.

    Raises
    ------
    NoThreadError
        If no thread can be started.
    """
    met: set[tuple[CodeType, int, str]] = set()
    failures: list[BaseException] = []
    left = seconds

    def trace(frame: FrameType, event: str, _: object) -> Any:
        if str(frame.f_globals.get("__name__")).partition(".")[0] not in packages:
            return None
        nonlocal left
        line = frame.f_code, frame.f_lineno, event
        is_asked = event in ("line", "return") and line not in met and len(met) < _MOST_LINES
        if is_asked and left > 0 and not failures:
            met.add(line)
            start = time.perf_counter()
            try:
                pool.submit(other).result(_PATIENCE)
            except BaseException as error:  # noqa: BLE001 - raised below, outside of the tracer
                failures.append(error)
            left -= time.perf_counter() - start
        return trace

    with ThreadPoolExecutor(1) as pool:
        try:
            pool.submit(bool)  # which starts the thread
        except RuntimeError as error:
            raise NoThreadError(str(error)) from error
        former = sys.gettrace()
        if former is None:
            sys.settrace(trace)
        try:
            found = call()
        finally:
            if former is None:
                sys.settrace(None)
    if failures and not isinstance(failures[0], TimeoutError):
        raise failures[0]
    return found

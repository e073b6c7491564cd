"""`in_time`, a call that is given up where it has no end."""

from __future__ import annotations

import ctypes
import threading
import time
from collections.abc import Callable
from typing import Final, TypeVar

_Result = TypeVar("_Result")

LONGEST: Final = 20.0
"""Seconds of work after which a call for a small array has no end: it takes a millisecond."""

_IDLE: Final = 20
"""So many times as long a call may take that waits, as on a machine that does other work."""


class EndlessError(BaseException):
    """Raised within a call that takes too long; no `Exception`, which the call might handle."""


def in_time(call: Callable[[], _Result], seconds: float) -> _Result:
    """Return what a call gives.

    Raises
    ------
    EndlessError
        If it works longer, and runs Python. What a library does in one step cannot be given up.
    """
    caller, is_over, lock = threading.get_ident(), threading.Event(), threading.Lock()
    work, start = time.process_time(), time.monotonic()

    def give_up() -> None:
        while not is_over.wait(seconds):
            waited = time.monotonic() - start > _IDLE * seconds
            if not waited and time.process_time() - work < seconds:
                continue
            with lock:
                if not is_over.is_set():
                    ctypes.pythonapi.PyThreadState_SetAsyncExc(
                        ctypes.c_ulong(caller), ctypes.py_object(EndlessError)
                    )
            return

    watcher = threading.Thread(target=give_up, daemon=True)
    watcher.start()
    try:
        return call()
    finally:
        with lock:  # from here on nothing is raised any more
            is_over.set()
        watcher.join()  # no fork is to meet it

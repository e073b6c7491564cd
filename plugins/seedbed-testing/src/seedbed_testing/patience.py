"""`in_time`, a call that is given up where it has no end."""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Callable
from typing import Final, TypeVar

_Result = TypeVar("_Result")

LONGEST: Final = 20.0
"""Seconds after which a call for a small array has no end: it takes a millisecond."""


class EndlessError(BaseException):
    """Raised within a call that takes too long; no `Exception`, which the call might handle."""


def in_time(call: Callable[[], _Result], seconds: float) -> _Result:
    """Return what a call gives.

    Raises
    ------
    EndlessError
        If it takes longer, and runs Python. What a library does in one step cannot be given up.
    """
    caller, lock, is_over = threading.get_ident(), threading.Lock(), False

    def give_up() -> None:
        with lock:
            if not is_over:
                ctypes.pythonapi.PyThreadState_SetAsyncExc(
                    ctypes.c_ulong(caller), ctypes.py_object(EndlessError)
                )

    timer = threading.Timer(seconds, give_up)
    timer.daemon = True
    timer.start()
    try:
        return call()
    finally:
        with lock:  # from here on nothing is raised any more
            is_over = True
        timer.cancel()

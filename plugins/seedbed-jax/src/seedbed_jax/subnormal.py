"""Arithmetic that keeps subnormal numbers, in threads where XLA has them taken for 0."""

from __future__ import annotations

import ctypes
import functools
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

_Made = TypeVar("_Made")

_SMALLEST_NORMAL: Final = sys.float_info.min
_DEFAULT: Final = ctypes.c_void_p(-1)  # FE_DFL_ENV of glibc and of musl
_ROOM: Final = 512  # bytes, more than any machine's fenv_t has


def keeping_subnormals(make: Callable[[], _Made]) -> _Made:
    """Return ``make()``, worked out in a callback as everywhere else.

    XLA sets the threads that it works in, and those that begin in them, to take subnormal numbers for 0.

    Raises
    ------
    RuntimeError
        If the system does not let it be undone.
    """
    if _are_kept():
        return make()
    if sys.platform != "linux":  # where new threads begin as a process does
        with ThreadPoolExecutor(1) as pool:
            return pool.submit(_checked, make).result()
    before = ctypes.create_string_buffer(_ROOM)
    _library().fegetenv(before)
    _library().fesetenv(_DEFAULT)
    try:
        return _checked(make)
    finally:
        _library().fesetenv(before)


@functools.cache
def _library() -> ctypes.CDLL:
    return ctypes.CDLL(None)  # what the process has, which is C's mathematical functions, too


def _checked(make: Callable[[], _Made]) -> _Made:
    if not _are_kept():
        raise RuntimeError(
            "XLA has this thread take subnormal numbers for 0, which cannot be undone on this system, so "
            "that values might differ; draw outside of jit"
        )
    return make()


def _are_kept() -> bool:
    return _SMALLEST_NORMAL / 2 > 0

"""`peak_of`, how many bytes a call takes at most."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from typing import TypeVar

_Result = TypeVar("_Result")


def peak_of(call: Callable[[], _Result]) -> tuple[_Result, int]:
    """Return what a call gives, and how many more bytes than before it were in use at most.

    Memory may be traced already, as by ``python -X tracemalloc``; then it still is afterwards.
    """
    was_tracing = tracemalloc.is_tracing()
    if not was_tracing:
        tracemalloc.start()
    try:
        tracemalloc.reset_peak()
        before = tracemalloc.get_traced_memory()[0]
        found = call()
        return found, tracemalloc.get_traced_memory()[1] - before
    finally:
        if not was_tracing:
            tracemalloc.stop()

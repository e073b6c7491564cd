"""Draws by one thread and by several, however many CPUs there are and whatever the environment says."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from seedbed.random.threads import VARIABLE

SEVERAL: Final = 4
"""Threads among which the engine divides an array of `subject.WIDE` elements."""

KEEP_NOTHING: Final = "keep nothing between or within calls outside of local variables"


@contextmanager
def drawing_by(threads: int) -> Iterator[None]:
    """Let each draw be made by so many threads, which meet in the middle of things."""
    former, interval = os.environ.get(VARIABLE), sys.getswitchinterval()
    os.environ[VARIABLE] = str(threads)
    sys.setswitchinterval(1e-6)
    try:
        yield
    finally:
        sys.setswitchinterval(interval)
        if former is None:
            del os.environ[VARIABLE]
        else:
            os.environ[VARIABLE] = former

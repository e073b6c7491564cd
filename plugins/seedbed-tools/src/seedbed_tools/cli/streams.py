"""Standard output is the command's alone: what packages print goes to standard error."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from typing import TextIO


@contextmanager
def prints_to_stderr() -> Iterator[None]:
    """Send to standard error what packages print while they are imported, examined or drawn from.

    The command line does so and not the catalogue, since all threads of a process share its streams. Text
    printed by other languages and by child processes goes the same way.
    """
    sys.stdout.flush()
    error_output = sys.stderr
    with _descriptor_of(sys.stdout, is_that_of=sys.stderr), redirect_stdout(sys.stderr):
        try:
            yield
        finally:
            sys.stderr = error_output  # which a package may have taken away


@contextmanager
def _descriptor_of(stream: TextIO, *, is_that_of: TextIO) -> Iterator[None]:
    try:
        own, other = stream.fileno(), is_that_of.fileno()
    except (OSError, ValueError):  # a stream in memory, as in a test
        yield
        return
    kept = os.dup(own)
    os.dup2(other, own)
    try:
        yield
    finally:
        stream.flush()  # what was printed by way of `sys.__stdout__`
        os.dup2(kept, own)
        os.close(kept)

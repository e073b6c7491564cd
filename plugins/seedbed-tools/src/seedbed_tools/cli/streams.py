"""Standard output is the command's alone: what packages print goes to standard error, from any thread."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout, suppress
from threading import get_ident, main_thread
from typing import Any, TextIO


class _OfMainThread:
    """A standard output that is one for the main thread, and standard error for all others."""

    def __init__(self, own: TextIO) -> None:
        self.own = own

    def __getattr__(self, name: str) -> Any:
        is_main = get_ident() == main_thread().ident
        return getattr(self.own if is_main else sys.stderr, name)


def keep_output_from_packages() -> None:
    """Give the command an output that no thread of a package's prints to, for the rest of this process.

    The descriptor of the standard output is everybody's. So from now on it leads to standard error.
    """
    if sys.stdout is None or sys.stderr is None or "_ARGCOMPLETE" in os.environ:
        return
    with suppress(OSError, ValueError):  # a stream in memory
        number, errors = sys.stdout.fileno(), sys.stderr.fileno()
        sys.stdout.flush()
        own = os.fdopen(
            os.dup(number),
            "w",
            encoding=sys.stdout.encoding,
            errors=sys.stdout.errors,
            buffering=1 if sys.stdout.isatty() else -1,
        )
        os.dup2(errors, number)
        sys.stdout = _OfMainThread(own)


@contextmanager
def output_in_its_place() -> Iterator[None]:
    """Let what is written to ``/dev/stdout`` go to the command's output, while this is entered."""
    output: object = sys.stdout
    if not isinstance(output, _OfMainThread) or sys.__stdout__ is None:
        yield
        return
    output.own.flush()
    with _descriptor_of(sys.__stdout__, is_that_of=output.own):
        yield


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

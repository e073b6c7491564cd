"""A progress bar for large models, where tqdm is installed."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from importlib.util import find_spec
from typing import Any, Final

from seedbed.arguments import flag
from seedbed.errors import MissingExtraError

_WORTH_A_BAR: Final = 10**8
"""Elements that take about a second."""


@contextmanager
def bar(total: int, *, progress: bool | None) -> Iterator[Callable[[str, int], None]]:
    """Give a function that is called with a path and how many of `total` elements have been written.

    Raises
    ------
    MissingExtraError
        If `progress` is true and tqdm is not installed.
    """
    check_progress(progress)
    wants = total >= _WORTH_A_BAR and sys.stderr is not None and sys.stderr.isatty()
    shows = wants if progress is None else progress
    with _bar(total) if shows else nullcontext() as made:

        def advance(path: str, count: int) -> None:
            if made is not None:
                made.set_description(path, refresh=False)
                made.update(count)

        yield advance


def check_progress(progress: bool | None) -> None:  # noqa: FBT001 - as its caller got it
    """Refuse what is no answer to whether a bar is shown, before anything is changed.

    Raises
    ------
    ArgumentError
        If it is neither a bool nor ``None``.
    MissingExtraError
        If it is true and tqdm is not installed.
    """
    if progress is not None and flag("progress", progress) and find_spec("tqdm") is None:
        raise MissingExtraError("progress=True needs tqdm: pip install tqdm, or leave it out")


def _bar(total: int) -> Any:
    try:
        from tqdm import tqdm  # noqa: PLC0415 - only a large model needs it
    except ModuleNotFoundError:
        return nullcontext()
    # Without a thread that watches it, which warns where it cannot start.
    silent = type("Bar", (tqdm,), {"monitor_interval": 0})
    return silent(total=total, unit=" elements", unit_scale=True)

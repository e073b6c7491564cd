"""Which entries are being loaded at the moment, and by which threads."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from threading import get_ident
from typing import Final

from seedbed.entry import Entry
from seedbed.errors import EntryLoadError

_LOADS: Final[set[tuple[int, str]]] = set()
"""Threads and full names; changed by single operations, which are atomic. No thread waits for another."""

if hasattr(os, "register_at_fork"):
    # A process that was forked has one thread, and gives the others' numbers to new ones.
    os.register_at_fork(
        after_in_child=lambda: _LOADS.difference_update([load for load in _LOADS if load[0] != get_ident()])
    )


class _AskedTooEarlyError(EntryLoadError):
    """An entry was asked for by code that its own import runs."""


@contextmanager
def in_progress(entry: Entry) -> Iterator[None]:
    """Note that this thread loads `entry`; if it does already, raise an `EntryLoadError`."""
    mine = (get_ident(), entry.full_name)
    if mine in _LOADS:
        raise _AskedTooEarlyError(
            f"{entry.full_name} ({entry.source}) was asked for by code that its own import runs; ask for "
            "it in a function instead, one that is called later"
        )
    _LOADS.add(mine)
    try:
        yield
    finally:
        _LOADS.discard(mine)


def is_final(entry: Entry, failure: EntryLoadError) -> bool:
    """Say whether a load that has failed would fail again.

    Not if it asked too early for something, as it may be found complete next time; and not yet if another
    thread is loading the same entry, half of which this one may have seen.
    """
    elsewhere = any(name == entry.full_name for _, name in tuple(_LOADS))
    return not elsewhere and not any(isinstance(error, _AskedTooEarlyError) for error in _causes(failure))


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:  # an exception may be made its own cause
        seen.add(id(error))
        yield error
        # Not by `or`, nor by attributes: an exception may be false, and have anything in their place.
        cause = _CAUSE.__get__(error)
        error = _CONTEXT.__get__(error) if cause is None else cause


_CAUSE: Final = BaseException.__dict__["__cause__"]
_CONTEXT: Final = BaseException.__dict__["__context__"]

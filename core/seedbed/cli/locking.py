"""``seedbed lock``, ``seedbed verify`` and ``seedbed diff``."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TextIO

from seedbed.cli.errors import one_line
from seedbed.cli.streams import prints_to_stderr
from seedbed.files import is_stream
from seedbed.locking import Lock, differences, survey, unseen, verify

_SAME, _DIFFERENT = 0, 1
"""Exit statuses, as of ``diff``; 2 is for trouble."""


def write_lock(output: Path) -> int:
    """Write what is installed to a lock file; nothing if some of it cannot be locked, which is said."""
    with prints_to_stderr():
        found = survey()
    if found.obstacles:
        _say(why for _, why in found.obstacles)
        sys.stdout.flush()
        sys.stderr.write(one_line(f"seedbed: {output} is not written: the above cannot be locked") + "\n")
        return 1
    to = sys.stderr if is_stream(output) else sys.stdout  # where the lock is not
    found.lock.write(output)
    _say([f"wrote {output}: {_counted(found.lock)}"], to)
    _warn(found.lock)
    return 0


def compare_installed(path: Path) -> int:
    """Say what differs between a lock file and what is installed."""
    lock = Lock.read(path)
    with prints_to_stderr():
        found = verify(lock)
    _say(found or [f"{_counted(lock)} are as {path} says"])
    _warn(lock)
    return _DIFFERENT if found else _SAME


def compare_files(old: Path, new: Path) -> int:
    """Say what differs between two lock files, and nothing if they say the same."""
    former = Lock.read(old)
    found = differences(former, Lock.read(new))
    _say(found)
    _warn(former)
    return _DIFFERENT if found else _SAME


def _counted(lock: Lock) -> str:
    entries = _plural(len(lock.entries), "entry", "entries")
    return f"{entries} of {_plural(len(lock.providers), 'package', 'packages')}"


def _plural(count: int, one: str, more: str) -> str:
    return f"{count} {one if count == 1 else more}"


def _say(lines: Iterable[str], to: TextIO | None = None) -> None:
    (to or sys.stdout).writelines(f"{one_line(line)}\n" for line in lines)


def _warn(lock: Lock) -> None:
    """Name what may change unseen; it is no difference, and so it is not among them."""
    sys.stdout.flush()
    _say((f"seedbed: warning: {line}" for line in unseen(lock)), sys.stderr)

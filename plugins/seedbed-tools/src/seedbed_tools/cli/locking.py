"""``seedbed lock``, ``seedbed verify`` and ``seedbed diff``."""

from __future__ import annotations

import re
import sys
from argparse import Namespace
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final, TextIO

from seedbed.files import is_stream
from seedbed.locking import Lock, differences, survey, unseen
from seedbed.locking.survey import compared, installed
from seedbed_tools.cli import hidden
from seedbed_tools.cli.errors import one_line
from seedbed_tools.cli.json_output import to_json
from seedbed_tools.cli.streams import output_in_its_place, prints_to_stderr

_SAME, _DIFFERENT = 0, 1
"""Exit statuses like those of ``diff``; 2 means an error."""

_SUBJECT: Final = re.compile(r"(\S+?)(?: \S+)?: ")
"""The start of a line about a package or an entry: its name, and perhaps a version."""


def lock(options: Namespace) -> int:
    """Write what is installed to a lock file, or say what cannot be locked and write nothing."""
    output = Path(options.output)
    place = output.absolute()  # packages may go elsewhere
    with prints_to_stderr(), installed() as catalogue:
        found = survey(catalogue)
    obstacles = [why for _, why in found.obstacles]
    to = sys.stdout
    if not obstacles:
        with output_in_its_place():
            to = sys.stderr if is_stream(output) else sys.stdout  # not where the lock goes
            found.lock.write(place)
    if options.json:
        rows = [{"name": name, "text": one_line(why)} for name, why in found.obstacles]
        document = {"lock": str(output), "written": not obstacles, **_counts(found.lock), "obstacles": rows}
        _print(document | _unseen(found.lock), to)
    else:
        _say(obstacles or [f"wrote {output}: {_counted(found.lock)}"], to)
    if obstacles:
        sys.stdout.flush()
        sys.stderr.write(one_line(f"seedbed: {output} is not written: the above cannot be locked") + "\n")
    else:
        _warn(found.lock)
    hidden.tell(catalogue)
    return 1 if obstacles else 0


def verify(options: Namespace) -> int:
    """Say what differs between a lock file and what is installed."""
    path = Path(options.lock)
    lock = Lock.read(path)
    with prints_to_stderr(), installed(lock) as catalogue:
        found = compared(lock, catalogue, is_guarded=True)
    if options.json:
        _print({"lock": str(path), **_counts(lock), **_compared(found), **_unseen(lock)})
    else:
        _say(found or [f"{_counted(lock)} are as {path} says"])
    _warn(lock)
    hidden.tell(catalogue)
    return _DIFFERENT if found else _SAME


def diff(options: Namespace) -> int:
    """Say what differs between two lock files, and nothing if they say the same."""
    old, new = Path(options.old), Path(options.new)
    former = Lock.read(old)
    found = differences(former, Lock.read(new))
    if options.json:
        _print({"old": str(old), "new": str(new), **_compared(found), **_unseen(former)})
    else:
        _say(found)
    _warn(former)
    return _DIFFERENT if found else _SAME


def _compared(lines: list[str]) -> dict[str, Any]:
    return {"same": not lines, "differences": _rows(lines)}


def _unseen(lock: Lock) -> dict[str, Any]:
    return {"unseen": _rows(unseen(lock))}


def _rows(lines: Iterable[str]) -> list[dict[str, str | None]]:
    return [{"name": _subject(line), "text": one_line(line)} for line in lines]


def _subject(line: str) -> str | None:
    found = _SUBJECT.match(line)
    return found[1] if found else None


def _counts(lock: Lock) -> dict[str, int]:
    return {"packages": len(lock.providers), "entries": len(lock.entries)}


def _counted(lock: Lock) -> str:
    entries = _plural(len(lock.entries), "entry", "entries")
    return f"{entries} of {_plural(len(lock.providers), 'package', 'packages')}"


def _plural(count: int, one: str, more: str) -> str:
    return f"{count} {one if count == 1 else more}"


def _print(document: dict[str, Any], to: TextIO | None = None) -> None:
    (to or sys.stdout).write(f"{to_json(document)}\n")


def _say(lines: Iterable[str], to: TextIO | None = None) -> None:
    (to or sys.stdout).writelines(f"{one_line(line)}\n" for line in lines)


def _warn(lock: Lock) -> None:
    """Warn about what may change unseen, which is not a difference."""
    sys.stdout.flush()
    _say((f"seedbed: warning: {line}" for line in unseen(lock)), sys.stderr)

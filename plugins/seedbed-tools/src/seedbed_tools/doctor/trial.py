"""`Trial`, how a package fared in a process of its own."""

from __future__ import annotations

import json
import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any, Final, Literal

from seedbed.catalogue import ENGINE_VARIABLE
from seedbed.governance import PLUGINS_VARIABLE
from seedbed.random import run_in_threads
from seedbed_tools.doctor import probe

_AT_ONCE: Final = 4
_LONGEST_COMPLAINT: Final = 4096
_MARK: Final = "SEEDBED_DOCTOR_TRIAL"
"""The variable of the environment by which the children of a trial are known, whatever session they make."""

_ROUNDS: Final = 20
"""So often is looked for children that were being started while others were killed."""
# The request comes by standard input, since a long path does not fit into a command line.
_PROGRAM: Final = """
import json, sys
asked = json.load(sys.stdin)
sys.path[:] = asked["path"]
from seedbed_tools.doctor import probe
getattr(probe, asked["function"])(**asked["arguments"])
"""

Fate = Literal["", "hangs", "dies"]


@dataclass(frozen=True, slots=True)
class Trial:
    """How a package fared.

    Parameters
    ----------
    provider
        The distribution.
    broken
        What is wrong with each entry that could not be loaded, by full name.
    fate
        ``"hangs"`` if the process did not end in time, ``"dies"`` if it ended too early; else empty.
    end
        What happened, in words; empty if all went well.
    seconds
        How long it took, with the start of Python.
    """

    provider: str
    broken: dict[str, str]
    fate: Fate
    end: str
    seconds: float


@dataclass(frozen=True, slots=True)
class EngineTrial:
    """How an engine fared.

    Parameters
    ----------
    name
        What the engine calls itself; empty if it cannot draw.
    refused
        Why it cannot draw; empty if it can.
    """

    name: str
    refused: str


def try_all(providers: Iterable[str], limit: float, *, only: frozenset[str] | None = None) -> list[Trial]:
    """Try packages, a few at a time, each for at most `limit` seconds."""
    asked = list(providers)
    trials: dict[int, Trial] = {}

    def work(number: int) -> None:
        trials[number] = try_one(asked[number], limit, only=only)

    run_in_threads(work, len(asked), threads=min(_AT_ONCE, os.cpu_count() or 1))
    return [trials[number] for number in range(len(asked))]


def try_one(provider: str, limit: float, *, only: frozenset[str] | None = None) -> Trial:
    """Load all that a package has, in a process of its own, for at most `limit` seconds.

    Of other packages only those are turned on of which it has presets, and of these only `only`.
    """
    arguments = {"provider": provider, "only": None if only is None else sorted(only)}
    run = _run(probe.load_all.__name__, arguments, {PLUGINS_VARIABLE: provider, ENGINE_VARIABLE: ""}, limit)
    broken = {str(line["broken"]): str(line["what"]) for line in run.lines if "broken" in line}
    return Trial(provider, broken, run.fate, run.end, run.seconds)


def try_engine(wanted: str, providers: Iterable[str], limit: float) -> EngineTrial:
    """Draw with the engine of the provider `wanted`, in a process of its own in which `providers` are on."""
    on = ",".join(sorted(providers)) or "0"
    run = _run(probe.try_engine.__name__, {}, {PLUGINS_VARIABLE: on, ENGINE_VARIABLE: wanted}, limit)
    told = {key: str(value) for line in run.lines for key, value in line.items()}
    if run.end:
        return EngineTrial("", f"the engine of {wanted} {run.end}; unset {ENGINE_VARIABLE}")
    return EngineTrial("", told["refused"]) if "refused" in told else EngineTrial(told["engine"], "")


@dataclass(frozen=True, slots=True)
class _Run:
    """What a process reported, and how it ended."""

    lines: list[dict[str, Any]]
    fate: Fate
    end: str
    seconds: float


def _run(function: str, arguments: Mapping[str, Any], variables: Mapping[str, str], limit: float) -> _Run:
    """Call a function of the probe in a process of its own, with these variables of the environment."""
    started = time.monotonic()
    path = [part for part in sys.path if isinstance(part, str)]
    mark = f"{_MARK}={secrets.token_hex(16)}"
    asked = json.dumps({"path": path, "function": function, "arguments": arguments}).encode("ascii")
    # Files and not pipes, which a child of the package could hold open long after the process has ended.
    with TemporaryFile() as given, TemporaryFile() as told, TemporaryFile() as complaints:
        given.write(asked)
        given.seek(0)
        process = subprocess.Popen(  # noqa: S603 - this Python, with code of ours
            [sys.executable, "-P", "-c", _PROGRAM],
            stdin=given,
            stdout=told,
            stderr=complaints,
            env={**os.environ, **variables, _MARK: mark.partition("=")[2]},
            start_new_session=True,
        )
        status = _wait(process, limit)
        _kill_marked(mark.encode("ascii"))
        lines = [_line(line) for line in _content(told).splitlines()]
        complaint = _content(complaints, last=_LONGEST_COMPLAINT).strip().rpartition("\n")[2]
    fate, end = _ending(lines, status, complaint, limit)
    return _Run(lines, fate, end, round(time.monotonic() - started, 3))


def _wait(process: subprocess.Popen[bytes], limit: float) -> int | None:
    """Return the status with which a process ended, or `None` if it did not; leave nothing of it running."""
    try:
        return process.wait(timeout=limit)
    except subprocess.TimeoutExpired:
        return None
    finally:
        if hasattr(os, "killpg"):
            # The first is raised if it has left nothing behind, the second by macOS if it is a zombie.
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
        process.kill()
        process.wait()


def _kill_marked(mark: bytes) -> None:
    """Kill what has left the session of its trial, where the system tells the environment of processes."""
    for _ in range(_ROUNDS):
        found = [pid for pid in _processes() if mark in _environment(pid).split(b"\0")]
        for pid in found:
            with suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        if not found:
            return
        time.sleep(0.01)


def _processes() -> list[int]:
    with suppress(OSError):  # Linux alone has it
        return [int(place.name) for place in Path("/proc").iterdir() if place.name.isdecimal()]
    return []


def _environment(pid: int) -> bytes:
    with suppress(OSError):  # it may have ended, or be somebody else's
        return Path(f"/proc/{pid}/environ").read_bytes()
    return b""


def _ending(
    lines: list[dict[str, Any]], status: int | None, complaint: str, limit: float
) -> tuple[Fate, str]:
    steps = [str(line["step"]) for line in lines if "step" in line]
    is_done = any("done" in line for line in lines)
    during = f"while {steps[-1]}" if steps else "while Python starts"
    if status is None and is_done:
        still = "a thread or child of it still runs"
        return "hangs", f"loaded everything, but did not end within {limit:g} seconds: {still}"
    if status is None:
        return "hangs", f"did not end within {limit:g} seconds {during}"
    if is_done:
        return "", ""
    what = f"ended the process with status {status}" if status >= 0 else f"was killed by {_signal(-status)}"
    # Later on, standard error is the package's, and is not kept.
    return "dies", f"{what} {during}" + (f": {complaint}" if complaint and not steps else "")


def _signal(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:  # one of the real-time signals, which have no names
        return f"signal {number}"


def _content(file: IO[bytes], *, last: int | None = None) -> str:
    size = file.seek(0, os.SEEK_END)
    file.seek(0 if last is None else max(0, size - last))
    return file.read().decode("utf-8", "replace")


def _line(line: str) -> dict[str, Any]:
    try:
        found = json.loads(line)
    except ValueError:  # cut off when the process was killed
        return {}
    return found if isinstance(found, dict) else {}

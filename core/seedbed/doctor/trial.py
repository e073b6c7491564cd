"""`Trial`, what became of a package in a process of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final

from seedbed.catalogue.chosen_engine import VARIABLE as ENGINE_VARIABLE
from seedbed.catalogue.policy import PLUGINS_VARIABLE

_AT_ONCE: Final = 4
_PROGRAM: Final = """
import json, sys
sys.path[:] = json.loads(sys.argv[1])
from seedbed.doctor.probe import main
main(sys.argv[2])
"""


@dataclass(frozen=True, slots=True)
class Trial:
    """How a package fared.

    Parameters
    ----------
    provider
        The distribution.
    entries
        How many entries it was asked to load.
    broken
        What is wrong with each of those that could not be loaded, by full name.
    end
        Why the process did not come to its end; empty if it did.
    seconds
        How long it took, the start of Python included.
    """

    provider: str
    entries: int
    broken: dict[str, str]
    end: str
    seconds: float


def try_all(providers: Iterable[str], limit: float) -> list[Trial]:
    """Try packages, a few at a time, each for at most `limit` seconds."""
    with ThreadPoolExecutor(min(_AT_ONCE, os.cpu_count() or 1)) as pool:
        return list(pool.map(lambda provider: try_one(provider, limit), providers))


def try_one(provider: str, limit: float) -> Trial:
    """Load all that a package has, in a process of its own, for at most `limit` seconds."""
    started = time.monotonic()
    with subprocess.Popen(  # noqa: S603 - this Python, with code of ours
        [
            sys.executable,
            "-P",
            "-c",
            _PROGRAM,
            json.dumps([p for p in sys.path if isinstance(p, str)]),
            provider,
        ],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, PLUGINS_VARIABLE: provider, ENGINE_VARIABLE: ""},
        start_new_session=True,
    ) as process:
        try:
            output, _ = process.communicate(timeout=limit)
            timed_out = False
        except subprocess.TimeoutExpired:
            _kill(process)
            output, _ = process.communicate()
            timed_out = True
    lines = [_line(line) for line in output.decode("utf-8", "replace").splitlines()]
    steps = [str(line["step"]) for line in lines if "step" in line] or ["Python starts"]
    if timed_out:
        end = f"did not end within {limit:g} seconds while {steps[-1]}"
    elif not any("done" in line for line in lines):
        end = f"ended the process with status {process.returncode} while {steps[-1]}"
    else:
        end = ""
    return Trial(
        provider,
        entries=sum("entry" in line for line in lines),
        broken={str(line["broken"]): str(line["what"]) for line in lines if "broken" in line},
        end=end,
        seconds=round(time.monotonic() - started, 3),
    )


def _kill(process: subprocess.Popen[bytes]) -> None:
    """Kill a process, with all that it has started where the system can."""
    if hasattr(os, "killpg"):
        os.killpg(process.pid, signal.SIGKILL)
    else:
        process.kill()


def _line(line: str) -> dict[str, Any]:
    try:
        found = json.loads(line)
    except ValueError:  # cut off when the process was killed
        return {}
    return found if isinstance(found, dict) else {}

"""How long the commands take from start to end, beside `import numpy`.

Every number is the median of whole processes that take turns, so that a machine that is busy for a while is
so for all of them. The modules are compiled and in the system's cache. The ratios are what counts; times
differ between machines.
Where the system lets one, run it under a priority of real time: ``chrt -r 5 python benchmarks/commands.py``.
"""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Final

ROUNDS: Final = 15
TARGET: Final = 2.2
"""The largest ratio to `import numpy` that we accept."""

_REFERENCE: Final = "import numpy"
_COMMANDS: Final = (
    "list",
    "which he_normal",
    "show he_normal",
    "draw he_normal --shape 256,128",
    "docs he_normal",
)
_FOR_INFORMATION: Final = ("--version", "--help")


def main() -> None:
    """Print the time of each command, and its ratio to the reference."""
    print(f"Python {platform.python_version()}, {os.cpu_count()} cores, {platform.machine()}")
    print(f"medians of {ROUNDS} rounds of fresh processes\n")
    times = time_in_turns()
    for title, seconds in times.items():
        ratio = seconds / times[_REFERENCE]
        verdict = f"   {'meets' if ratio <= TARGET else 'MISSES'} {TARGET:g}" if title in _COMMANDS else ""
        print(f"  {title:32}{1000 * seconds:7.1f} ms   ratio {ratio:.2f}{verdict}")


def time_in_turns() -> dict[str, float]:
    """Return the median time of a process for the reference and for each command, in seconds."""
    processes = {_REFERENCE: [sys.executable, "-c", "import numpy"]}
    for command in (*_COMMANDS, *_FOR_INFORMATION):
        processes[command] = [sys.executable, "-m", "seedbed", *command.split()]
    rounds: dict[str, list[float]] = {title: [] for title in processes}
    with TemporaryDirectory() as compiled:
        environment = os.environ | {"PYTHONPYCACHEPREFIX": compiled, "PYTHONDONTWRITEBYTECODE": ""}
        for _ in range(ROUNDS + 1):
            for title, process in processes.items():
                start = perf_counter()
                subprocess.run(process, stdout=subprocess.DEVNULL, env=environment, check=True)
                rounds[title].append(perf_counter() - start)
    # In the first round the modules are compiled, and read from the disk.
    return {title: median(taken[1:]) for title, taken in rounds.items()}


if __name__ == "__main__":
    main()

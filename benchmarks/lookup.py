"""What it costs to import Seedbed and to look up a name, beside Keras.

Every number is the median of rounds in which all candidates take turns, so that a machine that is busy for a
while is so for all of them. The ratios are what counts; times differ between machines.

Run it as ``python benchmarks/lookup.py``.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import platform
import subprocess
import sys
from collections.abc import Callable, Mapping
from statistics import median
from time import perf_counter
from typing import Any, Final

IMPORT_ROUNDS: Final = 15
LOOKUP_ROUNDS: Final = 41
CALLS: Final = 500
"""Calls in a round: enough that reading the clock does not count, few enough that turns are short."""

IMPORT_TARGET_MS: Final = 30.0
LOOKUP_TARGETS: Final = {"by name": 0.5}
"""The largest ratio to Keras that we accept; the others are for information."""

_TIMED_IMPORT: Final = """
from time import perf_counter
start = perf_counter()
import numpy
between = perf_counter()
import seedbed
print(between - start, perf_counter() - between)
"""
_CONFIG: Final = {"class_name": "HeNormal", "config": {"seed": 7}}

Candidate = Callable[[], Any]


def main() -> None:
    """Print every figure."""
    print(f"Python {platform.python_version()}, {os.cpu_count()} cores, {platform.machine()}")
    numpy_ms, seedbed_ms = time_imports()
    print(f"\nimport, medians of {IMPORT_ROUNDS} fresh processes")
    print(f"  import numpy                  {numpy_ms:8.1f} ms")
    print(
        f"  import seedbed, beyond that   {seedbed_ms:8.1f} ms   {_verdict(seedbed_ms, IMPORT_TARGET_MS)} ms"
    )

    peer = keras_candidates()
    print(f"\nlook-up, medians of {LOOKUP_ROUNDS} rounds of {CALLS} calls")
    if peer is None:
        print("  absent: keras (so there are no ratios)")
    for title, ours in seedbed_candidates().items():
        report(title, ours, None if peer is None else peer[title], target=LOOKUP_TARGETS.get(title))


def time_imports() -> tuple[float, float]:
    """Return what importing numpy, and seedbed after it, take in a fresh process, in ms."""
    command = [sys.executable, "-c", _TIMED_IMPORT]
    rounds = []
    for _ in range(IMPORT_ROUNDS + 1):
        printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        rounds.append([1000 * float(seconds) for seconds in printed.split()])
    # The first may have had to compile the modules, and to read them from the disk.
    numpy_ms, seedbed_ms = zip(*rounds[1:], strict=True)
    return median(numpy_ms), median(seedbed_ms)


def seedbed_candidates() -> dict[str, Candidate]:
    """Return our look-ups by what they do."""
    import seedbed

    return {
        "by name": lambda: seedbed.get("he_normal"),
        "by name, with a seed": lambda: seedbed.get("he_normal", seed=7),
        "by config, with a seed": lambda: seedbed.get(_CONFIG),
    }


def keras_candidates() -> dict[str, Candidate] | None:
    """Return Keras's look-ups by what they do; ``None`` if it is not installed.

    Its `get` takes no overrides, so that a name with a seed has to be said as a config.
    """
    if importlib.util.find_spec("keras") is None:
        return None
    os.environ["KERAS_BACKEND"] = "numpy"
    get: Callable[[Any], Any] = importlib.import_module("keras").initializers.get
    return {
        "by name": lambda: get("he_normal"),
        "by name, with a seed": lambda: get(_CONFIG),
        "by config, with a seed": lambda: get(_CONFIG),
    }


def report(title: str, ours: Candidate, theirs: Candidate | None, *, target: float | None) -> None:
    """Print one comparison."""
    times = interleave({"seedbed": ours} | ({} if theirs is None else {"keras": theirs}))
    line = f"  {title:24}" + "".join(f"{name} {time:7.2f} us   " for name, time in times.items())
    if theirs is not None:
        ratio = times["seedbed"] / times["keras"]
        line += f"ratio {ratio:.3f}   " + ("" if target is None else _verdict(ratio, target))
    print(line.rstrip())


def interleave(candidates: Mapping[str, Candidate]) -> dict[str, float]:
    """Return the median time of one call of each candidate, in us."""
    rounds: dict[str, list[float]] = {name: [] for name in candidates}
    for index in range(LOOKUP_ROUNDS + 1):
        for name, call in candidates.items():
            start = perf_counter()
            for _ in range(CALLS):
                call()
            if index:  # the first call of all imports what it needs
                rounds[name].append(1e6 * (perf_counter() - start) / CALLS)
    return {name: median(times) for name, times in rounds.items()}


def _verdict(measured: float, target: float) -> str:
    return f"{'meets' if measured <= target else 'MISSES'} the target of at most {target:g}"


if __name__ == "__main__":
    main()

"""Contestants that take turns, each in a process of its own.

Ratios of medians are then of times that a machine's mood weighed on alike; and in one process the thread
pools of several libraries would slow each other down, up to tenfold.
"""

from __future__ import annotations

import argparse
import functools
import multiprocessing
import statistics
import time
from collections.abc import Callable, Mapping
from multiprocessing.connection import Connection
from typing import Final, TypeAlias

import numpy as np

Task: TypeAlias = Callable[[], object]
Contestant: TypeAlias = Callable[[], Task]
"""Prepares a task in the process that will run it; raises ImportError where a library is absent."""

OfModel: TypeAlias = Callable[[int, int], Task]
"""Prepares a task for a model of so many layers and such a width."""

_CONTEXT: Final = multiprocessing.get_context("spawn")
_REST: Final = 0.3
"""Seconds between turns: the threads of the library that ran last spin for up to 0.2 s."""


def medians(contestants: Mapping[str, Contestant], repeats: int, *, memory: int = 0) -> dict[str, float]:
    """Return the median seconds of a call of each contestant that is installed.

    So many bytes of `memory` are written to and freed before each turn. The host of a virtual machine takes
    back what is free for some seconds, and who writes to it next waits for it: a second for each GiB, say.
    """
    ends: dict[str, Connection] = {}
    processes = []
    for name, contestant in contestants.items():
        here, there = _CONTEXT.Pipe()
        process = _CONTEXT.Process(target=_serve, args=(contestant, there), daemon=True)
        process.start()
        processes.append(process)
        if here.recv() == "ready":
            ends[name] = here
    rounds = [{name: _ask(end, memory) for name, end in ends.items()} for _ in range(repeats)]
    for end in ends.values():
        end.send("stop")
    for process in processes:
        process.join()
    return {name: statistics.median(times[name] for times in rounds) for name in ends}


def print_ratios(description: str | None, contestants: Mapping[str, Mapping[str, OfModel]]) -> None:
    """Print a row for each group of contestants, of times as ratios to that of the one called ``"seedbed"``.

    The layers and the width of the model, and how many rounds there are, come from the command line.
    """
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--layers", type=int, default=12, help="of the model")
    parser.add_argument("--width", type=int, default=768, help="of the model")
    parser.add_argument("--repeats", type=int, default=5, help="rounds, of which the median is taken")
    given = parser.parse_args()
    for what, group in contestants.items():
        tasks = {name: functools.partial(make, given.layers, given.width) for name, make in group.items()}
        found = medians(tasks, given.repeats)
        if "seedbed" not in found:
            print(f"{what}: the framework, or Seedbed's package for it, cannot be imported", flush=True)
            continue
        whole = found.pop("seedbed")
        ratios = [f"{name} {median / whole:.2f} x" for name, median in found.items()]
        print(f"{what}: seedbed {whole * 1e3:.0f} ms, {', '.join(ratios)}", flush=True)


def _serve(contestant: Contestant, connection: Connection) -> None:
    try:
        task = contestant()
    except ImportError:
        connection.send("absent")
        return
    task()  # compiles, starts threads
    connection.send("ready")
    while connection.recv() == "go":
        start = time.perf_counter()
        result = task()
        connection.send(time.perf_counter() - start)
        del result  # freed outside of the time, and before the next turn


def _ask(end: Connection, memory: int) -> float:
    np.ones(memory, np.uint8)
    time.sleep(_REST)
    end.send("go")
    return float(end.recv())

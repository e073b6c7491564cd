"""How long functions of a JAX key take within jit, as ratios to those of `jax.nn.initializers`.

    python benchmarks/jax_initializers.py

For each shape and distribution: to trace, lower and compile a function, and to run it, drawn by XLA and by
the host, which is what one CPU does unasked. All take turns in one process. Ratios are of medians of CPU
times, as all of them take all cores; below 1 Seedbed is faster.
"""

from __future__ import annotations

import argparse
import importlib
import statistics
import time
from collections.abc import Callable
from typing import Any, Final
from unittest import mock

import jax

seedbed_jax: Any = importlib.import_module("seedbed_jax")
drawing: Any = importlib.import_module("seedbed_jax.xla.drawing")

SHAPES: Final = ((4096, 1024), (512, 512), (64, 64))
_AT_LEAST: Final = 1e-2
"""Seconds that a turn takes, of as many calls as it needs."""

Made = Callable[[Any, tuple[int, ...]], jax.Array]

PAIRS: Final[dict[str, tuple[Made, Made]]] = {
    "normal": (jax.nn.initializers.normal(0.02), seedbed_jax.initializers.normal(0.02)),
    "uniform": (jax.nn.initializers.uniform(0.02), seedbed_jax.initializers.uniform(0.02)),
    "truncated": (
        jax.nn.initializers.truncated_normal(0.02),
        seedbed_jax.initializers.truncated_normal(0.02),
    ),
    "he_normal": (jax.nn.initializers.he_normal(), seedbed_jax.initializers.he_normal()),
}


def compiled(make: Made, shape: tuple[int, ...], *, is_inside: bool) -> tuple[Any, float]:
    """Return a compiled function of a key, and the CPU seconds that it took."""
    clear: Any = jax.clear_caches  # has no annotations
    clear()
    # On one CPU nothing else chooses XLA.
    with mock.patch.object(drawing, "_is_inside", return_value=is_inside):
        start = time.process_time()
        function = jax.jit(lambda key: make(key, shape)).lower(jax.random.key(0)).compile()
        return function, time.process_time() - start


def seconds(function: Any) -> float:
    """Return the CPU time of a call."""
    key, calls, start = jax.random.key(7), 0, time.process_time()
    while calls == 0 or time.process_time() - start < _AT_LEAST:
        function(key).block_until_ready()
        calls += 1
    return (time.process_time() - start) / calls


def compare(name: str, shape: tuple[int, ...], repeats: int) -> None:
    """Print the ratios of one distribution and shape."""
    theirs, ours = PAIRS[name]
    ways = {"jax": (theirs, False), "xla": (ours, True), "host": (ours, False)}
    compiling: dict[str, list[float]] = {way: [] for way in ways}
    running: dict[str, list[float]] = {way: [] for way in ways}
    for _ in range(repeats):
        functions = {}
        for way, (make, is_inside) in ways.items():
            functions[way], taken = compiled(make, shape, is_inside=is_inside)
            compiling[way].append(taken)
        for way, function in functions.items():
            seconds(function)
            running[way].append(seconds(function))
    print(f"{name} {shape}:", _ratios("compile", compiling) + ";", _ratios("run", running), flush=True)


def _ratios(what: str, times: dict[str, list[float]]) -> str:
    found = {way: statistics.median(each) for way, each in times.items()}
    unit = f"{what}: jax {found['jax'] * 1e3:.2f} ms"
    return f"{unit}, xla {found['xla'] / found['jax']:.2f} x, host {found['host'] / found['jax']:.2f} x"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--repeats", type=int, default=5, help="rounds, of which the median is taken")
    given = parser.parse_args()
    for shape in SHAPES:
        for name in PAIRS:
            compare(name, shape, given.repeats)

"""How long `log`, `exp` and `power` of `seedbed.random` take, in ns for each element, beside NumPy's.

    python benchmarks/exact_functions.py

On one thread, in blocks of 131,072 doubles, as own distributions get them. NumPy's functions do not
give the same bits everywhere; drawing normal values is what most distributions cost that call ours.
"""

from __future__ import annotations

import argparse
import functools
from collections.abc import Callable
from typing import Any, Final

import numpy as np
from turns import Contestant, Task, medians

import seedbed
from seedbed import random

BLOCK: Final = 131_072
BLOCKS: Final = 32

ARGUMENTS: Final[dict[str, list[tuple[float, float]]]] = {
    "log": [(0.0, 10.0)],
    "exp": [(-5.0, 5.0)],
    "power": [(0.0, 10.0), (-5.0, 5.0)],
}
"""The intervals from which each function's arguments are."""


def of_function(library: str, name: str) -> Task:
    """Return a task that calls a function of `seedbed.random` or of NumPy for each block."""
    function: Callable[..., Any] = getattr(random if library == "seedbed" else np, name)
    generator = np.random.default_rng(1)
    arguments = [generator.uniform(low, high, BLOCK) for low, high in ARGUMENTS[name]]

    def call() -> None:
        for _ in range(BLOCKS):
            function(*arguments)

    return call


def of_normal_values(dtype: str) -> Task:
    """Return a task that draws as many normal values as the others have arguments."""
    initializer: Any = seedbed.get("random_normal", seed=1)
    return lambda: initializer((BLOCKS, BLOCK), dtype, threads=1)


def main() -> None:
    """Print a row for each function, and one for normal values."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--repeats", type=int, default=9, help="rounds, of which the median is taken")
    contestants: dict[str, Contestant] = {
        f"{library} {name}": functools.partial(of_function, library, name)
        for name in ARGUMENTS
        for library in ("seedbed", "numpy")
    }
    for dtype in ("float32", "float64"):
        contestants[f"random_normal {dtype}"] = functools.partial(of_normal_values, dtype)
    for name, seconds in medians(contestants, parser.parse_args().repeats).items():
        print(f"{name:>22} {seconds / (BLOCK * BLOCKS) * 1e9:6.1f} ns")


if __name__ == "__main__":
    main()

"""How long a square float32 orthogonal matrix takes, as ratios to Seedbed's time.

    python benchmarks/orthogonal.py --sizes 512,2048,4096

The contestants take turns, and each ratio is of medians, so that a machine's mood weighs on all of them
alike. Each has a process of its own: in a shared one their thread pools slow each other down, up to tenfold.
A peer that is not installed is named and left out.
"""

from __future__ import annotations

import argparse
import importlib
import multiprocessing
import statistics
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any, Final, TypeAlias

import numpy as np

from seedbed.random import Normal, draw
from seedbed.standard._householder import normals_needed, orthonormal_columns
from seedbed.standard.orthogonal import Orthogonal

Task: TypeAlias = Callable[[], object]
CONTEXT: Final = multiprocessing.get_context("spawn")
FLOAT32: Final = np.dtype(np.float32)


def seedbed_whole(size: int) -> Task:
    """Return the task that users see: draw the normal values, then multiply the reflectors."""
    initializer = Orthogonal(seed=1)
    return lambda: initializer((size, size))


def seedbed_draw(size: int) -> Task:
    """Return the part of it that draws normal values."""
    return lambda: draw(Normal(0.0, 1.0), 1, (normals_needed(size, size),), FLOAT32)


def seedbed_multiply(size: int) -> Task:
    """Return the part of it that multiplies the reflectors."""
    normals = draw(Normal(0.0, 1.0), 1, (normals_needed(size, size),), FLOAT32)
    return lambda: orthonormal_columns(normals, np.empty((size, size), FLOAT32))


def numpy_qr(size: int) -> Task:
    """Return the textbook's way: QR of a normal matrix, signs corrected."""
    generator = np.random.default_rng(1)

    def task() -> object:
        q, r = np.linalg.qr(generator.standard_normal((size, size), np.float32))
        return q * np.copysign(np.float32(1), r.diagonal())

    return task


def torch_orthogonal(size: int) -> Task:
    """Return the task of PyTorch, on the CPU."""
    torch: Any = importlib.import_module("torch")
    return lambda: torch.nn.init.orthogonal_(torch.empty(size, size))


def jax_orthogonal(size: int) -> Task:
    """Return the compiled task of JAX, until the result is there."""
    jax: Any = importlib.import_module("jax")
    compiled = jax.jit(lambda key: jax.nn.initializers.orthogonal()(key, (size, size)))
    key = jax.random.key(1)
    return lambda: compiled(key).block_until_ready()


CONTESTANTS: dict[str, Callable[[int], Task]] = {
    "seedbed": seedbed_whole,
    "  of which draw": seedbed_draw,
    "  of which multiply": seedbed_multiply,
    "torch": torch_orthogonal,
    "jax": jax_orthogonal,
    "numpy qr": numpy_qr,
}


def serve(name: str, size: int, connection: Connection) -> None:
    """Time one call of a contestant each time that the other end asks; ``None`` if it is not installed."""
    try:
        task = CONTESTANTS[name](size)
    except ImportError:
        connection.send(None)
        return
    task()  # compiles, starts threads
    connection.send(0.0)
    while connection.recv() == "go":
        start = time.perf_counter()
        task()
        connection.send(time.perf_counter() - start)


def measure(size: int, repeats: int) -> dict[str, float]:
    """Return the median seconds of the contestants that are installed."""
    ends: dict[str, Connection] = {}
    for name in CONTESTANTS:
        here, there = CONTEXT.Pipe()
        CONTEXT.Process(target=serve, args=(name, size, there), daemon=True).start()
        if here.recv() is not None:
            ends[name] = here
    rounds = [{name: ask(end) for name, end in ends.items()} for _ in range(repeats)]
    for end in ends.values():
        end.send("stop")
    return {name: statistics.median(times[name] for times in rounds) for name in ends}


def ask(end: Connection) -> float:
    """Return the time of one call by the process at the other end."""
    time.sleep(0.3)  # the threads of the library that ran last spin for up to 0.2 s
    end.send("go")
    return float(end.recv())


def main() -> None:
    """Print one row for each size."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sizes", default="512,2048", help="lengths of the square matrices, by commas")
    parser.add_argument("--repeats", type=int, default=5, help="rounds, of which the median is taken")
    arguments = parser.parse_args()
    print("size".rjust(6), *(name.strip().rjust(18) for name in CONTESTANTS))
    for size in map(int, arguments.sizes.split(",")):
        medians = measure(size, arguments.repeats)
        whole = medians["seedbed"]
        cells = {name: f"{median / whole:.2f} x" for name, median in medians.items()}
        cells["seedbed"] = f"{whole * 1e3:.1f} ms"
        print(str(size).rjust(6), *(cells.get(name, "absent").rjust(18) for name in CONTESTANTS), flush=True)
    absent = [name for name in CONTESTANTS if name not in medians]
    if absent:
        print(f"Not installed, so not measured: {', '.join(absent)}")


if __name__ == "__main__":
    main()

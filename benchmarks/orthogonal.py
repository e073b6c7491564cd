"""How long a square float32 orthogonal matrix takes, as ratios to Seedbed's time.

    python benchmarks/orthogonal.py --sizes 512,2048,4096

The contestants take turns, each in a process of its own; a peer that is not installed is named and left out.
"""

from __future__ import annotations

import argparse
import functools
import importlib
from collections.abc import Callable
from typing import Any, Final

import numpy as np
from turns import Task, medians

from seedbed.random import Normal, draw
from seedbed.standard._householder import normals_needed, orthonormal_columns
from seedbed.standard.orthogonal import Orthogonal

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


def measure(size: int, repeats: int) -> dict[str, float]:
    """Return the median seconds of the contestants that are installed."""
    return medians({name: functools.partial(make, size) for name, make in CONTESTANTS.items()}, repeats)


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
        found = measure(size, arguments.repeats)
        whole = found["seedbed"]
        cells = {name: f"{median / whole:.2f} x" for name, median in found.items()}
        cells["seedbed"] = f"{whole * 1e3:.1f} ms"
        print(str(size).rjust(6), *(cells.get(name, "absent").rjust(18) for name in CONTESTANTS), flush=True)
    absent = [name for name in CONTESTANTS if name not in found]
    if absent:
        print(f"Not installed, so not measured: {', '.join(absent)}")


if __name__ == "__main__":
    main()

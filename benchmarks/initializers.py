"""How long the random initializers take, in ns for each element, and as ratios to Seedbed's time.

    python benchmarks/initializers.py                      # everything; some twenty minutes
    python benchmarks/initializers.py --only values --initializers random_normal --dtypes float32
    python benchmarks/initializers.py --only values --peers before --before ../other-checkout

Peers are PyTorch, JAX (compiled), Keras 3 on each of its backends, and NumPy's own generators. Those that
are not installed show as ``-``; ``uv sync --group peers`` installs them. Ratios above 1 mean that Seedbed is
faster.
"""

from __future__ import annotations

import argparse
import functools
import importlib
import multiprocessing
import os
import platform
import re
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from turns import Contestant, Task, medians

import seedbed

INITIALIZERS: Final = (
    "random_uniform",
    "random_normal",
    "truncated_normal",
    "glorot_uniform",
    "glorot_normal",
    "he_uniform",
    "he_normal",
    "lecun_uniform",
    "lecun_normal",
)
VARIANTS: Final[dict[str, tuple[str, dict[str, float]]]] = {
    "uniform 0.1..1": ("random_uniform", {"minval": 0.1, "maxval": 1.0}),
    "normal mean 0.1": ("random_normal", {"mean": 0.1}),
    "truncated mean 0.1": ("truncated_normal", {"mean": 0.1}),
    "truncated -1..3": ("truncated_normal", {"lower": -1.0, "upper": 3.0}),
}
"""Distributions that peers are not asked for."""

PEERS: Final = ("torch", "jax", "keras numpy", "keras torch", "keras jax", "numpy philox", "numpy pcg64")
COLUMNS: Final = 4096
SMALL: Final = (64, 64)
SMALL_TIMES: Final = 1000


def ours(name: str, dtype: str, elements: int, threads: int | None = None, library: Any = seedbed) -> Task:
    """Return our task."""
    entry, arguments = VARIANTS.get(name, (name, {}))
    initializer: Any = library.get(entry, seed=1, **arguments)
    shape = (elements // COLUMNS, COLUMNS)
    return lambda: initializer(shape, dtype, threads=threads)


def before(checkout: str, name: str, dtype: str, elements: int) -> Task:
    """Return the task of the Seedbed in another checkout, in a process of its own."""
    for module in [module for module in sys.modules if module.partition(".")[0] == "seedbed"]:
        del sys.modules[module]
    sys.path.insert(0, str(Path(checkout).resolve() / "core"))
    library: Any = importlib.import_module("seedbed")
    if not Path(library.__file__).is_relative_to(Path(checkout).resolve()):
        raise ValueError(f"{checkout} has no core/seedbed; got {library.__file__}")
    return ours(name, dtype, elements, library=library)


def theirs(peer: str, name: str, dtype: str, elements: int) -> Task:
    """Return a peer's task.

    Raises
    ------
    ImportError
        If the peer is not installed, or has no such initializer.
    """
    if name in VARIANTS:
        raise ImportError("peers are not asked for it")
    shape = (elements // COLUMNS, COLUMNS)
    library, _, variant = peer.partition(" ")
    return {"torch": torch_task, "jax": jax_task, "keras": keras_task, "numpy": numpy_task}[library](
        variant, name, dtype, shape
    )


def torch_task(_: str, name: str, dtype: str, shape: tuple[int, int]) -> Task:
    """Return the task of PyTorch, whose layout has the fans the other way round, of no consequence here."""
    torch: Any = importlib.import_module("torch")
    init = torch.nn.init
    functions: dict[str, Callable[[Any], Any]] = {
        "random_uniform": lambda t: init.uniform_(t, -0.05, 0.05),
        "random_normal": lambda t: init.normal_(t, 0.0, 0.05),
        # In its own units, so that the bounds cut off what ours do.
        "truncated_normal": lambda t: init.trunc_normal_(t, 0.0, 0.05, -0.1, 0.1),
        "glorot_uniform": init.xavier_uniform_,
        "glorot_normal": init.xavier_normal_,
        "he_uniform": lambda t: init.kaiming_uniform_(t, nonlinearity="relu"),
        "he_normal": lambda t: init.kaiming_normal_(t, nonlinearity="relu"),
        "lecun_uniform": lambda t: init.kaiming_uniform_(t, nonlinearity="linear"),
        "lecun_normal": lambda t: init.kaiming_normal_(t, nonlinearity="linear"),
    }
    function, kind = functions[name], getattr(torch, dtype)
    return lambda: function(torch.empty(shape, dtype=kind))


def jax_task(_: str, name: str, dtype: str, shape: tuple[int, int]) -> Task:
    """Return the compiled task of JAX, until the result is there."""
    jax: Any = importlib.import_module("jax")
    init = jax.nn.initializers
    function = {
        "random_uniform": init.uniform(0.1),
        "random_normal": init.normal(0.05),
        "truncated_normal": init.truncated_normal(0.05),
    }.get(name) or getattr(init, name)()
    compiled = jax.jit(lambda key: function(key, shape, dtype))
    key = jax.random.key(1)
    return lambda: compiled(key).block_until_ready()


def keras_task(backend: str, name: str, dtype: str, shape: tuple[int, int]) -> Task:
    """Return the task of Keras 3 on a backend, until the result is there."""
    importlib.import_module("jax" if backend == "numpy" else backend)
    os.environ["KERAS_BACKEND"] = backend
    keras: Any = importlib.import_module("keras")
    initializer = keras.initializers.get(name)
    if backend != "jax":
        return lambda: initializer(shape, dtype)
    return lambda: initializer(shape, dtype).block_until_ready()


def numpy_task(generator: str, name: str, dtype: str, shape: tuple[int, int]) -> Task:
    """Return the task of a NumPy generator, for the two distributions that it has in float32."""
    if dtype != "float32" or name not in ("random_uniform", "random_normal"):
        raise ImportError("no such distribution in NumPy")
    bits: Any = np.random.Philox(1) if generator == "philox" else np.random.PCG64(1)
    source = np.random.Generator(bits)
    if name == "random_normal":
        return lambda: np.multiply(drawn := source.standard_normal(shape, np.float32), 0.05, out=drawn)

    def uniform() -> object:
        drawn = source.random(shape, np.float32)
        drawn *= 0.1
        drawn -= 0.05
        return drawn

    return uniform


def print_values(
    names: Iterable[str],
    peers: Sequence[str],
    dtypes: Iterable[str],
    elements: int,
    repeats: int,
    *,
    checkout: str,
) -> None:
    """Print the nanoseconds for each element, ours and the peers', and the ratios."""
    for dtype in dtypes:
        print(f"\n{dtype}, {elements:,} elements: ns for each element (ratio to ours)")
        print("initializer".ljust(18), "seedbed".rjust(8), *(peer.rjust(16) for peer in peers))
        for name in names:
            contestants: dict[str, Contestant] = {"seedbed": functools.partial(ours, name, dtype, elements)}
            contestants |= {
                peer: functools.partial(before, checkout, name, dtype, elements)
                if peer == "before"
                else functools.partial(theirs, peer, name, dtype, elements)
                for peer in peers
            }
            found = {
                peer: 1e9 * seconds / elements for peer, seconds in medians(contestants, repeats).items()
            }
            own = found["seedbed"]
            cells = [
                f"{found[peer]:.2f} ({found[peer] / own:.2f})" if peer in found else "-" for peer in peers
            ]
            print(name.ljust(18), f"{own:.2f}".rjust(8), *(cell.rjust(16) for cell in cells), flush=True)


def print_threads(elements: int, repeats: int) -> None:
    """Print how the time goes down with threads."""
    counts = sorted({1, 2, os.cpu_count() or 1})
    print(f"\nthreads: ns for each element, float32, {elements:,} elements")
    print("initializer".ljust(18), *(str(count).rjust(8) for count in counts))
    for name in ("random_uniform", "random_normal", "truncated_normal"):
        contestants: dict[str, Contestant] = {
            str(count): functools.partial(ours, name, "float32", elements, count) for count in counts
        }
        found = medians(contestants, repeats)
        cells = [f"{1e9 * found[str(count)] / elements:.2f}".rjust(8) for count in counts]
        print(name.ljust(18), *cells, flush=True)


def shard_task(shape: tuple[int, int], index: Any, times: int) -> Task:
    """Return the task that draws a shard of a glorot_normal tensor several times."""
    initializer: Any = seedbed.get("glorot_normal", seed=1)

    def task() -> None:
        for _ in range(times):
            initializer.shard(shape, index)

    return task


def print_shards(repeats: int) -> None:
    """Print what shards cost against the whole, and against a shard without gaps of the same size."""
    rows, times = 32_000, 100
    shape, square = (rows, 1024), (8192, 8192)
    tasks: dict[str, Contestant] = {
        "whole": functools.partial(shard_task, shape, ..., 1),
        "1/1000": functools.partial(shard_task, shape, slice(rows // 2, rows // 2 + rows // 1000), times),
        "columns": functools.partial(shard_task, square, (slice(None), slice(1024, 1152)), 5),
        "rows": functools.partial(shard_task, square, slice(1024, 1152), 5),
    }
    found = medians(tasks, repeats)
    print("\nshards of glorot_normal, float32")
    print(f"a thousandth of {shape}: 1/{times * found['whole'] / found['1/1000']:.0f} of the whole's time")
    ratio = found["columns"] / found["rows"]
    print(f"128 of the 8192 columns of {square}: {ratio:.2f} times as long as 128 of its rows")


class Idle:
    """An engine that draws nothing, so that what stands before the engine is left."""

    name = "idle"

    def draw(self, *_: object, **__: object) -> None:
        """Return."""


def small_task(name: str, *, idle: bool) -> Task:
    """Return the task of many small tensors of ours, or of what stands before the engine."""
    initializer: Any = seedbed.get(name, seed=1)
    if idle:  # not by `use_engine`, which would refuse it
        engines: Any = importlib.import_module("seedbed.random.engines")
        engines._active = Idle()  # noqa: SLF001

    def task() -> None:
        for _ in range(SMALL_TIMES):
            initializer(SMALL)

    return task


def small_of_torch(function: str) -> Task:
    """Return the task of many small tensors of PyTorch's."""
    torch: Any = importlib.import_module("torch")
    fill = getattr(torch.nn.init, function)

    def task() -> None:
        for _ in range(SMALL_TIMES):
            fill(torch.empty(SMALL))

    return task


def print_small(repeats: int) -> None:
    """Print what a small tensor costs, as ratios to PyTorch's `normal_`."""
    names = ("random_uniform", "random_normal", "truncated_normal", "he_normal")
    tasks: dict[str, Contestant] = {
        function: functools.partial(small_of_torch, function) for function in ("normal_", "trunc_normal_")
    }
    for name in names:
        tasks[name] = functools.partial(small_task, name, idle=False)
        tasks[f"{name}, no engine"] = functools.partial(small_task, name, idle=True)
    found = medians(tasks, repeats)
    unit = found.get("normal_", next(iter(found.values())))
    print(f"\ntensors of {SMALL}, float32: microseconds each (ratio to PyTorch's normal_)")
    for name, seconds in found.items():
        print(f"{name.ljust(28)} {1e6 * seconds / SMALL_TIMES:7.1f} ({seconds / unit:.2f})", flush=True)


def peak_of(task: Contestant, report: Any) -> None:
    """Send how much the peak of resident memory rises by a call, in bytes; ``None`` if that is not known."""
    status, clear = Path("/proc/self/status"), Path("/proc/self/clear_refs")
    try:
        call = task()
    except ImportError:
        report.send(None)
        return
    if not status.exists():
        report.send(None)
        return
    before = int(re.findall(r"VmRSS:\s+(\d+)", status.read_text())[0])
    clear.write_text("5")  # forgets the peak so far
    call()
    report.send((int(re.findall(r"VmHWM:\s+(\d+)", status.read_text())[0]) - before) * 1024)


def print_memory(elements: int) -> None:
    """Print peak memory, as multiples of the output."""
    print(f"\npeak memory of glorot_normal, float32, output {elements * 4 / 2**20:.0f} MiB: MiB above it")
    context = multiprocessing.get_context("spawn")
    names: dict[str, Contestant] = {"seedbed": functools.partial(ours, "glorot_normal", "float32", elements)}
    names |= {peer: functools.partial(theirs, peer, "glorot_normal", "float32", elements) for peer in PEERS}
    for name, task in names.items():
        here, there = context.Pipe()
        process = context.Process(target=peak_of, args=(task, there))
        process.start()
        peak = here.recv()
        process.join()
        if peak is not None:
            print(f"{name.ljust(14)} {peak / 2**20 - elements * 4 / 2**20:8.1f}", flush=True)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--elements", type=int, default=1 << 25, help="elements of each tensor")
    parser.add_argument("--repeats", type=int, default=5, help="turns, of which the median is taken")
    parser.add_argument("--initializers", default=",".join((*INITIALIZERS, *VARIANTS)))
    parser.add_argument("--peers", default=",".join(PEERS))
    parser.add_argument("--before", default="", help="another checkout, for the peer of this name")
    parser.add_argument("--dtypes", default="float32,bfloat16")
    parser.add_argument("--only", choices=("values", "threads", "shards", "small", "memory"), default=None)
    arguments = parser.parse_args()
    if "before" in arguments.peers.split(",") and not arguments.before:
        parser.error("the peer 'before' needs --before CHECKOUT")
    print(
        f"{platform.platform()}, {os.cpu_count()} CPUs, NumPy {np.__version__}, Seedbed {seedbed.__version__}"
    )
    parts: dict[str, Callable[[], None]] = {
        "values": lambda: print_values(
            arguments.initializers.split(","),
            arguments.peers.split(","),
            arguments.dtypes.split(","),
            arguments.elements,
            arguments.repeats,
            checkout=arguments.before,
        ),
        "threads": lambda: print_threads(arguments.elements, arguments.repeats),
        "shards": lambda: print_shards(arguments.repeats),
        "small": lambda: print_small(arguments.repeats),
        "memory": lambda: print_memory(1 << 28),
    }
    for name, part in parts.items():
        if arguments.only in (None, name):
            part()
    print("\northogonal: python benchmarks/orthogonal.py --sizes 512,2048,4096")


if __name__ == "__main__":
    main()

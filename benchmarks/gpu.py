"""Whether a GPU draws the host's bits by Seedbed's kernels, and in what part of the time of PyTorch's.

    python benchmarks/gpu.py                     # two minutes or so on an H200 with 16 CPUs
    python benchmarks/gpu.py --values 1000000    # fewer values to compare

It needs a GPU, seedbed-torch, and cuda-bindings. First every distribution and dtype is drawn at many places
of the stream and into memory of many strides, and compared with NumPy's engine to the last bit; then many
values of each kind, and whole weights as `init_` draws them. It ends with 1 if anything differs. Times are
medians on the GPU itself; ratios below 1 mean that Seedbed is faster. Bandwidth counts what is written.
"""

from __future__ import annotations

import argparse
import functools
import importlib
import statistics
import sys
import time
import warnings
from collections.abc import Callable
from typing import Any, Final

import seedbed
from seedbed.models.elements import Elements
from seedbed.random import Normal, NumPyEngine, Region, TruncatedDisc, TruncatedNormal, Uniform, thread_count
from seedbed.random.draw import limits_of
from seedbed.random.laws import law_of

torch: Any = importlib.import_module("torch")
seedbed_torch: Any = importlib.import_module("seedbed_torch")
arrays: Any = importlib.import_module("seedbed_torch.arrays")
devices: Any = importlib.import_module("seedbed_torch.kernels.devices")
trial: Any = importlib.import_module("seedbed_torch.kernels.trial")

KEY: Final = 0x0F1E2D3C4B5A69788796A5B4C3D2E1F0
BASE: Final = 2**40 + 3
AT_A_TIME: Final = 1 << 24
ROUNDS: Final = 20
SIDE: Final = 8192
LARGE: Final = (
    (Uniform(-0.05, 0.05), torch.float32),
    (Normal(0.0, 0.02), torch.float32),
    (Normal(0.1, 1.3), torch.bfloat16),
    (TruncatedNormal(0.0, 1.0, -2.0, 2.0, (-2.0, 2.0)), torch.float16),
    (TruncatedNormal(0.1, 0.9, -1.0, 3.0, (-0.8, 2.8)), torch.float32),
    (TruncatedDisc(0.5, 1.1, 2.0), torch.complex64),
    (Uniform(-0.05, 0.05), torch.float64),
    (Normal(0.0, 0.02), torch.float64),
)


def compare_many(device: Any, count: int) -> list[str]:
    """Return of which of the `LARGE` draws values differ from those of NumPy's engine."""
    wrong: list[str] = []
    for distribution, dtype in LARGE:
        kind = arrays.numpy_dtype(dtype)
        limits = limits_of(distribution, kind)
        law = law_of(distribution, kind, limits)
        assert law is not None
        found = 0
        for first in range(0, count, AT_A_TIME):
            size = min(AT_A_TIME, count - first)
            there, here = (torch.zeros(size, dtype=dtype, device=where) for where in ("cuda", "cpu"))
            device.draw(there, law, Elements(distribution, KEY, limits, BASE + first, (1,)))
            array, region = arrays.as_array(here), Region((size,), size, 1, BASE + first, (), ())
            NumPyEngine().draw(distribution, KEY, region, array, limits=limits, threads=thread_count())
            found += int((trial.bits(there) != trial.bits(here)).sum())
        print(f"  {found:>3} of {count:,} differ: {distribution} in {dtype}", flush=True)
        if found:
            wrong.append(f"{distribution} in {dtype}")
    return wrong


def compare_weights() -> list[str]:
    """Return which weights `init_` fills with other values on a GPU than on the host."""
    weights = {
        "linear": (4096, 1000),
        "conv": (128, 64, 3, 3),
        "conv_transpose": (64, 128, 3, 3),
        "embedding": (5000, 300),
        "array": (30, 40, 50),
    }
    wrong: list[str] = []
    for layout, shape in weights.items():
        for name in ("he_normal", "glorot_uniform", "random_normal"):
            for dtype in (torch.float32, torch.bfloat16, torch.float16):
                there, here = (torch.zeros(shape, dtype=dtype, device=where) for where in ("cuda", "cpu"))
                for tensor in (there, here):
                    seedbed_torch.init_(tensor, name, seed=7, layout=layout, path="")
                if not torch.equal(trial.bits(there), trial.bits(here)):
                    wrong.append(f"{name} as {layout} in {dtype}")
    return wrong


def median(run: Callable[[], Any]) -> float:
    """Return the milliseconds that a run takes on the GPU."""
    run()
    times: list[float] = []
    for _ in range(ROUNDS):
        begin, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
        begin.record()
        run()
        end.record()
        torch.cuda.synchronize()
        times.append(begin.elapsed_time(end))
    return statistics.median(times)


def peer(tensor: Any, name: str) -> Callable[[], Any]:
    """Return PyTorch's own filling of a tensor."""
    init = torch.nn.init
    return {
        "random_uniform": lambda: init.uniform_(tensor, -0.05, 0.05),
        "random_normal": lambda: init.normal_(tensor, 0.0, 0.05),
        "truncated_normal": lambda: init.trunc_normal_(tensor, 0.0, 0.05, -0.1, 0.1),
    }[name]


def measure() -> None:
    """Print how long each takes."""
    for dtype in (torch.float32, torch.bfloat16, torch.float16, torch.float64):
        tensor = torch.empty(SIDE, SIDE, dtype=dtype, device="cuda")
        for name in ("random_uniform", "random_normal", "truncated_normal"):
            other = median(peer(tensor, name))
            for layout in ("array", "linear"):
                initializer = seedbed.get(name, seed=7)
                fill = functools.partial(seedbed_torch.init_, tensor, initializer, layout=layout, path="")
                taken = median(fill)
                speed = tensor.nbytes / taken / 1e6
                print(
                    f"  {name} {dtype} as {layout}: {taken:.3f} ms, {speed:.0f} GB/s, "
                    f"{taken / other:.2f} of PyTorch's {other:.3f} ms",
                    flush=True,
                )


def measure_small() -> None:
    """Print how long the host takes to start a small tensor."""
    tensor, initializer = torch.empty(64, 64, device="cuda"), seedbed.get("random_normal", seed=7)
    ours = functools.partial(seedbed_torch.init_, tensor, initializer, layout="array", path="")
    theirs = functools.partial(tensor.normal_, 0.0, 0.05)
    ours()
    for name, run in (("init_", ours), ("PyTorch's normal_", theirs)):
        torch.cuda.synchronize()
        begin = time.perf_counter()
        for _ in range(200):
            run()
        torch.cuda.synchronize()
        print(f"  64 x 64 by {name}: {(time.perf_counter() - begin) / 200 * 1e6:.0f} us")


def main() -> int:
    """Compare, measure, and return 1 where anything differs."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--values", type=int, default=10**8, help="to compare of each kind")
    given = parser.parse_args()
    if not torch.cuda.is_available():
        sys.exit("found no GPU that PyTorch can use")
    warnings.simplefilter("error", UserWarning)  # that the host draws instead
    seedbed_torch.cuda.use_kernels()
    print(torch.cuda.get_device_name(), "PyTorch", torch.__version__, flush=True)
    begin = time.perf_counter()
    device = devices.Device(0)
    print(f"compiled and loaded in {time.perf_counter() - begin:.1f} s", flush=True)
    wrong = trial.wrong_of(device, torch.device("cuda", 0), trial.MORE_PLACES)
    print(f"places and strides: {wrong or 'all bits equal'}", flush=True)
    wrong += compare_many(device, given.values)
    wrong += (of_weights := compare_weights())
    print(f"weights: {of_weights or 'all bits equal'}", flush=True)
    measure()
    measure_small()
    print(f"{len(wrong)} draws differ, {time.perf_counter() - begin:.0f} s in all")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())

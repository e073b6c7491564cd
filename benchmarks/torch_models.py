"""How long a large PyTorch module takes to initialise, as ratios to its own `reset_parameters`, and memory.

    python benchmarks/torch_models.py                       # 355 million parameters, some minutes
    python benchmarks/torch_models.py --layers 2 --repeats 5
    python benchmarks/torch_models.py --device cuda         # on a GPU, which draws PyTorch's values itself

The module is a language model of GPT-2's medium size. Ours is on the meta device and is given memory within
the time. So is PyTorch's, by `to_empty`; in the second ratio it has its memory already, and only draws. Twice
as much memory is written to and freed before each turn: else the host of a virtual machine gives it anew.
These are truncated normals by `trunc_normal_`, once cut off at two standard deviations, and once at PyTorch's
own bounds of -2 and 2, a hundred away, where it draws plain normals. Ratios below 1 mean that Seedbed is
faster. Memory is the peak of the process beyond the parameters.
"""

from __future__ import annotations

import argparse
import functools
import importlib
import multiprocessing
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from turns import Contestant, Task, medians

WIDTH: Final = 1024
WORDS: Final = 50257
POSITIONS: Final = 1024
STDDEV: Final = 0.02
BOUNDS: Final = {"cut off at two stddev": 2 * STDDEV, "PyTorch's bounds": 2.0}


def language_model(layers: int, bound: float, device: str) -> Any:
    """Return a module with the parameters of a language model, which resets them as such models do.

    Raises
    ------
    ImportError
        If PyTorch is not installed.
    """
    torch: Any = importlib.import_module("torch")
    nn = torch.nn

    class LanguageModel(nn.Module):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.words = nn.Embedding(WORDS, WIDTH)
            self.positions = nn.Embedding(POSITIONS, WIDTH)
            self.layers = nn.ModuleList(
                nn.ModuleDict(
                    {
                        "norm1": nn.LayerNorm(WIDTH),
                        "qkv": nn.Linear(WIDTH, 3 * WIDTH),
                        "output": nn.Linear(WIDTH, WIDTH),
                        "norm2": nn.LayerNorm(WIDTH),
                        "up": nn.Linear(WIDTH, 4 * WIDTH),
                        "down": nn.Linear(4 * WIDTH, WIDTH),
                    }
                )
                for _ in range(layers)
            )
            self.norm = nn.LayerNorm(WIDTH)

        def reset_parameters(self) -> None:
            for name, parameter in self.named_parameters():
                if parameter.ndim > 1:
                    nn.init.trunc_normal_(parameter, std=STDDEV, a=-bound, b=bound)
                elif name.endswith("weight"):
                    nn.init.ones_(parameter)
                else:
                    nn.init.zeros_(parameter)

    with torch.device("meta"):
        model = LanguageModel()
    return model if device == "meta" else model.to_empty(device=device)


def ours(layers: int, bound: float, device: str) -> Callable[[], Any]:
    """Return the task of filling a module that has no memory yet."""
    torch: Any = importlib.import_module("torch")
    seedbed_torch: Any = importlib.import_module("seedbed_torch")
    weights = {
        "class_name": "TruncatedNormal",
        "config": {"stddev": STDDEV, "lower": -bound, "upper": bound, "bounds": "absolute"},
    }
    rules = {"*norm*.weight": "ones", "*.bias": "zeros", "*": weights}

    def task() -> Any:
        model = language_model(layers, bound, "meta")
        seedbed_torch.initialize(model, rules, seed=7, strict=True, progress=False, device=device)
        _wait_for(torch, device)
        return model

    return task


def theirs(layers: int, bound: float, device: str) -> Task:
    """Return the task of giving a module memory, and resetting it."""
    torch: Any = importlib.import_module("torch")

    def task() -> Any:
        model = language_model(layers, bound, device)
        model.reset_parameters()
        _wait_for(torch, device)
        return model

    return task


def theirs_in_memory(layers: int, bound: float, device: str) -> Task:
    """Return the task of resetting a module that has its memory already."""
    torch: Any = importlib.import_module("torch")
    model = language_model(layers, bound, device)

    def task() -> None:
        model.reset_parameters()
        _wait_for(torch, device)

    return task


def _wait_for(torch: Any, device: str) -> None:
    if device == "cuda":
        torch.cuda.synchronize()


def memory(layers: int, bound: float) -> float:
    """Return the peak of a process that initialises a module, in MiB beyond its parameters."""
    task = ours(layers, bound, "cpu")
    language_model(0, bound, "meta")  # PyTorch itself is there in any program
    _reset_peak()
    before = _memory("VmRSS")
    model = task()
    size = sum(parameter.numel() * parameter.itemsize for parameter in model.parameters())
    return float(_memory("VmHWM") - before - size) / 2**20


def _reset_peak() -> None:
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")


def _memory(field: str) -> int:
    status = Path("/proc/self/status").read_text(encoding="ascii")
    line = next(line for line in status.splitlines() if line.startswith(field))
    return int(line.split()[1]) * 1024


def in_a_process(function: Callable[..., float], *arguments: Any) -> float:
    """Return what a function gives in a fresh process."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return float(pool.apply(function, arguments))


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--layers", type=int, default=24)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--device", choices=["cpu", "cuda"], default="cpu")
    given = parser.parse_args()
    count = sum(parameter.numel() for parameter in language_model(given.layers, 2.0, "meta").parameters())
    print(f"{count:,} parameters")
    for what, bound in BOUNDS.items():
        contestants: dict[str, Contestant] = {
            "seedbed": functools.partial(ours, given.layers, bound, given.device),
            "PyTorch": functools.partial(theirs, given.layers, bound, given.device),
            "PyTorch in memory": functools.partial(theirs_in_memory, given.layers, bound, given.device),
        }
        times = medians(contestants, given.repeats, memory=2 * 4 * count)
        own = times.pop("seedbed")
        peers = (f"{name} {seconds:.3f} s (ratio {own / seconds:.3f})" for name, seconds in times.items())
        print(f"{what}: {own:.3f} s;", ", ".join(peers))
        if given.device == "cpu":
            print(f"  beyond the parameters: {in_a_process(memory, given.layers, bound):.0f} MiB")


if __name__ == "__main__":
    main()

"""The kernels for GPUs, compiled as C++ for this machine's CPU.

    python kernels_on_cpu.py [VALUES]

compares the bits of so many values of each distribution and dtype with those of NumPy's engine, by default of
10^8.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pytest

from seedbed.dtypes import as_dtype
from seedbed.models.elements import Elements
from seedbed.random import NumPyEngine, thread_count
from seedbed.random.draw import limits_of
from seedbed.random.laws import law_of
from seedbed.random.regions import Region
from seedbed_torch.kernels.building import SOURCES
from seedbed_torch.kernels.tasks import KERNELS, TASK_BYTES, Memory, task_of
from seedbed_torch.kernels.trial import DRAWS

REQUIRED = "SEEDBED_REQUIRE_NVRTC"
"""Where this variable of the environment is set, a missing compiler is a failure."""

STRICT = ("-Wall", "-Wextra", "-Wconversion", "-Wshadow", "-Werror")
_KEY = 0x0F1E2D3C4B5A69788796A5B4C3D2E1F0
_AT_A_TIME = 1 << 22


def compiler():
    """Return a C++ compiler, or ``None``."""
    return os.environ.get("CXX") or shutil.which("c++") or shutil.which("g++") or shutil.which("clang++")


def do_without(reason):
    """Skip, or fail where the environment says that nothing may be skipped."""
    if os.environ.get(REQUIRED):
        pytest.fail(f"{reason}, and {REQUIRED} is set", pytrace=False)
    pytest.skip(reason)


def build(folder, *options):
    """Compile the kernels, and return a `Processor`."""
    library = Path(folder) / "kernels.so"
    library.parent.mkdir(exist_ok=True)
    command = [
        compiler(),
        "-x",
        "c++",
        "-std=c++17",
        "-O2",
        "-ffp-contract=off",
        "-shared",
        "-fPIC",
        *options,
    ]
    source = [f"-DSEEDBED_TASK_BYTES={TASK_BYTES}", str(SOURCES / "draw.cu"), "-o", str(library)]
    subprocess.run([*command, *options, *source], check=True)
    return Processor(library)


class Processor:
    """Draws as a `Device` does, on this machine's CPU."""

    def __init__(self, library):
        loaded = ctypes.CDLL(str(library))
        self._kernels = {name: getattr(loaded, name) for name in KERNELS}

    def draw(self, memory, law, elements):
        """Draw elements into the memory of a tensor."""
        self.draw_at(Memory(memory.shape, memory.stride(), memory.data_ptr()), law, elements)

    def draw_at(self, memory, law, elements):
        """Draw elements into memory."""
        tables = [table.ctypes.data if len(table) else 0 for table in law.tables[1:]]
        task = task_of(law, elements, memory, tables)
        self._kernels[task.kernel](ctypes.create_string_buffer(task.packed, len(task.packed)))


def differing(processor, distribution, name, count):
    """Return how many of so many values differ from those of NumPy's engine, from an odd place on."""
    dtype, base, found = as_dtype(name), 2**40 + 3, 0
    limits = limits_of(distribution, dtype)
    law = law_of(distribution, dtype, limits)
    for first in range(0, count, _AT_A_TIME):
        size = min(_AT_A_TIME, count - first)
        one, other = (np.empty(size, dtype) for _ in range(2))
        elements = Elements(distribution, _KEY, limits, base + first, (1,))
        processor.draw_at(Memory((size,), (1,), one.ctypes.data), law, elements)
        region = Region((size,), size, 1, base + first, (), ())
        NumPyEngine().draw(distribution, _KEY, region, other, limits=limits, threads=thread_count())
        raw = f"u{dtype.itemsize // law.parts}"
        found += np.count_nonzero(one.view(raw) != other.view(raw))
    return found


def main(count=10**8):
    """Compare so many values of each distribution and dtype."""
    wrong = 0
    with tempfile.TemporaryDirectory() as folder:
        processor = build(folder)
        for distribution, names in DRAWS:
            for name in names:
                found = differing(processor, distribution, name, count)
                print(f"{distribution} in {name}: {found} of {count:,} values differ", flush=True)  # noqa: T201 - what it is for
                wrong += found
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))

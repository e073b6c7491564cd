"""Drawing takes the memory of its result and at most 32 MiB more, as the system counts it."""

from __future__ import annotations

import subprocess
import sys

import pytest

MIB = 2**20
ROOM = 32 * MIB

# Drawing a little on two threads first brings in the tables and whatever else is there once for a process.
MEASURE = """
import resource, sys
import numpy as np
import seedbed

def memory(field):
    if sys.platform == "linux":
        with open("/proc/self/status") as status:
            return next(int(line.split()[1]) * 1024 for line in status if line.startswith(field))
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # in bytes on macOS; only ever the peak

name, dtype, mib, threads = sys.argv[1:]
threads = int(threads)
if name == "asymmetric":
    initializer = seedbed.get("truncated_normal", lower=-1.0, upper=3.0, seed=7)
else:
    initializer = seedbed.get(name, seed=7)
initializer(1 << 20, dtype, threads=2)
itemsize = seedbed.get("zeros")(1, dtype).itemsize
shape = (int(mib) * 2**20 // itemsize // 1024, 1024)
before = memory("VmRSS")
"""

HOW = {
    "call": "out = initializer(shape, dtype, threads=threads)",
    "fill": "out = initializer.fill(np.empty(shape, dtype), threads=2)",
    "fill transposed": "out = initializer.fill(np.empty(shape[::-1], dtype).T, threads=2)",
    "fill every other": (
        "out = initializer.fill(np.empty((shape[0] // 2, 2, 1024), dtype)[:, 1], threads=2)\n"
        "out.base[:, 0] = 0"  # so that all of the memory that has been asked for is used
    ),
    "shard": "out = initializer.shard((shape[0], 4096), (slice(None), slice(1000, 2024)), dtype, threads=2)",
    "copy": "out = initializer(shape, dtype, threads=2)[::2].copy()",
    "large blocks": (
        "import sys\n"
        "from seedbed.random import NumPyEngine, use_engine\n"
        "sys.modules['seedbed.random.engine']._IN_ALL = 1 << 23\n"  # `engine` is also the function
        "use_engine(NumPyEngine(1 << 22))\n"
        "out = initializer(shape, dtype, threads=2)"
    ),
}


def beyond_the_result(name, dtype, mib, how, threads=2):
    """Return how much more than the result a process has had at once while drawing."""
    code = f"{MEASURE}{HOW[how]}\nprint(memory('VmHWM') - before - {mib} * 2**20)\n"
    command = [sys.executable, "-c", code, name, dtype, str(mib), str(threads)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=True)
    return int(done.stdout)


CASES = [
    ("random_normal", "float32", "call"),
    ("truncated_normal", "float32", "fill"),
    ("truncated_normal", "bfloat16", "call"),
    ("random_normal", "float32", "fill transposed"),
    ("random_normal", "float32", "fill every other"),
]
MORE_CASES = [
    ("random_normal", "float32", "shard"),
    ("random_normal", "bfloat16", "fill transposed"),
    ("truncated_normal", "complex128", "fill transposed"),
    ("random_uniform", "float64", "call"),
]
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="getrusage is not there")


@pytest.mark.slow
@pytest.mark.parametrize(("name", "dtype", "how"), CASES)
def test_drawing_takes_little_more_than_the_result(name, dtype, how):
    assert beyond_the_result(name, dtype, 256, how) <= ROOM


@pytest.mark.slow
@pytest.mark.parametrize("threads", [4, 8])
@pytest.mark.parametrize(
    ("name", "dtype"),
    [("asymmetric", "float64"), ("truncated_normal", "complex64"), ("random_normal", "float32")],
)
def test_many_threads_take_no_more(name, dtype, threads):
    assert beyond_the_result(name, dtype, 64, "call", threads) <= ROOM


MANY = """
import threading
drawn, go_on = threading.Barrier(101), threading.Event()

def draw_once():
    initializer(1 << 18, dtype, threads=1)
    drawn.wait()
    go_on.wait()

others = [threading.Thread(target=draw_once) for _ in range(100)]
for other in others:
    other.start()
drawn.wait()
print(memory("VmRSS") - before)
go_on.set()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only the peak is known")
def test_threads_that_have_drawn_keep_no_memory_each():
    command = [sys.executable, "-c", MEASURE + MANY, "random_normal", "float32", "1", "1"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=True)
    # The stacks and arenas of 100 threads too; workspaces of their own would be several MiB for each.
    assert int(done.stdout) <= 3 * ROOM


@pytest.mark.slow
@pytest.mark.parametrize(("name", "dtype", "how"), CASES + MORE_CASES)
def test_drawing_a_gibibyte_takes_little_more_than_the_result(name, dtype, how):
    assert beyond_the_result(name, dtype, 1024, how) <= ROOM


@pytest.mark.parametrize("how", ["copy", "large blocks"])
def test_an_array_or_a_workspace_too_many_would_be_noticed(how):
    assert beyond_the_result("random_normal", "float32", 128, how) > ROOM

"""What initializers give in other processes: new ones, on other machines too, and forked ones."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from seedbed.errors import described
from seedbed.initializer import Initializer
from seedbed.shapes import Shape
from seedbed_testing.machines import Machine
from seedbed_testing.subject import NotApplicable

_Arrays = list[npt.NDArray[Any]]


class Drawn(NamedTuple):
    """What is drawn in a new process.

    Attributes
    ----------
    values
        Those of each initializer.
    forked
        Those of the last one in two processes that are forked from it; none without forks.
    """

    values: _Arrays
    forked: _Arrays


# The values go to files, since what an initializer prints goes to the standard output. The last is drawn
# first, so that what is kept from one draw for another is kept the other way round. A fork that hangs, as
# beside the threads of what the initializer imports, ends by its alarm and has given nothing. How many CPUs
# there are is set before the class is imported, which may ask once for all.
_CHILD: Final = """
import os, pickle, signal, sys, warnings
cpus, asked = pickle.load(sys.stdin.buffer)
if cpus:
    os.cpu_count = lambda: cpus
    if hasattr(os, "process_cpu_count"):
        os.process_cpu_count = os.cpu_count
    if hasattr(os, "sched_getaffinity"):
        os.sched_getaffinity = lambda pid: set(range(cpus))
initializers, shape, dtype, path, forks = pickle.loads(asked)

def write(path, values):
    with open(path, "wb") as file:
        pickle.dump(values, file)

write(path, [initializer(shape, dtype).tobytes() for initializer in reversed(initializers)][::-1])
warnings.simplefilter("ignore")
for fork in forks:
    child = os.fork()
    if not child:
        try:
            signal.alarm(20)
            write(fork, [initializers[-1](shape, dtype).tobytes()])
        finally:
            os._exit(0)
    os.waitpid(child, 0)
"""


def drawn_on(
    machines: Sequence[Machine],
    initializers: list[Initializer],
    shape: Shape,
    dtype: str,
    *,
    fork: bool = False,
) -> list[Drawn]:
    """Return what initializers give in a new process on each machine; the processes run at the same time.

    With `fork`, and where the system has it, also what the last gives in processes forked from the first.
    """
    if initializers[0].__class__.__module__ == "__main__":
        raise NotApplicable("its class is in __main__, which no other process can import")
    kind = initializers[0](shape, dtype).dtype
    with TemporaryDirectory() as folder, ThreadPoolExecutor(len(machines)) as pool:
        paths = [Path(folder, str(place)) for place in range(len(machines))]
        forks = [Path(folder, name) for name in ("fork", "other")] if fork and hasattr(os, "fork") else []
        try:
            asked = [
                pickle.dumps((initializers, shape, dtype, str(path), [] if place else list(map(str, forks))))
                for place, path in enumerate(paths)
            ]
        except Exception as error:
            raise NotApplicable(f"it cannot be pickled; see check_pickle ({described(error)})") from error
        for done in pool.map(_run_child, machines, asked):
            if done.returncode:
                reason = done.stderr.decode(errors="replace").strip().rpartition("\n")[2]
                raise NotApplicable(f"another process cannot use its class: {reason}")

        def arrays(path: Path) -> _Arrays:
            contents = pickle.loads(path.read_bytes())  # noqa: S301 - written by our own child
            return [np.frombuffer(content, kind).reshape(shape) for content in contents]

        forked = [array for path in forks if path.exists() for array in arrays(path)]
        return [Drawn(arrays(path), [] if place else forked) for place, path in enumerate(paths)]


def _run_child(machine: Machine, asked: bytes) -> subprocess.CompletedProcess[bytes]:
    path = os.pathsep.join(filter(None, sys.path))
    another = "2" if os.environ.get("PYTHONHASHSEED") == "1" else "1"
    environ = {**machine.environ(os.environ), "PYTHONPATH": path, "PYTHONHASHSEED": another}
    return subprocess.run(  # noqa: S603 - this very Python
        [sys.executable, "-c", _CHILD],
        input=pickle.dumps((machine.cpus, asked)),
        env=environ,
        capture_output=True,
        check=False,
        timeout=120,
    )

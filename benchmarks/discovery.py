"""What the first look-up of a plugin's name costs where many packages are installed, beside other systems.

Every number is of fresh processes that take turns: the median, and the least, which says what a machine does
that nothing else keeps busy. Each imports what it needs within the time, finds the plugin and loads it;
`importlib.metadata` only finds it. NumPy alone, which Seedbed needs and the others do not, is imported before
the time starts. With it come parts of the standard library that the others have to import themselves; what
`importlib.metadata` takes where they are there has a line of its own.

A quarter of the synthetic packages have a command, and so an `entry_points.txt`. They come on top of what is
installed where the benchmark runs.

Run it as ``python benchmarks/discovery.py``, where the group `peers` is installed.
"""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import Final

SIZES: Final = (10, 100, 1000, 5000)
ROUNDS: Final = 9
TARGETS: Final = {10: 1.0, 1000: 1 / 3, 5000: 1 / 3}
"""The largest ratio to importlib.metadata that we accept."""

_REFERENCE: Final = "importlib.metadata"
_AFTER_NUMPY: Final = "importlib.metadata, after NumPy"
_SEEDBED: Final = "Seedbed"
_UNCACHED: Final = "stevedore, no cache"

_TASKS: Final = {
    _SEEDBED: "import seedbed; seedbed.get('bench_zeros')",
    _REFERENCE: "import importlib.metadata; tuple(importlib.metadata.entry_points(group='bench_peers'))",
    _AFTER_NUMPY: "import importlib.metadata; tuple(importlib.metadata.entry_points(group='bench_peers'))",
    "stevedore": "import stevedore; stevedore.DriverManager('bench_peers', 'bench_zeros')",
    _UNCACHED: "import stevedore; stevedore.DriverManager('bench_peers', 'bench_zeros')",
    "catalogue": (
        "import catalogue; catalogue.create('bench', 'peers', entry_points=True).get('bench_zeros')"
    ),
    "pluggy": (
        "import pluggy; assert pluggy.PluginManager('bench').load_setuptools_entrypoints('bench_peers') == 1"
    ),
}
_TIMED: Final = """
import sys
sys.path.append(sys.argv[1])
{before}
from time import perf_counter
start = perf_counter()
{task}
print(perf_counter() - start)
"""

_METADATA: Final = """\
Metadata-Version: 2.4
Name: {name}
Version: 1.{minor}
Summary: A package that takes part in a benchmark.
Author: Nobody
License-Expression: MIT
Classifier: Programming Language :: Python :: 3
Classifier: Typing :: Typed
Requires-Python: >=3.11
Requires-Dist: numpy>=1.26
Requires-Dist: packaging>=24.0
Description-Content-Type: text/markdown

"""
_DESCRIPTION: Final = "A sentence of a description that nobody is going to read.\n" * 50
_COMMAND: Final = "[console_scripts]\n{name} = {module}:main\n"
_POINTS: Final = """\
[seedbed.initializers]
bench_zeros = bench_initializer:BenchZeros

[bench_peers]
bench_zeros = bench_peer
"""
_INITIALIZER: Final = """
import numpy as np
import seedbed

class BenchZeros(seedbed.Initializer):
    def __call__(self, shape, dtype=None):
        return np.zeros(shape, dtype)
"""
_MODULES: Final = {"bench_initializer.py": _INITIALIZER, "bench_peer.py": ""}


def main() -> None:
    """Print a table for each number of packages."""
    print(f"Python {platform.python_version()}, {os.cpu_count()} cores, {platform.machine()}")
    tasks = {name: task for name, task in _TASKS.items() if _is_installed(task)}
    for absent in sorted(_TASKS.keys() - tasks.keys()):
        print(f"absent: {absent}")
    with tempfile.TemporaryDirectory() as folder:
        for size in SIZES:
            site = make_site(Path(folder, f"site-{size}"), size)
            report(size, measure(tasks, site, Path(folder)))


def make_site(site: Path, size: int) -> Path:
    """Make a folder with the metadata of `size` packages, the last of which is a plugin for everybody."""
    site.mkdir()
    for number in range(size - 1):
        points = _COMMAND.format(name=f"bench-{number}", module=f"bench_{number}") if number % 4 == 0 else ""
        _add(site, f"bench_{number}", number, points)
    _add(site, "bench_plugin", 0, _POINTS, *_MODULES)
    for module, source in _MODULES.items():
        (site / module).write_text(source, encoding="utf-8")
    return site


def measure(tasks: Mapping[str, str], site: Path, scratch: Path) -> dict[str, list[float]]:
    """Return the times that each task took, in ms."""
    rounds: dict[str, list[float]] = {name: [] for name in tasks}
    for index in range(ROUNDS + 1):
        for name, task in tasks.items():
            before = "import numpy" if name in (_SEEDBED, _AFTER_NUMPY) else ""
            command = [sys.executable, "-c", _TIMED.format(before=before, task=task), str(site)]
            environ = _environ(scratch / name)
            done = subprocess.run(command, env=environ, capture_output=True, text=True, check=True)
            if index:  # the first compiles the modules and reads everything from the disk
                rounds[name].append(1000 * float(done.stdout))
    return rounds


def report(size: int, times: Mapping[str, list[float]]) -> None:
    """Print what was measured with one number of packages."""
    print(
        f"\n{size:,} packages, {ROUNDS} fresh processes        median          ratio   least           ratio"
    )
    middle, least = median(times[_REFERENCE]), min(times[_REFERENCE])
    for name, measured in times.items():
        ratio = median(measured) / middle
        verdict = _verdict(ratio, TARGETS[size]) if name == _SEEDBED and size in TARGETS else ""
        print(
            f"  {name:32} {median(measured):8.1f} ms   {ratio:8.2f}   {min(measured):6.1f} ms   "
            f"{min(measured) / least:8.2f}   {verdict}".rstrip()
        )


def _add(site: Path, name: str, minor: int, points: str, *modules: str) -> None:
    folder = site / f"{name}-1.{minor}.dist-info"
    folder.mkdir()
    metadata = _METADATA.format(name=name.replace("_", "-"), minor=minor) + _DESCRIPTION
    (folder / "METADATA").write_text(metadata, encoding="utf-8")
    record = "".join(f"{path},,\n" for path in (f"{folder.name}/METADATA", *modules))
    (folder / "RECORD").write_text(record, encoding="utf-8")
    if points:
        (folder / "entry_points.txt").write_text(points, encoding="utf-8")


def _environ(scratch: Path) -> dict[str, str]:
    """Return variables by which compiled modules and stevedore's cache are kept, in a folder of ours."""
    cache = scratch / "python-entrypoints"
    cache.mkdir(parents=True, exist_ok=True)
    if scratch.name == _UNCACHED:
        (cache / ".disable").touch()
    kept = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    return kept | {"PYTHONPYCACHEPREFIX": str(scratch / "bytecode"), "XDG_CACHE_HOME": str(scratch)}


def _is_installed(task: str) -> bool:
    module = task.removeprefix("import ").partition(";")[0]
    return find_spec(module) is not None


def _verdict(measured: float, target: float) -> str:
    return f"{'meets' if measured <= target else 'MISSES'} the target of at most {target:.2f}"


if __name__ == "__main__":
    main()

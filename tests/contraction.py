"""Prove that a compiler which fuses products and sums gives the bits of one that does not.

    python tests/contraction.py                       # 10^8 values of each distribution; some minutes
    python tests/contraction.py --values 1000000

Builds ``stream_reference.c`` twice with GCC, with contraction on and off, and compares sums of the doubles
that the two round to single precision. Then it takes out of the source what keeps the two alike, one thing
at a time, and looks that they differ.
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from seedbed.random import key_of
from seedbed.random.probability import disc_masses, masses

HERE = Path(__file__).parent
SOURCE = HERE / "stream_reference.c"
TABLES = HERE.parent / "core" / "seedbed" / "random" / "tables.bin"

FUSING = {"x86_64": ["-mfma"], "AMD64": ["-mfma"], "aarch64": [], "arm64": []}
"""What makes GCC use fused operations, for machines that have them."""


def truncated(mean: float, stddev: float, lower: float, upper: float) -> tuple[str, ...]:
    """Return what the program is told of a truncated normal distribution."""
    bounds = (mean + stddev * lower, mean + stddev * upper)
    return ("truncated", *map(float.hex, (mean, stddev, *masses(lower, upper), *bounds)))


def disc(mean: float, stddev: float, radius: float) -> tuple[str, ...]:
    """Return what the program is told of the disc."""
    return ("disc", *map(float.hex, (mean, stddev, radius, *disc_masses(radius))))


INFINITE = float("inf")
DISTRIBUTIONS = [
    *(
        ("float32", ("uniform", *ends))
        for ends in (("-0.05", "0.05"), ("0.1", "1"), ("-0.3", "0.7"), ("1e3", "1001"))
    ),
    ("float32", ("normal", "0", "0.05")),
    ("float32", ("normal", "0.3", "0.7")),
    ("float32", truncated(0.0, 0.0227, -2.0, 2.0)),
    ("float32", truncated(0.3, 0.7, -2.0, 2.0)),
    ("float32", truncated(0.25, 1.5, -1.0, 3.0)),
    ("float32", truncated(-0.7, 0.3, 5.0, INFINITE)),
    ("complex64", ("normal", "0.3", "0.7")),
    ("complex64", disc(0.0, 0.7, 2.0)),
    ("complex64", disc(0.3, 0.7, 0.25)),
    ("complex64", disc(0.3, 0.7, INFINITE)),
]

GUARDS = {
    "the cleared bit": ("mean != 0 ? cleared(z * scale) + shift : z * scale", "z * scale + shift"),
    "the slopes' 21 bits": ("(bits + 0x80000000) & ~(uint64_t)0xFFFFFFFF", "bits"),
    "the uniform sum before the product": (
        "(signed_word(n) + shift) * step * more",
        "(signed_word(n) + 0x1p31) * step + (p[0] + 0.5 * step)",
    ),
}
"""What keeps the builds alike, and the source without it."""


def build(source: str, *flags: str, folder: Path) -> Path:
    """Return the program that GCC makes of a source."""
    compiler = shutil.which(os.environ.get("CC", "gcc"))
    if compiler is None:
        raise SystemExit("contraction.py needs GCC; none is on the PATH")
    if "clang" in _version(compiler):
        raise SystemExit(
            f"contraction.py needs GCC, which can be told where not to fuse; {compiler} is Clang"
        )
    number = len([*folder.iterdir()])
    path, program = folder / f"{number}.c", folder / f"{number}.out"
    path.write_text(source, encoding="utf-8")
    subprocess.run([compiler, "-O2", "-std=c11", *flags, "-o", program, path, "-lm"], check=True)
    return program


def can_fuse() -> bool:
    """Say whether there is a GCC, and a machine with fused operations."""
    compiler = shutil.which(os.environ.get("CC", "gcc"))
    if compiler is None or platform.machine() not in FUSING:
        return False
    return "clang" not in _version(compiler)


def _version(compiler: str) -> str:
    return subprocess.run([compiler, "--version"], capture_output=True, text=True, check=True).stdout


def builds(source: str, folder: Path) -> tuple[Path, Path]:
    """Return the program without and with fused operations."""
    machine = platform.machine()
    if machine not in FUSING:
        raise SystemExit(
            f"contraction.py knows no fused operations of {machine}; it knows {', '.join(FUSING)}"
        )
    return (
        build(source, "-ffp-contract=off", folder=folder),
        build(source, "-ffp-contract=fast", *FUSING[machine], folder=folder),
    )


def sums(program: Path, dtype: str, distribution: tuple[str, ...], values: int) -> str:
    """Return the sum of that many values, not yet rounded."""
    key = key_of("contraction")
    count = values // 2 if dtype == "complex64" else values
    halves = f"{key % 2**64:x}", f"{key >> 64:x}"
    command = [program, TABLES, dtype, *halves, "0", str(count), "sum", *distribution]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def differing(source: str, values: int, folder: Path) -> list[str]:
    """Return the distributions of which the two builds draw other bits."""
    plain, fused = builds(source, folder)
    found = []
    for dtype, distribution in DISTRIBUTIONS:
        pair = [sums(program, dtype, distribution, values) for program in (plain, fused)]
        if pair[0] != pair[1]:
            found.append(f"{dtype} {' '.join(distribution)}")
    return found


def main() -> int:
    """Compare, and tell what came of it; 0 if nothing differs but what should."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--values", type=int, default=10**8, help="values of each distribution")
    values = parser.parse_args().values
    source = SOURCE.read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        found = differing(source, values, folder)
        lines = [f"{values:,} values of {len(DISTRIBUTIONS)} distributions: {len(found)} differ", *found]
        unseen = []
        for guard, (there, without) in GUARDS.items():
            if source.count(there) != 1:
                raise SystemExit(f"{SOURCE.name} has {source.count(there)} of {there!r} for {guard}, not 1")
            if not (broken := differing(source.replace(there, without), min(values, 10**7), folder)):
                unseen.append(guard)
            lines.append(f"without {guard}: {len(broken)} differ")
    sys.stdout.write("\n".join(lines) + "\n")
    return bool(found or unseen)


if __name__ == "__main__":
    sys.exit(main())

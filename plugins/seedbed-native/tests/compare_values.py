"""Compare the values of the native engine with those of NumPy's, as many as you like.

    python compare_values.py 1_000_000_000

Each kind of distribution and dtype gets its share, at places spread over the stream. It prints one line for
each, and ends with an error at the first value that differs.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator

import numpy as np

from seedbed.dtypes import as_dtype, available_dtypes
from seedbed.random import Distribution, Normal, NumPyEngine, TruncatedDisc, TruncatedNormal, Uniform, key_of
from seedbed.random.regions import Region
from seedbed_native import NativeEngine, _native

SINGLES = ("float32", "bfloat16", "float16")
# What most draws are: single precision gets most of the values.
SHARES: tuple[tuple[float, Distribution, tuple[str, ...]], ...] = (
    (0.3, Normal(0.0, 1.0), ("float32",)),
    (0.1, Normal(0.1, 1.3), SINGLES),
    (0.2, Uniform(-1.0, 1.0), SINGLES),
    (0.2, TruncatedNormal(0.0, 1.0, -2.0, 2.0, (-2.0, 2.0)), SINGLES),
    (0.05, TruncatedNormal(0.1, 0.9, -2.0, 3.0, (-1.7, 2.8)), ("float32", "float64")),
    (0.02, TruncatedNormal(0.0, 1.0, 25.0, math.inf, (25.0, math.inf)), ("float64",)),
    (0.05, Normal(0.0, 1.0), ("float64",)),
    (0.02, Uniform(-0.3, 2.1), ("float64", "complex64")),
    (0.03, Normal(0.1, 1.3, is_complex=True), ("complex64", "complex128")),
    (0.03, TruncatedDisc(0.0, 1.1, 2.0), ("complex64", "complex128")),
)
AT_ONCE = 1 << 22
KEY = key_of("compare")


def shares(count: int) -> Iterator[tuple[Distribution, str, int]]:
    """Yield what to compare, and how many values of it."""
    for share, distribution, names in SHARES:
        dtypes = available_dtypes(names)
        for name in dtypes:
            yield distribution, name, math.ceil(count * share / len(dtypes))


def compare(native: NativeEngine, distribution: Distribution, name: str, count: int) -> None:
    """Raise an AssertionError that says where the first value differs, if one does."""
    numpy, dtype = NumPyEngine(), as_dtype(name)
    for number, start in enumerate(range(0, count, AT_ONCE)):
        size = min(AT_ONCE, count - start)
        region = Region((size,), size, 1, number * (2**41 + 3) + number % 8, (), ())
        got, expected = np.empty(size, dtype), np.empty(size, dtype)
        native.draw(distribution, KEY, region, got, limits=None, threads=2)
        numpy.draw(distribution, KEY, region, expected, limits=None, threads=2)
        raw = np.dtype(f"u{dtype.itemsize // (2 if dtype.kind == 'c' else 1)}")
        if (other := np.flatnonzero(got.view(raw) != expected.view(raw))).size:
            place = f"{other.size} of {size} numbers differ in {region}, first number {other[0]}"
            raise AssertionError(f"{native.name}, {distribution}, {name}: {place}")


def main(count: int = 10_000_000) -> None:
    """Compare so many values with each set of instructions."""
    for _, instructions in _native.instructions():
        native = NativeEngine(instructions)
        for distribution, name, size in shares(count):
            compare(native, distribution, name, size)
            print(f"{native.name}: {size:>13,} values of {distribution} in {name} are the same", flush=True)  # noqa: T201 - a script


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:]))

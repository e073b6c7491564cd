"""What an engine is tried on: distributions, dtypes, parts of tensors, limits and threads."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from seedbed.dtypes import COMPLEX, FLOATING, as_dtype, available_dtypes
from seedbed.random.distributions import Distribution, Normal, TruncatedDisc, TruncatedNormal, Uniform
from seedbed.random.engine import Limits
from seedbed.random.own_distributions import FromNormal, FromTail, FromUniform
from seedbed.random.regions import Region, region_of, whole
from seedbed.random.seeds import key_of
from seedbed.shapes import BasicIndex, Shape
from seedbed.shard import shard_of

_INF: Final = float("inf")
_ALL: Final = FLOATING + COMPLEX
_SINGLE: Final = ("float32",)
_DOUBLE: Final = ("float64",)
_COMPLEX_SINGLE: Final = ("complex64",)
_COMPLEX_DOUBLE: Final = ("complex128",)
# Distributions, and the dtypes that each is drawn in.
Draws = tuple[tuple[Distribution, tuple[str, ...]], ...]

# No parameter is a float, or one rounded to single precision would give the same values.
_UNIFORM: Final = Uniform(-0.3, 2.1)
_NORMAL: Final = Normal(0.1, 1.3)
_DISC: Final = TruncatedDisc(0.0, 1.1e9, 1e-9)  # whose lines are quickly made
_QUICK: Final[Draws] = (
    (_UNIFORM, _ALL),
    (_NORMAL, FLOATING),
    (Normal(0.1, 1.3, is_complex=True), COMPLEX),
    (TruncatedNormal(0.1, 0.9, -2.0, 2.0, (-1.7, 1.9)), FLOATING),
    (_DISC, COMPLEX),
    # These are made another way in double precision.
    (TruncatedNormal(45.5, 1.5, -31.0, -30.0, (-1.0, 0.5)), _DOUBLE),
    (TruncatedDisc(0.0, 3.9, 0.25), _COMPLEX_DOUBLE),
    (TruncatedDisc(0.0, 1.1, 2.0), _COMPLEX_DOUBLE),
    (FromUniform(np.sqrt), _SINGLE),
    (FromTail(np.cbrt), _SINGLE),
    (FromNormal(np.abs), _SINGLE),
)

_MORE: Final[Draws] = (
    (Uniform(-0.05, 0.05), _ALL),
    (Uniform(0.0, 1.0), _ALL),
    (Uniform(1000.0, 1001.0), ("float32", "float64")),
    (Uniform(0.7, 0.7), _ALL),
    (Uniform(-1e-310, 3e-310), _DOUBLE),
    (Normal(0.0, 0.02), FLOATING),
    (Normal(0.0, 1e-38), ("bfloat16", "float32")),  # subnormal in single precision
    (Normal(0.0, 0.02, is_complex=True), COMPLEX),
    (Normal(0.0, 1e-38, is_complex=True), _COMPLEX_SINGLE),
    (TruncatedNormal(0.0, 1.0, -2.0, 2.0, (-2.0, 2.0)), FLOATING),
    (TruncatedNormal(45.5, 1.5, -31.0, -30.0, (-1.0, 0.5)), FLOATING),
    (TruncatedNormal(-0.3, 0.7, -1.0, 3.0, (-1.0, 1.8)), FLOATING),
    (TruncatedNormal(1.0, 0.5, 5.0, _INF, (3.5, _INF)), FLOATING),
    (TruncatedNormal(0.0, 1.0, -_INF, 0.0, (-_INF, 0.0)), FLOATING),
    (TruncatedDisc(0.5, 3.9, 0.25), COMPLEX),
    (TruncatedDisc(0.0, 0.02, 2.0), COMPLEX),
    (TruncatedDisc(0.5, 1.1e9, 1e-9), COMPLEX),
    (TruncatedDisc(0.5, 1.1, _INF), COMPLEX),
    # Where a way to draw has an end: no spread, tails so far out that doubles have a table of their own for
    # them, ends that lie close together, and numbers near the largest.
    (Normal(0.3, 0.0), FLOATING),
    (Normal(0.3, 0.0, is_complex=True), COMPLEX),
    (TruncatedNormal(0.0, 1.0, 21.0, 22.0, (21.0, 22.0)), ("float32", "float64")),
    (TruncatedNormal(0.0, 1.0, -35.5, -35.0, (-35.5, -35.0)), ("float32", "float64")),
    (TruncatedNormal(0.0, 1.0, 25.0, _INF, (25.0, _INF)), _DOUBLE),
    (TruncatedNormal(0.0, 1.0, 0.5, 0.5001, (0.5, 0.5001)), FLOATING),
    (TruncatedNormal(0.0, 1.0, -3.0001, -3.0, (-3.0001, -3.0)), FLOATING),
    (Uniform(0.0, 3e38), ("float32", "float64")),
    (Uniform(-1e308, 1e308 / 2), _DOUBLE),
    (Uniform(-1.5e31, 2.5e31), (*_SINGLE, *_DOUBLE, *COMPLEX)),
    (FromUniform(np.square), _ALL),
    (FromTail(np.cbrt), _ALL),
    (FromNormal(np.abs), _ALL),
)

# Those of which long tensors are drawn: each dtype, and each way to draw, once.
_LARGE: Final[Draws] = ((_UNIFORM, _ALL), (_NORMAL, _SINGLE), (_DISC, _COMPLEX_SINGLE))
BLOCK: Final = 1 << 12  # blocks of most engines begin at multiples of it
TAIL: Final = 37  # elements that fill no vector
_LONG: Final = 16 * BLOCK + TAIL
_FAR: Final = 2**55 + 3  # beyond a double's integers, and at no border of a counter
# Elements that are worth a second thread, of which half end near a multiple of `BLOCK`.
_FOR_THREADS: Final = (1 << 19) + 7
# Runs of every fifth element, over three outer axes, far out.
_PARTS: Final = (
    (2**20, 64, 2**16, 2**12),
    (slice(2**19, 2**19 + 6, 3), slice(5, 60, 29), slice(7, 9), slice(100, 300, 5)),
)

_ODD_PARTS: Final[tuple[tuple[Any, Any], ...]] = (
    ((), ...),
    ((0, 3), ...),
    *(((size,), ...) for size in range(1, 34)),
    *(((2**40,), slice(2**33 + first, 2**33 + first + 301)) for first in range(4)),
    *(((3001,), slice(step, None, step)) for step in (2, 3, 4, 7, 8, 9, 64)),
    *(((30, 41, 17), (slice(2, 29, step), slice(None), slice(1, None, step))) for step in (1, 2, 6)),
    ((6, 7, 8, 9, 10), tuple(slice(first, first + 3) for first in range(1, 6))),
    ((2**28, 2**28), (slice(2**27, 2**27 + 3), slice(-700, None))),
    ((2**20, 2**36), (slice(2**19, None, 2**17), slice(2**35, 2**35 + 50, 2))),
    # Near the end of the longest tensor, where offsets in bytes overflow 64 bits.
    (((1 << 59) - 1,), slice((1 << 59) - 71, None)),
    ((2**28, 2**30), (slice(2**27 + 5, 2**27 + 8), slice(-90, None))),
    ((2**29, 2**29), (slice(-2, None), slice(2**28, 2**28 + 400, 131))),
    ((2, 3, 4, 5, 6, 7, 8), (*[slice(1, None)] * 5, slice(0, 5, 2), slice(1, 7, 3))),
    ((3, 2, 3, 2, 3, 2, 3, 2, 3), tuple(slice(None, 2) for _ in range(9))),
    *(((2**24,), slice(step // 2, 40 * step, step)) for step in (65, 97, 1000, 4096, 2**17 + 1)),
)

_LARGE_PARTS: Final[tuple[tuple[Any, Any], ...]] = (
    ((1 << 20, 2), slice(3, (1 << 19) + 41)),
    ((7, 50_000), (slice(None), slice(5, 49_000))),
    ((2_000_000,), slice(3, None, 5)),
    ((600, 1300), (slice(1, None), slice(0, 1299))),
)

# Ends that all dtypes hold, and that cut off much of every distribution.
_LIMITS: Final = ((-0.375, 1.25), (0.0, 0.5), (-0.25, 0.0))


@dataclass(frozen=True, slots=True)
class Case:
    """A draw, and how much of it to compare: all, or the parts at the borders of blocks and the end."""

    distribution: Distribution
    dtype: np.dtype[Any]
    region: Region
    limits: Limits | None = None
    threads: int = 2
    borders_only: bool = False
    offset: int = 0
    key: int = key_of("trial")


def quick_cases() -> Iterator[Case]:
    """Yield what is tried wherever an engine is chosen."""
    part = _region(*_PARTS)
    for distribution, dtype in _draws(_QUICK):
        yield Case(distribution, dtype, part, limits=_limits(dtype, *_LIMITS[0]))
    for distribution, dtype in _draws(_LARGE):
        size = _LONG // 2 if dtype.kind == "c" else _LONG
        base = _FAR if isinstance(distribution, Uniform) else 0
        yield Case(distribution, dtype, Region((size,), size, 1, base, (), ()), borders_only=True)
    half = as_dtype("float16")
    yield Case(Uniform(-1e-9, 1e-9), half, whole((99,)), limits=_limits(half, -0.0, 0.0))
    yield Case(Normal(0.0, 1e-38), as_dtype(), whole((99,)))
    yield Case(_UNIFORM, np.dtype(np.float32).newbyteorder("S"), whole((99,)))  # of the other byte order
    yield Case(_UNIFORM, as_dtype(), whole((_FOR_THREADS,)), borders_only=True)


def thorough_cases() -> Iterator[Case]:
    """Yield what is tried besides, where there is time."""
    regions = [_region(*part) for part in (_PARTS, *_ODD_PARTS)]
    for number, (distribution, dtype) in enumerate(_draws((*_QUICK, *_MORE))):
        key = key_of(("trial", number))
        for place, region in [*enumerate(regions)][number % 2 :: 2]:
            limits = (None, *(_limits(dtype, *ends) for ends in _LIMITS))[(number + place) % 4]
            offset = (0, dtype.itemsize, 1)[place % 3]
            yield Case(distribution, dtype, region, limits, threads=1, key=key, offset=offset)
    large = [_region(*part) for part in _LARGE_PARTS]
    for number, (distribution, dtype) in enumerate(_draws(_LARGE)):
        yield Case(distribution, dtype, large[number % len(large)], threads=(2, 3, 4, 7)[number % 4])
    for threads in (1, 2, 3, 4, 5, 6, 7, 8, 16):
        yield Case(_UNIFORM, as_dtype("bfloat16"), whole(((1 << 20) + TAIL,)), threads=threads)


def _region(shape: Shape, index: BasicIndex) -> Region:
    return region_of(shape, shard_of(shape, index, as_dtype()).part)


def _draws(
    rows: Iterable[tuple[Distribution, tuple[str, ...]]],
) -> Iterator[tuple[Distribution, np.dtype[Any]]]:
    for distribution, names in rows:
        for name in available_dtypes(names):
            yield distribution, as_dtype(name)


def _limits(dtype: np.dtype[Any], low: float, high: float) -> Limits:
    least, greatest = np.array((low, high)).astype(np.empty(0, dtype).real.dtype)
    return least, greatest

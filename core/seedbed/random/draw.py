"""Values from a seed: uniform, normal and truncated normal, in every dtype that random values have.

Element *i* of a tensor, in C order, comes from word *i* of the seed's Philox4x64-10 stream (words 2*i* and
2*i* + 1 if it is complex), whatever the shape.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from seedbed.dtypes import LARGEST, compute_dtype
from seedbed.errors import DTypeError
from seedbed.random.quantile import Float64s, below, density, quantile
from seedbed.random.seeds import Seed, key_of
from seedbed.shapes import Shape

_BLOCK: Final = 1 << 16
"""Elements worked on at a time: a few arrays of this many doubles stay in the cache."""

_FURTHEST: Final = 9.0
"""No normal value lies further out: the smallest probability drawn is 2^-54, of 8.3 standard deviations."""

_FURTHEST_TAIL: Final = 40.0
"""The same for a tail that begins at 37, the furthest that a double's probabilities reach."""

Law = Callable[[Float64s], npt.NDArray[Any]]
"""From uniform values in (0, 1) to values; two uniform values in a row make one complex value."""


def uniform(seed: Seed, shape: Shape, dtype: np.dtype[Any], *, low: float, high: float) -> npt.NDArray[Any]:
    """Return values that are uniform on [low, high); a complex one is so in each of its two parts."""
    _check_range(dtype, max(abs(low), abs(high)))

    def law(u: Float64s) -> Float64s:
        return low + (high - low) * u

    if dtype.kind == "c":
        return _draw(seed, shape, dtype, lambda u: law(u).view(np.complex128))
    limits = None if low == high else _limits(dtype, low, high, open_above=True)
    return _draw(seed, shape, dtype, law, limits)


def normal(seed: Seed, shape: Shape, dtype: np.dtype[Any], *, mean: float, stddev: float) -> npt.NDArray[Any]:
    """Return normal values; complex ones are circular, with E|z - mean|^2 = stddev^2."""
    _check_range(dtype, abs(mean) + _FURTHEST * stddev)
    if dtype.kind == "c":
        part = stddev / math.sqrt(2.0)
        return _draw(seed, shape, dtype, lambda u: mean + (part * _two_sided(u)).view(np.complex128))
    return _draw(seed, shape, dtype, lambda u: mean + stddev * _two_sided(u))


def truncated_normal(
    seed: Seed,
    shape: Shape,
    dtype: np.dtype[Any],
    *,
    mean: float,
    stddev: float,
    lower: float,
    upper: float,
    within: tuple[float, float] = (-math.inf, math.inf),
) -> npt.NDArray[Any]:
    """Return normal values, each given that it lies between `lower` and `upper`, in units of `stddev`.

    No value, once rounded, lies outside `within`. Complex values are given that
    ``|z - mean| <= upper * stddev``, so that `lower` must be ``-upper``.
    """
    _check_range(dtype, abs(mean) + min(max(abs(lower), abs(upper)), _FURTHEST_TAIL) * stddev)
    if dtype.kind == "c":
        inside = -math.expm1(-upper * upper)  # P(|z| <= upper) where E|z|^2 = 1
        return _draw(seed, shape, dtype, lambda u: mean + stddev * _disc(u, inside))
    limits = _limits(dtype, *within, open_above=False)
    if -lower < upper:  # work in the lower tail, where small probabilities are exact
        mirrored = _between(-upper, -lower)
        return _draw(seed, shape, dtype, lambda u: mean - stddev * mirrored(u), limits)
    law = _between(lower, upper)
    return _draw(seed, shape, dtype, lambda u: mean + stddev * law(u), limits)


def standard_normals(seed: Seed, count: int, dtype: np.dtype[Any]) -> npt.NDArray[Any]:
    """Return `count` standard normal values, circular with E|z|^2 = 1 if `dtype` is complex."""
    return normal(seed, (count,), dtype, mean=0.0, stddev=1.0)


def truncated_stddev(cutoff: float, *, complex_values: bool = False) -> float:
    """Return the standard deviation of standard normal values z that are cut off at ``|z| = cutoff``.

    ``sqrt(1 - 2 c phi(c) / (2 Phi(c) - 1))``; circular complex ones have
    ``sqrt(1 - c^2 exp(-c^2) / (1 - exp(-c^2)))``.
    """
    square = cutoff * cutoff
    if complex_values:
        return math.sqrt(1.0 + square * math.exp(-square) / math.expm1(-square))
    return math.sqrt(1.0 - 2.0 * cutoff * density(cutoff) / (1.0 - 2.0 * below(-cutoff)))


def _two_sided(u: Float64s) -> Float64s:
    z = quantile(np.minimum(u, 1.0 - u))
    return np.copysign(z, u - 0.5)


def _between(lower: float, upper: float) -> Law:
    """Return the law of a standard normal value given lower <= z <= upper, for an interval's lower side."""
    start, stop = below(lower), below(upper)

    def law(u: Float64s) -> Float64s:
        p = start + (stop - start) * u
        z = quantile(np.minimum(p, 1.0 - p))
        return np.where(p > 0.5, -z, z)

    return law


def _disc(u: Float64s, inside: float) -> npt.NDArray[np.complex128]:
    radius = np.sqrt(-np.log1p(-inside * u[0::2]))
    points: npt.NDArray[np.complex128] = radius * np.exp(2j * np.pi * u[1::2])
    return points


def _draw(
    seed: Seed, shape: Shape, dtype: np.dtype[Any], law: Law, limits: tuple[Any, Any] | None = None
) -> npt.NDArray[Any]:
    out = np.empty(shape, dtype)
    flat = out.reshape(-1)
    words = np.random.Philox(key=key_of(seed))
    words_each = 2 if dtype.kind == "c" else 1
    for start in range(0, flat.size, _BLOCK):
        part = flat[start : start + _BLOCK]
        # The 53 highest bits, and a half so that neither 0 nor 1 occurs.
        bits = words.random_raw(part.size * words_each) >> 11
        u = (bits.astype(np.float64) + 0.5) * 2.0**-53
        part[...] = law(u).astype(compute_dtype(dtype), copy=False).astype(dtype, copy=False)
        if limits is not None:
            np.maximum(part, limits[0], out=part)
            np.minimum(part, limits[1], out=part)
    return out


def _check_range(dtype: np.dtype[Any], largest: float) -> None:
    if largest > LARGEST[dtype.name]:
        raise DTypeError(
            f"values may reach {largest:.3g}, beyond the largest of dtype {dtype.name!r}, "
            f"{LARGEST[dtype.name]:.5g}; choose a wider dtype or a smaller spread"
        )


def _limits(dtype: np.dtype[Any], low: float, high: float, *, open_above: bool) -> tuple[Any, Any]:
    """Return the least and the greatest value of `dtype` in [low, high], or in [low, high)."""
    first, last = np.array(low).astype(dtype), np.array(high).astype(dtype)
    up, down = np.array(np.inf).astype(dtype), np.array(-np.inf).astype(dtype)
    if float(first) < low:
        first = np.nextafter(first, up)
    if float(last) > high or (open_above and float(last) >= high):
        last = np.nextafter(last, down)
    if first > last:
        raise DTypeError(f"no {dtype.name} value lies between {low!r} and {high!r}; choose a wider dtype")
    return first, last

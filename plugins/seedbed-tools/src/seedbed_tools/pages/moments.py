"""The moments and the counts of an array of any size, block by block in float64."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

_BLOCK: Final = 1 << 18
"""Elements converted at a time: 2 MiB of float64 stay in the cache."""

_BINS: Final = ((10_000, 60), (1_000, 30), (100, 20), (0, 12))
"""How many values are needed for how many bins, so that the noise of the counts does not hide the shape."""

_SYMMETRIC: Final = 0.8
"""A range whose shorter side is at least this part of the longer one is shown with 0 in its middle."""

Values = npt.NDArray[Any]


@dataclass(frozen=True, slots=True)
class Moments:
    """What the finite values of an array are like; of a complex one, both parts of each value are values.

    Parameters
    ----------
    nans, infinities
        How many values are not finite.
    minimum, maximum
        The range; ``None`` if no value is finite.
    mean
        Complex if the array is.
    stddev
        The standard deviation: ``sqrt(E|x - mean|^2)``.
    counts
        How many values lie in each of the bins, which have equal widths; empty if all values are equal.
    left, right
        Where the bins begin and end.
    """

    nans: int
    infinities: int
    minimum: float | None = None
    maximum: float | None = None
    mean: complex = math.nan
    stddev: float = math.nan
    counts: tuple[int, ...] = ()
    left: float = math.nan
    right: float = math.nan


def measure(array: Values) -> Moments:
    """Measure `array`, in little memory beside its own.

    Examples
    --------
    >>> found = measure(np.array([1.0, 2.0, 3.0, np.nan], np.float32))
    >>> found.mean, found.maximum, found.nans
    (2.0, 3.0, 1)
    """
    flat = array.ravel(order="K")  # a view for every contiguous array, whichever axis comes first
    parts = [flat.real, flat.imag] if array.dtype.kind == "c" else [flat]
    ranges = [_range(part) for part in parts]
    low, high = min(found.low for found in ranges), max(found.high for found in ranges)
    nans, infinities = sum(found.nans for found in ranges), sum(found.infinities for found in ranges)
    if low > high:
        return Moments(nans, infinities)
    bins, left, right = _bins(low, high, flat)
    # Powers of two scale without rounding, and keep the squares of what follows from over- and underflow.
    exponent = math.frexp(max(abs(low), abs(high)))[1]
    edges = math.ldexp(left, -exponent), math.ldexp(right, -exponent)
    found = [
        _part(part, within.low, exponent, bins, edges) for part, within in zip(parts, ranges, strict=True)
    ]
    mean: list[float] = [math.ldexp(part.mean, exponent) for part in found]
    variance = sum(part.variance for part in found)
    counts = np.sum([part.counts for part in found], axis=0).tolist()
    return Moments(
        nans,
        infinities,
        low,
        high,
        mean=complex(*mean) if len(mean) > 1 else mean[0],
        stddev=float(np.ldexp(math.sqrt(variance), exponent)),
        counts=tuple(counts) if low < high else (),
        left=left,
        right=right,
    )


class _Part(NamedTuple):
    mean: float
    variance: float
    counts: npt.NDArray[np.intp]


def _part(part: Values, low: float, exponent: int, bins: int, edges: tuple[float, float]) -> _Part:
    """Return the moments of the finite values, of which `low` is the least, times ``2 ** -exponent``."""
    left, width = edges[0], (edges[1] - edges[0]) or 1.0
    origin = math.ldexp(low, -exponent) if math.isfinite(low) else 0.0
    counts = np.zeros(bins, np.intp)
    total, squares, size = 0.0, 0.0, 0
    for block in _blocks(part):
        values = np.ldexp(block[np.isfinite(block)], -exponent)
        position = ((values - left) * (bins / width)).astype(np.intp)
        counts += np.bincount(np.clip(position, 0, bins - 1), minlength=bins)
        values -= origin  # so that a constant has a variance of exactly 0
        total += float(values.sum())
        squares += float(values @ values)
        size += len(values)
    shift = total / max(size, 1)
    return _Part(origin + shift, max(0.0, squares / max(size, 1) - shift * shift), counts)


class _Range(NamedTuple):
    nans: int
    infinities: int
    low: float
    high: float


def _range(part: Values) -> _Range:
    nans, infinities, low, high = 0, 0, math.inf, -math.inf
    for block in _blocks(part):
        finite = np.isfinite(block)
        nans += int(np.isnan(block).sum())
        infinities += int(np.isinf(block).sum())
        low = min(low, float(block.min(where=finite, initial=math.inf)))
        high = max(high, float(block.max(where=finite, initial=-math.inf)))
    return _Range(nans, infinities, low, high)


def _blocks(flat: Values) -> Iterator[npt.NDArray[np.float64]]:
    for start in range(0, flat.size, _BLOCK):
        yield flat[start : start + _BLOCK].astype(np.float64)


def _bins(low: float, high: float, flat: Values) -> tuple[int, float, float]:
    """Return how many bins there are, where the first begins and where the last ends."""
    bins = next(bins for least, bins in _BINS if flat.size >= least)
    if flat.dtype.kind in "biu" and high - low < _BINS[0][1]:
        return int(high - low) + 1, low - 0.5, high + 0.5  # one for each integer
    if low < 0 < high and min(-low, high) >= _SYMMETRIC * max(-low, high):
        return bins, -max(-low, high), max(-low, high)
    return bins, low, high

"""Drawing: a distribution, a seed and a part of a tensor to an array."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import numpy.typing as npt

from seedbed.dtypes import COMPLEX, FLOATING, LARGEST, name_of_dtype
from seedbed.errors import ArgumentError, DTypeError, shown
from seedbed.random.distributions import Distribution, Support
from seedbed.random.engine import Limits
from seedbed.random.engines import active
from seedbed.random.regions import region_of
from seedbed.random.seeds import Seed, key_of
from seedbed.random.threads import thread_count
from seedbed.shapes import BasicIndex, Shape, as_shape
from seedbed.shard import Part, Write, pieces, shard_of, sizes, whole
from seedbed.validation import check_writable


def draw(
    distribution: Distribution,
    seed: Seed,
    shape: Shape,
    dtype: np.dtype[Any],
    *,
    index: BasicIndex = ...,
    threads: int | None = None,
) -> npt.NDArray[Any]:
    """Return what ``array[index]`` is for the array that a distribution and a seed give.

    Parameters
    ----------
    distribution
        What makes values of random words.
    seed
        ``None`` for fresh values.
    shape
        The shape of the whole array.
    dtype
        A floating or complex dtype.
    index
        Ints, slices and at most one Ellipsis.
    threads
        How many threads may work; ``None`` for ``SEEDBED_THREADS``, or all CPUs that the process may use.

    Raises
    ------
    SeedbedError
        DTypeError if the dtype cannot hold the values, ShapeError if NumPy can make no array of the part,
        ShardIndexError if `index` is no basic index into `shape`, ArgumentError if `threads` is wrong.
    """
    shape = as_shape(shape)
    try:
        shard = shard_of(shape, index, dtype)
        write = part_writer(distribution, seed, shape, dtype, threads=threads)
    except (AttributeError, TypeError):  # looked at only now, to cost a draw nothing
        if not isinstance(dtype, np.dtype):
            raise DTypeError(
                f"dtype must be a numpy.dtype, got {shown(dtype)} of type {type(dtype).__name__}; "
                "pass seedbed.dtypes.as_dtype(dtype)"
            ) from None
        raise
    out = np.empty(sizes(shard.part), dtype)
    write(out, shard.part)
    return shard.arranged(out)


def draw_into(
    out: npt.NDArray[Any], distribution: Distribution, seed: Seed, *, threads: int | None = None
) -> None:
    """Write into `out` what `draw` returns for its shape and dtype.

    Raises
    ------
    SeedbedError
        As `draw`; ArgumentError if `out` is not a writable NumPy array, or has a hard mask or elements that
        share memory.
    """
    out = check_writable(out)
    part_writer(distribution, seed, out.shape, out.dtype, threads=threads)(out, whole(out.shape))


def part_writer(
    distribution: Distribution,
    seed: Seed,
    shape: Shape,
    dtype: np.dtype[Any],
    *,
    threads: int | None = None,
) -> Write:
    """Return what writes any part of the array that `draw` gives, having raised what it raises."""
    if not hasattr(distribution, "largest"):
        raise ArgumentError(
            f"got {shown(distribution)} of type {type(distribution).__name__} as a distribution; give one of "
            "seedbed.random, such as Uniform(-1.0, 1.0) or FromUniform(function)"
        )
    limits, count, key = limits_of(distribution, dtype), thread_count(threads), key_of(seed)

    def write(out: npt.NDArray[Any], part: Part) -> None:
        if out.flags.c_contiguous and all(taken.step > 0 for taken in part):
            region, flat = region_of(shape, part), out.reshape(-1)
            active().draw(distribution, key, region, flat, limits=limits, threads=count)
            return
        for place, piece in pieces(part):
            ascending = tuple(taken if taken.step > 0 else taken[::-1] for taken in piece)
            turned = tuple(slice(None, None, 1 if taken.step > 0 else -1) for taken in piece)
            room = np.empty(sizes(ascending), dtype)
            write(room, ascending)
            out[place] = room[turned]
            del room  # or it would still be there when the next one is made

    return write


def limits_of(distribution: Distribution, dtype: np.dtype[Any]) -> Limits | None:
    """Return what an engine clips values to: the least and the greatest of `dtype`; ``None`` for none.

    Raises
    ------
    DTypeError
        If `dtype` cannot hold the values.
    """
    largest = LARGEST.get(name_of_dtype(dtype))
    if largest is None:
        raise DTypeError(
            f"got dtype {dtype.name!r}; distributions are drawn in {', '.join(FLOATING + COMPLEX)}"
        )
    if getattr(distribution, "is_of_pairs", False) and dtype.kind != "c":
        raise DTypeError(
            f"got dtype {dtype.name!r} for {distribution}, whose values are complex; allowed are "
            f"{', '.join(COMPLEX)}"
        )
    if distribution.largest > largest:
        raise DTypeError(
            f"values may reach {distribution.largest!r}, beyond the largest of dtype {dtype.name!r}, "
            f"{largest!r}; choose a wider dtype or a smaller spread"
        )
    support = distribution.support
    if support is None:
        return None
    return _representable(np.empty(0, dtype).real.dtype if dtype.kind == "c" else dtype, support)


@functools.lru_cache(maxsize=256)  # 0.0 and -0.0 are one key, and the engine gives the same bits for both
@np.errstate(all="ignore")  # a bound beyond the range becomes infinite, and cuts nothing off
def _representable(dtype: np.dtype[Any], support: Support) -> Limits:
    """Return the least and the greatest value of `dtype` in a support."""
    low, high = support.low, support.high
    first, last = np.array(low).astype(dtype), np.array(high).astype(dtype)
    if float(first) < low:
        first = np.nextafter(first, np.array(np.inf).astype(dtype))
    if float(last) > high or (support.open_above and float(last) >= high):
        last = np.nextafter(last, np.array(-np.inf).astype(dtype))
    if first > last:
        raise DTypeError(f"no {dtype.name} value lies between {low!r} and {high!r}; choose a wider dtype")
    return first, last

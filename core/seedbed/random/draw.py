"""Drawing: a distribution, a seed and a part of a tensor to an array."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from seedbed.copying import copy_into
from seedbed.dtypes import COMPLEX, FLOATING, LARGEST, name_of_dtype
from seedbed.errors import ArgumentError, DTypeError, shown
from seedbed.random.distributions import (
    Distribution,
    Normal,
    Support,
    TruncatedDisc,
    TruncatedNormal,
    Uniform,
)
from seedbed.random.engine import Limits
from seedbed.random.engines import active
from seedbed.random.regions import region_of
from seedbed.random.seeds import Seed, key_of
from seedbed.random.threads import run, thread_count
from seedbed.shapes import BasicIndex, Shape, as_shape
from seedbed.shard import Part, Place, Write, pieces, shard_of, sizes, whole
from seedbed.validation import check_writable

# Bytes of what is drawn and then copied: of all threads together; of one, while it is still in the cache; and
# below which starting a thread takes longer than it saves. Each thread takes 3.5 MiB to draw besides.
_ROOMS: Final = 16 << 20
_LARGEST_ROOM: Final = 4 << 20
_WORTH_COPYING: Final = 1 << 20
_MOST_COPYING: Final = 8
_SMALL: Final = 1 << 14  # elements that no engine divides among threads


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
    limits, key = limits_of(distribution, dtype), key_of(seed)
    count = thread_count(threads, most=1 if math.prod(shape) <= _SMALL else None)

    def write(out: npt.NDArray[Any], part: Part) -> None:
        if out.flags.c_contiguous and (part == whole(shape) or all(taken.step > 0 for taken in part)):
            draw_flat(out, part, count)
            return
        ascending = tuple(taken if taken.step > 0 else taken[::-1] for taken in part)
        turned: Place = tuple(slice(None, None, 1 if taken.step > 0 else -1) for taken in part)
        _draw_and_copy(draw_flat, out[(*turned, ...)], ascending, count)

    def draw_flat(out: npt.NDArray[Any], part: Part, threads: int) -> None:
        region, flat = region_of(shape, part), out.reshape(-1)
        active().draw(distribution, key, region, flat, limits=limits, threads=threads)

    return write


def _draw_and_copy(
    draw_flat: Callable[[npt.NDArray[Any], Part, int], None], out: npt.NDArray[Any], part: Part, threads: int
) -> None:
    """Have each thread draw pieces and copy them into `out`, an array of any strides, one at a time."""
    threads = max(1, min(threads, _MOST_COPYING, out.nbytes // _WORTH_COPYING))
    most = min(_ROOMS // threads, _LARGEST_ROOM) // out.itemsize
    tasks = -(-out.size // (most * threads)) * threads  # as many for each
    found = list(pieces(part, -(-out.size // max(1, tasks))))

    def work(number: int) -> None:
        place, piece = found[number]
        room = np.empty(sizes(piece), out.dtype)
        draw_flat(room, piece, 1)
        copy_into(out[place], room)

    run(work, len(found), threads)


def limits_of(distribution: Distribution, dtype: np.dtype[Any]) -> Limits | None:
    """Return what an engine clips values to: the least and the greatest of `dtype`; ``None`` for none.

    Raises
    ------
    DTypeError
        If `dtype` cannot hold the values.
    """
    known: Any = distribution
    if type(known) in _OF_NUMBERS:
        try:
            return _known_limits(known, dtype)
        except TypeError:  # one of its numbers is none, which is said below
            pass
    return _find_limits(distribution, dtype)


def _find_limits(distribution: Distribution, dtype: np.dtype[Any]) -> Limits | None:
    try:
        reach = distribution.largest
    except AttributeError:
        raise ArgumentError(
            f"got {shown(distribution)} of type {type(distribution).__name__} as a distribution; give one of "
            "seedbed.random, such as Uniform(-1.0, 1.0) or FromUniform(function)"
        ) from None
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
    if reach > largest:
        raise DTypeError(
            f"values may reach {reach!r}, beyond the largest of dtype {dtype.name!r}, "
            f"{largest!r}; choose a wider dtype or a smaller spread"
        )
    support = distribution.support
    if support is None:
        return None
    return _representable(np.empty(0, dtype).real.dtype if dtype.kind == "c" else dtype, support)


# Those that consist of a few numbers. Others may change, or hold what is large.
_OF_NUMBERS: Final = frozenset({Uniform, Normal, TruncatedNormal, TruncatedDisc})
_known_limits: Final = functools.lru_cache(maxsize=256)(_find_limits)


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

"""Drawing: a distribution, a seed and a part of a tensor to an array."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from seedbed.dtypes import LARGEST
from seedbed.errors import DTypeError
from seedbed.random.distributions import Distribution, Support
from seedbed.random.engine import Limits
from seedbed.random.engines import active
from seedbed.random.regions import Region, select
from seedbed.random.seeds import Seed, key_of
from seedbed.random.threads import thread_count
from seedbed.shapes import BasicIndex, Shape, as_shape, check_array
from seedbed.validation import check_writable

_PIECE: Final = 1 << 20
"""Elements drawn at a time for an array that is not contiguous: at most 16 MiB."""


def draw(
    distribution: Distribution,
    seed: Seed,
    shape: Shape,
    dtype: np.dtype[Any],
    *,
    index: BasicIndex = ...,
    threads: int | None = None,
) -> npt.NDArray[Any]:
    """Return what ``array[index]`` is for the array of `shape` that `element_distribution` and `seed` give.

    Parameters
    ----------
    distribution
        From words to values.
    seed
        ``None`` for fresh values.
    shape
        The shape of the whole tensor.
    dtype
        A floating or complex dtype.
    index
        Ints, slices and at most one Ellipsis.
    threads
        How many threads may work; ``None`` for ``SEEDBED_THREADS``, or all CPUs that the process may use.

    Raises
    ------
    DTypeError
        If the dtype cannot hold the distribution's values.
    ShapeError
        If NumPy can make no array of the part.
    ShardIndexError
        If `index` is no basic index into `shape`.
    ArgumentError
        If `threads` is no int of at least 1.
    """
    limits, threads = _limits_of(distribution, dtype), thread_count(threads)
    selection = select(as_shape(shape), index)
    check_array(selection.shape, dtype)
    out = np.empty(selection.region.size, dtype)
    active().draw(distribution, key_of(seed), selection.region, out, limits=limits, threads=threads)
    return selection.arrange(out)


def draw_into(
    out: npt.NDArray[Any], distribution: Distribution, seed: Seed, *, threads: int | None = None
) -> None:
    """Write into `out` what `draw` returns for its shape and dtype.

    Raises
    ------
    ArgumentError
        If `out` is not a writable NumPy array, or has a hard mask or elements that share memory.
    SeedbedError
        Whatever `draw` raises.
    """
    out = check_writable(out)
    limits, threads = _limits_of(distribution, out.dtype), thread_count(threads)
    key = key_of(seed)
    if out.flags.c_contiguous:
        region = Region(out.shape, out.size, 1, 0, (), ())
        active().draw(distribution, key, region, out.reshape(-1), limits=limits, threads=threads)
        return
    flat, room = out.flat, np.empty(min(_PIECE, out.size), out.dtype)
    for start in range(0, out.size, _PIECE):
        piece = room[: out.size - start]
        region = Region(piece.shape, piece.size, 1, start, (), ())
        active().draw(distribution, key, region, piece, limits=limits, threads=threads)
        flat[start : start + piece.size] = piece


def _limits_of(distribution: Distribution, dtype: np.dtype[Any]) -> Limits | None:
    if distribution.largest > LARGEST[dtype.name]:
        raise DTypeError(
            f"values may reach {distribution.largest!r}, beyond the largest of dtype {dtype.name!r}, "
            f"{LARGEST[dtype.name]!r}; choose a wider dtype or a smaller spread"
        )
    parts = np.empty(0, dtype).real.dtype if dtype.kind == "c" else dtype
    return None if distribution.support is None else _representable(parts, distribution.support)


@np.errstate(all="ignore")  # a bound beyond the range becomes infinite, and cuts nothing off
def _representable(dtype: np.dtype[Any], support: Support) -> Limits:
    """Return the least and the greatest value of `dtype` in a support."""
    low, high = support.low, support.high
    up, down = np.array(np.inf).astype(dtype), np.array(-np.inf).astype(dtype)
    first, last = np.array(low).astype(dtype), np.array(high).astype(dtype)
    if float(first) < low:
        first = np.nextafter(first, up)
    if float(last) > high or (support.open_above and float(last) >= high):
        last = np.nextafter(last, down)
    if first > last:
        raise DTypeError(f"no {dtype.name} value lies between {low!r} and {high!r}; choose a wider dtype")
    return first, last

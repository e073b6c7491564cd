"""Straight lines for single precision: a curve of a random word, by one line in each of many segments.

A line's slope has so few digits that its product with a word is exact. So a sum with that product has the
same bits whether or not a compiler fuses the two into one operation. ``docs/reference/stream.md`` specifies
the lines, and states their errors.
"""

from __future__ import annotations

import contextlib
import functools
import mmap
import sys
from collections.abc import Callable
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt
from numpy.lib.stride_tricks import as_strided

from seedbed.random.cipher import UInt64s
from seedbed.random.probability import Masses
from seedbed.random.quantiles import TINY_RADIUS, distance_quantile, interval_quantile, on_circle
from seedbed.random.tables import Float64s
from seedbed.random.words import Words, write_sum

Curve: TypeAlias = Callable[[Float64s], Float64s]

# Exponents of a signed word's part of 1: from the smallest half integer, 2^-33, to 1/2.
OCTAVES: Final = range(-33, -1)
PER_OCTAVE: Final = 1024  # lines in each octave of each sign
LINES: Final = len(OCTAVES) * PER_OCTAVE  # lines of each sign
ARCS: Final = 1 << 14  # lines in a turn of the circle
# Octaves whose lines are made together: for larger arrays NumPy would ask the system each time.
_AT_A_TIME: Final = 4
_SHIFT: Final = np.uint64(52 - 10)  # shifting a double's bits right by this leaves sign, exponent and segment
_SIGN: Final = 1 << (63 - 42)  # the sign among a double's shifted bits
_FIRST: Final = (OCTAVES[0] + 32 + 1023) * PER_OCTAVE  # the shifted bits of the smallest argument, 1/2
_ARC_SHIFT: Final = np.uint32(32 - 14)
_WITHIN_ARC: Final = np.uint32((1 << (32 - 14)) - 1)
_MIDDLE_OF_ARC: Final = 2.0 ** (32 - 14 - 1) - 0.5
_LOW: Final = np.uint64(2**32 - 1)
_HALF: Final = np.uint64(2**31)


class SignedLines:
    """Lines for a curve on [-1/2, 1/2], in 1024 segments of each octave; read-only.

    Parameters
    ----------
    curve
        The function, of doubles of sizes from 2^-33 to 1/2 and of either sign.
    is_odd
        Whether ``curve(-t)`` is ``-curve(t)``, which saves half of the work.

    Attributes
    ----------
    slopes, constants
        A row for each sign, the positive one first, of one line for each segment: from that of 2^-33 to that
        of 1/4. The value at t is ``slope * (t * 2^32) + constant``.
    """

    def __init__(self, curve: Curve, *, is_odd: bool = False) -> None:
        # One place for every sign, exponent and segment, so that a double's shifted bits are an index as they
        # are. Nearly all of it is never touched, and so never takes memory. Dense tables need four operations
        # more for each index, by which a normal value takes a seventh longer.
        self._slopes, self._constants = (_untouched_zeros(_FIRST + _SIGN + LINES) for _ in range(2))
        within = 1.0 + np.arange(2 * PER_OCTAVE + 1) / (2 * PER_OCTAVE)
        for first in range(0, len(OCTAVES), _AT_A_TIME):
            octaves = 2.0 ** np.array(OCTAVES[first : first + _AT_A_TIME], np.float64)[:, None]
            points = octaves * within
            above = curve(points)
            self._keep(_FIRST + first * PER_OCTAVE, points, above, octaves / PER_OCTAVE)
            below = -above if is_odd else curve(-points)
            self._keep(_FIRST + _SIGN + first * PER_OCTAVE, -points, below, -octaves / PER_OCTAVE)
        self.slopes, self.constants = _rows(self._slopes), _rows(self._constants)

    def _keep(self, place: int, points: Float64s, values: Float64s, width: Float64s) -> None:
        slopes, constants = _lines(values, points[:, 1::2], width)
        self._slopes[place : place + slopes.size] = slopes.ravel() * 2.0**-32
        self._constants[place : place + slopes.size] = constants.ravel()

    def __call__(self, x: Float64s, z: Float64s, index: UInt64s) -> None:
        """Write the values for `x`, in units of 2^-32, into `z`; `x` and `index` are of no use afterwards."""
        np.right_shift(x.view(np.uint64), _SHIFT, out=index)
        places = index.view(np.int64)
        self._slopes.take(places, out=z, mode="clip")
        np.multiply(z, x, out=z)
        self._constants.take(places, out=x, mode="clip")
        np.add(z, x, out=z)


class ArcLines:
    """Lines for a curve of the turn that an unsigned word is, in 16384 equal arcs; read-only.

    Attributes
    ----------
    slopes, constants
        One line for each arc. The value is ``slope * y + constant``, where y is how far the word lies from
        the middle of its arc.
    """

    def __init__(self, curve: Curve) -> None:
        ends, middles = (curve((np.arange(ARCS) + offset) / ARCS) for offset in (0.0, 0.5))
        values = np.stack((ends, middles, np.roll(ends, -1)), axis=1)
        lines = _lines(values, np.zeros((ARCS, 1)), np.float64(2.0**18))
        self.slopes, self.constants = (column.ravel() for column in lines)
        self.slopes.flags.writeable = self.constants.flags.writeable = False

    def __call__(self, arc: npt.NDArray[np.int64], y: Float64s, z: Float64s, room: Float64s) -> None:
        """Write the values at the places `y` of each `arc` into `z`, with `room` to work in."""
        self.slopes.take(arc, out=z, mode="clip")
        np.multiply(z, y, out=z)
        self.constants.take(arc, out=room, mode="clip")
        np.add(z, room, out=z)


def arcs_of(words: Words, arc: UInt64s, y: Float64s) -> npt.NDArray[np.int64]:
    """Return the arcs of 32-bit words, in the memory of `arc`; write how far from their middles into `y`."""
    np.right_shift(words, _ARC_SHIFT, out=arc)
    write_sum(words & _WITHIN_ARC, -_MIDDLE_OF_ARC, y)
    return arc.view(np.int64)


# Threads share what the caches below keep. Two that ask for the same at the same time make it each. A child
# process that is forked meanwhile would never get a lock that another thread holds.


@functools.lru_cache(maxsize=16)  # of 1 MiB each
def interval_lines(masses: Masses) -> SignedLines:
    """Return the lines of `interval_quantile` for these masses, off by at most 2.6e-8."""
    return SignedLines(lambda t: interval_quantile(t, masses), is_odd=masses.below == masses.above)


def distance_lines(radius: float) -> SignedLines:
    """Return the lines of `distance_quantile` for this radius; a negative argument counts from the centre."""
    return _distance_lines(0.0 if radius < TINY_RADIUS else radius)  # which all have the same


@functools.lru_cache(maxsize=16)
def _distance_lines(radius: float) -> SignedLines:
    return SignedLines(lambda t: distance_quantile(np.where(t < 0, 1.0 + t, t), radius))


@functools.cache
def circle_lines() -> tuple[ArcLines, ArcLines]:
    """Return the lines of cosine and sine."""
    return ArcLines(lambda turn: on_circle(turn)[0]), ArcLines(lambda turn: on_circle(turn)[1])


def _lines(values: Float64s, middles: Float64s, width: Float64s | np.float64) -> tuple[Float64s, Float64s]:
    """Return slopes and constants for the values at the ends and middles of segments, along the last axis.

    A line runs midway between the chord and the curve in the middle of its segment. Its slope is the chord's,
    rounded to 21 bits; a word and a half has 32, and a double's product of the two 53.
    """
    starts, at_middles, ends = values[:, :-1:2], values[:, 1::2], values[:, 2::2]
    bits = ((ends - starts) / width).view(np.uint64)
    slopes = ((bits + _HALF) & ~_LOW).view(np.float64)
    return slopes, 0.5 * (0.5 * (starts + ends) + at_middles) - slopes * middles


def _rows(room: Float64s) -> Float64s:
    """Return the lines in `room`, a row for each sign."""
    strides = (_SIGN * room.itemsize, room.itemsize)
    return as_strided(room[_FIRST:], (2, LINES), strides, writeable=False)


def _untouched_zeros(size: int) -> Float64s:
    """Return zeros that take no memory until they are written, whatever NumPy's own allocator would do."""
    if sys.platform == "win32":
        return np.frombuffer(mmap.mmap(-1, size * 8), np.float64)
    room = mmap.mmap(-1, size * 8, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    if hasattr(mmap, "MADV_NOHUGEPAGE"):  # a page of 2 MiB would be eight times what is written in it
        with contextlib.suppress(OSError):  # kernels that are built without such pages refuse the advice
            room.madvise(mmap.MADV_NOHUGEPAGE)
    return np.frombuffer(room, np.float64)

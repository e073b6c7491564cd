"""Distributions as compiled kernels read them: numbers in one order, and tables.

Kernels for CPUs and for GPUs take the same, so that a distribution becomes numbers in one place. The meaning
of each is in ``docs/reference/stream.md``.
"""

from __future__ import annotations

import enum
import functools
import math
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt

from seedbed.random.distributions import Distribution, Normal, TruncatedDisc, TruncatedNormal, Uniform
from seedbed.random.lines import SignedLines, circle_lines, distance_lines, interval_lines
from seedbed.random.probability import EVERYTHING, Masses, disc_masses, masses
from seedbed.random.quantiles import TINY_RADIUS
from seedbed.random.tables import tables

Table: TypeAlias = npt.NDArray[np.float64]
Limits: TypeAlias = tuple[float, float]


class Kind(enum.IntEnum):
    """How words become values."""

    UNIFORM, LINES, DISC, QUANTILE, FINE_DISC = range(5)


class Flag(enum.IntFlag):
    """What is done besides."""

    CLIPPED, UNSIGNED_ZEROS, ODD, EVEN_ONLY = 1, 2, 4, 8


FORMATS: Final = {"float16": 0, "bfloat16": 1, "float32": 2, "float64": 3, "complex64": 2, "complex128": 3}
_LAW: Final = struct.Struct("=4i9d")

_NONE: Final[tuple[Any, ...]] = (b"",) * 7
_TINY_SPAN: Final = 2.0**-900


@dataclass(frozen=True, slots=True)
class Law:
    """What one distribution, dtype and pair of limits are to the kernels.

    Attributes
    ----------
    numbers
        What the kernels read, packed.
    find
        Returns the seven tables, empty where the law needs none. A law does not keep them: hundreds of laws
        may be kept, and a table takes up to 1 MiB.
    format
        The number of the real values' format.
    parts
        Real values to an element.
    """

    numbers: bytes
    find: Callable[[], tuple[Any, ...]]
    format: int
    parts: int

    @property
    def tables(self) -> tuple[Any, ...]:
        """The numbers, and the tables."""
        return self.numbers, *self.find()


def packed(
    kind: Kind,
    dtype: str,
    *,
    scale: float,
    shift: float,
    flags: int = 0,
    more: float = 1.0,
    limits: Limits | None = None,
    masses: Masses | None = None,
    radius: float = 0.0,
    tables: tuple[Any, ...] | Callable[[], tuple[Any, ...]] = _NONE,
) -> Law:
    """Return a law of these numbers, in the order in which the kernels read them."""
    if limits is not None:
        flags |= Flag.CLIPPED if all(limits) else Flag.CLIPPED | Flag.UNSIGNED_ZEROS
    number, parts = FORMATS[dtype], 2 if dtype.startswith("complex") else 1
    below, inside, above = EVERYTHING if masses is None else masses
    bounds = (*(limits or (0.0, 0.0)), below, inside, above, radius)
    find = tables if callable(tables) else functools.partial(tuple, tables)
    return Law(_LAW.pack(kind, number, flags, parts, scale, shift, more, *bounds), find, number, parts)


def law_of(distribution: Distribution, dtype: np.dtype[Any], limits: tuple[Any, Any] | None) -> Law | None:
    """Return the law of a distribution in a dtype, or ``None`` if there is none, or one value alone.

    Parameters
    ----------
    distribution
        One of the package's own; an author's functions are no numbers.
    dtype
        What is drawn.
    limits
        The least and the greatest value allowed, as an engine gets them.
    """
    if type(distribution) not in KNOWN:
        return None
    ends = None if limits is None else (float(limits[0]), float(limits[1]))
    # 0.0 and -0.0 are one key, and scaled by them values are zeros of other signs.
    sign = math.copysign(1.0, getattr(distribution, "stddev", 1.0))
    known: Any = distribution
    try:
        return _kept(known, dtype.name, ends, sign)
    except TypeError:  # of parameters that have no hash
        return _made(known, dtype.name, ends)


@functools.lru_cache(maxsize=256)
def _kept(distribution: Any, dtype: str, limits: Limits | None, sign: float) -> Law | None:  # noqa: ARG001 - a key
    return _made(distribution, dtype, limits)


def _made(distribution: Any, dtype: str, limits: Limits | None) -> Law | None:
    return KNOWN[type(distribution)](distribution, dtype, limits)


def _uniform(distribution: Uniform, dtype: str, limits: Limits | None) -> Law | None:
    if distribution.low == distribution.high:
        return None  # one value, which NumPy writes as fast
    bits = 64 if _is_double(dtype) else 32
    span = distribution.high - distribution.low
    more = _TINY_SPAN if span < _TINY_SPAN else 1.0
    shift = (distribution.low / span + 0.5) * 2.0**bits + 0.5
    scale = span / more * 2.0**-bits
    return packed(Kind.UNIFORM, dtype, scale=scale, shift=shift, more=more, limits=limits)


def _normal(distribution: Normal, dtype: str, limits: Limits | None) -> Law:
    scale = distribution.stddev * math.sqrt(0.5) if distribution.is_complex else distribution.stddev
    flags = Flag.EVEN_ONLY if distribution.is_complex else 0
    return _in_interval(EVERYTHING, (scale, distribution.mean), dtype, limits, flags)


def _truncated(distribution: TruncatedNormal, dtype: str, limits: Limits | None) -> Law:
    inside = masses(distribution.lower, distribution.upper)
    return _in_interval(inside, (distribution.stddev, distribution.mean), dtype, limits)


def _in_interval(
    inside: Masses, scale_and_shift: tuple[float, float], dtype: str, limits: Limits | None, flags: int = 0
) -> Law:
    scale, shift = scale_and_shift
    numbers: Any = {"scale": scale, "shift": shift, "limits": limits}
    if _is_double(dtype):
        return packed(Kind.QUANTILE, dtype, flags=flags, masses=inside, tables=fine_tables, **numbers)
    if inside.below == inside.above:
        flags |= Flag.ODD
    find = functools.partial(_interval_tables, inside)
    return packed(Kind.LINES, dtype, flags=flags, tables=find, **numbers)


def _disc(distribution: TruncatedDisc, dtype: str, limits: Limits | None) -> Law:
    radius = distribution.radius
    unit = radius * distribution.stddev if radius < TINY_RADIUS else distribution.stddev
    numbers: Any = {"shift": distribution.mean, "limits": limits}
    if _is_double(dtype):
        outside, inside = disc_masses(radius)
        numbers |= {"masses": Masses(outside, inside, 0.0), "radius": radius, "tables": fine_tables}
        return packed(Kind.FINE_DISC, dtype, scale=unit * (1.0 - 2.0**-50), **numbers)
    tables = functools.partial(_disc_tables, radius)
    return packed(Kind.DISC, dtype, scale=unit * (1.0 - 2.0**-22), tables=tables, **numbers)


KNOWN: Final[dict[type[Distribution], Callable[..., Law | None]]] = {
    Uniform: _uniform,
    Normal: _normal,
    TruncatedNormal: _truncated,
    TruncatedDisc: _disc,
}


def _is_double(dtype: str) -> bool:
    return FORMATS[dtype] == FORMATS["float64"]


def _interval_tables(inside: Masses) -> tuple[Any, ...]:
    return (_interval_table(inside), *_NONE[1:])


def _disc_tables(radius: float) -> tuple[Any, ...]:
    return (_distance_table(radius), *_circle_tables(), *_NONE[3:])


@functools.lru_cache(maxsize=16)  # of 512 KiB or 1 MiB
def _interval_table(inside: Masses) -> Table:
    rows = 1 if inside.below == inside.above else 2
    return _pairs(interval_lines(inside), rows)


@functools.lru_cache(maxsize=16)
def _distance_table(radius: float) -> Table:
    return _pairs(distance_lines(radius), 2)


def _pairs(lines: SignedLines, rows: int) -> Table:
    """Return slope and constant of each line side by side, which are looked up in one step."""
    return np.ascontiguousarray(np.stack((lines.slopes[:rows], lines.constants[:rows]), axis=-1)).reshape(-1)


@functools.cache
def _circle_tables() -> tuple[Table, Table]:
    cosine, sine = (
        np.ascontiguousarray(np.stack((arcs.slopes, arcs.constants), axis=-1)).reshape(-1)
        for arcs in circle_lines()
    )
    return cosine, sine


@functools.cache
def fine_tables() -> tuple[Any, ...]:
    """Return the tables of double precision, row after row."""
    columns = tables()
    rows = (np.ascontiguousarray(table.T).reshape(-1) for table in (columns.fine, columns.far, columns.log))
    return (b"", b"", b"", *rows, np.ascontiguousarray(columns.circle.T).reshape(-1))

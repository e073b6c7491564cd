"""The tables behind the quantile functions, as ``tests/make_tables.py`` writes them."""

from __future__ import annotations

import functools
import pkgutil
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

Float64s = npt.NDArray[np.float64]

# Equal segments of each octave [2^e, 2^(e+1)) of an argument, named by 6 bits of its mantissa.
SEGMENTS: Final = 64
DEGREE: Final = 7
FINE_EXPONENTS: Final = (-67, -2)
FAR_EXPONENTS: Final = (5, 9)
CIRCLE_POINTS: Final = 256
PARTS_BITS: Final = 9
PARTS: Final = 2**PARTS_BITS  # equal parts of an octave in the tables of log and exp
# The bits of 181/256, near the root of 1/2, where the octave of the table of log begins.
LOG_START: Final = (1022 << 52) + (212 << 43)
SHIFT: Final = np.uint64(52 - 6)  # shifting a double's bits right by this leaves sign, exponent and segment


@dataclass(frozen=True, slots=True)
class Tables:
    """Columns of the tables; a column has one number for each segment."""

    fine: Float64s
    far: Float64s
    log: Float64s
    exp: Float64s
    circle: Float64s


@functools.cache
def tables() -> Tables:
    """Read the tables, once."""
    data = pkgutil.get_data(__package__, "tables.bin")
    assert data is not None  # noqa: S101 - a package that was installed without its data cannot draw
    numbers = np.frombuffer(data, "<f8").astype(np.float64)
    shapes = (
        (_rows(FINE_EXPONENTS) + 1, DEGREE + 2),
        (_rows(FAR_EXPONENTS), DEGREE + 2),
        (PARTS, 3),
        (PARTS, 2),
        (CIRCLE_POINTS, 2),
    )
    parts = np.split(numbers, np.cumsum([rows * columns for rows, columns in shapes])[:-1])
    columns = [np.ascontiguousarray(part.reshape(shape).T) for part, shape in zip(parts, shapes, strict=True)]
    for table in columns:
        table.flags.writeable = False  # all draws of the process look values up in them
    return Tables(*columns)


def _rows(exponents: tuple[int, int]) -> int:
    return (exponents[1] - exponents[0] + 1) * SEGMENTS

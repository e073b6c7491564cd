"""Make ``tables.bin``, the numbers behind `seedbed.random.quantiles`, from a high-precision reference.

Run ``python tests/make_tables.py`` to write the file again; mpmath is needed. Every number in it is
the double nearest to a mathematically defined one, so that whoever follows ``docs/reference/stream.md`` gets
the same file, bit for bit.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import mpmath
import numpy as np
from mpmath import mpf

from seedbed import random
from seedbed.files import write_file
from seedbed.random.tables import (
    CIRCLE_POINTS,
    DEGREE,
    FAR_EXPONENTS,
    FINE_EXPONENTS,
    LOG_START,
    PARTS,
    PARTS_BITS,
    SEGMENTS,
)

DIGITS = 50
Series = list[mpf]


def main() -> None:
    """Write the file into the package."""
    path = Path(random.__file__).with_name("tables.bin")
    write_file(path, table_bytes())
    print(f"wrote {path}, {path.stat().st_size} bytes")  # noqa: T201 - it is a script


def table_bytes() -> bytes:
    """Return the content of the file: the rows of all tables in turn, as little-endian doubles."""
    with mpmath.workdps(DIGITS):
        rows = [fine_row(q) for q in segments(FINE_EXPONENTS)] + [fine_row((mpf(1) / 2, mpf(0)))]
        rows += [far_row(q) for q in segments(FAR_EXPONENTS)]
        rows += [log_row(part) for part in range(PARTS)]
        rows += [exp_row(part) for part in range(PARTS)]
        rows += [circle_row(point) for point in range(CIRCLE_POINTS)]
        return np.array([float(number) for row in rows for number in row], "<f8").tobytes()


def segments(exponents: tuple[int, int]) -> Iterator[tuple[mpf, mpf]]:
    """Yield start and width of each segment, from the octave of the first exponent to that of the last."""
    for exponent in range(exponents[0], exponents[1] + 1):
        for segment in range(SEGMENTS):
            unit = mpf(2) ** exponent
            yield unit * (1 + mpf(segment) / SEGMENTS), unit / SEGMENTS


def fine_row(segment: tuple[mpf, mpf]) -> Series:
    """Return the centre, and the Taylor coefficients there, of the quantile of a tail's probability."""
    start, width = segment
    # Around 1/2, where the quantile is 0, so that it keeps its relative accuracy towards there.
    centre = mpf(1) / 2 if start + width == mpf(1) / 2 else start + width / 2
    return [centre, *tail_quantile_series(centre, DEGREE)]


def far_row(segment: tuple[mpf, mpf]) -> Series:
    """Return the centre, and the Taylor coefficients there, of the quantile of exp(-L) as a function of L."""
    centre = segment[0] + segment[1] / 2
    z = tail_quantile(mpmath.exp(-centre))
    series = [z, mpmath.exp(-centre) / mpmath.npdf(z)]
    for k in range(1, DEGREE):  # z'' = z' (z z' - 1)
        slope = [(i + 1) * series[i + 1] for i in range(k)]
        inner = [term - (not i) for i, term in enumerate(product(series, slope, k))]
        series.append(product(slope, inner, k)[k - 1] / (k * (k + 1)))
    return [centre, *series]


def log_row(part: int) -> Series:
    """Return a short number near the inverse of a part's centre, and minus its logarithm in two parts."""
    start = LOG_START + (part << 52 - PARTS_BITS)
    low, high = (
        mpf(float(np.array(bits).view(np.float64))) for bits in (start, start + (1 << 52 - PARTS_BITS))
    )
    # So short that r = m * inverse - 1 is a double for every m of the part; and 1 for both that touch 1, so
    # that r is m - 1 there, and the logarithm of 1 is 0.
    unit = mpf(2) ** (-9 if low < 1 else -10)
    inverse = mpf(1) if 1 in (low, high) else mpmath.nint(2 / (low + high) / unit) * unit
    return [inverse, *high_and_low(-mpmath.log(inverse))]


def exp_row(part: int) -> Series:
    """Return 2^(part/512) in two parts: the nearest double, and what it lacks."""
    value = mpf(2) ** (mpf(part) / PARTS)
    high = mpf(float(value))
    return [high, value - high]


def high_and_low(value: mpf) -> Series:
    """Return the nearest multiple of 2^-42, to which others of these are added exactly, and what it lacks."""
    high = mpmath.nint(value * 2**42) / 2**42
    return [high, value - high]


def circle_row(point: int) -> Series:
    """Return cosine and sine at the middle of one of the equal arcs of the circle."""
    turn = (point + mpf(1) / 2) / CIRCLE_POINTS
    return [mpmath.cospi(2 * turn), mpmath.sinpi(2 * turn)]


def tail_quantile_series(q: mpf, degree: int) -> Series:
    """Return the Taylor coefficients of `tail_quantile` at `q`."""
    z = tail_quantile(q)
    series = [z, -1 / mpmath.npdf(z)]
    for k in range(1, degree):  # z'' = z z' z'
        slope = [(i + 1) * series[i + 1] for i in range(k)]
        series.append(product(series, product(slope, slope, k), k)[k - 1] / (k * (k + 1)))
    return series


def tail_quantile(q: mpf) -> mpf:
    """Return the z above which a standard normal value lies with probability `q`, to all digits."""
    if q == mpf(1) / 2:
        return mpf(0)
    z = mpmath.sqrt(2) * mpmath.erfinv(1 - 2 * q) if q > 0.01 else mpmath.sqrt(-2 * mpmath.log(q))
    for _ in range(60):  # Newton's method on the logarithm, which is concave and close to a parabola
        tail = mpmath.erfc(z / mpmath.sqrt(2)) / 2
        step = mpmath.log(tail / q) * tail / mpmath.npdf(z)
        z += step
        if abs(step) <= abs(z) * mpf(10) ** (5 - mpmath.mp.dps):
            return z
    raise ArithmeticError(f"no quantile found for {q}")


def product(one: Series, other: Series, terms: int) -> Series:
    """Return the first terms of the product of two power series."""
    return [sum(one[i] * other[k - i] for i in range(k + 1)) for k in range(terms)]


if __name__ == "__main__":
    main()

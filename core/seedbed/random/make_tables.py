"""Make ``tables.bin``, the numbers behind `seedbed.random.quantiles`, from a high-precision reference.

Run ``python -m seedbed.random.make_tables`` to write the file again; mpmath is needed. Every number in it is
the double nearest to a mathematically defined one, so that whoever follows ``docs/reference/stream.md`` gets
the same file, bit for bit.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import mpmath
import numpy as np
from mpmath import mpf

from seedbed.random.tables import (
    CIRCLE_POINTS,
    DEGREE,
    FAR_EXPONENTS,
    FINE_EXPONENTS,
    SEGMENTS,
)

DIGITS = 50
Series = list[mpf]


def main() -> None:
    """Write the file next to this one."""
    path = Path(__file__).with_name("tables.bin")
    path.write_bytes(table_bytes())
    print(f"wrote {path}, {path.stat().st_size} bytes")  # noqa: T201 - it is a script


def table_bytes() -> bytes:
    """Return the content of the file: the rows of all tables in turn, as little-endian doubles."""
    with mpmath.workdps(DIGITS):
        rows = [fine_row(q) for q in segments(FINE_EXPONENTS)] + [fine_row((mpf(1) / 2, mpf(0)))]
        rows += [far_row(q) for q in segments(FAR_EXPONENTS)]
        rows += [log_row(q) for q in segments((0, 0))]
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


def log_row(segment: tuple[mpf, mpf]) -> Series:
    """Return the centre, and the Taylor coefficients there, of -log(m)."""
    centre = segment[0] + segment[1] / 2
    return [centre, -mpmath.log(centre), *((-1 / centre) ** k / k for k in range(1, DEGREE + 1))]


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

"""Probabilities of the standard normal distribution, correctly rounded on every machine.

The `math` module's erfc is the C library's, whose last bits differ between machines; these scalars are worked
out in decimal arithmetic, which is exact as specified, with digits to spare.
"""

from __future__ import annotations

import functools
import math
from decimal import Context, Decimal, localcontext
from typing import Final, NamedTuple

_DIGITS: Final = 60
_SQRT_2PI: Final = Decimal("2.50662827463100050241576528481104525300698674060993831662992357634229365460784")
# Where the continued fraction takes over from the series, which loses digits in the tails.
_SERIES_BELOW: Final = 4
# More than enough for 40 digits at 4, where the continued fraction converges most slowly.
_FRACTION_TERMS: Final = 900


class Masses(NamedTuple):
    """The probability below an interval, that inside it, and that above it."""

    below: float
    inside: float
    above: float


EVERYTHING: Final = Masses(0.0, 1.0, 0.0)  # the masses of an interval without bounds


@functools.lru_cache(maxsize=256)
def masses(lower: float, upper: float) -> Masses:
    """Return what a standard normal value's probabilities are with respect to [lower, upper]."""
    with localcontext(Context(prec=_DIGITS)):
        below, above = _tail(-lower), _tail(upper)
        # The side on which neither is close to 1, so that nothing cancels.
        inside = (
            _tail(lower) - above if lower > 0 else _tail(-upper) - below if upper < 0 else 1 - below - above
        )
        return Masses(float(below), float(inside), float(above))


@functools.lru_cache(maxsize=256)
def disc_masses(radius: float) -> tuple[float, float]:
    """Return P(|z| > radius) and P(|z| <= radius) of a circular z with E|z|^2 = 1."""
    with localcontext(Context(prec=_DIGITS)):
        outside = Decimal(0) if math.isinf(radius) else (-(Decimal(radius) ** 2)).exp()
        return float(outside), float(1 - outside)


def _tail(z: float) -> Decimal:
    """Return the probability of a standard normal value above `z`."""
    if math.isinf(z):
        return Decimal(0 if z > 0 else 1)
    if z < 0:
        return 1 - _tail(-z)
    x = Decimal(z)
    density = (-x * x / 2).exp() / _SQRT_2PI
    return Decimal("0.5") - density * _series(x) if z < _SERIES_BELOW else density / _fraction(x)


def _series(x: Decimal) -> Decimal:
    """Return x + x^3/3 + x^5/(3 5) + ..., which times the density is the probability between 0 and x."""
    term = total = x
    k = 1
    while term > total.scaleb(-_DIGITS):
        k += 2
        term *= x * x / k
        total += term
    return total


def _fraction(x: Decimal) -> Decimal:
    """Return Laplace's continued fraction x + 1/(x + 2/(x + 3/(x + ...)))."""
    value = x
    for k in range(_FRACTION_TERMS, 0, -1):
        value = x + k / value
    return value

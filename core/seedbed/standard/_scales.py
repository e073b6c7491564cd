"""Scales made of powers of fans, and what truncation leaves of a scale, rounded correctly everywhere.

The `math` module's pow is the C library's, whose last bits differ between machines. So these scalars are
computed in whole numbers, and in decimal arithmetic with extra digits. Both are exact as specified.
"""

from __future__ import annotations

import functools
import math
from decimal import Context, Decimal, localcontext
from typing import Final

_DIGITS: Final = 100  # of what is not a power or root of a fan; far more than tell one double from the next
_BITS: Final = 320  # of a root before it is rounded to a double. 100 digits are 332 bits.
# In this many of those bits, a power that decimal arithmetic has rounded agrees, with some to spare.
_AGREED: Final = 300
# From this cutoff on, less than 1e-20 of the variance is cut off, and 1 is the nearest double.
_NOTHING_CUT: Final = 10.0


def scale(gain: float, *powers: tuple[float, float]) -> float:
    """Return the double nearest to `gain` times the product of bases to the power of their exponents.

    If two doubles are equally near, it returns the even one, as everywhere in IEEE 754.

    Parameters
    ----------
    gain
        Any finite number.
    powers
        Pairs of a base of at least 1 and an exponent.

    Examples
    --------
    >>> scale(3.0, (16, -0.5)), scale(1.0, (2, 0.5), (8, 0.5))
    (0.75, 4.0)
    """
    # The sign is not part of the cache's key, for which 0.0 and -0.0 are the same.
    return math.copysign(_size(abs(gain), *powers), gain)


@functools.lru_cache(maxsize=1024)
def _size(gain: float, *powers: tuple[float, float]) -> float:
    """Return what `scale` returns, for a gain of at least 0."""
    above, below = (part**2 for part in gain.as_integer_ratio())
    is_exact = True
    for base, exponent in powers:
        # Twice the exponent is usually an int, so the square of the scale is a fraction.
        twice = 2 * exponent
        if twice == int(twice):
            factors = [part ** abs(int(twice)) for part in base.as_integer_ratio()]
            one, other = factors if twice > 0 else reversed(factors)
        else:
            is_exact = False
            with localcontext(Context(prec=_DIGITS)):
                one, other = (Decimal(base) ** Decimal(twice)).as_integer_ratio()
        above, below = above * one, below * other
    return _root(above, below, is_exact=is_exact)


def _root(above: int, below: int, *, is_exact: bool) -> float:
    """Return the double nearest to the square root of a fraction, which may be off by a rounding."""
    shift = _BITS - (above.bit_length() - below.bit_length()) // 2
    square, rest = divmod(above << 2 * max(shift, 0), below << 2 * max(-shift, 0))
    root = math.isqrt(square)
    if is_exact:  # one more bit says whether anything is left, which decides between two doubles
        root = 2 * root + (rest > 0 or root * root < square)
    else:  # if it seems midway between two doubles, it is: no power comes that near by chance
        lost = _BITS - _AGREED
        root = (root + (1 << lost - 1) >> lost) << lost + 1
    try:
        return (root << max(-shift - 1, 0)) / (1 << max(shift + 1, 0))
    except OverflowError:
        return math.inf


@functools.lru_cache(maxsize=256)
def stddev_left(cutoff: float, *, is_complex: bool) -> float:
    """Return the double nearest to the stddev that is left of a stddev of 1 if values end at `cutoff`.

    Parameters
    ----------
    cutoff
        Above 0, in units of the standard deviation before truncation. For complex values, where their size
        ends.
    is_complex
        Whether values are circular complex ones.

    Examples
    --------
    >>> stddev_left(2.0, is_complex=False), stddev_left(2.0, is_complex=True)
    (0.8796256610342398, 0.9619618280082135)
    """
    if cutoff >= _NOTHING_CUT:
        return 1.0
    with localcontext(Context(prec=_DIGITS)):
        c = Decimal(cutoff)
        if is_complex:  # |z|^2 is exponential: of its mean c^2 / (exp(c^2) - 1) is cut off
            return float((1 - c * c / ((c * c).exp() - 1)).sqrt())
        # 1 - 2 c phi(c) / (2 Phi(c) - 1), where 2 Phi(c) - 1 is 2 phi(c) (c + rest)
        rest = _beyond_first_term(c)
        return float((rest / (c + rest)).sqrt())


def _beyond_first_term(c: Decimal) -> Decimal:
    """Return c^3/3 + c^5/(3 5) + c^7/(3 5 7) + ..., whose terms are all above 0, so nothing cancels."""
    k = 3
    term = total = c**3 / 3
    while term > total.scaleb(-_DIGITS):
        k += 2
        term *= c * c / k
        total += term
    return total

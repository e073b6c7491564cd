"""Scales made of powers of fans, and what truncation leaves of one, correctly rounded on every machine.

The `math` module's pow is the C library's, whose last bits differ between machines; these scalars are worked
out in decimal arithmetic, which is exact as specified, with digits to spare.
"""

from __future__ import annotations

import functools
from decimal import Context, Decimal, localcontext
from typing import Final

_DIGITS: Final = 100
"""Enough for the fourth powers of two fans, ints of up to 63 bits each, to be exact."""

_NOTHING_CUT: Final = 10.0
"""A cutoff from which on less than 1e-20 of the variance is cut off, and 1 is the nearest double."""


@functools.lru_cache(maxsize=1024)
def scale(gain: float, *powers: tuple[float, float]) -> float:
    """Return the double nearest to `gain` times the product of bases to the power of their exponents.

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
    with localcontext(Context(prec=_DIGITS)):
        square = Decimal(1)
        for base, exponent in powers:
            # Twice the exponent is an int for the usual ones, whose powers, and their roots, are then exact.
            square *= Decimal(base) ** (2 * Decimal(exponent))
        return float(Decimal(gain) * square.sqrt())


@functools.lru_cache(maxsize=256)
def stddev_left(cutoff: float, *, is_complex: bool) -> float:
    """Return the double nearest to what is left of a stddev of 1 where values end at `cutoff`.

    Parameters
    ----------
    cutoff
        Above 0, in units of the standard deviation before truncation; of a complex value its size ends there.
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
    """Return c^3/3 + c^5/(3 5) + c^7/(3 5 7) + ..., whose terms are all above 0, so that nothing cancels."""
    k = 3
    term = total = c**3 / 3
    while term > total.scaleb(-_DIGITS):
        k += 2
        term *= c * c / k
        total += term
    return total

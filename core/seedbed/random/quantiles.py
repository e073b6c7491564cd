"""The functions that turn probabilities into values, with the same bits on every machine.

Each looks up a polynomial for its argument's segment and evaluates it by Horner's rule in doubles, so that
every step is one operation that IEEE 754 fixes. ``docs/reference/stream.md`` specifies them, and states their
errors.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from seedbed.random.elementary import doubles, log
from seedbed.random.probability import Masses, disc_masses
from seedbed.random.tables import (
    CIRCLE_POINTS,
    FAR_EXPONENTS,
    FINE_EXPONENTS,
    SEGMENTS,
    SHIFT,
    Float64s,
    tables,
)

TURN: Final = 6.283185307179586  # the double nearest to 2 pi
_BIAS: Final = 1023
_SMALLEST_FINE: Final = 2.0 ** FINE_EXPONENTS[0]
# A radius below which -log of a number near 1 has too few digits for values to stay in the disc.
_SMALL: Final = 0.5
TINY_RADIUS: Final = 2.0**-27  # a radius below which the density in the disc is constant, to 2^-54


def tail_quantile(q: npt.ArrayLike) -> Float64s:
    """Return the z of at least 0 above which a standard normal value lies with probability `q`.

    Parameters
    ----------
    q
        Probabilities above 0 and at most 1/2, as doubles.

    Returns
    -------
    numpy.ndarray
        As many doubles, with a relative error below 1e-14.

    Examples
    --------
    >>> tail_quantile([0.5, 0.025])
    array([0.        , 1.95996398])
    """
    try:
        q = np.asarray(q, np.float64)
    except (TypeError, ValueError, OverflowError):
        q = doubles("q", q)  # says what is wrong with it
    z = np.asarray(_polynomial(q, tables().fine, FINE_EXPONENTS[0]))  # of no axes NumPy gives a scalar
    far = np.asarray(q < _SMALLEST_FINE)
    if far.any():
        z[far] = _polynomial(minus_log(q[far]), tables().far, FAR_EXPONENTS[0])
    return z


def minus_log(u: npt.ArrayLike) -> Float64s:
    """Return -log(u), the exponentially distributed value that is exceeded with probability `u`.

    Parameters
    ----------
    u
        Probabilities above 0 and at most 1, as doubles.

    Returns
    -------
    numpy.ndarray
        As many doubles of at least 0, as exact as `log` is.

    Examples
    --------
    >>> minus_log([1.0, 0.5])
    array([0.        , 0.69314718])
    """
    # 0 - log(1) is 0, where its negation is -0.
    value = np.asarray(0.0 - log(u))  # of no axes NumPy gives a scalar
    return np.maximum(value, 0.0, out=value)


def minus_log_less(x: Float64s) -> Float64s:
    """Return -log(1 - x) for x of at least 0 and at most 1/4, to 4e-16 of its size however small that is."""
    # 2 artanh(s), whose next term, s^18 / 19, is below 3e-18 of it for s up to 1/7.
    s = x / (2.0 - x)
    square = s * s
    value = np.full_like(s, 1 / 17)
    for k in (15, 13, 11, 9, 7, 5, 3, 1):
        value = value * square + 1 / k
    return 2.0 * s * value


def on_circle(turn: npt.ArrayLike) -> tuple[Float64s, Float64s]:
    """Return cosine and sine of `turn` whole turns, for turns of at least 0 and below 1."""
    try:
        turn = np.asarray(turn, np.float64)
    except (TypeError, ValueError, OverflowError):
        turn = doubles("turn", turn)  # says what is wrong with it
    arc = (turn * CIRCLE_POINTS).astype(np.intp)
    cosine, sine = (np.take(column, arc, mode="clip") for column in tables().circle)
    angle = (turn - (arc + 0.5) / CIRCLE_POINTS) * TURN
    square = angle * angle
    # Taylor polynomials on |angle| <= pi/256, whose next terms are below 1e-20.
    c = 1.0 + square * (-1 / 2 + square * (1 / 24 + square * (-1 / 720)))
    s = angle * (1.0 + square * (-1 / 6 + square * (1 / 120 + square * (-1 / 5040))))
    return cosine * c - sine * s, sine * c + cosine * s


def interval_quantile(t: Float64s, masses: Masses) -> Float64s:
    """Return standard normal values in an interval, from how much of its mass lies between them and an end.

    `t` has signed parts of the mass, of sizes above 0 and at most 1/2: below the value where they are
    negative, and above it where they are positive.
    """
    size = np.abs(t)
    if masses.below == masses.above:
        return np.copysign(tail_quantile(masses.below + masses.inside * size), t)
    # The probabilities of what lies further out than the value, at the end that `t` counts from and at the
    # other one. The smaller of the two is that of the tail, and is exact to its last digits.
    negative = t < 0
    near = np.where(negative, masses.below, masses.above) + masses.inside * size
    far = np.where(negative, masses.above, masses.below) + masses.inside * (1.0 - size)
    return np.copysign(tail_quantile(np.minimum(near, far)), np.where(near <= far, t, -t))


def distance_quantile(u: Float64s, radius: float) -> Float64s:
    """Return |z| of circular complex normal values, given that it is at most `radius`, where E|z|^2 = 1.

    `u` has the probabilities, from 0 to 1, with which a value lies further from 0 than the one returned. If
    `radius` is below `TINY_RADIUS`, values are in units of it.
    """
    if radius < TINY_RADIUS:
        return np.sqrt(1.0 - u)
    outside, inside = disc_masses(radius)
    if radius < _SMALL:
        return np.sqrt(minus_log_less(inside * (1.0 - u)))
    return np.sqrt(minus_log(outside + inside * u))


def _polynomial(x: Float64s, columns: Float64s, first_exponent: int) -> Float64s:
    """Evaluate the polynomial of each element's segment; `columns` has the centres, then the coefficients."""
    place = (x.view(np.uint64) >> SHIFT).view(np.int64) - (first_exponent + _BIAS) * SEGMENTS
    centres, *coefficients = columns
    t = x - np.take(centres, place, mode="clip")
    value = np.take(coefficients[-1], place, mode="clip")
    for column in reversed(coefficients[:-1]):
        value *= t
        value += np.take(column, place, mode="clip")
    return value

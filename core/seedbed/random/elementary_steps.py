"""The steps of `log`, `exp` and `power` on a chunk, with the names that ``docs/reference/stream.md`` gives.

They work in the rows of an array that they are given, so that a chunk stays in a core's cache, and write to
nothing else but `out`. Those called ``_of_any`` take any doubles; the others take what nearly all chunks
have, and give the same bits.
"""

from __future__ import annotations

from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

from seedbed.random.tables import LOG_START, PARTS_BITS, Float64s, tables

_Int64s: TypeAlias = npt.NDArray[np.int64]

ROWS: Final = 7  # rows that the steps work in
SMALLEST: Final = 2.0**-1022  # the smallest normal double
NEAR: Final = 700.0  # the exponential of what is no further from 0 than this is a normal number
# The multiple of 2^-42 nearest to log(2): exponents times it are exact, and so are sums with the table's.
LOG2_HIGH: Final = float.fromhex("0x1.62e42fefa38p-1")
LOG2_LOW: Final = float.fromhex("0x1.ef35793c7673p-45")  # the double nearest to what that lacks
STEPS: Final = float.fromhex("0x1.71547652b82fep+9")  # the double nearest to 512 / log(2)
# The multiple of 2^-42 nearest to log(2) / 512: its products with integers of up to 20 bits are exact.
STEP_HIGH: Final = float.fromhex("0x1.62e42ffp-10")
STEP_LOW: Final = float.fromhex("-0x1.718432a1b0e26p-44")  # the double nearest to what that lacks
_PART: Final = 2**PARTS_BITS - 1  # the bits of an index
# The bits of a double's first 26 digits: the product of two numbers of so many is exact.
_HEAD: Final = -1 << 27
# Adding this rounds to an integer, ties to even, and leaves it in the lowest bits.
_WHOLE: Final = 1.5 * 2.0**52
_WHOLE_BITS: Final = 0x4338 << 48  # the bits of that
_LEAST: Final = -750.0
_MOST: Final = 720.0  # the exponentials of these two are 0 and infinite, and k has few bits between them
# The exponential of what is not nearer to 0 than this is 0 or infinite, whatever the last digits are.
_FAR: Final = 800.0


def log(x: Float64s, room: Float64s, out: Float64s, lowered: Float64s | None = None) -> None:
    """Write the logarithms of normal numbers above 0, `lowered` by so many times log(2)."""
    r, b, a = _reduced(x, room, lowered)
    w, v = room[1], room[2]
    _add_exactly(a, r, b, out=w)
    _horner(r, (1 / 7, -1 / 6, 1 / 5, -1 / 4, 1 / 3, -1 / 2), out=v)
    r *= r
    v *= r
    b += v
    np.add(w, b, out=out)


def log_of_any(x: Float64s, room: Float64s, out: Float64s) -> None:
    """Write the logarithms of any numbers."""
    raised, lowered = _raised(x)
    log(raised, room, out, lowered)
    _write_edges(x, out)


def exp(x: Float64s, room: Float64s, out: Float64s) -> None:
    """Write the exponentials of numbers that are `NEAR` 0."""
    _write_normal(*_exp_parts(x, None, room), out)


def exp_of_any(x: Float64s, room: Float64s, out: Float64s) -> None:
    """Write the exponentials of any numbers."""
    _write_any(*_exp_parts(np.clip(x, _LEAST, _MOST), None, room), out)


def power(x: Float64s, y: Float64s, room: Float64s, out: Float64s) -> bool:
    """Write x^y for normal x above 0 if all are sure to be normal, and return whether they are."""
    p, q = _times_log(y, *_long_log(x, room, None), room)
    if not (p.min() >= -NEAR and p.max() <= NEAR):
        return False
    _write_normal(*_exp_parts(p, q, room), out)
    return True


def power_of_any(x: Float64s, y: Float64s, room: Float64s, out: Float64s) -> None:
    """Write x^y for any numbers."""
    raised, lowered = _raised(x)
    h, rest = _long_log(raised, room, lowered)
    _write_edges(x, h)
    product = y * h
    p, q = _times_log(y, h, rest, room)
    far = ~(np.abs(product) < _FAR)  # or no number
    np.copyto(p, np.clip(product, _LEAST, _MOST), where=far)
    np.copyto(q, 0.0, where=far)
    _write_any(*_exp_parts(p, q, room), out)
    np.copyto(out, 1.0, where=(x == 1.0) | (y == 0.0))


def _reduced(x: Float64s, room: Float64s, lowered: Float64s | None) -> tuple[Float64s, Float64s, Float64s]:
    """Return r, b and a, rows 0, 3 and 4, of which log(x) is log(1 + r) + b + a."""
    place, k, m = _place(x, room)
    if lowered is not None:
        k -= lowered
    r, head = room[0], room[4]
    inverse, high, low = tables().log
    # r = m * inverse - 1, of two terms that are exact, as is their sum.
    _write_head(m, out=head)
    m -= head
    np.take(inverse, place, out=r, mode="clip")
    head *= r
    head -= 1.0
    m *= r
    np.add(head, m, out=r)
    a = np.take(high, place, out=head, mode="clip")
    b = np.take(low, place, out=m, mode="clip")
    product = room[1]
    np.multiply(k, LOG2_HIGH, out=product)
    a += product
    k *= LOG2_LOW
    b += k
    return r, b, a


def _place(x: Float64s, room: Float64s) -> tuple[_Int64s, Float64s, Float64s]:
    """Return row j of the table, k and m, rows 1, 2 and 3, with x = m 2^k and m in the table's octave."""
    bits, whole = x.view(np.int64), room.view(np.int64)
    above, place, m = whole[0], whole[1], whole[3]
    np.subtract(bits, LOG_START, out=above)
    np.right_shift(above, 52 - PARTS_BITS, out=place)
    place &= _PART
    np.bitwise_and(above, -1 << 52, out=m)
    np.subtract(bits, m, out=m)
    above >>= 52
    np.copyto(room[2], above)
    return place, room[2], room[3]


def _long_log(x: Float64s, room: Float64s, lowered: Float64s | None) -> tuple[Float64s, Float64s]:
    """Return h and l, rows 5 and 3, whose sum is the logarithm to some 68 bits."""
    r, b, a = _reduced(x, room, lowered)
    w, s, h = room[1], room[2], room[5]
    _add_exactly(a, r, b, out=w)
    # -r^2/2 as g, the part that is exact, and c, the rest.
    _write_head(r, out=s)
    g = np.multiply(s, -0.5, out=a)
    g *= s
    _add_exactly(w, g, b, out=h)
    c = np.subtract(r, s, out=w)
    s += r
    c *= s
    c *= -0.5
    b += c
    v = w
    _horner(r, (-1 / 8, 1 / 7, -1 / 6, 1 / 5, -1 / 4, 1 / 3), out=v)
    np.multiply(r, r, out=s)
    s *= r
    v *= s
    b += v
    return h, b


def _times_log(y: Float64s, h: Float64s, rest: Float64s, room: Float64s) -> tuple[Float64s, Float64s]:
    """Return p and q, rows 4 and 1, whose sum is y (h + l), of h and l in rows 5 and 3."""
    y_head, y_rest, h_head, p = room[0], room[1], room[2], room[4]
    _write_head(y, out=y_head)
    np.subtract(y, y_head, out=y_rest)
    _write_head(h, out=h_head)
    np.multiply(y_head, h_head, out=p)
    h -= h_head
    h += rest
    h *= y
    y_rest *= h_head
    y_rest += h
    return p, y_rest


def _exp_parts(p: Float64s, q: Float64s | None, room: Float64s) -> tuple[Float64s, Float64s, _Int64s]:
    """Return high, t, and n with other bits above it, where exp(p + q) is (high + t) 2^n.

    `p` and `q` may be rows 4 and 1, which are left as they are.
    """
    whole = room.view(np.int64)
    k, r, t = room[0], room[3], room[5]
    place, n = whole[2], whole[6]
    np.multiply(p, STEPS, out=k)
    k += _WHOLE
    np.bitwise_and(whole[0], _PART, out=place)
    np.right_shift(whole[0], PARTS_BITS, out=n)
    k -= _WHOLE
    np.multiply(k, STEP_HIGH, out=r)
    np.subtract(p, r, out=r)
    k *= STEP_LOW
    r -= k
    if q is not None:
        r += q
    _horner(r, (1 / 120, 1 / 24, 1 / 6, 1 / 2), out=t)
    np.multiply(r, r, out=k)
    t *= k
    t += r
    high = np.take(tables().exp[0], place, out=k, mode="clip")
    low = np.take(tables().exp[1], place, out=r, mode="clip")
    t *= high
    t += low
    return high, t, n


def _write_normal(high: Float64s, t: Float64s, n: _Int64s, out: Float64s) -> None:
    """Write (high + t) 2^n, which is normal."""
    np.add(high, t, out=out)
    n <<= 52
    bits = out.view(np.int64)
    bits += n


def _write_any(high: Float64s, t: Float64s, n: _Int64s, out: Float64s) -> None:
    """Write (high + t) 2^n, with one rounding where it is subnormal, and infinity where it is too large."""
    n -= _WHOLE_BITS >> PARTS_BITS
    half = n >> 1
    np.add(high, t, out=out)
    # In units of 2^-1022 subnormal numbers are below 1, and a sum with 1 is rounded where they are.
    unit = _power_of_2(n + 1022)
    subnormal = (n < 0) & (out * unit < 1.0)  # the exact product, which rounding could make normal
    out *= _power_of_2(half)
    out *= _power_of_2(n - half)
    u = high * unit
    s = 1.0 + u
    np.copyto(out, ((s + (((1.0 - s) + u) + t * unit)) - 1.0) * SMALLEST, where=subnormal)
    np.copyto(out, np.nan, where=np.isnan(out))  # the same bits on every machine


def _power_of_2(n: _Int64s) -> Float64s:
    return ((n + 1023) << 52).view(np.float64)


def _raised(x: Float64s) -> tuple[Float64s, Float64s]:
    """Return normal numbers for subnormal ones, and by how many powers of 2 they are larger."""
    tiny = x < SMALLEST
    return np.where(tiny, x * 2.0**54, x), np.where(tiny, 54.0, 0.0)


def _write_edges(x: Float64s, out: Float64s) -> None:
    """Write the logarithms of what is no finite number above 0."""
    np.copyto(out, -np.inf, where=x == 0.0)
    np.copyto(out, np.inf, where=x == np.inf)
    np.copyto(out, np.nan, where=~(x >= 0.0))


def _write_head(x: Float64s, out: Float64s) -> None:
    np.bitwise_and(x.view(np.int64), _HEAD, out=out.view(np.int64))


def _add_exactly(large: Float64s, small: Float64s, rest: Float64s, out: Float64s) -> None:
    """Write the sum, and add to `rest` what its rounding lost; `large` is lost too."""
    np.add(large, small, out=out)
    large -= out
    large += small
    rest += large


def _horner(x: Float64s, coefficients: tuple[float, ...], out: Float64s) -> None:
    """Write the polynomial with these coefficients, the highest first."""
    highest, *others, last = coefficients
    np.multiply(x, highest, out=out)
    for coefficient in others:
        out += coefficient
        out *= x
    out += last

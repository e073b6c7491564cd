"""Laws: from random words to values, an element at a time.

A law is given words in blocks, one for each real value (two in a row make a complex one), as uint32 for
dtypes of at most single precision and as uint64 for the others. It returns doubles. Everything it does to an
element depends on that element's words alone, so that blocks, shards and threads cannot change a value.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np

from seedbed.random.probability import masses
from seedbed.random.quantiles import CoarseQuantile, coarse_quantile, minus_log, on_circle, tail_quantile
from seedbed.random.tables import Float64s
from seedbed.random.words import Words
from seedbed.random.workspace import Workspace

_TWO_32: Final = 2.0**32


@dataclass(frozen=True, slots=True)
class Support:
    """Where values lie: rounded ones are clipped to [low, high], or to [low, high) if it is open above."""

    low: float
    high: float
    open_above: bool = False


class Law(Protocol):
    """What an engine draws from."""

    @property
    def support(self) -> Support | None:
        """Where the values of a real law lie; ``None`` where rounding cannot do harm."""
        ...

    @property
    def largest(self) -> float:
        """A size that no value exceeds, and that the dtype must be able to hold; 0 if nothing is known."""
        ...

    def values(self, words: Words, workspace: Workspace) -> Float64s:
        """Return one value for each word; the array may be the workspace's own."""
        ...


@dataclass(frozen=True, slots=True)
class Uniform:
    """Uniform on [low, high): ``(low + step / 2) + step * word`` with ``step = (high - low) / 2^W``."""

    low: float
    high: float

    @property
    def support(self) -> Support | None:
        """The interval; ``None`` for one of no length, whose one value needs no clipping."""
        return Support(self.low, self.high, open_above=True) if self.low < self.high else None

    @property
    def largest(self) -> float:
        """The end that is further from 0."""
        return max(abs(self.low), abs(self.high))

    def values(self, words: Words, workspace: Workspace) -> Float64s:
        """Return uniform values, which rounding may bring to `high`."""
        step = (self.high - self.low) * 2.0 ** -_bits(words)
        x = _as_doubles(words, workspace)
        x *= step
        x += self.low + 0.5 * step
        return x


@dataclass(frozen=True, slots=True)
class Normal:
    """Normal values; complex ones are circular, and `mean` counts for their real part alone."""

    mean: float
    stddev: float
    is_complex: bool = False

    @property
    def support(self) -> None:
        """Normal values have no bounds."""
        return

    @property
    def largest(self) -> float:
        """What the smallest probability drawn, 2^-65, stands for: 9.1 standard deviations."""
        return abs(self.mean) + _FURTHEST * self.stddev

    def values(self, words: Words, workspace: Workspace) -> Float64s:
        """Return normal values."""
        z = _symmetric(words, workspace, 0.0, 1.0)
        z *= self.stddev * math.sqrt(0.5) if self.is_complex else self.stddev
        if self.mean:
            (z[0::2] if self.is_complex else z).__iadd__(self.mean)
        return z


@dataclass(frozen=True, slots=True)
class TruncatedNormal:
    """Normal values given that they lie between `lower` and `upper`, in units of `stddev` from `mean`.

    `within` has the bounds as values, which no value leaves when rounded.
    """

    mean: float
    stddev: float
    lower: float
    upper: float
    within: tuple[float, float]

    @property
    def support(self) -> Support:
        """The bounds."""
        return Support(*self.within)

    @property
    def largest(self) -> float:
        """The bound that is further out, or where a tail's last value lies."""
        furthest = min(max(abs(self.lower), abs(self.upper)), _FURTHEST_TAIL)
        return abs(self.mean) + furthest * self.stddev

    def values(self, words: Words, workspace: Workspace) -> Float64s:
        """Return truncated normal values, which rounding may bring beyond the bounds."""
        below, inside, above = masses(self.lower, self.upper)
        if below == above:
            z = _symmetric(words, workspace, below, inside)
            z *= self.stddev
        else:
            # The smaller tail's probability is the one that is exact to its last digits.
            mirrored = below > above
            z = _between(words, workspace, *((above, inside, below) if mirrored else (below, inside, above)))
            z *= -self.stddev if mirrored else self.stddev
        if self.mean:
            z += self.mean
        return z


@dataclass(frozen=True, slots=True)
class TruncatedDisc:
    """Complex normal values given that ``|z - mean| <= radius * stddev``."""

    mean: float
    stddev: float
    radius: float

    @property
    def support(self) -> None:
        """A disc is no interval; `values` keeps away from its edge by more than rounding can bring back."""
        return

    @property
    def largest(self) -> float:
        """The disc's furthest point, or where the tail's last value lies."""
        return abs(self.mean) + min(self.radius, _FURTHEST) * self.stddev

    def values(self, words: Words, workspace: Workspace) -> Float64s:
        """Return real and imaginary parts in turn; of two words one gives the radius, the next the angle."""
        outside, inside = _disc_masses(self.radius)
        u = _as_doubles(words, workspace)
        u += 0.5
        u *= 2.0 ** -_bits(words)
        radius = np.sqrt(minus_log(outside + inside * u[0::2]))
        # The parts are rounded by at most 2^-24 or 2^-53 of the radius, on which cosine and sine err by less.
        radius *= self.stddev * (1.0 - (2.0**-22 if _bits(words) == 32 else 2.0**-50))
        cosine, sine = on_circle(np.minimum(u[1::2], _BELOW_ONE))
        z = workspace.doubles(1, u.size)
        np.multiply(radius, cosine, out=z[0::2])
        np.multiply(radius, sine, out=z[1::2])
        if self.mean:
            z[0::2] += self.mean
        return z


@dataclass(frozen=True, slots=True)
class FromUniform:
    """A law of one's own, as a function of values that are uniform on (0, 1).

    Parameters
    ----------
    function
        From an array of doubles to one of the same size, an element at a time. For the same bits on every
        machine it uses arithmetic, square roots, and the functions of `seedbed.random`, but not `numpy.log`,
        `numpy.exp` and the like, whose last bits differ between machines.
    """

    function: Callable[[Float64s], Float64s]

    @property
    def support(self) -> None:
        """Nothing is known of the function."""
        return

    @property
    def largest(self) -> float:
        """Nothing is known of the function."""
        return 0.0

    def values(self, words: Words, workspace: Workspace) -> Float64s:
        """Return the function's values at ``(word + 1/2) / 2^W``, above 0 and at most 1."""
        u = _as_doubles(words, workspace)
        u += 0.5
        u *= 2.0 ** -_bits(words)
        return self.function(u)


@dataclass(frozen=True, slots=True)
class FromNormal(FromUniform):
    """A law of one's own, as a function of standard normal values; see `FromUniform`."""

    def values(self, words: Words, workspace: Workspace) -> Float64s:
        """Return the function's values at standard normal ones."""
        return self.function(_symmetric(words, workspace, 0.0, 1.0))


@dataclass(frozen=True, slots=True)
class FromTail(FromUniform):
    """A symmetric law of one's own, as a function of signed probabilities of the tail; see `FromUniform`.

    Their sizes are uniform on (0, 1/2], and either sign is as likely as the other. Small ones have all their
    digits, so that both tails of a law reach far out.
    """

    def values(self, words: Words, workspace: Workspace) -> Float64s:
        """Return the function's values at ``(signed word + 1/2) / 2^W``."""
        x = workspace.doubles(0, words.size)
        np.copyto(x, words.view(f"i{words.itemsize}"), casting="unsafe")
        x += 0.5
        x *= 2.0 ** -_bits(words)
        return self.function(x)


_BELOW_ONE: Final = 1.0 - 2.0**-53

_FURTHEST: Final = 9.2
"""No value lies further out: the smallest probability of a tail that is drawn is 2^-65."""

_FURTHEST_TAIL: Final = 40.0
"""The same for a tail that begins at 36, where the smallest probability drawn is near 2^-1006."""


def _bits(words: Words) -> int:
    return words.itemsize * 8


def _as_doubles(words: Words, workspace: Workspace) -> Float64s:
    x = workspace.doubles(0, words.size)
    np.copyto(x, words, casting="unsafe")
    return x


def _symmetric(words: Words, workspace: Workspace, outside: float, inside: float) -> Float64s:
    """Return standard normal values given that ``|z|`` is not in its tails, each of the mass `outside`.

    A word as a signed number w stands for the tail's probability t = |w + 1/2| / 2^W, and for the sign.
    """
    bits, size = _bits(words), words.size
    x = workspace.doubles(0, size)
    np.copyto(x, words.view(f"i{words.itemsize}"), casting="unsafe")
    x += 0.5
    coarse = bits == 32 and (not outside or outside >= CoarseQuantile.SMALLEST)
    if not coarse:
        x *= 2.0**-bits
    if outside:
        x *= inside
        scratch = workspace.doubles(1, size)
        np.copysign(outside * _TWO_32 if coarse else outside, x, out=scratch)
        x += scratch
    return _signed_quantile(x, workspace, coarse=coarse)


def _between(words: Words, workspace: Workspace, below: float, inside: float, above: float) -> Float64s:
    """Return standard normal values given that they lie in an interval, with masses below, in and above it.

    With u = (w + 1/2) / 2^W, the probabilities of lower values are ``below + inside * u``, those of higher
    ones ``above + inside * (1 - u)``; the smaller of the two is that of the tail.
    """
    bits, size = _bits(words), words.size
    u = _as_doubles(words, workspace)
    u += 0.5
    u *= 2.0**-bits
    lower, higher = workspace.doubles(1, size), workspace.doubles(2, size)
    np.multiply(u, inside, out=lower)
    lower += below
    np.subtract(1.0, u, out=higher)
    higher *= inside
    higher += above
    np.minimum(lower, higher, out=u)
    lower -= higher
    np.copysign(u, lower, out=u)  # a value is negative where fewer are lower than higher
    smallest = min(below, above) + inside * 2.0 ** -(bits + 1)
    coarse = bits == 32 and smallest >= CoarseQuantile.SMALLEST
    if coarse:
        u *= _TWO_32
    return _signed_quantile(u, workspace, coarse=coarse)


def _signed_quantile(x: Float64s, workspace: Workspace, *, coarse: bool) -> Float64s:
    """Return the values of signed tails' probabilities, which are in units of 2^-32 if `coarse`."""
    if not coarse:
        return np.copysign(tail_quantile(np.abs(x)), x)
    z = workspace.doubles(1, x.size)
    coarse_quantile()(x, z, workspace.index(x.size))
    return z


def _disc_masses(radius: float) -> tuple[float, float]:
    """Return P(|z| > radius) and P(|z| <= radius) of a circular z with E|z|^2 = 1, correctly rounded."""
    from decimal import Context, Decimal, localcontext  # noqa: PLC0415 - for truncated complex values only

    with localcontext(Context(prec=60)):
        outside = Decimal(0) if math.isinf(radius) else (-(Decimal(radius) ** 2)).exp()
        return float(outside), float(1 - outside)

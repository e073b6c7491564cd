"""Laws: from random words to values, an element at a time.

A law is given words in blocks, one for each real value (two in a row make a complex one), as uint32 for
dtypes of at most single precision and as uint64 for the others. It works in doubles, and rounds as the last
step. Everything it does to an element depends on that element's words alone, so that blocks, shards and
threads cannot change a value.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

from seedbed.random.probability import EVERYTHING, Masses, masses
from seedbed.random.quantiles import (
    coarse_quantile,
    interval_quantile,
    minus_log,
    minus_log_less,
    on_circle,
)
from seedbed.random.tables import Float64s
from seedbed.random.words import Words
from seedbed.random.workspace import Workspace

Reals: TypeAlias = npt.NDArray[np.float32] | npt.NDArray[np.float64]

Writer: TypeAlias = Callable[[Words, Workspace, Reals], None]
"""Writes one value for each word into an array of single or double precision, as the words are."""

_Numbers: TypeAlias = Callable[[Words, Workspace], Float64s]
"""Returns one number for each word, in the memory of the workspace where possible."""


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

    def writer(self, bits: int) -> Writer:
        """Return what writes the values of words of so many bits, for all blocks of a draw.

        It holds what the blocks have in common, such as a table. Threads share it, so it changes nothing.
        """
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

    def writer(self, bits: int) -> Writer:
        """Return what writes uniform values, which rounding may bring to `high`."""
        step = (self.high - self.low) * 2.0**-bits
        first = self.low + 0.5 * step

        def write(words: Words, workspace: Workspace, out: Reals) -> None:
            x = workspace.doubles(0, words.size)
            np.multiply(words, step, out=x, dtype=np.float64)
            np.add(x, first, out=out, dtype=np.float64, casting="same_kind")

        return write


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

    def writer(self, bits: int) -> Writer:
        """Return what writes normal values."""
        standard = _standard_normal(bits, EVERYTHING)

        def write(words: Words, workspace: Workspace, out: Reals) -> None:
            z = standard(words, workspace)
            if not self.is_complex:
                _write_scaled(z, self.stddev, self.mean, out)
                return
            z *= self.stddev * math.sqrt(0.5)
            if self.mean:
                z[0::2] += self.mean
            np.copyto(out, z, casting="same_kind")

        return write


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

    def writer(self, bits: int) -> Writer:
        """Return what writes truncated normal values, which rounding may bring beyond the bounds."""
        standard = _standard_normal(bits, masses(self.lower, self.upper))

        def write(words: Words, workspace: Workspace, out: Reals) -> None:
            _write_scaled(standard(words, workspace), self.stddev, self.mean, out)

        return write


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

    def writer(self, bits: int) -> Writer:
        """Return what writes both parts in turn; of two words one gives the radius, the next the angle."""
        distances = _distances(self.radius)
        # The parts are rounded by at most 2^-24 or 2^-53 of the radius, on which cosine and sine err by less.
        scale = self.stddev * (1.0 - (2.0**-22 if bits == 32 else 2.0**-50))

        def write(words: Words, workspace: Workspace, out: Reals) -> None:
            u = _unit(words, workspace)
            radius = distances(u[0::2])
            radius *= scale
            cosine, sine = on_circle(np.minimum(u[1::2], _BELOW_ONE))
            z = workspace.doubles(1, u.size)
            np.multiply(radius, cosine, out=z[0::2])
            np.multiply(radius, sine, out=z[1::2])
            if self.mean:
                z[0::2] += self.mean
            np.copyto(out, z, casting="same_kind")

        return write


@dataclass(frozen=True, slots=True)
class FromUniform:
    """A law of one's own, as a function of values that are uniform on (0, 1).

    Parameters
    ----------
    function
        From an array of doubles to one of the same size, an element at a time. For the same bits on every
        machine it uses arithmetic, square roots, and the functions of `seedbed.random`, but not `numpy.log`,
        `numpy.exp` and the like, whose last bits differ between machines. NumPy neither warns nor raises
        while it runs, whatever `numpy.errstate` says.
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

    def writer(self, bits: int) -> Writer:  # noqa: ARG002 - the words say so too
        """Return what writes the function's values at ``(word + 1/2) / 2^W``, above 0 and at most 1."""
        return self._writer(_unit)

    def _writer(self, arguments: _Numbers) -> Writer:
        def write(words: Words, workspace: Workspace, out: Reals) -> None:
            np.copyto(out, self.function(arguments(words, workspace)), casting="same_kind")

        return write


@dataclass(frozen=True, slots=True)
class FromNormal(FromUniform):
    """A law of one's own, as a function of standard normal values; see `FromUniform`."""

    def writer(self, bits: int) -> Writer:
        """Return what writes the function's values at standard normal ones."""
        return self._writer(_standard_normal(bits, EVERYTHING))


@dataclass(frozen=True, slots=True)
class FromTail(FromUniform):
    """A symmetric law of one's own, as a function of signed probabilities of the tail; see `FromUniform`.

    Their sizes are uniform on (0, 1/2], and either sign is as likely as the other. Small ones have all their
    digits, so that both tails of a law reach far out.
    """

    def writer(self, bits: int) -> Writer:  # noqa: ARG002 - the words say so too
        """Return what writes the function's values at ``(signed word + 1/2) / 2^W``."""
        return self._writer(_signed)


_BELOW_ONE: Final = 1.0 - 2.0**-53

_FURTHEST: Final = 9.2
"""No value lies further out: the smallest probability of a tail that is drawn is 2^-65."""

_FURTHEST_TAIL: Final = 40.0
"""The same for a tail that begins at 36, where the smallest probability drawn is near 2^-1006."""


def _bits(words: Words) -> int:
    return words.itemsize * 8


def _unit(words: Words, workspace: Workspace) -> Float64s:
    """Return ``(word + 1/2) / 2^W``."""
    u = workspace.doubles(0, words.size)
    np.add(words, 0.5, out=u, dtype=np.float64)
    u *= 2.0 ** -_bits(words)
    return u


def _half_integers(words: Words, workspace: Workspace) -> Float64s:
    """Return the words as signed numbers, with 1/2 added: never 0, and of either sign alike."""
    x = workspace.doubles(0, words.size)
    np.add(words.view(f"i{words.itemsize}"), 0.5, out=x, dtype=np.float64)
    return x


def _signed(words: Words, workspace: Workspace) -> Float64s:
    """Return ``(signed word + 1/2) / 2^W``."""
    t = _half_integers(words, workspace)
    t *= 2.0 ** -_bits(words)
    return t


def _standard_normal(bits: int, masses: Masses) -> _Numbers:
    """Return what makes standard normal values in the interval of the masses."""
    if bits == 64:
        return lambda words, workspace: interval_quantile(_signed(words, workspace), masses)
    quantile = coarse_quantile(masses)

    def numbers(words: Words, workspace: Workspace) -> Float64s:
        x, z = _half_integers(words, workspace), workspace.doubles(1, words.size)
        quantile(x, z, workspace.index(words.size))
        return z

    return numbers


def _write_scaled(z: Float64s, scale: float, shift: float, out: Reals) -> None:
    """Write ``z * scale + shift``, two rounded steps in doubles and one to the precision of `out`."""
    if shift:
        z *= scale
        np.add(z, shift, out=out, dtype=np.float64, casting="same_kind")
    else:
        np.multiply(z, scale, out=out, dtype=np.float64, casting="same_kind")


_SMALL: Final = 0.5
"""A radius below which -log of a number near 1 has too few digits for values to stay in the disc."""

_TINY: Final = 2.0**-27
"""A radius below which the density in the disc is constant, to 2^-54."""


def _distances(radius: float) -> Callable[[Float64s], Float64s]:
    """Return what makes |z|, which a circular z with E|z|^2 = 1 in the disc exceeds with probability `u`."""
    if radius < _TINY:
        return lambda u: radius * np.sqrt(1.0 - u)
    outside, inside = _disc_masses(radius)
    if radius < _SMALL:
        return lambda u: np.sqrt(minus_log_less(inside * (1.0 - u)))
    return lambda u: np.sqrt(minus_log(outside + inside * u))


def _disc_masses(radius: float) -> tuple[float, float]:
    """Return P(|z| > radius) and P(|z| <= radius) of a circular z with E|z|^2 = 1, correctly rounded."""
    from decimal import Context, Decimal, localcontext  # noqa: PLC0415 - for truncated complex values only

    with localcontext(Context(prec=60)):
        outside = Decimal(0) if math.isinf(radius) else (-(Decimal(radius) ** 2)).exp()
        return float(outside), float(1 - outside)

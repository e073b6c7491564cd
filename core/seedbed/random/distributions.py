"""Distributions: from random words to values, an element at a time.

A distribution gets words in blocks, one for each real value and two in a row for a complex one: as uint32 for
dtypes of at most single precision, and as uint64 for the others. It works in doubles, and rounds in the last
step. What it does to an element depends on that element's words alone, so that blocks, shards and threads
cannot change a value. With words of 32 bits no sum has an unrounded product in it, so that a machine that
fuses the two cannot change a value either.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol, TypeAlias

import numpy as np

from seedbed.errors import ArgumentError, shown
from seedbed.random.lines import arcs_of, circle_lines, distance_lines
from seedbed.random.numbers import (
    Reals,
    as_signed,
    clear_last_bits,
    standard_normal,
    unit,
    write_scaled,
)
from seedbed.random.probability import EVERYTHING, masses
from seedbed.random.quantiles import TINY_RADIUS, distance_quantile, on_circle
from seedbed.random.words import Words, write_sum
from seedbed.random.workspace import Workspace

Writer: TypeAlias = Callable[[Words, Workspace, Reals], None]
"""Writes one value for each word into an array of single or double precision, as the words are."""

_BELOW_ONE: Final = 1.0 - 2.0**-53
_TINY_SPAN: Final = 900  # spans below 2^-900 are scaled in two steps
# In standard deviations: no normal value lies further out, as the smallest probability of a tail that is
# drawn is 2^-65.
_FURTHEST: Final = 9.2
# In standard deviations: no interval begins further out, where probabilities of single values are no longer
# normal doubles.
LATEST_BEGINNING: Final = 36
# In standard deviations: no value of such an interval lies further out, as the smallest probability drawn is
# near 2^-1006.
_FURTHEST_TAIL: Final = 40.0
# The least width of an interval, in standard deviations, or as a part of its distance from the mean where
# that is above 1. Values are off by 2^-53 of the same, which is a 2^-29th of this width.
_LEAST_WIDTH: Final = 2.0**-24


def _make_doubles(distribution: object, *names: str) -> None:
    """Make doubles of a distribution's parameters, which NumPy's own numbers would work out in fewer bits."""
    for name in names:
        value = getattr(distribution, name)
        if type(value) is float:
            continue
        try:
            is_number = isinstance(value, int | float | np.integer | np.floating)
            double = float(value) if is_number else None
        except OverflowError:
            double = None
        if double is None:
            raise ArgumentError(
                f"a distribution's parameters must be numbers that a double can be, got {shown(distribution)}"
            )
        object.__setattr__(distribution, name, double)


def _check_scale(mean: float, stddev: float) -> None:
    if not (math.isfinite(mean) and 0 <= stddev < math.inf):
        raise ArgumentError(
            f"mean must be finite and stddev finite and at least 0, got mean={shown(mean)}, "
            f"stddev={shown(stddev)}"
        )


def _check_interval(lower: float, upper: float) -> None:
    if not (lower < upper and lower <= LATEST_BEGINNING and upper >= -LATEST_BEGINNING):
        raise ArgumentError(
            f"an interval needs lower < upper, and to begin at most {LATEST_BEGINNING} standard deviations "
            f"from the mean, got lower={shown(lower)}, upper={shown(upper)}"
        )
    least = _LEAST_WIDTH * max(1.0, min(abs(lower), abs(upper)))
    if upper - lower < least:
        raise ArgumentError(
            f"the bounds of real values must be at least {least!r} standard deviations apart, got "
            f"{upper - lower!r}; between bounds so close normal values are uniform, so use random_uniform"
        )


@dataclass(frozen=True, slots=True)
class Support:
    """Where values lie: rounded ones are clipped to [low, high], or to [low, high) if it is open above."""

    low: float
    high: float
    open_above: bool = False

    def __post_init__(self) -> None:
        _make_doubles(self, "low", "high")


class Distribution(Protocol):
    """What an engine draws from."""

    __slots__ = ()

    @property
    def support(self) -> Support | None:
        """Where the values of a real distribution lie; ``None`` where rounding can do no harm."""
        return None

    @property
    def largest(self) -> float:
        """A size that no value exceeds, and that the dtype must be able to hold; 0 if nothing is known."""
        return 0.0

    @property
    def is_of_pairs(self) -> bool:
        """Whether two real values make one, so that only complex dtypes can hold it."""
        return False

    def writer(self, bits: int) -> Writer:
        """Return what writes the values of words of so many bits, for all blocks of a draw.

        It holds what the blocks have in common, such as a table. Threads share it, so it changes nothing.
        """
        ...


@dataclass(frozen=True, slots=True)
class Uniform(Distribution):
    """Uniform on [low, high): the signed word, shifted and then scaled."""

    low: float
    high: float

    def __post_init__(self) -> None:
        _make_doubles(self, "low", "high")
        if not (self.low <= self.high and math.isfinite(self.high - self.low)):
            raise ArgumentError(
                "a uniform distribution needs low <= high, finite and with a finite difference, got "
                f"low={shown(self.low)}, high={shown(self.high)}"
            )

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
        if self.low == self.high:
            return self._write_low
        span = self.high - self.low
        # Of a tiny span the step would be subnormal, or 0: then it is scaled once more, at the end.
        more = 2.0**-_TINY_SPAN if span < 2.0**-_TINY_SPAN else 1.0
        step = span / more * 2.0**-bits
        shift = (self.low / span + 0.5) * 2.0**bits + 0.5

        def write(words: Words, workspace: Workspace, out: Reals) -> None:
            x = workspace.doubles(0, words.size)
            write_sum(as_signed(words), shift, x)
            x *= step
            if more != 1.0:
                x *= more
            np.copyto(out, x, casting="same_kind")

        return write

    def _write_low(self, words: Words, workspace: Workspace, out: Reals) -> None:  # noqa: ARG002 - a writer
        out[...] = self.low


@dataclass(frozen=True, slots=True)
class Normal(Distribution):
    """Normal values; complex ones are circular, and `mean` counts for their real part alone."""

    mean: float
    stddev: float
    is_complex: bool = False

    def __post_init__(self) -> None:
        _make_doubles(self, "mean", "stddev")
        _check_scale(self.mean, self.stddev)

    @property
    def is_of_pairs(self) -> bool:
        """Whether it is circular."""
        return self.is_complex

    @property
    def largest(self) -> float:
        """What the smallest probability drawn, 2^-65, stands for: 9.1 standard deviations."""
        return abs(self.mean) + _FURTHEST * self.stddev

    def writer(self, bits: int) -> Writer:
        """Return what writes normal values."""
        standard = standard_normal(bits, EVERYTHING)

        def write(words: Words, workspace: Workspace, out: Reals) -> None:
            z = standard(words, workspace)
            if not self.is_complex:
                write_scaled(z, self.stddev, self.mean, out)
                return
            z *= self.stddev * math.sqrt(0.5)
            if self.mean:
                if bits == 32:
                    clear_last_bits(z)
                z[0::2] += self.mean
            np.copyto(out, z, casting="same_kind")

        return write


@dataclass(frozen=True, slots=True)
class TruncatedNormal(Distribution):
    """Normal values given that they lie between `lower` and `upper`, in units of `stddev` from `mean`.

    `within` has the bounds as values, which no value leaves when rounded.
    """

    mean: float
    stddev: float
    lower: float
    upper: float
    within: tuple[float, float]

    def __post_init__(self) -> None:
        _make_doubles(self, "mean", "stddev", "lower", "upper")
        _check_scale(self.mean, self.stddev)
        _check_interval(self.lower, self.upper)

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
        standard = standard_normal(bits, masses(self.lower, self.upper))

        def write(words: Words, workspace: Workspace, out: Reals) -> None:
            write_scaled(standard(words, workspace), self.stddev, self.mean, out)

        return write


@dataclass(frozen=True, slots=True)
class TruncatedDisc(Distribution):
    """Complex normal values given that ``|z - mean| <= radius * stddev``.

    They keep away from the edge of the disc by more than rounding can bring them back.
    """

    mean: float
    stddev: float
    radius: float

    def __post_init__(self) -> None:
        _make_doubles(self, "mean", "stddev", "radius")
        _check_scale(self.mean, self.stddev)
        if not self.radius > 0:
            raise ArgumentError(f"a disc needs a radius above 0, got {shown(self.radius)}")

    @property
    def is_of_pairs(self) -> bool:
        """True: of two values one gives the radius, the other the angle."""
        return True

    @property
    def largest(self) -> float:
        """The disc's furthest point, or where the tail's last value lies."""
        return abs(self.mean) + min(self.radius, _FURTHEST) * self.stddev

    def writer(self, bits: int) -> Writer:
        """Return what writes both parts in turn; of two words one gives the radius, the next the angle."""
        unit_of_radius = self.radius * self.stddev if self.radius < TINY_RADIUS else self.stddev
        # Less by more than what lines and roundings add.
        return self._coarse(unit_of_radius * (1.0 - 2.0**-22)) if bits == 32 else self._fine(unit_of_radius)

    def _coarse(self, scale: float) -> Writer:
        distance, circle = distance_lines(self.radius), circle_lines()

        def write(words: Words, workspace: Workspace, out: Reals) -> None:
            size = words.size // 2
            x, radius = workspace.doubles(0, words.size).reshape(2, size)
            room, part = workspace.doubles(1, words.size).reshape(2, size)
            index = workspace.index(size)
            write_sum(as_signed(words)[0::2], 0.5, x)
            distance(x, radius, index)
            radius *= scale
            arc = arcs_of(words[1::2], index, x)
            for k, lines in enumerate(circle):
                lines(arc, x, part, room)
                part *= radius
                if self.mean:
                    clear_last_bits(part)
                if self.mean and not k:
                    part += self.mean
                np.copyto(out[k::2], part, casting="same_kind")

        return write

    def _fine(self, unit_of_radius: float) -> Writer:
        scale = unit_of_radius * (1.0 - 2.0**-50)

        def write(words: Words, workspace: Workspace, out: Reals) -> None:
            u = unit(words, workspace)
            radius = distance_quantile(u[0::2], self.radius)
            radius *= scale
            cosine, sine = on_circle(np.minimum(u[1::2], _BELOW_ONE))
            np.multiply(radius, cosine, out=out[0::2])
            np.multiply(radius, sine, out=out[1::2])
            if self.mean:
                out[0::2] += self.mean

        return write

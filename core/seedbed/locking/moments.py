"""A few numbers that tell one array from another, and are the same for two that differ by rounding."""

from __future__ import annotations

import math
import re
from dataclasses import astuple, dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

_DIGITS: Final = {"float16": 2, "float32": 4, "float64": 9}
"""How many digits of the largest value are compared. Two LAPACKs differ in about the seventh digit of
single and the fifteenth of double precision, and a badly conditioned matrix costs some of these."""

_NUMBER: Final = r"(-?\d+(?:\.\d+)?(?:e[+-]\d+)?)"
_NAMES: Final = ("mean", "stddev", "lowest", "highest", "slope", "within")
_TEXT: Final = re.compile(", ".join(f"{name} {_NUMBER}" for name in _NAMES))


@dataclass(frozen=True, slots=True)
class Moments:
    """What is kept of an array. By `within` another array's may differ.

    So that order counts there is `slope`, the mean of value times place, which runs from -1 to 1 in C order.
    """

    mean: float
    stddev: float
    lowest: float
    highest: float
    slope: float
    within: float

    @classmethod
    def of(cls, values: npt.NDArray[Any]) -> Moments:
        """Return those of an array whose values are finite, at least one of them.

        Those of complex numbers are those of their parts.
        """
        values = values.ravel()
        if values.dtype.kind == "c":
            values = values.view(values.real.dtype)
        flat = values.astype(np.float64)
        largest = float(np.abs(flat).max())
        if not largest:
            return cls(0.0, 0.0, 0.0, 0.0, 0.0, within=0.0)
        exponent = math.ceil(math.log10(largest)) - _DIGITS.get(values.dtype.name, 4)
        # Sums and squares of values near the largest float64 overflow. A power of two changes no digit.
        bound, scale = math.frexp(largest)
        flat = np.ldexp(flat, -scale)
        over_places = np.mean(flat * np.linspace(-1, 1, flat.size))
        found = np.clip((flat.mean(), flat.std(), flat.min(), flat.max(), over_places), -bound, bound)
        mean, stddev, lowest, highest, slope = (
            _rounded(math.ldexp(number, scale), 1 - exponent) for number in found
        )
        return cls(mean, stddev, lowest, highest, slope, within=float(f"1e{exponent}"))

    @classmethod
    def read(cls, text: str) -> Moments | None:
        """Return what `str` has written; ``None`` if `text` is something else."""
        match = _TEXT.fullmatch(text)
        return None if match is None else cls(*map(float, match.groups()))

    def agrees(self, other: Moments) -> bool:
        """Say whether the arrays are the same, as far as these can tell."""
        allowed = max(self.within, other.within)
        pairs = zip(astuple(self)[:-1], astuple(other)[:-1], strict=True)
        return all(abs(one - another) <= allowed for one, another in pairs)

    def __str__(self) -> str:
        return ", ".join(f"{name} {getattr(self, name)!r}" for name in _NAMES)


def _rounded(number: float, digits: int) -> float:
    """Cut what is far below the tolerance, so that two files seldom differ by rounding."""
    try:
        return round(number, digits) + 0.0
    except OverflowError:  # rounded up, it is larger than any float64
        return number


def tells(text: str) -> bool:
    """Say whether a text in a lock tells one array from another: a digest or moments, and not why none."""
    return text.startswith("sha256:") or Moments.read(text) is not None

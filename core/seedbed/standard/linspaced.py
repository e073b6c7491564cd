"""Equally spaced values along an axis."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from typing import Any, ClassVar, Final, final

import numpy as np
import numpy.typing as npt

from seedbed.arguments import finite
from seedbed.axis import as_axis, axis_of
from seedbed.divisible import Divisible
from seedbed.dtypes import BOOL, COMPLEX, FLOATING, INTEGER, rounded, rounded_finite
from seedbed.errors import DTypeError
from seedbed.initializer import Reproducibility
from seedbed.shapes import Shape
from seedbed.shard import Part, Write

# Numbers that are computed together, as Python ints, which take ten times the memory of floats.
_AT_A_TIME: Final = 1 << 14


@final
class Linspaced(Divisible):
    """Equally spaced values from `start` to `stop` along an axis, the same along all others.

    The shape has at least 1 axis. If the axis has a length of 1, the value is `start`.

    Parameters
    ----------
    start, stop
        The first and the last value, finite; `stop` may be below `start`.
    axis
        The axis along which values change; negative ones count from the end.

    Raises
    ------
    ArgumentError
        If `start` or `stop` is not a finite number, or `axis` is not an int.
    ShapeError
        If the requested shape lacks the axis.
    DTypeError
        If the dtype cannot hold the values.

    Notes
    -----
    At index i of an axis of length n, ``w = start + (stop - start) * i / (n - 1)``. Seedbed computes it in
    exact arithmetic and rounds it once, to the dtype. So values are the same on every machine, the last one
    is `stop`, and they never change direction.

    Every dtype that holds the values is allowed. An integer dtype or bool must hold each of them exactly, and
    no dtype may overflow.

    Peers
    -----
    PyTorch, JAX
        ``linspace`` computes in the dtype itself, and its last bits differ between devices.
    xLSTM
        The forget gate's bias goes from 3 to 6 over the heads.

    Examples
    --------
    >>> Linspaced(3, 6)((2, 4))
    array([[3., 4., 5., 6.],
           [3., 4., 5., 6.]], dtype=float32)
    >>> Linspaced(1, 0, axis=0)(5, "float64")
    array([1.  , 0.75, 0.5 , 0.25, 0.  ])

    References
    ----------
    Beck et al. (2024), xLSTM: Extended long short-term memory, arXiv:2405.04517.
    """

    reproducibility: ClassVar[Reproducibility] = "exact"

    example_arguments: ClassVar = ({"start": 3.0, "stop": 6.0}, {"start": 1, "stop": -0.3, "axis": 0})

    def __init__(self, start: float, stop: float, *, axis: int = -1) -> None:
        self.start = finite("start", start)
        self.stop = finite("stop", stop)
        self.axis = as_axis(axis)

    def _seedbed_writer(self, shape: Shape, dtype: np.dtype[Any]) -> Write:
        axis = axis_of(shape, self.axis)
        self._check_dtype(shape[axis], dtype)

        def write(out: npt.NDArray[Any], part: Part) -> None:
            if out.size:  # otherwise an axis of any length would be visited for nothing
                behind = (1,) * (out.ndim - axis - 1)
                out[...] = self._numbers(part[axis], shape[axis], dtype).reshape(-1, *behind)

        return write

    @property
    def dtypes(self) -> tuple[str, ...]:  # type: ignore[override] # of a class it depends on no arguments
        """The floating and complex dtypes, and the others that hold `start`, which is in every array."""
        start = Fraction(self.start)
        return FLOATING + COMPLEX + tuple(name for name in INTEGER + BOOL if _is_whole(start, np.dtype(name)))

    def _seedbed_undeclared(self, dtype: np.dtype[Any]) -> DTypeError:
        """Return the error that says why `dtype` is not supported."""
        return _inexact(dtype, "start", self.start)

    def expected_mean(self, shape: Shape) -> float:
        """Return the mean of the values."""
        first, last = self._ends(shape[axis_of(shape, self.axis)])
        return first / 2 + last / 2

    def expected_stddev(self, shape: Shape) -> float:
        """Return the standard deviation of the values, one for each index of the axis."""
        length = shape[axis_of(shape, self.axis)]
        first, last = self._ends(length)
        # That of 0, 1, ..., n - 1 is sqrt((n^2 - 1) / 12).
        return abs(last / 2 - first / 2) * math.sqrt((length + 1) / (3 * max(1, length - 1)))

    def expected_bounds(self, shape: Shape) -> tuple[float, float]:
        """Return the smallest value and the largest."""
        first, last = self._ends(shape[axis_of(shape, self.axis)])
        return min(first, last), max(first, last)

    def _ends(self, length: int) -> tuple[float, float]:
        return self.start, self.stop if length > 1 else self.start

    def _numbers(self, positions: Sequence[int], length: int, dtype: np.dtype[Any]) -> npt.NDArray[Any]:
        """Return the values at some positions, rounded once from the exact numbers."""
        first, last = map(Fraction, self._ends(length))
        steps = max(1, length - 1)
        divisor = math.lcm(first.denominator, last.denominator)
        start, rise = int(first * divisor) * steps, int((last - first) * divisor)
        numbers = np.empty(len(positions), dtype)
        for begin in range(0, len(positions), _AT_A_TIME):
            piece = slice(begin, begin + _AT_A_TIME)
            numerators = [start + rise * position for position in positions[piece]]
            numbers[piece] = _quotients(numerators, divisor * steps, dtype)
        return numbers

    def _check_dtype(self, length: int, dtype: np.dtype[Any]) -> None:
        """Raise for a dtype that lacks one of the values; all lie between the two that it checks."""
        for name, end in zip(("start", "stop"), self._ends(length), strict=True):
            if dtype.kind not in "biu":
                rounded_finite(name, end, dtype)
            elif not _is_whole(Fraction(end), dtype):
                raise _inexact(dtype, name, end)
        first, last = map(Fraction, self._ends(length))
        if dtype.kind in "biu" and (last - first) % max(1, length - 1):
            raise DTypeError(
                f"dtype {dtype.name!r} cannot hold {length} values from {self.start!r} to {self.stop!r} "
                "exactly; choose a floating dtype, or a length that makes the steps whole numbers"
            )


def _inexact(dtype: np.dtype[Any], name: str, end: float) -> DTypeError:
    return DTypeError(
        f"dtype {dtype.name!r} cannot hold {name} {end!r} exactly; choose a floating dtype, or a whole "
        "number that fits"
    )


def _is_whole(value: Fraction, dtype: np.dtype[Any]) -> bool:
    low, high = (0, 1) if dtype.kind == "b" else (np.iinfo(dtype).min, np.iinfo(dtype).max)
    return value.denominator == 1 and low <= value <= high


@np.errstate(all="ignore")  # tiny numbers may become zero, whatever the program says of others
def _quotients(numerators: list[int], divisor: int, dtype: np.dtype[Any]) -> npt.NDArray[Any]:
    """Return exact quotients rounded once to `dtype`."""
    if dtype.kind in "biu":
        return np.array([numerator // divisor for numerator in numerators], dtype)
    nearest = np.array([numerator / divisor for numerator in numerators])  # Python rounds it correctly
    if dtype.name not in ("float64", "complex128"):
        nearest = _to_odd(nearest, numerators, divisor)
    return rounded(nearest, dtype)


def _to_odd(nearest: npt.NDArray[np.float64], numerators: list[int], divisor: int) -> npt.NDArray[np.float64]:
    """Return doubles that round to a narrower dtype like the exact quotients.

    If `nearest` is not exact, the neighbour with an odd last bit prevents the second rounding from taking the
    first one's result for a tie (Boldo and Melquiond, 2008).
    """
    ratios = map(float.as_integer_ratio, nearest.tolist())
    pairs = zip(numerators, ratios, strict=True)
    off = [numerator * bottom - top * divisor for numerator, (top, bottom) in pairs]
    towards = np.array([math.inf if difference > 0 else -math.inf for difference in off])
    is_even_and_off = (nearest.view(np.uint64) % 2 == 0) & np.array([difference != 0 for difference in off])
    return np.where(is_even_and_off, np.nextafter(nearest, towards), nearest)

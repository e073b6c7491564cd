"""`log`, `exp` and `power` with the same bits on every machine.

The last digits of the C library's functions, and of NumPy's, differ between machines and versions. These take
only steps that IEEE 754 fixes: sums and products of doubles, operations on their bits, and look-ups.
``docs/reference/stream.md`` specifies them and states their errors.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from numbers import Complex, Number, Real
from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt

from seedbed.errors import ArgumentError, ShapeError, shown
from seedbed.integers import has_masked
from seedbed.random import elementary_steps as steps
from seedbed.random.tables import Float64s

Kernel: TypeAlias = Callable[[str, list[Float64s], Float64s], None]
"""Writes the values of a function, by its name, for aligned arguments that lie in a row in memory."""

_kernel: Kernel | None = None
# Doubles worked on at a time: with the rows of the steps 640 KiB, which a core's second cache holds.
_CHUNK: Final = 8192
_KERNELS_CHUNK: Final = 1 << 18  # those that a kernel gets, which hears of no interrupt meanwhile


def log(x: npt.ArrayLike) -> Float64s:
    """Return the natural logarithm of `x`, with the same bits on every machine.

    Parameters
    ----------
    x
        Real numbers of any shape and size, taken as doubles; subnormal ones too.

    Returns
    -------
    numpy.ndarray
        Doubles of the shape of `x`, with errors below 0.502 units in the last place, near 1 too. The
        logarithm of 0 is ``-inf``, that of ``inf`` is ``inf``, and that of negative numbers is NaN, without a
        warning.

    Raises
    ------
    ArgumentError
        If `x` is anything but real numbers that a double can be.

    See Also
    --------
    minus_log : -log of a probability.

    Examples
    --------
    >>> log([1.0, 10.0, 0.0])
    array([0.        , 2.30258509,       -inf])
    """
    # x is m 2^k, with m in one of 512 parts of [0.707, 1.414). A table has for each part a c near 1/m, so
    # short that r = m c - 1 is exact, and -log(c) in two doubles; log(1 + r) is a Taylor polynomial. Near 1,
    # c is 1, so that no digit is lost there.
    return _values("log", _log, doubles("x", x))


def exp(x: npt.ArrayLike) -> Float64s:
    """Return e to the power of `x`, with the same bits on every machine.

    Parameters
    ----------
    x
        Real numbers of any shape and size, taken as doubles.

    Returns
    -------
    numpy.ndarray
        Doubles of the shape of `x`, with errors below 0.502 units in the last place, subnormal ones too. What
        is too large is ``inf``, and what is too small 0, without a warning.

    Raises
    ------
    ArgumentError
        If `x` is anything but real numbers that a double can be.

    Examples
    --------
    >>> exp([0.0, 1.0, -1000.0])
    array([1.        , 2.71828183, 0.        ])
    """
    # x is k log(2)/512 + r with an integer k. A table has 2^(j/512) in two doubles for j from 0 to 511;
    # exp(r) - 1 is a Taylor polynomial.
    return _values("exp", _exp, doubles("x", x))


def power(x: npt.ArrayLike, y: npt.ArrayLike) -> Float64s:
    """Return `x` to the power of `y`, with the same bits on every machine.

    Parameters
    ----------
    x, y
        Bases of at least 0 and exponents, of shapes that broadcast, taken as doubles.

    Returns
    -------
    numpy.ndarray
        Doubles of the shape to which both broadcast, with errors below 0.505 units in the last place,
        whatever their size. Infinities, zeros and NaN are as in IEEE 754, without a warning: ``power(x, 0)``
        and ``power(1, y)`` are 1, even where the other is NaN. But the power of a negative base is NaN for
        every exponent but 0, integers too, and a base of -0 is taken as 0.

    Raises
    ------
    ArgumentError
        If `x` or `y` is anything but real numbers that a double can be.
    ShapeError
        If their shapes do not broadcast.

    Examples
    --------
    >>> power([4.0, 10000.0], -0.5)
    array([0.5 , 0.01])
    """
    # exp(y log(x)), with a logarithm and a product of two doubles each, so that y log(x) has its digits after
    # the point even where it is in the hundreds.
    bases, exponents = doubles("x", x), doubles("y", y)
    try:
        arguments = np.broadcast_arrays(bases, exponents)
    except ValueError as error:
        raise ShapeError(
            f"x and y must have shapes that broadcast, got {bases.shape} and {exponents.shape}"
        ) from error
    return _values("power", _power, *arguments)


def _log(x: Float64s, room: Float64s, out: Float64s) -> None:
    (steps.log if _are_normal(x) else steps.log_of_any)(x, room, out)


def _exp(x: Float64s, room: Float64s, out: Float64s) -> None:
    are_near = x.min() >= -steps.NEAR and x.max() <= steps.NEAR
    (steps.exp if are_near else steps.exp_of_any)(x, room, out)


def _power(x: Float64s, y: Float64s, room: Float64s, out: Float64s) -> None:
    if not (_are_normal(x) and steps.power(x, y, room, out)):
        steps.power_of_any(x, y, room, out)


def _are_normal(x: Float64s) -> bool:
    """Return whether all are normal numbers above 0; with a NaN, neither comparison is true."""
    return bool(x.min() >= steps.SMALLEST and x.max() < math.inf)


def compute_with(kernel: Kernel | None) -> None:
    """Compute with an engine's kernel from now on, which gives the same bits; ``None`` for NumPy's steps."""
    global _kernel  # noqa: PLW0603 - it goes with the engine, which is a setting of the process
    _kernel = kernel


def _values(name: str, function: Callable[..., None], *arguments: Float64s) -> Float64s:
    """Return the function's values for arguments of one shape."""
    out = np.empty(arguments[0].shape)
    values = out.reshape(-1)
    flat = [np.require(array, requirements=("C", "A")).reshape(-1) for array in arguments]
    kernel = _kernel  # which another thread may change meanwhile
    if kernel is not None:
        for part in _parts(out.size, _KERNELS_CHUNK):
            kernel(name, [array[part] for array in flat], values[part])
        return out
    room = np.empty((steps.ROWS, min(out.size, _CHUNK)))
    with np.errstate(all="ignore"):  # of rows that others replace
        for part in _parts(out.size, _CHUNK):
            function(*(array[part] for array in flat), room[:, : part.stop - part.start], values[part])
    return out


def _parts(size: int, most: int) -> Iterator[slice]:
    return (slice(start, min(start + most, size)) for start in range(0, size, most))


def doubles(name: str, x: npt.ArrayLike) -> Float64s:
    """Return real numbers as doubles, or raise an `ArgumentError` that calls them `name`."""
    try:
        given = np.asarray(x)
        if given.dtype.kind == "c":
            raise ArgumentError(f"{name} must be real, got an array of dtype {given.dtype}")
        if _are_real(given) and not has_masked(x):
            with np.errstate(all="ignore"):
                return given.astype(np.float64, copy=False)
        why = ""
    except (TypeError, ValueError, OverflowError) as error:  # of ragged lists, and ints beyond all doubles
        if isinstance(error, ArgumentError):
            raise
        why = f": {error}"
    raise ArgumentError(
        f"{name} must be a real number that a double can be, or a nested list of equally long ones or an "
        f"array of those without masked elements, got {shown(x)} of type {type(x).__name__}{why}"
    )


def _are_real(given: npt.NDArray[Any]) -> bool:
    if given.dtype.kind == "O":  # such as ints that no dtype has
        return all(
            isinstance(item, Number) and (isinstance(item, Real) or not isinstance(item, Complex))
            for item in given.flat
        )
    return given.dtype.kind in "biuf" or given.dtype.isbuiltin == _REGISTERED


_REGISTERED: Final = 2  # numPy's word for dtypes that others have made, such as bfloat16

"""Arithmetic that is the same on every machine: decimal, to 50 digits."""

from __future__ import annotations

import decimal
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from types import MappingProxyType
from typing import Final

from seedbed.errors import RulesError

_MOST_EXPONENT: Final = 10_000

_WHOLE: Final = 1 << 53
"""Whole numbers up to this are doubles, all of them."""

_SLIP: Final = Decimal("1e-40")
"""By how much of itself rounding may have moved a number that is whole."""

# Its own methods, and no operators: those round as the thread's context says.
_CONTEXT: Final = decimal.Context(
    prec=50,
    rounding=decimal.ROUND_HALF_EVEN,
    Emin=-9_999,
    Emax=9_999,
    capitals=1,
    clamp=0,
    flags=[],
    traps=[decimal.InvalidOperation, decimal.DivisionByZero, decimal.Overflow, decimal.Underflow],
)


def as_decimal(number: float | str) -> Decimal:
    """Return the decimal number that somebody wrote: 0.02 for the float that is written so."""
    with _Explained():
        return _CONTEXT.create_decimal(number if isinstance(number, str | int) else repr(number))


def apply(name: str, values: Sequence[Decimal]) -> Decimal:
    """Return what an operator or a function of `OPERATIONS` makes of numbers.

    Raises
    ------
    RulesError
        If it has no value, or one that is too large or too small.
    """
    with _Explained():
        return OPERATIONS[name](*values)


def rounded(value: Decimal) -> int | float:
    """Return the nearest double; an int, if the number is whole.

    Raises
    ------
    RulesError
        If it is beyond the doubles.
    """
    if value.copy_abs() <= _WHOLE and value == value.to_integral_value(context=_CONTEXT):
        return int(value)
    found = float(value)
    if found in (0.0, float("inf"), float("-inf")):
        raise RulesError(f"its value is {value:.3e}, which a float64 cannot be")
    return found


class _Explained:
    """Makes an error of ours of the signals of `decimal`."""

    _TOLD: Final = (
        (decimal.DivisionByZero, "divides by zero"),
        (decimal.Overflow, "has a number that is too large"),
        (decimal.Underflow, "has a number that is too small"),
        (decimal.InvalidOperation, "has no real value"),
    )

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        for signal, told in self._TOLD:
            if isinstance(error, signal):
                raise RulesError(f"it {told}") from error


def _power(base: Decimal, exponent: Decimal) -> Decimal:
    # Context.power is only "almost always" rounded correctly, so that two versions of it may differ.
    doubled = _CONTEXT.multiply(exponent, Decimal(2))
    if doubled == doubled.to_integral_value(context=_CONTEXT):
        return _half_power(base, exponent, doubled)
    if not base:
        return base if exponent > 0 else _divide(Decimal(1), base)  # ln would be an infinity, and no error
    return _CONTEXT.exp(_CONTEXT.multiply(exponent, _CONTEXT.ln(base)))


def _half_power(base: Decimal, exponent: Decimal, doubled: Decimal) -> Decimal:
    if exponent.copy_abs() > _MOST_EXPONENT:
        raise RulesError(f"it has the exponent {exponent:.6g}; at most {_MOST_EXPONENT:,} is allowed")
    times = int(doubled)
    if times % 2:
        base = _CONTEXT.sqrt(base)
    else:
        times //= 2
    found = Decimal(1)
    for bit in f"{abs(times):b}":
        found = _CONTEXT.multiply(found, found)
        if bit == "1":
            found = _CONTEXT.multiply(found, base)
    return found if times >= 0 else _CONTEXT.divide(Decimal(1), found)


def _divide(numerator: Decimal, denominator: Decimal) -> Decimal:
    if not denominator:
        raise RulesError("it divides by zero")  # 0/0 too, which decimal tells of otherwise
    return _CONTEXT.divide(numerator, denominator)


def _log(value: Decimal) -> Decimal:
    if value <= 0:
        raise RulesError(f"it takes the logarithm of {value:.6g}")
    return _CONTEXT.ln(value)


def _log2(value: Decimal) -> Decimal:
    """Return a logarithm that is whole for a power of two, so that ``floor(log2(8))`` is 3."""
    found = _CONTEXT.divide(_log(value), _CONTEXT.ln(Decimal(2)))
    whole = found.to_integral_value(context=_CONTEXT)
    is_power = whole.copy_abs() <= _MOST_EXPONENT and _power(Decimal(2), whole) == value
    return whole if is_power else found


def _floor(value: Decimal) -> Decimal:
    """Return a whole number; 1 for ``1 / 3 * 3``, which the last of 50 digits keeps from being 1."""
    nearest = value.to_integral_value(context=_CONTEXT)
    if _CONTEXT.subtract(value, nearest).copy_abs() <= _CONTEXT.multiply(nearest.copy_abs(), _SLIP):
        return nearest
    return value.to_integral_value(rounding=decimal.ROUND_FLOOR, context=_CONTEXT)


def _smallest(*values: Decimal) -> Decimal:
    return min(values)


def _largest(*values: Decimal) -> Decimal:
    return max(values)


OPERATIONS: Final[Mapping[str, Callable[..., Decimal]]] = MappingProxyType(
    {
        "+": _CONTEXT.add,
        "-": _CONTEXT.subtract,
        "*": _CONTEXT.multiply,
        "/": _divide,
        "**": _power,
        "negative": _CONTEXT.minus,
        "sqrt": _CONTEXT.sqrt,
        "log": _log,
        "log2": _log2,
        "exp": _CONTEXT.exp,
        "floor": _floor,
        "min": _smallest,
        "max": _largest,
    }
)

"""What a call gives, and how it differs from what was expected."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from seedbed.errors import DTypeError, ShapeError
from seedbed.initializer import Initializer


def outcome_of(initializer: Initializer, shape: Any, dtype: Any) -> npt.NDArray[Any] | Exception:
    """Return what a call gives: an array, or the exception that it raised."""
    try:
        return initializer(shape, dtype)
    except Exception as error:  # noqa: BLE001 - the caller says which are allowed
        return error


def takes(method: Callable[..., object], *arguments: object) -> bool:
    """Say whether a method can be called with so many arguments."""
    try:
        inspect.signature(method).bind(*arguments)
    except TypeError:
        return False
    except ValueError:  # it is compiled, and does not say
        return True
    return True


def is_refusal(outcome: object) -> bool:
    """Say whether an initializer has refused a shape or a dtype as the contract says."""
    return isinstance(outcome, ShapeError | DTypeError)


def same_bits(one: npt.NDArray[Any], other: npt.NDArray[Any]) -> bool:
    """Say whether two arrays have the same shape, dtype and bits, NaN and the sign of zero included."""
    return one.shape == other.shape and one.dtype == other.dtype and one.tobytes() == other.tobytes()


def difference(got: npt.NDArray[Any], expected: npt.NDArray[Any]) -> str:
    """Return in words how `got` differs from what was expected."""
    if got.shape != expected.shape or got.dtype != expected.dtype:
        return (
            f"an array of shape {got.shape} and dtype {got.dtype.name} instead of {expected.shape} and "
            f"{expected.dtype.name}"
        )
    # By bytes, which tell what == does not: NaN, and the sign of zero.
    one, other = (
        np.frombuffer(values.tobytes(), np.uint8).reshape(values.size, -1) for values in (got, expected)
    )
    places = np.flatnonzero((one != other).any(axis=1))
    if not places.size:
        return "the same values"
    first = np.unravel_index(places[0], got.shape)
    where = f"[{', '.join(map(str, first))}]"
    return (
        f"{places.size} of {got.size} elements differ, the first at {where}: {got[first]} instead of "
        f"{expected[first]}"
    )

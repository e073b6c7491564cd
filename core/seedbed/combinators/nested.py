"""Numbers in nested lists or arrays that are arguments of combinators, and broadcast to the shape."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from seedbed.arguments import finite
from seedbed.combinators.parts import Part, slices
from seedbed.errors import ArgumentError, ShapeError, shown
from seedbed.shapes import Shape
from seedbed.standard import Constant

_MOST_SHOWN: Final = 1000
"""Elements that a `repr` writes out: as many as NumPy's own does."""

_MOST_LEVELS: Final = 64
"""Of lists that are looked into once more; a `Constant` has fewer."""

_FACTORS: Final = "a finite number, or a nested list or an array of those"


@dataclass(frozen=True, slots=True, repr=False)
class Nested:
    """Numbers that broadcast to a shape.

    Attributes
    ----------
    numbers
        They, as a `Constant`, which nobody can change, and which compares and hashes them as one array.
    argument
        What they are given as, in errors.
    kind
        What they are, in a `repr` that does not write them out.
    """

    numbers: Constant
    argument: str
    kind: str

    def __repr__(self) -> str:
        size, shape = np.size(self.numbers.value), np.shape(self.numbers.value)
        return repr(self.config()) if size <= _MOST_SHOWN else f"<{self.kind} of shape {shape}>"

    def config(self) -> Any:
        """Return nested lists, which are the caller's own."""
        return self.numbers.get_config()["value"]

    def check(self, shape: Shape) -> None:
        """Refuse a shape to which the numbers do not broadcast.

        Raises
        ------
        ShapeError
            If it is one.
        """
        own = np.shape(self.numbers.value)
        behind = shape[len(shape) - len(own) :]
        if len(own) > len(shape) or any(a not in (1, b) for a, b in zip(own, behind, strict=True)):
            ends = f"{own}, where its lengths of 1 may be any other" if 1 in own else str(own)
            raise ShapeError(
                f"got shape {shape}, to which a {self.argument} of shape {own} does not broadcast; "
                f"ask for one that ends in {ends}, or give another {self.argument}"
            )

    def of_part(self, shape: Shape, part: Part) -> npt.NDArray[Any]:
        """Return a view of what a part of an array of `shape` has of them."""
        self.check(shape)
        numbers = np.asarray(self.numbers.value)
        numbers = numbers.reshape((*[1] * (len(shape) - numbers.ndim), *numbers.shape))
        # Of the numbers, since NumPy need not be able to have a view of the whole.
        at = zip(slices(part), numbers.shape, shape, strict=True)
        taken = numbers[tuple(slice(None) if own != size else of for of, own, size in at)]
        return np.broadcast_to(taken, tuple(map(len, part)))


def as_factor(factor: Any) -> float | Nested:
    """Return the number, or the numbers, that an argument means.

    Raises
    ------
    ArgumentError
        If it means none, or they are not finite.
    """
    if isinstance(factor, Nested):
        return factor
    is_array = isinstance(factor, np.ndarray) and factor.ndim > 0
    try:
        if not is_array and not isinstance(factor, list | tuple | Mapping):
            return finite("factor", factor)
        constant = _as_constant(factor)
    except (ArgumentError, ShapeError, OverflowError) as error:
        raise ArgumentError(
            f"factor must be {_FACTORS}, got {shown(factor)} of type {type(factor).__name__}: {error}"
        ) from error
    numbers = np.asarray(constant.value)
    if numbers.dtype.kind not in "iuf" or not np.isfinite(numbers).all() or _has_bool(factor, set()):
        raise ArgumentError(f"factor must be {_FACTORS}, got {shown(factor)}, which has others")
    return Nested(constant, "factor", "numbers")


def _as_constant(factor: Any) -> Constant:
    """Return nested lists as a constant, of doubles where no dtype of 64 bits has all of their ints."""
    try:
        return Constant(factor)
    except ArgumentError:
        return Constant(_doubles(factor, {}))


def _doubles(value: Any, known: dict[int, Any], level: int = 0) -> Any:
    """Return nested lists with doubles for their ints; `known` has those of each list by id."""
    if isinstance(value, list | tuple) and level < _MOST_LEVELS:
        if id(value) not in known:
            known[id(value)] = [_doubles(item, known, level + 1) for item in value]
        return known[id(value)]
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _has_bool(value: Any, seen: set[int]) -> bool:
    """Return whether nested lists hold a bool, which NumPy takes for 0 or 1 beside numbers."""
    if isinstance(value, list | tuple):
        if id(value) in seen:
            return False
        seen.add(id(value))
        return any(_has_bool(item, seen) for item in value)
    return isinstance(value, bool) or (isinstance(value, np.ndarray | np.generic) and value.dtype.kind == "b")

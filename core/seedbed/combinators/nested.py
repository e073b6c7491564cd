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

    def broadcast(self, shape: Shape) -> npt.NDArray[Any]:
        """Return a view of the numbers that has a shape.

        Raises
        ------
        ShapeError
            If they do not broadcast to it.
        """
        numbers = np.asarray(self.numbers.value)
        try:
            return np.broadcast_to(numbers, shape)
        except ValueError as error:
            raise ShapeError(
                f"got shape {shape}, to which a {self.argument} of shape {numbers.shape} does not broadcast; "
                f"ask for one that ends in {numbers.shape}, or give another {self.argument}"
            ) from error

    def of_part(self, shape: Shape, part: Part) -> npt.NDArray[Any]:
        """Return a view of what a part of an array of `shape` has of them."""
        return self.broadcast(shape)[slices(part)]


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
        constant = Constant(factor)
    except (ArgumentError, ShapeError) as error:
        raise ArgumentError(
            f"factor must be {_FACTORS}, got {shown(factor)} of type {type(factor).__name__}: {error}"
        ) from error
    numbers = np.asarray(constant.value)
    if numbers.dtype.kind not in "iuf" or not np.isfinite(numbers).all():
        raise ArgumentError(f"factor must be {_FACTORS}, got {shown(factor)}, which has others")
    return Nested(constant, "factor", "numbers")

"""Which elements of an array are kept: patterns that have a name, and explicit masks."""

from __future__ import annotations

import abc
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from seedbed.arguments import choice
from seedbed.errors import ArgumentError, ShapeError, shown
from seedbed.integers import as_integer
from seedbed.shapes import Shape
from seedbed.shard import Part, positions
from seedbed.standard.numbers import Numbers

Bools = npt.NDArray[np.bool_]

_LARGEST: Final = 2**62  # beyond any axis, and small enough for differences of positions to be 64-bit ints
_ALLOWED: Final = (
    "a pattern's name such as 'lower_triangle', a dict such as {'pattern': 'block_diagonal', 'blocks': 4}, "
    "or a nested list of bools"
)


class Mask(abc.ABC):
    """Which elements are kept."""

    __slots__ = ()

    def __repr__(self) -> str:
        return repr(self.config())

    @abc.abstractmethod
    def config(self) -> Any:
        """Return JSON data from which `as_mask` makes an equal mask."""

    @abc.abstractmethod
    def check(self, shape: Shape) -> None:
        """Raise for a shape that the mask does not fit."""

    @abc.abstractmethod
    def kept(self, shape: Shape, part: Part) -> Bools:
        """Return bools that broadcast to the part of an array of `shape`, True where an element is kept."""


@dataclass(frozen=True, slots=True, repr=False)
class Triangle(Mask):
    """The last two axes on one side of a diagonal, and the diagonal."""

    pattern: str
    diagonal: int

    def config(self) -> Any:
        """Return the name, with the diagonal if it is not the main one."""
        return {"pattern": self.pattern, "diagonal": self.diagonal} if self.diagonal else self.pattern

    def check(self, shape: Shape) -> None:
        """Raise for fewer than two axes."""
        _check_matrix(shape, self.pattern)

    def kept(self, shape: Shape, part: Part) -> Bools:  # noqa: ARG002 - the same for all shapes
        """Compare each column with the place of the diagonal in each row."""
        rows, columns = positions(part[-2])[:, None], positions(part[-1])
        last = rows + self.diagonal
        kept: Bools = columns <= last if self.pattern == "lower_triangle" else columns >= last
        return kept


@dataclass(frozen=True, slots=True, repr=False)
class BlockDiagonal(Mask):
    """Equal blocks along the diagonal of the last two axes, which need not be square."""

    blocks: int

    def config(self) -> Any:
        """Return the pattern and the number of blocks."""
        return {"pattern": "block_diagonal", "blocks": self.blocks}

    def check(self, shape: Shape) -> None:
        """Raise for axes that the blocks cannot divide equally."""
        _check_matrix(shape, "block_diagonal")
        if shape[-2] % self.blocks or shape[-1] % self.blocks:
            raise ShapeError(
                f"got shape {shape}, whose last two axes {self.blocks} blocks cannot share equally; "
                "ask for multiples of that, or give another number of blocks"
            )

    def kept(self, shape: Shape, part: Part) -> Bools:
        """Compare the number of the block of each row and column."""
        rows, columns = positions(part[-2])[:, None], positions(part[-1])
        high, wide = (max(1, length // self.blocks) for length in shape[-2:])
        kept: Bools = rows // high == columns // wide
        return kept


@dataclass(frozen=True, slots=True, repr=False)
class Explicit(Mask):
    """Bools that broadcast to the shape."""

    bools: Numbers

    def __repr__(self) -> str:
        return repr(self.bools)

    def config(self) -> Any:
        """Return nested lists."""
        return self.bools.config()

    def check(self, shape: Shape) -> None:
        """Raise for a shape to which the bools do not broadcast."""
        self.bools.check(shape)

    def kept(self, shape: Shape, part: Part) -> Bools:
        """Return a view of the bools."""
        return self.bools.of_part(shape, part)


def as_mask(mask: Any) -> Mask:
    """Return the mask that an argument means.

    Raises
    ------
    ArgumentError
        If it does not mean a mask.
    """
    if isinstance(mask, Mask):
        return mask
    if isinstance(mask, str):
        mask = {"pattern": mask}
    if not isinstance(mask, Mapping) or "pattern" not in mask:
        return _explicit(mask)
    pattern = choice("the pattern of mask", mask["pattern"], tuple(_ARGUMENTS))
    (argument, least, default) = _ARGUMENTS[pattern]
    unknown = [key for key in mask if key not in ("pattern", argument)]
    if unknown:
        raise ArgumentError(
            f"got mask {shown(mask)} with the key {shown(unknown[0])}; {pattern!r} takes {argument!r}"
        )
    number = as_integer(mask.get(argument, default))
    if number is None or not least <= number < _LARGEST:
        low = f"of at least {least}" if least > 0 else "between -2**62 and 2**62"
        raise ArgumentError(f"got mask {shown(mask)}; {argument!r} of {pattern!r} must be an int {low}")
    return BlockDiagonal(number) if pattern == "block_diagonal" else Triangle(pattern, number)


# What each pattern takes: an int, its smallest value, and its default.
_ARGUMENTS: Final[Mapping[str, tuple[str, int, int | None]]] = {
    "lower_triangle": ("diagonal", 1 - _LARGEST, 0),
    "upper_triangle": ("diagonal", 1 - _LARGEST, 0),
    "block_diagonal": ("blocks", 1, None),
}


def _explicit(mask: Any) -> Explicit:
    try:
        numbers = Numbers(mask, "mask")
    except (ArgumentError, ShapeError) as error:
        raise ArgumentError(f"mask must be {_ALLOWED}, got {shown(mask)}: {error}") from error
    bools = numbers.array.astype(bool)
    if numbers.is_mixed:
        raise ArgumentError(f"mask must be {_ALLOWED}, got {shown(mask)}, which mixes bools and numbers")
    if not np.array_equal(bools, numbers.array):
        raise ArgumentError(
            f"mask must be {_ALLOWED}, got {shown(mask)}, which has other numbers than 0 and 1"
        )
    return Explicit(Numbers(bools, "mask"))


def _check_matrix(shape: Shape, pattern: str) -> None:
    if len(shape) < 2:
        raise ShapeError(f"got shape {shape}; the mask {pattern!r} is one of the last two axes: ask for two")

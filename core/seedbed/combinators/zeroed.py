"""Initializers that set some of another's values to zero: masked, and padded."""

from __future__ import annotations

from typing import Any, ClassVar, final

import numpy as np
import numpy.typing as npt

from seedbed.axis import LONGEST, along, as_axis, axis_of
from seedbed.combinators.combinator import InitializerLike, OfOne
from seedbed.combinators.masks import as_mask
from seedbed.divisible import writer
from seedbed.errors import ArgumentError, ShapeError, shown
from seedbed.integers import as_integer
from seedbed.random import SeedLike
from seedbed.shapes import Shape
from seedbed.shard import Part, Write, pieces


@final
class Masked(OfOne):
    """Another initializer's values where a mask keeps them, and zero elsewhere.

    Parameters
    ----------
    initializer
        An initializer, or the name or the config of one.
    mask
        What to keep of the last two axes: ``"lower_triangle"`` or ``"upper_triangle"``, with the diagonal, or
        ``{"pattern": "lower_triangle", "diagonal": k}`` with the k-th one above it, as in `numpy.tril`;
        ``{"pattern": "block_diagonal", "blocks": n}``, n equal blocks. Or a nested list or an array of bools,
        or of 0 and 1, that broadcasts to the shape.
    seed
        ``None``, an int, a string, or a list of those. It is passed on to `initializer`, which must then have
        no seed of its own.

    Raises
    ------
    ArgumentError
        If `mask` is none of these, or both have a seed.

    Notes
    -----
    ``numpy.where(mask, initializer(shape), 0)``. Fans are those of the whole shape, and include the elements
    that are set to zero; `Scaled` can correct that. Every dtype that `initializer` supports. One seed
    promises the same as for `initializer`.

    Peers
    -----
    Keras, JAX
        You write a class, or a function, that multiplies.
    TensorFlow Probability
        `masked_dense` multiplies the values of its `kernel_initializer` by a mask.
    PyTorch
        After another one you multiply in place, ``weight.mul_(mask)``; `sparse_` has a random mask.

    Examples
    --------
    >>> Masked("ones", "lower_triangle")((3, 3), "int8")
    array([[1, 0, 0],
           [1, 1, 0],
           [1, 1, 1]], dtype=int8)
    >>> Masked("ones", [True, False, True])((2, 3), "int8")
    array([[1, 0, 1],
           [1, 0, 1]], dtype=int8)
    """

    _unseeded = ("_mask",)

    example_arguments: ClassVar = ({"initializer": "he_normal", "mask": "lower_triangle"},)

    def __init__(self, initializer: InitializerLike, mask: Any, *, seed: SeedLike = None) -> None:
        self._mask = as_mask(mask)
        super().__init__(initializer, seed=seed)

    @property
    def mask(self) -> Any:
        """The given `mask`, as JSON data that the caller may change."""
        return self._mask.config()

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments as plain JSON data."""
        return {**super().get_config(), "mask": self.mask}

    def _writer(self, shape: Shape, dtype: np.dtype[Any]) -> Write:
        self._mask.check(shape)
        write_all = writer(self.parts[0], shape, dtype)

        def write(out: npt.NDArray[Any], part: Part) -> None:
            write_all(out, part)
            zero = np.zeros((), dtype)
            for place, piece in pieces(part):
                np.copyto(out[place], zero, where=~self._mask.kept(shape, piece))

        return write

    def _argument(self, name: str) -> Any:
        # Unchanged, because copying or comparing millions of bools as nested lists would take long.
        return self._mask if name == "mask" else super()._argument(name)


@final
class Padded(OfOne):
    """Another initializer's values with zeros at one index, such as a padding token's row.

    Parameters
    ----------
    initializer
        An initializer, or the name or the config of one.
    index
        The index that is zero; negative numbers count from the end.
    axis
        The axis of that index; negative numbers count from the end.
    seed
        ``None``, an int, a string, or a list of those. It is passed on to `initializer`, which must then have
        no seed of its own.

    Raises
    ------
    ArgumentError
        If `index` or `axis` is not an int, or both have a seed.

    Notes
    -----
    ``initializer(shape)`` with 0 where the index of `axis` is `index`. The other values do not change. Every
    dtype that `initializer` supports. One seed promises the same as for `initializer`.

    Peers
    -----
    PyTorch
        `Embedding` sets the row `padding_idx` to zero. If you initialize its weights again, you must leave
        that row out.
    Keras, TensorFlow
        ``Embedding(mask_zero=True)`` makes other layers ignore the row, but draws it like the others.

    Examples
    --------
    >>> from seedbed.standard import RandomNormal
    >>> table = Padded("random_normal", 0, seed=7)((1000, 64))
    >>> bool(table[0].any()), bool((table[1:] == RandomNormal(seed=7)((1000, 64))[1:]).all())
    (False, True)
    """

    example_arguments: ClassVar = ({"initializer": "random_normal", "axis": -1},)

    def __init__(
        self, initializer: InitializerLike, index: int = 0, *, axis: int = 0, seed: SeedLike = None
    ) -> None:
        self.index = _as_index(index)
        self.axis = as_axis(axis)
        super().__init__(initializer, seed=seed)

    def _writer(self, shape: Shape, dtype: np.dtype[Any]) -> Write:
        axis, row = self._row(shape)
        write_all = writer(self.parts[0], shape, dtype)

        def write(out: npt.NDArray[Any], part: Part) -> None:
            write_all(out, part)
            if row in part[axis]:
                out[along(axis, part[axis].index(row))] = 0

        return write

    def _row(self, shape: Shape) -> tuple[int, int]:
        axis = axis_of(shape, self.axis)
        if not -shape[axis] <= self.index < shape[axis]:
            raise ShapeError(
                f"got shape {shape}, whose axis {self.axis} has no index {self.index}; ask for more rows, or "
                "give another index"
            )
        return axis, self.index % shape[axis]


def _as_index(index: int) -> int:
    found = as_integer(index)
    if found is None or not -LONGEST <= found < LONGEST:
        raise ArgumentError(
            f"index must be an int between -2**63 and 2**63, got {shown(index)} of type "
            f"{type(index).__name__}"
        )
    return found

"""An initializer that repeats the values of another along an axis."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, ClassVar, Final, Literal, NamedTuple, final

import numpy as np
import numpy.typing as npt

from seedbed.arguments import choice
from seedbed.axis import LONGEST, along, as_axis, axis_of, replaced
from seedbed.combinators.combinator import (
    Combinator,
    InitializerLike,
    as_initializer,
    check,
    is_divisible,
    write,
)
from seedbed.combinators.parts import Part, pieces, sizes, whole
from seedbed.errors import ArgumentError, ShapeError, shown
from seedbed.integers import as_integer
from seedbed.random import SeedLike
from seedbed.shapes import Shape

Order = Literal["each", "whole"]

_ORDERS: Final[tuple[Order, ...]] = ("each", "whole")


@final
class Repeated(Combinator):
    """Another initializer's values several times along an axis: sub-pixel filters, shared keys and values.

    Parameters
    ----------
    initializer
        An initializer, or the name or the config of one.
    repeats
        How many times each value stands there; at least 1, and a divisor of the axis's length.
    axis
        Along which values are repeated; negative ones count from the end.
    order
        ``"each"``: every value stands `repeats` times in a row, as by `numpy.repeat`. ``"whole"``: the array
        stands `repeats` times in a row, as by `numpy.tile`.
    seed
        ``None``, an int, a string, or a list of those; handed on to `initializer`, which must have none of
        its own then.

    Raises
    ------
    ArgumentError
        If `repeats`, `axis` or `order` is none of these, or both have a seed.
    ShapeError
        If the shape asked for lacks the axis, or `repeats` does not divide its length.

    Notes
    -----
    ``numpy.repeat(initializer(inner), repeats, axis)``, or ``numpy.concatenate([initializer(inner)] *
    repeats, axis)``, where the shape ``inner``, from which fans are taken, has an axis that is so many times
    shorter. Index i of the axis has what the inner array has at ``i // repeats``, or at ``i % n`` of its n.
    Every dtype that `initializer` takes. One seed promises what it does for `initializer`.

    Peers
    -----
    PyTorch
        One repeats what another initializer gives, by ``repeat_interleave`` or ``repeat``.
    fastai : icnr_init
        ICNR, ``"each"`` along the output channels, as `torch.nn.PixelShuffle` takes them.
    TensorFlow, JAX
        One repeats by ``repeat`` or ``tile``; `tf.nn.depth_to_space` takes channels as ``"whole"``.

    References
    ----------
    Aitken et al. (2017), Checkerboard artifact free sub-pixel convolution, arXiv:1707.02937 (ICNR).

    Examples
    --------
    >>> from seedbed.standard import Linspaced
    >>> Repeated(Linspaced(0, 2), 2)(6)
    array([0., 0., 1., 1., 2., 2.], dtype=float32)
    >>> Repeated(Linspaced(0, 2), 2, order="whole")(6)
    array([0., 1., 2., 0., 1., 2.], dtype=float32)
    """

    example_arguments: ClassVar = (
        {"initializer": "he_normal", "repeats": 2},
        {"initializer": "he_normal", "repeats": 2, "axis": 0, "order": "whole"},
    )

    def __init__(
        self,
        initializer: InitializerLike,
        repeats: int,
        *,
        axis: int = -1,
        order: str = "each",
        seed: SeedLike = None,
    ) -> None:
        self.repeats = _as_repeats(repeats)
        self.axis = as_axis(axis)
        self.order = choice("order", order, _ORDERS)
        self.initializer = as_initializer("initializer", initializer)
        super().__init__((self.initializer,), seed=seed)

    def check(self, shape: Shape, dtype: np.dtype[Any]) -> None:
        """Refuse an axis that is not there, and a length that is no multiple of the repeats."""
        length = shape[axis_of(shape, self.axis)]
        if length % self.repeats:
            raise ShapeError(
                f"got shape {shape}, whose axis {self.axis} is {length} long, which {self.repeats} repeats "
                "do not divide; ask for a multiple there, or give other repeats"
            )
        check(self.initializer, self._inner_shape(shape), dtype)

    def write(self, out: npt.NDArray[Any], shape: Shape, part: Part) -> None:
        """Write what the part has of the inner array, having drawn each of its values once."""
        if not out.size:
            return
        axis = axis_of(shape, self.axis)
        if part[axis].step < 0:
            out, part = out[along(axis, slice(None, None, -1))], replaced(part, axis, part[axis][::-1])
        inner_shape = self._inner_shape(shape)
        runs = list(self._runs(part[axis], inner_shape[axis]))
        if len(runs) > 1 and not is_divisible(self.initializer):
            runs = [_Run(_span(runs), None)]
        (initializer,) = self.parts
        for positions, where in runs:
            if where is None:
                self._write_once(out, inner_shape, part, positions)
            else:
                write(initializer, out[along(axis, where)], inner_shape, replaced(part, axis, positions))

    def _write_once(self, out: npt.NDArray[Any], inner_shape: Shape, part: Part, positions: range) -> None:
        """Draw some positions of the inner array, and copy each to wherever the part has it."""
        axis = axis_of(inner_shape, self.axis)
        (initializer,) = self.parts
        inner_part = replaced(part, axis, positions)
        times = self._split(out, part[axis], axis, inner_shape[axis])
        if times is not None:
            write(initializer, times[0], inner_shape, inner_part)
            for place, _ in pieces(whole(times[0].shape)):  # else NumPy may copy all of the first time
                times[(slice(1, None), *place)] = times[(slice(0, 1), *place)]
            return
        room = np.empty(sizes(inner_part), out.dtype)
        write(initializer, room, inner_shape, inner_part)
        for place, piece in pieces(part):
            of_piece = place if axis >= len(place) - 1 else replaced(place, axis, slice(None))
            taken = (self._inner_of(piece[axis], inner_shape[axis]) - positions.start) // positions.step
            out[place] = room[of_piece].take(taken, axis)

    def _split(self, out: npt.NDArray[Any], taken: range, axis: int, length: int) -> npt.NDArray[Any] | None:
        """Return a view of `out` whose first axis counts the repeats, if it has all of each of its values."""
        block = self.repeats if self.order == "each" else length
        if taken.step != 1 or taken.start % block or len(taken) % block:
            return None
        rows = (len(taken) // block, block)
        view = out.reshape(*out.shape[:axis], *rows, *out.shape[axis + 1 :])  # a view in any layout
        return np.moveaxis(view, axis + 1 if self.order == "each" else axis, 0)

    def _runs(self, taken: range, length: int) -> Iterator[_Run]:
        """Return runs of positions of the inner array; one alone, without a place, where some repeat."""
        return _runs_of_each(taken, self.repeats) if self.order == "each" else _runs_of_whole(taken, length)

    def _inner_of(self, taken: range, length: int) -> npt.NDArray[np.int64]:
        """Return at which positions the inner array has what some positions of the axis have."""
        positions = np.arange(taken.start, taken.stop, taken.step, dtype=np.int64)
        return positions // self.repeats if self.order == "each" else positions % length

    def _inner_shape(self, shape: Shape) -> Shape:
        axis = axis_of(shape, self.axis)
        return replaced(shape, axis, shape[axis] // self.repeats)


class _Run(NamedTuple):
    """Positions of an inner array in equal steps, each once.

    Attributes
    ----------
    positions
        Which.
    where
        Where these, in their order, lie in the part; ``None`` where some of them lie there several times.
    """

    positions: range
    where: slice | None


def _runs_of_each(taken: range, repeats: int) -> Iterator[_Run]:
    """Yield the runs of ``position // repeats`` over positions in steps above 0."""
    if taken.step < repeats:
        yield _Run(range(taken[0] // repeats, taken[-1] // repeats + 1), None)
        return
    # No position comes twice, and every so many of them are in equal steps.
    count = repeats // math.gcd(taken.step, repeats)
    over = taken.step % repeats
    if count > 1 + len(taken) * min(over, repeats - over) // repeats:
        yield from _runs_of_neighbours(taken, repeats)
        return
    step = taken.step * count // repeats
    for first in range(min(count, len(taken))):
        where = slice(first, None, count)
        start = taken[first] // repeats
        yield _Run(range(start, start + step * len(taken[where]), step), where)


def _runs_of_neighbours(taken: range, repeats: int) -> Iterator[_Run]:
    """Yield the runs of ``position // repeats`` in which each is as far from the next.

    They are long where the steps are little more, or little less, than a multiple of `repeats`.
    """
    step, over = divmod(taken.step, repeats)
    is_less = 2 * over > repeats
    first = 0
    while first < len(taken):
        start, rest = divmod(taken[first], repeats)
        count = rest // (repeats - over) + 1 if is_less else (repeats - 1 - rest) // over + 1
        count = min(count, len(taken) - first)
        yield _Run(
            range(start, start + (step + is_less) * count, step + is_less), slice(first, first + count)
        )
        first += count


def _runs_of_whole(taken: range, length: int) -> Iterator[_Run]:
    """Yield the runs of ``position % length`` over positions in steps above 0."""
    apart = math.gcd(taken.step, length)
    if len(taken) >= length // apart:  # all that can be met
        yield _Run(range(taken[0] % apart, length, apart), None)
        return
    step = taken.step % length
    step -= length if 2 * step > length else 0  # the shorter way round, so that runs are long
    first = 0
    while first < len(taken):
        start = taken[first] % length
        ahead = length - 1 - start if step > 0 else start
        count = min(ahead // abs(step) + 1, len(taken) - first)
        yield _Run(range(start, start + step * count, step), slice(first, first + count))
        first += count


def _span(runs: list[_Run]) -> range:
    """Return all positions from the least to the greatest of some runs."""
    ends = [position for positions, _ in runs for position in (positions[0], positions[-1])]
    return range(min(ends), max(ends) + 1)


def _as_repeats(repeats: int) -> int:
    found = as_integer(repeats)
    if found is None or not 1 <= found < LONGEST:
        raise ArgumentError(
            f"repeats must be an int of at least 1 and below 2**63, got {shown(repeats)} of type "
            f"{type(repeats).__name__}"
        )
    return found

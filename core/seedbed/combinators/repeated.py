"""An initializer that repeats the values of another along an axis."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, ClassVar, Final, Literal, NamedTuple, final

import numpy as np
import numpy.typing as npt

from seedbed.arguments import choice
from seedbed.axis import LONGEST, along, as_axis, axis_of, replaced
from seedbed.combinators.combinator import InitializerLike, OfOne
from seedbed.divisible import is_divisible, writer
from seedbed.errors import ArgumentError, ShapeError, shown
from seedbed.integers import as_integer
from seedbed.random import SeedLike
from seedbed.shapes import Shape
from seedbed.shard import Part, Write, pieces, positions, sizes, whole

_Array = npt.NDArray[Any]
Order = Literal["each", "whole"]

_ORDERS: Final[tuple[Order, ...]] = ("each", "whole")


@final
class Repeated(OfOne):
    """Another initializer's values several times along an axis: sub-pixel filters, shared keys and values.

    Parameters
    ----------
    initializer
        An initializer, or the name or the config of one.
    repeats
        How many times to repeat each value; at least 1, and a divisor of the axis's length.
    axis
        The axis along which to repeat; negative numbers count from the end.
    order
        ``"each"``: every value is repeated `repeats` times in a row, like `numpy.repeat`. ``"whole"``: the
        whole array is repeated `repeats` times, like `numpy.tile`.
    seed
        ``None``, an int, a string, or a list of those. It is passed on to `initializer`, which must then have
        no seed of its own.

    Raises
    ------
    ArgumentError
        If `repeats`, `axis` or `order` is none of these, or both have a seed.
    ShapeError
        If the requested shape lacks the axis, or `repeats` does not divide its length.

    Notes
    -----
    ``numpy.repeat(initializer(inner), repeats, axis)``, or
    ``numpy.concatenate([initializer(inner)] * repeats, axis)``. The shape ``inner`` has an axis that is
    `repeats` times shorter; fans are those of ``inner``. Index i of the axis has the value that the inner
    array of length n has at ``i // repeats``, or at ``i % n``. Every dtype that `initializer` supports. One
    seed promises the same as for `initializer`.

    Peers
    -----
    PyTorch
        You repeat the values of another initializer, by ``repeat_interleave`` or ``repeat``.
    fastai : icnr_init
        ICNR, ``"each"`` along the output channels, as `torch.nn.PixelShuffle` takes them.
    TensorFlow, JAX
        You repeat by ``repeat`` or ``tile``; `tf.nn.depth_to_space` takes channels as ``"whole"``.

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
        super().__init__(initializer, seed=seed)

    def _writer(self, shape: Shape, dtype: np.dtype[Any]) -> Write:
        axis = axis_of(shape, self.axis)
        length, rest = divmod(shape[axis], self.repeats)
        if rest:
            raise ShapeError(
                f"got shape {shape}, whose axis {self.axis} is {shape[axis]} long, which {self.repeats} "
                "repeats do not divide; ask for a multiple there, or give other repeats"
            )
        (initializer,) = self.parts
        write_inner = writer(initializer, replaced(shape, axis, length), dtype)

        def write(out: _Array, part: Part) -> None:
            if not out.size:
                return
            if part[axis].step < 0:
                out, part = out[along(axis, slice(None, None, -1))], replaced(part, axis, part[axis][::-1])
            drawn = self._positions_drawn(part[axis], length)
            if drawn is None:
                is_whole = self.order == "whole"
                runs = list(_runs(part[axis], length if is_whole else self.repeats, is_whole=is_whole))
                if len(runs) == 1 or is_divisible(initializer):
                    for run in runs:
                        write_inner(out[along(axis, run.where)], replaced(part, axis, run.positions))
                    return
                ends = [end for positions, _ in runs for end in (positions[0], positions[-1])]
                drawn = range(min(ends), max(ends) + 1)
            self._write_once(write_inner, out, part, drawn, length)

        return write

    def _write_once(self, write_inner: Write, out: _Array, part: Part, drawn: range, length: int) -> None:
        """Draw some positions of the inner array, and copy each to all places of the part that show it."""
        axis = axis_of(out.shape, self.axis)
        inner_part = replaced(part, axis, drawn)
        times = self._split(out, part[axis], axis, length)
        if times is not None:
            write_inner(times[0], inner_part)
            for place, _ in pieces(whole(times[0].shape)):  # otherwise NumPy may copy all of the first time
                times[(slice(1, None), *place)] = times[(slice(0, 1), *place)]
            return
        room = np.empty(sizes(inner_part), out.dtype)
        write_inner(room, inner_part)
        for place, piece in pieces(part):
            of_piece = place if axis >= len(place) - 1 else replaced(place, axis, slice(None))
            taken = (self._inner_of(piece[axis], length) - drawn.start) // drawn.step
            out[place] = room[of_piece].take(taken, axis)

    def _split(self, out: _Array, taken: range, axis: int, length: int) -> _Array | None:
        """Return a view of `out` whose first axis counts the repeats, if it contains all of them."""
        block = self.repeats if self.order == "each" else length
        if taken.step != 1 or taken.start % block or len(taken) % block:
            return None
        rows = (len(taken) // block, block)
        view = out.reshape(*out.shape[:axis], *rows, *out.shape[axis + 1 :])  # a view in any layout
        return np.moveaxis(view, axis + 1 if self.order == "each" else axis, 0)

    def _inner_of(self, taken: range, length: int) -> npt.NDArray[np.int64]:
        """Return the positions of the inner array that some positions of the axis show."""
        return positions(taken) // self.repeats if self.order == "each" else positions(taken) % length

    def _positions_drawn(self, taken: range, length: int) -> range | None:
        """Return the needed positions of the inner array, if some are needed several times."""
        if self.order == "each" and taken.step < self.repeats:
            return range(taken[0] // self.repeats, taken[-1] // self.repeats + 1)
        apart = math.gcd(taken.step, length)
        if self.order == "whole" and len(taken) >= length // apart:  # all that can occur
            return range(taken[0] % apart, length, apart)
        return None


class _Run(NamedTuple):
    """Positions of an inner array in equal steps, each once, and where in the part these are."""

    positions: range
    where: slice


def _runs(taken: range, modulus: int, *, is_whole: bool) -> Iterator[_Run]:
    """Yield runs of ``position % modulus``, or else of ``position // modulus``; none comes twice.

    Positions a certain number of steps apart in `taken` differ by almost a multiple of the modulus. So their
    runs are in equal steps, until the small remainders add up to more than the modulus leaves room for.
    """
    every, rest = _period(taken.step, modulus, len(taken))
    step = rest if is_whole else (taken.step * every - rest) // modulus
    for place in range(min(every, len(taken))):
        first = place
        while first < len(taken):
            quotient, remainder = divmod(taken[first], modulus)
            start = remainder if is_whole else quotient
            count = len(taken[first::every])
            if rest:
                room = modulus - 1 - remainder if rest > 0 else remainder
                count = min(count, room // abs(rest) + 1)
            where = slice(first, first + (count - 1) * every + 1, every)
            yield _Run(range(start, start + step * count, step), where)
            first += count * every


def _period(step: int, modulus: int, count: int) -> tuple[int, int]:
    """Return how many steps come nearest to a multiple of the modulus, and what they are above or below it.

    It chooses the number with the fewest runs for `count` positions, at most about twice its square root.
    These numbers are among the denominators of the continued fraction of ``step / modulus``.
    """
    found = []
    before, every, above, below = 0, 1, step, modulus
    while every <= count:
        rest = (step * every + modulus // 2) % modulus - modulus // 2
        found.append((every * modulus + count * abs(rest), every, rest))
        above, below = below, above % below
        if not below:
            break
        before, every = every, above // below * every + before
    return min(found)[1:]


def _as_repeats(repeats: int) -> int:
    found = as_integer(repeats)
    if found is None or not 1 <= found < LONGEST:
        raise ArgumentError(
            f"repeats must be an int of at least 1 and below 2**63, got {shown(repeats)} of type "
            f"{type(repeats).__name__}"
        )
    return found

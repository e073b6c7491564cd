"""`Divisible`, the base class of initializers that make any part of their array; and parts of any other's."""

from __future__ import annotations

import abc
import functools
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from seedbed.constructor import per_class
from seedbed.dtypes import DTypeLike
from seedbed.initializer import Initializer
from seedbed.shapes import BasicIndex, Shape, ShapeLike, as_shape
from seedbed.shard import Part, Shard, Write, pieces, shard_of, sizes, slices, whole
from seedbed.validation import as_declared, check_result, check_room, given, is_checked, of_room


class Divisible(Initializer):
    """An initializer that makes only the requested part of its array."""

    def __init_subclass__(cls, **options: Any) -> None:
        bases = cls.__mro__
        first = {name: next(at for at, base in enumerate(bases) if name in vars(base)) for name in _METHODS}
        if not _writes_itself(cls):
            # It draws otherwise than the writer: what it inherits would give other values than its calls.
            for name in ("fill", "shard"):
                if first["__call__"] < first[name]:
                    setattr(cls, name, vars(Initializer)[name])
        super().__init_subclass__(**options)

    @abc.abstractmethod
    def _seedbed_writer(self, shape: Shape, dtype: np.dtype[Any]) -> Write:
        """Return what writes any part of the array; raise if `shape` or `dtype` does not fit.

        Nothing has been allocated at that time.
        """

    def _seedbed_comes_in_pieces(self) -> bool:
        """Say whether the cost of a part depends on its size, and all parts together are one draw."""
        return True

    def check(self, shape: ShapeLike, dtype: DTypeLike | None = None) -> None:
        """Raise what a call with these arguments would raise, and draw nothing."""
        shape, dtype = given(shape, dtype)
        if _writes_itself(type(self)):
            self._seedbed_writer(shape, dtype)

    @property
    def divisible(self) -> bool:
        """Whether the parts of a tensor may be drawn one after the other, at little more than its cost.

        Without a seed each part is another draw. That makes no difference if elements are independent. Values
        that are only numerically reproducible come from the linear algebra of a whole array.
        """
        if _writes_itself(type(self)):
            return self._seedbed_comes_in_pieces()
        return super().divisible

    def __call__(self, shape: ShapeLike, dtype: DTypeLike | None = None) -> npt.NDArray[Any]:
        """Return a new array of `shape` and `dtype`."""
        shape, dtype = given(shape, dtype)
        write = self._seedbed_writer(shape, dtype)
        out = np.empty(shape, dtype)
        write(out, whole(shape))
        return out

    def fill(self, out: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Write the values of ``self(out.shape, out.dtype)`` into `out`, bit for bit, and return `out`."""
        self._seedbed_writer(out.shape, out.dtype)(out, whole(out.shape))
        return out

    def shard(
        self,
        shape: ShapeLike,
        index: BasicIndex,
        dtype: DTypeLike | None = None,
        *,
        out: npt.NDArray[Any] | None = None,
    ) -> npt.NDArray[Any]:
        """Return ``self(shape, dtype)[index]``, bit for bit, and make only that part."""
        shape, dtype = as_shape(shape), as_declared(self, of_room(dtype, out))
        shard = shard_of(shape, index, dtype)
        return written(self._seedbed_writer(shape, dtype), shard, dtype, out)


def written(
    write: Write, shard: Shard, dtype: np.dtype[Any], out: npt.NDArray[Any] | None
) -> npt.NDArray[Any]:
    """Return what is written of a shard: as the index asks for it, or in `out`."""
    if out is None:
        made = np.empty(sizes(shard.part), dtype)
        write(made, shard.part)
        return shard.arranged(made)
    write(shard.within(check_room(out, shard.shape, dtype)), shard.part)
    return out


def writer(initializer: Initializer, shape: Shape, dtype: np.dtype[Any]) -> Write:
    """Return what writes any part of an initializer's array, in a dtype that it declares.

    Raises
    ------
    SeedbedError
        If it does not support the shape or the dtype, and finding this costs nothing. The writer itself
        raises ArgumentError if the initializer returns another shape or dtype than requested.
    """
    if isinstance(initializer, Divisible) and _writes_itself(type(initializer)):
        return initializer._seedbed_writer(shape, dtype)  # noqa: SLF001 - a word among base classes
    check(initializer, shape, dtype)
    return functools.partial(_write_part, initializer, shape)


def is_divisible(initializer: Initializer) -> bool:
    """Say whether an initializer is `divisible`, and has not merely something else of that name.

    Nobody can declare more than the contract finds: pieces that are drawn apart have to be parts of one draw.
    """
    own = type(initializer).divisible
    if own is Divisible.divisible or own is Initializer.divisible:
        return initializer.divisible
    inherited = Divisible if isinstance(initializer, Divisible) else Initializer
    return initializer.divisible is not False and inherited.divisible.__get__(initializer)


def check(initializer: Initializer, shape: Shape, dtype: np.dtype[Any]) -> None:
    """Raise what an initializer's own `check` raises, or the contract's if its class has none.

    Raises
    ------
    SeedbedError
        Whatever it raises.
    """
    own = type(initializer).check
    (own if is_checked(own) else Initializer.check)(initializer, shape, dtype)


def refuses_late(initializer: Initializer) -> bool:
    """Say whether an initializer may refuse a shape or dtype only when it draws.

    Its class has no `check`, or one of a base class of which it has overridden the drawing.
    """
    own = type(initializer).check
    if own is Divisible.check:
        return not _writes_itself(type(initializer))
    return not is_checked(own) or _draws_otherwise(type(initializer))


def is_checked_for_all_seeds(initializer: Initializer) -> bool:
    """Say whether what `check` raises is the same for every seed: it comes of a distribution or a formula."""
    return type(initializer).check is Divisible.check and _writes_itself(type(initializer))


@per_class
def _draws_otherwise(cls: type) -> bool:
    """Say whether a class has another ``__call__`` than the class whose `check` it has."""
    for base in cls.__mro__:
        if "check" in vars(base):
            return False
        if "__call__" in vars(base):
            return True
    return True


def _write_part(initializer: Initializer, shape: Shape, out: npt.NDArray[Any], part: Part) -> None:
    """Write a part of the array of any initializer by the methods that every initializer has."""
    if part != whole(shape):
        values = initializer.shard(shape, slices(part), out.dtype)
        out[...] = check_result(initializer, values, out.shape, out.dtype)
    elif type(initializer).fill is Initializer.fill and is_divisible(initializer):
        for place, piece in pieces(part):  # the base class's fill would make a second array
            values = initializer.shard(shape, slices(piece), out.dtype)
            out[place] = check_result(initializer, values, sizes(piece), out.dtype)
    else:
        initializer.fill(out)


@per_class
def _writes_itself(cls: type) -> bool:
    """Say whether no subclass has overridden a method, which could then return something else."""
    for base in cls.__mro__:
        if "_seedbed_writer" in vars(base):
            return True
        if not _METHODS.isdisjoint(vars(base)):
            return False
    return False


_METHODS: Final = frozenset({"__call__", "fill", "shard"})

"""`Combinator`, the base class of initializers that make their array from those of others."""

from __future__ import annotations

import abc
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, Final, NamedTuple, Self, TypeAlias

import numpy as np
import numpy.typing as npt

from seedbed.api import get, to_config
from seedbed.catalogue.active import MOST_LEVELS
from seedbed.combinators.parts import Part, pieces, select, sizes, slices, whole
from seedbed.constructor import parameters
from seedbed.dtypes import ALL, DTypeLike, as_dtype
from seedbed.elementwise import ElementwiseInitializer
from seedbed.errors import ArgumentError, shown
from seedbed.initializer import Initializer, Reproducibility, arguments_of
from seedbed.random import Seed, SeedLike, as_seed
from seedbed.shapes import BasicIndex, Shape, ShapeLike, as_shape, check_array
from seedbed.validation import as_declared, check_result, declared_dtypes

InitializerLike: TypeAlias = str | Mapping[str, Any] | Initializer | type[Initializer]

_MOST_PARTS: Final = 1000
"""Initializers within one, those within them included: a small config may name one object very many times."""

_PROMISES: Final[tuple[Reproducibility, ...]] = ("exact", "numerical", "undeclared")


class _LeastPromise:
    """What one seed promises: a class, which adds nothing, "exact"; an instance as little as any part."""

    def __get__(self, instance: Combinator | None, owner: type[Combinator]) -> Reproducibility:
        found = () if instance is None else (inner.reproducibility for inner in instance.inner.initializers)
        return max(found, key=_rank, default="exact")


class _DtypesOfAll:
    """The dtypes that it gives: of a class, which adds nothing, all; of an instance those of all parts."""

    def __get__(self, instance: Combinator | None, owner: type[Combinator]) -> tuple[str, ...]:
        found = () if instance is None else map(declared_dtypes, instance.inner.initializers)
        taken = [set(names) for names in found]
        return tuple(name for name in ALL if all(name in names for names in taken))


class _Inner(NamedTuple):
    """Initializers within one, and what is known of all of them and of those within them.

    Attributes
    ----------
    initializers
        Those directly within.
    levels
        How deep they are nested.
    number
        How many there are.
    is_seeded
        Whether one of them has a seed.
    """

    initializers: tuple[Initializer, ...]
    levels: int
    number: int
    is_seeded: bool

    @classmethod
    def of(cls, initializers: tuple[Initializer, ...]) -> _Inner:
        """Return what is known, from what is known of each.

        Raises
        ------
        ArgumentError
            If there are too many, or too many levels.
        """
        within = [initializer.inner for initializer in initializers if isinstance(initializer, Combinator)]
        levels = 1 + max((inner.levels for inner in within), default=0)
        if levels > MOST_LEVELS:
            raise ArgumentError(
                f"initializers are nested more than {MOST_LEVELS} deep; put them into one another fewer times"
            )
        number = len(initializers) + sum(inner.number for inner in within)
        check_number(number)
        is_seeded = any(_has_seed(initializer) for initializer in initializers)
        return cls(initializers, levels, number, is_seeded)


class Combinator(Initializer):
    """An initializer made of others.

    A subclass says what it makes of the arrays of `parts`, by `check` and `write`. The initializers among its
    arguments stay as they are in ``==``, ``hash`` and ``repr``; in a config they are configs.

    Parameters
    ----------
    initializers
        The initializers among the arguments, as `as_initializer` gives them.
    seed
        Handed on to those that take a seed; they must have none of their own then.
    apart
        Whether number k of them draws as ``initializer.fold_in(k)``.

    Raises
    ------
    ArgumentError
        If there is a seed here and in one of them, or too many are nested in one another or beside each
        other.
    """

    reproducibility: ClassVar[Reproducibility] = _LeastPromise()  # type: ignore[assignment] # gives one of them

    dtypes: ClassVar[tuple[str, ...]] = _DtypesOfAll()  # type: ignore[assignment] # gives such a tuple

    seed: Seed

    def __init__(self, initializers: tuple[Initializer, ...], *, seed: SeedLike, apart: bool = False) -> None:
        self.seed = as_seed(seed)
        self._inner = _Inner.of(initializers)
        self._apart = apart
        if self.seed is not None:
            for initializer in initializers:
                _check_unseeded(initializer, self.seed)

    @property
    def inner(self) -> _Inner:
        """The initializers among the arguments, and what is known of all that is within them."""
        return self._inner

    @property
    def parts(self) -> tuple[Initializer, ...]:
        """The initializers that draw, with the seeds that they have here."""
        # Not made by the constructor: with initializers deep within one another each level would make all.
        seeded = (_handed(initializer, self.seed) for initializer in self._inner.initializers)
        return tuple(part.fold_in(k) if self._apart else part for k, part in enumerate(seeded))

    @abc.abstractmethod
    def check(self, shape: Shape, dtype: np.dtype[Any]) -> None:
        """Refuse a shape or dtype that does not fit, this combinator or its parts; allocate nothing."""

    @abc.abstractmethod
    def write(self, out: npt.NDArray[Any], shape: Shape, part: Part) -> None:
        """Write the part of a tensor of the global `shape` into `out`; `check` has let the shape pass."""

    def __call__(self, shape: ShapeLike, dtype: DTypeLike | None = None) -> npt.NDArray[Any]:
        """Return a new array of `shape` and `dtype`."""
        return self.shard(shape, ..., dtype)

    def fill(self, out: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Write the values of ``self(out.shape, out.dtype)`` into `out`, bit for bit, and return `out`."""
        self.check(out.shape, as_dtype(out.dtype))
        self.write(out, out.shape, whole(out.shape))
        return out

    def shard(self, shape: ShapeLike, index: BasicIndex, dtype: DTypeLike | None = None) -> npt.NDArray[Any]:
        """Return ``self(shape, dtype)[index]``, bit for bit, having asked the parts for no more than that."""
        shape, dtype = as_shape(shape), as_dtype(dtype)
        selection = select(shape, index)
        check_array(selection.shape, dtype)
        self.check(shape, dtype)
        out = np.empty(sizes(selection.part), dtype)
        self.write(out, shape, selection.part)
        return selection.arrange(out)

    def fold_in(self, path: str | int) -> Self:
        """Return a copy that draws from the streams of its own that belong to `path`.

        The seed is extended by `path`: this one's own if it has one, else that of each initializer within.
        """
        if self.seed is not None:
            return super().fold_in(path)
        return self.from_config(_with_each(self._arguments(), lambda inner: inner.fold_in(path)))

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments as plain JSON data, each initializer among them as its config.

        Raises
        ------
        ConfigError
            If the class of one of them is not in the catalogue.
        """
        return _with_each(self._arguments(), to_config)

    def _arguments(self) -> dict[str, Any]:
        return {name: self._argument(name) for name in parameters(type(self))}

    def _argument(self, name: str) -> Any:
        value = getattr(self, name)
        if isinstance(value, Initializer):
            return value
        if isinstance(value, tuple) and all(isinstance(item, Initializer) for item in value):
            return list(value)
        return self._read_back(name)


def as_initializer(argument: str, value: InitializerLike) -> Initializer:
    """Return the initializer that the value of an argument means.

    Raises
    ------
    ArgumentError
        If it is nothing of what can be written in a config.
    SeedbedError
        Whatever `seedbed.get` raises for it.
    """
    if isinstance(value, str | Mapping | type | Initializer):
        return get(value)
    raise ArgumentError(
        f"{argument} must be an initializer, or the name or the config of one, got {shown(value)} of type "
        f"{type(value).__name__}"
    )


def as_initializers(argument: str, values: Sequence[InitializerLike]) -> tuple[Initializer, ...]:
    """Return the initializers that a list means.

    Raises
    ------
    ArgumentError
        If it is no list or tuple of what `as_initializer` takes, or has none or too many of them.
    """
    if not isinstance(values, list | tuple) or not values:
        raise ArgumentError(
            f"{argument} must be a list of at least one initializer, or names or configs, got {shown(values)}"
        )
    check_number(len(values))
    found: list[Initializer] = []
    number = 0
    for value in values:
        found.append(as_initializer(argument, value))
        number += 1 + (found[-1].inner.number if isinstance(found[-1], Combinator) else 0)
        check_number(number)  # here already, or the time would grow with what is refused
    return tuple(found)


def check_number(number: int) -> None:
    """Refuse more initializers within one than anybody writes down.

    Raises
    ------
    ArgumentError
        If there are more than 1000.
    """
    if number > _MOST_PARTS:
        raise ArgumentError(
            f"got more than {_MOST_PARTS} initializers within one; for many alike use Stacked, or make "
            "parts of the array by themselves"
        )


def check(initializer: Initializer, shape: Shape, dtype: np.dtype[Any]) -> None:
    """Let `initializer` refuse a shape or dtype, where that costs no more than to ask."""
    as_declared(initializer, dtype)
    if isinstance(initializer, Combinator):
        initializer.check(shape, dtype)
    elif _has_own_shard(initializer):
        initializer.shard(shape, (slice(0, 0),) * len(shape), dtype)


def write(initializer: Initializer, out: npt.NDArray[Any], shape: Shape, part: Part) -> None:
    """Write what any initializer gives for a part of a tensor of `shape` into `out`.

    Raises
    ------
    ArgumentError
        If it gives another shape or dtype than asked for.
    """
    if isinstance(initializer, Combinator):
        initializer.write(out, shape, part)
    elif part != whole(shape):
        values = initializer.shard(shape, slices(part), out.dtype)
        out[...] = check_result(initializer, values, out.shape, out.dtype)
    elif type(initializer).fill is Initializer.fill and is_divisible(initializer):
        # Which would make a second array.
        for place, piece in pieces(part):
            values = initializer.shard(shape, slices(piece), out.dtype)
            out[place] = check_result(initializer, values, sizes(piece), out.dtype)
    else:
        initializer.fill(out)


def is_divisible(initializer: Initializer) -> bool:
    """Say whether the pieces of an array may be drawn one after the other, at little more than its cost.

    Without a seed each piece is another draw. That makes no difference where elements are independent. What
    is only numerically reproducible comes of the linear algebra of a whole array.
    """
    if isinstance(initializer, Combinator):
        return all(map(is_divisible, initializer.parts))
    if isinstance(initializer, ElementwiseInitializer):
        return True
    is_exact = initializer.reproducibility == "exact"
    return _has_own_shard(initializer) and is_exact and _seed_of(initializer, otherwise=0) is not None


def _handed(initializer: Initializer, seed: Seed) -> Initializer:
    """Return `initializer` with `seed`, if it takes one."""
    if seed is None or "seed" not in parameters(type(initializer)):
        return initializer
    trail = list(seed) if isinstance(seed, tuple) else seed
    return initializer.from_config({**arguments_of(initializer), "seed": trail})


def _check_unseeded(initializer: Initializer, seed: Seed) -> None:
    if _has_seed(initializer):
        raise ArgumentError(
            f"got seed {shown(seed)} for what {shown(initializer)} is part of, which has a seed of its own; "
            "give one of the two"
        )


def _has_seed(initializer: Initializer) -> bool:
    """Say whether an initializer, or one within it, has a seed."""
    within = initializer.inner.is_seeded if isinstance(initializer, Combinator) else False
    return within or _seed_of(initializer, otherwise=None) is not None


def _seed_of(initializer: Initializer, *, otherwise: Any) -> Any:
    """Return the seed as it stands in the config; `otherwise` for an initializer that takes none."""
    takes_one = "seed" in parameters(type(initializer))
    return arguments_of(initializer).get("seed") if takes_one else otherwise


def _has_own_shard(initializer: Initializer) -> bool:
    return type(initializer).shard is not Initializer.shard


def _with_each(arguments: Mapping[str, Any], change: Callable[[Initializer], Any]) -> dict[str, Any]:
    """Return arguments with `change` made to every initializer among them."""

    def changed(value: Any) -> Any:
        if isinstance(value, list):
            return [changed(item) for item in value]
        return change(value) if isinstance(value, Initializer) else value

    return {name: changed(value) for name, value in arguments.items()}


def _rank(promise: Reproducibility) -> int:
    # An author may have said anything.
    return _PROMISES.index(promise if promise in _PROMISES else "undeclared")

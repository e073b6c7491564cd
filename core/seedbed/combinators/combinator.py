"""`Combinator`, the base class of initializers that combine others."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, Final, NamedTuple, Self, TypeAlias

from seedbed.api import get, to_config
from seedbed.arguments import as_step
from seedbed.catalogue.active import MOST_LEVELS
from seedbed.constructor import parameters, read_back
from seedbed.divisible import Divisible, is_divisible
from seedbed.dtypes import ALL
from seedbed.errors import ArgumentError, shown
from seedbed.initializer import Initializer, Reproducibility, arguments_of
from seedbed.random import Seed, SeedLike
from seedbed.seeded import Seeded, changed, is_its_arguments, with_seed
from seedbed.validation import declared_dtypes

InitializerLike: TypeAlias = str | Mapping[str, Any] | Initializer | type[Initializer]

# Initializers within one, at any depth: a small config may name one object very many times.
_MOST_PARTS: Final = 1000
_PROMISES: Final[tuple[Reproducibility, ...]] = ("exact", "numerical", "undeclared")


class _LeastPromise:
    """What one seed promises: "exact" for a class, which adds nothing; for an instance the weakest part."""

    def __get__(self, instance: Combinator | None, owner: type[Combinator]) -> Reproducibility:
        inner = () if instance is None else instance.inner.initializers
        found = {initializer.reproducibility for initializer in inner}
        if not found.issubset(_PROMISES):  # an author may have written anything
            return "undeclared"
        return max(found, key=_PROMISES.index, default="exact")


class _DtypesOfAll:
    """The supported dtypes: all for a class, which adds nothing; for an instance those of all parts."""

    def __get__(self, instance: Combinator | None, owner: type[Combinator]) -> tuple[str, ...]:
        found = () if instance is None else map(declared_dtypes, instance.inner.initializers)
        taken = [set(names) for names in found]
        return tuple(name for name in ALL if all(name in names for names in taken))


class _Inner(NamedTuple):
    """Inner initializers, and what is known of all of them and of those within them.

    Attributes
    ----------
    initializers
        The direct ones.
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
        """Combine what is known of each.

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
        return cls(initializers, levels, number, is_seeded=any(map(_has_seed, initializers)))


class Combinator(Divisible, Seeded):
    """An initializer that combines others.

    A subclass defines by `_seedbed_writer` what it makes of the arrays of `parts`. Initializers among its
    arguments stay unchanged in ``==``, ``hash`` and ``repr``. In a config they are configs.

    Parameters
    ----------
    initializers
        The initializers among the arguments.
    seed
        Passed on to those that take a seed; they must then have no seed of their own.

    Raises
    ------
    ArgumentError
        If there is a seed here and in one of them, or there are too many of them, or they are nested too
        deep.
    """

    reproducibility: ClassVar[Reproducibility] = _LeastPromise()  # type: ignore[assignment] # gives one of them

    dtypes: ClassVar[tuple[str, ...]] = _DtypesOfAll()  # type: ignore[assignment] # gives such a tuple

    _seedbed_unseeded: ClassVar[tuple[str, ...]] = ("_seedbed_inner",)

    def __init__(self, initializers: tuple[Initializer, ...], *, seed: SeedLike) -> None:
        super().__init__(seed=seed)
        self._seedbed_inner = _Inner.of(initializers)
        for initializer in initializers if self.seed is not None else ():
            _check_unseeded(initializer, self.seed)

    @property
    def inner(self) -> _Inner:
        """The initializers among the arguments, and what is known of all that is within them."""
        return self._seedbed_inner

    @property
    def parts(self) -> tuple[Initializer, ...]:
        """The initializers that draw, with the seeds that they have here."""
        # Not made by the constructor: with deep nesting, each level would make all initializers again.
        return tuple(_handed(initializer, self.seed) for initializer in self.inner.initializers)

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments as plain JSON data, each initializer among them as its config.

        Raises
        ------
        ConfigError
            If the class of one of them is not in the catalogue.
        """
        return _with_each(arguments_of(self), to_config)

    def _seedbed_comes_in_pieces(self) -> bool:
        return all(map(is_divisible, self.parts))

    def fold_in(self, path: str | int) -> Self:
        """Return a copy that extends its own seed by `path`, or else that of each inner initializer.

        Raises
        ------
        ArgumentError
            If such a seed is the class's own, and nobody's who could give another one.
        """
        step = as_step(path)
        if self.seed is not None:
            return super().fold_in(step)
        if self.inner.is_seeded:
            _check_seeds_are_given(self)
        if not is_its_arguments(self):
            return self.from_config(_with_each(arguments_of(self), lambda inner: inner.fold_in(step)))
        inner = tuple(initializer.fold_in(step) for initializer in self.inner.initializers)
        return changed(self, _seedbed_inner=self.inner._replace(initializers=inner))

    def _seedbed_arguments(self) -> dict[str, Any]:
        return {name: self._seedbed_argument(name) for name in parameters(type(self))}

    def _seedbed_argument(self, name: str) -> Any:
        value = getattr(self, name)
        if isinstance(value, Initializer):
            return value
        if isinstance(value, tuple) and all(isinstance(item, Initializer) for item in value):
            return list(value)
        return read_back(self, name)


class OfOne(Combinator):
    """A combinator whose argument `initializer` is one initializer."""

    def __init__(self, initializer: InitializerLike, *, seed: SeedLike) -> None:
        super().__init__((as_initializer("initializer", initializer),), seed=seed)

    @property
    def initializer(self) -> Initializer:
        """The one among the arguments."""
        return self.inner.initializers[0]


class OfSeveral(Combinator):
    """A combinator whose argument `initializers` is a list. Number k of it draws as ``fold_in(k)``."""

    def __init__(self, initializers: Sequence[InitializerLike], *, seed: SeedLike) -> None:
        super().__init__(as_initializers("initializers", initializers), seed=seed)

    @property
    def initializers(self) -> tuple[Initializer, ...]:
        """Those among the arguments."""
        return self.inner.initializers

    @property
    def parts(self) -> tuple[Initializer, ...]:
        """The initializers that draw, with the seeds that they have here."""
        return tuple(part.fold_in(k) for k, part in enumerate(super().parts))


def as_initializer(argument: str, value: InitializerLike) -> Initializer:
    """Return the initializer that the value of an argument means.

    Raises
    ------
    ArgumentError
        If it is not something that a config can hold.
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
        If it is not a list or tuple of what `as_initializer` accepts, or has none or too many of them.
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
        check_number(number)  # already here: otherwise the time would grow with what is rejected
    return tuple(found)


def check_number(number: int) -> None:
    """Raise for more initializers within one than anybody would write.

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


def _handed(initializer: Initializer, seed: Seed) -> Initializer:
    """Return `initializer` with `seed`, if it takes one."""
    takes_one = seed is not None and "seed" in parameters(type(initializer))
    return with_seed(initializer, seed) if takes_one else initializer


def _check_seeds_are_given(combinator: Combinator) -> None:
    """Refuse seeds that come from the class, since a model's seed would have no say over them."""
    known, cls = parameters(type(combinator)), type(combinator).__name__
    seeded = {name: value for name, value in arguments_of(combinator).items() if _holds_seed(value)}
    own = [name for name in seeded if name in known and _likes(known[name].default) == _likes(seeded[name])]
    if seeded and not own:
        return
    where = f"in the default of {own[0]}" if own else "in its constructor"
    raise ArgumentError(
        f"{shown(combinator)} has a seed within it that {cls} gives {where}, so that a model's seed would "
        f"have no say; leave the seed out there, and give {cls} an argument seed=None that it passes on"
    )


def _holds_seed(value: object) -> bool:
    if isinstance(value, list | tuple):
        return any(map(_holds_seed, value))
    return isinstance(value, Initializer) and _has_seed(value)


def _likes(value: Any) -> list[object]:
    """Return the initializers that an argument means; one is a list of one."""
    values = value if isinstance(value, list | tuple) else [value]
    return [get(one) if isinstance(one, str | Mapping) else one for one in values]


def _check_unseeded(initializer: Initializer, seed: Seed) -> None:
    if _has_seed(initializer):
        raise ArgumentError(
            f"got seed {shown(seed)} for what {shown(initializer)} is part of, which has a seed of its own; "
            "give one of the two"
        )


def _has_seed(initializer: Initializer) -> bool:
    """Say whether an initializer, or one within it, has a seed."""
    if isinstance(initializer, Combinator) and initializer.inner.is_seeded:
        return True
    return "seed" in parameters(type(initializer)) and arguments_of(initializer).get("seed") is not None


def _with_each(arguments: Mapping[str, Any], change: Callable[[Initializer], Any]) -> dict[str, Any]:
    """Return arguments with `change` made to every initializer among them."""

    def changed(value: Any) -> Any:
        if isinstance(value, list):
            return [changed(item) for item in value]
        return change(value) if isinstance(value, Initializer) else value

    return {name: changed(value) for name, value in arguments.items()}

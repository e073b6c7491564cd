"""`Initializer`, the contract that every initializer keeps."""

from __future__ import annotations

import abc
import functools
import inspect
import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self, TypeVar

import numpy as np

from seedbed.arguments import suggestion
from seedbed.dtypes import DTypeLike, as_dtype
from seedbed.errors import ArgumentError, ConfigError, ImmutableError, shown
from seedbed.plain import plain
from seedbed.shapes import BasicIndex, ShapeLike, as_shape, check_index

if TYPE_CHECKING:
    import numpy.typing as npt

_T = TypeVar("_T")
_MISSING = object()


class _SealedMeta(abc.ABCMeta):
    """Seals an initializer when its constructor returns.

    A metaclass rather than a wrapped ``__init__``, because a dataclass gets its ``__init__`` only after
    the class has been made.
    """

    def __call__(cls: type[_T], *args: Any, **kwargs: Any) -> _T:
        initializer = super().__call__(*args, **kwargs)  # type: ignore[misc]
        object.__setattr__(initializer, "_sealed", True)
        return initializer  # type: ignore[no-any-return]

    @property
    def __signature__(cls) -> inspect.Signature:
        """The constructor's signature, which ``help`` would else take from the method above."""
        return inspect.Signature(list(parameters(cls).values()))


class Initializer(metaclass=_SealedMeta):
    """Makes the first value of an array, such as a layer's weights.

    A subclass implements ``__call__(self, shape, dtype=None)`` and is done. Whatever it needs, its
    constructor takes as named arguments and stores under the same names; that is how `get_config`, ``==``,
    ``hash``, ``repr`` and copies know them. Once constructed an initializer never changes.

    When ``__call__`` of a subclass runs, `shape` has become a tuple of ints of at least 0 and `dtype` a
    `numpy.dtype` (float32 if the caller gave ``None``): bad ones have been refused.

    Attributes
    ----------
    reproducibility
        What one seed promises: ``"exact"``, the same bits everywhere; ``"numerical"``, the same up to the
        rounding of the linear algebra in use; ``"undeclared"`` if the author has not said.

    Examples
    --------
    >>> class HalfOpen(Initializer):
    ...     def __init__(self, high):
    ...         self.high = high
    ...
    ...     def __call__(self, shape, dtype=None):
    ...         return np.random.default_rng(0).uniform(0, self.high, shape).astype(dtype)
    >>> initializer = HalfOpen(high=2.0)
    >>> initializer
    HalfOpen(high=2.0)
    >>> initializer((2, 3)).dtype
    dtype('float32')
    >>> HalfOpen.from_config(initializer.get_config()) == initializer
    True
    """

    __slots__ = ("__dict__", "__weakref__", "_sealed")

    reproducibility: ClassVar[Literal["exact", "numerical", "undeclared"]] = "undeclared"

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "__call__" in cls.__dict__:
            cls.__call__ = _validated(cls.__dict__["__call__"])  # type: ignore[method-assign]

    @abc.abstractmethod
    def __call__(self, shape: ShapeLike, dtype: DTypeLike | None = None) -> npt.NDArray[Any]:
        """Return a new array of `shape` and `dtype`.

        Parameters
        ----------
        shape
            An int or a sequence of ints of at least 0; ``()`` is a scalar's.
        dtype
            The dtype of the result; ``None`` means float32.

        Raises
        ------
        ShapeError
            If `shape` is not a shape, or not one the formula has a meaning for.
        DTypeError
            If `dtype` is unknown, or the values make no sense in it.
        """

    def fill(self, out: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Write the values of ``self(out.shape, out.dtype)`` into `out`, bit for bit, and return `out`.

        Raises
        ------
        ArgumentError
            If `out` is not a writable NumPy array, or the subclass gives another shape than asked for.
        """
        if not isinstance(out, np.ndarray) or not out.flags.writeable:
            what = "a read-only array" if isinstance(out, np.ndarray) else f"a {type(out).__name__}"
            raise ArgumentError(f"got {what} to fill; pass a writable numpy.ndarray")
        values = self(out.shape, out.dtype)
        if np.shape(values) != out.shape:
            raise ArgumentError(
                f"{type(self).__name__} gave an array of shape {np.shape(values)} when asked for "
                f"{out.shape}; its __call__ must return the shape that it is given"
            )
        out[...] = values
        return out

    def shard(self, shape: ShapeLike, index: BasicIndex, dtype: DTypeLike | None = None) -> npt.NDArray[Any]:
        """Return ``self(shape, dtype)[index]``, bit for bit, for a part of a tensor of the global `shape`.

        This one computes the whole tensor and slices it. A subclass that can compute the part alone
        overrides it.

        Parameters
        ----------
        shape
            The shape of the whole tensor, from which fans are taken.
        index
            Ints, slices and at most one Ellipsis.
        dtype
            The dtype of the result; ``None`` means float32.

        Raises
        ------
        ShardIndexError
            If `index` is no basic index, or lies outside `shape`.
        """
        shape = as_shape(shape)
        check_index(shape, index)
        # A copy: a view would keep the whole tensor alive as long as its shard.
        return self(shape, dtype)[index].copy()

    def fold_in(self, path: str | int) -> Self:
        """Return a copy that draws from the stream of its own that belongs to `path`.

        The copy's seed is this one's, extended by `path`: seed ``7`` becomes ``[7, path]``. An initializer
        without a `seed` argument, or with seed ``None``, has no stream to divide and is returned as it is.

        Parameters
        ----------
        path
            What tells one parameter from another, such as ``"encoder/0/kernel"``.

        Raises
        ------
        ArgumentError
            If `path` is no string or int.
        """
        if isinstance(path, bool) or not isinstance(path, str | int | np.integer):
            raise ArgumentError(
                f"got path {shown(path)} of type {type(path).__name__}; a path is a string such as "
                "'encoder/0/kernel', or an int"
            )
        seed = self.get_config().get("seed") if "seed" in parameters(type(self)) else None
        if seed is None:
            return self
        trail = [*seed] if isinstance(seed, list) else [seed]
        step = path if isinstance(path, str) else int(path)
        return self.from_config({**self.get_config(), "seed": [*trail, step]})

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments as plain JSON data.

        This one reads each argument back from the attribute of the same name. A subclass that stores an
        argument otherwise overrides it.

        Raises
        ------
        ConfigError
            If an argument is not stored under its name, or is nothing that JSON can hold.
        """
        return {name: self._read_back(name, kind) for name, kind in parameters(type(self)).items()}

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Self:
        """Return ``cls(**config)``; `config` is not changed.

        Raises
        ------
        ConfigError
            If `config` is no mapping, has a key that is no argument, or lacks a required one.
        """
        check_arguments(cls, config)
        return cls(**config)

    def _read_back(self, name: str, parameter: inspect.Parameter) -> Any:
        owner = type(self).__name__
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            raise ConfigError(
                f"{owner}.__init__ takes {parameter}, whose values get_config cannot read back; "
                f"name each argument, or override get_config in {owner}"
            )
        value = getattr(self, name, _MISSING)
        if value is _MISSING or inspect.ismethod(value):
            raise ConfigError(
                f"{owner} has no attribute {name!r} to read the argument {name!r} back from; "
                f"store it as self.{name} in __init__, or override get_config in {owner}"
            )
        return plain(
            value,
            lambda part: ConfigError(
                f"the argument {name!r} of {owner} holds {shown(part)} of type {type(part).__name__}, "
                "which JSON cannot; store plain numbers, strings, lists and dicts, or override get_config "
                f"in {owner}"
            ),
        )

    def _key(self) -> tuple[object, ...]:
        return (type(self), _hashable(self.get_config()))

    def __eq__(self, other: object) -> bool:
        if type(self) is not type(other):
            return NotImplemented
        return self is other or self._key() == other._key()

    def __hash__(self) -> int:
        return hash(self._key())

    def __repr__(self) -> str:
        name = type(self).__name__
        try:
            config = self.get_config()
        except ConfigError as error:  # a repr that raises would hide the very object being looked for
            return f"<{name}: {error}>"
        defaults = parameters(type(self))
        given = [f"{key}={value!r}" for key, value in config.items() if not _is_default(key, value, defaults)]
        return f"{name}({', '.join(given)})"

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__

    def __setstate__(self, state: dict[str, Any]) -> None:
        # Not by setattr, which a frozen dataclass refuses even to its own copies.
        self.__dict__.update(state)
        object.__setattr__(self, "_sealed", True)

    def __setattr__(self, name: str, value: object) -> None:
        self._refuse_change(name)
        object.__setattr__(self, name, value)

    def __delattr__(self, name: str) -> None:
        self._refuse_change(name)
        object.__delattr__(self, name)

    def _refuse_change(self, name: str) -> None:
        if getattr(self, "_sealed", False):
            raise ImmutableError(
                f"{type(self).__name__} never changes, so {name!r} cannot be set or deleted; "
                f"make another one: seedbed.get(initializer, {name}=...)"
            )


@functools.lru_cache(maxsize=4096)
def parameters(cls: type) -> Mapping[str, inspect.Parameter]:
    """Return the constructor's parameters by name, without ``self``."""
    if cls.__init__ is object.__init__:  # type: ignore[misc]
        return {}
    found = inspect.signature(cls.__init__).parameters  # type: ignore[misc]
    return dict(list(found.items())[1:])


def unusable(found: object) -> str:
    """Return what keeps `found` from being the class of an initializer; nothing if it can be.

    The answer goes after "which" or "that".
    """
    # A virtual subclass, made by `Initializer.register`, has nothing of the contract but the name.
    if not isinstance(found, abc.ABCMeta) or Initializer not in found.__mro__:
        return f"is {shown(found)} and no subclass of seedbed.Initializer"
    if inspect.isabstract(found):
        return f"does not implement {', '.join(sorted(found.__abstractmethods__))}"
    return ""


def check_arguments(cls: type, arguments: object) -> None:
    """Refuse `arguments` that ``cls(**arguments)`` would not take.

    Raises
    ------
    ConfigError
        If `arguments` is no mapping from strings, has a key that is no argument of `cls`, or lacks a
        required one.
    """
    if not isinstance(arguments, Mapping) or not all(isinstance(key, str) for key in arguments):
        raise ConfigError(
            f"got {shown(arguments)} of type {type(arguments).__name__} as the config of {cls.__name__}; "
            "a config is a dict of constructor arguments"
        )
    named, required, takes_any = _argument_names(cls)
    if not named >= arguments.keys() and not takes_any:
        unknown = next(name for name in arguments if name not in named)
        raise ConfigError(
            f"{cls.__name__} has no argument {shown(unknown)}; it takes "
            f"{', '.join(parameters(cls)) or 'no arguments'}{suggestion(unknown, named)}"
        )
    for name in required:
        if name not in arguments:
            raise ConfigError(f"{cls.__name__} needs the argument {name!r}, which is missing")


@functools.lru_cache(maxsize=4096)
def _argument_names(cls: type) -> tuple[frozenset[str], tuple[str, ...], bool]:
    """Return the names that may be given, those that must be, and whether ``**kwargs`` takes any other."""
    wanted = parameters(cls).values()
    named = [p for p in wanted if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)]
    return (
        frozenset(p.name for p in named),
        tuple(p.name for p in named if p.default is p.empty),
        any(p.kind is p.VAR_KEYWORD for p in wanted),
    )


def _validated(call: Callable[..., Any]) -> Callable[..., Any]:
    """Put the contract's validation in front of a subclass's ``__call__``."""

    @functools.wraps(call)
    def checked(self: Initializer, shape: ShapeLike, dtype: DTypeLike | None = None, **options: Any) -> Any:
        return call(self, as_shape(shape), as_dtype(dtype), **options)

    return checked


def _hashable(value: Any) -> Any:
    if isinstance(value, dict):
        return tuple(sorted((key, _hashable(item)) for key, item in value.items()))
    if isinstance(value, list):
        return ("list", *map(_hashable, value))
    # NaN is unequal to itself, which would make an initializer unequal to its own copy.
    return "nan" if isinstance(value, float) and math.isnan(value) else value


def _is_default(name: str, value: Any, defaults: Mapping[str, inspect.Parameter]) -> bool:
    if name not in defaults:
        return False
    default = defaults[name].default
    return type(default) is type(value) and bool(default == value)

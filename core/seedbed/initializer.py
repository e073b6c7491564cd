"""`Initializer`, the contract that every initializer keeps."""

from __future__ import annotations

import abc
import inspect
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self, TypeAlias

from seedbed.arguments import as_step
from seedbed.constructor import construct, parameters, read_back
from seedbed.copying import copy_into
from seedbed.dtypes import COMPLEX, FLOATING, DTypeLike
from seedbed.errors import ConfigError, described, is_class, shown
from seedbed.foreign import Attempt
from seedbed.json_data import comparable, plain
from seedbed.sealed import Sealed
from seedbed.shapes import BasicIndex, ShapeLike, as_shape, check_index
from seedbed.validation import (
    as_declared,
    check_result,
    check_room,
    check_writable,
    guard_methods,
    of_room,
)

if TYPE_CHECKING:
    import numpy.typing as npt

Reproducibility: TypeAlias = Literal["exact", "numerical", "undeclared"]


class Initializer(Sealed):
    """Makes the first value of an array, such as a layer's weights.

    A subclass needs only ``__call__(self, shape, dtype=None)``. Its constructor takes everything that it
    needs as named arguments, and stores them under the same names. `get_config`, ``==``, ``hash``, ``repr``
    and copies read them there. An initializer never changes after its construction.

    When ``__call__`` of a subclass runs, `shape` is a tuple of ints of at least 0, and `dtype` is a
    `numpy.dtype` (float32 if the caller gave ``None``). Bad shapes and dtypes, and dtypes that the class does
    not declare, have already raised an error.

    Attributes
    ----------
    dtypes
        Names of the supported dtypes: by default the floating and complex ones. A class, or a property of it,
        can declare others.
    reproducibility
        What one seed promises: ``"exact"``, the same bits everywhere; ``"numerical"``, the same up to the
        rounding of the linear algebra in use; ``"undeclared"`` if the author has not said.

    Examples
    --------
    >>> import numpy as np
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

    reproducibility: ClassVar[Reproducibility] = "undeclared"

    dtypes: ClassVar[tuple[str, ...]] = FLOATING + COMPLEX

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        guard_methods(cls, Initializer)

    @abc.abstractmethod
    def __call__(self, shape: ShapeLike, dtype: DTypeLike | None = None) -> npt.NDArray[Any]:
        """Return a new array of `shape` and `dtype`.

        Parameters
        ----------
        shape
            An int or a sequence of ints of at least 0; ``()`` is the shape of a scalar.
        dtype
            The dtype of the result; ``None`` means float32.

        Raises
        ------
        ShapeError
            If `shape` is not a shape, or the formula has no meaning for it.
        DTypeError
            If `dtype` is unknown, not among `dtypes`, or the values make no sense in it.
        """

    def check(self, shape: ShapeLike, dtype: DTypeLike | None = None) -> None:
        """Raise what ``self(shape, dtype)`` would raise, and draw nothing.

        Whatever changes a model asks this of every weight before it writes the first. This method checks the
        shape, and that the class declares the dtype. Override it in a subclass that refuses more, and call it
        in `__call__` as well.

        Parameters
        ----------
        shape
            The shape of the whole tensor.
        dtype
            The dtype of the result; ``None`` means float32.

        Raises
        ------
        ShapeError
            If `shape` is not a shape, or the formula has no meaning for it.
        DTypeError
            If `dtype` is unknown, not among `dtypes`, or the values make no sense in it.

        Examples
        --------
        >>> import seedbed
        >>> seedbed.get("orthogonal").check((3,))
        Traceback (most recent call last):
        ...
        seedbed.errors.ShapeError: an orthogonal matrix needs at least 2 axes, got shape (3,); ...
        """
        as_shape(shape)
        as_declared(self, dtype)

    @property
    def divisible(self) -> bool:
        """Whether the parts of a tensor may be drawn one after the other, at little more than its cost.

        What divides a tensor over devices, or writes it block by block, asks this. By default, it is so if a
        class has a `shard` of its own and draws the same values at every call. A class whose `shard` costs as
        much as the whole overrides it by ``divisible = False``.

        Examples
        --------
        >>> import seedbed
        >>> seedbed.get("he_normal").divisible, seedbed.get("orthogonal").divisible
        (True, False)
        """
        if type(self).shard is Initializer.shard or self.reproducibility != "exact":
            return False
        return "seed" not in parameters(type(self)) or arguments_of(self).get("seed") is not None

    def fill(self, out: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Write the values of ``self(out.shape, out.dtype)`` into `out`, bit for bit, and return `out`.

        Raises
        ------
        ArgumentError
            If `out` is not a writable NumPy array, has a hard mask or elements that share memory, or the
            subclass returns another shape or dtype than requested.
        """
        memory = check_writable(out)
        memory[...] = check_result(self, self(out.shape, out.dtype), out.shape, out.dtype)
        return out

    def shard(
        self,
        shape: ShapeLike,
        index: BasicIndex,
        dtype: DTypeLike | None = None,
        *,
        out: npt.NDArray[Any] | None = None,
    ) -> npt.NDArray[Any]:
        """Return ``self(shape, dtype)[index]``, bit for bit: a part of a tensor of the global `shape`.

        This method computes the whole tensor and slices it. Override it in a subclass that can compute a part
        alone.

        Parameters
        ----------
        shape
            The shape of the whole tensor; it determines the fans.
        index
            Ints, slices and at most one Ellipsis.
        dtype
            The dtype of the result; ``None`` means that of `out`, or float32.
        out
            Where to write it, instead of a new array: one of its shape and dtype, of any strides.

        Raises
        ------
        ShardIndexError
            If `index` is not a basic index, or lies outside `shape`.
        ArgumentError
            If the subclass returns another shape or dtype than requested, or `out` is no such array.
        """
        shape, dtype = as_shape(shape), as_declared(self, of_room(dtype, out))
        part = check_index(shape, index)
        memory = None if out is None else check_room(out, part, dtype)
        values = check_result(self, self(shape, dtype), shape, dtype)[index]
        if out is None or memory is None:
            return values.copy()  # a view would keep the whole tensor alive as long as its shard
        copy_into(memory, values)
        return out

    def fold_in(self, path: str | int) -> Self:
        """Return a copy that draws from its own stream, which belongs to `path`.

        The copy's seed is this seed, extended by `path`: seed ``7`` becomes ``[7, path]``. An initializer
        without a `seed` argument, or with seed ``None``, has no stream to divide and is returned unchanged.

        Parameters
        ----------
        path
            A text that tells one parameter from another, such as ``"encoder/0/kernel"``.

        Raises
        ------
        ArgumentError
            If `path` is not a string or an int.
        """
        step = as_step(path)
        arguments = arguments_of(self) if "seed" in parameters(type(self)) else {}
        seed = arguments.get("seed")
        if seed is None:
            return self
        return self.from_config({**arguments, "seed": [*(seed if isinstance(seed, list) else [seed]), step]})

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments as plain JSON data.

        This method reads each argument back from the instance's attribute, or property, of the same name.
        Override it in a subclass that stores an argument otherwise.

        Raises
        ------
        ConfigError
            If an argument is not stored under its name, or JSON cannot hold it.
        """
        return {name: read_back(self, name) for name in parameters(type(self))}

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Self:
        """Return ``cls(**config)``; `config` is not changed, and its lists and dicts are copied.

        Raises
        ------
        ConfigError
            If `config` is not a mapping, has a key that is not an argument, or lacks a required one.
        """
        return construct(cls, config)

    # What the base classes share bears the project's name, and nothing else is here that starts with "_": an
    # author may use all other such names for attributes and methods.

    def _seedbed_arguments(self) -> dict[str, Any]:
        """Return the constructor's arguments, some of which only `get_config` turns into plain data."""
        if type(self).get_config is Initializer.get_config:  # only this one surely returns plain data
            return self.get_config()
        return config_of(self, allow_nan=True)

    def __eq__(self, other: object) -> bool:
        if type(self) is not type(other):
            return NotImplemented
        return self is other or _identity(self) == _identity(other)

    def __hash__(self) -> int:
        return hash(_identity(self))

    def __repr__(self) -> str:
        name = type(self).__name__
        with Attempt() as attempt:  # a repr that raises would hide the very object being looked for
            return f"{name}({', '.join(_given(self))})"
        error: Any = attempt.error
        return f"<{name}: {error if isinstance(error, ConfigError) else described(error)}>"


def arguments_of(initializer: Initializer) -> dict[str, Any]:
    """Return the arguments that make an initializer equal to `initializer` when its constructor gets them.

    They are those of its config, except that initializers among them stay as they are. So no catalogue has to
    know their classes, and you can copy an initializer that no catalogue has.

    Raises
    ------
    ConfigError
        As `config_of`.
    """
    return initializer._seedbed_arguments()  # noqa: SLF001 - a word among base classes


def config_of(initializer: Initializer, *, allow_nan: bool = False) -> dict[str, Any]:
    """Return the config of `initializer`, and check what its `get_config` returns, which anybody may write.

    Parameters
    ----------
    initializer
        Any initializer.
    allow_nan
        Whether NaN and the infinities may be floats, although JSON has no numbers for them.

    Raises
    ------
    ConfigError
        If that is not a dict of plain JSON data.
    """
    owner = type(initializer).__name__
    config = initializer.get_config()
    if not isinstance(config, dict):
        raise ConfigError(
            f"{owner}.get_config() gave {shown(config)} of type {type(config).__name__}; "
            "it must return a dict of the constructor's arguments"
        )
    found: dict[str, Any] = plain(
        config,
        lambda part: ConfigError(
            f"{owner}.get_config() gave {shown(part)} of type {type(part).__name__}, which JSON cannot hold; "
            "return finite numbers, strings, bools, None, and lists and dicts of those that do not contain "
            "themselves"
        ),
        allow_nan=allow_nan,
    )
    return found


def unusable(found: object) -> str:
    """Return why `found` cannot be the class of an initializer; an empty text if it can.

    The text follows "which" or "that" in a message.
    """
    if not is_class(found) or not issubclass(found, Initializer):
        return f"is {shown(found)} and no subclass of seedbed.Initializer"
    if inspect.isabstract(found):
        return f"does not implement {', '.join(sorted(found.__abstractmethods__))}"
    return ""


def _identity(initializer: Initializer) -> tuple[object, ...]:
    """Return what is equal, and has one hash, for initializers of one class and equal arguments."""
    return (id(type(initializer)), comparable(arguments_of(initializer)))  # a metaclass may say how it hashes


def _given(initializer: Initializer) -> list[str]:
    """Return the arguments that differ from their defaults, as one would write them."""
    given, defaults = arguments_of(initializer), parameters(type(initializer))
    return [f"{key}={value!r}" for key, value in given.items() if not _is_default(key, value, defaults)]


def _is_default(name: str, value: Any, defaults: Mapping[str, inspect.Parameter]) -> bool:
    if name not in defaults:
        return False
    default = defaults[name].default
    return type(default) is type(value) and comparable(default) == comparable(value)

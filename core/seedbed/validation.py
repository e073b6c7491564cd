"""What stands between an initializer's caller and the code of its subclass: checks in both directions."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from seedbed import theirs
from seedbed.copying import copy_into
from seedbed.dtypes import DTypeLike, as_dtype
from seedbed.errors import ArgumentError, DTypeError, described, name_of, shown
from seedbed.integers import as_integer
from seedbed.shapes import Shape, ShapeLike, as_shape, check_array, check_index

if TYPE_CHECKING:
    import numpy.typing as npt


_MARK = "_seedbed_validates"


def validated(call: Callable[..., Any]) -> Callable[..., Any]:
    """Return a ``__call__`` that validates shape and dtype before `call`; `call` itself if it is such a one.

    The dtype must be one that the class declares. Further arguments go through as they are.
    """
    if _is_marked(call):
        return call
    bind = _binding(call)

    @functools.wraps(call)
    def checked(
        self: object, shape: ShapeLike, dtype: DTypeLike | None = None, *more: Any, **options: Any
    ) -> Any:
        try:
            shape, dtype = as_shape(shape), as_declared(self, dtype)
        except DTypeError as error:
            _refuse_sizes((shape, dtype, *more), error)
            raise
        check_array(shape, dtype)
        bound = bind(call, self, type(self))
        try:
            return bound(shape, dtype, *more, **options)
        except TypeError as error:
            if _takes_dtype(bound):
                raise
            raise ArgumentError(
                f"{name_of(type(self))}.__call__ does not take a shape and a dtype ({described(error)}); "
                "define it as __call__(self, shape, dtype=None), and return values of that dtype, as by "
                ".astype(dtype)"
            ) from error

    setattr(checked, _MARK, checked)
    return checked


def given(shape: ShapeLike, dtype: DTypeLike | None) -> tuple[Shape, np.dtype[Any]]:
    """Return shape and dtype as a ``__call__`` of a subclass gets them, which type checkers do not know."""
    return shape, dtype  # type: ignore[return-value]


def _refuse_sizes(given: tuple[object, ...], error: DTypeError) -> None:
    """Refuse the sizes of a shape that are given one by one, so that the second stands for the dtype."""
    sizes = [size for size in map(as_integer, given) if size is not None]
    if len(sizes) == len(given):
        raise DTypeError(
            f"got dtype {sizes[1]} behind shape {sizes[0]}; give the sizes of a shape as a tuple, as in "
            f"initializer(({', '.join(map(str, sizes))}))"
        ) from error


def _takes_dtype(call: Callable[..., Any]) -> bool:
    try:
        inspect.signature(call).bind((), None)
    except TypeError:
        return False
    except ValueError:  # it tells nothing of itself
        return True
    return True


def declared_dtypes(owner: Any) -> tuple[str, ...]:
    """Return the names of the dtypes that an initializer declares.

    Raises
    ------
    ArgumentError
        If its class declares something else.
    """
    found: tuple[str, ...] = owner.dtypes
    if isinstance(found, tuple) and set(map(type, found)) <= _TEXT:
        return found
    raise ArgumentError(
        f"{name_of(type(owner))}.dtypes is {shown(found)}; declare a tuple of names of dtypes, such as "
        "seedbed.dtypes.FLOATING or ('float32', 'float64')"
    )


_TEXT: Final = frozenset({str})


def as_declared(owner: Any, dtype: DTypeLike | None) -> np.dtype[Any]:
    """Return `dtype` as a `numpy.dtype` that an initializer declares.

    Raises
    ------
    DTypeError
        If it does not declare it; by the words of its class, if that has some.
    """
    try:
        return as_dtype(dtype, declared_dtypes(owner))
    except DTypeError:
        if hasattr(owner, "_seedbed_undeclared"):
            raise owner._seedbed_undeclared(as_dtype(dtype)) from None  # noqa: SLF001 - a word among base classes
        raise


def guarded(fill: Callable[..., Any]) -> Callable[..., Any]:
    """Return a ``fill`` that gives `fill` a plain array of a declared dtype; `fill` itself if it does."""
    if _is_marked(fill):
        return fill
    bind = _binding(fill)

    @functools.wraps(fill)
    def checked(self: object, out: npt.NDArray[Any], *more: Any, **options: Any) -> Any:
        memory = check_writable(out)
        as_declared(self, memory.dtype)
        returned = bind(fill, self, type(self))(memory, *more, **options)
        return out if returned is memory else returned

    setattr(checked, _MARK, checked)
    return checked


def prechecked(check: Callable[..., Any]) -> Callable[..., Any]:
    """Return a ``check`` that validates shape and dtype before `check`, as calls do; `check` if it does.

    A method of an author's that has this name and other arguments is a helper of theirs.
    """
    if _is_marked(check) or not takes_shape_and_dtype(check):
        return check
    bind = _binding(check)

    @functools.wraps(check)
    def checked(
        self: object, shape: ShapeLike, dtype: DTypeLike | None = None, *more: Any, **options: Any
    ) -> None:
        # A tensor of which only parts are made may be larger than any array.
        bind(check, self, type(self))(as_shape(shape), as_declared(self, dtype), *more, **options)

    setattr(checked, _MARK, checked)
    return checked


def placing(shard: Callable[..., Any]) -> Callable[..., Any]:
    """Return a ``shard`` that can write into an array `out`; `shard` itself if it has such an argument."""
    if _is_marked(shard) or "out" in _names_of(shard):
        return shard
    bind = _binding(shard)

    @functools.wraps(shard)
    def checked(self: object, *given: Any, out: npt.NDArray[Any] | None = None, **options: Any) -> Any:
        bound = bind(shard, self, type(self))
        if out is None:
            return bound(*given, **options)
        rest: tuple[Any, ...] = tuple(options.get(name) for name in _OF_SHARDS[len(given) :])
        shape, index, dtype = (*given, *rest)[:3]
        kind = as_declared(self, of_room(dtype, out))
        memory = check_room(out, check_index(as_shape(shape), index), kind)
        if len(given) > 2:
            given = (*given[:2], kind, *given[3:])
        else:
            options["dtype"] = kind
        copy_into(memory, check_result(self, bound(*given, **options), memory.shape, kind))
        return out

    setattr(checked, _MARK, checked)
    return checked


_OF_SHARDS: Final = ("shape", "index", "dtype")


def of_room(dtype: DTypeLike | None, out: npt.NDArray[Any] | None) -> DTypeLike | None:
    """Return the dtype that is asked for: that of `out`, if none is given."""
    return out.dtype if dtype is None and isinstance(out, np.ndarray) else dtype


def check_room(out: object, shape: Shape, dtype: np.dtype[Any]) -> npt.NDArray[Any]:
    """Return the plain array of what a shard is to be written to.

    Raises
    ------
    ArgumentError
        As `check_writable`, and if it has another shape or dtype than the shard.
    """
    memory = check_writable(out)
    if memory.shape != shape or memory.dtype != dtype:
        raise ArgumentError(
            f"got out of shape {memory.shape} and dtype {memory.dtype.name!r} for a shard of shape {shape} "
            f"and dtype {dtype.name!r}; give an array of those, or leave out the dtype"
        )
    return memory


def takes_shape_and_dtype(check: Any) -> bool:
    """Say whether a ``check`` has the arguments of the contract's, by their names."""
    return _names_of(check)[not isinstance(check, staticmethod) :][:2] == ["shape", "dtype"]


def _names_of(method: Any) -> list[str]:
    """Return the names of a method's arguments; none if it does not tell them."""
    function = getattr(method, "__func__", method)  # of a classmethod or a staticmethod
    try:
        return list(inspect.signature(function).parameters)
    except (TypeError, ValueError):  # it is no function, or tells nothing of itself
        return []


_GUARDS: Final = {"__call__": validated, "fill": guarded, "check": prechecked, "shard": placing}


def guard_methods(cls: type, contract: type) -> None:
    """Put the checks before the methods of a subclass that are not those of the contract itself."""
    for name, guarding in _GUARDS.items():
        # The method need not be the class's own: it may come from a class that does not know the contract.
        own = next(vars(base)[name] for base in cls.__mro__ if name in vars(base))
        if own is not vars(contract)[name] and (checked := guarding(own)) is not own:
            setattr(cls, name, checked)


def is_checked(method: object) -> bool:
    """Say whether a ``check`` is one that `prechecked` returned."""
    return method is not None and _is_marked(method)


def _is_marked(method: object) -> bool:
    # A decorator of the author's that uses `functools.wraps` copies the mark, but is not what is marked.
    return getattr(method, _MARK, None) is method


def _binding(method: object) -> Callable[..., Any]:
    # A staticmethod, say, is not to be given `self`.
    return getattr(type(method), "__get__", lambda found, *_: found)


def check_writable(out: object) -> npt.NDArray[Any]:
    """Return the plain array of what `fill` is to write to, having refused what it cannot write to.

    It has the memory of `out` and none of the ways of a subclass: a part of a `numpy.matrix` would have two
    axes whatever is asked for, and the mask of a masked array is not the values'.

    Raises
    ------
    ArgumentError
        If `out` is not a writable NumPy array, is a masked array with a hard mask, or has elements that share
        memory.
    """
    if not isinstance(out, np.ndarray) or not out.flags.writeable:
        what = "a read-only array" if isinstance(out, np.ndarray) else f"a {type(out).__name__}"
        raise ArgumentError(f"got {what} to fill; pass a writable numpy.ndarray")
    if getattr(out, "hardmask", False):
        raise ArgumentError(
            "got a masked array with a hard mask to fill, whose masked elements keep their values; pass its "
            "data, as out.data, or call out.soften_mask() first"
        )
    plain = out if type(out) is np.ndarray else out.view(np.ndarray)
    if overlaps(plain):
        raise ArgumentError(
            f"got an array of shape {out.shape} to fill whose elements share memory, by its strides "
            f"{out.strides}; pass one of its own memory, as by numpy.empty(out.shape, out.dtype)"
        )
    return plain


# Steps in search of two elements in one place, some tens of microseconds; views of an array take a few.
_EFFORT: Final[Any] = 1 << 12  # which NumPy takes, and its annotations do not


def overlaps(array: npt.NDArray[Any]) -> bool:
    """Say whether two elements share memory, or might in an array too intricate to tell."""
    if array.flags.c_contiguous or array.flags.f_contiguous:
        return False
    # Of two elements the indices are equal up to some axis, and there one of them is the smaller.
    for axis in range(array.ndim):
        inner = array[(0,) * axis]
        try:
            if np.shares_memory(inner[:1], inner[1:], max_work=_EFFORT):
                return True
        except np.exceptions.TooHardError:
            return True
    return False


def check_result(owner: object, values: object, shape: Shape, dtype: np.dtype[Any]) -> npt.NDArray[Any]:
    """Return `values`, which a subclass's ``__call__`` gave, as an array of the shape and dtype asked for.

    They may be those of a framework whose arrays NumPy can read.

    Raises
    ------
    ArgumentError
        If they are no array, or one of another shape or dtype: to cast them could lose anything.
    """
    name = type(owner).__name__
    try:
        array = theirs.as_array(values)
    except Exception as error:
        raise ArgumentError(
            f"{name} gave a {type(values).__name__} that NumPy cannot read ({described(error)}); its "
            "__call__ must return a numpy.ndarray, or an array in the memory of the host"
        ) from error
    if array is None:
        raise ArgumentError(
            f"{name} gave a {type(values).__name__} when asked for an array of shape {shape}; "
            "its __call__ must return a numpy.ndarray"
        )
    if array.shape != shape:
        raise ArgumentError(
            f"{name} gave an array of shape {array.shape} when asked for {shape}; "
            "its __call__ must return the shape that it is given"
        )
    if array.dtype != dtype:
        raise ArgumentError(
            f"{name} gave an array of dtype {_told(array.dtype)} when asked for {dtype.name!r}; "
            "its __call__ must return the dtype that it is given, as by .astype(dtype)"
        )
    return array


def _told(dtype: np.dtype[Any]) -> str:
    return repr(dtype.name) if dtype.isnative else f"{dtype.name!r} in the other byte order"

"""What stands between an initializer's caller and the code of its subclass: checks in both directions."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from seedbed.dtypes import DTypeLike, as_dtype
from seedbed.errors import ArgumentError
from seedbed.shapes import Shape, ShapeLike, as_shape, check_array

if TYPE_CHECKING:
    import numpy.typing as npt


_MARK = "_seedbed_validates"


def validated(call: Callable[..., Any]) -> Callable[..., Any]:
    """Return a ``__call__`` that validates shape and dtype before `call`; `call` itself if it is such a one.

    Further arguments go through as they are.
    """
    # A decorator of the author's that uses `functools.wraps` copies the mark, but is not what is marked.
    is_marked: bool = getattr(call, _MARK, None) is call
    if is_marked:
        return call
    # A staticmethod, say, is not to be given `self`.
    bind = getattr(type(call), "__get__", lambda found, *_: found)

    @functools.wraps(call)
    def checked(
        self: object, shape: ShapeLike, dtype: DTypeLike | None = None, *more: Any, **options: Any
    ) -> Any:
        shape, dtype = as_shape(shape), as_dtype(dtype)
        check_array(shape, dtype)
        return bind(call, self, type(self))(shape, dtype, *more, **options)

    setattr(checked, _MARK, checked)
    return checked


def check_writable(out: object) -> None:
    """Refuse what `fill` cannot write to.

    Raises
    ------
    ArgumentError
        If `out` is not a writable NumPy array.
    """
    if not isinstance(out, np.ndarray) or not out.flags.writeable:
        what = "a read-only array" if isinstance(out, np.ndarray) else f"a {type(out).__name__}"
        raise ArgumentError(f"got {what} to fill; pass a writable numpy.ndarray")


def check_result(owner: object, values: object, shape: Shape, dtype: np.dtype[Any]) -> npt.NDArray[Any]:
    """Return `values`, which a subclass's ``__call__`` gave, as an array of the shape and dtype asked for.

    Raises
    ------
    ArgumentError
        If they are no array, or one of another shape or dtype: to cast them could lose anything.
    """
    name = type(owner).__name__
    if not isinstance(values, np.ndarray | np.generic):
        raise ArgumentError(
            f"{name} gave a {type(values).__name__} when asked for an array of shape {shape}; "
            "its __call__ must return a numpy.ndarray"
        )
    if values.shape != shape:
        raise ArgumentError(
            f"{name} gave an array of shape {values.shape} when asked for {shape}; "
            "its __call__ must return the shape that it is given"
        )
    if values.dtype != dtype:
        raise ArgumentError(
            f"{name} gave an array of dtype {values.dtype.name!r} when asked for {dtype.name!r}; "
            "its __call__ must return the dtype that it is given, as by .astype(dtype)"
        )
    return np.asarray(values)

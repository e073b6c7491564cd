"""Initializers that give the same value whatever the seed: zeros, ones and constants."""

from __future__ import annotations

import math
from typing import Any, ClassVar, Final, Literal, final

import numpy as np
import numpy.typing as npt

from seedbed.dtypes import DTypeLike, compute_dtype
from seedbed.errors import ArgumentError, DTypeError, ShapeError, shown
from seedbed.initializer import Initializer
from seedbed.shapes import BasicIndex, Shape, ShapeLike, as_shape, check_index

_MOST_LEVELS: Final = 32
"""As many axes as every supported NumPy gives an array."""


class _Constant(Initializer):
    """An array whose elements come from a value that broadcasts."""

    reproducibility: ClassVar[Literal["exact", "numerical", "undeclared"]] = "exact"

    def shard(self, shape: ShapeLike, index: BasicIndex, dtype: DTypeLike | None = None) -> npt.NDArray[Any]:
        """Return ``self(shape, dtype)[index]``, having made no more than that part."""
        whole = as_shape(shape)
        check_index(whole, index)
        value = self(self._own_shape(), dtype)
        return _broadcast(value, whole)[index].copy()

    def _own_shape(self) -> Shape:
        return ()


@final
class Zeros(_Constant):
    """Zeros.

    Every dtype is allowed.

    Examples
    --------
    >>> Zeros()((2, 3), "int8")
    array([[0, 0, 0],
           [0, 0, 0]], dtype=int8)
    """

    def __call__(self, shape: ShapeLike, dtype: DTypeLike | None = None) -> npt.NDArray[Any]:
        """Return an array of zeros."""
        return np.zeros(shape, dtype)


@final
class Ones(_Constant):
    """Ones.

    Every dtype is allowed; ``True`` for bool.

    Examples
    --------
    >>> Ones()(3)
    array([1., 1., 1.], dtype=float32)
    """

    def __call__(self, shape: ShapeLike, dtype: DTypeLike | None = None) -> npt.NDArray[Any]:
        """Return an array of ones."""
        return np.ones(shape, dtype)


@final
class Constant(_Constant):
    """A number, or an array that broadcasts to the shape asked for.

    Parameters
    ----------
    value
        A number (complex too), a nested list of numbers, or an array. In a config it stands as a number or
        a nested list; NaN, the infinities and complex numbers, which JSON lacks, stand as strings such as
        ``"nan"``, ``"-inf"`` and ``"(1+2j)"``, which are accepted here too.

    Raises
    ------
    ArgumentError
        If `value` holds anything but numbers, or nested lists of unequal lengths.

    Notes
    -----
    Floating dtypes round the value once. Integer and bool dtypes must hold it exactly, real ones must not
    drop an imaginary part, and no dtype may overflow; else `DTypeError` is raised.

    Examples
    --------
    >>> Constant([1, 2, 3])((2, 3))
    array([[1., 2., 3.],
           [1., 2., 3.]], dtype=float32)
    >>> Constant(float("nan")).get_config()
    {'value': 'nan'}
    """

    value: Any

    def __init__(self, value: Any = 0.0) -> None:
        array = _as_numbers(value)
        self.value = array.item() if array.ndim == 0 else array

    def __call__(self, shape: ShapeLike, dtype: DTypeLike | None = None) -> npt.NDArray[Any]:
        """Return a new array of `shape` to which the value has been broadcast."""
        value = _cast(np.asarray(self.value), np.dtype(dtype))
        return np.array(_broadcast(value, as_shape(shape)))

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's argument as plain JSON data."""
        return {"value": _to_json(self.value.tolist() if isinstance(self.value, np.ndarray) else self.value)}

    def _own_shape(self) -> Shape:
        return np.shape(self.value)


def _as_numbers(value: Any) -> npt.NDArray[Any]:
    """Return `value` as a read-only array of bools, ints, floats or complex numbers, a copy of its own."""
    numbers = value if isinstance(value, np.ndarray | np.generic) else _from_json(value, 0)
    try:
        array = np.array(numbers)
    except (ValueError, OverflowError) as error:  # ragged lists
        raise ArgumentError(
            f"value must be a number, a nested list or an array, got {shown(value)}: {error}"
        ) from error
    if array.dtype.kind == "O":  # ints beyond 64 bits, or ragged lists in older NumPy
        raise ArgumentError(
            f"value must hold numbers of at most 64 bits in lists of equal length, got {shown(value)}"
        )
    if array.dtype.name == "bfloat16":
        array = array.astype(np.float32)
    if array.dtype.kind not in "biufc":
        raise ArgumentError(f"value must hold numbers, got an array of dtype {array.dtype}")
    array.flags.writeable = False
    return array


def _from_json(value: Any, level: int) -> Any:
    if level > _MOST_LEVELS:
        raise ArgumentError(
            f"value is nested more than {_MOST_LEVELS} lists deep, more axes than an array has"
        )
    if isinstance(value, list | tuple):
        return [_from_json(item, level + 1) for item in value]
    if isinstance(value, bool | int | float | complex | np.generic):
        return value
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, str):
        return _from_text(value)
    raise ArgumentError(f"value must be a number, a nested list or an array, got {shown(value)}")


def _from_text(text: str) -> float | complex:
    """Return the number that `_to_json` writes as `text`."""
    try:
        number = complex(text)
    except ValueError:
        number = 0j
    for candidate in (number, number.real):
        if _to_json(candidate) == text:
            return candidate
    raise ArgumentError(
        f"value must be a number, got the text {shown(text)}; only 'nan', 'inf', '-inf' and complex numbers "
        "such as '(1+2j)' are written as text"
    )


def _to_json(value: Any) -> Any:
    if isinstance(value, list):
        return [_to_json(item) for item in value]
    if isinstance(value, complex) or (isinstance(value, float) and not math.isfinite(value)):
        return repr(value)
    return value


def _cast(value: npt.NDArray[Any], dtype: np.dtype[Any]) -> npt.NDArray[Any]:
    """Return `value` in `dtype`, or say why that dtype cannot hold it."""
    if value.dtype.kind == "c" and dtype.kind != "c":
        if np.any(value.imag):
            raise DTypeError(
                f"a complex constant does not fit dtype {dtype.name!r}; ask for complex64 or complex128"
            )
        value = value.real
    with np.errstate(all="ignore"):  # what the next lines look for is what NumPy would warn of
        cast = value.astype(compute_dtype(dtype)).astype(dtype)
        if dtype.kind in "biu":
            fits = np.array_equal(cast.astype(value.dtype), value) and np.array_equal(
                np.signbit(cast.astype(float)), value < 0
            )
            why = "cannot hold it exactly"
        else:
            fits = np.array_equal(np.isfinite(cast), np.isfinite(value))
            why = "is too narrow, so that it would become infinite"
    if not fits:
        raise DTypeError(
            f"constant {shown(value.tolist())}: dtype {dtype.name!r} {why}; choose another dtype"
        )
    return cast


def _broadcast(value: npt.NDArray[Any], shape: Shape) -> npt.NDArray[Any]:
    try:
        return np.broadcast_to(value, shape)
    except ValueError as error:
        raise ShapeError(f"a constant of shape {value.shape} does not broadcast to shape {shape}") from error

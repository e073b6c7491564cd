"""Initializers that give the same value whatever the seed: zeros, ones and constants."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping
from typing import Any, ClassVar, Final, final

import numpy as np
import numpy.typing as npt

from seedbed.arguments import has_masked
from seedbed.dtypes import ALL, DTypeLike, as_dtype, rounded
from seedbed.errors import ArgumentError, DTypeError, ShapeError, shown
from seedbed.initializer import Initializer, Reproducibility
from seedbed.shapes import (
    BasicIndex,
    Shape,
    ShapeLike,
    as_shape,
    check_array,
    check_index,
    full_index,
    gives_scalar,
)

_MOST_LEVELS: Final = 32
"""As many axes as every supported NumPy gives an array."""

_MOST_SHOWN: Final = 1000
"""Elements that a `repr` writes out: as many as NumPy's own does."""

_MOST_REPEATED: Final = 2**24
"""Elements that lists may stand for by holding the same lists many times: an array of 128 MiB."""

_NUMBERS: Final = frozenset({bool, int, float})


class _Constant(Initializer):
    """An array whose elements come from a value that broadcasts."""

    reproducibility: ClassVar[Reproducibility] = "exact"

    dtypes = ALL

    def shard(self, shape: ShapeLike, index: BasicIndex, dtype: DTypeLike | None = None) -> npt.NDArray[Any]:
        """Return ``self(shape, dtype)[index]``, having made no more than that part."""
        whole, dtype = as_shape(shape), as_dtype(dtype)
        part = check_index(whole, index)
        check_array(part, dtype)
        value = self(self._own_shape(), dtype)
        _check_broadcasts(value.shape, whole)
        value = value.reshape((*[1] * (len(whole) - value.ndim), *value.shape))
        # Of the value, since NumPy need not be able to have a view of the whole.
        at = zip(full_index(index, len(whole)), value.shape, whole, strict=True)
        taken = value[(..., *(_of_one(part) if own != size else part for part, own, size in at))]
        result = np.broadcast_to(taken, part).copy()
        return result[()] if gives_scalar(part, index) else result

    def _own_shape(self) -> Shape:
        return ()


@final
class Zeros(_Constant):
    """Zeros.

    Every dtype is allowed.

    Notes
    -----
    Every value is ``w = 0``.

    Peers
    -----
    Keras, TensorFlow : Zeros
    PyTorch : zeros_
    JAX : zeros

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

    Notes
    -----
    Every value is ``w = 1``.

    Peers
    -----
    Keras, TensorFlow : Ones
    PyTorch : ones_
    JAX : ones

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
        ``"nan"``, ``"-inf"`` and ``"(1+2j)"``, and an array without elements whose shape no nested list has
        stands as ``{"shape": [0, 3]}``. These are accepted here too.

    Raises
    ------
    ArgumentError
        If `value` holds anything but numbers that bool, 64-bit ints, float64 or complex128 hold exactly, or
        nested lists of unequal lengths.

    Notes
    -----
    ``w = broadcast(value, shape)``, with the rules of `numpy.broadcast_to`.

    Floating dtypes round the value once. Integer and bool dtypes must hold it exactly, real ones must not
    drop an imaginary part, and no dtype may overflow; else `DTypeError` is raised.

    Two constants are equal if they hold the same numbers, be they ints or floats, in the same shape. ``True``
    is not 1, and -0.0 is not 0.

    Peers
    -----
    Keras, TensorFlow : Constant
    PyTorch : constant_
        A number only.
    JAX : constant

    Examples
    --------
    >>> Constant([1, 2, 3])((2, 3))
    array([[1., 2., 3.],
           [1., 2., 3.]], dtype=float32)
    >>> Constant(float("nan")).get_config()
    {'value': 'nan'}
    """

    def __init__(self, value: Any = 0.0) -> None:
        array = _canonical(_as_numbers(value))
        # As bytes, which unlike an array's flag nobody can make writable, not even in a copy.
        self._bytes, self._dtype, self._shape = array.tobytes(), array.dtype, array.shape

    @property
    def value(self) -> Any:
        """A Python number, or a read-only array."""
        return self._array.item() if self._shape == () else self._array

    @property
    def _array(self) -> npt.NDArray[Any]:
        return np.ndarray(self._shape, self._dtype, self._bytes)

    def __call__(self, shape: ShapeLike, dtype: DTypeLike | None = None) -> npt.NDArray[Any]:
        """Return a new array of `shape` to which the value has been broadcast."""
        _check_broadcasts(self._shape, as_shape(shape))
        return np.array(np.broadcast_to(_cast(self._array, np.dtype(dtype)), as_shape(shape)))

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's argument as plain JSON data."""
        # Nested lists show no axis behind one of length 0; and very many empty ones would say little.
        if 0 in self._shape and not 0 < math.prod(self._shape[:-1]) <= _MOST_SHOWN:
            return {"value": {"shape": [*self._shape]}}
        if self._dtype.kind == "c" or not np.isfinite(self._array).all():
            return {"value": _to_json(self._array.tolist())}
        return {"value": self._array.tolist()}

    def _own_shape(self) -> Shape:
        return self._shape

    def _key(self) -> tuple[object, ...]:
        # What the config would say, without making Python objects of millions of numbers.
        return (type(self), self._shape, *_comparable(self._array))

    def __repr__(self) -> str:
        if self._array.size <= _MOST_SHOWN:
            return super().__repr__()
        flat = self._array.reshape(-1)
        first, second, last_but_one, last = map(repr, flat[[0, 1, -2, -1]].tolist())
        elements = f"[{first}, {second}, ..., {last_but_one}, {last}]"
        return f"<Constant of shape {self._shape} and dtype {self._dtype.name}: {elements}>"


def _as_numbers(value: Any) -> npt.NDArray[Any]:
    """Return `value` as an array of bools, ints, floats or complex numbers of any width."""
    if isinstance(value, Mapping):
        return _without_elements(value)
    _refuse_masked(value)
    if isinstance(value, list | tuple):
        _check_lists(value)
    numbers = value if isinstance(value, np.ndarray | np.generic) else _from_json(value)
    try:
        array = np.array(numbers)
    except (ValueError, OverflowError) as error:  # an int that no float reaches, beside a float
        raise ArgumentError(
            f"value must be a number, a nested list or an array, got {shown(value)}: {error}"
        ) from error
    if array.dtype.kind == "f" and isinstance(numbers, list):
        array = _unsigned_if_whole(numbers, array)
    if array.dtype.kind == "O" and not isinstance(numbers, np.ndarray):
        raise ArgumentError(f"value must hold ints that are all int64 or all uint64, got {shown(value)}")
    if array.dtype.name == "bfloat16":
        array = array.astype(np.float32)
    if array.dtype.kind not in "biufc":
        raise ArgumentError(f"value must hold numbers, got an array of dtype {array.dtype}")
    return array


def _refuse_masked(value: Any) -> None:
    if has_masked(value):
        raise ArgumentError(
            "value must be a number, a nested list or an array without masked elements, got "
            f"{shown(value)} of type {type(value).__name__}; "
            "say what stands in the masked places, as by .filled(0)"
        )


def _unsigned_if_whole(numbers: list[Any], array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return `array`, or the ints where NumPy has made floats of them for want of a common dtype."""
    objects = np.array(numbers, object)
    if not objects.size or not all(type(number) is int for number in objects.flat):
        return array
    # A sign and the 64th bit together fit no dtype; as objects they are refused.
    return objects if min(objects.flat) < 0 else objects.astype(np.uint64)


def _without_elements(value: Mapping[Any, Any]) -> npt.NDArray[Any]:
    """Return the array of ``{"shape": [...]}``, a shape with an axis of length 0."""
    shape = as_shape(value["shape"]) if value.keys() == {"shape"} else ()
    if 0 not in shape:
        raise ArgumentError(
            f"value must be a number, a nested list or an array, got {shown(value)}; only an array without "
            'elements is written as a dict, such as {"shape": [0, 3]}'
        )
    check_array(shape, np.dtype(np.float64))
    return np.empty(shape)


def _canonical(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return the numbers in the dtype, and NaN with the bits, that they have when read from their config."""
    if not array.size:
        return np.empty(array.shape)
    for kind in _CANONICAL[array.dtype.kind]:
        with np.errstate(all="ignore"):  # a number that does not fit is what the next line looks for
            wide = array.astype(kind, order="C")
        if np.array_equal(wide, array, equal_nan=True):
            if wide.dtype.kind in "fc":
                parts = wide.reshape(-1).view(np.float64)
                parts[np.isnan(parts)] = np.nan
            return wide
    raise ArgumentError(
        f"value must hold numbers that {kind} holds exactly, got {shown(array)} of dtype {array.dtype}; "
        f"round it first, as by .astype({kind!r})"
    )


_CANONICAL: Final = {
    "b": ("bool",),
    "i": ("int64",),
    "u": ("int64", "uint64"),
    "f": ("float64",),
    "c": ("complex128",),
}
"""By kind of dtype, those that NumPy gives a nested list of such numbers."""


def _comparable(array: npt.NDArray[Any]) -> tuple[Hashable, ...]:
    """Return the kind and the bytes of an array, the same for ints and floats of the same values."""
    if array.dtype.kind in "iu":
        floats = array.astype(np.float64)
        beyond = 2.0**63 if array.dtype.kind == "i" else 2.0**64
        if floats.max() < beyond and np.array_equal(floats.astype(array.dtype), array):
            array = floats
    return array.dtype.kind, array.tobytes()


def _check_lists(value: list[Any] | tuple[Any, ...]) -> None:
    """Refuse lists of unequal lengths, and those that say far more numbers than they hold.

    A list that holds another one twice, which holds a third one twice, and so on, is small, and would be an
    array of any size. JSON text cannot say so; YAML can.
    """
    known: dict[int, Shape] = {}
    shape = _shape_of_lists(value, 0, known)
    held = sum(length for length, *_ in known.values())
    if math.prod(shape) > max(held, _MOST_REPEATED):
        raise ArgumentError(
            f"value is lists of shape {shape} that hold only {held} items, since the same lists stand in it "
            f"many times; for more than {_MOST_REPEATED} elements give an array, as by numpy.broadcast_to"
        )


def _shape_of_lists(value: Any, level: int, known: dict[int, Shape]) -> Shape:
    """Return the shape of nested lists, having looked once at each; `known` gets the shape of each by id."""
    if isinstance(value, np.ndarray):
        shape: Shape = value.shape
        return shape
    if not isinstance(value, list | tuple):
        return ()
    if id(value) not in known:
        if level >= _MOST_LEVELS:
            raise ArgumentError(
                f"value is nested more than {_MOST_LEVELS} lists deep, which is more axes than are taken"
            )
        inner = {()} if _are_numbers(value) else {_shape_of_lists(item, level + 1, known) for item in value}
        if len(inner) > 1:
            shapes = " and ".join(map(str, sorted(inner)[:2]))
            raise ArgumentError(
                f"value must be a number, a nested list or an array, got {shown(value)}, whose items have "
                f"the shapes {shapes}; make its lists equally long"
            )
        known[id(value)] = (len(value), *next(iter(inner), ()))
    return known[id(value)]


def _are_numbers(value: list[Any] | tuple[Any, ...]) -> bool:
    return _NUMBERS.issuperset(map(type, value))


def _from_json(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return list(value) if _are_numbers(value) else [_from_json(item) for item in value]
    if isinstance(value, bool | int | float | complex | np.generic):
        return value
    if isinstance(value, np.ndarray):
        _refuse_masked(value)
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
        cast = value.astype(dtype) if dtype.kind in "biu" else rounded(value, dtype)
        if dtype.kind in "biu":
            fits = np.array_equal(cast.astype(value.dtype), value) and np.array_equal(
                np.signbit(cast.astype(float)), value < 0
            )
            why = "cannot hold it exactly"
        else:
            fits = np.array_equal(np.isfinite(cast), np.isfinite(value))
            why = "is too narrow, so that it would become infinite"
    if not fits:
        number = value if value.ndim else value.item()
        raise DTypeError(f"constant {shown(number)}: dtype {dtype.name!r} {why}; choose another dtype")
    return cast


def _check_broadcasts(own: Shape, shape: Shape) -> None:
    behind = shape[len(shape) - len(own) :]
    if len(own) > len(shape) or any(a not in (1, b) for a, b in zip(own, behind, strict=True)):
        raise ShapeError(
            f"a constant of shape {own} does not broadcast to shape {shape}; ask for one that ends "
            f"in {own}, where its lengths of 1 may be any other, or give another constant"
        )


def _of_one(part: int | slice) -> int | slice:
    """Return an index of the one element that stands for all of an axis, which keeps the axis or does not."""
    return slice(None) if isinstance(part, slice) else 0

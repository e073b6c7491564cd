"""Initializers that give the same value whatever the seed: zeros, ones and constants."""

from __future__ import annotations

import abc
from typing import Any, ClassVar, final

import numpy as np
import numpy.typing as npt

from seedbed.divisible import Divisible
from seedbed.dtypes import ALL, DTypeLike, rounded
from seedbed.errors import DTypeError, shown
from seedbed.initializer import Reproducibility
from seedbed.shapes import Shape, ShapeLike
from seedbed.shard import Part, Write, broadcast
from seedbed.standard.numbers import MOST_SHOWN, Numbers
from seedbed.validation import given


class _Constant(Divisible):
    """An array whose elements come from a value that broadcasts."""

    reproducibility: ClassVar[Reproducibility] = "exact"

    dtypes = ALL

    def _seedbed_writer(self, shape: Shape, dtype: np.dtype[Any]) -> Write:
        value = self._value_in(shape, dtype)

        def write(out: npt.NDArray[Any], part: Part) -> None:
            out[...] = broadcast(value, shape, part) if value.ndim else value

        return write

    @abc.abstractmethod
    def _value_in(self, shape: Shape, dtype: np.dtype[Any]) -> npt.NDArray[Any]:
        """Return a value that broadcasts to `shape`."""


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

    # What the writer writes, and the call below gets from NumPy without writing.
    _seedbed_writer = _Constant._seedbed_writer  # noqa: SLF001 - a word among base classes

    def __call__(self, shape: ShapeLike, dtype: DTypeLike | None = None) -> npt.NDArray[Any]:
        """Return an array of zeros, which take no memory until they are read or written."""
        return np.zeros(*given(shape, dtype))

    def _value_in(self, shape: Shape, dtype: np.dtype[Any]) -> npt.NDArray[Any]:  # noqa: ARG002 - the same for all
        return np.zeros((), dtype)


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

    def _value_in(self, shape: Shape, dtype: np.dtype[Any]) -> npt.NDArray[Any]:  # noqa: ARG002 - the same for all
        return np.ones((), dtype)


@final
class Constant(_Constant):
    """A number, or an array that broadcasts to the shape asked for.

    Parameters
    ----------
    value
        A number (complex too), a nested list of numbers, or an array. In a config it is a number or a nested
        list. JSON lacks NaN, the infinities and complex numbers, so these are strings such as ``"nan"``,
        ``"-inf"`` and ``"(1+2j)"``. An array without elements whose shape no nested list can show is
        ``{"shape": [0, 3]}``. You can give these forms here too.

    Raises
    ------
    ArgumentError
        If `value` contains anything other than numbers that bool, 64-bit ints, float64 or complex128 hold
        exactly, or if nested lists have unequal lengths.

    Notes
    -----
    ``w = broadcast(value, shape)``, with the rules of `numpy.broadcast_to`.

    Floating dtypes round the value once. Integer and bool dtypes must hold it exactly, real ones must not
    drop an imaginary part, and no dtype may overflow. Otherwise `DTypeError` is raised.

    Two constants are equal if they hold the same numbers, ints or floats, in the same shape. ``True`` is not
    1, and -0.0 is not 0.

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
        self._numbers = Numbers(value, "constant")

    @property
    def value(self) -> Any:
        """A Python number, or a read-only array."""
        array = self._numbers.array
        return array if array.ndim else array.item()

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's argument as plain JSON data."""
        return {"value": self._numbers.config()}

    def _value_in(self, shape: Shape, dtype: np.dtype[Any]) -> npt.NDArray[Any]:
        self._numbers.check(shape)
        return _cast(self._numbers.array, dtype)

    # The same as comparing configs, without making Python objects of millions of numbers.

    def __eq__(self, other: object) -> bool:
        return self._numbers == other._numbers if isinstance(other, Constant) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._numbers)

    def __repr__(self) -> str:
        is_large = self._numbers.array.size > MOST_SHOWN
        return f"<Constant {self._numbers.summary()}>" if is_large else super().__repr__()


def _cast(value: npt.NDArray[Any], dtype: np.dtype[Any]) -> npt.NDArray[Any]:
    """Return `value` in `dtype`, or say why that dtype cannot hold it."""
    if value.dtype.kind == "c" and dtype.kind != "c":
        if np.any(value.imag):
            raise DTypeError(
                f"a complex constant does not fit dtype {dtype.name!r}; ask for complex64 or complex128"
            )
        value = value.real
    with np.errstate(all="ignore"):  # NumPy would warn of what the next lines look for
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

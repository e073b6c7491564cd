"""Initializers that compute with the values of others: times a factor, plus an offset, and sums."""

from __future__ import annotations

import abc
import functools
import operator
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar, Final, final

import numpy as np
import numpy.typing as npt

from seedbed.arguments import finite
from seedbed.combinators.combinator import Combinator, InitializerLike, OfOne, OfSeveral
from seedbed.divisible import is_divisible, writer
from seedbed.dtypes import COMPLEX, FLOATING, compute_dtype, rounded
from seedbed.errors import ArgumentError, DTypeError, ShapeError, shown
from seedbed.random import SeedLike
from seedbed.shapes import Shape
from seedbed.shard import Part, Write, pieces, sizes
from seedbed.standard.numbers import Numbers
from seedbed.validation import declared_dtypes

_Array = npt.NDArray[Any]

_DTYPES: Final = FLOATING + COMPLEX
# As `compute_dtype` has it, also for those who have no bfloat16.
_WORK: Final = {"float16": "float32", "bfloat16": "float32"}


class _DtypesOfFormulas:
    """The supported dtypes: the floating and complex ones that all parts support for the computation."""

    def __get__(self, instance: Combinator | None, owner: type[Combinator]) -> tuple[str, ...]:
        found = () if instance is None else map(declared_dtypes, instance.inner.initializers)
        taken = [set(names) for names in found]
        return tuple(name for name in _DTYPES if all(_WORK.get(name, name) in names for names in taken))


class _Arithmetic(Combinator):
    """A formula on the values of the parts, in double precision, and one rounding."""

    dtypes: ClassVar[tuple[str, ...]] = _DtypesOfFormulas()  # type: ignore[assignment] # gives such a tuple

    @abc.abstractmethod
    def _formula(self, values: Iterator[_Array], shape: Shape, part: Part) -> _Array:
        """Return the result for a part. The arrays are doubles, and may be overwritten."""

    def _seedbed_undeclared(self, dtype: np.dtype[Any]) -> DTypeError:
        """Return the error that says why `dtype` is not supported."""
        why = (
            f", in which few results of {type(self).__name__} are exact" if dtype.name not in _DTYPES else ""
        )
        return DTypeError(
            f"got dtype {dtype.name!r}{why}; allowed here are {', '.join(self.dtypes)}: ask for one of "
            "these, and cast what comes"
        )

    def _seedbed_writer(self, shape: Shape, dtype: np.dtype[Any]) -> Write:
        work, wide = compute_dtype(dtype), np.dtype("c16" if dtype.kind == "c" else "f8")
        parts = self.parts
        writers = [writer(initializer, shape, work) for initializer in parts]
        comes_whole = [not is_divisible(initializer) for initializer in parts]

        def write(out: _Array, part: Part) -> None:
            if not out.size:  # the dtype of the computation may have no such array
                return
            drawn: dict[int, _Array] = {}
            for number in np.flatnonzero(comes_whole).tolist():
                # The first part is written into `out`, piece by piece, until the result replaces it.
                room = out if dtype == work and not drawn else np.empty(out.shape, work)
                writers[number](room, part)
                drawn[number] = room
            for place, piece in pieces(part):
                values = (
                    drawn[number][place] if number in drawn else _drawn(write_inner, piece, work)
                    for number, write_inner in enumerate(writers)
                )
                doubles = (value.astype(wide, order="C") for value in values)
                out[place] = self._rounded(doubles, dtype, shape, piece)

        return write

    def _rounded(self, values: Iterator[_Array], dtype: np.dtype[Any], shape: Shape, part: Part) -> _Array:
        try:
            # Only finite numbers overflow: an infinity that an initializer returns is intended.
            with np.errstate(all="ignore", over="raise"):
                exact = self._formula(values, shape, part)
            found = rounded(exact, dtype)
        except FloatingPointError as error:
            raise self._overflow(dtype) from error
        if not np.isfinite(found).all() and not np.array_equal(np.isfinite(found), np.isfinite(exact)):
            raise self._overflow(dtype)
        return found

    def _overflow(self, dtype: np.dtype[Any]) -> DTypeError:
        return DTypeError(
            f"{type(self).__name__} gives values beyond the largest of dtype {dtype.name!r}; "
            "choose a wider dtype or smaller values"
        )


@final
class Scaled(_Arithmetic, OfOne):
    """Another initializer's values times a factor, one for all or one for each layer, row or element.

    Parameters
    ----------
    initializer
        An initializer, or the name or the config of one.
    factor
        A finite number, positive or negative; or a nested list or an array of those, which broadcasts to the
        shape as in NumPy.
    seed
        ``None``, an int, a string, or a list of those. It is passed on to `initializer`, which must then have
        no seed of its own.

    Raises
    ------
    ArgumentError
        If `factor` is none of these, or both have a seed.
    ShapeError
        If `factor` does not broadcast to the requested shape.

    Notes
    -----
    ``factor * initializer(shape)``. Fans are those of the whole shape. Floating and complex dtypes. The
    values are drawn at float32 or better, multiplied in double precision, and rounded once. One seed promises
    the same as for `initializer`.

    Peers
    -----
    Keras, TensorFlow
        `VarianceScaling` takes the square of the factor, as `scale`, and `Orthogonal` the factor, as `gain`.
        For others you write a class.
    JAX
        `variance_scaling` takes the square of the factor, and `orthogonal` the factor, both as `scale`. For
        others you write a function.
    PyTorch
        Some take the factor, as `gain`. After others you multiply in place, ``weight.mul_(factor)``.

    Examples
    --------
    >>> Scaled("ones", 0.5)((2, 2))
    array([[0.5, 0.5],
           [0.5, 0.5]], dtype=float32)
    >>> Scaled("he_normal", 24**-0.5, seed=7)
    Scaled(initializer=HeNormal(), factor=0.2041241452319315, seed=7)
    >>> Scaled("ones", [[1.0], [0.5]])((2, 3))
    array([[1. , 1. , 1. ],
           [0.5, 0.5, 0.5]], dtype=float32)
    """

    _seedbed_unseeded = ("_factor",)

    example_arguments: ClassVar = (
        {"initializer": "he_normal", "factor": 0.5},
        {"initializer": "he_normal", "factor": [0.5]},
    )

    def __init__(
        self,
        initializer: InitializerLike,
        factor: float | Sequence[Any] | npt.NDArray[Any],
        *,
        seed: SeedLike = None,
    ) -> None:
        self._factor = _as_factor(factor)
        super().__init__(initializer, seed=seed)

    @property
    def factor(self) -> Any:
        """The given `factor`: a number, or nested lists that the caller may change."""
        return self._factor.config() if isinstance(self._factor, Numbers) else self._factor

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments as plain JSON data."""
        return {**super().get_config(), "factor": self.factor}

    def _seedbed_writer(self, shape: Shape, dtype: np.dtype[Any]) -> Write:
        if isinstance(self._factor, Numbers):
            self._factor.check(shape)
        return super()._seedbed_writer(shape, dtype)

    def _formula(self, values: Iterator[_Array], shape: Shape, part: Part) -> _Array:
        product = next(values)
        factor = (
            self._factor.of_part(shape, part) if isinstance(self._factor, Numbers) else float(self._factor)
        )
        # By the parts of complex values, because 0 times an infinite one would be NaN.
        for numbers in (product.real, product.imag) if product.dtype.kind == "c" else (product,):
            np.multiply(numbers, factor, out=numbers)
        return product

    def _seedbed_argument(self, name: str) -> Any:
        # Unchanged, because copying or comparing millions of numbers as nested lists would take long.
        if name == "factor" and isinstance(self._factor, Numbers):
            return self._factor
        return super()._seedbed_argument(name)


@final
class Shifted(_Arithmetic, OfOne):
    """Another initializer's values plus an offset.

    Parameters
    ----------
    initializer
        An initializer, or the name or the config of one.
    offset
        A finite real number.
    seed
        ``None``, an int, a string, or a list of those. It is passed on to `initializer`, which must then have
        no seed of its own.

    Raises
    ------
    ArgumentError
        If `offset` is not a finite number, or both have a seed.

    Notes
    -----
    ``initializer(shape) + offset``. Floating and complex dtypes. The values are drawn at float32 or better,
    added in double precision, and rounded once. One seed promises the same as for `initializer`.

    Peers
    -----
    Keras, TensorFlow
        The normal distributions take the offset, as `mean`. For others you write a class.
    JAX
        No initializer takes an offset. You write a function.
    PyTorch
        After another one you add in place, ``weight.add_(offset)``.

    Examples
    --------
    >>> Shifted("zeros", 1.0)(3)
    array([1., 1., 1.], dtype=float32)
    """

    example_arguments: ClassVar = ({"initializer": "random_normal", "offset": 1.0},)

    def __init__(self, initializer: InitializerLike, offset: float, *, seed: SeedLike = None) -> None:
        self.offset = finite("offset", offset)
        super().__init__(initializer, seed=seed)

    def _formula(self, values: Iterator[_Array], shape: Shape, part: Part) -> _Array:  # noqa: ARG002 - see Scaled
        total = next(values)
        total += float(self.offset)
        return total


@final
class SumOf(_Arithmetic, OfSeveral):
    """The sum of several initializers' values.

    Parameters
    ----------
    initializers
        A list of at least one initializer, name or config of an initializer.
    seed
        ``None``, an int, a string, or a list of those. It is passed on to all of `initializers`, which must
        then have no seed of their own.

    Raises
    ------
    ArgumentError
        If `initializers` is not such a list, or there is a seed here and in one of them.

    Notes
    -----
    ``initializers[0](shape) + initializers[1](shape) + ...``. Number k draws as ``initializer.fold_in(k)``,
    so two equal ones with one seed give different values. Floating and complex dtypes. The values are drawn
    at float32 or better, added in double precision from the first to the last, and rounded once. One seed
    promises the same as for the weakest of `initializers`.

    Peers
    -----
    Keras, TensorFlow, JAX
        You write a class, or a function, that adds.
    PyTorch
        After the first one you add the others in place, ``weight.add_(other)``.

    Examples
    --------
    >>> noisy = SumOf(["identity", Scaled("random_normal", 0.1)], seed=7)
    >>> bool(abs(noisy((8, 8)) - np.eye(8)).max() < 0.05)
    True
    """

    example_arguments: ClassVar = ({"initializers": ["random_normal", "random_uniform"]},)

    def __init__(self, initializers: Sequence[InitializerLike], *, seed: SeedLike = None) -> None:
        super().__init__(initializers, seed=seed)

    def _formula(self, values: Iterator[_Array], shape: Shape, part: Part) -> _Array:  # noqa: ARG002 - see Scaled
        return functools.reduce(operator.iadd, values)


_FACTORS: Final = "a finite number, or a nested list or an array of those"


def _as_factor(factor: Any) -> float | Numbers:
    """Return the number, or the numbers, that an argument means.

    Raises
    ------
    ArgumentError
        If it means no numbers, or they are not finite.
    """
    if isinstance(factor, Numbers):
        return factor
    is_array = isinstance(factor, np.ndarray) and factor.ndim > 0
    try:
        if not is_array and not isinstance(factor, list | tuple | Mapping):
            return finite("factor", factor)
        numbers = Numbers(factor, "factor", exact=False)
    except (ArgumentError, ShapeError) as error:
        raise ArgumentError(
            f"factor must be {_FACTORS}, got {shown(factor)} of type {type(factor).__name__}: {error}"
        ) from error
    array = numbers.array
    if array.dtype.kind not in "iuf" or not np.isfinite(array).all() or numbers.is_mixed:
        raise ArgumentError(f"factor must be {_FACTORS}, got {shown(factor)}, which has others")
    return numbers


def _drawn(write: Write, part: Part, dtype: np.dtype[Any]) -> _Array:
    room = np.empty(sizes(part), dtype)
    write(room, part)
    return room

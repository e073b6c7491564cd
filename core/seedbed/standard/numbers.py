"""`Numbers`: an argument's numbers, from nested lists or an array, as one array that nobody can change."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Mapping
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from seedbed.errors import ArgumentError, ShapeError, shown
from seedbed.integers import has_masked
from seedbed.json_data import kinds_of
from seedbed.shapes import Shape, as_shape, check_array
from seedbed.shard import Part, broadcast

MOST_SHOWN: Final = 1000  # elements that a `repr` writes out: as many as NumPy's own does
_MOST_LEVELS: Final = 32  # as many axes as every supported NumPy gives an array
# Elements that lists may stand for by containing the same lists many times: an array of 128 MiB.
_MOST_REPEATED: Final = 2**24

_Array = npt.NDArray[Any]


class Numbers:
    """Numbers that broadcast to a shape.

    Two are equal if they are the same numbers, ints or floats, in the same shape. ``True`` is not 1, and -0.0
    is not 0.

    Parameters
    ----------
    value
        A number, nested lists or an array, or what `config` returns.
    name
        The name of the numbers in errors.
    exact
        Whether to raise for ints in lists that no 64-bit dtype, or no double among others, holds exactly.
        Otherwise they are rounded.

    Raises
    ------
    ArgumentError
        If `value` contains anything else, or its lists have unequal lengths.
    """

    __slots__ = ("_bytes", "_dtype", "_name", "is_mixed", "shape")

    def __init__(self, value: Any, name: str, *, exact: bool = True) -> None:
        found, kinds = _as_array(value, exact=exact)
        array = _canonical(found)
        # As bytes. Unlike an array with a flag, nobody can make bytes writable, not even in a copy.
        self._bytes, self._dtype, self.shape, self._name = array.tobytes(), array.dtype, array.shape, name
        self.is_mixed = bool in kinds and len(kinds) > 1  # bools and numbers together

    @property
    def array(self) -> _Array:
        """All of them, read-only."""
        return np.ndarray(self.shape, self._dtype, self._bytes)

    def config(self) -> Any:
        """Return JSON data that the caller may change."""
        array = self.array
        # Nested lists show no axis behind one of length 0; and very many empty lists would say little.
        if not array.size and not 0 < math.prod(self.shape[:-1]) <= MOST_SHOWN:
            return {"shape": [*self.shape]}
        as_text = np.full(self.shape, fill_value=True) if array.dtype.kind == "c" else ~np.isfinite(array)
        if not as_text.any():
            return array.tolist()
        objects = array.astype(object)
        objects[as_text] = [repr(number) for number in array[as_text].tolist()]
        return objects.tolist()

    def check(self, shape: Shape) -> None:
        """Raise for a shape to which the numbers do not broadcast.

        Raises
        ------
        ShapeError
            If they do not broadcast to it.
        """
        own = self.shape
        behind = shape[len(shape) - len(own) :]
        if len(own) > len(shape) or any(a not in (1, b) for a, b in zip(own, behind, strict=True)):
            ends = f"{own}, where its lengths of 1 may be any other" if 1 in own else str(own)
            raise ShapeError(
                f"got shape {shape}, to which a {self._name} of shape {own} does not broadcast; "
                f"ask for one that ends in {ends}, or give another {self._name}"
            )

    def of_part(self, shape: Shape, part: Part) -> _Array:
        """Return a view of the numbers that a part of an array of `shape` has."""
        return broadcast(self.array, shape, part)

    def _key(self) -> tuple[Hashable, ...]:
        array = self.array
        if array.dtype.kind in "iu" and array.size:
            floats = array.astype(np.float64)
            beyond = 2.0**63 if array.dtype.kind == "i" else 2.0**64
            if floats.max() < beyond and np.array_equal(floats.astype(array.dtype), array):
                array = floats
        return (self.shape, array.dtype.kind, array.tobytes())

    def __eq__(self, other: object) -> bool:
        return self._key() == other._key() if isinstance(other, Numbers) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._key())

    def __repr__(self) -> str:
        array = self.array
        kind = "bools" if array.dtype.kind == "b" else "numbers"
        return repr(self.config()) if array.size <= MOST_SHOWN else f"<{kind} of shape {self.shape}>"

    def summary(self) -> str:
        """Return a short text that gives their shape and dtype, and the first and last of them."""
        first, second, last_but_one, last = map(repr, self.array.reshape(-1)[[0, 1, -2, -1]].tolist())
        elements = f"[{first}, {second}, ..., {last_but_one}, {last}]"
        return f"of shape {self.shape} and dtype {self._dtype.name}: {elements}"


def _as_array(value: Any, *, exact: bool) -> tuple[_Array, set[type]]:
    """Return a value as an array of numbers of any width, and the types of those that lists hold."""
    if isinstance(value, Mapping):
        return _without_elements(value), set()
    _refuse_masked(value)
    if isinstance(value, np.ndarray | np.generic):
        array, kinds = np.array(value), set[type]()
    else:
        array, kinds = _of_lists(value, exact=exact)
    if array.dtype.name == "bfloat16":
        array = array.astype(np.float32)
    if array.dtype.kind not in "biufc":
        raise ArgumentError(f"value must hold numbers, got an array of dtype {array.dtype}")
    return array, kinds


def _refuse_masked(value: Any) -> None:
    if has_masked(value):
        raise ArgumentError(
            "value must be a number, a nested list or an array without masked elements, got "
            f"{shown(value)} of type {type(value).__name__}; "
            "say what stands in the masked places, as by .filled(0)"
        )


def _without_elements(value: Mapping[Any, Any]) -> _Array:
    """Return the array of ``{"shape": [...]}``, a shape with an axis of length 0."""
    shape = as_shape(value["shape"]) if value.keys() == {"shape"} else ()
    if 0 not in shape:
        raise ArgumentError(
            f"{_WRONG}, got {shown(value)}; only an array without elements is written as a dict, such as "
            '{"shape": [0, 3]}'
        )
    check_array(shape, np.dtype(np.float64))
    return np.empty(shape)


_WRONG: Final = "value must be a number, a nested list or an array"


def _canonical(array: _Array) -> _Array:
    """Return the numbers in the dtype, and NaN with the bits, that reading their config would give."""
    if not array.size:
        return np.empty(array.shape)
    for kind in _CANONICAL[array.dtype.kind]:
        with np.errstate(all="ignore"):  # the next line looks for a number that does not fit
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


# By kind of dtype, the dtype that a nested list of such numbers has.
_CANONICAL: Final = {
    "b": ("bool",),
    "i": ("int64",),
    "u": ("int64", "uint64"),
    "f": ("float64",),
    "c": ("complex128",),
}


def _of_lists(value: Any, *, exact: bool) -> tuple[_Array, set[type]]:
    """Return the numbers of nested lists, or one number, and their types."""
    shape = _shape_of_lists(value)
    numbers: list[Any] = []
    _collect(value, numbers, {})
    kinds = set(map(type, numbers))
    try:
        if int in kinds and (reason := _inexact(numbers, kinds)):
            if exact and not all(map(_is_double, numbers)):
                raise ArgumentError(f"value must hold {reason}, got {shown(value)}")
            numbers = [float(number) if type(number) is int else number for number in numbers]
            return np.array(numbers).reshape(shape), kinds
        is_large = kinds <= {bool, int} and max(numbers, default=0) >= 2**63
        return np.array(numbers, np.uint64 if is_large else None).reshape(shape), kinds
    except OverflowError as error:
        raise ArgumentError(f"{_WRONG}, got {shown(value)}: {error}") from error


def _is_double(number: Any) -> bool:
    """Say whether a double is this number, as 10^20, which some tools write as an int, is one."""
    return type(number) is not int or (abs(number) < 2**1023 and int(float(number)) == number)


def _inexact(numbers: list[Any], kinds: set[type]) -> str:
    """Return what numbers, some of them ints, must be and are not; nothing if they are."""
    if kinds <= {bool, int}:
        least, greatest = min(numbers), max(numbers)
        fit = least >= -(2**63) and greatest < (2**64 if least >= 0 else 2**63)
        return "" if fit else "ints that are all int64 or all uint64"
    large = [number for number in numbers if type(number) is int and not -(2**53) <= number <= 2**53]
    fit = all(number == float(number) and -(2**63) <= number < 2**64 for number in large)
    return "" if fit else "numbers that float64 holds exactly where ints stand beside floats"


def _collect(value: Any, numbers: list[Any], texts: dict[str, complex]) -> None:
    """Add the numbers of nested lists to `numbers`, in their order; `texts` gets those written as text."""
    if isinstance(value, _LISTS):
        kinds = kinds_of(value)
        if kinds <= _PLAIN:
            numbers.extend(value)
        elif kinds <= _PLAIN_OR_TEXT:
            texts.update((item, _from_text(item)) for item in set(value) - texts.keys() if type(item) is str)
            numbers.extend(texts[item] if type(item) is str else item for item in value)
        else:
            for item in value:
                _collect(item, numbers, texts)
    elif isinstance(value, np.ndarray):
        _refuse_masked(value)
        numbers.extend(value.reshape(-1).tolist())
    else:
        numbers.append(_number(value))


def _number(value: Any) -> Any:
    if isinstance(value, np.generic):
        return value.item()
    for kind, exactly in _EXACTLY:
        if isinstance(value, kind):
            return exactly(value)
    if isinstance(value, str):
        return _from_text(value)
    raise ArgumentError(f"{_WRONG}, got {shown(value)}")


# Functions that make a number of exactly that type, whatever a subclass overrides.
_EXACTLY: Final[tuple[tuple[type, Callable[[Any], Any]], ...]] = (
    (bool, bool),
    (int, int.__index__),
    (float, float.__float__),
    (complex, complex.__complex__),
)


def _from_text(text: str) -> float | complex:
    """Return the number that a config writes as `text`, because JSON lacks it."""
    try:
        number = complex(text)
    except ValueError:
        number = 0j
    if repr(number) == text:
        return number
    if not math.isfinite(number.real) and repr(number.real) == text:
        return number.real
    raise ArgumentError(
        f"value must be a number, got the text {shown(text)}; only 'nan', 'inf', '-inf' and complex numbers "
        "such as '(1+2j)' are written as text"
    )


def _shape_of_lists(value: Any) -> Shape:
    """Return the shape of nested lists; raise for lists of unequal lengths.

    It also raises for lists that stand for far more numbers than they hold. A list that holds another one
    twice, which holds a third one twice, and so on, is small, but would be an array of any size. JSON text
    cannot write that; YAML can.
    """
    known: dict[int, Shape] = {}
    shape = _shape_within(value, 0, known)
    held = sum(length for length, *_ in known.values())
    if known and math.prod(shape) > max(held, _MOST_REPEATED):
        raise ArgumentError(
            f"value is lists of shape {shape} that hold only {held} items, since the same lists stand in it "
            f"many times; for more than {_MOST_REPEATED} elements give an array, as by numpy.broadcast_to"
        )
    return shape


def _shape_within(value: Any, level: int, known: dict[int, Shape]) -> Shape:
    """Return the shape of nested lists, and look once at each; `known` gets the shape of each by id."""
    if isinstance(value, np.ndarray):
        shape: Shape = value.shape
        return shape
    if not isinstance(value, _LISTS):
        return ()
    if id(value) not in known:
        if level >= _MOST_LEVELS:
            raise ArgumentError(
                f"value is nested more than {_MOST_LEVELS} lists deep, which is more axes than are taken"
            )
        is_row = kinds_of(value) <= _PLAIN_OR_TEXT
        inner = {()} if is_row else {_shape_within(item, level + 1, known) for item in value}
        if len(inner) > 1:
            shapes = " and ".join(map(str, sorted(inner)[:2]))
            raise ArgumentError(
                f"{_WRONG}, got {shown(value)}, whose items have the shapes {shapes}; make its lists equally "
                "long"
            )
        known[id(value)] = (len(value), *next(iter(inner), ()))
    return known[id(value)]


_PLAIN: Final = kinds_of((False, 0, 0.0))
_PLAIN_OR_TEXT: Final = kinds_of((False, 0, 0.0, ""))
_LISTS: Final = (list, tuple)

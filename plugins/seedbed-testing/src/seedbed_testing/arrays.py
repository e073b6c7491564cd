"""Checks of the array that a call gives: its shape and dtype, and what is refused."""

from __future__ import annotations

import inspect
import math
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from seedbed.dtypes import BOOL, COMPLEX, FLOATING, INTEGER, available_dtypes
from seedbed.errors import DTypeError, SeedbedError, ShapeError, shown
from seedbed.shapes import Shape
from seedbed_testing.clause import broken, clause
from seedbed_testing.memory import peak_of
from seedbed_testing.outcomes import is_refusal, outcome_of
from seedbed_testing.patience import LONGEST
from seedbed_testing.subject import EDGES, LONG, NotApplicable, Subject

_MORE_SHAPES: Final[tuple[Shape, ...]] = ((1,), (1, 5), (5, 1), (2, 1, 3, 1, 2, 4), (100, 57))
_REFUSED_LARGE: Final[tuple[Shape, ...]] = ((2**18,), (512, 512), (4, 2**8, 2**8), (2, 2, 256, 256))
_BAD_SHAPES: Final = (-1, (2, -1), 2.5, (2, 2.5), "24", (2, None), (2, True), 2**62, (2**40, 2**40))
_BAD_DTYPES: Final = (
    "no_such_dtype",
    object,
    "datetime64[s]",
    "S3",
    [("a", "f4")],
    np.dtype("f8").newbyteorder(),
)


@clause("layers are built on the shape; with another one, a model fails far from where the mistake is")
def check_shape(subject: Subject) -> None:
    """Check that a call returns an array of the requested shape, or raises ShapeError."""
    if subject.variants and subject.endless:
        changes = ", ".join(f"{name}={shown(value)}" for name, value in subject.endless[0].items())
        broken(
            expected=f"an end of a call with {changes}, which the constructor takes",
            got=f"none within {LONGEST:g} seconds",
            fix="refuse this argument in __init__, as by raise seedbed.errors.ArgumentError(...)",
        )
    taken = 0
    for shape in (*subject.candidates, *_MORE_SHAPES):
        for spelling in _spellings(shape):
            values = outcome_of(subject.fixed, spelling, _dtype_for(subject))
            if is_refusal(values):
                continue
            if isinstance(values, AttributeError) and subject.keeps_no_seed:
                raise NotApplicable("it does not keep its seed; see check_config")
            if type(values) is not np.ndarray:
                broken(
                    expected=f"an array of shape {shape}, or ShapeError",
                    got=values if isinstance(values, Exception) else f"a {type(values).__name__}",
                    fix=_fix_of(subject, values),
                )
            if values.shape != shape:
                broken(
                    expected=f"an array of shape {shape} when asked for {spelling!r}",
                    got=f"one of shape {values.shape}",
                    fix="return exactly the shape that __call__ is given, which is a tuple of ints",
                )
            taken += 1
    if not taken:
        shapes = ", ".join(map(str, subject.candidates))
        broken(
            expected=f"an array of at least one of the shapes {shapes}",
            got="each of them was refused",
            fix=f"name shapes that it takes: example_shapes = ((...),) in {subject.kind.__name__}",
        )


@clause(
    "layers may be empty and weights may be scalars; whoever meets them should not have to special-case it"
)
def check_edge_shapes(subject: Subject) -> None:
    """Check that a call returns scalars and empty arrays, or raises ShapeError."""
    for shape in EDGES:
        values = outcome_of(subject.fixed, shape, subject.dtype)
        if isinstance(values, np.ndarray | np.generic) and values.shape == shape:
            continue
        if not isinstance(values, ShapeError):
            _leave_to_check_shape(subject, values)
            broken(
                expected=f"an array of shape {shape}, or ShapeError",
                got=values if isinstance(values, Exception) else f"an array of shape {np.shape(values)}",
                fix="guard what fails for it, as by max(1, fan_in), or raise seedbed.errors.ShapeError "
                "where the formula has no meaning",
            )


def _leave_to_check_shape(subject: Subject, outcome: object) -> None:
    """Say nothing of what other shapes meet with too: one mistake is told once."""
    for shape in subject.candidates if isinstance(outcome, Exception) else ():
        other = outcome_of(subject.fixed, shape, subject.dtype)
        if isinstance(other, Exception) and not is_refusal(other):
            raise NotApplicable("other shapes fail as well; see check_shape")


@clause("a dtype that changes on the way costs memory or precision, and nobody notices")
def check_dtype(subject: Subject) -> None:
    """Check that a call returns the requested dtype, and float32 by default, for every shape."""
    for shape in (*subject.candidates, *EDGES):
        for dtype in (None, *available_dtypes()):
            values = outcome_of(subject.fixed, shape, dtype)
            wanted = dtype or "float32"
            if isinstance(values, np.ndarray | np.generic) and values.dtype.name != wanted:
                broken(
                    expected=f"dtype {wanted} when asked for {dtype!r} and shape {shape}",
                    got=f"dtype {values.dtype.name}",
                    fix="end with .astype(dtype); __call__ gets a numpy.dtype, float32 if none was given",
                )


@clause("a model in another precision asks every initializer for its dtype, and an error stops all of it")
def check_dtypes(subject: Subject) -> None:
    """Check that a call returns each dtype or raises DTypeError, and returns those in `dtypes`."""
    shape = subject.shapes[0]
    declared = subject.declared_dtypes
    for dtype in available_dtypes():
        values = outcome_of(subject.fixed, shape, dtype)
        if isinstance(values, DTypeError) and dtype in (declared or ()):
            broken(
                expected=f"an array of dtype {dtype}, which the class declares in dtypes",
                got=values,
                fix=f"compute in a wider dtype and round once; or declare {_declaration(subject)}",
            )
        if isinstance(values, Exception) and not isinstance(values, DTypeError):
            broken(
                expected=f"an array of dtype {dtype}, or DTypeError",
                got=values,
                fix="compute half precisions in float32 and round once, as by .astype(dtype); or declare "
                f"{_declaration(subject)} in the class, so that others are refused",
            )


def _check_undeclared(subject: Subject, shape: Shape, dtype: str) -> None:
    """Check that the author's own `shard` raises the errors that the contract raises for `__call__`."""
    if not subject.takes_shards:
        return
    try:
        got: object = subject.fixed.shard(shape, ..., dtype)
    except DTypeError:
        return
    except Exception as error:  # noqa: BLE001 - reported with its cause
        got = error
    broken(
        expected=f"DTypeError from shard for dtype {dtype}, which the class does not declare in dtypes",
        got=got if isinstance(got, Exception) else f"a {type(got).__name__}",
        fix="call seedbed.dtypes.as_dtype(dtype, self.dtypes) in the first line of shard, or remove shard",
    )


def _declaration(subject: Subject) -> str:
    """Return the line that declares the dtypes which an initializer gives."""
    names = ", ".join(map(repr, sorted(subject.dtypes)))
    return f"dtypes = ({names}{',' if len(subject.dtypes) == 1 else ''})"


@clause("weights that do not fit their dtype are cut, most of them to 0, without any error")
def check_integer_dtypes(subject: Subject) -> None:
    """Check that a call returns integers and bools only if they hold the values exactly."""
    if subject.dtype not in FLOATING + COMPLEX:
        raise NotApplicable("it gives no floating dtype")
    layers = (subject.large, *LONG, _LONGEST) if {*INTEGER, *BOOL} & {*subject.dtypes} else ()
    shapes = dict.fromkeys((max(subject.shapes, key=math.prod), *layers))
    with np.errstate(all="ignore"):  # what overflows is told of below
        found = [_check_fits(subject, shape) for shape in shapes]
    if not any(found):
        raise NotApplicable("its values are numbers that every integer dtype has")


_LONGEST: Final = (2**16 + 2**4,)
"""A shape along which places go beyond what 16 bits hold."""


def _check_fits(subject: Subject, shape: Shape) -> bool:
    """Check the integers of one shape, and return whether there is a dtype that does not hold the values."""
    drawn = outcome_of(subject.fixed, shape, subject.dtype)
    if isinstance(drawn, Exception):
        return False
    values = np.unique(drawn.astype(np.complex128 if drawn.dtype.kind == "c" else np.float64))
    misfits = {dtype: found for dtype in INTEGER + BOOL if (found := values[~_fits(values, dtype)]).size}
    for dtype, found in misfits.items():
        if isinstance(outcome_of(subject.fixed, shape, dtype), np.ndarray):
            broken(
                expected=f"DTypeError for dtype {dtype}, which has no {found[0]}, and shape {shape}",
                got="an array, whose values must have been cut",
                fix="leave integers and bool out of the dtypes that the class declares, as by dtypes = "
                "seedbed.dtypes.FLOATING, or by none, which are the floating and complex ones",
            )
    return bool(misfits)


def _fits(values: npt.NDArray[Any], dtype: str) -> npt.NDArray[np.bool_]:
    low, high = (0, 1) if dtype == "bool" else (np.iinfo(dtype).min, np.iinfo(dtype).max)
    fits: npt.NDArray[np.bool_] = (values == np.round(values)) & (values.real >= low) & (values.real <= high)
    return fits


@clause("a wrong shape is to be told from one that is only too large, and before memory is taken for it")
def check_bad_shapes(subject: Subject) -> None:
    """Check that an invalid shape raises ShapeError, and that such a shape takes no memory."""
    initializer, dtype = subject.fixed, subject.dtype
    ways = {
        "__call__": lambda bad: initializer(bad, dtype),
        "shard": lambda bad: initializer.shard(bad, ..., dtype),
    }
    for name, way in ways.items() if subject.takes_shards else [*ways.items()][:1]:
        for bad in _BAD_SHAPES:
            _expect_refusal(ShapeError, lambda way=way, bad=bad: way(bad), f"{name} of shape {bad!r}")
    for shape in _REFUSED_LARGE:
        small = tuple(min(size, 4) for size in shape)
        if not isinstance(outcome_of(subject.fixed, small, subject.dtype), ShapeError):
            continue  # a large one would be drawn in full
        refused, cost = _cost(subject, shape, subject.dtype)
        if isinstance(refused, ShapeError) and cost > _TOO_MUCH:
            broken(
                expected=f"shape {shape} refused before anything is allocated",
                got=f"{cost / 2**20:.1f} MiB taken first",
                fix="look at the shape in the first lines of __call__",
            )


@clause("a wrong dtype is to be refused in one way everywhere, and before memory is taken for it")
def check_bad_dtypes(subject: Subject) -> None:
    """Check that an invalid dtype raises DTypeError, and that such a dtype takes no memory."""
    shape = subject.shapes[0]
    for bad in _BAD_DTYPES:
        ways = {
            "__call__": lambda bad=bad: subject.fixed(shape, bad),
            "shard": lambda bad=bad: subject.fixed.shard(shape, ..., bad),
        }
        for name, way in ways.items() if subject.takes_shards else [*ways.items()][:1]:
            _expect_refusal(DTypeError, way, f"{name} of dtype {bad!r}")
    _expect_refusal(DTypeError, lambda: subject.fixed.fill(np.empty(shape, object)), "fill of dtype object")
    for undeclared in (dtype for dtype in available_dtypes() if dtype not in subject.fixed.dtypes):
        _check_undeclared(subject, shape, undeclared)
    large = subject.shape_of(2**18)
    for dtype in available_dtypes():
        if not isinstance(outcome_of(subject.fixed, shape, dtype), DTypeError):
            continue
        refused, cost = _cost(subject, large, dtype)
        if isinstance(refused, DTypeError) and cost > _TOO_MUCH:
            broken(
                expected=f"dtype {dtype} refused before anything is allocated",
                got=f"{cost / 2**20:.1f} MiB taken first",
                fix="call seedbed.dtypes.as_dtype(dtype, ...) in the first line of __call__",
            )


_TOO_MUCH: Final = 2**17
"""Bytes that an exception and its traceback do not take, and 2^18 elements of any dtype do."""


def _cost(subject: Subject, shape: Shape, dtype: str) -> tuple[object, int]:
    """Return what a call gives, and how many bytes it had taken at most."""
    return peak_of(lambda: outcome_of(subject.fixed, shape, dtype))


def _expect_refusal(kind: type[Exception], way: Any, what: str) -> None:
    try:
        got: object = way()
    except kind:
        return
    except Exception as error:  # noqa: BLE001 - reported with its cause
        got = error
    broken(
        expected=f"{kind.__name__} for {what}",
        got=got if isinstance(got, Exception) else f"a {type(got).__name__}",
        fix="leave the checks to the base class's __call__, fill and shard, or call seedbed.shapes.as_shape "
        "and seedbed.dtypes.as_dtype first in a method that replaces one of them",
    )


def _spellings(shape: Shape) -> tuple[Any, ...]:
    """Return the ways to write a shape that `as_shape` documents."""
    alone = (shape[0],) if len(shape) == 1 else ()
    return (shape, list(shape), tuple(map(np.int64, shape)), *alone)


def _fix_of(subject: Subject, got: object) -> str:
    """Return what to do about what a call has given, which is no plain array."""
    if isinstance(got, SeedbedError):
        return _AS_IT_SAYS
    if isinstance(got, np.ma.MaskedArray):
        return "return all of the values, as by .filled(0), since no framework knows of masks"
    if isinstance(got, np.ndarray):
        return "end with numpy.asarray(values): other kinds of arrays are sliced and multiplied otherwise"
    method = getattr(subject.kind, "element_distribution", None)
    if isinstance(got, TypeError) and method is not None:
        try:
            inspect.signature(method).bind(subject.fixed, (), None)
        except TypeError:
            return "define it as element_distribution(self, shape, dtype)"
    return _ARRAY_OR_REFUSAL


_AS_IT_SAYS: Final = "do as this message says; a shape is refused by seedbed.errors.ShapeError alone"
_ARRAY_OR_REFUSAL: Final = (
    "return a numpy.ndarray, or raise seedbed.errors.ShapeError for what the formula has no meaning for"
)


def _dtype_for(subject: Subject) -> str | None:
    try:
        return subject.dtype
    except NotApplicable:
        return None

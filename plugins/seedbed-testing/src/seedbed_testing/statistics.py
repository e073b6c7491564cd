"""Checks of declared moments and support, with bounds that hold for every distribution.

An initializer is drawn from with 128 seeds, and each array gives one number whose expectation is 0, such as
its mean less the declared one. If these numbers are independent, and as likely above 0 as below it by the
same size, then

    |x_1 + ... + x_n| >= t sqrt(x_1^2 + ... + x_n^2)

has a probability of at most 2 exp(-t^2 / 2), whatever their distribution, and however the elements of one
array depend on each other (Efron, "Student's t-test under symmetry conditions", JASA 64, 1969). The means of
thousands of elements are nearly symmetric whatever the elements are. Seeds are fixed, so a check has one
outcome.
"""

from __future__ import annotations

import contextlib
import functools
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from seedbed.dtypes import BOOL, COMPLEX, FLOATING, INTEGER, as_dtype
from seedbed.errors import shown
from seedbed.initializer import Initializer
from seedbed.shapes import Shape
from seedbed_testing.clause import broken, clause
from seedbed_testing.outcomes import outcome_of, same_bits, takes
from seedbed_testing.subject import NotApplicable, Subject
from seedbed_testing.telling import leave_to_check_finite
from seedbed_testing.variant import Variant

_LEVEL: Final = 1e-11
BOUND: Final = math.sqrt(2 * math.log(2 / _LEVEL))
"""7.2: what the sum of symmetric numbers, over the root of the sum of their squares, exceeds so rarely."""

_DRAWS: Final = 128
_FEWER: Final = 64  # for the other shapes and dtypes; no fewer than `BOUND` squared
_ELEMENTS: Final = 2**13


@clause("a mean that is not 0 adds up from layer to layer")
def check_mean(subject: Subject) -> None:
    """Check that the mean of the values is what `expected_mean(shape)` says."""
    for variant, shape, dtype, mean in _declared(subject, "expected_mean"):
        drawn = _draw(subject, variant, shape, dtype)
        step = _STEP.get(dtype, 0.0)
        room = _PRECISION.get(dtype, 2.0**-40) * (abs(mean) + math.sqrt(drawn.variances.mean())) + step
        where = _where(variant, shape, dtype)
        _compare("mean", mean, (drawn.means - mean).real, room=room, slope=1.0, where=where)


@clause("a spread that is a few percent off makes signals vanish or explode over the layers of a model")
def check_stddev(subject: Subject) -> None:
    """Check that the standard deviation of the values is what `expected_stddev(shape)` says."""
    for variant, shape, dtype, stddev in _declared(subject, "expected_stddev"):
        mean = _number(variant.initializer, "expected_mean", shape)
        drawn = _draw(subject, variant, shape, dtype)
        # The mean square is unbiased about the declared mean; about that of the sample it needs a factor.
        variances = (
            drawn.variances * (drawn.size / max(1, drawn.size - 1))
            if mean is None
            else drawn.variances + np.abs(drawn.means - mean) ** 2
        )
        size, step = math.hypot(stddev, mean or 0.0), _STEP.get(dtype, 0.0)
        room = _PRECISION.get(dtype, 2.0**-40) * size**2 + 2 * step * size + step**2
        where = _where(variant, shape, dtype)
        _compare("stddev", stddev, variances - stddev**2, room=room, slope=2 * stddev or 1.0, where=where)


@clause("whoever relies on bounds, such as for quantized weights, must not meet a value beyond them")
def check_bounds(subject: Subject) -> None:
    """Check that every value lies between the two numbers that `expected_bounds(shape)` gives."""
    for variant, shape, dtype, (low, high) in _declared(subject, "expected_bounds"):
        if dtype in COMPLEX:
            raise NotApplicable("its values are complex, which have no bounds")
        drawn = _draw(subject, variant, shape, dtype)
        rounded_low, rounded_high = np.array([low, high]).astype(as_dtype(dtype)).astype(np.float64)
        # In this order, so that NaN lies beyond the bounds.
        if not (min(low, rounded_low) <= drawn.lowest and drawn.highest <= max(high, rounded_high)):
            broken(
                expected=f"values from {low!r} to {high!r} for {_where(variant, shape, dtype)}",
                got=f"values from {drawn.lowest!r} to {drawn.highest!r}",
                fix="clip after rounding to the dtype, or correct expected_bounds",
            )


def self_normalized(numbers: npt.NDArray[Any]) -> float:
    """Return the size of the sum of numbers in units of the root of the sum of their squares, 0 for zeros."""
    size = math.sqrt(float(numbers @ numbers))
    return abs(float(numbers.sum())) / size if size else 0.0


def _compare(
    what: str, declared: float, off: npt.NDArray[Any], *, room: float, slope: float, where: str
) -> None:
    """Compare numbers with the 0 that they should have as their expectation.

    Parameters
    ----------
    what, declared, where
        What is declared, to be how much, and of which shape and dtype.
    off
        The numbers.
    room
        By how much rounding may move all of them.
    slope
        By how much they grow as what is declared grows by 1.
    """
    numbers = np.sign(off) * np.maximum(np.abs(off) - room, 0.0)
    if not np.isfinite(off).all() or self_normalized(numbers) > BOUND:
        broken(
            # With more digits than rounding has room for, or the two could read alike.
            expected=f"{what} {declared:.12g} for {where}",
            got=f"{declared + off.mean() / slope:.12g} over {len(off)} draws, which is not by chance",
            fix=f"correct the formula of the values, or that of expected_{what}; a normal distribution "
            "that is cut off at 2, say, keeps 0.8796 of its stddev; half precision needs one rounding, at "
            "the end",
        )


def _where(variant: Variant, shape: Shape, dtype: str) -> str:
    changed = ", ".join(f"{name}={shown(value)}" for name, value in variant.changes.items())
    return f"shape {shape} and dtype {dtype}{f', made with {changed}' if changed else ''}"


def _declared(subject: Subject, name: str) -> Iterator[tuple[Variant, Shape, str, Any]]:
    """Yield what is declared: for one shape in all dtypes, all shapes in one, and all other arguments."""
    if not callable(getattr(subject.kind, name, None)):
        raise NotApplicable(f"it has no method {name}")
    if not takes(getattr(subject.fixed, name), (1,)):
        raise NotApplicable(f"its {name} takes no shape; see check_declarations")
    first, *others = _shapes(subject)
    leave_to_check_finite(subject)
    alike = next(kinds for kinds in (FLOATING, COMPLEX, INTEGER + BOOL) if subject.dtype in kinds)
    usual, *variants = subject.variants
    cases = [(usual, first, dtype) for dtype in subject.dtypes if dtype in alike]
    cases += [(usual, shape, subject.dtype) for shape in others]
    cases += [(variant, first, subject.dtype) for variant in variants if _draws(subject, variant, first)]
    yielded = False
    for variant, shape, dtype in cases:
        declared = _number(variant.initializer, name, shape)
        if declared is not None:
            yielded = True
            yield variant, shape, dtype, declared
    if not yielded:
        raise NotApplicable(f"its {name} gives None for shape {first}")


def _draws(subject: Subject, variant: Variant, shape: Shape) -> bool:
    values = outcome_of(variant.initializer, shape, subject.dtype)
    return isinstance(values, np.ndarray) and bool(np.isfinite(values).all())


def _shapes(subject: Subject) -> list[Shape]:
    """Return shapes of all numbers of axes that layers have, as far as they are taken."""
    first = subject.shape_of(_ELEMENTS)
    # With more inputs than outputs, or the smaller fan could be taken for the fan-in.
    shapes = [first, *([first[::-1]] if subject.accepts(first[::-1], subject.dtype) else [])]
    for axes in (1, 2, 3, 4, 5):
        with contextlib.suppress(NotApplicable):
            shapes.append(subject.shape_of(_ELEMENTS, axes=axes))
    return list(dict.fromkeys(shapes))


def _number(initializer: Initializer, name: str, shape: Shape) -> Any:
    method = getattr(initializer, name, None)
    found = None if method is None else method(shape)
    if found is None:
        return None
    numbers = np.atleast_1d(np.asarray(found))
    wanted = 2 if name == "expected_bounds" else 1
    if numbers.dtype.kind not in "iuf" or numbers.size != wanted or np.isnan(numbers).any():
        broken(
            expected=f"{'two numbers' if wanted == 2 else 'a number'} or None from {name}({shape})",
            got=shown(found),
            fix=f"return {'(low, high)' if wanted == 2 else 'a float'} from {name}",
        )
    return (float(numbers[0]), float(numbers[1])) if wanted == 2 else float(numbers[0])


@dataclass(frozen=True)
class _Drawn:
    """What is kept of many arrays: each one's mean and variance, and the bounds of all."""

    size: int
    means: npt.NDArray[Any]
    variances: npt.NDArray[np.float64]
    lowest: float
    highest: float


@functools.lru_cache(maxsize=64)  # three checks, one after the other, look at the same arrays
def _draw(subject: Subject, variant: Variant, shape: Shape, dtype: str) -> _Drawn:
    means, variances, lows, highs = [], [], [], []
    for values in _arrays(subject, variant, shape, dtype):
        means.append(values.mean())
        variances.append(float(values.var()))
        is_real = values.dtype.kind == "f"
        lows.append(float(values.min()) if is_real else math.nan)
        highs.append(float(values.max()) if is_real else math.nan)
    return _Drawn(math.prod(shape), np.array(means), np.array(variances), min(lows), max(highs))


def _arrays(subject: Subject, variant: Variant, shape: Shape, dtype: str) -> Iterator[npt.NDArray[Any]]:
    """Yield arrays in double precision, each of a seed of its own; one alone if all would be the same."""
    first: npt.NDArray[Any] | None = None
    is_usual = variant is subject.variants[0]
    is_main = is_usual and shape == subject.shape_of(_ELEMENTS) and dtype in (subject.dtype, "bfloat16")
    for seed in range(_DRAWS if is_main else _FEWER):
        seeded = {**variant.changes, "seed": seed}
        initializer = subject.remade(**seeded) if subject.takes_seed else variant.initializer
        values = subject.draw(shape, dtype, initializer)
        if first is not None and seed == 1 and same_bits(first, values):
            if subject.takes_seed and np.ptp(np.abs(values)):
                raise NotApplicable("its values do not depend on the seed; see check_seeds")
            return
        first = values.copy() if first is None else first
        yield values.astype(np.complex128 if values.dtype.kind == "c" else np.float64)


_PRECISION: Final = {"bfloat16": 2.0**-8, "float16": 2.0**-10, "float32": 2.0**-20, "complex64": 2.0**-20}
"""By how much of its size rounding may move a mean; doubles that are summed as doubles need 2^-40 at most."""

_STEP: Final = {"float16": 2.0**-25}
"""By how much rounding may move small values, where they are few and far between: half of the least one."""

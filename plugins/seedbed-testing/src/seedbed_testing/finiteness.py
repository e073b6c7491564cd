"""The check that values are finite numbers."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any, Final

import numpy as np

from seedbed.dtypes import COMPLEX, FLOATING
from seedbed_testing.clause import broken, clause
from seedbed_testing.outcomes import outcome_of
from seedbed_testing.subject import LONG, NotApplicable, Subject
from seedbed_testing.telling import may_be_infinite


@clause("one weight that is NaN or infinite makes NaN of all that a model gives")
def check_finite(subject: Subject) -> None:
    """Check that no value is NaN or infinite, unless an argument or `expected_bounds` is."""
    if any(number in _NOT_FINITE for number in _items(subject.known_arguments)):
        raise NotApplicable("its arguments are not finite")
    layers = [(subject.large, dtype) for dtype in subject.dtypes if dtype in FLOATING + COMPLEX]
    layers += [(shape, "float16") for shape in LONG if "float16" in subject.dtypes]
    for shape, dtype in (*subject.cases, *layers):
        with np.errstate(all="ignore"):  # what overflows is told of below
            outcome = outcome_of(subject.fixed, shape, dtype)
            if isinstance(outcome, Exception):  # a refusal, as of values that do not fit; or see check_shape
                continue
            drawn = np.asarray(outcome)
            values = drawn.astype(np.complex128 if drawn.dtype.kind == "c" else np.float64)
        where = f"shape {shape} and dtype {dtype}"
        if count := int(np.isnan(values).sum()):
            broken(
                expected=f"numbers for {where}",
                got=f"NaN for {count} of {values.size} elements",
                fix="look for the root or logarithm of a negative number, 0 / 0, and infinity less infinity",
            )
        count = int(np.isinf(values).sum())
        if count and not may_be_infinite(subject, shape):
            broken(
                expected=f"finite numbers for {where}",
                got=f"infinity for {count} of {values.size} elements",
                fix=_MEANT if dtype == subject.dtype else _too_narrow(subject, dtype),
            )


def _too_narrow(subject: Subject, dtype: str) -> str:
    names = tuple(name for name in subject.dtypes if name != dtype)
    return (
        f"leave out of dtypes what is too narrow, as by dtypes = {names}, or raise seedbed.errors.DTypeError "
        "for values that do not fit"
    )


_MEANT: Final = (
    "look for a division by 0 and the logarithm of 0; or let expected_bounds(shape) say that it is meant"
)
_NOT_FINITE: Final = ("nan", "inf", "-inf")


def _items(value: Any) -> Iterator[str]:
    """Yield, of the numbers within arguments, those that are not finite, as text; and the texts."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, float) and not math.isfinite(value):
        yield str(value)
    elif isinstance(value, np.ndarray):
        yield from () if value.dtype.kind not in "fc" or np.isfinite(value).all() else ("nan",)
    elif isinstance(value, Mapping | list | tuple):
        for item in value.values() if isinstance(value, Mapping) else value:
            yield from _items(item)

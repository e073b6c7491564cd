"""The check that values have the precision of their dtype: drawn at that or better, and rounded once."""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from seedbed.dtypes import as_dtype, available_dtypes, rounded
from seedbed.shapes import Shape
from seedbed_testing.clause import broken, clause
from seedbed_testing.subject import NotApplicable, Subject
from seedbed_testing.telling import leave_to_check_finite

_HALF: Final = ("bfloat16", "float16")
_ELEMENTS: Final = 2**16

_CHANCE: Final = math.sqrt(_ELEMENTS * math.log(1e11))
"""How far two counts of different values may differ by chance, but for 1 in 1e11 cases.

One element changes a count by at most 1, so by McDiarmid's inequality the difference of the counts of two
samples of n independent elements exceeds t with a probability of at most exp(-t^2 / n).
"""


_SMALLER: Final = {
    "float64": ("float32",),
    "complex128": ("float32",),
    "float32": _HALF,
    "complex64": _HALF,
}
"""What the numbers of a dtype may really be."""

_FEW: Final = 2**9
_STEPS: Final = 2**20
_PAIRS: Final = range(8, 2**10)
"""How many pairs among 2^16 values are equal by chance alone where there are 2^21 to 2^28 different ones.

So many are the numbers of a draw in float32. Of the 2^53 of one in float64 hardly any two are ever equal.
"""


@clause("weights on a coarse grid start equal to each other, and their tails are missing")
def check_precision(subject: Subject) -> None:
    """Check that values have the precision of their dtype, and that half precision is rounded float32."""
    leave_to_check_finite(subject)
    halves = [dtype for dtype in _HALF if subject.accepts(subject.shapes[0], dtype)]
    if subject.dtype != "float32" or not halves:
        halves = []
    if not halves and not subject.takes_seed:
        raise NotApplicable("it gives no half precision, or no float32 to compare it with")
    shape = subject.shape_of(_ELEMENTS)
    for dtype in _SMALLER if subject.takes_seed else ():
        if subject.accepts(shape, dtype):
            _check_numbers(subject, shape, dtype)
    single = subject.draw(shape)
    for dtype in halves:
        half = subject.draw(shape, dtype)
        found, wanted = np.unique(half).size, np.unique(rounded(single, half.dtype)).size
        # Elements that depend on each other may differ by more than chance, but not by half of all.
        if found + _CHANCE * half.size / _ELEMENTS < wanted and found < wanted / 2:
            broken(
                expected=f"about {wanted} different values of {half.size} in {dtype}, as rounded float32 has",
                got=f"{found}",
                fix="draw in float32 or better, and round once at the end, as by .astype(dtype)",
            )


def _check_numbers(subject: Subject, shape: Shape, dtype: str) -> None:
    """Check that random numbers are not those of a smaller dtype, nor multiples of them."""
    numbers = _numbers(subject.draw(shape, dtype))
    if not _is_fine(numbers):
        return
    found = next((smaller for smaller in available_dtypes(_SMALLER[dtype]) if _all_in(numbers, smaller)), "")
    if found:
        got = f"{numbers.size} numbers that {found} has, too"
    elif numbers.dtype == np.float64 and (pairs := _chance_pairs(subject, shape, dtype)) in _PAIRS:
        found, got = "float32", f"{pairs} pairs of equal numbers among {numbers.size}, as float32 has"
    else:
        return
    broken(
        expected=f"numbers as fine as {dtype} has them",
        got=got,
        fix=f"draw in {dtype} or better, not in {found}, and round once at the end, as by .astype(dtype); or "
        f"leave {dtype} out of the dtypes that the class declares",
    )


def _numbers(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return the elements, or the parts of complex ones, in one row."""
    flat = np.ravel(values)
    return np.concatenate([flat.real, flat.imag]) if flat.dtype.kind == "c" else flat


def _is_fine(numbers: npt.NDArray[Any]) -> bool:
    """Say whether there are many different numbers, not on purpose whole ones or multiples of one step."""
    sizes = np.unique(np.abs(numbers[numbers != 0]).astype(np.float64))
    if sizes.size <= _FEW:
        return False
    fractions, exponents = np.frexp(sizes)
    wholes = np.ldexp(fractions, 53).astype(np.int64)
    step = np.ldexp((wholes & -wholes).astype(np.float64), exponents - 53).min()
    return bool(step < 1 and sizes[-1] / step > _STEPS)


def _all_in(numbers: npt.NDArray[Any], dtype: str) -> bool:
    with np.errstate(over="ignore", under="ignore"):
        return np.array_equal(rounded(numbers, as_dtype(dtype)).astype(numbers.dtype), numbers)


def _chance_pairs(subject: Subject, shape: Shape, dtype: str) -> int:
    """Count the pairs of equal numbers that another seed has not at the same places, as tied weights are.

    Where many numbers are there more than twice, their steps are wide on purpose, and there is none.
    """
    one, other = (_pairs(_numbers(subject.draw(shape, dtype, subject.remade(seed=seed)))) for seed in (1, 2))
    return len(one - other)


def _pairs(numbers: npt.NDArray[Any]) -> set[tuple[int, int]]:
    """Return the places of numbers of which there are exactly two; none if there are many of more."""
    order = np.argsort(numbers, kind="stable")
    _, first, counts = np.unique(numbers[order], return_index=True, return_counts=True)
    places = first[counts == 2]
    if (counts > 2).sum() > places.size / 4:
        return set()
    return set(zip(order[places].tolist(), order[places + 1].tolist(), strict=True))

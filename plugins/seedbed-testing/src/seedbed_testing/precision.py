"""The check that half precision is drawn at float32 or better, and rounded once."""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from seedbed.dtypes import rounded
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


@clause("weights on a coarse grid start equal to each other, and their tails are missing")
def check_precision(subject: Subject) -> None:
    """Check that half precision has as many different values as rounded float32 values have."""
    taken = [dtype for dtype in _HALF if subject.accepts(subject.shapes[0], dtype)]
    if subject.dtype != "float32" or not taken:
        raise NotApplicable("it gives no half precision, or no float32 to compare it with")
    leave_to_check_finite(subject)
    shape = subject.shape_of(_ELEMENTS)
    single = subject.draw(shape)
    for dtype in taken:
        half = subject.draw(shape, dtype)
        found, wanted = np.unique(half).size, np.unique(rounded(single, half.dtype)).size
        # Elements that depend on each other may differ by more than chance, but not by half of all.
        if found + _CHANCE * half.size / _ELEMENTS < wanted and found < wanted / 2:
            broken(
                expected=f"about {wanted} different values of {half.size} in {dtype}, as rounded float32 has",
                got=f"{found}",
                fix="draw in float32 or better, and round once at the end, as by .astype(dtype)",
            )

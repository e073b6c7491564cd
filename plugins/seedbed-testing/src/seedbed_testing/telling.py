"""Arrays that tell one draw from another."""

from __future__ import annotations

import contextlib
from typing import Any, Final

import numpy as np

from seedbed.shapes import Shape
from seedbed_testing.subject import NotApplicable, Subject

_ELEMENTS: Final = 2**12
_ENOUGH: Final = 64
"""So many elements that are not as the others; with a few at most, two draws are often all alike."""


def telling_shape(subject: Subject) -> Shape:
    """Return a shape whose values differ from seed to seed, even if most are the same, as of sparse ones."""
    shape = subject.shape_of(_ELEMENTS)
    _, counts = np.unique(np.asarray(subject.draw(shape)).astype(np.complex128), return_counts=True)
    rare = int(counts.sum() - counts.max(initial=0))
    return subject.large if rare < _ENOUGH else shape


def leave_to_check_finite(subject: Subject) -> None:
    """Say nothing of values that are not finite, unless that is meant: one mistake is told once."""
    shape = subject.shapes[0]
    for dtype in subject.dtypes if not may_be_infinite(subject, shape) else ():
        if not np.isfinite(np.asarray(subject.draw(shape, dtype)).astype(np.complex128)).all():
            raise NotApplicable("some of its values are not finite; see check_finite")


def may_be_infinite(subject: Subject, shape: Shape) -> bool:
    """Say whether `expected_bounds` lets values be infinite."""
    with contextlib.suppress(Exception):  # see check_bounds
        found: Any = getattr(subject.fixed, "expected_bounds")(shape)  # noqa: B009 - which it may not have
        return bool(np.isinf(np.asarray(found, np.float64)).any())
    return False

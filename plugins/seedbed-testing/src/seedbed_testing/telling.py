"""Arrays that tell one draw from another."""

from __future__ import annotations

import contextlib
import math
from typing import Any, Final

import numpy as np

from seedbed.shapes import Shape
from seedbed_testing.subject import NotApplicable, Subject

_ELEMENTS: Final = 2**12
_FEW: Final = 8
_ENOUGH: Final = 64
"""So many elements that are not as the others; with a few at most, two draws are often all alike."""


def telling_shape(subject: Subject) -> Shape:
    """Return a shape whose values differ from seed to seed, even if most are the same, as of sparse ones.

    Raises
    ------
    NotApplicable
        If so few of very many elements are not as the others that two draws may be alike by chance.
    """
    for shape in (subject.shape_of(_ELEMENTS), subject.large):
        if _rare(subject, shape) >= _ENOUGH:
            return shape
    rare, size = _rare(subject, subject.wide), math.prod(subject.wide)
    if rare >= _FEW or rare > size / _ENOUGH:
        return subject.wide
    if rare:
        raise NotApplicable(f"all but {rare} of {size:,} values are alike, so two seeds may give the same")
    return subject.large


def _rare(subject: Subject, shape: Shape) -> int:
    """Return how many elements are not what most of them are."""
    _, counts = np.unique(np.asarray(subject.draw(shape)).astype(np.complex128), return_counts=True)
    return int(counts.sum() - counts.max(initial=0))


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

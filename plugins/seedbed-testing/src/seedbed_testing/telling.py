"""Arrays that tell one draw from another."""

from __future__ import annotations

from typing import Final

import numpy as np

from seedbed.shapes import Shape
from seedbed_testing.subject import Subject

_ELEMENTS: Final = 2**12
_ENOUGH: Final = 64
"""So many elements that are not as the others; with a few at most, two draws are often all alike."""


def telling_shape(subject: Subject) -> Shape:
    """Return a shape whose values differ from seed to seed, even if most are the same, as of sparse ones."""
    shape = subject.shape_of(_ELEMENTS)
    _, counts = np.unique(np.asarray(subject.draw(shape)).astype(np.complex128), return_counts=True)
    rare = int(counts.sum() - counts.max(initial=0))
    return subject.large if rare < _ENOUGH else shape

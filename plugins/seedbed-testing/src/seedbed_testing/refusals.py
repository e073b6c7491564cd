"""The check of `check`, which says what a call refuses before anything is drawn."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from seedbed.divisible import check
from seedbed.dtypes import as_dtype, available_dtypes
from seedbed.errors import SeedbedError, described
from seedbed.initializer import Initializer
from seedbed.shapes import Shape
from seedbed.validation import is_checked
from seedbed_testing.clause import broken, clause
from seedbed_testing.memory import peak_of
from seedbed_testing.outcomes import outcome_of
from seedbed_testing.subject import EDGES, Subject

_MOST: Final = 2**17
"""Bytes that an exception or a distribution does not take, and 2^17 elements of any dtype do."""


@clause(
    "a model asks `check` of every weight before it writes the first; what only a call refuses comes late"
)
def check_refusals(subject: Subject) -> None:
    """Check that `check` raises what a call raises, and draws nothing."""
    for initializer in (subject.fixed, *(variant.initializer for variant in subject.variants[1:])):
        for shape, dtype in _cases(subject, initializer):
            called = outcome_of(initializer, shape, dtype)
            asked = _asked(initializer, shape, dtype)
            if isinstance(called, SeedbedError) and asked is None:
                _tell_of_late(subject, initializer, shape, dtype, called)
            if isinstance(called, np.ndarray) and asked is not None:
                broken(
                    expected=f"no error from check({shape}, {dtype!r}), since the call gives an array",
                    got=asked,
                    fix="refuse in check only what __call__ refuses; call it first in __call__, so that both "
                    "say the same",
                )
    large, dtype = subject.large, subject.dtype
    _, cost = peak_of(lambda: _asked(subject.fixed, large, dtype))
    if cost > _MOST:
        broken(
            expected=f"check({large}, {dtype!r}) to draw nothing",
            got=f"{cost / 2**20:.1f} MiB taken",
            fix="look at the shape and the dtype alone in check, and not at an array",
        )


def _cases(subject: Subject, initializer: Initializer) -> list[tuple[Shape, str]]:
    """Return every shape in one dtype and, for the subject itself, one shape in every dtype."""
    shapes = [(shape, subject.dtype) for shape in (*subject.candidates, *EDGES)]
    dtypes = available_dtypes() if initializer is subject.fixed else ()
    return [*shapes, *((subject.shapes[0], dtype) for dtype in dtypes)]


def _asked(initializer: Initializer, shape: Shape, dtype: str) -> Exception | None:
    """Return what `check` raises, or nothing."""
    try:
        check(initializer, shape, as_dtype(dtype))
    except Exception as error:  # noqa: BLE001 - compared with what the call does
        return error
    return None


def _tell_of_late(
    subject: Subject, initializer: Initializer, shape: Shape, dtype: str, error: SeedbedError
) -> None:
    own: Any = subject.kind.check
    is_helper = own is not Initializer.check and not is_checked(own)
    helper = "give the method check, which has other arguments, another name; then " if is_helper else ""
    broken(
        expected=f"check({shape}, {dtype!r}) of {initializer!r} to raise what its call raises",
        got=f"no error from check; from the call {described(error)}",
        fix=f"{helper}{_METHOD.format(name=subject.kind.__name__, error=type(error).__name__)}",
        cause=error,
    )


_METHOD: Final = """\
move the refusal from __call__ into a method check, which gets a tuple and a numpy.dtype:
              class {name}(...):
                  def check(self, shape, dtype=None):
                      super().check(shape, dtype)
                      if ...:  # what __call__ has refused so far
                          raise seedbed.errors.{error}(...)

                  def __call__(self, shape, dtype=None):
                      self.check(shape, dtype)
                      ..."""

"""Checks of the other ways to the same values: `fill` and `shard`."""

from __future__ import annotations

from typing import Any

import numpy as np

from seedbed.shapes import BasicIndex, Shape
from seedbed.testing.clause import broken, clause
from seedbed.testing.subject import Subject, difference, same_bits


@clause("frameworks fill weights in place; if that gives other values, a seed means two things")
def check_fill(subject: Subject) -> None:
    """Check that `fill` writes the bits of a call into arrays of any layout, and returns the array."""
    for shape in subject.shapes:
        expected = subject.repeated(shape)
        for layout, out in _rooms(shape, expected.dtype):
            returned = subject.fixed.fill(out)
            if not same_bits(out, expected):
                broken(
                    expected=f"fill of a {layout} array writes what a call gives for {shape}",
                    got=difference(out, expected),
                    mend="remove fill from the class, since the base class has one, or compute both by the "
                    "same code",
                )
            if returned is not out:
                broken(
                    expected="fill returns the array that it was given",
                    got=f"another {type(returned).__name__}",
                    mend="end with `return out`",
                )


@clause("a model over many devices draws each device's part; if parts differ from the whole, so do models")
def check_shard(subject: Subject) -> None:
    """Check that `shard` gives exactly that part of a call's array."""
    for shape in subject.shapes:
        whole = subject.repeated(shape)
        for index in indices(shape):
            part = subject.fixed.shard(shape, index, subject.dtype)
            expected = whole[index]
            if not isinstance(part, np.ndarray | np.generic):
                broken(
                    expected=f"an array for shard({shape}, {index})",
                    got=f"a {type(part).__name__}",
                    mend="return an array, as the base class's shard does",
                )
            if not same_bits(np.asarray(part), np.asarray(expected)):
                broken(
                    expected=f"shard({shape}, {index}) is self({shape})[{index}], bit for bit",
                    got=difference(np.asarray(part), np.asarray(expected)),
                    mend="remove shard from the class, since the base class slices the whole; or draw each "
                    "element by its place in the whole, as seedbed.ElementwiseInitializer does",
                )


def indices(shape: Shape) -> list[BasicIndex]:
    """Return indices of all kinds that fit a shape of at least one axis, none of them empty."""
    first, last = shape[0], shape[-1]
    found: list[BasicIndex] = [
        ...,
        0,
        -1,
        slice(first // 2, None),
        slice(None, None, 2),
        slice(None, None, -1),
        (..., slice(last // 3, last)),
        (..., last - 1),
        (slice(0, 0), ...),
    ]
    if len(shape) > 1:
        found += [(0, slice(1, None)), (slice(None), 0), (first - 1, ..., last - 1), (slice(None, -1), ...)]
    return found


def _rooms(shape: Shape, dtype: np.dtype[Any]) -> list[tuple[str, np.ndarray[Any, Any]]]:
    """Return arrays of a shape with different layouts, full of ones."""
    wide = np.ones((*shape, 2), dtype)
    return [
        ("contiguous", np.ones(shape, dtype)),
        ("Fortran-ordered", np.ones(shape, dtype, order="F")),
        ("strided", wide[..., 0]),
        ("reversed", np.ones(shape, dtype)[::-1]),
    ]

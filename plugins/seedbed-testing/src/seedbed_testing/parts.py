"""Checks of the other ways to the same values: `fill` and `shard`."""

from __future__ import annotations

from typing import Any

import numpy as np

from seedbed.errors import ShardIndexError
from seedbed.shapes import BasicIndex, Shape
from seedbed_testing.clause import broken, clause
from seedbed_testing.outcomes import difference, same_bits
from seedbed_testing.subject import Subject


@clause("frameworks fill weights in place; if that gives other values, a seed means two things")
def check_fill(subject: Subject) -> None:
    """Check that `fill` writes the bits of a call into arrays of any layout and dtype, and returns it."""
    for shape, dtype in _cases(subject):
        expected = subject.repeated(shape, dtype)
        for layout, out in _rooms(shape, expected.dtype):
            returned = subject.fixed.fill(out)
            if not same_bits(out, expected):
                broken(
                    expected=f"fill of a {layout} array writes what a call gives for {shape} in {dtype}",
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
    """Check that `shard` gives that part of a call's array in every dtype, and refuses what is none."""
    for shape, dtype in _cases(subject):
        whole = subject.repeated(shape, dtype)
        for index in indices(shape):
            part = subject.fixed.shard(shape, index, dtype)
            expected = whole[index]
            if not isinstance(part, np.ndarray | np.generic):
                broken(
                    expected=f"an array for shard({shape}, {index})",
                    got=f"a {type(part).__name__}",
                    mend="return an array, as the base class's shard does",
                )
            if not same_bits(np.asarray(part), np.asarray(expected)):
                broken(
                    expected=f"shard({shape}, {index}) is self({shape})[{index}], bit for bit, in {dtype}",
                    got=difference(np.asarray(part), np.asarray(expected)),
                    mend="remove shard from the class, since the base class slices the whole; or draw each "
                    "element by its place in the whole, as seedbed.ElementwiseInitializer does",
                )
        _refuses_bad_indices(subject, shape, dtype)


def _refuses_bad_indices(subject: Subject, shape: Shape, dtype: str) -> None:
    beyond = (shape[0] if shape else 0,)
    bad: tuple[Any, ...] = (beyond, (0,) * (len(shape) + 1), [0], "0", None, 0.5)
    for index in bad:
        try:
            got: object = subject.fixed.shard(shape, index, dtype)
        except ShardIndexError:
            continue
        except Exception as error:  # noqa: BLE001 - reported with its cause
            got = error
        broken(
            expected=f"ShardIndexError for shard({shape}, {index!r})",
            got=got if isinstance(got, Exception) else f"a {type(got).__name__}",
            mend="call seedbed.shapes.check_index(shape, index) first in shard",
        )


def _cases(subject: Subject) -> list[tuple[Shape, str]]:
    """Return every shape in one dtype, those of scalars and empty arrays included, and one in every dtype."""
    shapes = [(shape, subject.dtype) for shape in (*subject.shapes, *subject.edges)]
    return [*shapes, *((subject.shapes[0], dtype) for dtype in subject.dtypes[1:])]


def indices(shape: Shape) -> list[BasicIndex]:
    """Return indices of all kinds that fit a shape."""
    if not shape:
        return [..., ()]
    first, last = shape[0], shape[-1]
    found: list[BasicIndex] = [
        ...,
        slice(first // 2, None),
        slice(None, None, 2),
        slice(None, None, -1),
        (..., slice(last // 3, last)),
        (slice(0, 0), ...),
    ]
    if 0 in shape:
        return found
    found += [0, -1, (..., last - 1)]
    if len(shape) > 1:
        found += [(0, slice(1, None)), (slice(None), 0), (first - 1, ..., last - 1), (slice(None, -1), ...)]
    return found


def _rooms(shape: Shape, dtype: np.dtype[Any]) -> list[tuple[str, np.ndarray[Any, Any]]]:
    """Return arrays of a shape with different layouts, full of ones."""
    wide = np.ones((*shape, 2), dtype)
    rooms = [
        ("contiguous", np.ones(shape, dtype)),
        ("Fortran-ordered", np.ones(shape, dtype, order="F")),
        ("strided", wide[..., 0]),
    ]
    return [*rooms, ("reversed", np.ones(shape, dtype)[::-1])] if shape else rooms

"""Checks of the other ways to the same values: `fill` and `shard`."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any

import numpy as np

from seedbed.errors import ShardIndexError
from seedbed.initializer import Initializer
from seedbed.shapes import BasicIndex, Shape
from seedbed_testing.clause import broken, clause
from seedbed_testing.outcomes import difference, same_bits
from seedbed_testing.subject import Subject
from seedbed_testing.variant import Variant


@clause("frameworks fill weights in place; if that gives other values, a seed means two things")
def check_fill(subject: Subject) -> None:
    """Check that `fill` writes the bits of a call into arrays of any layout and dtype, and returns it."""
    for variant, shape, dtype in _cases(subject):
        initializer = variant.initializer
        expected = subject.repeated(shape, dtype, initializer)
        for layout, out in _rooms(shape, expected.dtype):
            returned = initializer.fill(out)
            if not same_bits(out, expected):
                broken(
                    expected=f"fill of a {layout} array writes what a call of {variant} gives for "
                    f"{shape} in {dtype}",
                    got=difference(out, expected),
                    fix="remove fill from the class, since the base class has one, or compute both by the "
                    "same code",
                )
            if returned is not out:
                broken(
                    expected="fill returns the array that it was given",
                    got="None" if returned is None else f"another {type(returned).__name__}",
                    fix="end with `return out`",
                )


@clause("a model over many devices draws each device's part; if parts differ from the whole, so do models")
def check_shard(subject: Subject) -> None:
    """Check that `shard` returns that part of a call's array in every dtype, and rejects invalid indices."""
    if not subject.takes_shards:
        broken(
            expected="a method shard(self, shape, index, dtype=None)",
            got=f"shard{inspect.signature(subject.initializer.shard)}",
            fix="remove shard from the class, since the base class has one; or define it as def shard(self, "
            "shape, index, dtype=None), with seedbed.shapes.check_index(shape, index) first",
        )
    for variant, shape, dtype in _cases(subject):
        initializer = variant.initializer
        whole = np.asarray(subject.repeated(shape, dtype, initializer))
        for index in indices(shape):
            part = initializer.shard(shape, index, dtype)
            expected = whole[index]
            if not isinstance(part, np.ndarray | np.generic):
                broken(
                    expected=f"an array for shard({shape}, {index})",
                    got=f"a {type(part).__name__}",
                    fix="return an array, as the base class's shard does",
                )
            if not same_bits(np.asarray(part), np.asarray(expected)):
                broken(
                    expected=f"shard({shape}, {index}) of {variant} is the same part of its call, "
                    f"bit for bit, in {dtype}",
                    got=difference(np.asarray(part), np.asarray(expected)),
                    fix="remove shard from the class, since the base class slices the whole; or draw each "
                    "element by its place in the whole, as seedbed.ElementwiseInitializer does",
                )
        _refuses_bad_indices(initializer, shape, dtype)


def _refuses_bad_indices(initializer: Initializer, shape: Shape, dtype: str) -> None:
    beyond = (shape[0] if shape else 0,)
    bad: tuple[Any, ...] = (beyond, (0,) * (len(shape) + 1), [0], "0", None, 0.5)
    for index in bad:
        try:
            got: object = initializer.shard(shape, index, dtype)
        except ShardIndexError:
            continue
        except Exception as error:  # noqa: BLE001 - reported with its cause
            got = error
        broken(
            expected=f"ShardIndexError for shard({shape}, {index!r})",
            got=got if isinstance(got, Exception) else f"a {type(got).__name__}",
            fix="call seedbed.shapes.check_index(shape, index) first in shard",
        )


def _cases(subject: Subject) -> Iterator[tuple[Variant, Shape, str]]:
    """Yield what to compare: all shapes and dtypes, a large array, and other arguments and seeds."""
    for shape, dtype in subject.cases:
        yield subject.variants[0], shape, dtype
    yield subject.variants[0], subject.large, subject.dtype
    for variant, shape in subject.drawing[1:]:
        yield variant, shape, subject.dtype
    for variant in subject.seeded:
        yield variant, subject.shapes[0], subject.dtype


def indices(shape: Shape) -> list[BasicIndex]:
    """Return indices of all kinds that fit a shape."""
    if not shape:
        return [..., ()]
    first, last = shape[0], shape[-1]
    found: list[BasicIndex] = [
        ...,
        slice(first // 2, None),
        slice(None, None, 2),
        slice(None, None, 3),
        slice(None, None, -1),
        slice(-2, None),
        (..., slice(last // 3, last)),
        (slice(0, 0), ...),
    ]
    # A block, as a mesh of devices of as many axes has it; and each axis by itself.
    found.append(tuple(slice(size // 3, size // 3 + (size + 1) // 2) for size in shape))
    found += [(*[slice(None)] * axis, slice(1, None)) for axis in range(1, len(shape) - 1)]
    if 0 in shape:
        return found
    found += [0, -1, (..., last - 1)]
    if len(shape) > 1:
        found += [(0, slice(1, None)), (slice(None), 0), (first - 1, ..., last - 1), (slice(None, -1), ...)]
        found += [(slice(None, None, 2), slice(-2, None)), (slice(None, None, -2), ..., slice(1, None, 3))]
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

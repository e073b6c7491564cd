"""Initializers that arrange the arrays of others: transposed, in blocks, and stacked."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import accumulate, pairwise
from operator import neg
from typing import Any, ClassVar, final

import numpy as np
import numpy.typing as npt

from seedbed.axis import LONGEST, along, as_axis, axis_of, replaced
from seedbed.combinators.combinator import InitializerLike, OfOne, OfSeveral
from seedbed.divisible import writer
from seedbed.errors import ArgumentError, ShapeError, shown
from seedbed.integers import as_integer
from seedbed.random import SeedLike
from seedbed.shapes import Shape
from seedbed.shard import Part, Write


@final
class Transposed(OfOne):
    """Another initializer's array with its axes in another order.

    Parameters
    ----------
    initializer
        An initializer, or the name or the config of one.
    permutation
        For each axis of the result, the axis of its array, as for `numpy.transpose`; ``None`` for the reverse
        order.
    seed
        ``None``, an int, a string, or a list of those. It is passed on to `initializer`, which must then have
        no seed of its own.

    Raises
    ------
    ArgumentError
        If `permutation` is not a list of 0, 1, ... in any order, or both have a seed.

    Notes
    -----
    ``numpy.transpose(initializer(inner), permutation)``, where ``inner`` is the shape whose transpose has the
    requested shape. Fans are those of ``inner``. Every dtype that `initializer` supports. One seed promises
    the same as for `initializer`.

    Peers
    -----
    Keras
        `VarianceScaling` takes `input_axes` and `output_axes`, like `axes` here; `Orthogonal` takes none.
    JAX
        `variance_scaling` takes `in_axis` and `out_axis`, and `orthogonal` takes `column_axis`.
    PyTorch
        Each fills a transposed view in place, as in ``orthogonal_(weight.t())``.

    Examples
    --------
    >>> from seedbed.standard import VarianceScaling
    >>> inner = VarianceScaling(mode="fan_out", seed=7)
    >>> bool((Transposed(inner)((3, 5)) == inner((5, 3)).T).all())
    True
    """

    example_arguments: ClassVar = ({"initializer": "he_normal"},)

    def __init__(
        self,
        initializer: InitializerLike,
        permutation: Sequence[int] | None = None,
        *,
        seed: SeedLike = None,
    ) -> None:
        self.permutation = None if permutation is None else _as_permutation(permutation)
        super().__init__(initializer, seed=seed)

    def _seedbed_writer(self, shape: Shape, dtype: np.dtype[Any]) -> Write:
        if self.permutation is not None and len(self.permutation) != len(shape):
            raise ShapeError(
                f"got shape {shape} of {len(shape)} axes for the permutation "
                f"{shown(list(self.permutation))} of {len(self.permutation)}; ask for as many axes, or give "
                "another permutation"
            )
        places = self._places(len(shape))
        write = writer(self.parts[0], tuple(shape[axis] for axis in places), dtype)
        return lambda out, part: write(out.transpose(places), tuple(part[axis] for axis in places))

    def _places(self, axes: int) -> tuple[int, ...]:
        """Return which axis of the result each axis of the inner array is."""
        if self.permutation is None:
            return tuple(reversed(range(axes)))
        return tuple(sorted(range(axes), key=self.permutation.__getitem__))


@final
class Blocked(OfSeveral):
    """Blocks along an axis, each of an initializer of its own: fused query, key and value; gates.

    Parameters
    ----------
    initializers
        A list with one for each block: an initializer, the name or the config of one.
    sizes
        The length of each block. Their sum is the length of the axis. ``None`` for blocks of equal length.
    axis
        The axis that is divided; negative numbers count from the end.
    seed
        ``None``, an int, a string, or a list of those. It is passed on to all of `initializers`, which must
        then have no seed of their own.

    Raises
    ------
    ArgumentError
        If an argument is out of range, or there is a seed here and in one of `initializers`.

    Notes
    -----
    ``numpy.concatenate`` of the blocks. Block k draws as ``initializer.fold_in(k)``, so two equal ones with
    one seed give different values. Each block has the fans of its own shape. Every dtype that all of
    `initializers` support. One seed promises the same as for the weakest of them.

    Peers
    -----
    Keras, TensorFlow
        ``LSTM(unit_forget_bias=True)`` makes its bias from three blocks; its kernels are drawn undivided.
    PyTorch
        `MultiheadAttention` draws query, key and value as one matrix, whose fan-out is that of all three.
    timm
        `init_weights_vit_moco` draws a fused query, key and value with the bounds of one of them.
    MXNet : FusedRNN
        Divides the weights of a recurrent layer, and initializes each.

    Examples
    --------
    >>> from seedbed.standard import GlorotUniform
    >>> gates = Blocked(["zeros", "ones", "zeros"], axis=0)
    >>> gates(6)
    array([0., 0., 1., 1., 0., 0.], dtype=float32)
    >>> qkv = Blocked(["glorot_uniform"] * 3, [64, 16, 16], seed=7)
    >>> query = GlorotUniform(seed=[7, 0])
    >>> bool((qkv((64, 96))[:, :64] == query((64, 64))).all())
    True
    """

    example_arguments: ClassVar = (
        {"initializers": ["glorot_uniform", "random_normal"]},
        {"initializers": ["glorot_uniform", "random_normal"], "sizes": [3, 5], "axis": 0},
    )

    def __init__(
        self,
        initializers: Sequence[InitializerLike],
        sizes: Sequence[int] | None = None,
        *,
        axis: int = -1,
        seed: SeedLike = None,
    ) -> None:
        self.axis = as_axis(axis)
        super().__init__(initializers, seed=seed)
        self.sizes = None if sizes is None else as_sizes(sizes, len(self.initializers))

    def _seedbed_writer(self, shape: Shape, dtype: np.dtype[Any]) -> Write:
        axis = axis_of(shape, self.axis)
        self._check_length(shape, shape[axis])
        ends = list(self._ends(shape[axis]))
        writers = [
            writer(initializer, replaced(shape, axis, last - first), dtype)
            for initializer, (first, last) in zip(self.parts, ends, strict=True)
        ]

        def write(out: npt.NDArray[Any], part: Part) -> None:
            for write_block, (first, last) in zip(writers, ends, strict=True):
                where = _run_within(part[axis], first, last)
                run = part[axis][where]
                if run:  # do not ask a block if the part contains nothing of it
                    within = range(run.start - first, run.stop - first, run.step)
                    write_block(out[along(axis, where)], replaced(part, axis, within))

        return write

    def _check_length(self, shape: Shape, length: int) -> None:
        count = len(self.initializers)
        if self.sizes is None and length % count:
            raise ShapeError(
                f"got shape {shape}, whose axis {self.axis} is {length} long, which {count} blocks cannot "
                "share equally; ask for a multiple there, or give sizes"
            )
        if self.sizes is not None and sum(self.sizes) != length:
            raise ShapeError(
                f"got shape {shape}, whose axis {self.axis} is {length} long, where the sizes "
                f"{shown(list(self.sizes))} add up to {sum(self.sizes)}; ask for {sum(self.sizes)} there, or "
                "give other sizes"
            )

    def _ends(self, length: int) -> Iterator[tuple[int, int]]:
        """Yield where each block begins and ends."""
        count = len(self.initializers)
        sizes = [length // count] * count if self.sizes is None else self.sizes
        return pairwise(accumulate(sizes, initial=0))


@final
class Stacked(OfOne):
    """Arrays of one initializer beside each other along a new axis: experts, layers, heads.

    Parameters
    ----------
    initializer
        An initializer, or the name or the config of one.
    axis
        The axis that counts the arrays; negative numbers count from the end.
    seed
        ``None``, an int, a string, or a list of those. It is passed on to `initializer`, which must then have
        no seed of its own.

    Raises
    ------
    ArgumentError
        If `axis` is not an axis, or both have a seed.

    Notes
    -----
    ``numpy.stack`` of arrays. Array k is drawn like ``initializer.fold_in(k)``, and has the shape without the
    axis. Fans are those of that shape. Every dtype that `initializer` supports. One seed promises the same as
    for `initializer`.

    Peers
    -----
    JAX
        `variance_scaling` and similar take the axis out of the fans, as `batch_axis`; `orthogonal` does not.
    Keras, TensorFlow, PyTorch
        Fans count the axis; you write a loop.

    Examples
    --------
    >>> from seedbed.standard import HeNormal
    >>> experts = Stacked("he_normal", seed=7)((8, 64, 32))
    >>> bool((experts[5] == HeNormal(seed=[7, 5])((64, 32))).all())
    True
    """

    example_arguments: ClassVar = ({"initializer": "he_normal"},)

    def __init__(self, initializer: InitializerLike, axis: int = 0, *, seed: SeedLike = None) -> None:
        self.axis = as_axis(axis)
        super().__init__(initializer, seed=seed)

    def _seedbed_writer(self, shape: Shape, dtype: np.dtype[Any]) -> Write:
        axis = axis_of(shape, self.axis)
        inner_shape = _without(shape, axis)
        (template,) = self.parts
        writer(template, inner_shape, dtype)  # raises if they do not fit

        def write(out: npt.NDArray[Any], part: Part) -> None:
            if not out.size:  # otherwise an axis of any length would be visited for nothing
                return
            inner_part = _without(part, axis)
            for place, number in enumerate(part[axis]):
                write_one = writer(template.fold_in(number), inner_shape, dtype)
                write_one(out[along(axis, place)], inner_part)

        return write


def _as_permutation(permutation: Sequence[int]) -> tuple[int, ...]:
    axes = [as_integer(axis) for axis in permutation] if isinstance(permutation, list | tuple) else [None]
    found = tuple(axis for axis in axes if axis is not None)
    if len(found) != len(axes) or sorted(found) != list(range(len(axes))):
        raise ArgumentError(
            f"permutation must be None or a list of the axes 0, 1, ... in any order, got {shown(permutation)}"
        )
    return found


def as_sizes(sizes: Sequence[int], count: int) -> tuple[int, ...]:
    """Return the lengths of so many blocks.

    Raises
    ------
    ArgumentError
        If they are none.
    """
    given = [as_integer(size) for size in sizes] if isinstance(sizes, list | tuple) else []
    found = tuple(size for size in given if size is not None and 0 <= size < LONGEST)
    if len(found) != count or len(given) != count:
        raise ArgumentError(
            f"sizes must be None or a list of an int of at least 0 for each of the {count} blocks, "
            f"got {shown(sizes)}"
        )
    return found


def _run_within(taken: range, first: int, last: int) -> slice:
    """Return where in `taken` the positions lie that are at least `first` and below `last`."""
    if taken.step > 0:
        return slice(bisect_left(taken, first), bisect_left(taken, last))
    return slice(bisect_left(taken, 1 - last, key=neg), bisect_left(taken, 1 - first, key=neg))


def _without(items: tuple[Any, ...], axis: int) -> tuple[Any, ...]:
    return (*items[:axis], *items[axis + 1 :])

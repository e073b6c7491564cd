"""A trial: whether a GPU draws what NumPy's engine does, to the last bit."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from itertools import product
from typing import Final, NamedTuple, Protocol

import numpy as np
import torch
from torch import Tensor

from seedbed.dtypes import as_dtype
from seedbed.errors import PluginError
from seedbed.models.elements import Elements
from seedbed.random import (
    Distribution,
    Normal,
    NumPyEngine,
    Region,
    TruncatedDisc,
    TruncatedNormal,
    Uniform,
)
from seedbed.random.draw import limits_of
from seedbed.random.laws import Law, law_of
from seedbed_torch.arrays import as_array

_KEY: Final = 0xFEDCBA98765432100123456789ABCDEF
_REAL: Final = ("float16", "bfloat16", "float32", "float64")
_COMPLEX: Final = ("complex64", "complex128")
_INF: Final = float("inf")
_TORCH: Final = {name: getattr(torch, name) for name in (*_REAL, *_COMPLEX)}

DRAWS: Final[tuple[tuple[Distribution, tuple[str, ...]], ...]] = (
    (Uniform(-0.3, 2.1), (*_REAL, *_COMPLEX)),
    (Uniform(0.0, 1.0), _REAL),
    (Uniform(-3e-310, 1e-310), ("float64",)),
    (Normal(0.0, 0.02), _REAL),
    (Normal(0.1, 1.3), _REAL),
    (Normal(0.0, 3e-6), ("float16",)),  # subnormal
    (Normal(0.0, 1e-38), ("bfloat16", "float32")),
    (TruncatedNormal(0.0, 1e-46, -_INF, 0.0, (-_INF, 0.0)), ("float16", "bfloat16", "float32")),  # all are 0
    (TruncatedNormal(0.0, 1e-9, -_INF, 0.0, (-_INF, 0.0)), ("float16",)),  # are 0 once they are rounded
    (TruncatedNormal(0.0, 5e-324, -_INF, 0.0, (-_INF, 0.0)), ("float64",)),
    (Normal(0.1, 1.3, is_complex=True), _COMPLEX),
    (TruncatedNormal(0.0, 1.0, -2.0, 2.0, (-2.0, 2.0)), _REAL),
    (TruncatedNormal(0.1, 0.9, -1.0, 3.0, (-0.8, 2.8)), _REAL),
    (TruncatedNormal(0.0, 1.0, -_INF, 0.0, (-_INF, 0.0)), _REAL),
    (TruncatedNormal(45.5, 1.5, -31.0, -30.0, (-1.0, 0.5)), ("float64",)),
    (TruncatedDisc(0.5, 1.1, 2.0), _COMPLEX),
    (TruncatedDisc(0.0, 3.9, 0.25), ("complex128",)),
    (TruncatedDisc(0.0, 1.1e9, 1e-9), ("complex128",)),
)


class Where(NamedTuple):
    """Where a trial's elements lie: in the stream, and in memory.

    Attributes
    ----------
    shape
        How many there are along each axis.
    base, strides
        The first one's place in the stream, and how far on the next is along each axis.
    order
        The axes, those nearest in memory last.
    before
        Places in memory before the first.
    """

    shape: tuple[int, ...]
    base: int
    strides: tuple[int, ...]
    order: tuple[int, ...]
    before: int


PLACES: Final = (
    Where((2053,), 2**53 + 5, (1,), (0,), 3),
    Where((64, 24), 0, (1, 64), (0, 1), 0),  # stored (out, in), and drawn (in, out)
    Where((7, 5, 30), 2**33 + 3, (90, 2**34 + 1, 3), (1, 0, 2), 1),
)
MORE_PLACES: Final = (
    *PLACES,
    Where((4099,), 0, (1,), (0,), 0),
    Where((4096,), 2**40, (1,), (0,), 8),
    Where((37, 29), 11, (1, 101), (0, 1), 0),
    Where((3, 1000), 7, (1000, 1), (0, 1), 2),
    Where((5, 1003), 2**59 - 5015, (1003, 1), (1, 0), 0),
    Where((1, 1), 13, (5, 5), (0, 1), 1),
)


class Case(NamedTuple):
    """What is drawn on a GPU, and by NumPy's engine."""

    law: Law
    elements: Elements
    dtype: str
    where: Where


def cases(places: Iterable[Where] = PLACES) -> Iterator[Case]:
    """Yield what a trial draws."""
    for distribution, names in DRAWS:
        for name, where in product(names, places):
            dtype = as_dtype(name)
            limits = limits_of(distribution, dtype)
            law = law_of(distribution, dtype, limits)
            assert law is not None  # noqa: S101 - for the types; all of them have one
            yield Case(law, Elements(distribution, _KEY, limits, where.base, where.strides), name, where)


def rooms(case: Case, device: torch.device | str) -> tuple[Tensor, Tensor]:
    """Return memory for a case, a part of a larger one of zeros, and that."""
    _, _, dtype, where = case
    sizes = [where.shape[axis] + (2 if number else 0) for number, axis in enumerate(where.order)]
    room = torch.zeros(where.before + math.prod(sizes) + 8, dtype=_TORCH[dtype], device=device)
    inner = room[where.before : -8].view(sizes)
    for number, axis in enumerate(where.order):
        inner = inner.narrow(number, 0, where.shape[axis])
    return inner.permute(*map(where.order.index, range(len(sizes)))), room


def draw_by_numpy(case: Case, memory: Tensor) -> None:
    """Draw into memory of the host what NumPy's engine draws."""
    where, elements = case.where, case.elements
    region = Region(where.shape, 1, 1, where.base, where.shape, where.strides)
    out = np.empty(region.size, as_dtype(case.dtype))
    NumPyEngine().draw(elements.distribution, elements.key, region, out, limits=elements.limits, threads=1)
    array = as_array(memory)
    assert array is not None  # noqa: S101 - for the types; it is on the host
    array[...] = out.reshape(where.shape)


def bits(tensor: Tensor) -> Tensor:
    """Return a tensor's bits, on the CPU, as numbers that are equal where the bits are."""
    real = torch.view_as_real(tensor) if tensor.is_complex() else tensor
    whole = {2: torch.int16, 4: torch.int32, 8: torch.int64}[real.itemsize]
    return real.contiguous().cpu().view(whole)


class Drawer(Protocol):
    """What draws elements into memory, as a `Device` does."""

    def draw(self, memory: Tensor, law: Law, elements: Elements) -> None:
        """Write all of them."""


def check(drawer: Drawer, number: int, place: torch.device | str) -> None:
    """Refuse the GPU of a number, with memory at a place, whose values are others.

    Raises
    ------
    PluginError
        If they are. The message says of which distributions.
    """
    wrong = wrong_of(drawer, place, PLACES)
    if wrong:
        raise PluginError(
            f"the kernels draw other values than NumPy's engine on cuda:{number}, of {'; '.join(wrong)}"
        )


def wrong_of(drawer: Drawer, place: torch.device | str, places: Iterable[Where]) -> list[str]:
    """Return of which distributions and dtypes values differ, or what lies beside them has changed."""
    wrong = {}
    for case in cases(places):
        (there, room), (here, expected) = rooms(case, place), rooms(case, "cpu")
        drawer.draw(there, case.law, case.elements)
        draw_by_numpy(case, here)
        if not torch.equal(bits(room), bits(expected)):
            wrong[f"{case.elements.distribution} in {case.dtype}"] = True
    return list(wrong)

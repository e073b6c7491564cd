"""The check that streams are independent: what arrays of two paths may have in common, and what not."""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt

from seedbed.errors import shown
from seedbed.initializer import Initializer
from seedbed.json_data import comparable
from seedbed.shapes import Shape
from seedbed_testing.clause import broken, clause
from seedbed_testing.configs import json_config
from seedbed_testing.global_state import leave_to_check_global_state
from seedbed_testing.outcomes import difference, same_bits
from seedbed_testing.seeds import TRAIL, accepted, is_one_number, needs_seed
from seedbed_testing.statistics import BOUND, self_normalized
from seedbed_testing.subject import NotApplicable, Subject

Steps: TypeAlias = tuple[str | int, ...]

_FAMILY: Final[tuple[Steps, ...]] = (
    (),
    ("encoder/0/kernel",),
    ("encoder/1/kernel",),
    ("encoder", "0/kernel"),
    ("encoder/0/kernel", 0),
    (0,),
    (1,),
    ("0",),
    (0, 1),
    (1, 0),
    (10,),
    ("encoder/layers/10/attention/query/kernel",),
    ("encoder/layers/11/attention/query/kernel",),
    ("Encoder/0/kernel",),
    ("model", "encoder", 0, "kernel"),
    ("model", "encoder", 0, "bias"),
)
"""Paths as models have them, and such as become alike where steps are joined, added, cut or made text."""

_ELEMENTS: Final = 2**12
_SEEDS: Final = 64  # the root of which is above `BOUND`
_LAG_BOUND: Final = math.sqrt(BOUND**2 + 2 * math.log(2 * _ELEMENTS))
"""What the largest of that many sums exceeds as rarely as a single one exceeds `BOUND`, by a union bound."""


@clause(
    "each parameter of a model draws from the stream of its path; streams that are alike make layers alike"
)
def check_fold_in(subject: Subject) -> None:
    """Check that `fold_in(path)` returns a copy whose stream is independent of all others."""
    needs_seed(subject)
    if TRAIL not in accepted(subject):
        raise NotApplicable("it takes no list of seeds; see check_seeds")
    shape = subject.shape_of(_ELEMENTS)
    drawn = {
        steps: _Sample(subject.draw(shape, initializer=_along(subject.fixed, steps))) for steps in _FAMILY
    }
    if all(is_one_number(sample.values) for sample in drawn.values()):
        raise NotApplicable("its values are all one number")
    subject.repeated(shape)
    path, first = "encoder/0/kernel", drawn["encoder/0/kernel",].values
    again = subject.draw(shape, initializer=subject.fixed.fold_in(path))
    if not same_bits(again, first):
        leave_to_check_global_state(subject)
        broken(
            expected=f"the same values from fold_in({path!r}) twice",
            got=difference(again, first),
            fix="remove fold_in from the class; the base class extends the seed by the path",
        )
    _check_arguments_stay(subject, path)
    streams = _Streams(subject, shape)
    for paths in combinations(_FAMILY, 2):
        if likeness := _likeness(streams, drawn, paths):
            broken(
                expected=f"independent values for the paths {' and '.join(map(_named, paths))}",
                got=likeness,
                fix="remove fold_in from the class, and draw from a stream that depends on all of self.seed",
            )


def _check_arguments_stay(subject: Subject, path: str) -> None:
    for variant in subject.variants:
        before, after = (
            {name: value for name, value in json_config(one).items() if name != "seed"}
            for one in (variant.initializer, variant.initializer.fold_in(path))
        )
        if comparable(before) != comparable(after):
            broken(
                expected=f"the other arguments {shown(before)} after fold_in({path!r})",
                got=shown(after),
                fix="remove fold_in from the class; the base class changes the seed alone",
            )


@dataclass(frozen=True, eq=False)
class _Sample:
    """The values of an array, and what is compared of them with those of others."""

    values: npt.NDArray[Any]

    @cached_property
    def numbers(self) -> npt.NDArray[np.float64]:
        """As many real numbers as are enough, less their mean."""
        flat = np.ravel(self.values)[:_ELEMENTS]
        parts = np.concatenate([flat.real, flat.imag]) if flat.dtype.kind == "c" else flat
        found: npt.NDArray[np.float64] = parts.astype(np.float64)
        found -= found.mean()
        return found

    @cached_property
    def ordered(self) -> npt.NDArray[Any]:
        flat = np.ravel(self.values)
        return np.sort(flat.astype(np.complex128 if flat.dtype.kind == "c" else np.float64))

    @cached_property
    def is_varied(self) -> bool:
        return np.unique(self.ordered).size > self.ordered.size // 2

    @cached_property
    def waves(self) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
        return np.fft.rfft(self.numbers), np.fft.rfft(self.numbers**2)


class _Streams:
    """The streams of a subject under other seeds, as many as it takes.

    What arrays have in common under one seed may be what all arrays of the initializer have in common, such
    as a diagonal below the noise; or chance, where few numbers decide on all elements, as with equal rows.
    Neither makes their streams alike.
    """

    def __init__(self, subject: Subject, shape: Shape) -> None:
        self._subject, self._shape = subject, shape
        self._numbers = functools.cache(lambda seed, steps: _Sample(self._draw(seed, steps)).numbers)

    def always_equal(self, one: Steps, other: Steps) -> bool:
        """Say whether two paths have the same values under other seeds too."""
        return all(same_bits(self._draw(seed, one), self._draw(seed, other)) for seed in range(8))

    def order_alone_differs(self, sample: _Sample) -> bool:
        """Say whether arrays of all seeds have the same values, as quantiles that are shuffled have."""
        return np.array_equal(_Sample(self._draw(0, ())).ordered, sample.ordered)

    def always_correlated(self, one: Steps, other: Steps, *, lag: int) -> bool:
        """Say whether elements `lag` apart go together, beyond what they share with all other arrays.

        From each array one of a seed of its own is subtracted, and with it what all arrays share. Each seed
        gives one number, whose expectation is 0 if the streams are independent; see `statistics`.
        """
        sums = []
        for seed in range(_SEEDS):
            mine = self._numbers(seed, one) - self._numbers(_SEEDS + seed, ())
            its = self._numbers(seed, other) - self._numbers(2 * _SEEDS + seed, ())
            sums.append(float(mine @ np.roll(its, -lag)))
        return self_normalized(np.array(sums)) > BOUND

    def _draw(self, seed: int, steps: Steps) -> npt.NDArray[Any]:
        return self._subject.draw(self._shape, initializer=_along(self._subject.remade(seed=seed), steps))


def _likeness(streams: _Streams, drawn: Mapping[Steps, _Sample], paths: tuple[Steps, Steps]) -> str:
    """Return in words what two arrays have in common that independent ones have not; nothing if nothing."""
    one, other = (drawn[steps] for steps in paths)
    if same_bits(one.values, other.values):
        return "the same values" if streams.always_equal(*paths) else ""
    if one.is_varied and np.array_equal(one.ordered, other.ordered) and not streams.order_alone_differs(one):
        return "the same values in another order"
    lag, size, correlation = _largest_correlation(one, other)
    if size > _LAG_BOUND and streams.always_correlated(*paths, lag=lag):
        return f"values of correlation {correlation:.3f}{f' with those {lag} places on' if lag else ''}"
    return ""


def _largest_correlation(one: _Sample, other: _Sample) -> tuple[int, float, float]:
    """Return how far apart elements go together most, how much so, and their correlation.

    How much is in the units of `self_normalized`, which for all distances together are Fourier transforms.
    """
    count = one.numbers.size
    sums, squares = (
        np.fft.irfft(np.conj(mine) * its, count) for mine, its in zip(one.waves, other.waves, strict=True)
    )
    scale = float(np.linalg.norm(one.numbers) * np.linalg.norm(other.numbers))
    # Sums of squares are exact up to the rounding of the transforms, which is all that is left of zeros.
    sizes = np.abs(sums) / np.sqrt(np.maximum(squares, 1e-9 * max(float(squares.max()), 1e-300)))
    lag = int(sizes.argmax())
    return lag, float(sizes[lag]), float(sums[lag]) / scale if scale else 0.0


def _along(initializer: Initializer, steps: Steps) -> Initializer:
    return functools.reduce(lambda made, step: made.fold_in(step), steps, initializer)


def _named(steps: Steps) -> str:
    return ", ".join(map(repr, steps)) or "no path"

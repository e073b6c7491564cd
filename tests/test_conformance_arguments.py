"""Arguments that callers change later, and what is said of them."""

from dataclasses import dataclass, field

import numpy as np
import pytest
from mutants import Right

import seedbed
from seedbed.errors import CheckError
from seedbed.fans import as_axes, axes_config, fans
from seedbed.random import Uniform
from seedbed.testing import CHECKS


class Levels(seedbed.Initializer):
    """Values of a sum."""

    def __init__(self, values=(1.0, 2.0)):
        self.values = self.stored(values)
        self.values.flags.writeable = False

    def __call__(self, shape, dtype=None):
        return np.full(shape, self.values.sum()).astype(dtype)


class CopiesArrays(Levels):
    def stored(self, values):
        return np.array(values)


class MakesArraysReadOnly(Levels):
    def stored(self, values):
        return np.asarray(values)


class KeepsAViewOfArrays(Levels):
    def stored(self, values):
        return np.asarray(values)[:]


class KeepsAViewOfSingles(Levels):
    def stored(self, values):
        return np.asarray(values, np.float32)[:]


class KeepsArraysWithinLists(seedbed.Initializer):
    def __init__(self, values=((1.0, 2.0), (3.0, 4.0))):
        self.values = tuple(map(np.asarray, values))
        for kept in self.values:
            kept.flags.writeable = False

    def __call__(self, shape, dtype=None):
        return np.full(shape, sum(map(np.sum, self.values))).astype(dtype)


class KeepsAnOptionalArray(KeepsAViewOfArrays):
    def __init__(self, values=None):
        self.values = None if values is None else self.stored(values)
        if values is not None:
            self.values.flags.writeable = False

    def __call__(self, shape, dtype=None):
        return np.ones(shape, dtype)


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        (MakesArraysReadOnly, r"an array that is read-only now\n(.|\n)*make a copy read-only in __init__"),
        (KeepsAViewOfArrays, r"with values the config changes(.|\n)*self\.values = np\.array\(values\)"),
        (KeepsAViewOfSingles, r"with values the config changes"),
        (KeepsArraysWithinLists, r"with values the config changes"),
        (KeepsAnOptionalArray, r"with values the config changes"),
    ],
)
def test_an_array_that_is_the_callers_is_found(kind, message):
    assert CHECKS["check_no_mutation"](CopiesArrays) is None
    with pytest.raises(CheckError, match=message):
        CHECKS["check_no_mutation"](kind)


class OfAxes(seedbed.ElementwiseInitializer):
    def __init__(self, *, axes=None, seed=None):
        super().__init__(seed=seed)
        self.axes = self.stored(axes)

    def stored(self, axes):
        return axes

    def element_distribution(self, shape, dtype):
        return Uniform(0.0, max(1, fans(shape, self.axes).fan_in) ** -0.5)


class OfSafeAxes(OfAxes):
    def stored(self, axes):
        return as_axes(axes)

    def get_config(self):
        seed = list(self.seed) if isinstance(self.seed, tuple) else self.seed
        return {"axes": axes_config(self.axes), "seed": seed}


class LosesAxes(OfSafeAxes):
    def get_config(self):
        return {"seed": super().get_config()["seed"]}


def test_axes_that_are_the_callers_or_get_lost_are_found():
    assert CHECKS["check_no_mutation"](OfSafeAxes) is None
    assert CHECKS["check_round_trip"](OfSafeAxes) is None
    with pytest.raises(CheckError, match=r"with axes the config changes"):
        CHECKS["check_no_mutation"](OfAxes)
    with pytest.raises(CheckError, match=r"made with axes="):
        CHECKS["check_round_trip"](LosesAxes)


@dataclass(frozen=True, eq=False, repr=False)
class DataOfLists(seedbed.Initializer):
    levels: list[float] = field(default_factory=lambda: [1.0, 2.0])

    def __call__(self, shape, dtype=None):
        return np.resize(self.levels, shape).astype(dtype)


@dataclass(frozen=True, eq=False, repr=False)
class DataOfTuples(DataOfLists):
    def __post_init__(self):
        object.__setattr__(self, "levels", tuple(self.levels))


def test_a_dataclass_is_told_what_it_can_do():
    assert CHECKS["check_no_mutation"](DataOfTuples) is None
    with pytest.raises(
        CheckError, match=r'__post_init__: object\.__setattr__\(self, "levels", tuple\(self\.'
    ):
        CHECKS["check_no_mutation"](DataOfLists)


class FillsWithoutATurn(Right):
    def __init__(self, gain=1.0, *, turned=False, seed=None):
        super().__init__(gain, seed=seed)
        self.turned = turned

    def fill(self, out):
        out[...] = Right(self.gain, seed=self.seed)(out.shape, out.dtype)
        return out

    def draw(self, shape, dtype, seed):
        return -super().draw(shape, dtype, seed) if self.turned else super().draw(shape, dtype, seed)


def test_what_an_initializer_was_made_with_is_told():
    with pytest.raises(CheckError, match=r"a call of FillsWithoutATurn\(.*made with turned=True"):
        CHECKS["check_fill"](FillsWithoutATurn)

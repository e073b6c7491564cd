"""Initializers that are right in unusual ways: no check of the kit finds anything wrong with them."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from mutants import Right

import seedbed
from seedbed.dtypes import FLOATING, INTEGER, as_dtype
from seedbed.errors import ArgumentError, ShapeError
from seedbed.random import Uniform, as_seed, draw, key_of
from seedbed.testing import CHECKS, run_checks

UNUSUAL = []


def unusual(cls):
    UNUSUAL.append(cls)
    return cls


@pytest.mark.slow
@pytest.mark.parametrize("cls", UNUSUAL)
def test_what_is_right_passes(cls):
    report = run_checks(cls, expected_failures={"check_docstring": "It is told by its name."})
    assert report.ok, report
    assert report.counts["passed"] >= 13  # where no bits can be compared


@pytest.mark.parametrize("dtype", ["float16", "int64", "uint8", "bool", "complex128"])
def test_an_initializer_of_one_dtype_passes(dtype):
    class OfOne(OfGenerator):
        dtypes = (dtype,)

        def values(self, generator, shape):
            return generator.integers(0, 2, shape)

    assert CHECKS["check_shape"](OfOne) is None
    for name in (
        "check_bad_shapes",
        "check_dtypes",
        "check_fill",
        "check_shard",
        "check_seeds",
        "check_fold_in",
    ):
        assert CHECKS[name](OfOne) is None


def test_an_initializer_made_of_those_of_plugins_has_a_repr():
    assert (
        CHECKS["check_repr"](seedbed.get("scaled", initializer="seedbed-example:small_init", factor=2.0))
        is None
    )
    nested = seedbed.get(
        "sum_of",
        initializers=[
            "seedbed-example:laplace",
            {"class_name": "scaled", "config": {"initializer": "seedbed-example:small_init", "factor": 2.0}},
        ],
    )
    assert CHECKS["check_repr"](nested) is None


class OfGenerator(seedbed.Initializer):
    dtypes = FLOATING

    def __init__(self, *, seed=None):
        self.seed = as_seed(seed)

    def __call__(self, shape, dtype=None):
        dtype = as_dtype(dtype, self.dtypes)
        self.check(shape, dtype)
        generator = np.random.Generator(np.random.Philox(key=key_of(self.seed)))
        return np.asarray(self.values(generator, shape)).astype(dtype)

    def check(self, shape, dtype=None):
        pass


class OfMatrices(OfGenerator):
    def check(self, shape, dtype=None):
        if len(shape) != 2:
            raise ShapeError(f"got shape {shape}; allowed are two axes")


@unusual
class NoiseOnDiagonal(OfMatrices):
    def values(self, generator, shape):
        return np.eye(*shape) + 0.01 * generator.standard_normal(shape)


@unusual
class NoiseOnSlope(OfGenerator):
    def values(self, generator, shape):
        return np.linspace(1, 10, math.prod(shape)).reshape(shape) * generator.random(shape)


@unusual
class EqualRows(OfMatrices):
    def values(self, generator, shape):
        return np.broadcast_to(generator.standard_normal(shape[1]), shape)


@unusual
class RankOne(OfMatrices):
    def values(self, generator, shape):
        return np.outer(generator.standard_normal(shape[0]), generator.standard_normal(shape[1]))


@unusual
class OneLevel(OfGenerator):
    def values(self, generator, shape):
        return np.full(shape, generator.standard_normal())


@unusual
class ShuffledQuantiles(OfGenerator):
    def values(self, generator, shape):
        count = math.prod(shape)
        return generator.permutation((np.arange(count) + 0.5) / max(1, count)).reshape(shape)


@unusual
class TurnedSequence(OfGenerator):
    def values(self, generator, shape):
        golden = (math.sqrt(5) - 1) / 2
        return ((np.arange(math.prod(shape)) * golden + generator.random()) % 1).reshape(shape)


@unusual
class MostlyZeros(OfGenerator):
    def values(self, generator, shape):
        return np.where(generator.random(shape) < 0.02, generator.standard_normal(shape), 0.0)


@unusual
class Permutations(OfMatrices):
    dtypes = FLOATING + INTEGER

    def check(self, shape, dtype=None):
        if len(shape) != 2 or shape[0] != shape[1]:
            raise ShapeError(f"got shape {shape}; allowed are square matrices")

    def values(self, generator, shape):
        return np.eye(shape[0])[generator.permutation(shape[0])]


@unusual
class Polar(OfMatrices):
    reproducibility = "numerical"

    def values(self, generator, shape):
        if 0 in shape:
            return np.zeros(shape)
        left, _, right = np.linalg.svd(generator.standard_normal(shape), full_matrices=False)
        return left @ right


@unusual
class Scalars(OfGenerator):
    example_shapes = ((),)

    def check(self, shape, dtype=None):
        if shape != ():
            raise ShapeError(f"got shape {shape}; allowed is ()")

    def values(self, generator, shape):
        return generator.standard_normal(shape)


@unusual
class SmallInHalf(seedbed.Initializer):
    """Values below the least normal number of float16, of which it has few."""

    dtypes = FLOATING

    def __init__(self, *, seed=None):
        self.seed = as_seed(seed)

    def __call__(self, shape, dtype=None):
        return draw(Uniform(-1e-6, 1e-6), self.seed, shape, as_dtype(dtype, FLOATING))

    def expected_mean(self, shape):
        return 0.0

    def expected_stddev(self, shape):
        return 1e-6 / math.sqrt(3)


@unusual
class FreshAlways(seedbed.Initializer):
    dtypes = FLOATING
    example_arguments = ({"mean": 0.0, "stddev": 1.0},)

    def __init__(self, mean, stddev):
        self.mean = mean
        self.stddev = stddev

    def __call__(self, shape, dtype=None):
        dtype = as_dtype(dtype, FLOATING)
        return np.random.default_rng().normal(self.mean, self.stddev, shape).astype(dtype)


@unusual
class RefusesDefaults(seedbed.Initializer):
    dtypes = FLOATING
    example_arguments = ({"value": 2.5},)

    def __init__(self, value=None):
        if value is None:
            raise ArgumentError("got no value; give a number")
        self.value = value

    def __call__(self, shape, dtype=None):
        return np.full(shape, self.value, as_dtype(dtype, FLOATING))


@unusual
class DtypesOfInstances(seedbed.Initializer):
    def __init__(self, whole=False):
        self.whole = whole

    @property
    def dtypes(self):
        return INTEGER if self.whole else FLOATING

    def __call__(self, shape, dtype=None):
        return np.ones(shape, as_dtype(dtype, self.dtypes))


@unusual
class Keywords(seedbed.Initializer):
    dtypes = FLOATING

    def __init__(self, *, seed=None, **options):
        self.seed = as_seed(seed)
        self._options = options

    def get_config(self):
        seed = list(self.seed) if isinstance(self.seed, tuple) else self.seed
        return {"seed": seed, **self._options}

    def __call__(self, shape, dtype=None):
        high = self._options.get("high", 1.0)
        return draw(Uniform(-high, high), self.seed, shape, as_dtype(dtype, FLOATING))


@unusual
@dataclass(frozen=True, eq=False, repr=False)
class Data(seedbed.Initializer):
    dtypes = FLOATING

    high: float = 1.0
    seed: Any = None

    def __post_init__(self):
        object.__setattr__(self, "seed", as_seed(self.seed))

    def __call__(self, shape, dtype=None):
        return draw(Uniform(-self.high, self.high), self.seed, shape, as_dtype(dtype, FLOATING))


@unusual
class Large(Right):
    example_shapes = ((4096, 64),)

    def check(self, shape, dtype=None):
        if shape != (4096, 64):
            raise ShapeError(f"got shape {shape}; allowed is (4096, 64)")

    def __call__(self, shape, dtype=None):
        self.check(shape, dtype)
        return super().__call__(shape, dtype)


@pytest.mark.parametrize("share", [1e-4, 1e-5, 1e-6])
def test_values_of_which_nearly_all_are_0_are_compared_in_arrays_that_differ(share):
    class Spikes(seedbed.Initializer):
        def __init__(self, *, seed=None):
            self.seed = as_seed(seed)

        def __call__(self, shape, dtype=None):
            random = np.random.Generator(np.random.Philox(key=key_of(self.seed)))
            return (random.random(shape) < share).astype(dtype)

    for name in ("check_seeds", "check_fresh"):
        CHECKS[name](Spikes)

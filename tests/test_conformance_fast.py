"""What the long tests of the kit show, in short: mutants, the level of its statistics, and no time limits."""

import math
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mutants import MUTANTS

import seedbed
from seedbed.errors import CheckError
from seedbed.random import as_seed
from seedbed.testing import CHECKS
from seedbed_testing.independence import check_fold_in
from seedbed_testing.precision import check_precision
from seedbed_testing.statistics import BOUND, check_mean, check_stddev

LEVEL = 1e-11
"""How rarely something right may fail, as the documentation says."""


@pytest.mark.parametrize("check", CHECKS)
def test_a_mutant_is_found_by_its_check(check):
    with pytest.raises(CheckError, match=rf"^{check}: {MUTANTS[check].__name__}\n"):
        CHECKS[check](MUTANTS[check])


def test_the_bound_of_the_statistics_is_the_documented_one():
    assert 2 * math.exp(-(BOUND**2) / 2) == pytest.approx(LEVEL)


class Coins(seedbed.Initializer):
    """Values whose mean is 1 with some of the seeds 0 to 127, and -1 with the others."""

    dtypes = ("float32",)

    heads = 64  # of the class, since the mean is 0 for this number alone

    def __init__(self, *, seed=None):
        self.seed = as_seed(seed)

    def __call__(self, shape, dtype=None):
        sign = 1 if isinstance(self.seed, int) and 0 <= self.seed < self.heads else -1
        spread = np.resize([-0.5, 0.5], math.prod(shape))
        if isinstance(self.seed, int):  # so that no two seeds give one array
            spread = np.roll(np.sort(spread), self.seed)
        return (sign + spread).reshape(shape).astype(dtype)

    def expected_mean(self, shape):
        return 0.0 if shape == (64, 128) else None


@pytest.mark.parametrize("heads", [64, 77, 99, 104])
def test_a_mean_that_is_off_by_what_chance_gives_is_let_pass(heads):
    off = (2 * heads - 128) / math.sqrt(128)  # up to 7.07, which is exceeded in 3e-11 of all cases
    assert off < BOUND
    assert check_mean(type("Coins", (Coins,), {"heads": heads})) is None


@pytest.mark.parametrize("heads", [105, 120])
def test_a_mean_that_is_off_by_more_than_chance_gives_is_found(heads):
    with pytest.raises(CheckError, match="which is not by chance"):
        check_mean(type("Coins", (Coins,), {"heads": heads}))


class Few(seedbed.Initializer):
    """As many different values in float16 as are asked for, of 65,536 in float32."""

    dtypes = ("float16", "float32")

    def __init__(self, share=1.0):
        self.share = share

    def __call__(self, shape, dtype=None):
        count = math.prod(shape)
        of_half = np.arange(count, dtype=np.uint16).view(np.float16)
        finite = np.resize(of_half[np.isfinite(of_half)][:2000], count)
        kept = round(2000 * self.share) if dtype == np.float16 else 2000
        return np.resize(finite[:kept], count).reshape(shape).astype(dtype)


def test_counts_of_values_may_differ_by_what_chance_gives():
    # 1100 fewer of 2000: more than chance gives once in a thousand cases, 673, and less than 1288.
    assert math.sqrt(2**16 * math.log(1e3)) < 1100 < math.sqrt(2**16 * math.log(1 / LEVEL))
    assert check_precision(Few(0.45)) is None
    with pytest.raises(CheckError, match="different values of 65536 in float16"):
        check_precision(Few(0.3))


@pytest.mark.parametrize("name", ["he_normal", "orthogonal"])
def test_what_is_right_passes_the_statistics(name):
    assert check_mean(name) is None
    assert check_stddev(name) is None
    assert check_fold_in(name) is None


@given(st.integers())
@settings(max_examples=2)
def test_a_property_may_take_its_time(number):
    time.sleep(0.3)


def test_no_property_has_a_deadline():
    assert settings().deadline is None

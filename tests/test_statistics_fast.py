"""The statistics of values on 10^6 draws, as `test_statistics` has them on 10^8, and flaws that they find."""

import numpy as np
import pytest
from test_statistics import (
    CASES,
    LAGS,
    ROWS,
    SIDE,
    SIGMAS,
    binned_kolmogorov,
    kolmogorov_bound,
    largest_correlation,
    moments_in_sigmas,
    neighbours_in_sigmas,
    streams,
)

NAMES = [case[:2] for case in CASES]


@pytest.mark.parametrize(("name", "dtype"), NAMES)
def test_values_follow_their_distribution(name, dtype):
    assert np.abs(moments_in_sigmas(name, dtype, ROWS)).max() < SIGMAS
    assert binned_kolmogorov(name, dtype, ROWS) < kolmogorov_bound(ROWS * SIDE)
    assert np.abs(neighbours_in_sigmas(name, dtype, ROWS)).max() < SIGMAS


def test_a_spread_off_by_half_a_percent_is_found():
    # The variance's standard error is sqrt(2 / 10^6) of it, a seventh of one percent.
    assert moments_in_sigmas("random_normal", "float32", ROWS, "spread 0.5 % too large")[1] > SIGMAS


def test_a_block_that_comes_twice_is_found():
    sigmas = neighbours_in_sigmas("random_normal", "float32", ROWS, "a block comes twice")
    assert sigmas[LAGS.index(32_768)] > SIGMAS


def test_streams_of_different_paths_do_not_correlate():
    rows = streams("random_normal", "float64", 10**5)
    assert largest_correlation(rows, 0.05) < SIGMAS
    assert largest_correlation(rows[:2] + 0.03 * rows[1:3], 0.05) > SIGMAS

"""Values follow their distributions, on 10^8 draws: moments, tails, neighbours, streams.

Each bound is one that a right stream passes but for once in a million seeds; the seeds are fixed. Each
statistic has a companion that shows it failing on a stream with a small flaw.
"""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import pytest
from scipy import special, stats

import seedbed

pytestmark = pytest.mark.slow

made = seedbed.Catalogue(scan=False).get

LEVEL = 1e-6
SIGMAS = stats.norm.isf(LEVEL / 2)  # 4.89

SIDE = 10_000  # a tensor of 10^8 elements; a distribution's fans are 10^4
ROWS = 100  # drawn at a time: 10^6 elements, 8 MB as doubles
SUBSAMPLE = 10**7  # for the statistics that need sorted values
BINS = 2**16
LAGS = (1, 2, 3, 4, 8, 1024, 32_768)  # neighbours, words of a counter, counters, rows of 2^10, blocks
TAILS = (3.0, 4.0, 5.0, 5.5)

CUT = 2.0  # where truncated normals end
INSIDE = special.ndtr(CUT) - special.ndtr(-CUT)
TRUNCATED_STDDEV = stats.truncnorm(-CUT, CUT).std()


@dataclass(frozen=True)
class Standard:
    """A distribution of mean 0 that is symmetric: its distribution function, and its moments."""

    cdf: Callable[[np.ndarray], np.ndarray]
    moment: Callable[[int], float]


def truncated_moment(k):
    """Return E y^k by parts: ``m_k = (k - 1) m_{k-2} - 2 c^{k-1} phi(c) / P(|y| < c)`` for even k."""
    if k % 2:
        return 0.0
    return (
        1.0
        if k == 0
        else (k - 1) * truncated_moment(k - 2) - 2 * CUT ** (k - 1) * stats.norm.pdf(CUT) / INSIDE
    )


DISTRIBUTIONS = {
    "normal": Standard(special.ndtr, lambda k: 0.0 if k % 2 else float(special.factorial2(k - 1))),
    "truncated": Standard(lambda y: (special.ndtr(y) - special.ndtr(-CUT)) / INSIDE, truncated_moment),
    "uniform": Standard(lambda y: (y + 1) / 2, lambda k: 0.0 if k % 2 else 1 / (k + 1)),
}

# The distribution of each initializer's values once divided by the scale that its formula gives.
SCALES = {
    "random_normal": ("normal", 0.05),
    "truncated_normal": ("truncated", 0.05),
    "random_uniform": ("uniform", 0.05),
    "glorot_normal": ("truncated", math.sqrt(2 / (SIDE + SIDE)) / TRUNCATED_STDDEV),
    "he_uniform": ("uniform", math.sqrt(6 / SIDE)),
}
CASES = [(name, "float32", SIDE) for name in SCALES] + [
    (name, "float64", SIDE // 5) for name in ("random_normal", "truncated_normal", "random_uniform")
]

FLAWS = {
    "none": lambda y: y,
    "variance 0.1 % too large": lambda y: y * math.sqrt(1.001),
    "spread 0.2 % too large": lambda y: y * 1.002,
    "spread 0.5 % too large": lambda y: y * 1.005,
    "mean off by 0.001": lambda y: y + 0.001,
    "tail cut off at 4.5": lambda y: np.where(np.abs(y) > 4.5, y / 2, y),
    "tail too thick beyond 4": lambda y: np.where(np.abs(y) > 3.95, y * 1.1, y),
    "a block comes twice": lambda y: np.concatenate([y[: LAGS[-1]], y[: -LAGS[-1]]]),
    "neighbours blend": lambda y: y + 0.003 * np.roll(y, 1),
}


@dataclass
class Summary:
    """What is kept of a stream: the sums of powers, a histogram, tails, and products of neighbours."""

    size: int
    powers: np.ndarray
    bins: np.ndarray
    tails: np.ndarray
    products: np.ndarray
    pairs: np.ndarray

    def __add__(self, other):
        return Summary(*(getattr(self, field) + getattr(other, field) for field in self.__dataclass_fields__))


def standardized(name, dtype, first, flaw="none", seed=7):
    """Return rows of the initializer's tensor, in units of its distribution, flat."""
    part = made(name, seed=seed).shard((SIDE, SIDE), slice(first, first + ROWS), dtype, threads=1)
    return FLAWS[flaw](part.reshape(-1).astype(np.float64) / SCALES[name][1])


def summarize(cdf, y):
    squares = y * y
    powers = np.array([y.sum(), squares.sum(), squares @ y, squares @ squares])
    place = np.minimum(cdf(y) * BINS, BINS - 1).astype(np.intp)
    sizes = np.abs(y)
    tails = np.array(
        [[np.count_nonzero(y[sizes > t] > 0), np.count_nonzero(y[sizes > t] < 0)] for t in TAILS]
    )
    products = np.array([y[:-lag] @ y[lag:] for lag in LAGS])
    pairs = np.array([y.size - lag for lag in LAGS])
    return Summary(y.size, powers, np.bincount(place, minlength=BINS), tails, products, pairs)


@functools.cache
def summary(name, dtype, rows, flaw="none"):
    """Return the summary of the first rows of an initializer's tensor; at most two parts are in memory."""
    cdf = DISTRIBUTIONS[SCALES[name][0]].cdf
    with ThreadPoolExecutor(2) as pool:
        parts = pool.map(
            lambda first: summarize(cdf, standardized(name, dtype, first, flaw)), range(0, rows, ROWS)
        )
        return functools.reduce(lambda one, other: one + other, parts)


@functools.cache
def sorted_values(name, dtype, flaw="none"):
    """Return `SUBSAMPLE` values from the end of an initializer's tensor, sorted."""
    firsts = range(SIDE - SUBSAMPLE // SIDE, SIDE, ROWS)
    return np.sort(np.concatenate([standardized(name, dtype, first, flaw) for first in firsts]))


def moments_in_sigmas(name, dtype, rows, flaw="none"):
    """Return how far the means of y, ..., y^4 are from theirs; that of y^k has the variance of y^k over n."""
    found, moment = summary(name, dtype, rows, flaw), DISTRIBUTIONS[SCALES[name][0]].moment
    expected = np.array([moment(k) for k in (1, 2, 3, 4)])
    variances = np.array([moment(2 * k) for k in (1, 2, 3, 4)]) - expected**2
    return (found.powers / found.size - expected) / np.sqrt(variances / found.size)


def kolmogorov_bound(size):
    """Return the D that is exceeded with probability LEVEL: at most 2 exp(-2 n D^2) (Massart 1990)."""
    return math.sqrt(math.log(2 / LEVEL) / (2 * size))


def binned_kolmogorov(name, dtype, rows, flaw="none"):
    """Return D over multiples of 1/BINS alone, which is at most the D over all of the interval."""
    found = summary(name, dtype, rows, flaw)
    return np.abs(np.cumsum(found.bins) / found.size - np.arange(1, BINS + 1) / BINS).max()


def kolmogorov(name, dtype, flaw="none"):
    u = DISTRIBUTIONS[SCALES[name][0]].cdf(sorted_values(name, dtype, flaw))
    ranks = np.arange(u.size + 1) / u.size
    return max((ranks[1:] - u).max(), (u - ranks[:-1]).max())


def anderson_bound():
    """Return the A^2 that is exceeded with probability LEVEL at most.

    For many draws A^2 is the sum of z_j^2 / (j (j + 1)) over j = 1, 2, ..., with independent normal z_j
    (Anderson and Darling 1952), so that ``E exp(t A^2) = prod (1 - 2t / (j (j + 1)))^(-1/2)`` for t < 1. The
    factors with j > 1 are largest for t = 1, where their product is sqrt(3). With t = 1 - 1 / (2a), Markov's
    inequality gives ``P(A^2 > a) <= exp(-t a) sqrt(3 / (1 - t)) = sqrt(6 a e) exp(-a)``.
    """
    a = 10.0
    while math.sqrt(6 * a * math.e) * math.exp(-a) > LEVEL:
        a += 0.01
    return a  # 16.6


def anderson(name, dtype, flaw="none"):
    """Return A^2. The distributions are symmetric, so that no probability close to 1 is taken from 1."""
    y, cdf = sorted_values(name, dtype, flaw), DISTRIBUTIONS[SCALES[name][0]].cdf
    odd = 2 * np.arange(1, y.size + 1) - 1
    return -y.size - odd @ (np.log(cdf(y)) + np.log(cdf(-y[::-1]))) / y.size


def tails_are_likely(name, dtype, rows, flaw="none"):
    """Say for each tail and sign whether as many values lie beyond as a binomial distribution lets expect."""
    found = summary(name, dtype, rows, flaw)
    distribution = stats.binom(found.size, stats.norm.sf(TAILS)[:, None])
    return np.minimum(distribution.cdf(found.tails), distribution.sf(found.tails - 1)) > LEVEL / 2


def neighbours_in_sigmas(name, dtype, rows, flaw="none"):
    """Return the mean products of neighbours; each has mean 0 and variance m_2^2, none covary."""
    found, variance = summary(name, dtype, rows, flaw), DISTRIBUTIONS[SCALES[name][0]].moment(2)
    return found.products / (np.sqrt(found.pairs) * variance)


@pytest.mark.parametrize("case", CASES)
def test_moments_are_those_of_the_distribution(case):
    assert np.abs(moments_in_sigmas(*case)).max() < SIGMAS


def test_a_variance_off_by_a_thousandth_is_found():
    # The variance's standard error is sqrt(2 / 10^8) of it, a seventh of a thousandth.
    sigmas = moments_in_sigmas("random_normal", "float32", SIDE, "variance 0.1 % too large")
    assert sigmas[1] > SIGMAS
    assert moments_in_sigmas("random_normal", "float32", SIDE, "mean off by 0.001")[0] > SIGMAS


@pytest.mark.parametrize("case", CASES)
def test_the_distribution_function_is_that_of_the_distribution_to_one_in_sixty_five_thousand(case):
    assert binned_kolmogorov(*case) < kolmogorov_bound(case[2] * SIDE)


@pytest.mark.parametrize("flaw", ["spread 0.2 % too large", "mean off by 0.001"])
def test_a_small_error_of_the_distribution_function_is_found(flaw):
    assert binned_kolmogorov("random_normal", "float32", SIDE, flaw) > kolmogorov_bound(SIDE**2)


@pytest.mark.parametrize(("name", "dtype"), [case[:2] for case in CASES])
def test_kolmogorov_smirnov(name, dtype):
    assert kolmogorov(name, dtype) < kolmogorov_bound(SUBSAMPLE)


@pytest.mark.parametrize(("name", "dtype"), [case[:2] for case in CASES])
def test_anderson_darling(name, dtype):
    assert anderson(name, dtype) < anderson_bound()


def test_a_spread_off_by_half_a_percent_is_found():
    flaw = "spread 0.5 % too large"
    assert kolmogorov("random_normal", "float32", flaw) > kolmogorov_bound(SUBSAMPLE)
    assert anderson("random_normal", "float32", flaw) > anderson_bound()


def test_the_statistics_are_those_of_scipy():
    values = sorted_values("random_normal", "float64")[::1000]
    expected = stats.goodness_of_fit(
        stats.norm, values, known_params={"loc": 0, "scale": 1}, statistic="ad", n_mc_samples=1, rng=0
    )
    odd = 2 * np.arange(1, values.size + 1) - 1
    ours = -values.size - odd @ (special.log_ndtr(values) + special.log_ndtr(-values[::-1])) / values.size
    assert ours == pytest.approx(expected.statistic)


@pytest.mark.parametrize("case", [case for case in CASES if case[0] == "random_normal"])
def test_tails_hold_as_many_values_as_the_distribution_says(case):
    assert tails_are_likely(*case).all()


@pytest.mark.parametrize(("flaw", "sigma"), [("tail cut off at 4.5", 5.0), ("tail too thick beyond 4", 4.0)])
def test_a_wrong_tail_is_found(flaw, sigma):
    # Beyond 5 lie 29 of 10^8 values on either side, and none only once in 10^12 seeds.
    assert not tails_are_likely("random_normal", "float32", SIDE, flaw)[TAILS.index(sigma)].any()


@pytest.mark.parametrize("case", CASES)
def test_neighbours_do_not_correlate(case):
    assert np.abs(neighbours_in_sigmas(*case)).max() < SIGMAS


@pytest.mark.parametrize(("flaw", "lag"), [("a block comes twice", 32_768), ("neighbours blend", 1)])
def test_neighbours_that_depend_on_each_other_are_found(flaw, lag):
    sigmas = neighbours_in_sigmas("random_normal", "float32", SIDE // 10, flaw)
    assert sigmas[LAGS.index(lag)] > SIGMAS


def test_the_lower_half_of_a_doubles_bits_is_uniform_too():
    words = (standardized("random_uniform", "float64", 0) + 1) / 2
    assert stats.kstest(words * 2**26 % 1, "uniform").pvalue > LEVEL
    short = (standardized("random_uniform", "float32", 0) + 1) / 2
    assert stats.kstest(short * 2**26 % 1, "uniform").pvalue < LEVEL


PATHS = ("encoder/0/kernel", "encoder/1/kernel", "encoder/0/bias", "kernel", 0, 1, 2)


def streams(name, dtype, size):
    """Return values of the streams of one seed's paths, of the seed itself, and of the next seed."""
    root = made(name, seed=7)
    each = [*(root.fold_in(path) for path in PATHS), root, made(name, seed=8)]
    return np.stack([initializer(size, dtype) for initializer in each])


def largest_correlation(rows, stddev):
    """Return the largest correlation, in its standard error, of two of the rows."""
    count, size = rows.shape
    correlations = (rows @ rows.T) / (stddev**2 * math.sqrt(size))
    return np.abs(correlations[np.triu_indices(count, 1)]).max()


def test_streams_of_different_paths_do_not_correlate():
    rows = streams("random_normal", "float64", 4 * 10**6)
    assert largest_correlation(rows, 0.05) < SIGMAS
    flawed = rows[:2] + 0.003 * rows[1:3]  # their correlation is 0.003, six standard errors
    assert largest_correlation(flawed, 0.05) > SIGMAS


def coincidence(dtype, stddev=0.05):
    """Bound the probability that two normal values are equal: their words are, or they are rounded to one.

    Between 2^e and 2^(e+1) the values of a dtype are 2^(e - digits) apart, so that the sum of their squared
    probabilities is that distance times the integral of the squared density, which is
    ``(erf(b / s) - erf(a / s)) / (4 sqrt(pi) s)`` from a to b for the standard deviation s.
    """
    info = np.finfo(dtype)
    ends = 2.0 ** np.arange(-60, 5)
    inside = np.diff(special.erf(ends / stddev)) / (4 * math.sqrt(math.pi) * stddev)
    return 2.0**-info.bits + 2 * float(inside @ (ends[:-1] * 2.0**-info.nmant))


def equal_pairs(rows):
    """Return how many values two rows have in common at one place, for all pairs of rows."""
    return sum(np.count_nonzero(one == other) for one, other in itertools.combinations(rows, 2))


def test_streams_of_different_paths_have_no_more_equal_values_than_chance_gives():
    size = 4 * 10**6
    rows = streams("random_normal", "float32", size)
    expected = math.comb(len(rows), 2) * size * coincidence(np.float32)  # 2.0
    assert stats.poisson(expected).sf(equal_pairs(rows) - 1) > LEVEL
    rows[1, :30] = rows[0, :30]
    assert stats.poisson(expected).sf(equal_pairs(rows) - 1) < LEVEL


def test_streams_of_different_paths_have_no_double_in_common():
    rows = streams("random_normal", "float64", 10**6)
    pairs = math.comb(rows.size, 2)
    assert pairs * coincidence(np.float64) < 0.01  # how many of all pairs chance would make equal
    assert len(np.unique(rows)) == rows.size
    rows[0, 7] = rows[1, 5]
    assert len(np.unique(rows)) == rows.size - 1

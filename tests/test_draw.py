"""The values behind a seed: their distributions, their bounds, and the dtypes they come in."""

import math

import ml_dtypes
import numpy as np
import pytest
from scipy import stats

from seedbed.dtypes import COMPLEX, FLOATING, as_dtype
from seedbed.errors import ArgumentError, DTypeError, ShapeError
from seedbed.random import (
    FromNormal,
    FromTail,
    FromUniform,
    Normal,
    TruncatedDisc,
    TruncatedNormal,
    Uniform,
    draw,
    draw_into,
    key_of,
    minus_log,
    tables,
)
from seedbed.random.words import WordStream

FLOAT64 = np.dtype(np.float64)
N = 200_000

# A Kolmogorov-Smirnov test of a right distribution fails once in a million seeds; the seeds are fixed.
LEVEL = 1e-6


def values_of(dtype, distribution):
    return draw(distribution, 7, (N,), as_dtype(dtype)).astype(np.float64)


def truncated(lower, upper, mean=0.0, stddev=1.0):
    return TruncatedNormal(mean, stddev, lower, upper, (mean + stddev * lower, mean + stddev * upper))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_normal_values_follow_the_normal_distribution(dtype):
    values = values_of(dtype, Normal(1.0, 2.0))
    assert stats.kstest(values, stats.norm(1.0, 2.0).cdf).pvalue > LEVEL


def test_normal_values_of_the_wrong_spread_would_be_noticed():
    values = values_of("float64", Normal(1.0, 2.05))
    assert stats.kstest(values, stats.norm(1.0, 2.0).cdf).pvalue < LEVEL


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_uniform_values_follow_the_uniform_distribution(dtype):
    values = values_of(dtype, Uniform(-1.0, 3.0))
    assert stats.kstest(values, stats.uniform(-1.0, 4.0).cdf).pvalue > LEVEL


@pytest.mark.parametrize("dtype", [*FLOATING, *COMPLEX])
@pytest.mark.parametrize(("low", "high"), [(0.0, 1.0), (-0.1, 0.1), (1.0, 1.01), (-1e-6, 0.0)])
def test_uniform_values_never_reach_the_upper_end(dtype, low, high):
    values = draw(Uniform(low, high), 7, (N,), as_dtype(dtype))
    for part in (values.real, values.imag) if dtype in COMPLEX else (values,):
        exact = part.astype(np.float64)  # or else NumPy would round the ends to compare
        assert exact.min() >= low
        assert exact.max() < high


def test_an_interval_of_no_length_gives_its_one_value():
    assert (draw(Uniform(0.1, 0.1), 7, (5,), FLOAT64) == 0.1).all()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    ("lower", "upper"),
    [
        (-2, 2),
        (-math.inf, math.inf),
        (0, math.inf),
        (5, math.inf),
        (-9, -8),
        (-1, 3),
        (-3, 1),
        (30, 31),
        (-8, 8),
    ],
)
def test_truncated_values_follow_the_truncated_distribution(dtype, lower, upper):
    values = values_of(dtype, truncated(lower, upper))
    assert lower <= values.min() <= values.max() <= upper
    # scipy's distribution function loses the upper tail, so the distribution is mirrored there.
    if lower >= 0:
        values, lower, upper = -values, -upper, -lower
    below, above = stats.norm.cdf([lower, upper])
    cdf = lambda x: (stats.norm.cdf(x) - below) / (above - below)  # noqa: E731
    if dtype == "float64" or abs(lower) < 9:  # float32 has few values in the furthest intervals
        assert stats.kstest(values, cdf).pvalue > LEVEL


@pytest.mark.parametrize("dtype", FLOATING)
@pytest.mark.parametrize(("mean", "stddev"), [(0.0, 0.02), (0.3, 0.1), (100.0, 7.0)])
@pytest.mark.parametrize(("lower", "upper"), [(-2.0, 2.0), (-1.0, 3.0), (1.0, 1.5)])
def test_truncated_values_never_leave_their_bounds_after_rounding(dtype, mean, stddev, lower, upper):
    values = values_of(dtype, truncated(lower, upper, mean, stddev))
    assert mean + stddev * lower <= values.min() <= values.max() <= mean + stddev * upper


def test_complex_normal_values_are_circular():
    z = draw(Normal(0.5, 2.0, is_complex=True), 7, (N,), np.dtype(np.complex128))
    assert stats.kstest(z.real, stats.norm(0.5, math.sqrt(2)).cdf).pvalue > LEVEL
    assert stats.kstest(z.imag, stats.norm(0, math.sqrt(2)).cdf).pvalue > LEVEL
    # The covariance of two independent parts of variance 2 has standard error 2 / sqrt(N).
    assert abs(np.mean((z.real - 0.5) * z.imag)) < 5 * 2 / math.sqrt(N)


@pytest.mark.parametrize("dtype", COMPLEX)
def test_complex_truncated_values_stay_in_their_disc_with_the_right_variance(dtype):
    z = draw(TruncatedDisc(0.0, 1.0, 2.0), 7, (N,), np.dtype(dtype)).astype(np.complex128)
    assert np.abs(z).max() <= 2
    variance = 1 - 4 * math.exp(-4) / -math.expm1(-4)
    # |z|^2 is below 4, so that its mean has a standard error below 4 / (2 sqrt(N)).
    assert abs(np.mean(np.abs(z) ** 2) - variance) < 5 * 2 / math.sqrt(N)
    assert stats.kstest(np.angle(z), stats.uniform(-math.pi, 2 * math.pi).cdf).pvalue > LEVEL
    squares = np.abs(z) ** 2
    assert stats.kstest(squares, lambda x: np.expm1(-x) / math.expm1(-4)).pvalue > LEVEL


@pytest.mark.parametrize("distribution", [Normal(0.0, 1.0), Uniform(-1.0, 1.0)])
@pytest.mark.parametrize("dtype", [np.dtype(np.float16), np.dtype(ml_dtypes.bfloat16)])
def test_half_precisions_are_the_float32_values_rounded_once(distribution, dtype):
    exact = draw(distribution, 7, (N,), np.dtype(np.float32))
    rounded = draw(distribution, 7, (N,), dtype)
    if isinstance(distribution, Uniform):  # but for what would have been rounded to the upper end
        exact = np.minimum(exact, rounded.max().astype(np.float32))
    np.testing.assert_array_equal(rounded, exact.astype(dtype))


def test_half_precision_values_have_their_tails():
    assert np.abs(values_of("bfloat16", Normal(0.0, 1.0))).max() > 4
    assert len(np.unique(values_of("bfloat16", truncated(-2, 2)))) > 1000


def test_a_prefix_does_not_depend_on_the_size():
    long = draw(Normal(0.0, 1.0), 7, (N,), FLOAT64)
    np.testing.assert_array_equal(long[:1000], draw(Normal(0.0, 1.0), 7, (1000,), FLOAT64))


@pytest.mark.parametrize("shape", [(), (0,), (3, 0, 2)])
def test_scalars_and_empty_tensors_are_legal(shape):
    assert draw(Normal(0.0, 1.0), 7, shape, FLOAT64).shape == shape


def test_values_that_would_overflow_are_refused():
    with pytest.raises(
        DTypeError, match=r"may reach \d{5}\.\d+, beyond the largest of dtype 'float16', 65504\.0;"
    ):
        draw(Normal(0.0, 1e4), 7, (1,), np.dtype(np.float16))
    with pytest.raises(
        DTypeError, match=r"may reach 65504\.5, beyond the largest of dtype 'float16', 65504\.0"
    ):
        draw(Uniform(0.0, 65504.5), 7, (1,), np.dtype(np.float16))
    with pytest.raises(DTypeError, match="beyond the largest of dtype 'float32'"):
        draw(Uniform(-1e39, 1e39), 7, (1,), np.dtype(np.float32))


def test_an_interval_without_values_of_the_dtype_is_refused():
    with pytest.raises(DTypeError, match=r"no float16 value lies between 1\.0001 and 1\.0002"):
        draw(Uniform(1.0001, 1.0002), 7, (1,), np.dtype(np.float16))


@pytest.mark.parametrize("dtype", FLOATING)
@pytest.mark.parametrize("bounds", [(-2.0, 0.0), (0.0, 2.0)])
def test_a_limit_of_zero_leaves_no_negative_zeros(dtype, bounds):
    least = {"float16": 2.0**-24, "bfloat16": 2.0**-133, "float32": 2.0**-149, "float64": 2.0**-1074}[dtype]
    values = values_of(dtype, truncated(*bounds, stddev=least))  # many of which round to a zero
    assert (values == 0).any()
    assert not np.signbit(values[values == 0]).any()


def test_distributions_of_ones_own_get_what_they_are_functions_of():
    uniform = values_of("float64", FromUniform(lambda u: u))
    words = WordStream(key_of(7)).read(0, N, 8)
    np.testing.assert_array_equal(uniform, (words.astype(np.float64) + 0.5) * 2.0**-64)
    normal = values_of("float64", FromNormal(lambda z: z))
    np.testing.assert_array_equal(normal, values_of("float64", Normal(0.0, 1.0)))
    tail = values_of("float64", FromTail(lambda t: t))
    assert stats.kstest(tail, stats.uniform(-0.5, 1.0).cdf).pvalue > LEVEL
    laplace = values_of("float32", FromTail(lambda t: np.copysign(minus_log(2 * np.abs(t)), t)))
    assert stats.kstest(laplace, stats.laplace.cdf).pvalue > LEVEL


@pytest.mark.parametrize("dtype", ["float32", "float16", "complex64"])
def test_an_array_of_any_layout_is_filled_with_the_same_values(dtype):
    distribution = Normal(0.0, 1.0, is_complex=dtype == "complex64")
    expected = draw(distribution, 7, (6, 4), np.dtype(dtype))
    for out in (
        np.empty((6, 4), dtype),
        np.empty((4, 6), dtype).T,
        np.empty((12, 8), dtype)[::2, ::-2],
        np.empty((6, 1, 4), dtype)[:, 0],
    ):
        draw_into(out, distribution, 7)
        np.testing.assert_array_equal(out, expected)


def test_a_scalar_array_is_filled_too():
    out = np.empty(())
    draw_into(out, Normal(0.0, 1.0), 7)
    assert out == draw(Normal(0.0, 1.0), 7, (), FLOAT64)


@pytest.mark.parametrize("threads", [0, -1, 1.5, True, "2"])
def test_a_wrong_number_of_threads_is_refused(threads):
    with pytest.raises(ArgumentError, match="threads must be None or an int of at least 1"):
        draw(Normal(0.0, 1.0), 7, (1,), FLOAT64, threads=threads)


@pytest.mark.parametrize("text", ["0", "two", "1.5", "-1", " 2"])
def test_a_wrong_environment_variable_is_named(monkeypatch, text):
    monkeypatch.setenv("SEEDBED_THREADS", text)
    with pytest.raises(ArgumentError, match=f"SEEDBED_THREADS must be an int of at least 1, got '{text}'"):
        draw(Normal(0.0, 1.0), 7, (1,), FLOAT64)


def test_what_a_thread_raises_is_raised():
    def fail(u):
        raise RuntimeError("from the distribution")

    with pytest.raises(RuntimeError, match="from the distribution"):
        draw(FromUniform(fail), 7, (1 << 20,), FLOAT64, threads=4)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Uniform(1.0, 0.0), "low <= high, finite .*got low=1.0, high=0.0"),
        (lambda: Uniform(-1e308, 1e308), r"a finite difference, got low=-1e\+308"),
        (lambda: Uniform(math.nan, 0.0), "got low=nan"),
        (lambda: Normal(0.0, -1.0), "stddev finite and at least 0, got mean=0.0, stddev=-1.0"),
        (lambda: Normal(math.inf, 1.0), "mean must be finite .*got mean=inf"),
        (lambda: truncated(40.0, math.inf), "begin at most 36 standard deviations .*got lower=40.0"),
        (lambda: truncated(-38.0, -37.0), "begin at most 36 .*upper=-37.0"),
        (lambda: truncated(1.0, 1.0), "lower < upper"),
        (
            lambda: truncated(0.0, 1e-9),
            r"at least 5.9\d*e-08 standard deviations apart, got 1e-09; .*random_uniform",
        ),
        (lambda: truncated(30.0, 30.000001), r"at least 1.78\d*e-06 standard deviations apart"),
        (lambda: TruncatedDisc(0.0, 1.0, 0.0), "radius above 0, got 0.0"),
        (lambda: TruncatedDisc(0.0, math.nan, 1.0), "stddev=nan"),
    ],
)
def test_a_distribution_that_means_nothing_is_refused(make, message):
    with pytest.raises(ArgumentError, match=message):
        make()


def test_the_narrowest_interval_has_its_distribution():
    for lower, upper in ((-3e-8, 3e-8), (0.0, 2.0**-24), (3.0, 3.0 + 3 * 2.0**-24)):
        z = values_of("float64", truncated(lower, upper))
        part = (z - lower) / (upper - lower)
        assert stats.kstest(part, stats.uniform.cdf).pvalue > LEVEL
        assert len(np.unique(z)) > 0.9 * N


def test_a_draw_of_more_elements_than_there_may_be_is_refused():
    with pytest.raises(ShapeError, match=r"at most 2\*\*59 - 1"):
        draw(Normal(0.0, 1.0), 7, (2**59,), FLOAT64, index=slice(3))


def test_the_tables_that_all_draws_share_cannot_be_written_to():
    shared = tables()
    for table in (shared.fine, shared.far, shared.log, shared.exp, shared.circle):
        with pytest.raises(ValueError, match="read-only"):
            table[...] = 0

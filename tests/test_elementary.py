"""`log`, `exp` and `power`: errors, edges, inputs of all kinds; test_stream_spec.py compares their bits."""

import math
import warnings
from decimal import Decimal
from fractions import Fraction

import ml_dtypes
import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mpmath import mpf

from seedbed.errors import ArgumentError, ShapeError
from seedbed.random import elementary, elementary_steps, exp, log, minus_log, power
from seedbed.random.tables import LOG_START, PARTS, tables

INF, NAN = math.inf, math.nan
TINY, SMALLEST, LARGEST = 5e-324, 2.0**-1022, float(np.finfo(float).max)

# Errors


def rounding_errors(got, exact):
    """Return errors in units in the last place of the exact values, subnormal ones included."""
    errors = []
    for value, number in zip(got.tolist(), exact, strict=True):
        unit = mpf(2) ** max(mpmath.frexp(number)[1] - 53, -1074)
        errors.append(float(abs(mpf(value) - number) / unit))
    return np.array(errors)


def numbers(x):
    return map(mpf, x.tolist())


def positive(rng, count):
    """Return positive finite doubles of all exponents alike, one in 2000 of them subnormal."""
    return rng.integers(1, 0x7FF0 << 48, count).view(np.float64)


def subnormal(rng, count):
    return rng.integers(1, 1 << 52, count).view(np.float64)


def near_1(rng, count):
    return 1 + rng.choice([-1, 1], count) * 2.0 ** -rng.uniform(1, 53, count)


LOGARITHMS = {
    "any": positive,
    "subnormal": subnormal,
    "in the octave of 1": lambda rng, count: rng.uniform(0.7, 1.42, count),
    "around 1": lambda rng, count: 1 + rng.uniform(-(2.0**-8), 2.0**-8, count),
    "near 1": near_1,
}

EXPONENTIALS = {
    "any": lambda rng, count: rng.uniform(-708, 709.7, count),
    "usual": lambda rng, count: rng.uniform(-1, 1, count),
    "near 1": lambda rng, count: rng.choice([-1, 1], count) * 2.0 ** -rng.uniform(0, 60, count),
    "subnormal": lambda rng, count: rng.uniform(-745.1, -708.3, count),
}


def bases_with(x, logarithms):
    """Return the bases that are not 1, and exponents with which powers have about these logarithms."""
    other = x != 1
    return x[other], logarithms[other] / np.log(x[other])


def large_or_small(rng, count):
    return rng.choice([-1, 1], count) * rng.uniform(500, 708, count)


POWERS = {
    "any": lambda rng, count: bases_with(positive(rng, count), rng.uniform(-708, 709, count)),
    "usual": lambda rng, count: (rng.uniform(0, 10, count), rng.uniform(-5, 5, count)),
    "of subnormal bases": lambda rng, count: bases_with(subnormal(rng, count), rng.uniform(-708, 709, count)),
    "large or small, of bases around 1": lambda rng, count: bases_with(
        1 + rng.uniform(-(2.0**-6), 2.0**-6, count), large_or_small(rng, count)
    ),
    "large or small, of bases just above 1": lambda rng, count: bases_with(
        1 + rng.uniform(0, 2.0**-9, count), large_or_small(rng, count)
    ),
    "large or small, of bases near 1": lambda rng, count: bases_with(
        near_1(rng, count), large_or_small(rng, count)
    ),
    "subnormal": lambda rng, count: bases_with(positive(rng, count), rng.uniform(-745, -708, count)),
    "next to the least normal number": lambda rng, count: (
        2.0**-1022 * (1 + rng.integers(0, 2**13, count) * 2.0**-52),
        1 + rng.integers(0, 5, count) * 2.0**-52,
    ),
}


WORST = {
    log: ["0x1.0075d8457d68bp+0"],
    exp: ["-0x1.b713e4306b9fcp-1"],
    power: ["0x1.0074a4590ee4fp+0", "-0x1.77cec103472ebp+18"],
}
"""Arguments whose errors are the largest that are known."""


@pytest.mark.parametrize(("function", "arguments"), WORST.items(), ids=lambda x: getattr(x, "__name__", ""))
def test_the_largest_errors_known_are_those_of_the_page(function, arguments):
    x = [np.array([float.fromhex(argument)]) for argument in arguments]
    with mpmath.workprec(200):
        exact = getattr(mpmath, function.__name__)(*(mpf(float(part[0])) for part in x))
        error = rounding_errors(function(*x), [exact])[0]
    assert f"{error:.4f}" == {log: "0.5013", exp: "0.5017", power: "0.5040"}[function]


def test_a_power_just_below_the_least_normal_number_is_rounded_once():
    x, y = float.fromhex("0x1.0000000000b11p-1022"), float.fromhex("0x1.0000000000004p+0")
    assert float(power(x, y)).hex() == "0x0.fffffffffffffp-1022"


def check_log(kind, count):
    x = LOGARITHMS[kind](np.random.default_rng(31), count)
    x = x[x != 1]
    with mpmath.workprec(160):
        assert rounding_errors(log(x), map(mpmath.log, numbers(x))).max() < 0.502


def check_exp(kind, count):
    x = EXPONENTIALS[kind](np.random.default_rng(32), count)
    with mpmath.workprec(160):
        assert rounding_errors(exp(x), map(mpmath.exp, numbers(x))).max() < 0.502


def check_power(kind, count):
    x, y = POWERS[kind](np.random.default_rng(33), count)
    with mpmath.workprec(200):
        exact = (mpmath.exp(b * mpmath.log(a)) for a, b in zip(numbers(x), numbers(y), strict=True))
        assert rounding_errors(power(x, y), exact).max() < 0.505


@pytest.mark.parametrize("kind", LOGARITHMS)
def test_logarithms_are_as_exact_as_they_say(kind):
    check_log(kind, 2000)


@pytest.mark.parametrize("kind", EXPONENTIALS)
def test_exponentials_are_as_exact_as_they_say(kind):
    check_exp(kind, 2000)


@pytest.mark.parametrize("kind", POWERS)
def test_powers_are_as_exact_as_they_say(kind):
    check_power(kind, 2000)


@pytest.mark.slow
@pytest.mark.parametrize("kind", LOGARITHMS)
def test_many_logarithms_are_as_exact_as_they_say(kind):
    check_log(kind, 200_000)


@pytest.mark.slow
@pytest.mark.parametrize("kind", EXPONENTIALS)
def test_many_exponentials_are_as_exact_as_they_say(kind):
    check_exp(kind, 200_000)


@pytest.mark.slow
@pytest.mark.parametrize("kind", POWERS)
def test_many_powers_are_as_exact_as_they_say(kind):
    check_power(kind, 200_000)


def test_the_logarithm_keeps_its_digits_next_to_1():
    x = 1 + np.array([1e-12, -1e-12, 2.0**-52, -(2.0**-53)])
    np.testing.assert_allclose(log(x), np.log1p(x - 1), rtol=2.0**-52, atol=0)


def test_powers_that_are_doubles_are_exact():
    x = np.arange(1.0, 200.0)
    np.testing.assert_array_equal(power(x, 2), x**2)
    np.testing.assert_array_equal(power(x, 1), x)
    np.testing.assert_array_equal(power(x**2, 0.5), x)
    np.testing.assert_array_equal(power(2, np.arange(-1074.0, 1024)), np.ldexp(1.0, np.arange(-1074, 1024)))


def test_the_negative_logarithm_is_never_negative_nor_minus_zero():
    assert np.array_equal(np.signbit(minus_log([1.0, np.nextafter(1.0, 0)])), [False, False])
    assert minus_log([1.0, 0.5, 0.0]).tolist() == [0.0, -log(0.5), INF]


# What is exact


def ends_of_parts():
    bits = LOG_START + (np.arange(PARTS + 1) << 43)
    starts = bits.view(np.float64)
    return np.concatenate([starts[:-1], np.nextafter(starts[1:], 0)])


def test_the_steps_that_are_called_exact_are():
    rng = np.random.default_rng(34)
    x = np.concatenate([ends_of_parts(), rng.uniform(181 / 256, 181 / 128, 3000)])
    x *= 2.0 ** rng.choice([-1021, -500, -1, 0, 1, 1022], x.size)
    room = np.empty((elementary_steps.ROWS, x.size))
    place, k, m = (row.tolist() for row in elementary_steps._place(x, room))
    r, _, a = (row.tolist() for row in elementary_steps._reduced(x, room, None))
    inverse, high, _ = tables().log.tolist()
    for i, j in enumerate(place):
        assert Fraction(m[i]) * 2 ** int(k[i] + 1074) == Fraction(float(x[i])) * 2**1074
        assert Fraction(r[i]) == Fraction(m[i]) * Fraction(inverse[j]) - 1
        assert Fraction(a[i]) == int(k[i]) * Fraction(elementary_steps.LOG2_HIGH) + Fraction(high[j])
        assert abs(r[i]) < 2.0**-9


def test_the_constants_are_what_their_words_say():
    with mpmath.workdps(50):
        for whole, high, low in [
            (mpmath.log(2), elementary_steps.LOG2_HIGH, elementary_steps.LOG2_LOW),
            (mpmath.log(2) / 512, elementary_steps.STEP_HIGH, elementary_steps.STEP_LOW),
        ]:
            assert mpf(high) == mpmath.nint(whole * 2**42) / 2**42
            assert low == float(whole - mpf(high))
        assert float(512 / mpmath.log(2)) == elementary_steps.STEPS


# Order


doubles = st.floats(allow_nan=False)
positives = st.floats(min_value=0, allow_nan=False)


def are_in_order(low, high):
    """Return whether two values are in order but for the last digit, as which is nearer may be mistaken."""
    return low <= np.nextafter(high, INF)


@given(positives, positives)
def test_logarithms_are_ordered_as_their_arguments(one, other):
    assert are_in_order(*log(sorted([one, other])))


@given(doubles, doubles)
def test_exponentials_are_ordered_as_their_arguments(one, other):
    assert are_in_order(*exp(sorted([one, other])))


@given(positives, positives, doubles)
def test_powers_are_ordered_as_their_bases(one, other, y):
    assert are_in_order(*power(sorted([one, other], reverse=y < 0), y))


@given(positives, doubles, doubles)
def test_powers_are_ordered_as_their_exponents(x, one, other):
    assert are_in_order(*power(x, sorted([one, other], reverse=x < 1)))


def runs_around(x):
    """Return rows of nine neighbouring doubles each, of which the one in the middle is given."""
    return (x.view(np.int64)[:, None] + np.sign(x).astype(int)[:, None] * np.arange(-4, 5)).view(np.float64)


def test_neighbours_are_in_order_where_one_row_of_a_table_follows_another():
    starts = (LOG_START + (np.arange(PARTS) << 43)).view(np.float64)
    x = runs_around(np.concatenate([starts * 2.0**k for k in (-900, -2, -1, 0, 1, 900)]))
    assert (np.diff(log(x)) >= 0).all()
    assert (np.diff(power(x, 0.9)) >= 0).all()
    halves = np.arange(-380_000, 380_000, 7) + 0.5
    values = exp(runs_around(halves * (math.log(2) / 512)))
    assert (np.diff(values) >= 0).all()


def test_neighbours_are_in_order():
    rng = np.random.default_rng(35)
    x = np.concatenate([rng.uniform(0, 3, 100_000), 1 + rng.uniform(-0.01, 0.01, 100_000)])
    assert (log(np.nextafter(x, INF)) >= log(x)).all()
    x = np.concatenate([rng.uniform(-745, 709, 100_000), rng.uniform(-1, 1, 100_000)])
    assert (exp(np.nextafter(x, INF)) >= exp(x)).all()


# Edges


def assert_same_bits(got, expected):
    expected = np.array(expected, np.float64)
    np.testing.assert_array_equal(got.view(np.uint64), expected.view(np.uint64))


def test_the_edges_of_the_logarithm():
    x = np.array([0.0, -0.0, INF, -INF, NAN, -1.0, -TINY, 1.0])
    assert_same_bits(log(x), [-INF, -INF, INF, NAN, NAN, NAN, NAN, 0.0])


def test_the_edges_of_the_exponential():
    last, first = 709.782712893384, -745.1332191019411
    x = np.array(
        [0.0, -0.0, INF, -INF, NAN, 1e308, -1e308, np.nextafter(last, INF), np.nextafter(first, -INF)]
    )
    assert_same_bits(exp(x), [1.0, 1.0, INF, 0.0, NAN, INF, 0.0, INF, 0.0])
    assert LARGEST * (1 - 1e-12) < exp(last) <= LARGEST
    assert exp(first) == TINY


POWERS_OF_EDGES = [
    *((x, y, 1.0) for x in (0.0, -0.0, 1.0, -1.0, INF, -INF, NAN, TINY, -2.5) for y in (0.0, -0.0)),
    *((1.0, y, 1.0) for y in (1e308, -1e308, INF, -INF, NAN, TINY)),
    *((x, y, 0.0) for x in (0.0, -0.0) for y in (TINY, 1.0, 2.5, 1e308, INF)),
    *((x, -y, INF) for x in (0.0, -0.0) for y in (TINY, 1.0, 2.5, 1e308, INF)),
    *((INF, y, INF) for y in (TINY, 1.0, 1e308, INF)),
    *((INF, -y, 0.0) for y in (TINY, 1.0, 1e308, INF)),
    *((x, INF, INF) for x in (np.nextafter(1.0, 2), 2.0, LARGEST)),
    *((x, -INF, 0.0) for x in (np.nextafter(1.0, 2), 2.0, LARGEST)),
    *((x, INF, 0.0) for x in (np.nextafter(1.0, 0), 0.5, TINY)),
    *((x, -INF, INF) for x in (np.nextafter(1.0, 0), 0.5, TINY)),
    *((x, y, NAN) for x in (-1.0, -TINY, -2.5, -INF) for y in (1.0, 2.0, -0.5, INF, -INF, NAN)),
    *((x, NAN, NAN) for x in (0.0, 0.5, 2.0, INF, NAN)),
    *((NAN, y, NAN) for y in (1.0, -1.0, INF, -INF, TINY)),
    (2.0, 1e308, INF),
    (2.0, -1e308, 0.0),
    (2.0, TINY, 1.0),
    (LARGEST, 1.0, LARGEST),
    (TINY, 1.0, TINY),
    (LARGEST, -1.0, 2.0**-1024),
    (2.0, 1024.0, INF),
    (2.0, -1074.0, TINY),
    (2.0, -1075.5, 0.0),
]


def test_the_edges_of_the_power():
    x, y, expected = np.array(POWERS_OF_EDGES).T
    assert_same_bits(power(x, y), expected)


@pytest.mark.parametrize("case", POWERS_OF_EDGES, ids=str)
def test_each_edge_of_the_power_alone(case):
    assert_same_bits(power(case[0], case[1]), case[2])


def test_a_nan_whose_bits_are_all_low_stays_a_nan():
    low = np.array([0x7FF0000000000001]).view(np.float64)
    for got in (log(low), exp(low), power(low, 2.0), power(2.0, low)):
        assert_same_bits(got, [NAN])


def test_subnormal_results_are_rounded_once():
    """Where a double of 53 bits, rounded again, would go the other way than the exact value."""
    rng = np.random.default_rng(36)
    x = rng.uniform(-744, -708.4, 4000)
    with mpmath.workprec(160):
        errors = rounding_errors(exp(x), map(mpmath.exp, numbers(x)))
    assert errors.max() < 0.501


def all_doubles():
    """Return doubles with what the usual chunk does not have among them."""
    rng = np.random.default_rng(37)
    x = rng.uniform(0, 9, 40_000)
    x[::1000] = rng.integers(0, 1 << 64, 40, dtype=np.uint64).view(np.float64)
    x[5:-1:1000], x[6:-1:1000], x[7:-1:1000] = 0.0, INF, NAN
    return x


def test_no_warning_comes_and_no_error_is_raised_whatever_numpy_is_told():
    x = all_doubles()
    with warnings.catch_warnings(), np.errstate(all="raise"):
        warnings.simplefilter("error")
        for got in (
            log(x),
            exp(x),
            exp(x * 100),
            power(x, -x),
            power(x, x[::-1]),
            power(x[:, None][:9], x[:50]),
        ):
            assert got.dtype == np.float64
        minus_log(np.abs(x[:5]))
        assert np.geterr() == dict.fromkeys(["divide", "over", "under", "invalid"], "raise")


def test_a_value_does_not_depend_on_the_other_values(monkeypatch):
    x = all_doubles()
    y = x[::-1] - 4
    whole = log(x), exp(x), power(x, y)
    for place in (slice(1, None, 3), slice(17, 18), slice(30_000, None)):
        parts = log(x[place]), exp(x[place]), power(x[place], y[place])
        for all_of_them, some in zip(whole, parts, strict=True):
            assert_same_bits(some, all_of_them[place])
    usual = (x > SMALLEST) & (x < 9)
    assert_same_bits(log(x[usual]), whole[0][usual])
    assert_same_bits(exp(x[usual]), whole[1][usual])
    assert_same_bits(power(x[usual], y[usual]), whole[2][usual])
    monkeypatch.setattr(elementary, "_CHUNK", 77)
    for all_of_them, again in zip(whole, (log(x), exp(x), power(x, y)), strict=True):
        assert_same_bits(again, all_of_them)


def test_a_kernel_gets_aligned_numbers_a_part_at_a_time(monkeypatch):
    got = []

    def kernel(name, arguments, out):
        assert all(array.flags.carray and array.shape == out.shape for array in (*arguments, out))
        got.append(out.size)
        np.copyto(out, sum(arguments))

    monkeypatch.setattr(elementary, "_kernel", kernel)
    monkeypatch.setattr(elementary, "_KERNELS_CHUNK", 77)
    x = np.zeros(200 * 8 + 1, np.uint8)[1:].view(np.float64)
    x[:] = np.arange(200.0)
    assert not x.flags.aligned
    assert_same_bits(log(x), x.copy())
    assert_same_bits(power(x, np.ones(200)), x + 1)
    assert got == [77, 77, 46] * 2  # so that an interrupt is heard between two parts


# Inputs


@pytest.mark.parametrize("function", [log, exp, lambda x: power(x, 1.5)])
def test_inputs_of_all_kinds_give_the_same_bits(function):
    x = np.arange(1.0, 25.0).reshape(4, 6)
    expected = function(x)
    assert type(expected) is np.ndarray
    assert expected.shape == (4, 6)
    for other in (
        x.tolist(),
        np.asfortranarray(x),
        np.repeat(x, 2, axis=1)[:, ::2],
        x[::-1, ::-1].copy()[::-1, ::-1],
        x.astype("float32"),
        x.astype("int16"),
        x.astype(">f8"),
        np.ma.masked_array(x),
    ):
        got = function(other)
        assert type(got) is np.ndarray
        assert got.shape == (4, 6)
        assert_same_bits(got, expected)
    scalar = function(x[2, 3])
    assert type(scalar) is np.ndarray
    assert scalar.shape == ()
    assert scalar == expected[2, 3]
    assert function(int(x[2, 3])) == expected[2, 3]
    assert function(True) == function(1)
    for shape in ((0,), (3, 0), (0, 2, 5)):
        assert function(np.empty(shape)).shape == shape


def test_unaligned_inputs_are_read():
    raw = np.zeros(8 * 5 + 1, np.uint8)
    x = raw[1:].view(np.float64)
    x[:] = [1.0, 2.0, 3.0, 4.0, 5.0]
    assert_same_bits(log(x), log([1.0, 2.0, 3.0, 4.0, 5.0]))


def test_inputs_are_not_written_to_and_no_memory_is_shared():
    x = all_doubles()
    before = x.copy()
    x.flags.writeable = False
    for got in (log(x), exp(x), power(x, x), power(x, 1.0), power(2.0, x), power(x[:1], x)):
        assert not np.shares_memory(got, x)
        assert got.flags.writeable
    np.testing.assert_array_equal(x, before)


def test_shapes_broadcast():
    x, y = np.arange(1.0, 4.0)[:, None], np.arange(5.0)
    assert power(x, y).shape == (3, 5)
    assert_same_bits(power(x, y), power(np.repeat(x, 5, axis=1), np.tile(y, (3, 1))))
    assert power(np.empty((0, 1)), y).shape == (0, 5)
    with pytest.raises(ShapeError, match=r"shapes that broadcast, got \(3,\) and \(4,\)"):
        power(np.ones(3), np.ones(4))


@pytest.mark.parametrize("call", [log, exp, lambda z: power(z, 1), lambda z: power(1, z)])
def test_complex_numbers_are_refused(call):
    with pytest.raises(ArgumentError, match="must be real, got an array of dtype complex128"):
        call(1j)


RAGGED = [[1.0, 2.0], [3.0]]
NO_NUMBERS = [
    None, [1.0, None], "1", b"1", ["1"], np.datetime64(1, "s"), np.timedelta64(1, "s"), RAGGED, {"a": 1},
    {1.0}, 10**400, [10**400], [10**400, 0.5], object(), [2**70, 1j], np.zeros(2, "f8,f8"),
    np.ma.array([1.0, 2.0], mask=[0, 1]),
]  # fmt: skip


@pytest.mark.parametrize("call", [log, exp, lambda z: power(z, 1), lambda z: power(1, z)])
@pytest.mark.parametrize("given", NO_NUMBERS, ids=lambda given: type(given).__name__)
def test_what_is_no_real_number_is_refused(call, given):
    message = rf"(?s)[xy] must be a real number .*, got .* of type {type(given).__name__}"
    with pytest.raises(ArgumentError, match=message):
        call(given)


@pytest.mark.parametrize(
    "given",
    [True, 2, np.float16(0.5), np.longdouble(0.5), [2**70, 0.5], [2**64, -1], Fraction(1, 2), Decimal("0.5"),
     np.array([0.5, 2], ml_dtypes.bfloat16), np.array([1, 2], "u1"), [], np.empty((0, 2), object)],
    ids=repr,
)  # fmt: skip
def test_real_numbers_of_any_kind_are_taken_as_doubles(given):
    doubles = np.array(given, np.float64)
    assert_same_bits(log(given), log(doubles))
    assert log(given).shape == doubles.shape

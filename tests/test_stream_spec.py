"""The random stream is as its page specifies it: vectors, an independent implementation, tables, errors."""

import json
import math
import os
import re
import shutil
import subprocess
from fractions import Fraction
from pathlib import Path

import make_tables
import ml_dtypes  # noqa: F401 - gives NumPy the dtype bfloat16
import mpmath
import numpy as np
import pytest
from mpmath import mpf

import seedbed
from seedbed.dtypes import as_dtype
from seedbed.random import (
    Normal,
    TruncatedDisc,
    TruncatedNormal,
    Uniform,
    draw,
    exp,
    key_of,
    log,
    on_circle,
    power,
    tail_quantile,
)
from seedbed.random.lines import arcs_of, circle_lines, distance_lines, interval_lines
from seedbed.random.probability import EVERYTHING, disc_masses, masses
from seedbed.random.quantiles import distance_quantile, interval_quantile, minus_log_less
from seedbed.random.tables import FAR_EXPONENTS, FINE_EXPONENTS
from seedbed.random.words import WordStream
from seedbed.random.workspace import Workspace

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "reference" / "stream.md").read_text()
SOURCE = ROOT / "tests" / "stream_reference.c"
TABLES = ROOT / "core" / "seedbed" / "random" / "tables.bin"

LONG = (1 << 40,)
"""The shape of a tensor of which only parts are drawn."""


def table(first_column):
    """Return the rows, without backticks, of the page's table whose first column has this heading."""
    found = re.search(rf"^\| {first_column} \|.*\n\|[-|]+\n((?:\|.*\n)+)", PAGE, re.MULTILINE)
    assert found, first_column
    return [[cell.strip().strip("`") for cell in row.split("|")[1:-1]] for row in found[1].splitlines()]


def distribution_of(text, *, is_complex=False):
    """Return the distribution that a name and its parameters mean, as the page writes them."""
    name, *numbers = text.split()
    mean, stddev, *rest = map(float, numbers)
    if name == "uniform":
        return Uniform(mean, stddev)
    if name == "normal":
        return Normal(mean, stddev, is_complex=is_complex)
    if name == "disc":
        return TruncatedDisc(mean, stddev, *rest)
    lower, upper = rest
    return TruncatedNormal(mean, stddev, lower, upper, (mean + stddev * lower, mean + stddev * upper))


def parts(values):
    """Return values as doubles, a complex one as two."""
    flat = np.atleast_1d(values)
    return (flat.view(flat.real.dtype) if flat.dtype.kind == "c" else flat).astype(np.float64)


# The page's vectors


@pytest.mark.parametrize("row", table("seed"), ids=lambda row: row[0])
def test_a_seed_has_the_key_and_the_words_of_the_page(row):
    seed = json.loads(row[0])
    key = key_of(tuple(seed) if isinstance(seed, list) else seed)
    assert f"{key:032x}" == row[1]
    assert [f"{word:016x}" for word in WordStream(key).read(0, 4, 8)] == row[2:]


def test_a_list_of_one_and_fold_in_have_the_keys_that_the_page_says():
    keys = {row[0]: row[1] for row in table("seed")}
    folded = seedbed.get("random_normal", seed=7).fold_in("encoder/0/kernel").seed
    assert f"{key_of(folded):032x}" == keys['[7, "encoder/0/kernel"]']
    assert f"{key_of((7,)):032x}" == keys["7"]


def test_a_word_far_into_the_stream_is_that_of_the_page():
    found = re.search(r"Word ([\d,]+) of\s+seed 7 is\s+`(\w{16})`", PAGE)
    assert f"{WordStream(key_of(7)).read(int(found[1].replace(',', '')), 1, 8)[0]:016x}" == found[2]


@pytest.mark.parametrize("row", table("distribution and parameters"), ids=lambda row: " ".join(row[:2]))
def test_values_are_those_of_the_page(row):
    dtype = as_dtype(row[1])
    distribution = distribution_of(row[0], is_complex=dtype.kind == "c")
    for place, text in zip([0, 1, 1_000_003], row[2:], strict=True):
        got = parts(draw(distribution, 7, LONG, dtype, index=place))
        assert [float(x).hex() for x in got] == [float.fromhex(x).hex() for x in text.split()]


FUNCTIONS = {"log": log, "exp": exp, "power": power}


@pytest.mark.parametrize("row", table("function and arguments"), ids=lambda row: row[0])
def test_values_of_functions_are_those_of_the_page(row):
    name, *arguments = row[0].split()
    got = float(FUNCTIONS[name](*map(float.fromhex, arguments)))
    assert got.hex() == float.fromhex(row[1]).hex()


@pytest.mark.parametrize("row", table("interval"), ids=lambda row: row[0])
def test_masses_are_those_of_the_page(row):
    lower, upper = map(float, row[0].split())
    assert tuple(masses(lower, upper)) == tuple(map(float.fromhex, row[1:]))


def test_masses_of_a_disc_are_those_of_the_page():
    found = re.search(r"disc of radius 2, `outside` is `(\S+)` and `inside` is `(\S+)`", PAGE)
    assert disc_masses(2.0) == tuple(map(float.fromhex, found.groups()))


def test_fan_scaled_initializers_draw_the_distributions_of_the_page():
    drawn = seedbed.get("variance_scaling", scale=0.3, mode="fan_geo_avg", seed=7)
    stddev = math.sqrt(0.3 / math.sqrt(48 * 37))
    widened = stddev / 0.8796256610342398
    for dtype, distribution in [
        ("float64", TruncatedNormal(0.0, widened, -2.0, 2.0, (-2 * widened, 2 * widened))),
        ("complex64", TruncatedDisc(0.0, stddev / 0.9619618280082135, 2.0)),
    ]:
        np.testing.assert_array_equal(
            drawn((48, 37), dtype), draw(distribution, 7, (48, 37), np.dtype(dtype))
        )
    uniform = seedbed.get("glorot_uniform", seed=7)((48, 37))
    limit = math.sqrt(3.0) * math.sqrt(1.0 / ((48 + 37) / 2))
    np.testing.assert_array_equal(uniform, draw(Uniform(-limit, limit), 7, (48, 37), np.dtype("float32")))


def test_the_constants_of_the_page_are_the_standard_deviations_left():
    with mpmath.workdps(40):
        real = mpmath.sqrt(1 - 4 * mpmath.npdf(2) / (2 * mpmath.ncdf(2) - 1))
        disc = mpmath.sqrt(1 - 4 * mpmath.exp(-4) / (1 - mpmath.exp(-4)))
    stated = map(float, re.findall(r"stddev / (0\.\d+)", PAGE))
    assert [float(real), float(disc)] == list(stated)


# An independent implementation


@pytest.fixture(scope="session")
def program(tmp_path_factory):
    """Return the path of the compiled implementation in C."""
    compiler = shutil.which(os.environ.get("CC", "cc"))
    if compiler is None:
        if os.environ.get("CI"):
            pytest.fail("no C compiler: in continuous integration the stream must be compared")
        pytest.skip("no C compiler to build tests/stream_reference.c with")
    program = tmp_path_factory.mktemp("reference") / "stream_reference"
    flags = ["-O2", "-ffp-contract=off", "-std=c11"]
    subprocess.run([compiler, *flags, "-o", program, SOURCE, "-lm"], check=True)
    return program


@pytest.fixture(scope="session")
def reference(program):
    """Return a function that draws with the implementation in C."""

    def draw_in_c(key, dtype, first, count, distribution, *numbers):
        halves = f"{key % 2**64:x}", f"{key >> 64:x}"
        command = [program, TABLES, dtype, *halves, str(first), str(count), distribution]
        done = subprocess.run([*command, *map(float.hex, numbers)], check=True, capture_output=True)
        return np.frombuffer(done.stdout, np.uint64 if distribution == "words" else as_dtype(dtype))

    return draw_in_c


def numbers_of(distribution):
    """Return what the implementation in C is told: a distribution's name, and parameters or masses."""
    if isinstance(distribution, Uniform):
        return "uniform", distribution.low, distribution.high
    if isinstance(distribution, Normal):
        return "normal", distribution.mean, distribution.stddev
    if isinstance(distribution, TruncatedDisc):
        return (
            "disc",
            distribution.mean,
            distribution.stddev,
            distribution.radius,
            *disc_masses(distribution.radius),
        )
    return (
        "truncated",
        distribution.mean,
        distribution.stddev,
        *masses(distribution.lower, distribution.upper),
        *distribution.within,
    )


def same_bits(one, other):
    return one.dtype == other.dtype and one.tobytes() == other.tobytes()


@pytest.fixture(scope="session")
def function_in_c(program):
    """Return a function that gives the values of a function of the implementation in C."""

    def values(name, *arguments):
        data = np.stack(arguments, axis=-1).tobytes()
        done = subprocess.run([program, TABLES, name], input=data, check=True, capture_output=True)
        return np.frombuffer(done.stdout)

    return values


REAL = ("float16", "bfloat16", "float32", "float64")
COMPLEX = ("complex64", "complex128")
COUNT = 100_000
DISC_EDGES = [f"0 1 {radius!r}" for edge in (0.5, 2.0**-27) for radius in (edge, math.nextafter(edge, 0))]
"""Radii at which the formula for a disc changes, and those just below."""

CASES = [
    *(
        (dtype, f"uniform {text}")
        for dtype in (*REAL, *COMPLEX)
        for text in ("-0.05 0.05", "1 1.25", "0 1", "-0.3 3e4", "1.5 1.5")
    ),
    *(
        (dtype, f"uniform {text}")
        for dtype in ("float64", "complex128")
        for text in ("-3e-310 1e-310", "0 1e-271")
    ),
    *((dtype, text) for dtype in (*REAL, *COMPLEX) for text in ("normal 0 1", "normal 0.375 0.02")),
    *(
        (dtype, f"truncated {text}")
        for dtype in REAL
        for text in (
            "0 1 -2 2",
            "0.3 0.1 -0.5 0.5",
            "0 1 -8 8",  # W = 32, and tails too small for the coarse rule
            "0 1 -1 3",
            "0.3 0.1 -3 1",
            "0 1 0 inf",
            "0 1 -inf 1.5",
            "0 1 5 inf",
            "-2 3 -9 -8",
            "0 1 30 31",
            "0 1 36 inf",
            "0 1 -inf inf",
            "0 1 1 1.0625",
        )
    ),
    *(
        (dtype, f"disc {text}")
        for dtype in COMPLEX
        for text in ("0 1 2", "0.5 0.02 0.25", "0 3 inf", "0 1 1e-3", *DISC_EDGES)
    ),
]


@pytest.mark.parametrize(("dtype", "text"), CASES, ids=lambda text: text.replace(" ", "_"))
def test_the_engine_has_the_bits_of_the_reference(reference, dtype, text):
    rng = np.random.default_rng([*map(ord, dtype + text)])
    seed, first = int(rng.integers(2**62)), int(rng.integers(2**38))
    distribution = distribution_of(text, is_complex=dtype in COMPLEX)
    got = draw(distribution, seed, LONG, as_dtype(dtype), index=slice(first, first + COUNT))
    assert same_bits(got, reference(key_of(seed), dtype, first, COUNT, *numbers_of(distribution)))


def test_random_distributions_have_the_bits_of_the_reference(reference):
    rng = np.random.default_rng(20)
    for _ in range(40):
        lower, upper = np.sort(rng.uniform(-9, 9, 2)).tolist()
        mean, stddev = rng.normal(), 10.0 ** rng.uniform(-3, 2)
        distribution = distribution_of(f"truncated {mean!r} {stddev!r} {lower!r} {upper!r}")
        for dtype in ("float32", "float64"):
            seed, first = str(rng.integers(2**62)), int(rng.integers(2**20))
            got = draw(distribution, seed, LONG, np.dtype(dtype), index=slice(first, first + 3000))
            assert same_bits(got, reference(key_of(seed), dtype, first, 3000, *numbers_of(distribution))), (
                distribution
            )


def test_the_words_are_those_of_the_reference(reference):
    key = key_of("words")
    expected = reference(key, "float64", 3, 1001, "words")
    np.testing.assert_array_equal(WordStream(key).read(3, 1001, 8), expected)


def test_one_bit_of_a_mass_or_key_would_be_noticed(reference):
    distribution = distribution_of("truncated 0 1 -1 3")
    got = draw(distribution, 7, LONG, np.dtype("float64"), index=slice(1000))
    name, mean, stddev, below, inside, *rest = numbers_of(distribution)
    other = math.nextafter(inside, 0)
    assert same_bits(got, reference(key_of(7), "float64", 0, 1000, *numbers_of(distribution)))
    assert not same_bits(
        got, reference(key_of(7), "float64", 0, 1000, name, mean, stddev, below, other, *rest)
    )
    assert not same_bits(got, reference(key_of(7) ^ 1, "float64", 0, 1000, *numbers_of(distribution)))


def around(*numbers):
    """Return the numbers, their negatives, and the doubles next to them."""
    x = np.array([*numbers, *(-number for number in numbers)])
    return np.concatenate([x, np.nextafter(x, -np.inf), np.nextafter(x, np.inf)])


EDGES = np.append(
    around(
        *(0.0, 0.5, 1.0, 2.0, 3.0, 181 / 256, 181 / 128, 2.0**-1022, 1e-300, 1e300, 2.0**52),
        *(700.0, 708.3964185322641, 709.782712893384, 720.0, 745.1332191019411, 750.0, 800.0),
    ),
    [np.inf, -np.inf, np.nan, np.finfo(float).max],
)


def any_bits(rng, count):
    return rng.integers(0, 1 << 64, count, dtype=np.uint64).view(np.float64)


def exponents_of_any_result(rng, x):
    """Return y with which x^y is anywhere between 0 and infinity."""
    with np.errstate(all="ignore"):
        return rng.uniform(-760, 730, x.size) / np.log(x)


def arguments_of(name, count):
    """Return arguments of all kinds for a function, some of which are no numbers."""
    rng = np.random.default_rng(18)
    bits, sign = any_bits(rng, count), rng.choice([-1.0, 1.0], count)
    near_1 = 1 + sign * 2.0 ** -rng.uniform(0, 53, count)
    if name == "log":
        return [np.concatenate([EDGES, bits, np.abs(bits), near_1, rng.uniform(0, 3, count)])]
    if name == "exp":
        small = sign * 2.0 ** -rng.uniform(0, 60, count)
        wide, subnormal = rng.uniform(-760, 730, count), rng.uniform(-746, -708, count)
        return [np.concatenate([EDGES, bits, small, wide, subnormal])]
    size, usual = np.abs(bits), rng.uniform(0, 3, count)
    x = np.concatenate([np.repeat(EDGES, EDGES.size), size, size, near_1, usual])
    y = [np.tile(EDGES, EDGES.size), any_bits(rng, count)]
    y += [exponents_of_any_result(rng, part) for part in (size, near_1)]
    return [x, np.concatenate([*y, rng.uniform(-9, 9, count)])]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions_have_the_bits_of_the_reference(function_in_c, name):
    arguments = arguments_of(name, 250_000)
    assert same_bits(FUNCTIONS[name](*arguments), function_in_c(name, *arguments))


@pytest.mark.parametrize("name", FUNCTIONS)
def test_one_bit_of_an_argument_would_be_noticed(function_in_c, name):
    arguments = [np.linspace(2.0, 3.0, 1000), np.linspace(1.0, 2.0, 1000)][: 2 if name == "power" else 1]
    expected = function_in_c(name, *arguments)
    for argument in arguments:
        argument[500] = np.nextafter(argument[500] * 1.0000001, 9)
        assert not same_bits(FUNCTIONS[name](*arguments), expected)


# The tables


def rows_of_the_file():
    """Return for each row of the file what makes it, and the numbers that the file has."""
    half = (mpf(1) / 2, mpf(0))
    with mpmath.workdps(make_tables.DIGITS):
        makers = [
            *((make_tables.fine_row, q) for q in [*make_tables.segments(FINE_EXPONENTS), half]),
            *((make_tables.far_row, q) for q in make_tables.segments(FAR_EXPONENTS)),
            *((make_tables.log_row, part) for part in range(512)),
            *((make_tables.exp_row, part) for part in range(512)),
            *((make_tables.circle_row, point) for point in range(256)),
        ]
    numbers, at, rows = np.frombuffer(TABLES.read_bytes(), "<f8"), 0, []
    for make, of in makers:
        length = {make_tables.log_row: 3, make_tables.exp_row: 2, make_tables.circle_row: 2}.get(make, 9)
        rows.append((make, of, numbers[at : at + length].tolist()))
        at += length
    assert at == len(numbers)
    return rows


def assert_rows_are_made(rows):
    with mpmath.workdps(make_tables.DIGITS):
        for make, of, numbers in rows:
            assert [float(number) for number in make(of)] == numbers, (make.__name__, of)


def test_rows_of_the_tables_are_what_their_script_makes():
    rows = rows_of_the_file()
    chosen = np.random.default_rng(5).choice(len(rows), 150, replace=False)
    assert_rows_are_made([rows[i] for i in (0, 4223, 4224, -1, *chosen)])
    assert_rows_are_made([row for row in rows if row[0] in (make_tables.log_row, make_tables.exp_row)])


@pytest.mark.slow
def test_the_tables_are_what_their_script_makes():
    assert_rows_are_made(rows_of_the_file())
    assert make_tables.table_bytes() == TABLES.read_bytes()


def test_the_tables_can_be_made_without_the_recurrences():
    """The script's recurrences for derivatives are mpmath's numerical ones, in one row of each table."""
    with mpmath.workdps(60):
        quantile = make_tables.tail_quantile
        for row, function in [
            (make_tables.fine_row((mpf(1) / 16, mpf(1) / 1024)), quantile),
            (make_tables.far_row((mpf(100), mpf(1))), lambda size: quantile(mpmath.exp(-size))),
        ]:
            centre, *series = row
            for k, coefficient in enumerate(series[:5]):
                expected = mpmath.diff(function, centre, k, h=mpf(10) ** -10) / mpmath.factorial(k)
                assert abs(coefficient - expected) < abs(expected) * mpf(10) ** -8 + mpf(10) ** -9


# Errors


COARSE_EXPONENTS = (-33, -2)


def points(exponents, *, every, segments=64):
    """Return arguments in each n-th segment of the octaves: its ends, its middle, and a random one."""
    rng = np.random.default_rng(11)
    octaves = 2.0 ** np.arange(exponents[0], exponents[1] + 1)
    starts = np.outer(octaves, 1 + np.arange(segments) / segments).ravel()[rng.integers(every) :: every]
    widths = np.ldexp(2.0, np.frexp(starts)[1] - 2) / segments
    within = [starts + widths * place for place in (0.0, 0.5, rng.random(starts.size))]
    return np.concatenate([*within, np.nextafter(starts + widths, 0)])


def quantile_errors(q, z):
    """Return Q(q) - z to first order, at 40 digits."""
    with mpmath.workdps(40):
        exact = [(mpf(float(a)), mpf(float(b))) for a, b in zip(q, z, strict=True)]
        return np.array([float((mpmath.ncdf(-b) - a) / mpmath.npdf(b)) for a, b in exact])


def coarse(t, within=EVERYTHING):
    x = np.asarray(t) * 2.0**32
    z = np.empty_like(x)
    interval_lines(within)(x, z, np.empty(x.size, np.uint64))
    return z


def check_quantiles(every):
    q = np.append(points(COARSE_EXPONENTS, every=every, segments=1024), 0.125 * (1 + 0.5 / 1024))
    assert 2.5e-8 < np.abs(quantile_errors(q, coarse(q))).max() < 2.6e-8
    q = np.concatenate([points(FINE_EXPONENTS, every=every), 0.5 - 2.0 ** -np.arange(8.0, 54)])
    z = tail_quantile(q)
    assert np.abs(quantile_errors(q, z) / z).max() < 3e-16
    size = points(FAR_EXPONENTS, every=every)
    q = np.exp(-size[(size > 47) & (size < 708)])
    z = tail_quantile(q)
    assert np.abs(quantile_errors(q, z) / z).max() < 3e-16


def test_the_quantile_functions_are_as_exact_as_the_page_says():
    check_quantiles(every=29)


@pytest.mark.slow
def test_the_quantile_functions_are_as_exact_as_the_page_says_in_every_segment():
    check_quantiles(every=1)


def test_the_quantile_of_one_half_is_zero():
    assert tail_quantile([0.5]).tolist() == [0.0]
    assert abs(coarse([0.5 - 2.0**-33])[0]) < 1e-9


def test_a_negative_argument_gives_the_negative_value():
    q = points(COARSE_EXPONENTS, every=7, segments=1024)
    np.testing.assert_array_equal(coarse(-q), -coarse(q))


def test_the_quantile_of_an_interval_is_as_exact_as_the_page_says():
    rng = np.random.default_rng(15)
    for low, high in intervals():
        if not mass(low, high) > 1e-290:
            continue
        within = masses(low, high)
        t = rng.uniform(-0.5, 0.5, 8) * 2.0 ** -rng.integers(0, 50, 8)
        z = interval_quantile(t, within)
        with mpmath.workdps(40):
            for part, value in zip(map(mpf, t.tolist()), map(mpf, z.tolist()), strict=True):
                # What lies between the value and the end that `t` counts from, by the nearer tail.
                beyond = mpf(within.below if part < 0 else within.above) + mpf(within.inside) * abs(part)
                outwards = -value if part < 0 else value
                error = (mpmath.ncdf(-outwards) - beyond) / mpmath.npdf(value)
                if beyond > 0.5:  # its complement has the digits
                    rest = mpf(within.above if part < 0 else within.below) + mpf(within.inside) * (
                        1 - abs(part)
                    )
                    error = (rest - mpmath.ncdf(outwards)) / mpmath.npdf(value)
                assert abs(error) < 4e-16 * max(1, abs(value)), (low, high, part)


@pytest.mark.slow
def test_the_lines_of_an_interval_are_as_exact_as_those_of_the_whole():
    t = points(COARSE_EXPONENTS, every=29, segments=1024)
    for low, high in intervals():
        within = masses(low, high)
        if not within.inside > 1e-290:
            continue
        for signed in (t, -t):
            errors = np.abs(coarse(signed, within) - interval_quantile(signed, within))
            furthest = max([1.0, *(abs(end) for end in (low, high) if math.isfinite(end))])
            assert errors.max() < 2.6e-8 * min(1.0, high - low) + 5e-16 * furthest, (low, high)


INSIDE = np.array([0.0, 0.1, 0.25, 0.5, 0.75, 0.9, 1 - 1e-9])
"""Places in a line's segment."""


@pytest.mark.parametrize("radius", [1e-9, 1e-3, 0.25, 0.5, 1.0, 2.0, 3.0, math.inf])
def test_the_lines_of_distances_are_as_exact_as_the_page_says(radius):
    octaves = 2.0 ** np.arange(COARSE_EXPONENTS[0], COARSE_EXPONENTS[1] + 1)
    t = (octaves[:, None, None] * (1 + (np.arange(1024)[:, None] + INSIDE) / 1024)).ravel()
    unit = 1.0 if radius < 2.0**-27 else min(radius, 6.0)
    for signed in (t, -t):
        x, got = signed * 2.0**32, np.empty_like(t)
        distance_lines(radius)(x, got, np.empty(x.size, np.uint64))
        errors = np.abs(got - distance_quantile(np.where(signed < 0, 1 + signed, signed), radius))
        assert 1e-10 * unit < errors.max() < min(7.6e-9 * unit, 1.7e-8)


def test_the_lines_of_the_circle_are_as_exact_as_the_page_says():
    words = np.random.default_rng(18).integers(0, 2**32, 1 << 20, dtype=np.uint32)
    words[:4] = 0, 2**18 - 1, 2**18, 2**32 - 1
    y, got, room = np.empty((3, words.size))
    arc = arcs_of(words, np.empty(words.size, np.uint64), y)
    for lines, exact in zip(circle_lines(), on_circle((words + 0.5) * 2.0**-32), strict=True):
        lines(arc, y, got, room)
        assert 9e-9 < np.abs(got - exact).max() < 9.3e-9


UNIFORM_ENDS = [
    *[(-0.05, 0.05), (0.1, 1.0), (0.0, 1.0), (-0.3, 0.7), (1e3, 1001.0), (-1.0, 3e-5), (-3e-310, 1e-310)],
    (
        float.fromhex("-0x1.066cc673c1093p+0"),
        float.fromhex("0x1.1249624aea880p+0"),
    ),  # the worst that are known
    (float.fromhex("-0x1.030354559c86dp+0"), float.fromhex("0x1.0b21e19bd3540p+0")),
]


@pytest.mark.parametrize("bits", [32, 64])
@pytest.mark.parametrize("ends", UNIFORM_ENDS)
def test_uniform_values_are_as_exact_as_the_page_says(ends, bits):
    dtype = np.dtype(f"u{bits // 8}")
    words = np.random.default_rng(19).integers(0, 2**bits, 2000, dtype=dtype)
    words[:4] = 0, 2 ** (bits - 1) - 1, 2 ** (bits - 1), 2**bits - 1
    got = np.empty(words.size)  # not yet rounded to single precision
    Uniform(*ends).writer(bits)(words, Workspace(words.size), got)
    low, high = map(Fraction, ends)
    parts = [
        Fraction(2 * word + 1 + 2**bits, 2 ** (bits + 1)) for word in words.view(f"i{bits // 8}").tolist()
    ]
    errors = [
        abs(Fraction(x) - (low + (high - low) * part)) for x, part in zip(got.tolist(), parts, strict=True)
    ]
    furthest = max(abs(low), abs(high))
    assert max(errors) < Fraction(5e-16 if bits == 32 else 5.4e-16) * furthest + Fraction(2.0**-1074)


def test_the_products_of_a_word_with_a_slope_are_exact():
    furthest = [Fraction(2 * word + 1, 2) for word in (2**31 - 1, -(2**31), 2**30 - 1, 0)]
    for slope in {
        *interval_lines(EVERYTHING).slopes.ravel()[::501].tolist(),
        *distance_lines(2.0).slopes[0, ::501],
    }:
        for word in furthest:
            assert Fraction(float(word) * slope) == word * Fraction(slope)


def test_the_logarithm_of_one_less_a_little_is_as_exact_as_the_page_says():
    rng = np.random.default_rng(16)
    x = np.concatenate([rng.uniform(0, 0.25, 3000), 2.0 ** -rng.uniform(2, 1000, 3000), [0.25, 2.0**-1000]])
    with mpmath.workdps(400):
        exact = [-mpmath.log(1 - mpf(float(y))) for y in x]
        got = minus_log_less(x)
        errors = np.array([abs(float(mpf(float(b)) / a - 1)) for a, b in zip(exact, got, strict=True)])
    assert errors.max() < 4e-16
    assert minus_log_less(np.zeros(1)).tolist() == [0.0]


RADII = [1e-300, 1e-9, 1e-5, 1e-3, 0.3, 2.0, *(float(text.split()[2]) for text in DISC_EDGES)]


@pytest.mark.parametrize("dtype", COMPLEX)
@pytest.mark.parametrize("radius", RADII)
def test_no_value_leaves_a_disc_and_the_outermost_reach_its_edge(radius, dtype):
    """The words that give the largest radius are all 0, and any other may give the angle."""
    itemsize = 4 if dtype == "complex64" else 8
    words = np.random.default_rng(17).integers(0, 2 ** (8 * itemsize), 20_000, dtype=f"u{itemsize}")
    words[0::2] = 0
    out = np.empty(words.size, "float32" if itemsize == 4 else "float64")
    stddev = 1e-5 / radius  # so that nothing is subnormal, of either dtype
    TruncatedDisc(0.0, stddev, radius).writer(8 * itemsize)(words, Workspace(words.size), out)
    with mpmath.workdps(30):
        edge = mpf(radius) * mpf(stddev)
        furthest = (
            max(mpmath.hypot(mpf(float(x)), mpf(float(y))) for x, y in out.reshape(-1, 2)[:4000]) / edge
        )
        assert 1 - (2.0**-21 if itemsize == 4 else 2.0**-49) < furthest <= 1


@pytest.mark.parametrize("dtype", COMPLEX)
@pytest.mark.parametrize("radius", [1e-9, 1e-5, 1e-3, 0.3])
def test_the_distances_in_a_small_disc_have_their_distribution(radius, dtype):
    count = 100_000
    z = draw(TruncatedDisc(0.0, 1.0, radius), 7, (count,), np.dtype(dtype))
    part = np.abs(z.astype("complex128")) / radius
    chance = np.sort(np.expm1(-((part * radius) ** 2)) / np.expm1(-(radius**2)))
    # Dvoretzky, Kiefer and Wolfowitz: exceeded with a probability below 2 exp(-2 count furthest^2) = 1e-9.
    furthest = math.sqrt(math.log(2e9) / (2 * count))
    assert np.abs(chance - (np.arange(count) + 0.5) / count).max() < furthest + 0.5 / count
    assert len(np.unique(part)) > 0.9 * count


def test_the_circle_is_as_exact_as_the_page_says():
    ends = np.arange(256) / 256
    turn = np.concatenate(
        [np.random.default_rng(13).random(3000), ends, np.nextafter(ends[1:], 0), [1 - 2.0**-53]]
    )
    got = on_circle(turn)
    with mpmath.workdps(40):
        for values, function in zip(got, (mpmath.cospi, mpmath.sinpi), strict=True):
            exact = [function(2 * mpf(float(x))) for x in turn]
            errors = [abs(float(a - mpf(float(b)))) for a, b in zip(exact, values, strict=True)]
            assert max(errors) < 2.5e-16


# Masses


def intervals():
    """Yield intervals of all kinds: wide, narrow, symmetric, one-sided, and far out."""
    rng = np.random.default_rng(14)
    for _ in range(80):
        yield tuple(np.sort(rng.uniform(-10, 10, 2)).tolist())
        low = rng.uniform(-37, 37)
        yield low, low + 10.0 ** rng.uniform(-12, 1)
        half = 10.0 ** rng.uniform(-12, 1.5)
        yield -half, half
        yield rng.uniform(-5, 37), math.inf
        yield -math.inf, rng.uniform(-37, 5)
    yield from [(-math.inf, math.inf), (0.0, math.inf), (-4.0, 4.0), (4.0, 37.0), (-37.0, -36.9), (0.0, 1e-9)]


def mass(low, high):
    """Return P(low < z < high), worked out on the side on which little cancels."""
    if high < 0:
        low, high = -high, -low
    with mpmath.workdps(60):
        below, above = (mpf(0) if low == -math.inf else mpmath.ncdf(low)), mpmath.ncdf(-mpf(high))
        return float(mpmath.ncdf(-mpf(low)) - above if low > 0 else 1 - below - above)


def test_masses_are_correctly_rounded():
    for low, high in intervals():
        expected = (mass(-math.inf, low), mass(low, high), mass(high, math.inf))
        assert tuple(masses(low, high)) == expected, (low, high)


@pytest.mark.parametrize("radius", [1e-8, 0.1, 1.0, 2.0, 5.0, 26.0, math.inf])
def test_masses_of_a_disc_are_correctly_rounded(radius):
    with mpmath.workdps(60):
        outside = mpmath.exp(-(mpf(radius) ** 2))
        assert disc_masses(radius) == (float(outside), float(1 - outside))

"""Scales of powers of fans, and what truncation leaves: the doubles nearest to the exact numbers."""

import math
import subprocess
import sys
from fractions import Fraction

import mpmath
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import seedbed
from seedbed.random.lines import distance_lines
from seedbed.random.probability import disc_masses, masses
from seedbed.standard import _fan_scaled
from seedbed.standard._scales import scale, stddev_left

mpmath.mp.dps = 120

bases = st.integers(1, 2**63 - 1) | st.floats(1, 1e300)
exponents = st.sampled_from([-2, -1.5, -1, -0.5, 0, 0.5, 1, 1.5, 2]) | st.floats(-2, 2)
gains = st.floats(1e-100, 1e100) | st.integers(-(10**20), 10**20)


@given(gains, bases, exponents, bases, exponents)
def test_a_scale_is_the_double_nearest_to_the_exact_number(gain, one, p, other, q):
    exact = mpmath.mpf(gain) * mpmath.mpf(one) ** mpmath.mpf(p) * mpmath.mpf(other) ** mpmath.mpf(q)
    if mpmath.fabs(exact) < 1e300:
        assert scale(gain, (one, p), (other, q)) == float(exact)


@given(st.integers(2**52, 2**53 - 1), st.integers(1, 2**31 - 1).filter(lambda root: root % 2))
@example(2**53 - 2, 3)  # 3 * 2^53 - 6 lies midway between two doubles
def test_exact_roots_and_powers_are_rounded_as_exact_numbers_are(gain, root):
    assert scale(gain, (root**2, 0.5)) == float(gain * root)
    assert scale(gain, (root, 1)) == float(gain * root)
    assert scale(gain, (root, 2)) == float(gain * root**2)
    assert scale(gain * root, (root**2, -0.5)) == gain


@pytest.mark.parametrize("first", [0.0, -0.0])
def test_what_was_asked_before_never_says_what_the_sign_of_zero_is(first):
    for power in (-0.5, 0.25, -2.0):
        for zero in (first, -first, 0, first):
            assert math.copysign(1, scale(zero, (5, power))) == math.copysign(1, zero)
    for zero in (first, -first, first):
        value = seedbed.get("fan_constant", scale=zero)(1)
        assert np.signbit(value).tolist() == [math.copysign(1, zero) < 0]
    assert scale(-1.1, (5, -0.3)) == -scale(1.1, (5, -0.3))


def test_the_other_caches_are_of_functions_to_which_the_sign_of_zero_says_nothing():
    for ends in ((0.0, 2.0), (-2.0, 0.0), (0.0, 0.0)):
        negative = tuple(-end if end == 0 else end for end in ends)
        assert repr(masses.__wrapped__(*ends)) == repr(masses.__wrapped__(*negative))
    assert repr(disc_masses.__wrapped__(0.0)) == repr(disc_masses.__wrapped__(-0.0))
    assert distance_lines(0.0) is distance_lines(-0.0)
    assert "-0.0" not in repr([masses(-0.0, math.inf), masses(-math.inf, -0.0), masses(-0.0, 0.0)])


TINY = 5e-324


@pytest.mark.parametrize("power", [-1, -0.5, 0.25, 0.5, 1.25])
@given(st.integers(1, 2**12), st.integers(1, 40), st.integers(1, 2**51))
def test_exact_ties_go_to_the_even_double(power, half, root, high):
    base = (2 * root) ** {-1: 1, -0.5: 2, 0.25: 4, 0.5: 2, 1.25: 4}[power]
    grown = {-1: 1, -0.5: 1, 0.25: -1, 0.5: -1, 1.25: -5}[power]
    odd = 2 * half - 1
    if grown > 0:  # half of an odd number of the smallest double
        assert scale(odd * root * TINY, (base, power)) == round(Fraction(odd, 2)) * TINY
    gain = 2**52 + 2 * high - 1  # a product that no double is, in whole numbers
    exact = gain * (Fraction(2 * root) ** -grown)
    assert scale(float(gain), (base, power)) == exact.numerator / exact.denominator


@given(st.floats(0, 1e-290) | st.integers(1, 1000).map(lambda k: k * TINY), bases, exponents)
def test_tiny_gains_are_rounded_as_exactly(gain, base, power):
    with mpmath.workdps(900):
        exact = mpmath.mpf(gain) * mpmath.mpf(base) ** mpmath.mpf(power)
        if 0 < exact < mpmath.mpf(10) ** 300:
            low = scale(gain, (base, power))
            errors = {
                candidate: abs(mpmath.mpf(candidate) - exact)
                for candidate in (math.nextafter(low, -1), low, math.nextafter(low, math.inf))
                if candidate >= 0
            }
            assert errors[low] == min(errors.values())


def test_a_scale_beyond_the_doubles_is_infinite():
    assert scale(-1e100, (1e300, 2)) == -math.inf
    assert scale(1e100, (1e300, 1.7)) == math.inf


def test_the_c_librarys_pow_would_be_noticed():
    found = [fan for fan in range(1, 3000) if 1.1 * fan**-0.3 != scale(1.1, (fan, -0.3))]
    assert len(found) > 100


cutoffs = st.floats(0.001, 9.999) | st.floats(0.001, 1.0)


@settings(deadline=None)
@given(cutoffs)
@example(2)
@example(3)
@example(0.001)
@example(9.9)
def test_what_is_left_of_a_stddev_is_the_double_nearest_to_the_exact_number(cutoff):
    c = mpmath.mpf(cutoff)
    cut_off = 2 * c * mpmath.npdf(c) / mpmath.erf(c / mpmath.sqrt(2))
    assert stddev_left(cutoff, is_complex=False) == float(mpmath.sqrt(1 - cut_off))
    cut_off = c**2 / mpmath.expm1(c**2)
    assert stddev_left(cutoff, is_complex=True) == float(mpmath.sqrt(1 - cut_off))


def test_nothing_is_cut_off_far_out():
    for is_complex in (False, True):
        assert stddev_left(math.nextafter(10, 0), is_complex=is_complex) == 1
        assert stddev_left(10.0, is_complex=is_complex) == 1
        assert stddev_left(1e308, is_complex=is_complex) == 1
        assert stddev_left(7.0, is_complex=False) < 1


def test_the_constants_of_variance_scaling_are_these():
    assert stddev_left(2, is_complex=False) == _fan_scaled._TRUNCATED
    assert stddev_left(2, is_complex=True) == _fan_scaled._TRUNCATED_COMPLEX


WITHOUT_C = """
import sys
sys.modules["_decimal"] = None  # so that decimal is the one that is written in Python
import _pydecimal
from seedbed.standard import _scales
assert _scales.Decimal is _pydecimal.Decimal
{}
"""
BITS = """
from seedbed.standard._scales import scale, stddev_left
powers = [scale(1.1, (fan, -0.3), (7.5, 1.7)).hex() for fan in range(1, 40)]
roots = [scale(1.1, (fan, -0.5)).hex() for fan in range(1, 40)]
left = [stddev_left(c / 7, is_complex=z).hex() for c in range(1, 80) for z in (False, True)]
print(powers, roots, left)
"""


def test_decimal_arithmetic_in_c_and_in_python_give_the_same():
    drawn = [
        subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
        for script in (BITS, WITHOUT_C.format(BITS))
    ]
    assert len(drawn[0]) > 1000
    assert drawn[0] == drawn[1]

"""The engine gives the bits of NumPy's, for every set of instructions that this machine has."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from native_build import need_the_engine

from seedbed.dtypes import COMPLEX, FLOATING, as_dtype, available_dtypes
from seedbed.random import Normal, NumPyEngine, TruncatedDisc, TruncatedNormal, Uniform, key_of
from seedbed.random.regions import Region, whole
from seedbed.random.trials import try_engine
from seedbed.testing import check_engine

need_the_engine()

import compare_values  # noqa: E402 - which needs the engine

from seedbed_native import NativeEngine, _native  # noqa: E402 - which the line before looks for

SETS = [name for _, name in _native.instructions()]
KEY = key_of("native")
DISTRIBUTIONS = (
    Uniform(-0.3, 2.1),
    Uniform(0.7, 0.7),
    Uniform(-1e-310, 3e-310),
    Normal(0.0, 1.0),
    Normal(0.1, 1.3),
    TruncatedNormal(0.0, 1.0, -2.0, 2.0, (-2.0, 2.0)),
    TruncatedNormal(0.1, 0.9, -2.0, 3.0, (-1.7, 2.8)),
    TruncatedNormal(0.0, 1.0, 25.0, math.inf, (25.0, math.inf)),
)
COMPLEXES = (
    Normal(0.3, 0.0, is_complex=True),
    Normal(0.1, 1.3, is_complex=True),
    TruncatedDisc(0.5, 1.1, 2.0),
)


def drawn(engine, distribution, dtype, region, *, limits=None, threads=1):
    out = np.full(region.size, 7, dtype)
    engine.draw(distribution, KEY, region, out, limits=limits, threads=threads)
    return out


def assert_equal_bits(name, distribution, dtype, region, **options):
    got = drawn(NativeEngine(name), distribution, dtype, region, **options)
    expected = drawn(NumPyEngine(), distribution, dtype, region, **options)
    assert got.tobytes() == expected.tobytes()


def dtypes_of(distribution):
    names = COMPLEX if distribution.is_of_pairs else FLOATING if distribution in DISTRIBUTIONS else COMPLEX
    return [as_dtype(name) for name in available_dtypes(names)]


@pytest.mark.parametrize("name", SETS)
def test_an_engine_of_each_set_of_instructions_passes_the_trial(name):
    try_engine(NativeEngine(name))


@pytest.mark.slow
@pytest.mark.parametrize("name", SETS)
def test_an_engine_of_each_set_of_instructions_passes_the_check_for_authors(name):
    check_engine(NativeEngine(name))


def test_a_kernel_with_another_last_bit_would_be_noticed():
    class Wrong(NativeEngine):
        def draw(self, distribution, key, region, out, *, limits, threads):
            super().draw(distribution, key, region, out, limits=limits, threads=threads)
            out.view(np.uint8)[:1] ^= 1

    with pytest.raises(Exception, match="gives other bits than the specified stream"):
        try_engine(Wrong())


@st.composite
def regions(draw):
    axes = draw(st.integers(0, 4))
    run, step = draw(st.integers(1, 700)), draw(st.integers(1, 8))
    counts = tuple(draw(st.integers(1, 5)) for _ in range(axes))
    strides = tuple(draw(st.integers(1, 2**40)) for _ in range(axes))
    base = draw(st.integers(0, 2**56))
    return Region((*counts, run), run, step, base, counts, strides)


@pytest.mark.parametrize("name", SETS)
@given(region=regions(), distribution=st.sampled_from((*DISTRIBUTIONS, *COMPLEXES)), data=st.data())
def test_any_part_has_the_bits_of_numpys_engine(name, region, distribution, data):
    dtype = data.draw(st.sampled_from(dtypes_of(distribution)))
    ends = data.draw(st.sampled_from((None, (-0.375, 1.25), (0.0, 0.5), (-0.25, 0.0))))
    limits = None if ends is None else tuple(np.array(ends).astype(np.empty(0, dtype).real.dtype))
    assert_equal_bits(name, distribution, dtype, region, limits=limits)


@pytest.mark.parametrize("threads", [1, 2, 3, 16])
@pytest.mark.parametrize("size", [(1 << 17) - 1, (1 << 18) + 9])
def test_threads_change_nothing(size, threads):
    for dtype in ("float32", "complex128"):
        distribution = Normal(0.1, 1.3, is_complex=dtype == "complex128")
        region = Region((size,), size, 1, 2**40 + 3, (), ())
        assert_equal_bits(SETS[-1], distribution, np.dtype(dtype), region, threads=threads)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "complex64"])
def test_memory_of_any_alignment_is_written(dtype):
    dtype = np.dtype(dtype)
    room = np.zeros(40 * dtype.itemsize + 1, np.uint8)
    out = room[1:].view(dtype)
    NativeEngine().draw(Uniform(0.0, 1.0), KEY, whole((40,)), out, limits=None, threads=1)
    np.testing.assert_array_equal(out, drawn(NumPyEngine(), Uniform(0.0, 1.0), dtype, whole((40,))))
    assert room[0] == 0


@pytest.mark.parametrize("taken", [slice(None, None, 2), slice(None, None, -1), slice(3, 9, 5)])
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_memory_of_any_stride_is_written(dtype, taken):
    got, expected = np.zeros(40, dtype), np.zeros(40, dtype)
    place = whole(got[taken].shape)
    NativeEngine().draw(Uniform(0.5, 1.0), KEY, place, got[taken], limits=None, threads=1)
    NumPyEngine().draw(Uniform(0.5, 1.0), KEY, place, expected[taken], limits=None, threads=1)
    assert got.tobytes() == expected.tobytes()


@pytest.mark.parametrize("dtype", [">f2", ">f4", ">f8", ">c8", "<f4"])
def test_memory_of_either_byte_order_is_written(dtype):
    got = drawn(NativeEngine(), Uniform(0.0, 1.0), np.dtype(dtype), whole((40,)))
    expected = drawn(NumPyEngine(), Uniform(0.0, 1.0), np.dtype(dtype), whole((40,)))
    np.testing.assert_array_equal(got, expected)


@pytest.mark.parametrize("stddev", [0.0, -0.0])
def test_zeros_have_the_signs_that_numpys_have(stddev):
    for distribution in (Normal(0.0, 0.0), Normal(0.0, -0.0), Normal(0.0, stddev)):
        assert_equal_bits(SETS[-1], distribution, np.dtype("float32"), whole((40,)))


def test_a_distribution_that_the_kernels_do_not_know_is_left_to_numpy():
    class Odd(Uniform):
        __slots__ = ()

        def writer(self, bits):
            return lambda words, workspace, out: out.fill(3.0)

    assert set(drawn(NativeEngine(), Odd(0.0, 1.0), np.dtype("float32"), whole((9,)))) == {3.0}


def test_a_distribution_that_has_no_hash_is_left_to_numpy():
    class Unhashable(Uniform):
        __slots__ = ()
        __hash__ = None

    got = drawn(NativeEngine(), Unhashable(0.0, 1.0), np.dtype("float32"), whole((9,)))
    assert (got == drawn(NumPyEngine(), Uniform(0.0, 1.0), np.dtype("float32"), whole((9,)))).all()


def test_nothing_is_drawn_of_nothing():
    assert drawn(NativeEngine(), Normal(0.0, 1.0), np.dtype("float32"), whole((0, 3))).size == 0


def test_a_set_of_instructions_that_is_not_there_is_refused():
    with pytest.raises(ValueError, match=r"must be one of plain.*got 'sse9'"):
        NativeEngine("sse9")


@pytest.mark.slow
@pytest.mark.parametrize("name", SETS)
def test_the_small_form_of_the_long_comparison_finds_no_difference(name):
    for distribution, dtype, count in compare_values.shares(20_000_000):
        compare_values.compare(NativeEngine(name), distribution, dtype, count)


def test_the_long_comparison_finds_one_wrong_bit():
    class Wrong(NativeEngine):
        def draw(self, distribution, key, region, out, *, limits, threads):
            super().draw(distribution, key, region, out, limits=limits, threads=threads)
            out.view(np.uint32)[7] ^= 1

    with pytest.raises(AssertionError, match=r"1 of 1000 numbers differ.*first number 7"):
        compare_values.compare(Wrong(), Uniform(0.0, 1.0), "float32", 1000)

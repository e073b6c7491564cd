"""Shards: any part of any tensor is what the whole tensor has there, bit for bit, and costs what it holds."""

from __future__ import annotations

import tracemalloc
from itertools import pairwise, product

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from standard_examples import CLASSES, COMBINATORS, example
from turns import one_in

import seedbed
from seedbed.constructor import parameters
from seedbed.dtypes import ALL, COMPLEX, FLOATING, INTEGER, as_dtype
from seedbed.errors import SeedbedError, ShapeError
from seedbed.random import (
    Normal,
    NumPyEngine,
    TruncatedDisc,
    TruncatedNormal,
    Uniform,
    draw,
    draw_into,
    key_of,
)
from seedbed.random.cipher import ROOMS, philox
from seedbed.random.regions import Region, region_of
from seedbed.random.runs import Runs, read_each, work_out
from seedbed.random.words import WordStream
from seedbed.random.workspace import Workspace
from seedbed.shard import shard_of

ELEMENTWISE = [name for name, cls in CLASSES.items() if issubclass(cls, seedbed.ElementwiseInitializer)]
CONSTANT = [name for name in CLASSES if name not in (*ELEMENTWISE, *COMBINATORS, "orthogonal")]
RANDOM_ARGUMENTS = {
    "random_uniform": {"minval": -1.0, "maxval": 3.0},
    "random_normal": {"mean": 1.0, "stddev": 2.0},
    "truncated_normal": {"lower": -1.0, "upper": 1.5, "mean": 0.5},
    "constant": {"value": 1},
    "identity": {"gain": 1},
    "fan_constant": {"power": 0},
    "linspaced": {"start": 3, "stop": 72},
}

sizes = st.integers(0, 7)
shapes = st.lists(sizes, max_size=4).map(tuple)


def made(name):
    seed = {"seed": 7} if "seed" in parameters(CLASSES[name]) else {}
    return example(name, **RANDOM_ARGUMENTS.get(name, {}), **seed)


def whole_of(initializer, shape, dtype):
    """Return the whole tensor, or None where it has no meaning; a shard must then be refused alike."""
    try:
        return initializer(shape, dtype)
    except SeedbedError:
        return None


def assert_same(got, expected):
    """Compare type, dtype, shape and bits: NaN equals itself, and 0.0 is not -0.0."""
    assert type(got) is type(expected)
    assert got.dtype == expected.dtype
    assert got.shape == expected.shape
    assert got.tobytes() == expected.tobytes()


@st.composite
def partitions(draw, shape):
    """Cut every axis at random places, and take the product of the pieces."""
    pieces = []
    for size in shape:
        cuts = draw(st.lists(st.integers(0, size), max_size=3))
        pieces.append([slice(*ends) for ends in pairwise(sorted([0, *cuts, size]))])
    return list(product(*pieces))


@st.composite
def parts_of_axes(draw, size):
    step = st.integers(-9, 9).filter(bool)
    end = st.none() | st.integers(-size - 3, size + 3)
    slices = st.builds(slice, end, end, st.none() | step)
    return draw(slices | st.integers(-size, size - 1) if size else slices)


@st.composite
def indices(draw, shape):
    """Ints, slices of either direction, and perhaps an Ellipsis for some axes in a row."""
    parts = [draw(parts_of_axes(size)) for size in shape]
    first = draw(st.integers(0, len(parts)))
    last = draw(st.integers(first, len(parts)))
    if draw(st.booleans()):
        parts[first:last] = [...]
    elif draw(st.booleans()):
        parts = parts[:first]
    return parts[0] if len(parts) == 1 and draw(st.booleans()) else tuple(parts)


@pytest.mark.parametrize("name", CLASSES)
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_the_shards_of_any_partition_are_the_whole(name, data):
    shape = data.draw(st.tuples(sizes, sizes) if name == "identity" else shapes, "shape")
    dtype = data.draw(st.sampled_from(ALL), "dtype")
    initializer = made(name)
    whole = whole_of(initializer, shape, dtype)
    parts = data.draw(partitions(shape), "partition")
    if whole is None:
        with pytest.raises(SeedbedError, match=r"got|allowed|choose|fit"):
            initializer.shard(shape, parts[0], dtype)
        return
    assembled = np.empty_like(whole)
    for part in parts:
        assembled[part] = initializer.shard(shape, part, dtype)
    assert_same(assembled, whole)


@pytest.mark.parametrize("name", one_in(3, [*CLASSES]))
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_a_shard_of_any_basic_index_is_what_the_whole_has_there(name, data):
    shape = data.draw(st.tuples(sizes, sizes) if name == "identity" else shapes, "shape")
    dtype = data.draw(st.sampled_from(CLASSES[name].dtypes if name in ELEMENTWISE else ALL), "dtype")
    index = data.draw(indices(shape), "index")
    initializer = made(name)
    whole = whole_of(initializer, shape, dtype)
    if whole is not None:
        assert_same(initializer.shard(shape, index, dtype), whole[index])


def test_a_shard_that_is_off_by_one_element_would_be_noticed():
    whole = made("random_normal")((5, 4))
    with pytest.raises(AssertionError):
        assert_same(made("random_normal").shard((5, 4), slice(1, 3)), whole[2:4])
    with pytest.raises(AssertionError):
        assert_same(whole[1, 2:3].reshape(()), whole[1, 2])


@pytest.mark.slow
@pytest.mark.parametrize("name", CLASSES)
@pytest.mark.parametrize("dtype", ALL)
def test_every_dtype_has_shards(name, dtype):
    initializer, shape = made(name), (90, 70)
    whole = whole_of(initializer, shape, dtype)
    allowed = CLASSES[name].dtypes if name in ELEMENTWISE else ALL if name in CONSTANT else FLOATING + COMPLEX
    if name == "truncated_normal":  # complex values need bounds of equal size
        allowed = FLOATING
    if name == "linspaced":  # of its values here, whole numbers, bool has none
        allowed = FLOATING + COMPLEX + INTEGER
    assert (whole is not None) == (dtype in allowed)
    if whole is not None:
        for index in (..., 3, (slice(None, None, -7), 5), (slice(2, 60), slice(60, 9, -3)), (89, 69)):
            assert_same(initializer.shard(shape, index, dtype), whole[index])


def test_a_truncated_complex_tensor_has_shards():
    initializer = CLASSES["truncated_normal"](seed=7, lower=-1.5, upper=1.5)
    assert_same(
        initializer.shard((50, 60), (slice(9, None), 7), "complex64"),
        initializer((50, 60), "complex64")[9:, 7],
    )


@pytest.mark.parametrize("dtype", [*FLOATING, *COMPLEX])
@pytest.mark.parametrize("name", ["glorot_uniform", "he_normal", "variance_scaling"])
def test_fans_are_those_of_the_whole_tensor(name, dtype):
    initializer, shape = made(name), (400, 300)
    part = initializer.shard(shape, (slice(0, 3), slice(0, 5)), dtype)
    assert_same(part, initializer(shape, dtype)[:3, :5])
    # The first elements of a tensor of the shard's own shape come from the same words, but are far larger.
    alone = np.abs(initializer((3, 5), dtype)[0].astype("complex128"))
    assert (alone > 3 * np.abs(part[0].astype("complex128"))).all()


HUGE = [
    ((2**20, 2**22), (slice(2**19, 2**19 + 10), slice(2**21, 2**21 + 1000))),
    ((2**20, 2**22), (slice(-300, None), slice(-1, None))),
    ((2**20, 2**22), (slice(None, None, 2**11), slice(None, None, -(2**20)))),
    ((2**29, 2**29), (2**28 + 1, slice(2**28, 2**28 + 4000))),
    ((2**58 + 9,), slice(-5000, None)),
    ((2**11, 2**11, 2**11, 2**11, 2**11), (7, 5, ..., -1, slice(-3, None))),
    ((2**40, 3, 2**12), (-1, slice(None, None, -1))),
]


@pytest.mark.parametrize("name", [*ELEMENTWISE, *CONSTANT])
@pytest.mark.parametrize(("shape", "index"), HUGE)
def test_a_shard_of_a_huge_tensor_allocates_no_more_than_itself(name, shape, index):
    if name == "identity" and len(shape) != 2:
        return
    initializer = made(name)
    initializer.shard((2, 2), ...)  # reads the tables
    tracemalloc.start()
    try:
        part = (
            initializer.shard(shape, index, threads=1)
            if name in ELEMENTWISE
            else initializer.shard(shape, index)
        )
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert part.shape == np.broadcast_to(np.float32(0), shape)[index].shape
    # A block's workspace and its words.
    assert peak < part.nbytes + 4 * 2**20


@pytest.mark.parametrize(
    ("index", "small"),
    [
        ((2**39, 1, slice(-5, None)), (0, 1)),
        ((slice(2**39, 2**39 + 2), ..., 7), (slice(2), ..., 3)),
        ((-1, slice(None, 1, -1), slice(0, 2**17, 2**15)), (0, slice(2, 3), slice(4))),
        ((0, 2, 2**16), (0, 2, 0)),
    ],
)
def test_a_constant_with_axes_has_shards_of_a_huge_tensor(index, small):
    initializer = CLASSES["constant"]([[1], [2], [3]])
    part = initializer.shard((2**40, 3, 2**17), index)
    np.testing.assert_array_equal(part, initializer((7, 3, 5))[small])


@pytest.mark.parametrize("name", [*ELEMENTWISE, *CONSTANT, *COMBINATORS])
def test_where_the_whole_has_no_room_in_memory_its_shards_may_have(name, monkeypatch):
    initializer, shape, index = made(name), (640, 640), (slice(3, 5), slice(-7, None))
    part = initializer(shape)[index]
    monkeypatch.setattr("seedbed.shapes._MOST_BYTES", 2**20)  # as if this were a very small machine
    assert_same(initializer.shard(shape, index), part)
    for ask in (initializer, lambda of: initializer.shard(of, ...)):
        with pytest.raises(
            ShapeError, match=r"NumPy cannot make .* \(640, 640\).* most on this machine are 1048576"
        ):
            ask(shape)


NOTHING = [(0, 2**58), (2**59, 0), (0, 2**60)]


@pytest.mark.parametrize("name", CLASSES)
@pytest.mark.parametrize("shape", NOTHING)
@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64", "complex128"])
def test_what_is_empty_is_never_too_large_unless_numpy_says_so(name, shape, dtype):
    initializer = example(name) if name == "truncated_normal" else made(name)
    axis = {"padded": -1, "stacked": 0}.get(name)  # where one wants a row, and the other rows that are short
    if axis is not None and shape[axis] == 0:
        shape = shape[::-1]
    try:
        expected = np.empty(shape, as_dtype(dtype))
    except ValueError:
        for ask in (initializer, lambda shape, dtype: initializer.shard(shape, ..., dtype)):
            with pytest.raises(ShapeError, match=r"NumPy cannot make .*, though it is empty"):
                ask(shape, dtype)
    else:
        assert_same(initializer(shape, dtype), expected)
        assert_same(initializer.shard(shape, ..., dtype), expected)
        assert_same(initializer.shard(shape, slice(None), dtype), expected)
        assert_same(initializer.fill(expected), expected)
    few = (slice(0, 3), slice(0, 3))
    assert initializer.shard(shape, few, dtype).shape == tuple(min(size, 3) for size in shape)


def test_the_bound_on_memory_would_notice_a_row_of_the_whole():
    tracemalloc.start()
    try:
        made("random_normal").shard((2**20, 2**22), (5, ...), threads=1)
        assert tracemalloc.get_traced_memory()[1] > 16 * 2**20
    finally:
        tracemalloc.stop()


def reference_words(key, start, count, itemsize):
    """Return words of the stream from a fresh generator of NumPy's, moved there by its own `advance`."""
    generator = np.random.Philox(key=key)
    per_word = 8 // itemsize
    first = start // per_word
    generator.advance(first // 4)
    words = generator.random_raw(4 * (count // per_word // 4 + 3))[first % 4 :]
    return words.astype("<u8").view(f"<u{itemsize}")[start % per_word :][:count]


def worked_out(key, starts, count, itemsize, how=work_out, *, step=1, parts=1):
    rows = np.zeros((len(starts), count, parts), f"u{itemsize}")
    how(WordStream(key), Runs(np.array(starts), count, step, parts), rows, Workspace(1 << 14))
    return rows.reshape(len(starts), -1)


FAR = [2**32 - 3, 2**32 + 1, 2**53 - 1, 2**53 + 5, 2**59 - 11, 2**34 - 7]


@pytest.mark.parametrize("start", FAR)
@pytest.mark.parametrize("itemsize", [4, 8])
def test_words_far_out_are_those_of_numpys_generator(start, itemsize):
    key = key_of("far")
    expected = reference_words(key, start, 100, itemsize)
    np.testing.assert_array_equal(WordStream(key).read(start, 100, itemsize), expected)
    np.testing.assert_array_equal(worked_out(key, [start], 100, itemsize)[0], expected)
    assert not np.array_equal(reference_words(key, start + 1, 100, itemsize), expected)


@pytest.mark.parametrize("base", [2**32, 2**53 + 5])
@pytest.mark.parametrize("dtype", ["float32", "float64", "complex64", "complex128"])
def test_elements_far_out_come_from_their_own_words(base, dtype):
    """Uniform values are the signed words themselves, moved above 0, but for their last bits."""
    part = draw(Uniform(0.0, 1.0), 7, (2**57,), np.dtype(dtype), index=slice(base - 2, base + 3))
    parts = part.view(part.real.dtype)
    count = parts.size // part.size
    itemsize = 8 if dtype in ("float64", "complex128") else 4
    words = reference_words(key_of(7), (base - 2) * count, parts.size, itemsize)
    signed = words.view(f"i{itemsize}").astype(float)
    expected = (signed * 2.0 ** (-8 * itemsize) + 0.5).astype(parts.dtype)
    np.testing.assert_allclose(parts, expected, rtol=0, atol=2.0**-24 if itemsize == 4 else 2.0**-53)


def test_the_cipher_is_philox_for_every_key_and_counter():
    random = np.random.default_rng(0)
    for _ in range(20):
        key = int.from_bytes(random.bytes(16), "little")
        counter = int.from_bytes(random.bytes(8), "little") % (2**64 - 8) + 1
        generator = np.random.Philox(key=key, counter=counter - 1)
        rooms = np.zeros((ROOMS, 4), np.uint64)
        rooms[0] = np.arange(counter, counter + 4, dtype=np.uint64)
        got = np.stack(philox(rooms, key), axis=1)
        np.testing.assert_array_equal(got.reshape(-1), generator.random_raw(16))


def test_the_cipher_is_philox_where_sums_of_halves_carry():
    """Counters of which a half is all ones, or none, are where a carry is lost if one is."""
    for counter in (2**32 - 1, 2**32 - 2**31, 2**63 - 1, 2**64 - 2**32, 2**64 - 1, 2**33):
        for key in (0, 2**128 - 1, 2**64 - 1, 2**127 + 2**63):
            rooms = np.full((ROOMS, 1), counter, np.uint64)
            generator = np.random.Philox(key=key, counter=counter - 1)
            assert [int(part[0]) for part in philox(rooms, key)] == generator.random_raw(4).tolist()


@settings(max_examples=50, deadline=None)
@given(
    starts=st.lists(st.integers(0, 2**60), min_size=1, max_size=12),
    count=st.integers(1, 40) | st.integers(500, 520),
    itemsize=st.sampled_from([4, 8]),
    aligned=st.booleans(),
    of=st.tuples(st.integers(1, 8), st.sampled_from([1, 2])),
)
def test_both_ways_to_read_words_agree(starts, count, itemsize, aligned, of):
    step, parts = of
    starts = [start // 8 * 8 for start in starts] if aligned else starts
    reach = ((count - 1) * step + 1) * parts
    stream, key = WordStream(key_of(7)), key_of(7)
    expected = [stream.read(start, reach, itemsize).reshape(-1, parts)[::step].ravel() for start in starts]
    for how in (read_each, work_out):
        got = worked_out(key, starts, count, itemsize, how, step=step, parts=parts)
        np.testing.assert_array_equal(got, expected)


@pytest.mark.parametrize("width", [511, 512, 513, 255, 256, 257, 127, 128, 129])
@pytest.mark.parametrize("dtype", ["float32", "complex64", "float64"])
def test_columns_agree_on_either_side_of_the_threshold(width, dtype):
    initializer = made("random_normal")
    for rows in (9, 99):  # few and many
        whole = initializer((rows, 700), dtype)
        part = initializer.shard((rows, 700), (slice(None), slice(3, 3 + width)), dtype)
        assert_same(part, whole[:, 3 : 3 + width])


@pytest.mark.parametrize("first", [1024, 1025])
@pytest.mark.parametrize(("shape", "width"), [((2048, 8192), 128), ((2048, 8191), 128), ((512, 8192), 1500)])
@pytest.mark.parametrize("dtype", ["float32", "complex128"])
def test_short_runs_work_in_memory_that_is_kept(shape, width, first, dtype):
    """What is allocated is the result, and arrays that the C library has at hand, below 128 KiB together."""
    index = (slice(None), slice(first, first + width))
    made("random_uniform").shard(shape, index, dtype, threads=1)
    tracemalloc.start()
    try:
        part = made("random_uniform").shard(shape, index, dtype, threads=1)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < part.nbytes + 2**18


DISTRIBUTIONS = [
    (Uniform(-1.0, 2.0), ("float16", "float32", "float64", "complex64", "complex128")),
    (Normal(0.5, 2.0), ("float32", "float64")),
    (Normal(0.5, 2.0, is_complex=True), ("complex64", "complex128")),
    (TruncatedNormal(0.0, 1.0, -1.0, 3.0, (-1.0, 3.0)), ("float32", "float64")),
    (TruncatedDisc(0.5, 1.0, 2.0), ("complex64", "complex128")),
]
ON_EACH = [(distribution, np.dtype(name)) for distribution, names in DISTRIBUTIONS for name in names]
REGIONS = [
    (index, region_of((23, 31), shard_of((23, 31), index, np.dtype(np.float32)).part))
    for index in (
        ...,
        (slice(1, None, 2), slice(3, 29)),
        (slice(None), slice(None, None, 3)),
        (slice(None), 4),
    )
]


@pytest.mark.slow
@pytest.mark.parametrize(("distribution", "dtype"), ON_EACH)
def test_any_block_size_gives_the_same_bits(distribution, dtype):
    for index, region in REGIONS:
        expected = draw(distribution, 7, (23, 31), dtype, index=index).reshape(-1)
        for block in range(1, 101, 1 if index is ... else 19):
            out = np.zeros(region.size, dtype)
            NumPyEngine(block).draw(distribution, key_of(7), region, out, limits=None, threads=1)
            assert out.tobytes() == expected.tobytes(), (index, block)


def test_a_block_that_splits_a_pair_would_be_noticed():
    region = Region((31,), 31, 1, 0, (), ())
    halves = Region((62,), 62, 1, 0, (), ())
    pairs, parts = np.zeros(31, "complex64"), np.zeros(62, "float32")
    distribution = Normal(0.5, 2.0, is_complex=True)
    NumPyEngine(8).draw(distribution, 7, region, pairs, limits=None, threads=1)
    NumPyEngine(9).draw(
        distribution, 7, halves, parts, limits=None, threads=1
    )  # the mean falls on imaginary parts
    assert pairs.tobytes() != parts.tobytes()


@settings(max_examples=25, deadline=None)
@given(
    shape=st.tuples(sizes, sizes, sizes),
    steps=st.tuples(*[st.sampled_from([-2, -1, 1, 3])] * 3),
    order=st.permutations(range(3)),
    name=st.sampled_from(ELEMENTWISE),
    dtype=st.sampled_from(FLOATING),
)
def test_arrays_of_any_strides_are_filled_with_the_same_values(shape, steps, order, name, dtype):
    kind = np.dtype(ml_dtypes.bfloat16) if dtype == "bfloat16" else np.dtype(dtype)
    room = np.empty([size * abs(step) for size, step in zip(shape, steps, strict=True)], kind)
    out = room[tuple(slice(None, None, step) for step in steps)].transpose(order)
    initializer = made(name)
    assert initializer.fill(out) is out
    assert out.tobytes() == initializer(out.shape, kind).tobytes()


def test_subclasses_of_arrays_are_filled_too():
    distribution, expected = Normal(0.0, 1.0), draw(Normal(0.0, 1.0), 7, (300, 200), np.dtype(np.float32))
    for out in (np.empty((300, 200), "f4").view(np.matrix), np.ma.masked_array(np.empty((200, 300), "f4")).T):
        draw_into(out, distribution, 7)
        assert np.asarray(out).tobytes() == expected.tobytes()

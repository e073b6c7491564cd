"""Shards of initializers made of others, nested in any way, and what they cost."""

from __future__ import annotations

import tracemalloc
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_shards import assert_same, indices, partitions

import seedbed
from seedbed.combinators import Blocked, Masked, Padded, Repeated, Scaled, Shifted, Stacked, SumOf, Transposed
from seedbed.errors import SeedbedError
from seedbed.shard import pieces, shard_of, sizes, slices
from seedbed.standard import HeNormal, Identity, RandomNormal, RandomUniform

MIB = 2**20

leaves = st.sampled_from([RandomNormal(1.0), HeNormal(axes={"in": [], "out": [], "rest": "receptive"})]) | (
    st.sampled_from(["random_uniform", "ones", "glorot_normal"])
)
masks = st.sampled_from(["lower_triangle", {"pattern": "upper_triangle", "diagonal": -1}, True, [[False]]])


def around(inner):
    """Return a strategy of initializers made of such as `inner` gives."""
    axis = st.integers(-1, 1)
    return st.one_of(
        st.builds(Scaled, inner, st.sampled_from([0.1, -3, 0, [0.3], [[2], [0.5]], [[[1.0, -1.0]]]])),
        st.builds(Shifted, inner, st.just(0.3)),
        st.builds(SumOf, st.lists(inner, min_size=1, max_size=3)),
        st.builds(Transposed, inner, st.sampled_from([None, [1, 0], [2, 0, 1]])),
        st.builds(Blocked, st.lists(inner, min_size=1, max_size=3), axis=axis),
        st.builds(Stacked, inner, axis),
        st.builds(Repeated, inner, st.integers(1, 3), axis=axis, order=st.sampled_from(["each", "whole"])),
        st.builds(Masked, inner, masks),
        st.builds(Padded, inner, st.integers(-1, 1), axis=axis),
    )


nested = around(st.recursive(leaves, around, max_leaves=5))
shapes = st.lists(st.sampled_from([0, 1, 2, 3, 4, 6]), max_size=4).map(tuple)


@settings(max_examples=80, deadline=None)
@given(data=st.data())
def test_shards_of_any_nesting_are_what_the_whole_has_there(data):
    initializer = seedbed.get(data.draw(nested), seed=data.draw(st.sampled_from([7, "a", [7, 0]])))
    shape, dtype = data.draw(shapes), data.draw(st.sampled_from(["float32", "float16", "complex64"]))
    try:
        expected = initializer(shape, dtype)
    except SeedbedError as error:
        with pytest.raises(type(error)):  # refused alike, even where the shard is empty
            initializer.shard(shape, (slice(0, 0),) * len(shape), dtype)
        return
    index = data.draw(indices(shape))
    assert_same(initializer.shard(shape, index, dtype), expected[index])
    if shape:
        rows = [initializer.shard(shape, row, dtype) for (row,) in data.draw(partitions(shape[:1]))]
        assert_same(np.concatenate(rows), expected)
    assert_same(initializer.fill(np.ones(shape[::-1], expected.dtype).T), expected)


def test_the_strategy_does_reach_shapes_that_fit():
    fits = []

    @settings(max_examples=300, deadline=None, derandomize=True)
    @given(nested, shapes)
    def collect(initializer, shape):
        try:
            fits.append(initializer(shape).size > 1)
        except SeedbedError:
            fits.append(False)

    collect()
    assert sum(fits) > 15


@settings(max_examples=200, deadline=None)
@given(st.lists(st.integers(0, 5), max_size=4).map(tuple), st.sampled_from([1, 2, 3, 7, 1000]), st.data())
def test_pieces_are_small_and_make_up_the_part(shape, largest, data):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("seedbed.shard._PIECE", largest)
        array = np.arange(np.prod(shape, dtype=int)).reshape(shape)
        part = tuple(
            range(size)[data.draw(st.sampled_from([slice(None), slice(None, None, -1), slice(1, None, 2)]))]
            for size in shape
        )
        wanted = array[np.ix_(*map(list, part))]
        room = np.full(sizes(part), -1)
        for place, piece in pieces(part):
            found = array[np.ix_(*map(list, piece))]
            assert 0 < found.size <= largest
            assert (room[place] == -1).all()
            room[place] = found
        np.testing.assert_array_equal(room, wanted)


@pytest.mark.parametrize("size", range(4))
def test_the_index_of_a_part_takes_what_the_part_has(size):
    array = np.arange(size)
    ends = [None, *range(-size - 2, size + 3)]
    for start, stop, step in product(ends, ends, (None, -2, -1, 1, 2)):
        index = slice(start, stop, step)
        (part,) = shard_of((size,), index, np.dtype(float)).part
        assert array[slices((part,))].tolist() == list(part) == array[index].tolist()


@pytest.mark.parametrize("step", [-3, -1, 1, 2])
def test_a_block_has_exactly_the_positions_within_it(step):
    initializer = Blocked([RandomNormal()] * 3, [2, 0, 5], seed=7)
    expected = initializer(7)
    for start in range(-7, 7):
        for count in range(8):
            index = slice(start, None, step) if count == 7 else slice(start, start + step * count, step)
            np.testing.assert_array_equal(initializer.shard(7, index), expected[index])


HUGE = {
    "scaled": (Scaled("random_normal", 2.0, seed=7), (2**20, 2**22)),
    "shifted": (Shifted("random_normal", 2.0, seed=7), (2**20, 2**22)),
    "sum_of": (SumOf(["random_normal", "identity"], seed=7), (2**20, 2**22)),
    "transposed": (Transposed("he_normal", seed=7), (2**20, 2**22)),
    "blocked": (
        Blocked(["he_normal", "zeros", "random_uniform"], [2**21, 2**21 - 8, 8], seed=7),
        (2**20, 2**22),
    ),
    "stacked": (Stacked("he_normal", seed=7), (2**20, 2**22)),
    "masked": (Masked("he_normal", {"pattern": "block_diagonal", "blocks": 2**20}, seed=7), (2**20, 2**22)),
    "repeated": (Repeated("he_normal", 2**10, seed=7), (2**20, 2**22)),
    "repeated as a whole": (Repeated("he_normal", 2**10, order="whole", seed=7), (2**20, 2**22)),
    "padded": (Padded("he_normal", -3, seed=7), (2**20, 2**22)),
}


@pytest.mark.parametrize("name", HUGE)
@pytest.mark.parametrize(
    "index",
    [
        (slice(2**19, 2**19 + 10), slice(2**20, 2**20 + 1000)),
        (slice(-9, None, 2), slice(-9, 2**21, -(2**17))),
        (-3, slice(None, None, -(2**20) - 1)),
    ],
)
def test_a_shard_of_a_huge_tensor_allocates_no_more_than_itself(name, index):
    initializer, shape = HUGE[name]
    initializer.shard(shape, (0, 0))
    tracemalloc.start()
    try:
        part = initializer.shard(shape, index)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert part.shape == np.broadcast_to(np.float32(0), shape)[index].shape
    assert peak < part.nbytes + 4 * MIB


def test_a_shard_asks_only_the_blocks_and_arrays_that_it_has_something_of():
    asked = []

    class Recording(seedbed.Initializer):
        def __init__(self, name, *, seed=None):
            self.name, self.seed = name, seed

        def __call__(self, shape, dtype=None):
            asked.append((self.name, self.seed, shape))
            return np.ones(shape, dtype)

    blocks = Blocked([Recording("a"), Recording("b"), Recording("c")], [2, 3, 4], seed=7)
    blocks.shard((5, 9), (slice(None), slice(7, 2, -2)))
    assert asked == [("b", [7, 1], (5, 3)), ("c", [7, 2], (5, 4))]
    asked.clear()
    Stacked(Recording("a"), 1, seed=7).shard((5, 1000, 2), (slice(0, 3), slice(990, None, 6)))
    assert asked == [("a", [7, 990], (5, 2)), ("a", [7, 996], (5, 2))]


def peak_of(draw):
    draw((4, 64, 64))  # whatever is there once for a process
    tracemalloc.start()
    try:
        out = draw((16, 1024, 1024))
        return tracemalloc.get_traced_memory()[1] - out.nbytes
    finally:
        tracemalloc.stop()


SAVING = {
    "scaled": Scaled("random_normal", 0.5, seed=7),
    "shifted twice": Shifted(Shifted("random_normal", 0.5), 1, seed=7),
    "sum_of": SumOf(["random_normal", "random_uniform", "constant"], seed=7),
    "transposed": Transposed("random_normal", seed=7),
    "blocked": Blocked(["random_normal", "zeros"], seed=7),
    "stacked": Stacked("random_normal", seed=7),
    "masked": Masked("random_normal", "lower_triangle", seed=7),
    "padded": Padded(Masked("random_uniform", True), seed=7),
    "repeated": Repeated("random_normal", 2, seed=7),
    "repeated as a whole": Repeated("random_normal", 2, axis=1, order="whole", seed=7),
    "fresh": Scaled(SumOf(["random_normal", Stacked("random_uniform")]), 2),
}
ROOM = 31 * MIB


@pytest.mark.slow
@pytest.mark.parametrize("name", SAVING)
@pytest.mark.parametrize("dtype", ["float32", pytest.param("float16", marks=pytest.mark.slow)])
def test_a_large_array_takes_little_more_than_itself(monkeypatch, name, dtype):
    monkeypatch.setenv("SEEDBED_THREADS", "1")
    assert peak_of(lambda shape: SAVING[name](shape, dtype)) < ROOM
    assert peak_of(lambda shape: SAVING[name].fill(np.empty(shape, dtype))) < ROOM


def test_a_second_array_would_be_noticed():
    class Plain(seedbed.Initializer):
        def __call__(self, shape, dtype=None):
            return np.zeros(shape, dtype)

    assert peak_of(lambda shape: Blocked([Plain()])(shape, "float64")) > ROOM


def test_what_is_not_elementwise_is_drawn_once_as_a_whole_unless_it_has_a_seed_and_is_exact():
    calls = []

    class Fresh(seedbed.Initializer):
        reproducibility = "exact"

        def __init__(self, *, seed=None):
            self.seed = seed

        def __call__(self, shape, dtype=None):
            calls.append(shape)
            return np.ones(shape, dtype)

        def shard(self, shape, index, dtype=None):
            return np.ones(shape, dtype)[index]

    shape = (3, 2**20)
    Scaled(Fresh(), 1.0)(shape)
    assert calls == [shape]
    calls.clear()
    Scaled(Fresh(), 1.0, seed=7)(shape)
    assert calls == []

    class OfTheWhole(Fresh):
        reproducibility = "numerical"

    Scaled(OfTheWhole(), 1.0, seed=7)(shape)
    assert calls == [shape]


def test_fresh_values_of_pieces_are_not_the_same():
    shape = (3, 2**20)
    first, second, third = Shifted(RandomUniform(), 0.0)(shape)
    assert not np.array_equal(first, second)
    assert not np.array_equal(second, third)


@pytest.mark.parametrize("step", [2**56 - 1, 2**53 + 1, 24019198012642645, 3 * 2**54 + 1])
@pytest.mark.parametrize(
    "initializer",
    [
        Masked("ones", "lower_triangle"),
        Masked("ones", {"pattern": "upper_triangle", "diagonal": 2**54}),
        Masked("ones", {"pattern": "block_diagonal", "blocks": 2}),
        Identity(),
        Repeated(Identity(), 2, order="whole"),
        Repeated(Identity(), 2),
    ],
    ids=str,
)
def test_steps_that_a_double_cannot_count_take_what_they_say(initializer, step):
    shape, columns = (4, 2**56), range(0, 2**56, step)
    part = initializer.shard(shape, (slice(None), slice(None, None, step)))
    expected = [[float(initializer.shard(shape, (row, column))) for column in columns] for row in range(4)]
    assert part.tolist() == expected
    backwards = initializer.shard(shape, (slice(None), slice(columns[-1], None, -step)))
    assert backwards.tolist() == [row[::-1] for row in expected]


def test_a_step_beyond_all_ints_takes_one_element():
    assert Masked("ones", "lower_triangle").shard((2, 5), (slice(None), slice(2, None, 2**99))).shape == (
        2,
        1,
    )
    assert Repeated("ones", 5).shard(10, slice(3, None, 2**99)).tolist() == [1.0]

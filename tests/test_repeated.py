"""Repeated values: any part is what the whole has there, and costs no more than its own values."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_shards import assert_same, indices

import seedbed
from seedbed.combinators import Repeated, repeated
from seedbed.random import NumPyEngine, engines
from seedbed.standard import Linspaced, Orthogonal, RandomNormal

ORDERS = ["each", "whole"]
ASKED: list[int] = []


class Recording(seedbed.Initializer):
    """Gives each position its number, and keeps how many values of it have been asked for."""

    reproducibility = "exact"

    def __init__(self, *, seed=7):
        self.seed = seed

    def __call__(self, shape, dtype=None):
        return self.shard(shape, ..., dtype)

    def shard(self, shape, index, dtype=None):
        values = np.arange(np.prod(shape, dtype=int)).reshape(shape)[index]
        ASKED.extend(np.ravel(values).tolist())
        return np.asarray(values).astype(dtype)


def numbers(length, repeats, order):
    inner = np.arange(length)
    return np.repeat(inner, repeats) if order == "each" else np.tile(inner, repeats)


lengths, times = st.integers(1, 12), st.integers(1, 7)


@settings(max_examples=400, deadline=None)
@given(lengths, times, st.sampled_from(ORDERS), st.data())
def test_a_part_asks_once_for_each_of_its_values_and_for_no_other(length, repeats, order, data):
    expected = numbers(length, repeats, order)
    end = st.none() | st.integers(-90, 90)
    step = st.sampled_from([1, -1, 2, 3]) | st.integers(-40, 40).filter(bool)
    index = data.draw(st.builds(slice, end, end, step))
    ASKED.clear()
    initializer = Repeated(Recording(), repeats, order=order)
    found = initializer.shard(length * repeats, index)
    assert found.tolist() == expected[index].tolist()
    assert sorted(ASKED) == np.unique(expected[index]).tolist()


@pytest.mark.parametrize(("length", "repeats"), [(4, 3), (3, 4), (5, 2), (6, 1), (1, 5)])
@pytest.mark.parametrize("order", ORDERS)
def test_every_slice_of_a_few_positions_is_right(order, length, repeats):
    expected = numbers(length, repeats, order)
    initializer = Repeated(Recording(), repeats, order=order)
    size = length * repeats
    for start, stop, step in product(range(size), range(-1, size + 1), range(-7, 8)):
        if step:
            index = slice(start, None if stop < 0 else stop, step)
            ASKED.clear()
            assert initializer.shard(size, index).tolist() == expected[index].tolist()
            assert sorted(ASKED) == np.unique(expected[index]).tolist()


@pytest.mark.slow
@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.integers(0, 5), min_size=1, max_size=3),
    times,
    st.sampled_from(ORDERS),
    st.sampled_from(["float32", "bfloat16", "complex64"]),
    st.data(),
)
def test_any_part_along_any_axis_is_what_the_whole_has_there(inner_shape, repeats, order, dtype, data):
    axis = data.draw(st.integers(-len(inner_shape), len(inner_shape) - 1))
    shape = list(inner_shape)
    shape[axis] *= repeats
    initializer = Repeated(RandomNormal(seed=7), repeats, axis=axis, order=order)
    inner = RandomNormal(seed=7)(inner_shape, dtype)
    whole = np.repeat(inner, repeats, axis) if order == "each" else np.concatenate([inner] * repeats, axis)
    index = data.draw(indices(tuple(shape)))
    assert_same(initializer.shard(shape, index, dtype), whole[index])
    assert_same(initializer.fill(np.ones(shape[::-1], whole.dtype).T), whole)


@settings(max_examples=100, deadline=None)
@given(st.integers(1, 5), times, st.sampled_from(ORDERS), st.data())
def test_a_part_of_what_is_made_as_a_whole_is_of_one_whole(length, repeats, order, data):
    calls = []

    class Whole(seedbed.Initializer):
        reproducibility = "numerical"

        def __call__(self, shape, dtype=None):
            calls.append(shape)
            return np.arange(np.prod(shape, dtype=int)).reshape(shape).astype(dtype) + 100 * len(calls)

    index = data.draw(indices((length * repeats, 2)))
    part = Repeated(Whole(), repeats, axis=0, order=order).shard((length * repeats, 2), index)
    inner = np.arange(2 * length).reshape(length, 2) + 100
    whole = np.repeat(inner, repeats, 0) if order == "each" else np.tile(inner, (repeats, 1))
    np.testing.assert_array_equal(part, whole[index])
    assert len(calls) <= 1


@pytest.mark.parametrize(
    ("order", "index"),
    [
        ("each", slice(None, None, 3)),
        ("each", slice(1, None, 5)),
        ("whole", slice(7, 2, -1)),
        ("whole", [1, 8]),
    ],
)
def test_what_is_made_as_a_whole_is_made_once_for_several_runs(order, index):
    made = []

    class Fresh(seedbed.Initializer):
        def __call__(self, shape, dtype=None):
            made.append(shape)
            return np.full(shape, len(made), dtype)

    index = slice(*index, 4) if isinstance(index, list) else index
    part = Repeated(Fresh(), 2, order=order).shard(10, index)
    assert part.tolist() == [1] * len(range(10)[index])
    assert made == [(5,)]


def test_long_steps_take_few_runs(monkeypatch):
    calls = []
    draw = NumPyEngine.draw
    monkeypatch.setattr(engines, "_active", NumPyEngine())
    monkeypatch.setattr(NumPyEngine, "draw", lambda *given, **more: calls.append(1) or draw(*given, **more))
    for order, repeats, step, runs in [("each", 4, 1000, 1), ("each", 6, 1004, 2), ("whole", 4, 999, 2)]:
        calls.clear()
        initializer = Repeated("random_normal", repeats, order=order, seed=7)
        assert initializer.shard(1000 * repeats, slice(None, None, step)).size >= 4
        assert len(calls) == runs
    calls.clear()
    # 1997 is two tiles less 3, so 251 positions lie 3 apart, from the end of a tile to its front.
    initializer = Repeated("random_normal", 500, order="whole", seed=7)
    assert initializer.shard(500_000, slice(None, None, 1997)).size == 251
    assert len(calls) == 2
    # Steps of 1004 and 2005 are 1 more and 1 less than what 1003 repeats are long, once and twice.
    initializer = Repeated("random_normal", 1003, seed=7)
    inner = RandomNormal(seed=7)(2000)
    for step, runs in [(1004, 2), (2005, 2)]:
        calls.clear()
        part = initializer.shard(1003 * 2000, slice(0, 1500 * 1003, step))
        np.testing.assert_array_equal(part, inner[np.arange(0, 1500 * 1003, step) // 1003])
        assert len(calls) == runs


@given(st.integers(0, 100), st.integers(1, 100), st.integers(1, 60), st.integers(0, 140))
def test_runs_of_each_are_the_positions_in_order(start, count, repeats, more):
    step = repeats + more
    taken = range(start, start + step * count, step)
    found, places = np.full(count, -1), 0
    for positions, where in repeated._runs(taken, repeats, is_whole=False):
        found[where] = positions
        places += len(positions)
    assert found.tolist() == [position // repeats for position in taken]
    assert places == count


@pytest.mark.parametrize("order", ORDERS)
def test_a_large_part_is_copied_in_pieces(order, monkeypatch):
    inner = RandomNormal(seed=7)((30, 20))
    expected = np.repeat(inner, 3, 1) if order == "each" else np.tile(inner, (1, 3))
    for largest in (1, 7, 40, 130, 1000):  # within an axis, within the first, and more than all
        monkeypatch.setattr("seedbed.shard._PIECE", largest)
        initializer = Repeated("random_normal", 3, axis=1, order=order, seed=7)
        np.testing.assert_array_equal(initializer.shard((30, 60), np.s_[::-1, 1:]), expected[::-1, 1:])


@pytest.mark.parametrize("order", ORDERS)
def test_a_matrix_that_is_made_as_a_whole_is_repeated(order):
    inner = Orthogonal(seed=7)((6, 4))
    expected = np.repeat(inner, 2, 0) if order == "each" else np.tile(inner, (2, 1))
    initializer = Repeated("orthogonal", 2, axis=0, order=order, seed=7)
    np.testing.assert_array_equal(initializer((12, 4)), expected)
    np.testing.assert_array_equal(initializer.shard((12, 4), np.s_[11:2:-3]), expected[11:2:-3])


def test_repeats_nest():
    twice = Repeated(Repeated(Linspaced(0, 1), 2), 3, order="whole")
    assert twice(12).tolist() == [0, 0, 1, 1] * 3


@pytest.mark.parametrize("repeats", [1, np.int8(2), np.array(2)])
def test_any_int_of_at_least_one_is_taken_and_is_plain_in_the_config(repeats):
    initializer = Repeated("ones", repeats)
    config = seedbed.to_config(initializer)["config"]
    assert (type(config["repeats"]), config["order"], config["axis"]) == (int, "each", -1)
    assert seedbed.from_config(seedbed.to_config(initializer)) == initializer


def test_the_order_is_part_of_what_it_is():
    assert Repeated("ones", 2) != Repeated("ones", 2, order="whole")
    assert Repeated("ones", 2) == Repeated("ones", 2, order="each")

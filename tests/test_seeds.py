"""Seeds, and the streams that they stand for."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from standard_examples import example

import seedbed
from seedbed.errors import ArgumentError
from seedbed.random import as_seed
from seedbed.random.seeds import key_of

parts = st.one_of(st.integers(-(2**128) + 1, 2**128 - 1), st.text(st.characters(exclude_categories=["Cs"])))
seeds = st.one_of(st.none(), parts, st.lists(parts, min_size=1, max_size=4))


def test_a_fresh_key_has_128_bits(monkeypatch):
    monkeypatch.setattr("os.urandom", lambda size: b"\xff" * size)
    assert key_of(None) == 2**128 - 1


@given(seeds)
def test_a_seed_is_lossless_in_json(seed):
    stored = as_seed(seed)
    assert as_seed(json.loads(json.dumps(stored))) == stored


@given(st.lists(parts, min_size=1, max_size=4), st.lists(parts, min_size=1, max_size=4))
def test_different_seeds_have_different_keys(one, other):
    assert (key_of(tuple(one)) == key_of(tuple(other))) == (one == other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (1, "1"),
        (1, -1),
        (("a", "b"), ("ab",)),
        (("a", "b"), ("a/b",)),
        ((1, 2), (12,)),
        (0, ""),
        ("a", ("a", "")),
    ],
)
def test_seeds_that_look_alike_are_different(one, other):
    assert key_of(one) != key_of(other)


def test_a_single_part_is_the_list_of_it():
    assert key_of(7) == key_of((7,))


def test_no_seed_is_a_fresh_key_every_time():
    assert key_of(None) != key_of(None)


@pytest.mark.parametrize("number", [np.int8(7), np.int64(7), np.uint64(7)])
def test_numpy_ints_are_stored_as_ints(number):
    assert type(as_seed(number)) is int
    assert as_seed([number, np.str_("a")]) == (7, "a")
    assert type(as_seed(np.str_("a"))) is str


@pytest.mark.parametrize(
    "seed",
    [
        1.0,
        True,
        np.bool_(True),
        b"a",
        [],
        (),
        [1.0],
        [None],
        [[1]],
        {"a": 1},
        2**128,
        -(2**128),
        object(),
        {1},
    ],
)
def test_anything_else_is_refused(seed):
    with pytest.raises(ArgumentError, match="a seed is None, an int"):
        as_seed(seed)


def test_text_that_cannot_be_encoded_is_refused():
    with pytest.raises(ArgumentError, match="not valid Unicode"):
        as_seed("\ud800")


def test_the_same_seed_gives_the_same_values_and_another_one_others():
    initializer = seedbed.get("random_normal", seed=7)
    np.testing.assert_array_equal(initializer((3, 4)), seedbed.get("random_normal", seed=7)((3, 4)))
    assert not np.array_equal(initializer((3, 4)), seedbed.get("random_normal", seed=8)((3, 4)))


def test_no_seed_gives_fresh_values_at_every_call():
    initializer = seedbed.get("random_normal")
    assert not np.array_equal(initializer((3, 4)), initializer((3, 4)))


def test_numpys_global_random_state_is_neither_used_nor_changed():
    np.random.seed(0)
    before = np.random.get_state()
    seedbed.get("random_normal")(100)
    seedbed.get("orthogonal", seed=1)((8, 8))
    after = np.random.get_state()
    np.testing.assert_array_equal(before[1], after[1])
    assert before[2:] == after[2:]


@pytest.mark.parametrize("name", sorted(entry.name for entry in seedbed.Catalogue(scan=False)))
def test_every_standard_initializer_that_has_a_seed_folds_paths_in(name):
    initializer = example(name)
    if "seed" not in initializer.get_config():
        assert initializer.fold_in("a") == initializer
        return
    seeded = example(name, seed=7)
    kernel, bias = seeded.fold_in("kernel"), seeded.fold_in("bias")
    assert kernel.get_config()["seed"] == [7, "kernel"]
    assert seeded.get_config()["seed"] == 7
    assert not np.array_equal(kernel((8, 8)), bias((8, 8)))

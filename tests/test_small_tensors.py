"""Small tensors: what is known of an initializer, a shape and a dtype is worked out once; no thread begins.

Calls are counted, not timed, so that the tests hold on any machine.
"""

from __future__ import annotations

import os
import sys
from collections import Counter

import numpy as np
import pytest

import seedbed
from seedbed.dtypes import as_dtype
from seedbed.errors import ArgumentError
from seedbed.random import Normal, TruncatedNormal, draw, key_of, run_in_threads

SHAPE = (64, 64)
AGAIN = 10
NAMES = ["random_uniform", "random_normal", "truncated_normal", "he_normal", "glorot_uniform", "fan_scaling"]
# By the names of functions, Python's own and those in C.
KNOWN = {
    "_hashed": "the hash of a seed",
    "_name_get": "the name of a dtype, which NumPy puts together anew",
    "_representable": "the bounds of a dtype",
    "_find_limits": "the bounds of a distribution",
    "_fans_by_roles": "the fans of a layout",
    "_root": "a scale in whole numbers",
    "_check_extent": "the number of elements",
    "masses": "probabilities in decimal arithmetic",
}
NEVER = {
    "sched_getaffinity": "the CPUs of the process",
    "_Crew.__init__": "what threads are started with",
    "start_new_thread": "a thread",
    "urandom": "a fresh seed",
}


def calls_of(work):
    """Return how often each function has been called, by its name."""
    calls = Counter()

    def count(frame, event, argument):
        if event == "call":
            calls[frame.f_code.co_qualname] += 1
        elif event == "c_call":
            calls[argument.__name__] += 1

    sys.setprofile(count)
    try:
        work()
    finally:
        sys.setprofile(None)
    return calls


def asks_of(initializer, dtype):
    """Return what is asked of an initializer for a tensor, by what it is called."""
    dtype = as_dtype(dtype)
    return {
        "call": lambda: initializer(SHAPE, dtype),
        "by name": lambda: initializer(SHAPE, dtype.name),
        "fill": lambda: initializer.fill(np.empty(SHAPE, dtype)),
        "check": lambda: initializer.check(SHAPE, dtype),
        "shard": lambda: initializer.shard(SHAPE, (slice(32),), dtype),
    }


@pytest.mark.parametrize("how", ["call", "fill", "check", "shard"])
@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "complex64"])
@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_worked_out_twice_for_one_initializer_shape_and_dtype(name, dtype, how):
    axes = {"axes": {"in": 1, "out": 0}} if name in {"he_normal", "glorot_uniform", "fan_scaling"} else {}
    ask = asks_of(seedbed.get(name, seed=[7, "encoder/0/kernel"], **axes), dtype)[how]
    ask()
    calls = calls_of(lambda: [ask() for _ in range(AGAIN)])
    assert not {what for function, what in (KNOWN | NEVER).items() if calls[function]}


def test_the_count_would_notice_what_is_worked_out_again():
    works = {
        "_hashed": lambda: key_of("x" * 1000),
        "_name_get": lambda: np.dtype("f4").name,
        "_Crew.__init__": lambda: run_in_threads(abs, 2, threads=2),
        "urandom": lambda: key_of(None),
    }
    for function, work in works.items():
        calls = calls_of(lambda work=work: [work() for _ in range(AGAIN)])
        assert calls[function] == AGAIN


@pytest.mark.parametrize("name", NAMES)
def test_without_a_seed_each_call_draws_anew(name):
    initializer = seedbed.get(name)
    drawn = [initializer(SHAPE).tobytes() for _ in range(AGAIN)]
    assert len(set(drawn)) == AGAIN
    calls = calls_of(lambda: [initializer(SHAPE) for _ in range(AGAIN)])
    assert not {what for function, what in KNOWN.items() if calls[function]}
    assert calls["urandom"] == AGAIN


def test_seeds_that_are_equal_and_not_the_same_are_told_apart_whatever_has_been_drawn():
    class Kind(str):
        """Text that says it is another one."""

        __slots__ = ()

        def __eq__(self, other):
            return True

        def __hash__(self):
            return hash((1,)[0])

    key = key_of(1)
    for seed in (True, (True,), (1.0,)):
        with pytest.raises(ArgumentError, match="none to draw with"):
            key_of(seed)
    assert key_of(Kind("a")) == key_of("a") != key
    assert key_of(-1) != key_of(1) == key == key_of((1,))


def test_a_layout_counts_for_its_fans_whatever_has_been_drawn():
    by_rows, by_columns = (
        seedbed.get("he_uniform", seed=7, axes=axes)((64, 16)).std() for axes in ("dense_io", "dense_oi")
    )
    assert by_columns == pytest.approx(2 * by_rows, rel=0.1)


def test_bounds_that_cannot_be_kept_are_found_all_the_same():
    kept = TruncatedNormal(0.0, 1.0, -1.0, 1.0, (-1.0, 1.0))
    other = TruncatedNormal(0.0, 1.0, -1.0, 1.0, [-1.0, 1.0])
    assert_same = np.testing.assert_array_equal
    assert_same(draw(kept, 7, SHAPE, np.dtype("f4")), draw(other, 7, SHAPE, np.dtype("f4")))


def test_a_distribution_of_ones_own_is_asked_each_time():
    """It may change, or hold an array."""
    asked = []

    class Counting(Normal):
        __slots__ = ()

        @property
        def largest(self):
            asked.append(1)
            return 1.0

    for _ in range(AGAIN):
        draw(Counting(0.0, 1.0), 7, SHAPE, np.dtype("f4"))
    assert len(asked) == AGAIN


@pytest.mark.parametrize("value", ["0", "many", "-1"])
def test_a_wrong_number_of_threads_is_refused_for_the_smallest_tensor(monkeypatch, value):
    with pytest.raises(ArgumentError, match="threads must be None or an int"):
        seedbed.get("he_normal", seed=7)((1,), threads=0)
    monkeypatch.setenv("SEEDBED_THREADS", value)
    with pytest.raises(ArgumentError, match="SEEDBED_THREADS must be an int"):
        seedbed.get("he_normal", seed=7)((1,))


def test_engines_hear_of_all_threads_where_there_is_work_for_them(monkeypatch):
    told = []

    class Listening:
        name = "listening"

        def draw(self, distribution, key, region, out, *, limits, threads):
            told.append(threads)

    monkeypatch.setattr("seedbed.random.engines._active", Listening())
    monkeypatch.delenv("SEEDBED_THREADS", raising=False)
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: {0, 3, 5}, raising=False)
    for shape in ((64, 64), (256, 256)):
        seedbed.get("random_normal")(shape)
    seedbed.get("random_normal")(SHAPE, threads=2)
    assert told == [1, 3, 2]

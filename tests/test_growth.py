"""What somebody else wrote, such as a long list in a config, takes time in proportion to its length."""

from __future__ import annotations

import json
import math
import time

import numpy as np
import pytest

import seedbed
from seedbed.combinators import Masked, Repeated, Scaled, Stacked
from seedbed.random import NumPyEngine
from seedbed.standard import Constant, HeNormal, RandomNormal

SOME = 4_000
FACTOR = 10
SLACK = 6
"""Times as much as in proportion; the square would take 10 times that, and a machine may be busy."""

pytestmark = pytest.mark.slow


class Listing(seedbed.Initializer):
    def __init__(self, rows):
        self.rows = rows

    def __call__(self, shape, dtype=None):
        return np.zeros(shape, dtype)


def seconds(work):
    """Return what the fastest of a few runs takes of this process's time, whatever else the machine does."""
    found = []
    for _ in range(3):
        began = time.process_time()
        work()
        found.append(time.process_time() - began)
    return min(found)


def assert_in_proportion(prepare, work):
    """Check that work on 10 times as much takes no more than in proportion."""
    some, more = prepare(SOME), prepare(FACTOR * SOME)
    work(some)
    least = max(seconds(lambda: work(some)), 0.002)
    assert seconds(lambda: work(more)) < SLACK * FACTOR * least


def rows(size):
    return [[number, 0.5, str(number)] for number in range(size)]


def config_of(value):
    return json.loads(json.dumps({"class_name": "constant", "config": {"value": value}}))


WORK = {
    "texts": (lambda size: ["nan"] * size, Constant),
    "different texts": (lambda size: [f"({number + 1}+2j)" for number in range(size)], Constant),
    "texts in columns": (lambda size: [["nan"]] * size, Constant),
    "ints beside a float": (lambda size: [*range(2**60, 2**60 + 2**8 * size, 2**8), 0.5], Constant),
    "columns": (lambda size: [[number] for number in range(size)], Constant),
    "arrays in lists": (lambda size: [np.zeros(2)] * size, Constant),
    "a config of numbers": (lambda size: Constant(np.arange(size) * 0.5), seedbed.to_config),
    "a config of columns": (lambda size: Constant(np.zeros((size, 1))), seedbed.to_config),
    "a config with NaN": (lambda size: Constant(np.full((size, 2), np.nan)), seedbed.to_config),
    "a config to read": (lambda size: config_of([[0.5, 1]] * size), seedbed.from_config),
    "a mask": (lambda size: [[True, False]] * size, lambda mask: Masked("ones", mask).get_config()),
    "factors": (lambda size: [[0.5], [2]] * size, lambda factor: Scaled("ones", factor).get_config()),
    "long arguments": (rows, lambda value: Listing(value).get_config()),
    "long arguments compared": (rows, lambda value: Listing(value) == Listing(value[:])),
    "long arguments hashed": (
        lambda size: {str(number): 0.5 for number in range(size)},
        lambda value: hash(Listing(value)),
    ),
    "long arguments shown": (rows, lambda value: repr(Listing(value))),
    "long arguments copied": (rows, lambda value: Listing.from_config({"rows": value})),
    "a long seed": (lambda size: list(range(size)), lambda seed: HeNormal(seed=seed)(1)),
    "a long seed extended": (lambda size: HeNormal(seed=[*range(size)]), lambda value: value.fold_in("a")),
    "arrays in a stack": (lambda size: (size // 20, 2, 2), Stacked("he_normal", seed=7)),
    "a stack of stacks": (lambda size: (size // 40, 2, 2, 2), Stacked(Stacked("he_normal"), seed=7)),
    "a part of a stack": (
        lambda size: (size, 2, 2),
        lambda shape: Stacked("he_normal", seed=7).shard(shape, slice(None, None, 20)),
    ),
}


@pytest.mark.parametrize(("prepare", "work"), WORK.values(), ids=WORK)
def test_ten_times_as_much_takes_ten_times_as_long(prepare, work):
    assert_in_proportion(prepare, work)


def test_work_that_grows_with_the_square_would_be_noticed():
    with pytest.raises(AssertionError):
        assert_in_proportion(
            lambda size: list(range(size // 8)), lambda numbers: [numbers.index(number) for number in numbers]
        )


@pytest.mark.parametrize("order", ["each", "whole"])
@pytest.mark.parametrize(
    ("repeats", "length", "step"),
    [
        (1001, 2_000_001, 1501),  # half a multiple more
        (1000, 2_000_000, 1499),
        (1001, 2_000_001, 2503),
        (1001, 1618, 1619),  # as far from simple fractions as can be
        (2584, 20_000, 4181),
        (999, 2_000_001, 1332),  # a third
    ],
)
def test_the_values_of_a_part_that_repeats_are_drawn_in_few_runs(order, repeats, length, step, monkeypatch):
    draws = []
    draw = NumPyEngine.draw
    monkeypatch.setattr(NumPyEngine, "draw", lambda *given, **more: draws.append(1) or draw(*given, **more))
    initializer, inner = Repeated("random_normal", repeats, order=order, seed=7), RandomNormal(seed=7)(length)
    for count in (100, 1000):
        taken = np.arange(count) * step
        draws.clear()
        part = initializer.shard(length * repeats, slice(0, count * step, step))
        assert len(draws) <= 2 * math.isqrt(count) + 2
        np.testing.assert_array_equal(part, inner[taken // repeats if order == "each" else taken % length])

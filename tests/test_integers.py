"""What counts as an int."""

import enum

import numpy as np
import pytest

import seedbed
from seedbed.integers import as_integer


class Level(enum.IntEnum):
    LOW = 3


class Failing:
    def __index__(self):
        raise TypeError

    def __repr__(self):
        return "Failing()"


@pytest.mark.parametrize("value", [3, Level.LOW, np.int8(3), np.uint64(3), np.array(3)])
def test_whatever_says_so_is_one_and_becomes_pythons_own(value):
    assert as_integer(value) == 3
    assert type(as_integer(value)) is int


@pytest.mark.parametrize(
    "value",
    [True, np.bool_(True), np.array(True), 3.0, np.float32(3), "3", None, np.array([3]), [3], 3j, Failing()],
)
def test_nothing_else_is(value):
    assert as_integer(value) is None


@pytest.mark.parametrize("value", [np.ma.array(3, mask=True), np.ma.masked])
def test_a_masked_number_is_none(value):
    assert as_integer(value) is None
    assert as_integer(np.ma.array(3, mask=False)) == 3
    for ask in (
        lambda: seedbed.get("zeros")(value),
        lambda: seedbed.get("zeros")((2, value)),
        lambda: seedbed.get("he_normal", seed=value),
        lambda: seedbed.get("he_normal", seed=7).fold_in(value),
        lambda: seedbed.get("he_normal").shard((4, 4), (value, 0)),
    ):
        with pytest.raises(seedbed.SeedbedError, match="got"):
            ask()

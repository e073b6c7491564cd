"""Plain JSON data out of what a constructor's argument may be."""

import enum
import json

import numpy as np
import pytest

from seedbed.plain import plain


class Name(enum.StrEnum):
    SMALL = "small"


class Odd(int):
    def __eq__(self, other):
        raise RuntimeError("cannot compare")

    __hash__ = int.__hash__


def refuse(part):
    return TypeError(f"got {type(part).__name__}")


@pytest.mark.parametrize(
    ("value", "result"),
    [
        (None, None),
        (True, True),
        (np.bool_(1), True),
        (np.int8(3), 3),
        (np.float32(0.5), 0.5),
        (np.float64(0.5), 0.5),
        (np.str_("a"), "a"),
        (np.array(3), 3),
        (np.array([[1, 2]]), [[1, 2]]),
        ((1, [2.0, "a"]), [1, [2.0, "a"]]),
        ({"a": {"b": (1,)}}, {"a": {"b": [1]}}),
        (Name.SMALL, "small"),
        ({Name.SMALL: 1}, {"small": 1}),
        (Odd(3), 3),
    ],
)
def test_what_json_can_hold_becomes_plain(value, result):
    made = plain(value, refuse)
    assert made == result
    assert json.loads(json.dumps(made)) == result
    assert type(made) is type(result)


@pytest.mark.parametrize(
    "value",
    [object(), {1, 2}, b"a", 1j, {1: 2}, np.longdouble(1), np.array([1j]), [1, {"a": len}], np.array([None])],
    ids=repr,
)
def test_anything_else_is_refused_by_the_part_that_is_wrong(value):
    with pytest.raises(TypeError, match="got "):
        plain(value, refuse)


def test_the_result_shares_nothing_with_the_value():
    value = {"a": [1]}
    made = plain(value, refuse)
    value["a"].append(2)
    assert made == {"a": [1]}

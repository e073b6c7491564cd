"""Plain JSON data out of what a constructor's argument may be."""

import enum
import json

import numpy as np
import pytest

from seedbed.json_data import comparable, plain, unshared


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
    ids=lambda value: type(value).__name__,
)
def test_anything_else_is_refused_by_the_part_that_is_wrong(value):
    with pytest.raises(TypeError, match="got "):
        plain(value, refuse)


def test_the_result_shares_nothing_with_the_value():
    value = {"a": [1]}
    made = plain(value, refuse)
    value["a"].append(2)
    assert made == {"a": [1]}


def nested(levels):
    value = 1
    for _ in range(levels):
        value = [value]
    return value


def test_lists_that_are_too_deep_or_endless_are_refused():
    endless = {}
    endless["a"] = [endless]
    for value in (endless, nested(101), nested(100_000)):
        with pytest.raises(TypeError, match="got "):
            plain(value, refuse)
    assert plain(nested(100), refuse) == nested(100)


@pytest.mark.parametrize(
    "value", [float("nan"), np.float32("inf"), [1.0, -np.inf], {"a": np.array([np.nan])}]
)
def test_nan_and_infinities_are_refused_where_json_is_to_be_written(value):
    plain(value, refuse)
    with pytest.raises(TypeError, match="got "):
        plain(value, refuse, allow_nan=False)
    assert plain([1.5, np.array([1, 2]), np.str_("nan")], refuse, allow_nan=False) == [1.5, [1, 2], "nan"]


def test_what_is_not_plain_is_found_in_a_row_of_what_is():
    for wrong in (Odd(3), np.float64(1), Name.SMALL, (1,)):
        row = [1, 2.5, "a", None, True, wrong]
        assert {type(item) for item in plain(row, refuse)} <= {int, float, str, type(None), bool, list}
    for wrong in (object(), 1j):
        with pytest.raises(TypeError, match=f"got {type(wrong).__name__}"):
            plain([1, 2.5, wrong], refuse)
    with pytest.raises(TypeError, match="got float"):
        plain([1, "a", 2.5, float("inf")], refuse, allow_nan=False)
    assert plain([10**400, 2.5], refuse, allow_nan=False) == [10**400, 2.5]


@pytest.mark.parametrize("within", [lambda item: item, lambda item: [1, item], lambda item: [item, 0.5]])
@pytest.mark.parametrize("sign", [1, -1])
def test_an_int_that_python_may_not_write_as_text_is_refused(within, sign):
    longest = sign * int("9" * 640)
    assert json.loads(json.dumps(plain(within(longest), refuse))) == within(longest)
    with pytest.raises(TypeError, match="got int"):
        plain(within(longest + sign), refuse)


class Claiming(type):
    """Makes classes that say they are int."""

    def __hash__(cls):
        return hash(int)

    def __eq__(cls, other):
        return True


@pytest.mark.parametrize("row", [lambda odd: [odd, 1], lambda odd: [1, odd]])
def test_an_object_whose_class_claims_to_be_int_is_refused(row):
    with pytest.raises(TypeError, match="got Claimed"):
        plain(row(Claiming("Claimed", (), {})()), refuse)


def test_an_object_that_claims_to_be_a_bool_is_refused():
    with pytest.raises(TypeError, match="got Lying"):
        plain(type("Lying", (), {"__class__": bool})(), refuse)


def test_comparable_data_of_another_kind_differ():
    values = [None, True, 1, "1", [1], [[1]], {"a": 1}, ["a", 1], ["dict", ["a", 1]], [], {}, "", 0.0, -0.0]
    assert len({comparable(value) for value in values}) == len(values)
    assert comparable({"a": 1, "b": [2]}) == comparable({"b": [2.0], "a": 1.0})


def test_an_unshared_copy_has_lists_and_dicts_of_its_own():
    inner = [1]
    array = np.zeros(2)
    value = {"a": inner, "b": [inner, {"c": inner}], "d": array, "e": (inner,)}
    made = unshared(value, ValueError)
    assert made == value
    made["a"].append(2)
    made["b"][1]["c"].append(3)
    assert inner == [1]
    assert made["d"] is array
    assert unshared(array, ValueError) is array


def test_an_unshared_copy_may_be_endless():
    endless = [1]
    endless.append(endless)
    made = unshared(endless, ValueError)
    assert made is not endless
    assert made[1] is made


def test_an_unshared_copy_is_at_most_as_deep_as_plain_data_may_be():
    assert unshared(nested(100), ValueError) == plain(nested(100), refuse)
    for levels in (102, 100_000):
        with pytest.raises(ValueError, match="too deep"):
            unshared(nested(levels), lambda: ValueError("too deep"))

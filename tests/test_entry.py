"""Entries: what a row of the catalogue may say."""

import copy
import enum
import pickle
import sys
from dataclasses import FrozenInstanceError, fields, replace

import numpy as np
import pytest

from seedbed import Deprecation, Entry, Homonym, Initializer, Tombstone
from seedbed.errors import EntryError
from seedbed.issue import Issue
from seedbed.standard.constants import Zeros


def test_an_entry_answers_to_its_name_its_camel_case_its_class_and_its_aliases():
    entry = Entry("small_init", "acme.small:SmallInitializer", aliases=("si",))
    assert entry.names == ("small_init", "SmallInit", "SmallInitializer", "si")


def test_a_preset_has_no_class_name_of_its_own():
    assert Entry("tiny", "acme:SmallInit", arguments={"gain": 2}).names == ("tiny", "Tiny")
    assert Entry("tiny", preset_of="random_normal").class_name == ""


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"name": "SmallInit", "target": "a:B"}, r"must be snake_case such as 'small_init', got 'SmallInit'"),
        ({"name": "", "target": "a:B"}, "snake_case"),
        ({"name": "a__b", "target": "a:B"}, "snake_case"),
        ({"name": "1a", "target": "a:B"}, "snake_case"),
        ({"name": None, "target": "a:B"}, "snake_case"),
        ({"name": "a"}, "exactly one of target and preset_of"),
        ({"name": "a", "target": "a:B", "preset_of": "b"}, "exactly one of target and preset_of"),
        ({"name": "a", "target": "acme"}, r"target 'acme'; write 'module:Class'"),
        ({"name": "a", "target": "acme:B [extra]"}, "write 'module:Class'"),
        ({"name": "a", "target": "a:B", "arguments": [1]}, "bind arguments by name"),
        ({"name": "a", "target": "a:B", "arguments": {1: 2}}, "bind arguments by name"),
        ({"name": "a", "target": "a:B", "aliases": "x"}, "list names of printable characters without space"),
        (
            {"name": "a", "target": "a:B", "aliases": ("x y",)},
            "list names of printable characters without space",
        ),
        (
            {"name": "a", "target": "a:B", "aliases": ("x:y",)},
            "list names of printable characters without space or ':'",
        ),
        ({"name": "a", "target": "a:B", "aliases": (1,)}, "list names"),
        ({"name": "a", "target": "a:B", "aliases": {"x", "y"}}, "list names"),
        ({"name": "a", "target": "a:B", "aliases": 7}, "has aliases 7; list names"),
        (
            {"name": "a", "target": "a:B", "tags": "x"},
            "has tags 'x'; list words of printable characters without space or ':'",
        ),
        (
            {"name": "a", "target": "a:B", "tags": ("x y",)},
            "list words of printable characters without space",
        ),
        ({"name": "a", "target": "a:B", "owner": 7}, "needs text for owner, got 7"),
        (
            {"name": "a", "target": "a:B", "arguments": {"x": {"y": len}}},
            "binds 'x' to <built-in function len>",
        ),
        (
            {"name": "a", "target": "a:B", "arguments": {"x": {1, 2}}},
            r"\{1, 2\} of type set, which JSON cannot",
        ),
        ({"name": "a", "target": len}, "write 'module:Class'"),
        ({"name": "a", "target": int}, "has a target that is <class 'int'> and no subclass of seedbed.Init"),
        ({"name": "a", "target": Initializer}, "has a target that does not implement __call__"),
        ({"name": "a", "target": Zeros, "preset_of": "b"}, "exactly one of target and preset_of"),
        ({"name": "a", "preset_of": 3}, "needs text for preset_of, got 3"),
        ({"name": "a", "target": "a:B", "summary": None}, "needs text for summary, got None"),
        ({"name": "a", "target": "a:B", "deprecated": True}, "needs a Deprecation or None, got True"),
    ],
)
def test_a_malformed_entry_is_refused(fields, message):
    with pytest.raises(EntryError, match=message):
        Entry(**fields)


@pytest.mark.parametrize("word", ["", "a b", "a:b", "a\n", "\ud800", "\x1b[31m", "a\u00a0b", 3])
def test_a_word_has_no_space_and_nothing_that_cannot_be_printed(word):
    for field in ("aliases", "tags"):
        with pytest.raises(EntryError, match=f"has {field} "):
            Entry("a", "a:B", **{field: [word]})
    with pytest.raises(EntryError, match="needs the name that is gone"):
        Tombstone(word, "1.0")
    with pytest.raises(EntryError, match="a homonym needs a name"):
        Homonym(word, ["one", "two"])


def of_target(**fields):
    return Entry("a", "a:B", **fields)


LIMITS = {
    "name": (lambda length: Entry("a" * length, "a:B"), 200, "at most 200 characters"),
    "target": (lambda length: Entry("a", "a:" + "B" * (length - 2)), 2_000, "write 'module:Class'"),
    "preset_of": (lambda length: Entry("a", preset_of="b" * length), 2_000, "2,001 characters for preset_of"),
    "an alias": (lambda length: of_target(aliases=["b" * length]), 200, "at most 200 characters"),
    "aliases": (lambda length: of_target(aliases=list(map(str, range(length)))), 1_000, "at most 1,000"),
    "a tag": (lambda length: of_target(tags=["b" * length]), 200, "at most 200 characters"),
    "tags": (lambda length: of_target(tags=["b"] * length), 1_000, "at most 1,000"),
    "summary": (lambda length: of_target(summary="b" * length), 2_000, "2,001 characters for summary"),
    "owner": (lambda length: of_target(owner="b" * length), 2_000, "2,001 characters for owner"),
    "arguments": (
        lambda length: of_target(arguments={"x": "y" * (length - len('{"x": ""}'))}),
        100_000,
        "binds arguments of 100,001 characters as JSON",
    ),
    "a reason": (lambda length: Deprecation("1", "2", reason="b" * length), 2_000, "a deprecation has 2,001"),
    "a name that is gone": (lambda length: Tombstone("a" * length, "2"), 200, "at most 200 characters"),
    "why it is gone": (
        lambda length: Tombstone("a", "2", reason="b" * length),
        2_000,
        "has 2,001 characters",
    ),
    "a meaning": (lambda length: Homonym("a", ["b", "c" * length]), 2_000, "2,001 characters for a meaning"),
    "meanings": (lambda length: Homonym("a", ["b"] * length), 1_000, "at most 1,000"),
}


@pytest.mark.parametrize(("make", "most", "message"), LIMITS.values(), ids=LIMITS)
def test_a_row_has_limits(make, most, message):
    make(most)
    with pytest.raises(EntryError, match=message):
        make(most + 1)


def test_an_int_that_python_may_not_write_as_text_cannot_be_bound():
    assert of_target(arguments={"x": 10**639}).arguments == {"x": 10**639}
    with pytest.raises(
        EntryError, match=r"entry 'a' binds 'x' to .* of type int, .* ints of at most 640 digits"
    ):
        of_target(arguments={"x": [1, 10**640]})


@pytest.mark.parametrize("field", ["summary", "owner"])
def test_half_of_a_character_is_no_text(field):
    with pytest.raises(EntryError, match=rf"has text for {field} that is no valid Unicode: '\\ud800'"):
        of_target(**{field: "\ud800"})


@pytest.mark.parametrize("name", ["a b", "\x1b[31m", "a:b", "A" * 201])
def test_a_class_whose_name_is_none_has_no_name_in_the_catalogue(name):
    entry = Entry("small", type(name, (Zeros,), {}))
    assert entry.class_name == ""
    assert entry.names == ("small", "Small")


def test_a_word_may_be_in_any_script():
    assert Entry("a", "a:B", aliases=["größe>Δ", "torch.nn.init.ones_"]).names[-2:] == (
        "größe>Δ",
        "torch.nn.init.ones_",
    )


def test_a_virtual_subclass_is_no_initializer():
    class Virtual:
        def __call__(self, shape, dtype=None):
            return None

    Initializer.register(Virtual)
    with pytest.raises(EntryError, match=r"no subclass of seedbed\.Initializer"):
        Entry("a", Virtual)


@pytest.mark.parametrize("field", ["since", "removed_in", "replaced_by", "reason"])
def test_a_deprecation_is_made_of_texts(field):
    fields = {"since": "0.1", "removed_in": "1.0", field: np.arange(3)}
    with pytest.raises(EntryError, match=rf"a deprecation needs text for {field}, got array"):
        Deprecation(**fields)


def test_bound_arguments_and_texts_become_plain():
    class Text(enum.StrEnum):
        NAME = "small"

    entry = Entry(Text.NAME, "a:B", arguments={"x": np.arange(3), "gain": np.float32(0.5), "deep": [(1,)]})
    assert entry.full_name == ":small"
    assert entry.arguments == {"x": [0, 1, 2], "gain": 0.5, "deep": [[1]]}
    assert entry == replace(entry)


def test_a_plugin_cannot_name_the_provider():
    with pytest.raises(EntryError, match="names provider 'seedbed'; leave provider and version"):
        Entry("a", "a:B", provider="seedbed").provided_by("acme", "1.0")


def test_an_entry_never_changes():
    arguments = {"gain": 2}
    entry = Entry("a", "a:B", arguments=arguments)
    arguments["gain"] = 3
    assert entry.arguments == {"gain": 2}
    with pytest.raises(TypeError, match="does not support item assignment"):
        entry.arguments["gain"] = 4
    with pytest.raises(FrozenInstanceError, match="cannot delete field 'name'"):
        del entry.name
    with pytest.raises(FrozenInstanceError, match="name"):
        entry.name = "b"
    assert hash(entry) == hash(replace(entry))


def test_a_deprecation_reads_as_a_sentence():
    text = str(Deprecation("0.1", "1.0", replaced_by="new_name", reason="the old one misled"))
    assert text == "deprecated since 0.1, will be removed in 1.0; use 'new_name' instead; the old one misled"


ROWS = [
    Deprecation("0.1", "1.0", reason="it misled"),
    Entry("a", "a:B", arguments={"gain": [1, 2]}, aliases=("b",), deprecated=Deprecation("0.1", "1.0")),
    Tombstone("a", "1.0", replaced_by="b"),
    Issue("broken", "acme", "1.0", "hook", "raised", ("a",), ValueError("no")),
]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: type(row).__name__)
def test_a_row_is_a_value(row):
    copies = [copy.copy(row), copy.deepcopy(row), replace(row), pickle.loads(pickle.dumps(row))]
    if sys.version_info >= (3, 13):
        copies.append(copy.replace(row))
    for other in copies:
        assert other == row
        assert hash(other) == hash(row)
        assert repr(other) == repr(row)
    first = fields(row)[0].name
    assert replace(row, **{first: "other"}) != row
    assert row != "row"
    assert all(getattr(row, name) == getattr(copies[0], name) for name in (each.name for each in fields(row)))


def test_the_cause_of_an_issue_is_neither_compared_nor_shown():
    assert ROWS[3] == replace(ROWS[3], cause=None)
    assert "no" not in repr(ROWS[3])

"""Entries: what a row of the catalogue may say."""

import dataclasses

import pytest

from seedbed import Deprecation, Entry
from seedbed.errors import EntryError


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
        ({"name": "a", "target": "a:B", "aliases": "x"}, "list names without white space"),
        ({"name": "a", "target": "a:B", "aliases": ("x y",)}, "list names without white space"),
        ({"name": "a", "target": "a:B", "aliases": ("x:y",)}, "list names without white space or ':'"),
        ({"name": "a", "target": "a:B", "aliases": (1,)}, "list names"),
        ({"name": "a", "target": len}, "write 'module:Class'"),
        ({"name": "a", "preset_of": 3}, "needs text for preset_of, got 3"),
        ({"name": "a", "target": "a:B", "summary": None}, "needs text for summary, got None"),
        ({"name": "a", "target": "a:B", "deprecated": True}, "needs a Deprecation or None, got True"),
    ],
)
def test_a_malformed_entry_is_refused(fields, message):
    with pytest.raises(EntryError, match=message):
        Entry(**fields)


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
    with pytest.raises(dataclasses.FrozenInstanceError, match="name"):
        entry.name = "b"
    assert hash(entry) == hash(dataclasses.replace(entry))


def test_a_deprecation_reads_as_a_sentence():
    text = str(Deprecation("0.1", "1.0", replaced_by="new_name", reason="the old one misled"))
    assert text == "deprecated since 0.1, goes away in 1.0; use 'new_name' instead; the old one misled"

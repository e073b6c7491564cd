"""Tombstones: what the row for a name that is gone may say."""

import enum
from dataclasses import FrozenInstanceError

import pytest

from seedbed import Tombstone
from seedbed.errors import EntryError


def test_it_reads_as_a_sentence():
    text = str(Tombstone("old_normal", "2.0", replaced_by="new_normal", reason="the old one misled"))
    assert text == "removed in 2.0; use 'new_normal' instead; the old one misled"
    assert str(Tombstone("old_normal", "2.0")) == "removed in 2.0"


@pytest.mark.parametrize(
    ("name", "names"),
    [
        ("old_normal", ("old_normal", "OldNormal")),
        ("OldNormal", ("OldNormal",)),
        ("acme>Old", ("acme>Old",)),
    ],
)
def test_it_stands_for_the_name_and_its_camel_case(name, names):
    assert Tombstone(name, "2.0").names == names


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"name": "a b"}, r"without space or ':', got 'a b'"),
        ({"name": "acme:a"}, r"without space or ':', got 'acme:a'"),
        ({"name": ""}, "without space"),
        ({"name": 7}, "got 7"),
        ({"removed_in": ""}, "tombstone 'a' needs the version that removed it for removed_in, got ''"),
        ({"removed_in": 2.0}, r"tombstone 'a' needs text for removed_in, got 2\.0"),
        ({"replaced_by": None}, "needs text for replaced_by, got None"),
        ({"reason": ["x"]}, "needs text for reason"),
    ],
)
def test_a_malformed_field_is_refused(fields, message):
    with pytest.raises(EntryError, match=message):
        Tombstone(**({"name": "a", "removed_in": "2.0"} | fields))


def test_its_texts_are_exact_and_it_never_changes():
    class Text(enum.StrEnum):
        NAME = "old"

    tombstone = Tombstone(Text.NAME, "2.0")
    assert type(tombstone.name) is str
    with pytest.raises(FrozenInstanceError, match="name"):
        tombstone.name = "b"


def test_the_catalogue_fills_in_the_provider_and_nobody_else():
    filled = Tombstone("old", "2.0").provided_by("acme", "2.1")
    assert (filled.full_name, filled.source) == ("acme:old", "acme==2.1")
    assert Tombstone("old", "2.0").provided_by("acme", "").source == "acme"
    with pytest.raises(
        EntryError, match="names provider 'acme'; leave provider and version to the catalogue"
    ):
        filled.provided_by("other", "1.0")

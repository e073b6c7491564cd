"""Homonyms: what the row for a name with more than one meaning may say."""

import enum
from dataclasses import FrozenInstanceError

import pytest

from seedbed import Homonym
from seedbed.errors import EntryError

MEANINGS = ("'one_normal' is narrow", "'other_normal' is wide")


def test_it_reads_as_a_question():
    text = str(Homonym("two_normal", MEANINGS))
    assert (
        text == "has more than one meaning; say which:\n  'one_normal' is narrow;\n  'other_normal' is wide"
    )


@pytest.mark.parametrize(
    ("name", "names"),
    [
        ("two_normal", ("two_normal", "TwoNormal")),
        ("TwoNormal", ("TwoNormal",)),
        ("acme>Two", ("acme>Two",)),
    ],
)
def test_it_stands_for_the_name_and_its_camel_case(name, names):
    assert Homonym(name, MEANINGS).names == names


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"name": "acme:a"}, r"a homonym needs a name, .* without space or ':', got 'acme:a'"),
        ({"name": 7}, "got 7"),
        ({"meanings": MEANINGS[:1]}, r"homonym 'a' needs two meanings or more, each a text, got \("),
        ({"meanings": "ab"}, "each a text, got 'ab'"),
        ({"meanings": {"a": 1, "b": 2}}, "each a text, got {"),
        ({"meanings": ["a", 2]}, "each a text, got"),
        ({"meanings": ["a", ""]}, "each a text, got"),
        ({"provider": 7}, "homonym 'a' needs text for provider, got 7"),
    ],
)
def test_a_malformed_field_is_refused(fields, message):
    with pytest.raises(EntryError, match=message):
        Homonym(**({"name": "a", "meanings": MEANINGS} | fields))


def test_its_texts_are_exact_and_it_never_changes():
    class Text(enum.StrEnum):
        NAME = "two"

    homonym = Homonym(Text.NAME, [Text.NAME, "other"])
    assert type(homonym.name) is str
    assert homonym.meanings == ("two", "other")
    assert set(map(type, homonym.meanings)) == {str}
    with pytest.raises(FrozenInstanceError, match="name"):
        homonym.name = "b"


def test_the_catalogue_fills_in_the_provider_and_nobody_else():
    filled = Homonym("two", MEANINGS).provided_by("acme", "2.1")
    assert (filled.full_name, filled.source) == ("acme:two", "acme==2.1")
    assert Homonym("two", MEANINGS).provided_by("acme", "").source == "acme"
    with pytest.raises(
        EntryError, match="names provider 'acme'; leave provider and version to the catalogue"
    ):
        filled.provided_by("other", "1.0")

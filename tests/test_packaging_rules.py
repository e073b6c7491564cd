"""Names, versions and references, against the reference implementation of the specifications."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.version import InvalidVersion, Version

from seedbed.discovery.packaging_rules import is_name, reference, version_key

PARTS = (
    ["1", "1.0", "1.0.1", "2", "9", "10.0", "0!1", "1!0.5", "v1"],
    ["", "a", "a1", "-beta.2", "rc1", "C2", ".pre", "preview3"],
    ["", "-1", ".post", "post2", "-r3", ".rev"],
    ["", ".dev", "dev1", "-dev_2"],
    ["", "+abc", "+1", "+abc.1", "+1.2", "+1a", "+ab12.3"],
)
versions = st.tuples(*map(st.sampled_from, PARTS)).map("".join)


@given(versions, versions)
def test_versions_sort_as_the_specification_says(one, other):
    try:
        expected = (Version(one) < Version(other), Version(one) == Version(other))
    except InvalidVersion:
        return
    keys = version_key(one), version_key(other)
    assert (keys[0] < keys[1], keys[0] == keys[1]) == expected


def test_just_what_is_a_version_sorts_as_one():
    for version in map("".join, itertools.product(*PARTS)):
        try:
            Version(version)
            valid = True
        except InvalidVersion:
            valid = False
        assert (version_key(version) > version_key("0.dev0")) == valid, version


def test_what_is_no_version_sorts_first_and_by_its_numbers():
    texts = ["1.0", "banana 10", "0.dev0", "banana 9", ""]
    assert sorted(texts, key=version_key) == ["", "banana 9", "banana 10", "0.dev0", "1.0"]


@pytest.mark.parametrize("name", ["a", "A1", "acme-inits", "Acme_Inits.x", "0"])
def test_a_name_of_a_distribution(name):
    assert is_name(name)


@pytest.mark.parametrize("name", ["", " ", "-a", "a-", "_", "a b", "a:b", "a\n", "ä", "__main__"])
def test_no_name_of_a_distribution(name):
    assert not is_name(name)


@pytest.mark.parametrize(
    ("value", "result"),
    [
        ("acme", "acme"),
        (" acme.small ", "acme.small"),
        ("acme:Small", "acme:Small"),
        ("acme : Small", "acme:Small"),
        ("acme\t:  Small.Inner ", "acme:Small.Inner"),
        ("acme:Small [extra]", "acme:Small"),
        ("acme:Small[one, two]", "acme:Small"),
        ("acme [extra]", "acme"),
    ],
)
def test_a_reference_loses_spaces_and_extras(value, result):
    assert reference(value) == result


@pytest.mark.parametrize(
    "value", ["", ":Small", "acme:", "ac me:Small", "acme:Small [x] y", "acme:Small [", "a:b:c"]
)
def test_what_is_no_reference_comes_back_as_it_is(value):
    assert reference(value) == value

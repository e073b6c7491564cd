"""Versions and their specifiers mean what they mean to installers."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.specifiers import InvalidSpecifier, SpecifierSet

from seedbed.governance.specifiers import Specifier

VERSIONS = [
    "0",
    "1",
    "1.0",
    "1.0.0",
    "1.0a1",
    "1.0b2",
    "1.0rc1",
    "1.0.dev1",
    "1.0a1.dev2",
    "1.0.post1",
    "1.0.post1.dev3",
    "1.0+local",
    "1.0+local.2",
    "1.1",
    "1.2",
    "1.10",
    "2",
    "2.0rc1",
    "2.0.dev0",
    "2.0.post2",
    "2!1.0",
    "1!1.0.post2",
    "1.2.3",
    "1.2.3rc1",
    "1.4.5.post1+x",
]
OPERATORS = ("==", "!=", "<=", ">=", "<", ">", "~=")


def check(text, version):
    try:
        expected = SpecifierSet(text).contains(version, prereleases=True)
    except InvalidSpecifier:
        with pytest.raises(ValueError, match="write clauses such as"):
            Specifier(text)
    else:
        assert Specifier(text).contains(version) == expected, (text, version)


def test_single_clauses_are_those_of_packaging():
    for operator, bound, version, suffix in itertools.product(OPERATORS, VERSIONS, VERSIONS, ("", ".*")):
        check(f"{operator}{bound}{suffix}", version)


numbers = st.lists(st.integers(0, 3), min_size=1, max_size=4).map(lambda release: ".".join(map(str, release)))
versions = st.builds(
    "{}{}{}{}{}{}".format,
    st.sampled_from(["", "", "1!"]),
    numbers,
    st.sampled_from(["", "", "a1", "b2", "rc0"]),
    st.sampled_from(["", "", ".post0", ".post1"]),
    st.sampled_from(["", "", ".dev0", ".dev1"]),
    st.sampled_from(["", "", "+a", "+1.b"]),
)
clauses = st.builds("{}{}".format, st.sampled_from(OPERATORS), versions)


@given(st.lists(clauses, min_size=1, max_size=3).map(",".join), versions)
def test_any_clauses_are_those_of_packaging(text, version):
    check(text, version)


def test_what_is_no_version_meets_nothing():
    assert not Specifier(">=0").contains("banana")
    assert not Specifier("!=1").contains("banana")

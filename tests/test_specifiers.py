"""Version clauses in a policy: which are understood, and what they mean."""

import pytest
from packaging.specifiers import InvalidSpecifier, SpecifierSet

from seedbed.governance.policy import Rule
from seedbed.governance.policy_table import specifiers

VERSIONS = [
    "0",
    "1.0",
    "1.0.0",
    "1.0a1",
    "1.0rc1",
    "1.0.dev1",
    "1.0.post1",
    "1.0+local",
    "1.2",
    "1.10",
    "2",
    "2.0rc1",
    "2!1.0",
    "1.4.5.post1+x",
]
OPERATORS = ("==", "!=", "<=", ">=", "<", ">", "~=")


@pytest.mark.parametrize("operator", OPERATORS)
@pytest.mark.parametrize("suffix", ["", ".*"])
def test_clauses_are_those_of_packaging_where_pre_releases_count(operator, suffix):
    for bound in VERSIONS:
        text = f"{operator}{bound}{suffix}"
        try:
            expected = SpecifierSet(text)
        except InvalidSpecifier:
            assert specifiers(text) is None
            continue
        rule = Rule("acme", specifiers(text))
        for version in VERSIONS:
            for if_unknown in (True, False):
                found = rule.means("acme", version, if_unknown=if_unknown)
                assert found == expected.contains(version, prereleases=True), (text, version)


@pytest.mark.parametrize(
    ("text", "inside", "outside"),
    [
        (">=1.2,<2", ["1.2", "1.10", "1.3rc1"], ["1.1", "2", "2.0rc1", "2.0.dev0", "1.2rc1"]),
        ("~= 1.4", ["1.4", "1.9.9"], ["2.0", "1.3", "1.4rc1"]),
        ("==1.4.*", ["1.4", "1.4.9", "1.4rc1"], ["1.5", "1.40"]),
        ("!=1.0", ["1.1", "1.0.post1"], ["1.0", "1.0.0", "1.0+local"]),
    ],
)
def test_what_clauses_mean(text, inside, outside):
    rule = Rule("acme", specifiers(text))
    assert [version for version in inside if not rule.means("acme", version, if_unknown=False)] == []
    assert [version for version in outside if rule.means("acme", version, if_unknown=True)] == []
    assert not rule.means("other", inside[0], if_unknown=True)


@pytest.mark.parametrize(
    "text",
    ["", ",", ">=1,", ">=1,,<2", "1.0", ">=", ">=banana", "===1", "===banana", "=1", "~=1", ">=1.*", "<1+x",
     ">=1.0+local", "==1+x.*", ">=1; python_version > '3'", ">=" + "9" * 5000, 1, None, ["==1"]],
)  # fmt: skip
def test_what_is_no_clause_is_none(text):
    assert specifiers(text) is None


@pytest.mark.parametrize("version", ["banana", "", "1.0-", "9" * 5000])
def test_what_is_no_version_meets_what_it_is_asked_for(version):
    rule = Rule("acme", specifiers(">=0"))
    assert rule.means("acme", version, if_unknown=True)
    assert not rule.means("acme", version, if_unknown=False)

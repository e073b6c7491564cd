"""The readers of metadata, against the standard library's."""

import string
from email import message_from_string
from importlib.metadata import EntryPoints

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seedbed.discovery.metadata import read_headers, read_points
from seedbed.discovery.packaging_rules import normalise, split_stem
from seedbed.errors import PluginError

sections = st.sampled_from(["[a]", "[seedbed.plugins]", " [b] ", "[[c]]", "[]", "\ufeff[a]"])
points = st.sampled_from(
    ["x = y:z", "x=y", " = ", "é = b:c", "a = b = c", "a = b # c", "; a = b", "a\tb=\u2028c=d"]
)
others = st.sampled_from(["", " ", "# a = b", "#", "[", "[a] # b", "no equals sign"])


@given(st.lists(sections | points | others).map("\n".join))
def test_entry_points_are_what_the_standard_library_finds(text):
    try:
        theirs = [(point.group, point.name, point.value) for point in EntryPoints._from_text(text)]
    except (TypeError, ValueError):  # of Python 3.11 and 3.12, and of 3.13
        with pytest.raises(PluginError, match=r"line \d+ is '.*', and should be 'name = module:object'"):
            read_points(text)
    else:
        assert read_points(text)[0] == theirs


headers = st.sampled_from(
    [
        "Name: acme",
        "Name:acme.inits ",
        "NAME: Other",
        "Version: 1.0",
        "version:\t2.0",
        "Summary: one",
        "Summary:",
        "Classifier: a :: b",
        " more",
        "\tmore",
        "X: é",
    ]
)


@given(
    st.lists(headers, max_size=8),
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from(["", "Name: x\nVersion: 3"]),
)
def test_headers_are_what_the_email_package_finds(lines, newline, description):
    text = newline.join(["Metadata-Version: 2.1", *lines, "", description])
    message = message_from_string(text)
    expected = (message["Name"], message["Version"], message["Summary"])
    try:
        found = read_headers(text.encode())
    except PluginError:
        assert None in expected[:2] or any(len(value.split()) != 1 for value in expected[:2])
    else:
        name, version, summary = (" ".join((value or "").split()) for value in expected)
        assert found == (normalise(name), version, summary)


@pytest.mark.parametrize(
    ("folder", "name", "version"),
    [
        ("acme_inits-1.0.dist-info", "acme_inits", "1.0"),
        ("acme_inits-1!2.0+local.1.dist-info", "acme_inits", "1!2.0+local.1"),
        ("Acme.Inits-1.0.dist-info", "Acme.Inits", "1.0"),
        ("acme-inits-v1.0.dist-info", "acme-inits", "v1.0"),
        ("acme-inits-latest.dist-info", "acme", "inits-latest"),
        ("acme_inits-1.0_1.DIST-INFO", "acme_inits", "1.0_1"),
        ("acme_inits.egg-info", "acme_inits", ""),
        ("acme_inits-1.0-py3.12.egg-info", "acme_inits", "1.0"),
        ("acme_inits-1.0-py3.12-linux-x86_64.egg-info", "acme_inits", "1.0"),
        ("acme_inits-.dist-info", "acme_inits", ""),
        ("-1.0.dist-info", "", "1.0"),
        (".dist-info", "", ""),
    ],
)
def test_name_and_version_of_a_metadata_folder(folder, name, version):
    assert split_stem(folder) == (name, version)


@given(st.text(string.ascii_letters + "-_.", min_size=1))
def test_a_name_has_one_normal_form(name):
    assert normalise(normalise(name).upper().replace("-", "_.")) == normalise(name)

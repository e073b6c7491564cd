"""Tests of what a framework is needed for are skipped without it, with a reason, or fail where it must be."""

import re

import frameworks
import pytest
from frameworks import absent_modules, framework


@pytest.fixture(autouse=True)
def _nothing_is_required(monkeypatch):
    monkeypatch.delenv(frameworks.REQUIRED, raising=False)


def test_a_framework_that_is_there_is_handed_over():
    assert framework("json", plugin="seedbed") is __import__("json")


@pytest.mark.parametrize("name", ["no_such_framework", "no_such_framework.nn"])
def test_an_absent_framework_skips_with_a_reason(name):
    with pytest.raises(pytest.skip.Exception, match=f"{re.escape(name)} not installed"):
        framework(name)


def test_a_framework_without_our_plugin_skips_with_a_reason():
    with pytest.raises(pytest.skip.Exception, match="no_such_plugin not installed"):
        framework("json", plugin="no_such_plugin")


def test_an_absent_framework_fails_where_it_is_required(monkeypatch):
    monkeypatch.setenv(frameworks.REQUIRED, "1")
    with pytest.raises(pytest.fail.Exception, match="not installed, and SEEDBED_REQUIRE_FRAMEWORKS is set"):
        framework("no_such_framework")


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("page.md", ">>> import seedbed_torch\n"),
        ("page.md", ">>> from seedbed_torch.init import normal_\n"),
        ("seedbed-torch/src/seedbed_torch/module.py", '"""A module that names nothing."""\n'),
    ],
)
def test_a_page_needs_the_plugins_that_it_imports_and_their_frameworks(tmp_path, monkeypatch, path, text):
    page = tmp_path / path
    page.parent.mkdir(parents=True, exist_ok=True)
    page.write_text(text)
    monkeypatch.setattr(frameworks, "_is_installed", lambda _: False)
    assert absent_modules(page) == ["seedbed_torch", "torch"]
    monkeypatch.setattr(frameworks, "_is_installed", lambda module: module != "torch")
    assert absent_modules(page) == ["torch"]
    monkeypatch.setattr(frameworks, "_is_installed", lambda _: True)
    assert absent_modules(page) == []


def test_a_page_that_names_a_plugin_in_passing_needs_none(tmp_path, monkeypatch):
    page = tmp_path / "page.md"
    page.write_text("The package seedbed-torch, imported as seedbed_torch, is for PyTorch.\n")
    monkeypatch.setattr(frameworks, "_is_installed", lambda _: False)
    assert absent_modules(page) == []

"""`warn`: a warning points at the first caller's line that is in none of Seedbed's packages."""

import importlib
import warnings

import numpy as np
import pytest

import seedbed
from seedbed import warning
from seedbed.errors import DeprecatedNameWarning

CALLING = "def call(function, *arguments, **options):\n    return function(*arguments, **options)\n"


@pytest.fixture
def package(tmp_path, monkeypatch):
    """Return a function that gives the function `call` of a package of a name."""
    monkeypatch.syspath_prepend(tmp_path)

    def package(name):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "__init__.py").touch()
        (folder / "inner.py").write_text(CALLING)
        return importlib.import_module(f"{name}.inner").call

    return package


def where_of(call, *arguments, **options):
    with pytest.warns(UserWarning, match="told") as caught:
        call(warning.warn, *arguments, **options)
    (told,) = caught
    return told.filename


def test_packages_of_seedbed_are_passed_over(package):
    assert where_of(package("seedbed_foo"), "told") == __file__


@pytest.mark.parametrize("name", ["seedbedding", "acme_seedbed", "acme"])
def test_no_other_package_is(package, name):
    assert where_of(package(name), "told").endswith(f"{name}/inner.py")


@pytest.mark.parametrize(("value", "is_passed_over"), [(True, True), (False, False), ("no", False)])
def test_an_adapter_of_another_name_says_that_it_is_one(package, value, is_passed_over):
    call = package("adapting")
    importlib.import_module("adapting").__seedbed_adapter__ = value
    assert where_of(call, "told").endswith("test_warning.py" if is_passed_over else "adapting/inner.py")


def test_an_adapter_of_another_name_has_warnings_of_rules_point_at_the_users_line(package):
    call = package("adapter_of_acme")
    importlib.import_module("adapter_of_acme").__seedbed_adapter__ = True
    model = {"head/weight": np.zeros((2, 2), np.float32)}
    with pytest.warns(UserWarning, match="the rules left something over") as caught:
        call(seedbed.models.initialize, model, {"*/bias": "zeros"}, seed=7)
    assert [told.filename for told in caught] == [__file__]


def test_a_framework_that_has_called_seedbed_can_be_named(package):
    call = package("frame")
    assert where_of(call, "told", through=("frame",)) == __file__
    assert where_of(call, "told").endswith("frame/inner.py")


@pytest.mark.parametrize(("name", "where"), [("seedbed_bar", "test_warning.py"), ("bar", "bar/inner.py")])
def test_a_deprecated_name_that_another_package_asks_for_warns_there_or_at_the_users_line(
    package, name, where
):
    call = package(name)
    with pytest.warns(DeprecatedNameWarning, match="use 'small_init' instead") as caught:
        call(seedbed.get, "small_normal")
    assert caught[0].filename.endswith(where)


def test_it_is_told_once_for_each_line_and_can_be_an_error(package):
    call = package("seedbed_once")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("default")
        for _ in range(3):
            call(warning.warn, "told")
    assert len(caught) == 1
    with pytest.raises(UserWarning, match="told"):
        call(warning.warn, "told")

"""One line says what to install, where Keras is absent, too old, or without its backend."""

from __future__ import annotations

import os
import sys
import types

import pytest
from frameworks import framework

os.environ.setdefault("KERAS_BACKEND", "jax")
framework("keras")

from seedbed.errors import MissingExtraError  # noqa: E402
from seedbed_keras.requirement import require_keras  # noqa: E402


class Refusing:
    def __init__(self, error):
        self.error = error

    def find_spec(self, name, path=None, target=None):
        if name == "keras":
            raise self.error


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (
            ModuleNotFoundError("No module named 'keras'", name="keras"),
            "needs Keras 3.5 or later; install it: pip install 'keras>=3.5'",
        ),
        (
            ModuleNotFoundError("No module named 'tensorflow'", name="tensorflow"),
            r"\(No module named 'tensorflow'\); install the backend that is missing, or set KERAS_BACKEND to",
        ),
    ],
)
def test_keras_that_cannot_be_imported_is_one_line_with_its_cause(monkeypatch, error, message):
    monkeypatch.delitem(sys.modules, "keras")
    monkeypatch.setattr(sys, "meta_path", [Refusing(error), *sys.meta_path])
    with pytest.raises(MissingExtraError, match=message) as raised:
        require_keras()
    assert raised.value.__cause__ is error
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("version", ["2.15.0", "3.4.1", "of no known version"])
def test_keras_that_is_too_old_is_one_line(monkeypatch, version):
    found = types.ModuleType("keras")
    if version[0].isdigit():
        found.__version__ = version
    monkeypatch.setitem(sys.modules, "keras", found)
    with pytest.raises(MissingExtraError, match=f"found {version}; install it: pip install 'keras>=3.5'"):
        require_keras()


@pytest.mark.parametrize("version", ["3.5.0", "3.15.1", "4.0.0.dev1"])
def test_keras_that_is_new_enough_is_taken(monkeypatch, version):
    found = types.ModuleType("keras")
    found.__version__ = version
    monkeypatch.setitem(sys.modules, "keras", found)
    require_keras()

"""Run the examples of the documentation: ``>>>`` in Markdown pages, and in the docstrings of core."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from doctest import ELLIPSIS
from typing import Any

import pytest
from frameworks import REQUIRED, absent_modules
from hypothesis import HealthCheck, settings
from sybil import Sybil
from sybil.document import PythonDocStringDocument
from sybil.integration.pytest import SybilItem
from sybil.parsers.doctest import DocTestParser
from sybil.parsers.markdown import PythonCodeBlockParser

from seedbed.catalogue import default
from seedbed.catalogue.catalogue import Catalogue
from seedbed.governance.policy import read_variables_again

# On a machine that does other work too, time says nothing of what is tested.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")


if os.environ.get("SEEDBED_TEST_ENGINE") == "native":

    @pytest.fixture(autouse=True)
    def _native_engine(monkeypatch: pytest.MonkeyPatch) -> None:
        """Draw with seedbed-native, whatever the test before has chosen."""
        from seedbed_native import NativeEngine  # noqa: PLC0415 - for the runs that have it

        monkeypatch.setattr("seedbed.random.engines._active", NativeEngine())


def _forget_holders() -> None:
    """Let no model of another test count as one that has the same values, which would be warned of."""
    for name in ("seedbed_keras.repeats", "seedbed_tensorflow.adapter"):
        if (module := sys.modules.get(name)) is not None:
            module._DRAWN.__init__()  # noqa: SLF001 - for tests alone


def _use_a_fresh_catalogue(namespace: dict[str, Any]) -> None:
    """Keep what one page registers from every other page and test."""
    _forget_holders()
    namespace["_former_catalogue"] = default.CATALOGUE
    default.CATALOGUE = Catalogue()  # type: ignore[misc]


def _restore_the_catalogue(namespace: dict[str, Any]) -> None:
    default.CATALOGUE = namespace["_former_catalogue"]  # type: ignore[misc]


pages = Sybil(
    parsers=[PythonCodeBlockParser(doctest_optionflags=ELLIPSIS)],
    pattern="*.md",
    exclude="first-plugin.md",  # tests/installed/test_new_package.py goes through it
    setup=_use_a_fresh_catalogue,
    teardown=_restore_the_catalogue,
)
docstrings = Sybil(
    parsers=[DocTestParser(optionflags=ELLIPSIS)],
    patterns=["core/seedbed/*.py", "core/seedbed/*/*.py", "plugins/*/src/*/*.py"],
    document_types={".py": PythonDocStringDocument},
    setup=_use_a_fresh_catalogue,
    teardown=_restore_the_catalogue,
)


def pytest_make_parametrize_id(val: object) -> str | None:
    """Name a parameter without its address, by which the processes of a test run would differ."""
    text = repr(val)
    return re.sub(r" at 0x[0-9a-f]+", "", text) if " at 0x" in text else None


pytest_collect_file = (pages + docstrings).pytest()


def pytest_itemcollected(item: pytest.Item) -> None:
    """Skip the examples of what is installed in some environments only, unless all of it must be."""
    if not isinstance(item, SybilItem) or os.environ.get(REQUIRED):
        return
    if absent := absent_modules(item.path):
        item.add_marker(pytest.mark.skip(reason=f"{' and '.join(absent)} not installed"))


@pytest.fixture(autouse=True)
def _environment_read_anew() -> Iterator[None]:
    """Let each test have an environment of its own, of which a process reads the policy once."""
    read_variables_again()
    _forget_holders()
    yield
    read_variables_again()

"""Whether the engine is built here; where it must be, tests fail without it instead of being skipped."""

from __future__ import annotations

import importlib.util
import os
import shutil
from pathlib import Path

import pytest

REQUIRED = "SEEDBED_REQUIRE_NATIVE"
SOURCES = Path(__file__).parents[1] / "src" / "seedbed_native"


def need_the_engine() -> None:
    """Skip the module that calls this where the engine is not installed."""
    if importlib.util.find_spec("seedbed_native") is None:
        do_without("seedbed-native is not installed")


def compiler() -> str:
    """Return a C compiler, or skip the test."""
    found = os.environ.get("CC") or shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if not found:
        do_without("no C compiler")
    assert found
    return found


def do_without(reason: str) -> None:
    """Skip, or fail where the environment says that nothing may be skipped."""
    if os.environ.get(REQUIRED):
        pytest.fail(f"{reason}, and {REQUIRED} is set", pytrace=False)
    pytest.skip(reason, allow_module_level=True)

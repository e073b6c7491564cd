"""The frameworks that packages such as `seedbed-torch` are for, and which may be absent."""

from __future__ import annotations

import importlib
import importlib.util
import os
import re
from pathlib import Path
from types import ModuleType

import pytest

REQUIRED = "SEEDBED_REQUIRE_FRAMEWORKS"
"""Where this variable of the environment is set, what is absent is a failure."""

FRAMEWORKS = {
    "torch": "seedbed_torch",
    "jax": "seedbed_jax",
    "keras": "seedbed_keras",
    "mlx": "seedbed_mlx",
    "tensorflow": "seedbed_tensorflow",
    "seedbed_native._native": "seedbed_native",  # which needs no framework but a compiler
}

_IMPORT = re.compile(rf"\b(?:import|from) ({'|'.join(FRAMEWORKS.values())})\b")


def framework(name: str, *, plugin: str | None = None) -> ModuleType:
    """Return the module `name`, or skip the test module that asks, with a reason.

    Parameters
    ----------
    name
        A module such as ``"torch"``, ``"flax.nnx"``.
    plugin
        The module of ours that the tests need besides; by default that of the framework `name`, if we have
        one.
    """
    needed = [module for module in (name, plugin or FRAMEWORKS.get(name)) if module]
    if absent := [module for module in needed if not _is_installed(module)]:
        _do_without(f"{' and '.join(absent)} not installed")
    return importlib.import_module(name)


def absent_modules(page: Path) -> list[str]:
    """Return the plugins that the examples of a page, or of a module, import, and the frameworks of these.

    Only those that are not installed.
    """
    imported = set(_IMPORT.findall(page.read_text(encoding="utf-8")))
    imported |= {plugin for plugin in FRAMEWORKS.values() if plugin.replace("_", "-") in page.parts}
    needed = (pair for pair in FRAMEWORKS.items() if pair[1] in imported)
    return sorted(module for pair in needed for module in pair if not _is_installed(module))


def _is_installed(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:  # of a package that should hold it
        return False


def _do_without(reason: str) -> None:
    if os.environ.get(REQUIRED):
        pytest.fail(f"{reason}, and {REQUIRED} is set", pytrace=False)
    pytest.skip(reason, allow_module_level=True)

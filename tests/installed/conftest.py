"""Wheels built by the real build backend, environments to install them in, and a folder of fake packages."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from environments import Environment, run
from fakes import FakeSite
from frameworks import FRAMEWORKS

ROOT = Path(__file__).parents[2]

_CLI = ("seedbed", "seedbed_testing", "seedbed_tools")
"""The wheels that `seedbed[cli]` stands for in the tests."""


@pytest.fixture(autouse=True)
def own_finders(monkeypatch):
    """Take away the finders that a catalogue has put in front, which an exception may keep alive."""
    monkeypatch.setattr(sys, "meta_path", list(sys.meta_path))


@pytest.fixture(scope="session")
def pip_python(tmp_path_factory):
    """Return a Python that has pip, which ours need not have."""
    root = tmp_path_factory.mktemp("pip")
    run(sys.executable, "-m", "venv", root)
    return Environment(root, Path()).python


@pytest.fixture(scope="session")
def wheels(tmp_path_factory, pip_python) -> dict[str, Path]:
    """Build the wheels of core, of its own distributions and of the example plugins, as an installer does."""
    names = ("seedbed-tools", "seedbed-testing", "seedbed-example", "seedbed-acme-example")
    plugins = [ROOT / "plugins" / name for name in names]
    return _built(tmp_path_factory.mktemp("wheels"), pip_python, ROOT, *plugins)


@pytest.fixture(scope="session")
def framework_wheels(tmp_path_factory, pip_python) -> dict[str, Path]:
    """Build the wheels of the packages for frameworks."""
    plugins = [ROOT / "plugins" / f"seedbed-{name}" for name in FRAMEWORKS]
    return _built(tmp_path_factory.mktemp("wheels"), pip_python, *plugins)


def _built(folder: Path, pip_python: Path, *sources: Path) -> dict[str, Path]:
    run(pip_python, "-m", "pip", "wheel", "--no-deps", "--wheel-dir", folder, *sources)
    return {wheel.name.partition("-")[0]: wheel for wheel in folder.glob("*.whl")}


@pytest.fixture(scope="session")
def core_dependencies(tmp_path_factory, pip_python, wheels) -> Environment:
    """Return an environment with what core needs, but without core."""
    return _dependencies(tmp_path_factory.mktemp("core-dependencies"), pip_python, [wheels["seedbed"]])


@pytest.fixture(scope="session")
def cli_dependencies(tmp_path_factory, pip_python, wheels, core_dependencies) -> Environment:
    """Return an environment with what the command line needs in addition."""
    root = tmp_path_factory.mktemp("cli-dependencies")
    return _dependencies(root, pip_python, [wheels[name] for name in _CLI], seeing=[core_dependencies])


@pytest.fixture(scope="session")
def make_environment(tmp_path_factory, pip_python, wheels, core_dependencies, cli_dependencies):
    """Return a function that installs wheels, by the names of their packages, into a fresh environment."""

    def make(*packages: str) -> Environment:
        has_cli = "seedbed[cli]" in packages
        names = [package for package in packages if package != "seedbed[cli]"] + has_cli * [*_CLI]
        wanted = [wheels[name] for name in names]
        lent = [core_dependencies, cli_dependencies] if has_cli else [core_dependencies]
        environment = Environment.make(tmp_path_factory.mktemp("env"), pip_python=pip_python, seeing=lent)
        environment.pip("install", "--no-index", *wanted)
        return environment

    return make


@pytest.fixture
def make_site(tmp_path, monkeypatch) -> Callable[[str], FakeSite]:
    """Return a function that makes a folder of fake packages; what is imported from it is forgotten again."""
    before = set(sys.modules)

    def make(name: str) -> FakeSite:
        folder = tmp_path / name
        folder.mkdir()
        monkeypatch.syspath_prepend(folder)
        return FakeSite(folder)

    yield make
    for name in set(sys.modules) - before:
        if str(getattr(sys.modules[name], "__file__", "")).startswith(str(tmp_path)):
            del sys.modules[name]


@pytest.fixture
def site(make_site) -> FakeSite:
    """Return a folder of fake packages at the front of the path."""
    return make_site("site")


def _dependencies(
    root: Path, pip_python: Path, wheels: list[Path], *, seeing: list[Environment] = ()
) -> Environment:
    environment = Environment.make(root, pip_python=pip_python, seeing=seeing)
    environment.pip("install", "--no-compile", *wheels)
    environment.pip("uninstall", "-y", "seedbed", "seedbed-tools", "seedbed-testing")
    return environment

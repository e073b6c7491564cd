"""Wheels built by the real build backend, environments to install them in, and a folder of fake packages."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from environments import Environment, run
from fakes import FakeSite

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


class _Wheels(dict[str, Path]):
    """The wheels of our packages, each built when it is asked for, as an installer does."""

    def __init__(self, folder: Path, pip_python: Path) -> None:
        self._folder, self._pip_python = folder, pip_python

    def __missing__(self, package: str) -> Path:
        source = ROOT if package == "seedbed" else ROOT / "plugins" / package.replace("_", "-")
        folder = self._folder / package
        run(self._pip_python, "-m", "pip", "wheel", "--no-deps", "--wheel-dir", folder, source)
        (self[package],) = folder.glob("*.whl")
        return self[package]


@pytest.fixture(scope="session")
def wheels(tmp_path_factory, pip_python) -> dict[str, Path]:
    """Return the wheels of our packages by the names of these."""
    return _Wheels(tmp_path_factory.mktemp("wheels"), pip_python)


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

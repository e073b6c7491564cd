"""The files of a new package, and how they are written: all of them, or none."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import Final

from seedbed import __version__
from seedbed.errors import ArgumentError
from seedbed.files import whole_folder
from seedbed_tools.scaffold.package import Package
from seedbed_tools.scaffold.template import expand

_FILES: Final = {
    ".github/workflows/ci.yml": "ci.yml",
    ".gitignore": "gitignore",
    "pyproject.toml": "pyproject.toml",
    "src/<<folder>>/py.typed": "py.typed",
}
"""Where each file of the template goes."""

_INITIALIZERS: Final = {
    "README.md": "README.md",
    "src/<<folder>>/__init__.py": "package.py",
    "src/<<folder>>/mirrored.py": "mirrored.py",
    "src/<<folder>>/triangular.py": "triangular.py",
    "tests/test_<<underscored>>.py": "contract.py",
}
_ADAPTER: Final = {
    "README.md": "adapter/README.md",
    "src/<<folder>>/__init__.py": "adapter/package.py",
    "src/<<folder>>/models.py": "adapter/models.py",
    "src/<<folder>>/stand_in.py": "adapter/stand_in.py",
    "tests/test_<<underscored>>.py": "adapter/kit.py",
}
_PLUGIN: Final = {"src/<<folder>>/plugin.py": "plugin.py"}
_PRESETS: Final = {"src/<<folder>>/catalogue.toml": "catalogue.toml"}


def render(package: Package) -> dict[str, str]:
    """Return the text of each file of a package by its path in the package's folder, sorted.

    Examples
    --------
    >>> list(render(Package("acme-inits")))[:3]
    ['.github/workflows/ci.yml', '.gitignore', 'README.md']
    """
    wanted = _FILES | (_ADAPTER if package.adapter else _INITIALIZERS)
    if package.hook or package.presets:
        wanted |= _PLUGIN
    if package.presets:
        wanted |= _PRESETS
    values = _values(package)
    return {
        path: expand(_text_of(resource), values)
        for path, resource in sorted((expand(path, values), resource) for path, resource in wanted.items())
    }


def write(package: Package, parent: Path) -> Path:
    """Write a package into a new folder of its name in `parent`, and return the folder.

    Raises
    ------
    ArgumentError
        If something of that name is there already, or its names are taken in this environment. Nothing is
        written then.
    OSError
        If it cannot be written. Nothing is left behind then.
    """
    package.check_free()
    rendered = render(package)
    folder = parent / package.name
    try:
        with whole_folder(folder) as unfinished:
            for path, text in rendered.items():
                file = unfinished / path
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(text.encode())
    except FileExistsError as error:
        if error.filename != str(folder.absolute()):
            raise
        raise ArgumentError(
            f"{package.name!r} exists in {parent}; choose another name, or move it away"
        ) from error
    return folder


def _values(package: Package) -> dict[str, str]:
    return {
        "name": package.name,
        "module": package.module,
        "folder": package.module.replace(".", "/"),
        "underscored": package.module.replace(".", "_"),
        "top": package.top,
        "namespace": package.namespace,
        "author": package.author.to_toml() if package.author else "",
        "hook": "yes" if package.hook else "",
        "presets": "yes" if package.presets else "",
        "adapter": "yes" if package.adapter else "",
        "points": "" if package.hook or package.adapter else "yes",
        "plugin": "yes" if package.hook or package.presets else "",
        "both": "yes" if package.hook and package.presets else "",
        "bounds": compatible(__version__),
    }


def compatible(version: str) -> str:
    """Return the versions of Seedbed that are compatible with `version` and no older.

    Examples
    --------
    >>> compatible("0.3.1"), compatible("2.4.0")
    ('>=0.3,<0.4', '>=2.4,<3')
    """
    major, minor = map(int, version.split(".")[:2])
    return f">={major}.{minor},<{major + 1}" if major else f">=0.{minor},<0.{minor + 1}"


def _text_of(resource: str) -> str:
    # The suffix keeps the checks of this repository, and those of whoever installs it, from taking the
    # template for code.
    return files("seedbed_tools.scaffold").joinpath("template", f"{resource}.txt").read_text(encoding="utf-8")

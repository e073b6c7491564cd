"""``seedbed new``: a package of initializers of one's own, and what to do with it."""

from __future__ import annotations

import sys
from pathlib import Path

from seedbed_tools.scaffold import Author, Package, render, write
from seedbed_tools.scaffold.author import from_git


def create(name: str, *, namespace: str, author: str | None, hook: bool, presets: bool) -> int:
    """Write a package into a new folder here, and say what there is and what comes next."""
    here = Path.cwd()
    package = Package(
        name,
        namespace=namespace,
        author=from_git(here) if author is None else Author.parse(author),
        hook=hook,
        presets=presets,
    )
    write(package, here)
    sys.stdout.writelines(f"{line}\n" for line in _report(package))
    return 0


def _report(package: Package) -> list[str]:
    by = f", by {package.author}" if package.author else ""
    formula = f"src/{package.module.replace('.', '/')}/triangular.py"
    return [
        f"wrote {package.name}{by}",
        *(f"  {path}" for path in render(package)),
        "",
        "next",
        f"  cd {package.name}",
        "  pip install -e .",
        f"  seedbed check {package.name}",
        "  pytest",
        f"and put your own formula into {formula}",
    ]

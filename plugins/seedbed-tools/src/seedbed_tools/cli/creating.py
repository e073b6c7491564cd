"""``seedbed new``: a new package for initializers of one's own, or for a framework."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from seedbed_tools.cli.page import print_lines
from seedbed_tools.scaffold import Author, Package, render, write
from seedbed_tools.scaffold.author import from_git


def run(options: Namespace) -> int:
    """Write a package into a new folder; print its files and the next steps."""
    here = Path.cwd()
    package = Package(
        options.name,
        namespace=options.namespace,
        author=from_git(here) if options.author is None else Author.parse(options.author),
        hook=options.hook,
        presets=options.presets,
        adapter=options.adapter,
    )
    write(package, here)
    print_lines(*_report(package))
    return 0


def _report(package: Package) -> list[str]:
    by = f", by {package.author}" if package.author else ""
    folder = f"src/{package.module.replace('.', '/')}"
    first = f"and put your own formula into {folder}/triangular.py"
    if package.adapter:
        first = f"and put your framework into {folder}/models.py, in the place of stand_in.py"
    return [
        f"wrote {package.name}{by}",
        *(f"  {path}" for path in render(package)),
        "",
        "next",
        f"  cd {package.name}",
        "  pip install -e .",
        *([] if package.adapter else [f"  seedbed check {package.name}"]),
        "  pytest",
        first,
    ]

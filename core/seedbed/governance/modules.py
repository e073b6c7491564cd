"""Which modules the files of a package stand for."""

from __future__ import annotations

import os
from collections.abc import Container, Iterable, Mapping
from importlib.machinery import BYTECODE_SUFFIXES, EXTENSION_SUFFIXES, SOURCE_SUFFIXES, ModuleSpec
from itertools import accumulate
from typing import Final

SUFFIXES: Final = (*EXTENSION_SUFFIXES, *SOURCE_SUFFIXES, *BYTECODE_SUFFIXES)
"""How the files of modules end on this platform, in the order in which Python's own finder tries them."""


def modules_in(files: Iterable[str]) -> dict[str, str]:
    """Return the path of each module, by its name; of two of one name that which Python would take.

    Examples
    --------
    >>> modules_in(["acme/__init__.py", "acme/ramps.py", "acme/ramps/__init__.py", "acme/notes.txt"])
    {'acme': 'acme/__init__.py', 'acme.ramps': 'acme/ramps/__init__.py'}

    A folder without an ``__init__`` is looked into beside a module of its name as well, which may make itself
    a package by giving itself a ``__path__``:

    >>> list(modules_in(["acme/__init__.py", "acme/page.py", "acme/page/template.py"]))
    ['acme', 'acme.page', 'acme.page.template']
    """
    found: dict[str, tuple[tuple[bool, int], str]] = {}
    for path in files:
        *folders, file = path.split("/")
        for rank, suffix in enumerate(SUFFIXES):
            stem = file.removesuffix(suffix)
            is_package = stem == "__init__"
            parts = folders if is_package else [*folders, stem]
            if stem == file or not parts or not all(parts) or any("." in part for part in parts):
                continue
            name, order = ".".join(parts), (not is_package, rank)
            if name not in found or order < found[name][0]:
                found[name] = order, path
    return {name: path for name, (_, path) in sorted(found.items())}


def plain_in(modules: Mapping[str, str]) -> frozenset[str]:
    """Return which of the modules, by the paths of their files, are packages by their own doing alone."""
    return frozenset(
        name for name, path in modules.items() if not path.rpartition("/")[2].startswith("__init__.")
    )


def namespaces_of(modules: Iterable[str]) -> frozenset[str]:
    """Return the names of the packages around these modules that have no code, and so may be shared."""
    named = frozenset(modules)
    return frozenset(name for module in named for name in around(module)) - named


def outermost(modules: Iterable[str]) -> tuple[str, ...]:
    """Return the modules that lie in none of the others, sorted.

    Examples
    --------
    >>> outermost(["acme", "acme.ramps", "acme_ns.deep.more"])
    ('acme', 'acme_ns.deep.more')
    """
    named = frozenset(modules)
    return tuple(sorted(name for name in named if not is_within(name, named)))


def around(module: str) -> list[str]:
    """Return the names of the packages that a module lies in, the outermost first."""
    return list(accumulate(module.split("."), "{}.{}".format))[:-1]


def is_within(module: str, modules: Container[str]) -> bool:
    """Say whether a module lies in one of these."""
    return any(name in modules for name in around(module))


def has_code(spec: ModuleSpec) -> bool:
    """Say whether importing a module runs anything, as it does not for a namespace package."""
    return spec.loader is not None and not (spec.origin is None and spec.submodule_search_locations)


def real_place(file: str) -> str:
    """Return where a file is, in one spelling."""
    # The file itself may be a link, as some installers make them; its folder tells where it is.
    folder, name = os.path.split(os.path.abspath(file))
    return os.path.join(os.path.realpath(folder), name)

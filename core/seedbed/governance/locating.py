"""Where a module would be imported from, without importing it or a package that it lies in."""

from __future__ import annotations

import pkgutil
import sys
from collections.abc import Iterable, Iterator
from importlib.machinery import ModuleSpec, PathFinder

from seedbed.governance.finder import Finder
from seedbed.governance.modules import around, has_code


def origins(module: str, known: dict[str, ModuleSpec | None] | None = None) -> Iterator[tuple[str, str]]:
    """Yield each package around a module, then the module, with the file that it would be imported from.

    What is imported already has the file that it came from. A namespace package, which is a folder without
    code, is left out. What is not found has an empty file, and ends it. `known` keeps what was found, for
    other modules at the same moment.

    Examples
    --------
    >>> [name for name, file in origins("seedbed.discovery.claims")]
    ['seedbed', 'seedbed.discovery', 'seedbed.discovery.claims']
    """
    path: list[str] | None = None
    known = {} if known is None else known
    for name in (*around(module), module):
        if name not in known:
            known[name] = _spec(name, path)
        spec = known[name]
        if spec is None:
            yield name, ""
            return
        if has_code(spec):
            yield name, spec.origin or ""
        path = list(spec.submodule_search_locations or [])


def _spec(name: str, path: list[str] | None) -> ModuleSpec | None:
    imported = sys.modules.get(name)
    if imported is not None:
        spec: ModuleSpec | None = getattr(imported, "__spec__", None)
        return spec
    for finder in list(sys.meta_path):
        if isinstance(finder, Finder):  # which is there to overrule what the others would do
            continue
        # Python's own would look for the package around a namespace package among the imported ones.
        find = _on_path if finder is PathFinder else getattr(finder, "find_spec", None)
        if find is not None and (spec := find(name, path)) is not None:
            return spec
    return None


def _on_path(name: str, path: Iterable[str] | None) -> ModuleSpec | None:
    """Do as `PathFinder.find_spec` does."""
    namespace = ModuleSpec(name, None, is_package=True)
    portions = namespace.submodule_search_locations = []
    for folder in sys.path if path is None else path:
        finder = pkgutil.get_importer(folder) if isinstance(folder, str) else None
        spec = None if finder is None else finder.find_spec(name)
        if spec is not None and spec.loader is not None:
            return spec
        portions += (spec and spec.submodule_search_locations) or []
    return namespace if portions else None

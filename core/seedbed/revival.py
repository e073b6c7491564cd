"""Initializers of locked and allowed packages on their way to other processes.

What is pickled names its class, whose module Python would import before anybody there has asked for a policy.
So where a policy holds imports, a pickle has the class's name as text, and whoever reads it looks first.
"""

from __future__ import annotations

import copyreg
import importlib
import sys
from functools import reduce
from typing import Any

_NEW: Any = getattr(copyreg, "__newobj__")  # noqa: B009 - which type checkers do not know


def reduced(instance: object, given: Any) -> Any:
    """Return what `object.__reduce_ex__` gave, with the class by its name if a policy holds imports.

    A class that is not to be found by its name stays itself, for tools that pickle classes by their code.
    """
    cls = type(instance)
    module, name = cls.__module__, cls.__qualname__
    is_held = any(hasattr(finder, "_seedbed_refuses") for finder in sys.meta_path)
    if not is_held or module == "__main__" or not isinstance(given, tuple) or given[0] is not _NEW:
        return given
    try:
        is_found = _found(module, name) is cls
    except (AttributeError, KeyError):
        return given
    return (revived, (module, name, *given[1][1:]), *given[2:]) if is_found else given


def revived(module: str, name: str, *arguments: Any) -> Any:
    """Return a new instance of a class, whose module is imported as the policy of this process says.

    Raises
    ------
    ImportError
        If the module is not to be imported.
    """
    if module not in sys.modules:
        catalogue = importlib.import_module("seedbed").catalogue()
        len(catalogue)  # which scans, and so holds imports
        importlib.import_module(module)
    cls: Any = _found(module, name)
    return _NEW(cls, *arguments)


def _found(module: str, name: str) -> object:
    return reduce(getattr, name.split("."), sys.modules[module])

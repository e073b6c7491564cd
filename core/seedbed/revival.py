"""Initializers and their classes on their way to other processes.

What is pickled names a class, whose module Python would import before anybody there has asked for a policy.
So a pickle has the class's name as text, and whoever reads it looks first whether a policy has a say.
"""

from __future__ import annotations

import copyreg
import importlib
import sys
from functools import reduce
from typing import Any


def reduced(cls: type) -> str | tuple[Any, ...]:
    """Return how a class is pickled, as ``__reduce__`` would.

    One that is not to be found by its name stays itself, for tools that pickle classes by their code.
    """
    module, name = cls.__module__, cls.__qualname__
    try:
        is_found = _found(module, name) is cls
    except (AttributeError, KeyError):
        is_found = False
    # What runs as a script cannot be imported, and core is imported by whoever reads the pickle.
    return (revived, (module, name)) if is_found and not _is_there(module) else name


def revived(module: str, name: str) -> object:
    """Return a class, whose module is imported as the policy of this process says.

    Raises
    ------
    SeedbedError
        If the policy cannot be read.
    ImportError
        If the module is not to be imported.
    """
    if module not in sys.modules:
        # By their names: this is where initializers begin, and the catalogue is made of them.
        policy, scan = map(importlib.import_module, ("seedbed.governance.policy", "seedbed.catalogue.scan"))
        if any(policy.policy_variables().values()) and not scan.within_a_scan():
            len(importlib.import_module("seedbed.catalogue.default").CATALOGUE)  # and so holds imports
        importlib.import_module(module)
    return _found(module, name)


def by_name(metaclass: type) -> None:
    """Have the classes of a metaclass pickled by their names."""
    copyreg.pickle(metaclass, reduced)


def _is_there(module: str) -> bool:
    return module.partition(".")[0] in ("__main__", "__mp_main__", "seedbed")


def _found(module: str, name: str) -> object:
    return reduce(getattr, name.split("."), sys.modules[module])

"""A catalogue of neural-network weight initializers that any installed package can extend."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from seedbed.__about__ import __version__
from seedbed.errors import SeedbedError
from seedbed.initializer import Initializer

if TYPE_CHECKING:
    from seedbed import combinators as combinators
    from seedbed import drawing as drawing
    from seedbed import dtypes as dtypes
    from seedbed import errors as errors
    from seedbed import fans as fans
    from seedbed import hookspecs as hookspecs
    from seedbed import locking as locking
    from seedbed import models as models
    from seedbed import presets as presets
    from seedbed import random as random
    from seedbed import requirement as requirement
    from seedbed import rules as rules
    from seedbed import standard as standard
    from seedbed import testing as testing
    from seedbed.catalogue.catalogue import Catalogue
    from seedbed.elementwise import ElementwiseInitializer
    from seedbed.entry import Entry
    from seedbed.gains import gain
    from seedbed.hookspecs import hookimpl
    from seedbed.rows import Deprecation, Homonym, Tombstone
    from seedbed.rules.reading import recipe

# Import the package of this name first. Otherwise its import would later hide the function of the same name.
import seedbed.catalogue  # noqa: F401 # isort: skip
from seedbed.api import catalogue, from_config, get, refresh, register, to_config

__all__ = [
    "Catalogue",
    "Deprecation",
    "ElementwiseInitializer",
    "Entry",
    "Homonym",
    "Initializer",
    "SeedbedError",
    "Tombstone",
    "__version__",
    "catalogue",
    "from_config",
    "gain",
    "get",
    "hookimpl",
    "recipe",
    "refresh",
    "register",
    "to_config",
]

_ON_DEMAND = {
    "Catalogue": "seedbed.catalogue.catalogue",
    "Deprecation": "seedbed.rows",
    "ElementwiseInitializer": "seedbed.elementwise",
    "Entry": "seedbed.entry",
    "Homonym": "seedbed.rows",
    "Tombstone": "seedbed.rows",
    "gain": "seedbed.gains",
    "hookimpl": "seedbed.hookspecs",
    "recipe": "seedbed.rules.reading",
}
"""Public names that cost time to import and that not every program needs."""

_MODULES = {
    "combinators",
    "drawing",
    "dtypes",
    "errors",
    "fans",
    "hookspecs",
    "locking",
    "models",
    "presets",
    "random",
    "requirement",
    "rules",
    "standard",
    "testing",
}
"""Public modules, so that `seedbed.fans` needs no import of its own.

``from seedbed import *`` takes none of them: `random` would hide Python's, and `testing` needs an extra.
"""


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return importlib.import_module(f"{__name__}.{name}")
    if name not in _ON_DEMAND:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}{_hint(name)}")
    return getattr(importlib.import_module(_ON_DEMAND[name]), name)


def _hint(name: str) -> str:
    """Return what to write instead of a name that is not here."""
    if name.startswith("_"):
        return ""
    from seedbed.arguments import suggestion  # noqa: PLC0415 - for failures only
    from seedbed.catalogue.scan import may_be_of_core  # noqa: PLC0415

    if may_be_of_core(name):
        return f'; for the initializer of this name write {__name__}.get("{name}")'
    return suggestion(name, __dir__()) or (
        f'; dir({__name__}) lists what there is, and {__name__}.get("NAME") returns an initializer'
    )


def __dir__() -> list[str]:
    return sorted({*__all__, *_MODULES})

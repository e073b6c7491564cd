"""Which packages may serve which names: policies, lock files, and what they keep from being imported."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from seedbed.governance.lock import Lock
    from seedbed.governance.lock_rows import (
        LockedEntry,
        LockedHomonym,
        LockedProvider,
        LockedTombstone,
        as_table,
    )

__all__ = ["Lock", "LockedEntry", "LockedHomonym", "LockedProvider", "LockedTombstone", "as_table"]


def __getattr__(name: str) -> Any:
    # When asked for: a first look-up imports this package, and most programs have no lock.
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{'lock' if name == 'Lock' else 'lock_rows'}"), name)

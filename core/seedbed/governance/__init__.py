"""Which packages may serve which names: policies, lock files, and what they keep from being imported."""

from seedbed.governance.lock import Lock
from seedbed.governance.lock_rows import (
    LockedEntry,
    LockedHomonym,
    LockedProvider,
    LockedTombstone,
    as_table,
)

__all__ = ["Lock", "LockedEntry", "LockedHomonym", "LockedProvider", "LockedTombstone", "as_table"]

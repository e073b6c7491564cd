"""Lock files: what a catalogue was, as TOML that people review in a diff, and what differs between two."""

from seedbed.lockfile.differences import differences
from seedbed.lockfile.lock import Lock
from seedbed.lockfile.rows import LockedEntry, LockedHomonym, LockedProvider, LockedTombstone, as_table

__all__ = [
    "Lock",
    "LockedEntry",
    "LockedHomonym",
    "LockedProvider",
    "LockedTombstone",
    "as_table",
    "differences",
]

"""Entries and lost names as JSON data, with nothing imported."""

from __future__ import annotations

from typing import Any, Final

from seedbed import Catalogue, Entry
from seedbed.discovery import CORE
from seedbed.errors import text_of
from seedbed.foreign import Attempt
from seedbed.issue import Issue
from seedbed_tools.rivals import conflicts

BLOCKED: Final = ("blocked", "unlocked")
"""The kinds of what a policy or its lock keeps out."""


def entry_record(catalogue: Catalogue, entry: Entry) -> dict[str, Any]:
    """Return what is known of `entry` without importing another package."""
    return {
        "name": entry.name,
        "full_name": entry.full_name,
        "provider": entry.provider,
        "version": entry.version,
        "summary": catalogue.summary(entry),
        "owner": entry.owner,
        "tags": list(entry.tags),
        "aliases": list(entry.names[1:]),
        "deprecated": _deprecation(entry),
        "conflicts_with": list(conflicts(catalogue, entry)),
        "broken": None,
        "blocked": None,
        "reproducibility": _reproducibility(catalogue, entry),
    }


def lost_record(issue: Issue) -> dict[str, Any]:
    """Return the same for what is broken or blocked; ``*`` stands for names that are not known."""
    is_blocked = issue.kind in BLOCKED
    return {
        "name": issue.full_name.partition(":")[2],
        "full_name": issue.full_name,
        "provider": issue.provider,
        "version": issue.version,
        "summary": issue.where if is_blocked else "",
        "owner": "",
        "tags": [],
        "aliases": list(issue.names[1:]) if is_blocked else [],
        "deprecated": None,
        "conflicts_with": [],
        "broken": None if is_blocked else issue.to_dict(),
        "blocked": issue.to_dict() if is_blocked else None,
        "reproducibility": None,
    }


def _reproducibility(catalogue: Catalogue, entry: Entry) -> str | None:
    if isinstance(entry.target, type):  # not loaded, since what the entry binds may not fit
        with Attempt():  # a metaclass may do anything, and is not to break a list
            return text_of(entry.target.reproducibility)
        return None
    return catalogue.load(entry).reproducibility if entry.provider == CORE else None


def _deprecation(entry: Entry) -> dict[str, str] | None:
    if entry.deprecated is None:
        return None
    return {
        "since": entry.deprecated.since,
        "removed_in": entry.deprecated.removed_in,
        "replaced_by": entry.deprecated.replaced_by,
        "reason": entry.deprecated.reason,
    }

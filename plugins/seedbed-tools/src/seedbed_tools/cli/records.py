"""An entry of the catalogue as JSON data: what its package's metadata says, with nothing imported."""

from __future__ import annotations

from typing import Any

from seedbed.catalogue.catalogue import Catalogue
from seedbed.discovery.providers import CORE
from seedbed.entry import Entry
from seedbed.errors import text_of
from seedbed.issue import Issue
from seedbed_tools.pages import conflicts


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


def problem_record(problem: Issue) -> dict[str, Any]:
    """Return the same for an entry that `problem` has cost its place in the catalogue."""
    return {
        "name": problem.names[0],
        "full_name": problem.full_name,
        "provider": problem.provider,
        "version": problem.version,
        "summary": "",
        "owner": "",
        "tags": [],
        "aliases": [],
        "deprecated": None,
        "conflicts_with": [],
        "broken": problem.to_dict(),
        "blocked": None,
        "reproducibility": None,
    }


def blocked_record(line: Issue) -> dict[str, Any]:
    """Return the same for what the policy blocks; the module of a plugin stands for names unknown."""
    return {
        "name": line.full_name.partition(":")[2],
        "full_name": line.full_name,
        "provider": line.provider,
        "version": line.version,
        "summary": line.where,
        "owner": "",
        "tags": [],
        "aliases": list(line.names[1:]),
        "deprecated": None,
        "conflicts_with": [],
        "broken": None,
        "blocked": line.to_dict(),
        "reproducibility": None,
    }


def _reproducibility(catalogue: Catalogue, entry: Entry) -> str | None:
    if isinstance(entry.target, type):  # not loaded, since what the entry binds may not fit
        try:
            return text_of(entry.target.reproducibility)
        except KeyboardInterrupt:
            raise
        except BaseException:  # noqa: BLE001 - a metaclass may do anything, and is not to break a list
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

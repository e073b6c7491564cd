"""The path and the finders of ``sys.meta_path``, searched for distributions in Python's order."""

from __future__ import annotations

import os
import sys
from importlib.machinery import PathFinder

from seedbed.discovery.copies import Copy
from seedbed.discovery.finders import found_by, found_in
from seedbed.discovery.folders import metadata_folders
from seedbed.issue import Issue


def every_copy(problems: list[Issue]) -> list[Copy]:
    """Return every copy of a distribution, each once, and add what cannot be one to `problems`."""
    copies: list[Copy] = []
    # Python ignores what is no string, and so must those who read the path.
    entries = [entry for entry in sys.path if isinstance(entry, str)]
    searched = has_foreign = False
    for finder in list(sys.meta_path):
        if not _searches_the_path(finder):
            foreign = found_by(finder, entries, problems)
            has_foreign = has_foreign or bool(foreign)
            copies += foreign
        elif not searched:
            searched = True
            for root in dict.fromkeys(map(_real, entries)):
                folders = metadata_folders(root)
                copies += found_in(root, problems) if folders is None else folders
    # Two finders may find one folder; the path has each but once.
    return _whole(_once(copies) if has_foreign else copies, problems)


def _once(copies: list[Copy]) -> list[Copy]:
    """Return the first copy of each folder, and all that lie in none."""
    first: dict[object, Copy] = {}
    for copy in copies:
        first.setdefault(copy.path if copy.root else id(copy), copy)
    return list(first.values())


def _whole(copies: list[Copy], problems: list[Issue]) -> list[Copy]:
    """Return the copies without what pip was about to replace or remove, and so renamed."""
    left_over = [copy.path for copy in copies if copy.path.startswith("~", len(copy.root) + 1)]
    if not left_over:
        return copies
    what = "left over by an interrupted installation, and not used; delete this folder"
    problems += [Issue("broken", path, "", "metadata folder", what) for path in left_over]
    return [copy for copy in copies if copy.path not in left_over]


def _searches_the_path(finder: object) -> bool:
    """Say whether this is Python's finder, or that by which importlib_metadata replaces it once imported."""
    library = sys.modules.get("importlib_metadata")
    return finder is PathFinder or type(finder) is getattr(library, "MetadataPathFinder", None)


def _real(entry: str) -> str:
    """Return the one spelling of a folder; `entry` where that cannot be told."""
    try:
        return os.path.realpath(entry)
    except (OSError, ValueError):  # the working directory is gone; there is a null character
        return entry

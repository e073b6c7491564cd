"""The path and the finders of ``sys.meta_path``, searched for distributions in Python's order."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from importlib.machinery import PathFinder

from seedbed.catalogue.copies import Copy
from seedbed.catalogue.finders import found_by, found_in
from seedbed.catalogue.folders import metadata_folders
from seedbed.catalogue.problems import Problem


def every_copy(problems: list[Problem]) -> Iterator[Copy]:
    """Yield every copy of a distribution, each once, and add what cannot be one to `problems`."""
    seen = set()
    for copy in _search(problems):
        if copy.path in seen:  # found by two finders
            continue
        if copy.root:
            seen.add(copy.path)
        # How pip renames what it is about to replace or remove.
        if copy.path.startswith("~", len(copy.root) + 1):
            what = "left over by an interrupted installation, and not used; delete this folder"
            problems.append(Problem(copy.path, "", "metadata folder", what))
        else:
            yield copy


def _search(problems: list[Problem]) -> Iterator[Copy]:
    # Python ignores what is no string, and so must those who read the path.
    entries = [entry for entry in sys.path if isinstance(entry, str)]
    searched = False
    for finder in list(sys.meta_path):
        if not _searches_the_path(finder):
            yield from found_by(finder, entries, problems)
        elif not searched:
            searched = True
            for root in dict.fromkeys(map(_real, entries)):
                folders = metadata_folders(root)
                yield from found_in(root, problems) if folders is None else folders


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

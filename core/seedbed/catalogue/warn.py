"""Warnings that point at the caller's line, outside of Seedbed."""

from __future__ import annotations

import os
import sys
import warnings
from typing import Final

from seedbed.entry import Entry
from seedbed.errors import DeprecatedNameWarning

_HERE: Final = os.path.dirname(os.path.dirname(__file__)) + os.sep


def warn_deprecated(entry: Entry) -> None:
    """Warn that the name of `entry` goes away."""
    warnings.warn(f"{entry.full_name} is {entry.deprecated}", DeprecatedNameWarning, stacklevel=_caller())


def _caller() -> int:
    """Return the `stacklevel`, seen from the function above, of the first frame that is not Seedbed's."""
    level, frame = 1, sys._getframe(1)  # noqa: SLF001 - warnings' own skip_file_prefixes came with Python 3.12
    while frame.f_back is not None and frame.f_code.co_filename.startswith(_HERE):
        level, frame = level + 1, frame.f_back
    return level

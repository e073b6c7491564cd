"""Who provides entries: packages, core itself, and the running process."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

CORE: Final = "seedbed"
SESSION: Final = "__main__"
"""The provider of what a running process registers; no distribution can have this name."""


@dataclass(frozen=True, slots=True)
class Provider:
    """One of them.

    Parameters
    ----------
    name, version
        The normalised name and the version of the distribution.
    folder
        Where its metadata lies; empty if it was not looked for.
    """

    name: str
    version: str = ""
    folder: str = ""

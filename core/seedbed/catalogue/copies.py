"""Copies of distributions on the path: what is known of them before and after they are read."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, Protocol

from seedbed.catalogue.entry_points_file import Points


class Installed(NamedTuple):
    """A copy of a distribution that has been read.

    Parameters
    ----------
    provider
        Its normalised name.
    version
        Its version.
    summary
        One line on it; may be empty.
    path
        The folder that the metadata lies in; the name of the distribution's class where there is no folder.
    read_points
        Returns its entry points. May raise anything.
    """

    provider: str
    version: str
    summary: str
    path: str
    read_points: Callable[[], Points]


class Copy(Protocol):
    """A copy of a distribution of which little more is known than its name."""

    @property
    def provider(self) -> str:
        """Its normalised name."""

    @property
    def version(self) -> str:
        """Its version; empty if only reading it would tell."""

    @property
    def root(self) -> str:
        """The folder of the path that it was found in; empty if in none."""

    @property
    def path(self) -> str:
        """The folder that its metadata lies in."""

    @property
    def matters(self) -> bool:
        """Whether it may have entry points for us."""

    def read(self) -> Installed:
        """Read its name and version. May raise anything."""

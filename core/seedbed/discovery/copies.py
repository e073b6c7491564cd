"""What is known of a distribution that has been read, and what was found before that."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

from seedbed.discovery.entry_points_file import Points
from seedbed.errors import PluginError, described, said
from seedbed.frozen import Frozen
from seedbed.issue import Issue

if TYPE_CHECKING:
    from seedbed.discovery.finders import ForeignCopy
    from seedbed.discovery.folders import MetadataFolder

Copy: TypeAlias = "MetadataFolder | ForeignCopy"
"""One copy of a distribution, known by little but its name; `read` tells the rest, and may raise anything."""


class Installed(Frozen):
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


def unreadable(provider: str, version: str, where: str, error: BaseException, *, verb: str = "read") -> Issue:
    """Return the issue of a file of metadata that cannot be read."""
    why = said(error) if type(error) is PluginError else described(error)
    what = f"cannot be {verb} ({why}); reinstall or uninstall this package"
    return Issue("broken", provider, version, where, what, cause=error)

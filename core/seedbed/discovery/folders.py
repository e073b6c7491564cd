"""The metadata folders in a folder of the path, read without importlib_metadata.

That library would have to be imported, and opens and parses the METADATA of every distribution. Here a
distribution that has no entry points for us costs one attempt to open a file.
"""

from __future__ import annotations

import os
from typing import Final, NamedTuple

from seedbed.discovery.copies import Installed
from seedbed.discovery.entry_points_file import Points, read_points
from seedbed.discovery.headers import read_headers
from seedbed.discovery.packaging_rules import normalise, split_stem
from seedbed.discovery.small_files import read_small
from seedbed.errors import PluginError, shown

_ENDINGS: Final = (".dist-info", ".egg-info")
_MARK: Final = b"seedbed."
"""What every file with entry points for us contains: the beginning of the names of our groups."""

_ENTRY_POINTS: Final = "entry_points.txt"


class MetadataFolder(NamedTuple):
    """A ``.dist-info`` or ``.egg-info`` folder, or an ``.egg-info`` file; a `Copy`.

    Parameters
    ----------
    provider, version
        As the folder's name says.
    root, path
        The folder that it lies in, and its path.
    matters
        Whether it may have entry points for us.
    """

    provider: str
    version: str
    root: str
    path: str
    matters: bool

    def read(self) -> Installed:
        """Read its METADATA.

        Raises
        ------
        PluginError
            If there is none, or it is malformed, or is that of another distribution.
        UnicodeDecodeError
            If it is not text.
        """
        content = self._file("METADATA")
        if content is None:
            content = self._file("PKG-INFO")
        if content is None and os.path.isfile(self.path):
            content = read_small(self.path, beginning=True)
        if content is None:
            raise PluginError("there is no such file")
        headers = read_headers(content)
        if headers.provider != self.provider:
            # Installers name the folder after the distribution, which is how it is found by its name.
            raise PluginError(f"it is that of {shown(headers.provider)}, not of {shown(self.provider)}")
        return Installed(*headers, self.path, self.read_points)

    def read_points(self) -> Points:
        """Read its entry points.

        Raises
        ------
        PluginError
            If the file is malformed, or is no regular file.
        UnicodeDecodeError
            If it is not text.
        """
        path = f"{self.path}/{_ENTRY_POINTS}"
        content = read_small(path)
        if content is None:
            _refuse_link(path)
            return Points()
        return read_points(content.decode())

    def _file(self, name: str) -> bytes | None:
        path = f"{self.path}/{name}"
        content = read_small(path, beginning=True)
        if content is None:
            _refuse_link(path)
        return content


def metadata_folders(root: str) -> list[MetadataFolder] | None:
    """Return the metadata folders in the folder `root`, sorted by name; nothing if it is a file or an egg."""
    if root.lower().endswith(".egg"):
        return None
    try:
        names = os.listdir(root)
    except NotADirectoryError:
        return None
    except (
        OSError,
        ValueError,
    ):  # it is not there, or cannot be listed, so that Python imports nothing from it
        return []
    return [_metadata_folder(root, name) for name in sorted(names) if name.lower().endswith(_ENDINGS)]


def _metadata_folder(root: str, name: str) -> MetadataFolder:
    path = f"{root}{os.sep}{name}"
    distribution, version = split_stem(name)
    return MetadataFolder(normalise(distribution), version, root, path, _matters(path))


def _matters(path: str) -> bool:
    try:
        content = read_small(f"{path}/{_ENTRY_POINTS}")
    except PluginError:  # raised again, and reported, when it is read
        return True
    return content is not None and _MARK in content


def _refuse_link(path: str) -> None:
    if os.path.islink(path):
        raise PluginError("it is a link to nothing")

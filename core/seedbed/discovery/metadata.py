"""What a distribution says of itself: its metadata folder, its METADATA and its entry_points.txt.

https://packaging.python.org/en/latest/specifications/core-metadata/
https://packaging.python.org/en/latest/specifications/entry-points/#file-format

importlib_metadata would have to be imported, and opens and parses the METADATA of every distribution. Here a
distribution that has no entry points for us costs one attempt to open a file.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from typing import Final, NamedTuple, TypeAlias

from seedbed.discovery.packaging_rules import is_name, normalise, split_stem
from seedbed.errors import PluginError, described, said, shown
from seedbed.issue import Issue
from seedbed.reading import read_small

LIMIT: Final = 1 << 20
"""Bytes. The longest entry_points.txt and headers of METADATA that we know have some ten thousand."""

ENTRY_POINTS: Final = "entry_points.txt"

_MARK: Final = b"seedbed."
"""What every file with entry points for us contains: the beginning of the names of our groups."""


class Point(NamedTuple):
    """An entry point: ``name = value`` in the section ``[group]``."""

    group: str
    name: str
    value: str


Points: TypeAlias = tuple[list[Point], str]
"""The entry points of one distribution, and what stands where nobody reads it; empty if nothing does."""


class MetadataFolder(NamedTuple):
    """A ``.dist-info`` or ``.egg-info`` folder, or an ``.egg-info`` file, of one copy of a distribution.

    It lies at `path` in `root`. Until it is read, it says what its name does.
    """

    provider: str
    version: str
    root: str
    path: str
    matters: bool
    """Whether it may have entry points for us."""

    summary: str = ""

    def read(self) -> MetadataFolder:
        """Return it as its METADATA says; raise whatever keeps that from being read."""
        provider, version, summary = headers_of(self._beginning)
        if provider != self.provider:
            # Installers name the folder after the distribution, which is how it is found by its name.
            raise PluginError(f"it is that of {shown(provider)}, not of {shown(self.provider)}")
        return self._replace(version=version, summary=summary)

    def points(self) -> Points:
        """Return its entry points; raise whatever keeps them from being read."""
        return read_points((_content(f"{self.path}/{ENTRY_POINTS}") or b"").decode())

    def _beginning(self, name: str) -> bytes | None:
        if name:
            return _content(f"{self.path}/{name}", beginning=True)
        return _content(self.path, beginning=True) if os.path.isfile(self.path) else None


def metadata_folders(root: str) -> list[MetadataFolder] | None:
    """Return the metadata folders in the folder `root`, sorted by name; nothing if it is no folder."""
    try:
        names = os.listdir(root)
    except NotADirectoryError:
        return None
    except (OSError, ValueError):  # it cannot be listed, so that Python imports nothing from it
        return []
    return [_metadata_folder(root, name) for name in metadata_names(root, names)]


def metadata_names(root: str, names: list[str]) -> list[str]:
    """Return the names of what is metadata among what lies in `root`, sorted."""
    endings = (".dist-info", ".egg-info")
    if root.lower().endswith(".egg"):
        return sorted(name for name in names if name.lower().endswith((*endings, "egg-info")))
    return sorted(name for name in names if name.lower().endswith(endings))


def headers_of(file: Callable[[str], bytes | None]) -> tuple[str, str, str]:
    """Return the headers of a distribution, of which `file` gives the beginning of a file of its metadata.

    The name "" stands for the metadata itself, which may be a file. ``None`` stands for what is not there.
    """
    for name in ("METADATA", "PKG-INFO", ""):
        if (content := file(name)) is not None:
            return read_headers(content)
    raise PluginError("there is no such file")


def read_headers(content: bytes) -> tuple[str, str, str]:
    r"""Return the normalised name, the version and one line on a distribution; read no description.

    Examples
    --------
    >>> read_headers(b"Name: Acme_Inits\nVersion: 1.0\nSummary: Small ones.\n\nA description.")
    ('acme-inits', '1.0', 'Small ones.')
    """
    head, blank, _ = content.replace(b"\r\n", b"\n").partition(b"\n\n")
    if not blank and len(content) >= LIMIT:
        raise PluginError(f"it has more than {LIMIT:,} bytes of headers")
    text = head.decode()
    if text.startswith("\ufeff"):
        raise PluginError("it begins with a byte-order mark; save it without")
    fields = _fields(text)
    return checked(fields.get("name"), fields.get("version"), fields.get("summary"))


def checked(name: object, version: object, summary: object) -> tuple[str, str, str]:
    """Return the headers; raise `PluginError` if name or version cannot be those of a distribution."""
    if not isinstance(name, str) or not is_name(name):
        raise PluginError(f"its Name is {shown(name)}, which no distribution can have")
    if not isinstance(version, str) or len(version.split()) != 1:
        raise PluginError(f"its Version is {shown(version)}, which no distribution can have")
    return normalise(name), version.strip(), summary if isinstance(summary, str) else ""


def read_points(text: str) -> Points:
    r"""Return what an entry_points.txt says, as the standard library does, and what that skips in silence.

    Examples
    --------
    >>> read_points("[seedbed.initializers]\nsmall_init = acme_inits:SmallInit")
    ([Point(group='seedbed.initializers', name='small_init', value='acme_inits:SmallInit')], '')
    """
    points = []
    stray, group = "", None
    for number, line in enumerate(map(str.strip, text.splitlines()), 1):
        if not line or line.startswith("#"):
            continue
        if line.startswith("[") and line.endswith("]"):
            group = line.strip("[]")
        elif group is None:
            stray = stray or _stray(line)
        else:
            name, equals, value = line.partition("=")
            if not equals:
                raise PluginError(f"line {number} is {shown(line)}, and should be 'name = module:object'")
            points.append(Point(group, name.strip(), value.strip()))
    return points, stray


def unreadable(
    provider: str, version: str, where: str, error: BaseException | None, *, verb: str = "read"
) -> list[Issue]:
    """Return the issue of a file of metadata that cannot be read; none without an error."""
    if error is None:
        return []
    why = said(error) if type(error) is PluginError else described(error)
    what = f"cannot be {verb} ({why}); reinstall or uninstall this package"
    return [Issue("broken", provider, version, where, what, cause=error)]


def _metadata_folder(root: str, name: str) -> MetadataFolder:
    path = f"{root}{os.sep}{name}"
    # The name of an EGG-INFO is in that of the egg.
    distribution, version = split_stem(name if "." in name else f"{os.path.basename(root)}-info")
    return MetadataFolder(normalise(distribution), version, root, path, _matters(path))


def _matters(path: str) -> bool:
    try:
        return _MARK in read_small(f"{path}/{ENTRY_POINTS}", _refuse, limit=LIMIT)
    except (FileNotFoundError, NotADirectoryError):
        return False
    except (OSError, PluginError):  # raised again, and reported, when it is read
        return True


def _content(path: str, *, beginning: bool = False) -> bytes | None:
    try:
        return read_small(path, _refuse, limit=LIMIT, beginning=beginning)
    except (FileNotFoundError, NotADirectoryError) as error:
        if os.path.islink(path):
            raise PluginError("it is a link to nothing") from error
        return None


def _refuse(why: str) -> PluginError:
    return PluginError(f"it {why}")


def _fields(text: str) -> dict[str, str]:
    """Return the first header of each name, in lower case."""
    fields: dict[str, str] = {}
    for line in re.sub(r"\n[ \t]+", " ", text).split("\n"):
        name, colon, value = line.partition(":")
        if not colon:
            break
        fields.setdefault(name.lower(), value.strip())
    return fields


def _stray(line: str) -> str:
    """Say what stands in front of the first section, where readers of entry points skip it in silence."""
    if line.startswith("\ufeff"):
        return "begins with a byte-order mark, so its first section is not read; save it without"
    return f"has the line {shown(line)} before its first [section], which is not read"

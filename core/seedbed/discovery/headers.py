"""The headers of METADATA and PKG-INFO.

https://packaging.python.org/en/latest/specifications/core-metadata/
"""

from __future__ import annotations

from typing import NamedTuple

from seedbed.discovery.packaging_rules import is_name, normalise
from seedbed.discovery.small_files import LIMIT
from seedbed.errors import PluginError, shown


class Headers(NamedTuple):
    """What the catalogue wants to know of a distribution: its normalised name, its version, a line on it."""

    provider: str
    version: str
    summary: str = ""


def read_headers(content: bytes) -> Headers:
    r"""Return what `content`, the beginning of a file of at most a MiB, says; the description is not read.

    Raises
    ------
    PluginError
        If name or version are missing or cannot be those of a distribution, or it begins with a byte-order
        mark, or has more than a MiB of headers.
    UnicodeDecodeError
        If the headers are not encoded as UTF-8.

    Examples
    --------
    >>> read_headers(b"Name: Acme_Inits\nVersion: 1.0\nSummary: Small ones.\n\nA description.")
    Headers(provider='acme-inits', version='1.0', summary='Small ones.')
    """
    head, blank, _ = content.replace(b"\r\n", b"\n").partition(b"\n\n")
    if not blank and len(content) >= LIMIT:
        raise PluginError(f"it has more than {LIMIT:,} bytes of headers")
    text = head.decode()
    if text.startswith("\ufeff"):
        raise PluginError("it begins with a byte-order mark; save it without")
    fields = _fields(text)
    return checked(fields.get("name"), fields.get("version"), fields.get("summary"))


def checked(name: object, version: object, summary: object) -> Headers:
    """Return the headers, if name and version can be those of a distribution.

    Raises
    ------
    PluginError
        If they cannot.
    """
    if not isinstance(name, str) or not is_name(name):
        raise PluginError(f"its Name is {shown(name)}, which no distribution can have")
    if not isinstance(version, str) or len(version.split()) != 1:
        raise PluginError(f"its Version is {shown(version)}, which no distribution can have")
    return Headers(normalise(name), version.strip(), summary if isinstance(summary, str) else "")


def _fields(text: str) -> dict[str, str]:
    """Return the first header of each name, in lower case."""
    fields: dict[str, list[str]] = {}
    values: list[str] = []
    for line in text.split("\n"):
        if line.startswith((" ", "\t")):
            values.append(line)
            continue
        name, colon, value = line.partition(":")
        if not colon:
            break
        values = [value]
        fields.setdefault(name.lower(), values)
    return {name: " ".join(map(str.strip, values)).strip() for name, values in fields.items()}

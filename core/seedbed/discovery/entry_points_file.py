"""The file entry_points.txt, read as the standard library does, and what that skips in silence.

https://packaging.python.org/en/latest/specifications/entry-points/#file-format
"""

from __future__ import annotations

from typing import NamedTuple

from seedbed.errors import PluginError, shown
from seedbed.frozen import Frozen


class Point(NamedTuple):
    """An entry point: ``name = value`` in the section ``[group]``."""

    group: str
    name: str
    value: str


class Points(Frozen):
    """The entry points of one distribution, and what stands where nobody reads it; empty if nothing does."""

    points: tuple[Point, ...] = ()
    stray: str = ""


def read_points(text: str) -> Points:
    r"""Return what `text` says.

    Raises
    ------
    PluginError
        If a line of a section has no equals sign.

    Examples
    --------
    >>> read_points("[seedbed.initializers]\nsmall_init = acme_inits:SmallInit").points
    (Point(group='seedbed.initializers', name='small_init', value='acme_inits:SmallInit'),)
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
    return Points(tuple(points), stray)


def _stray(line: str) -> str:
    """Say what stands in front of the first section, where readers of entry points skip it in silence."""
    if line.startswith("\ufeff"):
        return "begins with a byte-order mark, so its first section is not read; save it without"
    return f"has the line {shown(line)} before its first [section], which is not read"

"""The notation of the template's files: text with values, and parts that a choice keeps or drops."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

_PART: Final = re.compile(r"^<<if (not )?(\w+)>>\n(.*?)^<<end>>\n", re.DOTALL | re.MULTILINE)
_VALUE: Final = re.compile(r"<<(\w+)>>")


def expand(text: str, values: Mapping[str, str]) -> str:
    r"""Return `text` with its marks replaced.

    ``<<name>>`` stands for a value. The lines from ``<<if name>>`` to ``<<end>>`` are kept if that value is
    not empty, those from ``<<if not name>>`` if it is. Parts do not nest.

    Raises
    ------
    KeyError
        If a mark names no value.

    Examples
    --------
    >>> expand("<<if author>>\nby <<author>>\n<<end>>\n<<name>>\n", {"name": "acme", "author": ""})
    'acme\n'
    """

    def part(match: re.Match[str]) -> str:
        negated, name, lines = match.groups()
        return lines if bool(values[name]) is not bool(negated) else ""

    return _VALUE.sub(lambda match: values[match[1]], _PART.sub(part, text))

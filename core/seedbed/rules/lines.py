"""In which line of a file a rule stands, which the reader of TOML does not tell."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

_HEADER: Final = re.compile(r"^[ \t]*\[\[[ \t]*rules[ \t]*\]\]", re.MULTILINE)
_MOST_LEVELS: Final = 10


class Lines:
    r"""The lines of a TOML file.

    Parameters
    ----------
    text
        What it says.

    Examples
    --------
    >>> Lines("# of GPT-2\n\n[[rules]]\nmatch = '*'\n").place(1, 1)
    'rule 1, line 3'
    """

    __slots__ = ("_starts", "_text")

    def __init__(self, text: str) -> None:
        self._text = text
        self._starts = [found.start() for found in _HEADER.finditer(text)]

    def place(self, number: int, count: int, row: object = None) -> str:
        """Return which rule this is of so many, with the line of its header, or of the expression in `row`.

        Where rules are written in another way than under headers, there is no line.
        """
        if len(self._starts) != count:
            return f"rule {number}"
        start = self._starts[number - 1]
        end = self._starts[number] if number < count else len(self._text)
        texts = [*_expressions(row)]
        places = [self._text.find(text, start, end) for text in texts]
        at = places[0] if len(texts) == 1 and places[0] >= 0 else start
        return f"rule {number}, line {self._text.count(chr(10), 0, at) + 1}"


def _expressions(value: object, level: int = 0) -> Iterator[str]:
    if level > _MOST_LEVELS:
        return
    if isinstance(value, Mapping):
        found: Any = value.get("expr")
        if isinstance(found, str):
            yield found
        for part in value.values():
            yield from _expressions(part, level + 1)
    elif isinstance(value, list):
        for part in value:
            yield from _expressions(part, level + 1)

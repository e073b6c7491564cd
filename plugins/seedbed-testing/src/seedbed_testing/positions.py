"""Where in an author's file something stands."""

from __future__ import annotations

import ast
import inspect
import textwrap
import traceback
from typing import NamedTuple

from seedbed.initializer import Initializer


class Source(NamedTuple):
    """The docstring of a class, and where it stands.

    Attributes
    ----------
    docstring
        Its text; empty if the class has none of its own.
    file
        The file of the class; empty if there is none, as for one of a notebook.
    start
        The line of the file in which the class begins.
    first
        The line of the file in which the docstring begins; 0 if it is written elsewhere, or there is none.
    """

    docstring: str
    file: str = ""
    start: int = 0
    first: int = 0

    def place(self, line: int | None) -> str:
        """Return file and line of a line of the docstring, or else of the class; empty if unknown."""
        number = self.start if line is None or not self.first else self.first + line
        return f"{self.file}:{number}" if self.file else ""

    def line_of(self, text: str, *, behind: str) -> int | None:
        """Return which line of the docstring is `text`, behind a line of its own; ``None`` if unknown."""
        lines = [line.strip() for line in self.docstring.split("\n")]
        if not self.first or behind not in lines:
            return None
        start = lines.index(behind)
        return lines.index(text.strip(), start) if text.strip() in lines[start:] else None


def source_of(kind: type[Initializer]) -> Source:
    """Return the docstring of a class, and where it stands, as far as that can be known."""
    found = vars(kind).get("__doc__")
    text = found if isinstance(found, str) else ""
    try:
        file = inspect.getsourcefile(kind) or ""
        lines, start = inspect.getsourcelines(kind)
        (node,) = ast.parse(textwrap.dedent("".join(lines))).body
    except (OSError, TypeError, SyntaxError, ValueError):  # it was typed in somewhere, or is compiled
        return Source(text)
    # One that is assigned to `__doc__`, or comes from a decorator, does not stand there.
    if isinstance(node, ast.ClassDef) and ast.get_docstring(node) is not None:
        return Source(text, file, start, start + node.body[0].lineno - 1)
    return Source(text, file, start)


def place_in(kind: type, error: BaseException) -> str:
    """Return the line in the file of a class that an exception came from; empty if from elsewhere."""
    try:
        file = inspect.getsourcefile(kind)
    except (OSError, TypeError):
        return ""
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == file]
    return f"{file}:{lines[-1]}" if file and lines else ""

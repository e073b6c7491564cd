"""The printed page: how wide it is, which characters and colours it takes, how text is wrapped on it."""

from __future__ import annotations

import os
import sys
import textwrap
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

Style: TypeAlias = Literal["bold", "dim", "red", "green", "yellow", "cyan"]

_CODES: Final = {"bold": 1, "dim": 2, "red": 31, "green": 32, "yellow": 33, "cyan": 36}
"""Select Graphic Rendition, ECMA-48 8.3.117."""

_PIPED_WIDTH: Final = 100
_WIDEST: Final = 110
"""Longer lines of prose are hard to read."""


@dataclass(frozen=True, slots=True)
class Page:
    """Where a command prints to.

    Parameters
    ----------
    width
        Its columns; ``None`` where a program reads lines, which are then never wrapped.
    is_terminal, has_colours
        Whether somebody looks at it, and whether in colours.
    has_blocks
        Whether the characters that histograms are made of can be printed.
    """

    width: int | None = None
    is_terminal: bool = False
    has_colours: bool = False
    has_blocks: bool = True

    @classmethod
    def of_stdout(cls) -> Page:
        """Return what standard output is."""
        is_terminal = sys.stdout.isatty()
        encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
        return cls(
            columns() if is_terminal or "COLUMNS" in os.environ else None,
            is_terminal,
            is_terminal and _takes_colours(),
            encoding.lower().startswith("utf"),
        )

    @property
    def prose_width(self) -> int:
        """How wide prose is set."""
        return min(self.width or _PIPED_WIDTH, _WIDEST)

    def paint(self, text: str, style: Style) -> str:
        """Return `text` with the codes for a style around it, if there is text and the page has colours."""
        return f"\x1b[{_CODES[style]}m{text}\x1b[0m" if text and self.has_colours else text

    def fit(self, text: str, indent: int) -> list[str]:
        """Return `text` in lines for what is left of the page beside `indent` characters."""
        return [text] if self.width is None else wrap(text, self.width - indent)

    def fields(self, rows: Iterable[tuple[str, str]], *, width: int | None = None) -> list[str]:
        """Return lines of a table of two columns: labels, and what belongs to them, wrapped at `width`."""
        rows = list(rows)
        margin = max(len(label) for label, _ in rows) + 2
        lines = []
        for label, content in rows:
            first, *more = [content] if width is None else wrap(content, width - margin)
            lines.append(self.paint(label, "dim") + " " * (margin - len(label)) + first)
            lines += [" " * margin + line for line in more]
        return lines


def print_lines(*lines: str) -> None:
    """Print lines, without the spaces at their ends."""
    sys.stdout.writelines(f"{line.rstrip()}\n" for line in lines)


def wrap(text: str, width: int) -> list[str]:
    """Return `text` in one or more lines of at most `width` characters; a word that is longer stays whole."""
    return textwrap.wrap(text, max(width, 1), break_long_words=False, break_on_hyphens=False) or [""]


def columns() -> int:
    """Return how wide the terminal is, or what ``COLUMNS`` says."""
    given = os.environ.get("COLUMNS", "")
    if given.isdecimal() and int(given) > 0:
        return int(given)
    try:
        return os.get_terminal_size(sys.stdout.fileno()).columns  # by `shutil` it takes longer to import
    except (OSError, ValueError):
        return 80


def _takes_colours() -> bool:
    if "NO_COLOR" in os.environ or os.environ.get("TERM") == "dumb":
        return False
    return os.name != "nt" or "WT_SESSION" in os.environ  # older consoles of Windows show the codes

"""The printed page: how wide it is, how text is wrapped on it, what it is printed with."""

from __future__ import annotations

import os
import textwrap
from collections.abc import Iterable

from rich.console import Console
from rich.text import Text

_PIPED_WIDTH = 100
_WIDEST = 110
"""Longer lines of prose are hard to read."""


def make_console() -> Console:
    """Return a console for stdout that takes text as it is and never cuts it."""
    return Console(markup=False, emoji=False, highlight=False, soft_wrap=True)


def is_fitted(console: Console) -> bool:
    """Return whether someone looks at a page of known width, rather than a program at lines."""
    return console.is_terminal or "COLUMNS" in os.environ


def has_blocks(console: Console) -> bool:
    """Return whether the characters that histograms are made of can be printed."""
    return console.encoding.lower().startswith("utf")


def prose_width(console: Console) -> int:
    """Return how wide prose is set."""
    return min(console.width, _WIDEST) if is_fitted(console) else _PIPED_WIDTH


def wrap(text: str, width: int) -> list[str]:
    """Return `text` in one or more lines of at most `width` characters; a word that is longer stays whole."""
    return textwrap.wrap(text, max(width, 1), break_long_words=False, break_on_hyphens=False) or [""]


def fields(rows: Iterable[tuple[str, str]], width: int) -> list[Text]:
    """Return lines of a two-column table: labels, and what belongs to them, wrapped in its column."""
    rows = list(rows)
    margin = max(len(label) for label, _ in rows) + 2
    lines = []
    for label, content in rows:
        first, *more = wrap(content, width - margin)
        lines.append(Text.assemble((label.ljust(margin), "dim"), first))
        lines.extend(Text(" " * margin + line) for line in more)
    return lines

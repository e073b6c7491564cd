"""``seedbed docs``: the reference page of one entry."""

from __future__ import annotations

import sys

from rich.console import Console
from rich.markdown import Markdown

from seedbed_tools.cli.errors import printable
from seedbed_tools.cli.page import prose_width


def print_page(console: Console, text: str) -> None:
    """Print a page: typeset on a terminal; anywhere else, where a program or a file reads it, as Markdown."""
    lines = "\n".join(map(printable, text.splitlines()))
    if console.is_terminal:
        console.print(Markdown(lines, code_theme="ansi_dark"), width=prose_width(console), soft_wrap=False)
    else:
        sys.stdout.write(f"{lines}\n")

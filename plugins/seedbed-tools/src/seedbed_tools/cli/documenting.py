"""``seedbed docs``: the reference page of one entry."""

from __future__ import annotations

from argparse import Namespace

import seedbed
from seedbed_tools import pages
from seedbed_tools.cli.errors import printable
from seedbed_tools.cli.page import Page, print_lines
from seedbed_tools.cli.showing import describe, finish
from seedbed_tools.cli.streams import prints_to_stderr


def run(options: Namespace) -> int:
    """Print a page: typeset on a terminal, and elsewhere as Markdown."""
    page, found = Page.of_stdout(), describe(options.name)
    with prints_to_stderr():
        samples = pages.samples(seedbed.catalogue(), found)
    text = pages.page(found, samples, plain=not page.has_blocks)
    lines = [printable(line) for line in text.splitlines()]
    if page.is_terminal:
        _typeset("\n".join(lines), page.prose_width)
    else:
        print_lines(*lines)
    return finish(found)


def _typeset(text: str, width: int) -> None:
    from rich.console import Console  # noqa: PLC0415 - and below: only a terminal needs it
    from rich.markdown import Markdown  # noqa: PLC0415

    Console(width=width).print(Markdown(text, code_theme="ansi_dark"))

"""``seedbed which``: what a name means, and what else it could."""

from __future__ import annotations

from argparse import Namespace
from typing import Final

import seedbed
from seedbed.catalogue import Choice
from seedbed.issue import Issue
from seedbed_tools.cli import hidden
from seedbed_tools.cli.errors import one_line
from seedbed_tools.cli.json_output import to_json
from seedbed_tools.cli.page import Page, Style, print_lines
from seedbed_tools.cli.records import BLOCKED
from seedbed_tools.cli.streams import prints_to_stderr

_COLOURS: Final[dict[str, Style]] = {
    "meant": "green",
    "removed": "yellow",
    "blocked": "yellow",
    "unlocked": "yellow",
    "broken": "red",
    "ambiguous": "red",
}
_WRONG: Final = ("broken", "contested", "smuggled")


def run(options: Namespace) -> int:
    """Print every candidate for a name."""
    catalogue = seedbed.catalogue()
    with prints_to_stderr():
        choice = catalogue.choice(options.name)
    if options.json:
        print_lines(to_json(choice.to_dict()))
    elif choice.candidates:
        _print(Page.of_stdout(), choice)
    else:
        catalogue.entry(options.name)  # raises, and says what is like it
    hidden.tell(catalogue)
    return 0 if choice.meant else 1


def _print(page: Page, choice: Choice) -> None:
    is_ambiguous = any(candidate.kind == "ambiguous" for candidate in choice.candidates)
    meaning = f"means {choice.meant}" if choice.meant else "is ambiguous" if is_ambiguous else "means nothing"
    print_lines(f"{page.paint(choice.name, 'bold')} {meaning}", "")
    left = max(len(candidate.full_name) for candidate in choice.candidates) + 2
    middle = max(map(len, (*_COLOURS, *(candidate.kind for candidate in choice.candidates)))) + 2
    for candidate in choice.candidates:
        name = page.paint(candidate.full_name.ljust(left), "bold")
        kind = page.paint(candidate.kind.ljust(middle), _COLOURS.get(candidate.kind, "dim"))
        version = f" (version {candidate.version})" if candidate.version else ""
        indent = 2 + left + middle
        first, *more = page.fit(one_line(f"{_why(candidate)}{version}"), indent)
        print_lines(f"  {name}{kind}{first}", *(" " * indent + line for line in more))


def _why(candidate: Issue) -> str:
    if candidate.kind in BLOCKED:
        return f"by {candidate.what}"
    return f"{candidate.where}: {candidate.what}" if candidate.kind in _WRONG else candidate.what

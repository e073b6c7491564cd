"""``seedbed which``: what a name means, and what else it could."""

from __future__ import annotations

from typing import Final

from rich.console import Console
from rich.text import Text

from seedbed.catalogue.choice import Choice
from seedbed.issue import Issue
from seedbed_tools.cli.errors import one_line
from seedbed_tools.cli.page import is_fitted, wrap

_COLOURS: Final = {
    "meant": "green",
    "removed": "yellow",
    "blocked": "yellow",
    "unlocked": "yellow",
    "broken": "red",
    "contested": "red",
    "ambiguous": "red",
}


_LOST: Final = ("broken", "contested")


def print_choice(console: Console, choice: Choice) -> None:
    """Print what the name means, and a line for each candidate."""
    is_ambiguous = any(candidate.kind == "ambiguous" for candidate in choice.candidates)
    meaning = f"means {choice.meant}" if choice.meant else "is ambiguous" if is_ambiguous else "means nothing"
    console.print(Text.assemble((choice.name, "bold"), f" {meaning}"))
    console.print()
    left = max(len(candidate.full_name) for candidate in choice.candidates) + 2
    for candidate in choice.candidates:
        head = Text.assemble(
            "  ",
            (candidate.full_name.ljust(left), "bold"),
            (candidate.kind.ljust(max(map(len, _COLOURS)) + 2), _COLOURS.get(candidate.kind, "dim")),
        )
        version = f" (version {candidate.version})" if candidate.version else ""
        said = one_line(f"{_why(candidate)}{version}")
        parts = wrap(said, console.width - len(head)) if is_fitted(console) else [said]
        console.print(head + Text(parts[0]))
        for part in parts[1:]:
            console.print(Text(" " * len(head) + part))


def _why(candidate: Issue) -> str:
    if candidate.is_blocked:
        return f"by {candidate.what}"
    return f"{candidate.where}: {candidate.what}" if candidate.kind in _LOST else candidate.what

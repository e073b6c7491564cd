"""``seedbed list``: the catalogue as a table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from rich.console import Console
from rich.text import Text

from seedbed.catalogue.catalogue import Catalogue
from seedbed.catalogue.misses import refusal
from seedbed.discovery.providers import CORE
from seedbed.issue import Issue
from seedbed_testing.docstrings import readable
from seedbed_tools.cli.errors import one_line
from seedbed_tools.cli.page import is_fitted, wrap
from seedbed_tools.cli.records import blocked_record, entry_record, problem_record

_NARROWEST_SUMMARY: Final = 24
"""Below that many columns a summary goes on lines of its own."""


def find(catalogue: Catalogue, words: Sequence[str], *, with_blocked: bool = False) -> list[dict[str, Any]]:
    """Return a record of each entry, and of each that is lost through a problem, in which all `words` occur.

    Core's come first, then the others by provider and name. What the policy blocks is among them only if it
    is asked for. Each has the full name that its bare name means, under ``"meant"``.
    """
    records = [entry_record(catalogue, entry) for entry in catalogue.search(*words)]
    records += [problem_record(p) for p in catalogue.problems if p.names and _mentions(p, words)]
    if with_blocked:
        records += [blocked_record(line) for line in catalogue.blocked if _mentions(line, words)]
    records = [record | {"meant": _meant(catalogue, record["name"])} for record in records]
    return sorted(
        records, key=lambda record: (record["provider"] != CORE, record["provider"], record["name"])
    )


def problem_lines(catalogue: Catalogue) -> list[str]:
    """Return how many packages have problems, and a line for each problem; nothing if there are none."""
    problems = catalogue.problems
    if not problems:
        return []
    packages = len({problem.provider for problem in problems})
    have = "package has" if packages == 1 else "packages have"
    return [f"{packages} {have} problems:", *(f"  {one_line(problem)}" for problem in problems)]


def miss_lines(catalogue: Catalogue, words: Sequence[str]) -> list[str]:
    """Return that no entry matches, and a line for each word that is a name which means none on purpose."""
    asked = " ".join(map(repr, words))
    told = [f"seedbed: no initializer matches {asked}; `seedbed list` shows all"]
    told += [f"seedbed: {refusal(word, rows)}" for word in words if (rows := catalogue.withheld(word))]
    return list(map(one_line, told))


def print_table(console: Console, records: Sequence[dict[str, Any]], problems: Sequence[str]) -> None:
    """Print a line for each record, wrapped where someone looks at it, and the problems below."""
    if records:
        for line in _table(records, console.width if is_fitted(console) else None):
            console.print(line)
    if problems:
        if records:
            console.print()
        console.print(Text(problems[0], "yellow"))
        for problem in problems[1:]:
            parts = wrap(problem.strip(), console.width - 4) if is_fitted(console) else [problem.strip()]
            console.print(Text("  " + "\n    ".join(parts)))
    if console.is_terminal and records:
        packages = len({record["provider"] for record in records})
        count = f"{len(records)} initializers from {packages} packages"
        console.print(Text(f"\n{count}; `seedbed show NAME` tells more of one", "dim"))


def _table(records: Sequence[dict[str, Any]], width: int | None) -> list[Text]:
    names = ["name", *(_usable_name(record) for record in records)]
    providers = ["provider", *(f"{record['provider']} {record['version']}".rstrip() for record in records)]
    left, middle = (max(map(len, column)) + 2 for column in (names, providers))
    lines = [Text(f"{'name':{left}}{'provider':{middle}}summary", "dim")]
    for name, provider, record in zip(names[1:], providers[1:], records, strict=True):
        head = Text.assemble((name.ljust(left), "bold"), (provider.ljust(middle), "dim"))
        lines += _with_summary(head, *_summary(record), width)
    return lines


def _with_summary(head: Text, mark: str, summary: str, width: int | None) -> list[Text]:
    """Return `head` with the summary beside it, or below it where there is no room."""
    indent, below = len(head), False
    if width is not None and width - indent < _NARROWEST_SUMMARY:
        indent, below = 4, True
    parts = [mark + summary] if width is None else wrap(mark + summary, width - indent)
    texts = [Text(part) for part in parts]
    texts[0].stylize("yellow", 0, len(mark.partition(" ")[0]))
    lines = [Text(" " * indent) + text for text in texts]
    lines = [head, *lines] if below else [head + texts[0], *lines[1:]]
    for whole in lines:
        whole.rstrip()
    return lines


def _summary(record: dict[str, Any]) -> tuple[str, str]:
    """Return what is the matter with an entry, and what it is."""
    if record["blocked"]:
        return f"blocked by {record['blocked']['what']}: ", one_line(record["summary"])
    if record["broken"]:
        return "broken: ", one_line("{where}: {what}".format(**record["broken"]))
    summary = one_line(readable(record["summary"]))
    if record["conflicts_with"]:
        return _rivalry(record), summary
    if record["deprecated"]:
        instead = record["deprecated"]["replaced_by"]
        return f"deprecated{f' (use {instead})' if instead else ''}: ", summary
    return "", summary


def _rivalry(record: dict[str, Any]) -> str:
    """Return what becomes of an entry whose bare name others have too."""
    if any(name.startswith(f"{CORE}:") for name in record["conflicts_with"]):
        return f"reserved ({record['name']} is {CORE}'s): "
    if record["meant"]:
        return f"passed over (the policy prefers {record['meant'].partition(':')[0]}): "
    others = ", ".join(name.partition(":")[0] for name in record["conflicts_with"])
    return f"ambiguous (also in {others}): "


def _meant(catalogue: Catalogue, name: str) -> str | None:
    found = catalogue.candidates(name)
    return found[0].full_name if len(found) == 1 and not catalogue.withheld(name) else None


def _usable_name(record: dict[str, Any]) -> str:
    """Return the shortest name that means just this entry."""
    return str(record["full_name"] if record["conflicts_with"] else record["name"])


def _mentions(lost: Issue, words: Sequence[str]) -> bool:
    text = " ".join((*lost.names, str(lost))).casefold()
    return all(word.casefold() in text for word in words)

"""``seedbed list``: the catalogue as a table."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Iterator, Sequence
from typing import Any, Final

import seedbed
from seedbed import Catalogue
from seedbed.catalogue.withheld import refusal
from seedbed.discovery.providers import CORE
from seedbed.issue import Issue
from seedbed_testing.docstrings import readable
from seedbed_tools.cli import hidden
from seedbed_tools.cli.errors import one_line
from seedbed_tools.cli.json_output import to_json
from seedbed_tools.cli.page import Page, print_lines
from seedbed_tools.cli.records import blocked_record, entry_record, problem_record
from seedbed_tools.cli.streams import prints_to_stderr

_NARROWEST_SUMMARY: Final = 24
"""Below that many columns a summary goes on lines of its own."""


def run(options: Namespace) -> int:
    """Print the catalogue."""
    catalogue = seedbed.catalogue()
    with prints_to_stderr():
        found = find(catalogue, options.words, with_blocked=options.all)
        problems = _problem_lines(catalogue)
    if options.json:
        print_lines(to_json(found))
        _to_stderr(problems)
    else:
        _print(Page.of_stdout(), found, problems)
    if not found:
        _to_stderr(_miss_lines(catalogue, options.words))
    if not options.all:
        hidden.tell(catalogue)
    return 0 if found else 1


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


def _problem_lines(catalogue: Catalogue) -> list[str]:
    problems = catalogue.problems
    if not problems:
        return []
    packages = len({problem.provider for problem in problems})
    have = "package has" if packages == 1 else "packages have"
    return [f"{packages} {have} problems:", *map(one_line, problems)]


def _miss_lines(catalogue: Catalogue, words: Sequence[str]) -> list[str]:
    """Return that no entry matches, and a line for each word that is a name which means none on purpose."""
    asked = " ".join(map(repr, words))
    told = [f"seedbed: no initializer matches {asked}; `seedbed list` shows all"]
    told += [f"seedbed: {refusal(word, rows)}" for word in words if (rows := catalogue.withheld(word))]
    return list(map(one_line, told))


def _to_stderr(lines: Sequence[str]) -> None:
    sys.stderr.writelines(f"{line}\n" for line in lines)


def _print(page: Page, records: Sequence[dict[str, Any]], problems: Sequence[str]) -> None:
    """Print a line for each record, wrapped where someone looks at it, and the problems below."""
    print_lines(*_table(page, records))
    if problems:
        print_lines(*[""][: len(records)], page.paint(problems[0], "yellow"))
        for problem in problems[1:]:
            first, *more = page.fit(problem, 4)
            print_lines(f"  {first}", *(f"    {line}" for line in more))
    if page.is_terminal and records:
        packages = len({record["provider"] for record in records})
        count = f"{len(records)} initializers from {packages} packages"
        print_lines("", page.paint(f"{count}; `seedbed show NAME` tells more of one", "dim"))


def _table(page: Page, records: Sequence[dict[str, Any]]) -> Iterator[str]:
    if not records:
        return
    names = ["name", *(_usable_name(record) for record in records)]
    providers = ["provider", *(f"{record['provider']} {record['version']}".rstrip() for record in records)]
    left, middle = (max(map(len, column)) + 2 for column in (names, providers))
    yield page.paint(f"{'name':{left}}{'provider':{middle}}summary", "dim")
    for name, provider, record in zip(names[1:], providers[1:], records, strict=True):
        head = page.paint(name.ljust(left), "bold") + page.paint(provider, "dim")
        gap = " " * (middle - len(provider))
        mark, summary = _summary(record)
        indent = left + middle
        is_below = page.width is not None and page.width - indent < _NARROWEST_SUMMARY
        if is_below:
            yield head
            head, gap, indent = "", " " * 4, 4
        first, *more = page.fit(mark + summary, indent)
        word = mark.partition(" ")[0]
        yield head + gap + page.paint(word, "yellow") + first.removeprefix(word)
        yield from (" " * indent + line for line in more)


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

"""``seedbed list``: the catalogue as a table."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

import seedbed
from seedbed import Catalogue, Entry
from seedbed.discovery import CORE
from seedbed.issue import Issue
from seedbed_testing.docstrings import readable
from seedbed_tools.cli import hidden
from seedbed_tools.cli.errors import one_line, printable
from seedbed_tools.cli.json_output import to_json
from seedbed_tools.cli.page import Page, print_lines
from seedbed_tools.cli.records import BLOCKED, entry_record, lost_record
from seedbed_tools.cli.streams import prints_to_stderr
from seedbed_tools.rivals import conflicts, meant

_NARROWEST_SUMMARY: Final = 24
"""Below that many columns a summary goes on lines of its own."""


def run(options: Namespace) -> int:
    """Print the catalogue."""
    catalogue = seedbed.catalogue()
    page = Page.of_stdout()
    with prints_to_stderr():
        found = _find(catalogue, options.words, with_blocked=options.all)
        problems = _problem_lines(catalogue)
        printed = _json(catalogue, found) if options.json else _table(page, catalogue, found)
    print_lines(*printed)
    if options.json:
        _to_stderr(problems)
    else:
        _print_problems(page, problems, apart=bool(found))
        _print_count(page, found)
    if not found:
        _to_stderr(_miss_lines(catalogue, options.words))
    if not options.all:
        hidden.tell(catalogue)
    return 0 if found else 1


def _find(catalogue: Catalogue, words: Sequence[str], *, with_blocked: bool) -> list[Entry | Issue]:
    """Return the entries and the lost names in which all `words` occur.

    Core's come first, then the others by provider and name. `with_blocked` adds what the policy blocks.
    """
    found: list[Entry | Issue] = list(catalogue.search(*words))
    lost = [problem for problem in catalogue.problems if problem.names]
    lost += catalogue.blocked if with_blocked else ()
    found += [issue for issue in lost if _mentions(issue, words)]
    return sorted(found, key=lambda row: (row.provider != CORE, row.provider, row.full_name))


def _json(catalogue: Catalogue, found: Sequence[Entry | Issue]) -> list[str]:
    records = [entry_record(catalogue, row) if isinstance(row, Entry) else lost_record(row) for row in found]
    return [to_json([record | {"meant": meant(catalogue, record["name"])} for record in records])]


def _problem_lines(catalogue: Catalogue) -> list[str]:
    problems = catalogue.problems
    if not problems:
        return []
    packages = len({problem.provider for problem in problems})
    have = "package has" if packages == 1 else "packages have"
    return [f"{packages} {have} problems:", *map(one_line, problems)]


def _miss_lines(catalogue: Catalogue, words: Sequence[str]) -> list[str]:
    """Say that no entry matches, and explain each word that is a withheld name."""
    from seedbed.catalogue import refusal  # noqa: PLC0415 - for failures only

    asked = " ".join(map(repr, words))
    told = [f"seedbed: no initializer matches {asked}; `seedbed list` shows all"]
    told += [f"seedbed: {refusal(word, rows)}" for word in words if (rows := catalogue.withheld(word))]
    return list(map(one_line, told))


def _to_stderr(lines: Sequence[str]) -> None:
    sys.stderr.writelines(f"{line}\n" for line in lines)


def _print_problems(page: Page, problems: Sequence[str], *, apart: bool) -> None:
    if not problems:
        return
    print_lines(*[""] * apart, page.paint(problems[0], "yellow"))
    for problem in problems[1:]:
        first, *more = page.fit(problem, 4)
        print_lines(f"  {first}", *(f"    {line}" for line in more))


def _print_count(page: Page, found: Sequence[Entry | Issue]) -> None:
    if page.is_terminal and found:
        packages = len({row.provider for row in found})
        count = f"{len(found)} initializers from {packages} packages"
        print_lines("", page.paint(f"{count}; `seedbed show NAME` shows one of them", "dim"))


class _Line(NamedTuple):
    """A row of the table: the shortest unambiguous name, the provider, what is wrong, and a summary."""

    name: str
    provider: str
    mark: str
    summary: str


def _table(page: Page, catalogue: Catalogue, found: Sequence[Entry | Issue]) -> list[str]:
    """Return a line for each row, wrapped where someone looks at it."""
    if not found:
        return []
    told = (_of_entry(catalogue, row) if isinstance(row, Entry) else _of_lost(row) for row in found)
    rows = [_Line(*map(printable, row)) for row in told]  # names and versions are anybody's text
    left = max(4, *(len(row.name) for row in rows)) + 2
    middle = max(8, *(len(row.provider) for row in rows)) + 2
    heading = page.paint(f"{'name':{left}}{'provider':{middle}}summary", "dim")
    return [heading, *(line for row in rows for line in _lines(page, row, left, middle))]


def _lines(page: Page, row: _Line, left: int, middle: int) -> Iterator[str]:
    head = page.paint(row.name.ljust(left), "bold") + page.paint(row.provider, "dim")
    indent = left + middle
    if page.width is not None and page.width - indent < _NARROWEST_SUMMARY:
        yield head
        indent, head = 4, " " * 4
    else:
        head += " " * (middle - len(row.provider))
    first, *more = page.fit(f"{row.mark}{row.summary}", indent)
    word = row.mark.partition(" ")[0]
    yield head + page.paint(word, "yellow") + first.removeprefix(word)
    yield from (" " * indent + line for line in more)


def _of_lost(issue: Issue) -> _Line:
    mark, said = "broken: ", f"{issue.where}: {issue.what}"
    if issue.kind in BLOCKED:
        mark, said = f"blocked by {issue.what}: ", issue.where
    return _Line(issue.full_name.partition(":")[2], issue.source, mark, one_line(said))


def _of_entry(catalogue: Catalogue, entry: Entry) -> _Line:
    rivals, mark = conflicts(catalogue, entry), ""
    if rivals:
        mark = _rivalry(catalogue, entry, rivals)
    elif entry.deprecated:
        instead = entry.deprecated.replaced_by
        mark = f"deprecated{f' (use {instead})' if instead else ''}: "
    name = entry.full_name if rivals else entry.name
    provider = f"{entry.provider} {entry.version}".rstrip()
    return _Line(name, provider, mark, one_line(readable(catalogue.summary(entry))))


def _rivalry(catalogue: Catalogue, entry: Entry, rivals: Sequence[str]) -> str:
    """Say what happens to an entry whose bare name other packages have too."""
    if any(name.startswith(f"{CORE}:") for name in rivals):
        return f"reserved ({entry.name} is {CORE}'s): "
    if not (catalogue.candidates(entry.name) or catalogue.withheld(entry.name)):
        return f"reserved ({entry.name} is {rivals[0].partition(':')[0]}'s): "
    if preferred := meant(catalogue, entry.name):
        return f"passed over (the policy prefers {preferred.partition(':')[0]}): "
    return f"ambiguous (also in {', '.join(name.partition(':')[0] for name in rivals)}): "


def _mentions(lost: Issue, words: Sequence[str]) -> bool:
    text = " ".join((*lost.names, str(lost))).casefold()
    return all(word.casefold() in text for word in words)

"""``seedbed show``: what is known of one entry, in short."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import seedbed
from seedbed.errors import DeprecatedNameWarning
from seedbed.warning import warn
from seedbed_testing.docstrings import Definition, paragraphs, readable, references
from seedbed_tools import pages
from seedbed_tools.cli import hidden
from seedbed_tools.cli.errors import one_line
from seedbed_tools.cli.json_output import to_json
from seedbed_tools.cli.page import Page, print_lines, wrap
from seedbed_tools.cli.records import entry_record
from seedbed_tools.cli.streams import prints_to_stderr
from seedbed_tools.pages import Description, Parameter


def run(options: Namespace) -> int:
    """Print what is known of one entry."""
    found = describe(options.name)
    if options.json:
        print_lines(to_json(_record(found)))
    else:
        _print(Page.of_stdout(), found)
    return finish(found)


def describe(name: str) -> Description:
    """Return what is known of the entry that a name means; warn if the name is deprecated."""
    catalogue = seedbed.catalogue()
    with prints_to_stderr():
        entry = catalogue.entry(name)
        if entry.deprecated:
            warn(f"{entry.full_name} is {entry.deprecated}", DeprecatedNameWarning)
        return pages.describe(catalogue, entry)


def finish(found: Description) -> int:
    """Say what a policy hides, and why the entry is broken if it is; return the exit status."""
    hidden.tell(seedbed.catalogue())
    if not found.error:
        return 0
    sys.stdout.flush()
    sys.stderr.write(f"seedbed: error: {one_line(found.error)}\n")
    return 1


def _record(found: Description) -> dict[str, Any]:
    """Return a description as JSON data, its texts without markup."""
    entry, doc = found.entry, found.docstring
    record = entry_record(seedbed.catalogue(), entry)
    return record | {
        "summary": found.summary,
        "reproducibility": found.reproducibility or record["reproducibility"],
        "target": found.target or None,
        "preset_of": entry.preset_of or None,
        "arguments": dict(found.arguments),
        "parameters": None if found.parameters is None else list(map(_parameter, found.parameters)),
        "description": _plain(paragraphs(doc.description)),
        "notes": _plain(paragraphs(doc.section("Notes"))),
        "peers": list(map(_peer, doc.peers)),
        "references": _plain(references(doc.section("References"))),
        "examples": list(doc.section("Examples")),
        "error": one_line(found.error) or None,
    }


def _print(page: Page, found: Description) -> None:
    width = page.prose_width
    print_lines(page.paint(found.entry.name, "bold"), *wrap(one_line(readable(found.summary)), width))
    if found.deprecation:
        print_lines(page.paint(one_line(found.deprecation), "yellow"))
    facts = [(label, one_line(content)) for label, content in found.facts]
    print_lines("", *page.fields(facts, width=width))
    for title, lines in _sections(page, found):
        print_lines("", page.paint(title, "bold"), *lines)


def _sections(page: Page, found: Description) -> Iterator[tuple[str, list[str]]]:
    doc, width = found.docstring, page.prose_width
    if doc.description:
        yield "Description", list(_set(_plain(paragraphs(doc.description)), width, apart=True))
    if found.parameters is not None:
        yield "Parameters", list(_parameter_lines(page, found.parameters)) or ["  none"]
    if notes := _plain(paragraphs(doc.section("Notes"))):
        yield "Formula and notes", list(_set(notes, width, apart=True))
    if sources := _plain(references(doc.section("References"))):
        yield "References", list(_set(sources, width, apart=False))
    if examples := doc.section("Examples"):
        yield "Examples", [f"  {line}" for line in examples]


def _parameter_lines(page: Page, found: Sequence[Parameter]) -> Iterator[str]:
    heads = [one_line(parameter.head) for parameter in found]
    margin = min(max(map(len, heads), default=0), 18) + 4
    for head, parameter in zip(heads, found, strict=True):
        said = readable(parameter.text) or parameter.annotation or ""
        if parameter.bound:
            said = f"{said} Bound by this entry.".strip()
        lines = wrap(one_line(said), page.prose_width - margin)
        gap = margin - 2 - len(head)
        first = f"  {page.paint(head, 'cyan')}"
        yield first if gap < 2 else first + " " * gap + lines.pop(0)
        yield from (" " * margin + line for line in lines)


def _set(texts: list[str], width: int, *, apart: bool) -> Iterator[str]:
    """Yield the lines of paragraphs; an indented paragraph is not wrapped."""
    for i, text in enumerate(texts):
        literal = text.startswith(" ")
        if i and apart and not (literal and texts[i - 1].startswith(" ")):
            yield ""
        if literal:
            yield f"  {text}"
        else:
            first, *more = wrap(one_line(text), width - 4)
            yield f"  {first}"
            yield from (f"  {line}" if apart else f"    {line}" for line in more)


def _plain(texts: Iterable[str]) -> list[str]:
    return [readable(text) for text in texts]


def _parameter(parameter: Parameter) -> dict[str, Any]:
    return {
        "name": parameter.name,
        "required": parameter.required,
        "default": parameter.default,
        "bound": parameter.bound,
        "annotation": parameter.annotation,
        "description": readable(parameter.text),
    }


def _peer(peer: Definition) -> dict[str, Any]:
    return {"frameworks": list(peer.terms), "name": peer.kind, "difference": readable(peer.text)}

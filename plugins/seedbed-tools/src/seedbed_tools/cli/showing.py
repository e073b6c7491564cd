"""``seedbed show``: what is known of one entry, in short."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from rich.console import Console
from rich.text import Text

from seedbed.catalogue.catalogue import Catalogue
from seedbed_testing.docstrings import Definition, paragraphs, readable, references
from seedbed_tools.cli.errors import one_line
from seedbed_tools.cli.page import fields, prose_width, wrap
from seedbed_tools.cli.records import entry_record
from seedbed_tools.pages import Description, Parameter


def full_record(catalogue: Catalogue, found: Description) -> dict[str, Any]:
    """Return a description as plain data, its texts without markup."""
    entry, doc = found.entry, found.docstring
    record = entry_record(catalogue, entry)
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


def print_description(console: Console, found: Description) -> None:
    """Print a page about one entry."""
    width = prose_width(console)
    console.print(Text(found.entry.name, "bold"))
    for line in wrap(one_line(readable(found.summary)), width):
        console.print(Text(line))
    if found.deprecation:
        console.print(Text(one_line(found.deprecation), "yellow"))
    console.print()
    for row in fields([(label, one_line(content)) for label, content in found.facts], width):
        console.print(row)
    for title, lines in _sections(found, width):
        console.print(Text(f"\n{title}", "bold"))
        for text in lines:
            text.rstrip()
            console.print(text)


def _sections(found: Description, width: int) -> Iterator[tuple[str, list[Text]]]:
    doc = found.docstring
    if doc.description:
        texts = _plain(paragraphs(doc.description))
        yield "Description", [Text(line) for line in _set(texts, width, apart=True)]
    if found.parameters is not None:
        yield "Parameters", list(_parameter_lines(found.parameters, width)) or [Text("  none")]
    if notes := _plain(paragraphs(doc.section("Notes"))):
        yield "Formula and notes", [Text(line) for line in _set(notes, width, apart=True)]
    if sources := _plain(references(doc.section("References"))):
        yield "References", [Text(line) for line in _set(sources, width, apart=False)]
    if examples := doc.section("Examples"):
        yield "Examples", [Text(f"  {line}") for line in examples]


def _parameter_lines(found: Sequence[Parameter], width: int) -> Iterator[Text]:
    heads = [one_line(parameter.head) for parameter in found]
    margin = min(max(map(len, heads), default=0), 18) + 4
    for head, parameter in zip(heads, found, strict=True):
        said = readable(parameter.text) or parameter.annotation or ""
        if parameter.bound:
            said = f"{said} Bound by this entry.".strip()
        first, *more = wrap(one_line(said), width - margin)
        line = Text.assemble("  ", (head, "cyan"))
        if len(line) + 2 > margin:
            yield line
            yield Text(" " * margin + first)
        else:
            yield line + Text(" " * (margin - len(line)) + first)
        yield from (Text(" " * margin + part) for part in more)


def _set(texts: list[str], width: int, *, apart: bool) -> Iterator[str]:
    """Yield the lines of paragraphs; what is indented already is not wrapped."""
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

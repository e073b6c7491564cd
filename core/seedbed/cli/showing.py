"""``seedbed show``: all that is known of one entry."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from typing import Any, Final

from rich.console import Console
from rich.text import Text

from seedbed.catalogue.catalogue import Catalogue
from seedbed.cli.docstrings import Docstring, paragraphs, parse, readable, references
from seedbed.cli.errors import one_line
from seedbed.cli.page import fields, prose_width, wrap
from seedbed.cli.records import entry_record
from seedbed.constructor import parameters
from seedbed.entry import Entry
from seedbed.errors import EntryLoadError
from seedbed.initializer import Initializer

_PROMISES: Final = {
    "exact": "exact: one seed gives the same bits everywhere",
    "numerical": "numerical: one seed gives the same values everywhere, up to rounding",
    "undeclared": "undeclared: its author has not said what one seed promises",
}


def describe(catalogue: Catalogue, entry: Entry) -> dict[str, Any]:
    """Import the class of `entry`, and of no other, and return all that is known; a failure is part of it."""
    record = entry_record(catalogue, entry)
    record |= {
        "target": _target(entry),
        "preset_of": entry.preset_of or None,
        "arguments": _bound(catalogue, entry),
        "parameters": None,
        "description": [],
        "notes": [],
        "references": [],
        "examples": [],
        "error": None,
    }
    try:
        initializer_class = catalogue.load(entry)
    except EntryLoadError as error:
        return record | {"error": one_line(error)}
    doc = parse(_own_doc(initializer_class))
    return record | {
        # Now that it is imported, its docstring may say more than its package's metadata.
        "summary": catalogue.summary(entry) if _has_summary(entry, initializer_class) else record["summary"],
        "reproducibility": initializer_class.reproducibility,
        "parameters": list(_parameters(initializer_class, doc, record["arguments"])),
        "description": paragraphs(doc.description),
        "notes": paragraphs(doc.section("Notes")),
        "references": references(doc.section("References")),
        "examples": list(doc.section("Examples")),
    }


def print_description(console: Console, record: Mapping[str, Any]) -> None:
    """Print a page about one entry."""
    width = prose_width(console)
    console.print(Text(record["name"], "bold"))
    for line in wrap(one_line(readable(record["summary"])), width):
        console.print(Text(line))
    if record["deprecated"]:
        console.print(Text(_deprecation(record["deprecated"]), "yellow"))
    console.print()
    for row in fields(_facts(record), width):
        console.print(row)
    for title, lines in _sections(record, width):
        console.print(Text(f"\n{title}", "bold"))
        for text in lines:
            text.rstrip()
            console.print(text)


def _facts(record: Mapping[str, Any]) -> list[tuple[str, str]]:
    facts = [
        ("full name", record["full_name"]),
        ("aliases", ", ".join(record["aliases"])),
        ("provider", f"{record['provider']} {record['version']}".rstrip()),
        ("owner", record["owner"]),
        ("tags", ", ".join(record["tags"])),
    ]
    if record["conflicts_with"]:
        facts.append(("ambiguous", f"the name is also one of {', '.join(record['conflicts_with'])}"))
    if record["preset_of"]:
        bound = ", ".join(f"{key}={value!r}" for key, value in record["arguments"].items())
        facts.append(("preset of", f"{record['preset_of']}{f' with {bound}' if bound else ''}"))
    else:
        facts.append(("class", record["target"]))
    if record["reproducibility"]:
        promise = str(record["reproducibility"])
        facts.append(("reproducibility", _PROMISES.get(promise, promise)))
    return [(label, one_line(content)) for label, content in facts if content]


def _sections(record: Mapping[str, Any], width: int) -> Iterator[tuple[str, list[Text]]]:
    if record["description"]:
        yield "Description", [Text(line) for line in _set(record["description"], width, apart=True)]
    if record["parameters"] is not None:
        yield "Parameters", list(_parameter_lines(record["parameters"], width)) or [Text("  none")]
    for title, key in (("Formula and notes", "notes"), ("References", "references")):
        if record[key]:
            yield title, [Text(line) for line in _set(record[key], width, apart=key != "references")]
    if record["examples"]:
        yield "Examples", [Text(f"  {line}") for line in record["examples"]]


def _parameter_lines(found: list[dict[str, Any]], width: int) -> Iterator[Text]:
    heads = [one_line(_head(parameter)) for parameter in found]
    margin = min(max(map(len, heads), default=0), 18) + 4
    for head, parameter in zip(heads, found, strict=True):
        said = parameter["description"] or parameter["annotation"] or ""
        if parameter["bound"]:
            said = f"{said} Bound by this entry.".strip()
        first, *more = wrap(one_line(said), width - margin)
        line = Text.assemble("  ", (head, "cyan"))
        if len(line) + 2 > margin:
            yield line
            yield Text(" " * margin + first)
        else:
            yield line + Text(" " * (margin - len(line)) + first)
        yield from (Text(" " * margin + part) for part in more)


def _head(parameter: Mapping[str, Any]) -> str:
    if parameter["required"] and not parameter["bound"]:
        return f"{parameter['name']} (required)"
    return f"{parameter['name']} = {parameter['default']!r}"


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


def _parameters(
    initializer_class: type[Initializer], doc: Docstring, bound: Mapping[str, Any]
) -> Iterator[dict[str, Any]]:
    said = doc.parameters or parse(initializer_class.__init__.__doc__).parameters
    for name, parameter in parameters(initializer_class).items():
        required = parameter.default is parameter.empty and parameter.kind not in (
            parameter.VAR_POSITIONAL,
            parameter.VAR_KEYWORD,
        )
        default = bound.get(name, None if parameter.default is parameter.empty else parameter.default)
        annotation = parameter.annotation
        yield {
            "name": name,
            "required": required and name not in bound,
            "default": default,
            "bound": name in bound,
            "annotation": None
            if annotation is parameter.empty
            else inspect.formatannotation(annotation).strip("'"),
            "description": said.get(name, ""),
        }


def _bound(catalogue: Catalogue, entry: Entry) -> dict[str, Any]:
    try:
        return catalogue.arguments(entry)
    except EntryLoadError:  # the class cannot be loaded either, and that is where it is told
        return dict(entry.arguments)


def _target(entry: Entry) -> str | None:
    if isinstance(entry.target, type):
        return f"{entry.target.__module__}:{entry.target.__qualname__}"
    return entry.target or None


def _own_doc(initializer_class: type[Initializer]) -> str | None:
    """Return the class's docstring, unless it is only the one that it has from the contract."""
    doc = inspect.getdoc(initializer_class)
    return None if doc == inspect.getdoc(Initializer) else doc


def _has_summary(entry: Entry, initializer_class: type[Initializer]) -> bool:
    return bool(entry.summary or entry.preset_of or _own_doc(initializer_class))


def _deprecation(deprecated: Mapping[str, str]) -> str:
    text = f"Deprecated since {deprecated['since']}, goes away in {deprecated['removed_in']}."
    if deprecated["replaced_by"]:
        text += f" Use {deprecated['replaced_by']} instead."
    return one_line(f"{text} {deprecated['reason']}")

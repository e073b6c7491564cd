"""Docstrings in numpy style, taken apart, and their markup made readable as plain text."""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

_UNDERLINE: Final = re.compile(r"-{3,}\s*")
_ROLE: Final = re.compile(r":[a-z:]+:`~?([^`]*)`")
_LITERAL: Final = re.compile(r"``?([^`]+)``?_{0,2}")
_FOOTNOTE: Final = re.compile(r"^\.\. (\[\w+\])")
_DIRECTIVE: Final = re.compile(r"^\.\. \w+::\s*(.*)")
_ITEM: Final = re.compile(r"[-*] |\[\w+\] ")
_ROOT: Final = re.compile(r"\\sqrt\{(\w+)\}")
_COMMAND: Final = re.compile(r"\\(\w+)")
_FONT: Final = re.compile(r"\\(?:mathrm|mathbf|text|operatorname)\{(\w+)\}")
_SIGNS: Final = {
    "alpha": "\N{GREEK SMALL LETTER ALPHA}",
    "beta": "\N{GREEK SMALL LETTER BETA}",
    "gamma": "\N{GREEK SMALL LETTER GAMMA}",
    "lambda": "\N{GREEK SMALL LETTER LAMDA}",
    "mu": "\N{GREEK SMALL LETTER MU}",
    "pi": "\N{GREEK SMALL LETTER PI}",
    "sigma": "\N{GREEK SMALL LETTER SIGMA}",
    "sqrt": "\N{SQUARE ROOT}",
    "cdot": "\N{DOT OPERATOR}",
    "times": "\N{MULTIPLICATION SIGN}",
    "sim": "~",
    "le": "\N{LESS-THAN OR EQUAL TO}",
    "ge": "\N{GREATER-THAN OR EQUAL TO}",
    "infty": "\N{INFINITY}",
}


@dataclass(frozen=True, slots=True)
class Definition:
    """An item of a section such as ``Parameters``: a line ``terms : kind``, and the indented text below.

    Parameters
    ----------
    terms
        What stands before the colon, and between commas.
    kind
        What stands behind it; may be empty.
    text
        The lines below as one, with their markup.
    """

    terms: tuple[str, ...]
    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Docstring:
    """What a class says of itself; sections that it lacks are empty. Markup is left as it is.

    Parameters
    ----------
    summary
        The first line.
    description
        What stands between the first line and the first section.
    parameters
        What is said of each parameter, by its name.
    peers
        What other frameworks call it, and where theirs differs: ``framework : name``, and what is different;
        no text if nothing is.
    sections
        The lines of each section, by its title, without the indentation that they share.
    """

    summary: str = ""
    description: tuple[str, ...] = ()
    parameters: Mapping[str, str] = field(default_factory=dict)
    peers: tuple[Definition, ...] = ()
    sections: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def section(self, title: str) -> tuple[str, ...]:
        """Return the lines of a section; none if there is no such section."""
        return self.sections.get(title, ())


def parse(text: str | None) -> Docstring:
    """Take a docstring apart.

    Examples
    --------
    >>> doc = parse('''Values.
    ...
    ...     Parameters
    ...     ----------
    ...     low, high : float
    ...         The ends of
    ...         the interval.
    ...     ''')
    >>> doc.parameters["high"]
    'The ends of the interval.'
    """
    lines = inspect.cleandoc(text or "").split("\n")
    starts = [i for i in range(len(lines) - 1) if _is_title(lines, i)]
    sections = {
        lines[start].strip(): _without_blank_ends(lines[start + 2 : stop])
        for start, stop in pairwise([*starts, len(lines)])
    }
    head = lines[: starts[0]] if starts else lines
    return Docstring(
        summary="".join(head[:1]).strip(),
        description=_without_blank_ends(head[1:]),
        parameters={
            term.lstrip("*"): item.text
            for item in definitions(sections.get("Parameters", ()))
            for term in item.terms
        },
        peers=definitions(sections.get("Peers", ())),
        sections=sections,
    )


def definitions(lines: Sequence[str]) -> tuple[Definition, ...]:
    """Return the items of a section whose items have indented texts.

    Examples
    --------
    >>> definitions(["low, high : float", "    The ends of", "    the interval."])
    (Definition(terms=('low', 'high'), kind='float', text='The ends of the interval.'),)
    """
    heads = [i for i, line in enumerate(lines) if line[:1].strip()]
    return tuple(_definition(lines[start:stop]) for start, stop in pairwise([*heads, len(lines)]))


def paragraphs(lines: Sequence[str]) -> list[str]:
    """Return running text as one string a paragraph or list item, and indented blocks line by line.

    Examples
    --------
    >>> paragraphs(["Two lines", "of text:", "", "    a formula"])
    ['Two lines of text:', '    a formula']
    """
    found: list[str] = []
    inside, literal = False, False
    for line in lines:
        text = _DIRECTIVE.sub(r"    \1", _FOOTNOTE.sub(r"\1", line)).rstrip()
        if not inside:
            literal = text.startswith(" ")
        if inside and not literal and not _ITEM.match(text) and text:
            found[-1] += f" {text.strip()}"
        elif text:
            found.append(text)
        inside = bool(text)
    return found


def references(lines: Sequence[str]) -> list[str]:
    """Return one string for each reference; a blank line ends one, or a full stop at the end of a line."""
    spaced: list[str] = []
    for line in lines:
        spaced.append(line.strip())
        if line.rstrip().endswith("."):
            spaced.append("")
    return paragraphs(spaced)


def readable(text: str) -> str:
    r"""Return `text` without its markup, and with simple formulas as a page would print them.

    Examples
    --------
    >>> readable(r"``2 / fan_in``, see `gain`, :math:`\max(1, \alpha)`")
    '2 / fan_in, see gain, max(1, \u03b1)'
    """
    text = _LITERAL.sub(r"\1", _ROLE.sub(r"\1", text))
    text = _ROOT.sub(rf"{_SIGNS['sqrt']}\1", _FONT.sub(r"\1", text))
    return _COMMAND.sub(lambda found: _SIGNS.get(found[1], found[1]), text)


def _is_title(lines: Sequence[str], i: int) -> bool:
    title = lines[i]
    return bool(title[:1].isalpha() and _UNDERLINE.fullmatch(lines[i + 1]))


def _definition(lines: Sequence[str]) -> Definition:
    terms, _, kind = lines[0].partition(":")
    text = " ".join(line.strip() for line in lines[1:] if line.strip())
    return Definition(tuple(term.strip() for term in terms.split(",")), kind.strip(), text)


def _without_blank_ends(lines: Sequence[str]) -> tuple[str, ...]:
    filled = [i for i, line in enumerate(lines) if line.strip()]
    return tuple(lines[filled[0] : filled[-1] + 1]) if filled else ()

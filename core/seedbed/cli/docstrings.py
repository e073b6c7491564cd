"""Docstrings in numpy style, taken apart, and their markup made readable on a terminal."""

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
class Docstring:
    """What a class says of itself; sections that it lacks are empty.

    Parameters
    ----------
    description
        What stands between the first line and the first section.
    parameters
        What is said of each parameter, by its name.
    sections
        The lines of each section, by its title, without the indentation that they share.
    """

    description: tuple[str, ...] = ()
    parameters: Mapping[str, str] = field(default_factory=dict)
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
        description=_without_blank_ends(head[1:]),
        parameters=_parameters(sections.get("Parameters", ())),
        sections=sections,
    )


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
    return [readable(paragraph) for paragraph in found]


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


def _parameters(lines: Sequence[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    names: list[str] = []
    for line in lines:
        if line[:1].strip():
            names = [name.strip().lstrip("*") for name in line.partition(":")[0].split(",")]
            found |= dict.fromkeys(names, "")
        elif line.strip():
            found |= {name: f"{found[name]} {readable(line.strip())}".strip() for name in names}
    return found


def _without_blank_ends(lines: Sequence[str]) -> tuple[str, ...]:
    filled = [i for i, line in enumerate(lines) if line.strip()]
    return tuple(lines[filled[0] : filled[-1] + 1]) if filled else ()

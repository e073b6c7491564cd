"""Markdown from the text of docstrings, none of which becomes markup by accident."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Final

from seedbed_testing.docstrings import readable

_MARKUP: Final = re.compile(
    r":math:`(?P<formula>[^`]+)`"
    r"|`(?P<text>[^`<]+?) <(?P<target>https?://[^`>]+)>`_{1,2}"
    r"|(?::[a-z:]+:)?``?~?(?P<literal>[^`]+)``?_{0,2}"
    r"|(?P<address>https?://[^\s<>`]*[\w/])"
    r"|\barXiv:(?P<paper>\d{4}\.\d{4,5})"
)
_SPECIAL: Final = re.compile(r"[\\`*\[\]]|(?<![^\W_])_|_(?![^\W_])")
_AT_THE_START: Final = re.compile(r"^(\d*)([#+>.)-])")
_ENTITIES: Final = (("&", "&amp;"), ("<", "&lt;"), ("~~", "&#126;&#126;"))
"""What no backslash helps against in every dialect of Markdown."""

_ITEM: Final = re.compile(r"[-*] ")


def inline(text: str) -> str:
    r"""Return a docstring's running text as one line of Markdown, whose words are what they were.

    Literals, names and formulas become code, addresses and arXiv's numbers links. HTML stays text.

    Examples
    --------
    >>> inline("``2 / fan_in`` of `shape`, <b> and *c*")
    '`2 / fan_in` of `shape`, &lt;b> and \\*c\\*'
    """
    text = " ".join(text.split())
    parts, end = [], 0
    for found in _MARKUP.finditer(text):
        parts += [escaped(text[end : found.start()]), _marked_up(found)]
        end = found.end()
    return _AT_THE_START.sub(r"\1\\\2", "".join((*parts, escaped(text[end:]))))


def escaped(text: str) -> str:
    """Return `text` so that Markdown takes none of it for markup, nor for HTML."""
    text = _SPECIAL.sub(r"\\\g<0>", text)
    for characters, entity in _ENTITIES:
        text = text.replace(characters, entity)
    return text


def code(text: str) -> str:
    """Return `text` as code within a line, whatever backticks it holds.

    Examples
    --------
    >>> code("a"), code("`b`")
    ('`a`', '`` `b` ``')
    """
    text = " ".join(text.split())
    fence = _longer_than_any(text, "`")
    gap = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{fence}{gap}{text}{gap}{fence}"


def code_block(lines: Sequence[str], language: str = "text") -> str:
    """Return lines of code as a block of its own."""
    fence = _longer_than_any("\n".join(lines), "```")
    return "\n".join((f"{fence}{language}", *lines, fence))


def bullets(items: Iterable[str]) -> str:
    """Return a list, each item of which is one line of Markdown."""
    return "\n".join(f"- {item}" for item in items)


def prose(texts: Sequence[str]) -> Iterator[str]:
    """Yield blocks of Markdown for the paragraphs, items and indented lines of a docstring."""
    for kind, group in groupby(texts, _kind):
        if kind == "code":
            yield code_block([readable(line.removeprefix("    ")) for line in group])
        elif kind == "item":
            yield bullets(inline(text[2:]) for text in group)
        else:
            yield from (inline(re.sub(r"::$", ":", text)) for text in group)


def _kind(text: str) -> str:
    if text.startswith(" "):
        return "code"
    return "item" if _ITEM.match(text) else "text"


def _marked_up(found: re.Match[str]) -> str:
    if found["formula"]:
        return code(readable(found["formula"]))
    if found["text"]:
        return f"[{escaped(found['text'])}](<{found['target']}>)"
    if found["literal"]:
        return code(found["literal"])
    if found["paper"]:
        return f"[{found[0]}](https://arxiv.org/abs/{found['paper']})"
    return f"<{found['address']}>"


def _longer_than_any(text: str, least: str) -> str:
    longest = max(map(len, re.findall("`+", text)), default=0)
    return max(least, "`" * (longest + 1), key=len) if longest else least

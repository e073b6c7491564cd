"""Writing TOML: just what a lock file holds, a fact a line. Python's `tomllib` reads it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from seedbed.errors import LockError

_BARE_KEY: Final = re.compile(r"[A-Za-z0-9_-]+")
_SURROGATES: Final = frozenset(map(chr, range(0xD800, 0xE000)))
_ESCAPES: Final = {"\b": r"\b", "\t": r"\t", "\n": r"\n", "\f": r"\f", "\r": r"\r", '"': r"\"", "\\": r"\\"}


def to_toml(document: Mapping[str, object]) -> str:
    r"""Return a document as TOML.

    Parameters
    ----------
    document
        Ints and texts by key, then tables and lists of tables by key. A table has ints, texts, lists of
        texts and dicts of texts.

    Raises
    ------
    LockError
        If a text has half of a surrogate pair, which TOML cannot hold.

    Examples
    --------
    >>> print(to_toml({"format": 1, "entry": [{"name": "he", "bound": {"mode": '"fan_in"'}}]}), end="")
    format = 1
    <BLANKLINE>
    [[entry]]
    name = "he"
    bound.mode = '"fan_in"'
    """
    lines: list[str] = []
    for key, value in document.items():
        if isinstance(value, list):
            for table in value:
                lines += ["", f"[[{_key(key)}]]", *_table(table)]
        elif isinstance(value, Mapping):
            lines += ["", f"[{_key(key)}]", *_table(value)]
        else:
            lines.append(f"{_key(key)} = {_single(value)}")
    return "\n".join(lines) + "\n"


def _table(table: Mapping[str, object]) -> Iterator[str]:
    for key, value in table.items():
        if isinstance(value, Mapping):
            yield from (f"{_key(key)}.{_key(name)} = {_text(text)}" for name, text in value.items())
        elif isinstance(value, Sequence) and not isinstance(value, str):
            yield from (f"{_key(key)} = [", *(f"    {_text(text)}," for text in value), "]")
        else:
            yield f"{_key(key)} = {_single(value)}"


def _key(key: str) -> str:
    return key if _BARE_KEY.fullmatch(key) else _text(key)


def _single(value: object) -> str:
    return str(value) if isinstance(value, int) else _text(value)


def _text(text: object) -> str:
    if not isinstance(text, str):
        raise TypeError(f"a lock file holds texts, got {text!r}")
    if ('"' in text or "\\" in text) and "'" not in text and text.isprintable():
        return f"'{text}'"
    return f'"{"".join(map(_character, text))}"'


def _character(char: str) -> str:
    """Return a character as it stands in quotes; one that nobody could see in a review is spelled out."""
    if char in _ESCAPES:
        return _ESCAPES[char]
    if char.isprintable():
        return char
    if char in _SURROGATES:
        raise LockError(f"{char!r} is half of a character, which TOML cannot hold")
    return f"\\u{ord(char):04x}" if ord(char) < 0x10000 else f"\\U{ord(char):08x}"

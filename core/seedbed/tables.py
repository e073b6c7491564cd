"""The tables of TOML files: read and checked, with all mistakes told at once; and written, a fact a line."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final, NamedTuple

from seedbed.arguments import suggestion
from seedbed.errors import LockError, SeedbedError, described, shown
from seedbed.reading import LIMIT, parse_toml, read_small

_MOST_TOLD: Final = 20
_MOST_COUNTED: Final = 1000


class Kind(NamedTuple):
    """What a key may hold.

    Parameters
    ----------
    allowed
        What that is, in words.
    fits
        Whether a value is that.
    choices
        Which strings are meant, where there are few.
    """

    allowed: str
    fits: Callable[[Any], object]
    choices: tuple[str, ...] = ()


def _is_string(value: object) -> bool:
    return isinstance(value, str)


STRING: Final = Kind("a string", _is_string)
INTEGER: Final = Kind("an integer", lambda value: isinstance(value, int) and not isinstance(value, bool))
ARRAY: Final = Kind("an array", lambda value: isinstance(value, list | tuple))
TABLE: Final = Kind("a table", lambda value: isinstance(value, Mapping))
STRINGS: Final = Kind("an array of strings", lambda value: ARRAY.fits(value) and all(map(_is_string, value)))
STRINGS_BY_NAME: Final = Kind(
    "a table of strings", lambda value: TABLE.fits(value) and all(map(_is_string, value.values()))
)
TABLES: Final = Kind(
    "an array of tables", lambda value: isinstance(value, list) and all(map(TABLE.fits, value))
)
ANY: Final = Kind("anything", lambda _: True)
FLAG: Final = Kind("true or false", lambda value: isinstance(value, bool))


@dataclass(frozen=True, slots=True)
class Keys:
    """Which keys a table may have.

    Parameters
    ----------
    kinds
        What each may hold; `Keys` for a table whose keys are known too.
    required
        Those that it must have, and not as an empty string.

    Examples
    --------
    >>> keys = Keys({"name": STRING, "tags": STRINGS}, required=["name"])
    >>> list(keys.mistakes("row 1", {"tag": ["a"]}))
    ["row 1: unknown key 'tag'; did you mean 'tags'?", "row 1: the key 'name' is missing"]
    """

    kinds: Mapping[str, Kind | Keys]
    required: Collection[str] = ()

    def mistakes(self, place: str, table: object) -> Iterator[str]:
        """Yield all that is wrong with a table; `place` says where it is, empty for the file itself."""
        start = f"{place}: " if place else ""
        if not isinstance(table, Mapping):
            yield f"{place or 'it'} must be a table, got {shown(table)}"
            return
        for key, value in table.items():
            kind = self.kinds.get(key) if isinstance(key, str) else None
            if kind is None:
                listed = suggestion(key, self.kinds, cutoff=0.7) or f"; allowed are {', '.join(self.kinds)}"
                yield f"{start}unknown key {shown(key)}{listed}"
            elif isinstance(kind, Keys):
                yield from kind.mistakes(f"{place} {key}".lstrip(), value)
            elif not kind.fits(value):
                like = suggestion(value, kind.choices) if kind.choices else ""
                yield f"{start}{key} must be {kind.allowed}, got {shown(value)}{like}"
            elif value == "" and key in self.required:
                yield f"{start}{key} must not be empty"
        yield from (f"{start}the key {key!r} is missing" for key in self.required if key not in table)


def read_tables(
    path: str | os.PathLike[str], refusal: Callable[[str], SeedbedError], *, limit: int = LIMIT
) -> dict[str, Any]:
    """Return what the TOML file at a path says, of which at most `limit` bytes are read.

    Raises
    ------
    SeedbedError
        What `refusal` makes of a sentence such as "is not a valid TOML file: ...".
    """
    try:
        return parse_toml(read_small(path, refusal, limit=limit), refusal)
    except OSError as error:
        raise refusal(f"cannot be read: {described(error)}") from error


def refuse(
    source: str, mistakes: Iterable[str], error: Callable[[str], SeedbedError], *, fix: str = ""
) -> None:
    """Raise an error that tells the mistakes of a file, if there are any.

    Parameters
    ----------
    source
        Names the file.
    mistakes
        What is wrong with it.
    error
        The class of the error.
    fix
        What to do.
    """
    found = iter(mistakes)
    told = [mistake.replace("\n", "\n  ") for mistake in islice(found, _MOST_TOLD)]
    rest = sum(1 for _ in islice(found, _MOST_COUNTED))  # to work one out may take a millisecond
    if rest:
        told.append(f"and {f'at least {rest:,}' if rest == _MOST_COUNTED else f'{rest:,}'} more")
    if told:
        raise error(
            f"{source} cannot be used{'; ' * bool(fix)}{fix}:" + "".join(f"\n  {line}" for line in told)
        )


_BARE_KEY: Final = re.compile(r"[A-Za-z0-9_-]+")
_ESCAPES: Final = {"\b": r"\b", "\t": r"\t", "\n": r"\n", "\f": r"\f", "\r": r"\r", '"': r"\"", "\\": r"\\"}


def to_toml(document: Mapping[str, object]) -> str:
    r"""Return a document as TOML. Half of a surrogate pair, which TOML cannot hold, is a `LockError`.

    Parameters
    ----------
    document
        Ints and texts by key, then tables and lists of tables by key. A table has ints, texts, lists of
        texts and dicts of texts.

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
                lines += ["", f"[[{_key(key)}]]", *_lines(table)]
        elif isinstance(value, Mapping):
            lines += ["", f"[{_key(key)}]", *_lines(value)]
        else:
            lines.append(f"{_key(key)} = {_single(value)}")
    return "\n".join(lines) + "\n"


def _lines(table: Mapping[str, object]) -> Iterator[str]:
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
    if char.isprintable() and char not in _ESCAPES:
        return char
    if 0xD800 <= ord(char) < 0xE000:
        raise LockError(f"{char!r} is half of a character, which TOML cannot hold")
    return _ESCAPES.get(char) or (f"\\u{ord(char):04x}" if ord(char) < 0x10000 else f"\\U{ord(char):08x}")

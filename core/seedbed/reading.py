"""Small files and TOML, read within bounds: whatever lies at a path, reading soon ends."""

from __future__ import annotations

import os
import re
import stat
from codecs import BOM_UTF8
from collections.abc import Callable
from typing import Any, Final

from seedbed.errors import SeedbedError, described

LIMIT: Final = 1 << 24
"""Bytes of a file that is read as a whole: a lock of 15,000 entries. Most are a thousand times smaller."""

_CHUNK: Final = 1 << 16

_MOST_PARTS: Final = 100
"""Parts of a dotted key. The time that `tomllib` takes for a key grows with their square."""

_LONG_INTEGER: Final = r"[=\[,\s][+-]?0[xob][0-9A-Fa-f_]{4000}"
"""The start of a value that Python could read, and not write."""

# Opening a FIFO waits for somebody who writes to it, and a terminal may take control of the process.
_FLAGS: Final = os.O_RDONLY | sum(
    getattr(os, flag, 0) for flag in ("O_NONBLOCK", "O_CLOEXEC", "O_NOCTTY", "O_BINARY")
)
_KINDS: Final = {
    stat.S_IFDIR: "a directory",
    stat.S_IFIFO: "a FIFO",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}

# A string that is not closed ends with its line or the text, and nothing is tried twice: the time grows with
# the length alone, and no memory with it. Compiled when it is needed, which no look-up does.
_NO_KEY: Final = r"""
    "{3} (?: [^"\\] | \\. | "{1,2}(?!") )*+ "{0,5}
    | '{3} (?: [^'] | '{1,2}(?!') )*+ '{0,5}
    | " (?: [^"\\\n] | \\. )*+ "?
    | ' [^'\n]*+ '?
    | \# [^\n]*+
    """

Refuse = Callable[[str], SeedbedError]
"""Makes the error to raise, of a text that says what is wrong with a file."""


def read_small(
    path: str | os.PathLike[str], refuse: Refuse, *, limit: int = LIMIT, beginning: bool = False
) -> bytes:
    """Return the content of a regular file.

    Parameters
    ----------
    path
        Where it is.
    refuse
        Makes the error to raise for what is no regular file, or is too large.
    limit
        The most bytes that are read.
    beginning
        Whether the first `limit` bytes of a larger file will do.

    Raises
    ------
    OSError
        If the system cannot open or read it, as `FileNotFoundError` if there is none.
    SeedbedError
        What `refuse` makes.
    """
    try:
        file = os.open(path, _FLAGS)
    except FileNotFoundError:
        raise
    except OSError as error:
        if kind := _kind_at(path):
            raise refuse(kind) from error
        raise
    except ValueError as error:
        raise refuse(f"cannot be the path of a file ({error})") from error
    try:
        status = os.fstat(file)
        if not stat.S_ISREG(status.st_mode):
            raise refuse(_kind(status.st_mode))
        content = os.read(file, min(status.st_size, limit) + 1)
        if not content or len(content) != status.st_size:  # it grows, or is one of Linux's /proc
            content += _at_most(file, limit + 1 - len(content))
    finally:
        os.close(file)
    if len(content) > limit and not beginning:
        raise refuse(f"has more than {limit:,} bytes, the most that are read")
    return content[:limit]


def parse_toml(content: bytes, refuse: Refuse) -> dict[str, Any]:
    """Return what a TOML file in UTF-8 says, with or without a byte-order mark in front.

    Raises
    ------
    SeedbedError
        What `refuse` makes, of a text such as "is not a valid TOML file: ...".
    """
    import tomllib  # noqa: PLC0415 - most look-ups read no TOML

    content = content.removeprefix(BOM_UTF8)
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise refuse(f"is not UTF-8 (at line {line}); save it as UTF-8") from error
    if _has_long_key(text):
        raise refuse(f"has a key of more than {_MOST_PARTS} parts; use shorter keys")
    if re.search(_LONG_INTEGER, text):  # Python refuses decimal digits by itself
        raise refuse("is not a valid TOML file: it has a number of thousands of digits")
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise refuse(f"is not a valid TOML file: {error}") from error
    except (ValueError, RecursionError) as error:  # a number of thousands of digits; thousands of brackets
        raise refuse(f"is not a valid TOML file: {described(error)}") from error


def _has_long_key(text: str) -> bool:
    # No key goes on in the next line, so only long lines need the second look.
    if not any(line.count(".") >= _MOST_PARTS for line in text.split("\n")):
        return False
    bare = re.sub(_NO_KEY, "", text, flags=re.DOTALL | re.VERBOSE)
    return any(part.count(".") >= _MOST_PARTS for part in re.split(r"[=,\[\]{}\n]", bare))


def _at_most(file: int, size: int) -> bytes:
    content = bytearray()
    while len(content) < size and (more := os.read(file, min(size - len(content), _CHUNK))):
        content += more
    return bytes(content)


def _kind_at(path: str | os.PathLike[str]) -> str:
    """Say what lies at `path` if that is why it cannot be opened."""
    try:
        mode = os.stat(path).st_mode  # noqa: PTH116 - as the rest here
    except OSError:
        return ""
    return "" if stat.S_ISREG(mode) else _kind(mode)


def _kind(mode: int) -> str:
    return f"is {_KINDS.get(stat.S_IFMT(mode), 'something else')} and not a regular file"

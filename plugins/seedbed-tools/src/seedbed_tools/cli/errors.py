"""Errors of the command line, and text on one line."""

from __future__ import annotations

import re

from seedbed.errors import SeedbedError


class CommandError(SeedbedError, ValueError):
    """The command cannot do what was typed; the message says what to type instead."""


def one_line(text: object) -> str:
    r"""Return `text` on one line, without characters that would steer a terminal.

    Examples
    --------
    >>> one_line("two\n  lines")
    'two lines'
    """
    return printable(" ".join(str(text).split()))


def sentence(error: object) -> str:
    r"""Return the text of an error on one line, even if it lists several mistakes.

    Examples
    --------
    >>> sentence("policy.toml has 2 mistakes:\n  no mode\n  deny = 7")
    'policy.toml has 2 mistakes: no mode; and deny = 7'
    """
    return re.sub(r"(?<![:;])\n  (and )?", "; and ", str(error)).replace(":\n  ", ": ")


def printable(line: str) -> str:
    """Return `line` without characters that would steer a terminal; its spaces stay as they are."""
    if line.isprintable():
        return line
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in line)

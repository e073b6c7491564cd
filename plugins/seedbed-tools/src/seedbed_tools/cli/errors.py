"""What goes wrong between a keyboard and a catalogue, and how it is said: in one line."""

from __future__ import annotations

import re

from seedbed.errors import SeedbedError


class CommandError(SeedbedError, ValueError):
    """What was typed cannot be done; the message says what to type instead."""


def one_line(text: object) -> str:
    r"""Return `text` on one line, without characters that would steer a terminal.

    Examples
    --------
    >>> one_line("two\n  lines")
    'two lines'
    """
    return printable(" ".join(str(text).split()))


def sentence(error: object) -> str:
    r"""Return the text of an error, whose lines may each tell a mistake, for a single line.

    Examples
    --------
    >>> sentence("policy.toml has 2 mistakes:\n  no mode\n  deny = 7")
    'policy.toml has 2 mistakes: no mode; and deny = 7'
    """
    return re.sub(r"(?<![:;])\n  ", "; and ", str(error)).replace(":\n  ", ": ")


def printable(line: str) -> str:
    """Return `line` without characters that would steer a terminal; its spaces stay as they are."""
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in line)

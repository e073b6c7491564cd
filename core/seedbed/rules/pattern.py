"""Patterns of paths, and what they capture: the number of a layer, of an expert."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Mapping, Sequence
from fnmatch import translate
from types import MappingProxyType
from typing import Final, NamedTuple, TypeAlias

from seedbed.errors import RulesError, shown
from seedbed.rules.expression import RESERVED

Captures: TypeAlias = Mapping[str, int]

NOTHING: Final[Captures] = MappingProxyType({})

_MOST_CAPTURES: Final = 8
_RUN: Final = re.compile(r"(?<![0-9])[0-9]{1,9}(?![0-9])", re.ASCII)
_PIECE: Final = re.compile(r"\[!?\]?[^\]]*\]|\{([A-Za-z_][A-Za-z0-9_]{0,99})\}", re.ASCII)


_Run: TypeAlias = tuple[int, int]
"""Where a number begins and ends in a path."""


class Pattern(NamedTuple):
    """A pattern that has been read.

    Parameters
    ----------
    text
        How it is written.
    names
        What it captures, in that order.
    tail
        What every path ends with that it matches.
    outline
        Matches whatever it matches, and more if it captures.
    parts
        What stands before, between and behind what it captures.
    """

    text: str
    names: tuple[str, ...]
    tail: str
    outline: re.Pattern[str]
    parts: tuple[re.Pattern[str], ...]

    def match(self, path: str) -> Captures | None:
        """Return what it captures of a path, ``None`` if it does not match.

        Raises
        ------
        RulesError
            If it could capture more than one number under a name.

        Examples
        --------
        >>> dict(compiled("*h/{layer}/*/weight").match("model/h/3/mlp/weight"))
        {'layer': 3}
        """
        if not path.endswith(self.tail) or self.outline.fullmatch(path) is None:
            return None
        return self._numbers(path) if self.names else NOTHING

    def _numbers(self, path: str) -> Captures | None:
        found: dict[str, int] = {}
        for name, runs in zip(self.names, self._places(path), strict=True):
            numbers = sorted({int(path[start:stop]) for start, stop in runs})
            if not numbers:
                return None
            if len(numbers) > 1:
                raise RulesError(
                    f"the pattern {self.text} matches {path} in several ways, so that {{{name}}} may be "
                    f"{' or '.join(map(str, numbers))}; write more of the path instead of '*'"
                )
            found[name] = numbers[0]
        return found

    def _places(self, path: str) -> Sequence[list[_Run]]:
        """Return for each capture all numbers that it may be, given that all others have a place, too."""
        first, *between, last = self.parts
        runs = [found.span() for found in _RUN.finditer(path)]
        places = [[run for run in runs if first.fullmatch(path, 0, run[0])]]
        for part in between:
            before = places[-1]
            places.append([run for run in runs if any(_fits(part, path, one, run) for one in before)])
        places[-1] = [run for run in places[-1] if last.fullmatch(path, run[1])]
        for number in range(len(between) - 1, -1, -1):
            part, behind = between[number], places[number + 1]
            places[number] = [
                run for run in places[number] if any(_fits(part, path, run, one) for one in behind)
            ]
        return places


@functools.lru_cache(maxsize=1 << 14)  # a large model asks for each pattern as often as it has parameters
def compiled(text: str) -> Pattern:
    """Return a pattern that is written so.

    Raises
    ------
    RulesError
        If it captures one name twice, one that means something else, or too many.
    """
    names, fragments = tuple(captured(text)), [""]
    end = 0
    for piece in _PIECE.finditer(text):
        fragments[-1] += text[end : piece.start()]
        end = piece.end()
        if piece[1] is None:
            fragments[-1] += piece[0]
        else:
            fragments.append("")
    fragments[-1] += text[end:]
    outline, *parts = (re.compile(translate(part)) for part in ("*".join(fragments), *fragments))
    return Pattern(text, names, re.split(r"[]*?[{}]", text)[-1], outline, tuple(parts))


def captured(text: str) -> Iterator[str]:
    """Yield the names that a pattern captures.

    Raises
    ------
    RulesError
        As `compiled`.
    """
    names = names_in(text)
    for number, name in enumerate(names):
        if name in RESERVED:
            raise RulesError(f"got the capture {{{name}}} in {shown(text)}, a name that means something else")
        if name in names[:number] or number == _MOST_CAPTURES:
            raise RulesError(
                f"got {{{name}}} in {shown(text)}; a pattern captures at most {_MOST_CAPTURES} numbers, each "
                "under a name of its own"
            )
    yield from names


def names_in(text: str) -> list[str]:
    """Return the names that stand in braces in a text, outside of brackets."""
    return [piece[1] for piece in _PIECE.finditer(text) if piece[1] is not None]


def written(template: str, captures: Captures, **more: str) -> str:
    """Return a text with captures, and `more`, put in where it names them."""
    known: dict[str, object] = {**captures, **more}
    return _PIECE.sub(lambda piece: str(known.get(piece[1], piece[0])), template)


def _fits(part: re.Pattern[str], path: str, before: _Run, behind: _Run) -> bool:
    return before[1] < behind[0] and part.fullmatch(path, before[1], behind[0]) is not None

"""A histogram in characters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

WIDTH: Final = 60
HEIGHT: Final = 8

_EIGHTHS: Final = " \u2581\u2582\u2583\u2584\u2585\u2586\u2587\u2588"
"""Blocks that fill a character from below by none to eight eighths of it."""

_AXIS: Final = "\u2514\u2500\u2534\u2518"
"""A corner, a line, a tick and the other corner."""

_PLAIN_LEVELS: Final = " ....:::#"
_PLAIN_AXIS: Final = "+-+|"


def chart(
    counts: Sequence[int], left: float, right: float, *, apart: bool = False, plain: bool = False
) -> list[str]:
    """Return the lines of a histogram: its bars, and the axis below them from `left` to `right`.

    Parameters
    ----------
    counts, apart, plain
        As in `bars`.
    left, right
        What the labels at both ends say.
    """
    wide = len(counts) * (WIDTH // len(counts))
    return bars(counts, apart=apart, plain=plain) + axis(left, right, wide, plain=plain)


def bars(counts: Sequence[int], *, apart: bool = False, plain: bool = False) -> list[str]:
    """Return the lines of a bar chart, `HEIGHT` of them, at most `WIDTH` wide.

    Parameters
    ----------
    counts
        The heights in proportion, at most `WIDTH` of them, one above 0. Even the smallest above 0 is seen.
    apart
        Whether there is a gap between bars that are wide enough.
    plain
        Whether to use ASCII alone.

    Examples
    --------
    >>> [line[::20] for line in bars([4, 8, 1], plain=True)]
    [' #', ' #', ' #', ' #', '##', '##', '##', '###']
    """
    wide = WIDTH // len(counts)
    gap = 1 if apart and wide > 2 else 0
    tallest = max(counts)
    heights = [max(round(count * HEIGHT * 8 / tallest), count > 0) for count in counts]
    levels = _PLAIN_LEVELS if plain else _EIGHTHS
    return [
        "".join(
            levels[min(max(height - 8 * row, 0), 8)] * (wide - gap) + " " * gap for height in heights
        ).rstrip()
        for row in reversed(range(HEIGHT))
    ]


def axis(left: float, right: float, width: int, *, plain: bool = False) -> list[str]:
    """Return the line below bars that are `width` wide in all, and its labels: both ends and the middle.

    Examples
    --------
    >>> for line in axis(-1.0, 1.0, 21, plain=True):
    ...     print(line)
    +---------+---------|
    -1        0         1
    """
    start, line, tick, end = _PLAIN_AXIS if plain else _AXIS
    half = (width - 1) // 2
    ruler = start + line * (half - 1) + tick + line * (width - half - 2) + end
    first, middle, last = (f"{value:.3g}" for value in (left, left / 2 + right / 2, right))
    labels = first.ljust(half - len(middle) // 2) + middle
    return [ruler, labels + last.rjust(width - len(labels))]

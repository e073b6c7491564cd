"""The fenced blocks of a page in their order, and the changes of files that some of them show."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_BLOCK = re.compile(
    r"^(?:`(?P<file>[^`\n]+)`\n\n)?(?P<fence>`{3,})(?P<kind>\w+)\n(?P<text>.*?)^(?P=fence)$",
    re.DOTALL | re.MULTILINE,
)


@dataclass(frozen=True)
class Block:
    """A block: what kind it is of, what it holds, and the file that the line above it names, if any."""

    kind: str
    text: str
    file: str


def blocks_in(page: str) -> Iterator[Block]:
    for match in _BLOCK.finditer(page):
        yield Block(match["kind"], match["text"], match["file"] or "")


def changed(text: str, diff: str) -> str:
    """Return `text` after a change that a page shows as a diff without line numbers.

    The lines of a hunk must occur in it exactly once; hunks are set apart by ``@@``.
    """
    for hunk in re.split(r"^@@.*\n", diff, flags=re.MULTILINE):
        lines = hunk.splitlines(keepends=True)
        before = "".join(line[1:] for line in lines if line[0] != "+")
        after = "".join(line[1:] for line in lines if line[0] != "-")
        assert text.count(before) == 1, f"the file has {text.count(before)} times:\n{before}"
        text = text.replace(before, after)
    return text

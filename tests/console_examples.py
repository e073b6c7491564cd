"""The console blocks of a page: a command for each line with a ``$``, and what it prints."""

import doctest
import re
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Example:
    page: Path
    line: int
    command: str
    output: str
    status: int

    def __str__(self):
        return f"{self.page.name}:{self.line}"


def examples_in(text, page=Path("page.md")):
    """Return the examples of a page, one for each line with a ``$``."""
    found = []
    for block in re.finditer(r"^(`{3,})console\n(.*?)^\1$", text, re.DOTALL | re.MULTILINE):
        line = text.count("\n", 0, block.start(2))
        for step in re.finditer(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", block[2], re.MULTILINE):
            at = line + 1 + block[2].count("\n", 0, step.start())
            if step[1] == "echo $?":
                last = found.pop()
                found.append(Example(page, last.line, last.command, last.output, int(step[2])))
                continue
            found.append(Example(page, at, step[1], step[2], 0))
    return found


def parts(example):
    return [part.strip() for part in example.command.split("&&")]


def is_as_shown(shown, got):
    def tidy(text):
        return "\n".join(line.rstrip() for line in text.strip().splitlines()) + "\n"

    same = doctest.OutputChecker().check_output(tidy(shown), tidy(got), doctest.ELLIPSIS)
    return not shown.strip() or same

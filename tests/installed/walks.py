"""A page as its reader goes through it: commands, files, changes of files, examples."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from console_examples import Example, examples_in
from environments import clean_environ
from page_blocks import Block, blocks_in, changed


@dataclass
class Walk:
    """A terminal in a folder, and what has come of the page so far."""

    folder: Path
    """Where the terminal is; ``cd`` changes it."""
    environ: dict[str, str]
    """Its environment variables; ``source`` changes them."""
    commands: list[tuple[Example, int, str]] = field(default_factory=list)
    """Each command, the status with which it ended, and what it printed."""
    shown: list[tuple[str, bytes, bytes]] = field(default_factory=list)
    """Each file that the page shows: its path, as the page has it, and as it is."""

    def through(self, page: Path) -> Walk:
        for block in blocks_in(page.read_text(encoding="utf-8")):
            self._do(block, page)
        return self

    def _do(self, block: Block, page: Path) -> None:
        path = self.folder / block.file
        if block.kind == "console":
            for example in examples_in(f"```console\n{block.text}```\n", page):
                self.commands.append((example, *self._run(example.command)))
        elif block.kind == "diff":
            path.write_bytes(changed(path.read_text(encoding="utf-8"), block.text).encode())
        elif block.file:
            self.shown.append((block.file, block.text.encode(), path.read_bytes()))
        elif block.text.startswith(">>> "):
            self._run_examples(block.text, page)

    def _run(self, command: str) -> tuple[int, str]:
        program, *arguments = shlex.split(command)
        if program == "cd":
            self.folder /= arguments[0]
            return 0, ""
        if program == "source":
            scripts = (self.folder / arguments[0]).parent
            assert (scripts / "activate").is_file()
            self.environ["PATH"] = f"{scripts}{os.pathsep}{self.environ['PATH']}"
            return 0, ""
        found = shutil.which(program, path=self.environ["PATH"])
        assert found, f"{command!r}: no such program"
        done = subprocess.run(
            [found, *arguments],
            cwd=self.folder,
            env=self.environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            timeout=300,
            check=False,
        )
        return done.returncode, done.stdout

    def _run_examples(self, text: str, page: Path) -> None:
        """Run a block of the page with `doctest`, in the reader's environment."""
        file = self.folder / "example.txt"
        file.write_text(text, encoding="utf-8")
        status, output = self._run(f"python -m doctest -o ELLIPSIS {file.name}")
        file.unlink()
        self.commands.append((Example(page, 0, text, "", 0), status, output))


def terminal(folder: Path, **variables: object) -> Walk:
    """Return a terminal whose environment has `variables` besides the usual ones, and a fixed width."""
    fixed = {"COLUMNS": "100", "PYTHONIOENCODING": "utf-8"}
    return Walk(folder, clean_environ() | fixed | {name: str(value) for name, value in variables.items()})

"""``seedbed stubs``: a stub with the names that are installed, written or compared."""

from __future__ import annotations

import shlex
import sys
from argparse import Namespace
from pathlib import Path

import seedbed
from seedbed import Catalogue
from seedbed_tools import stubs
from seedbed_tools.cli import hidden
from seedbed_tools.cli.errors import one_line
from seedbed_tools.cli.page import print_lines
from seedbed_tools.cli.streams import prints_to_stderr


def run(options: Namespace) -> int:
    """Write the stub, or compare it."""
    catalogue = seedbed.catalogue()
    status = (_compare if options.check else _write)(catalogue, Path(options.output))
    hidden.tell(catalogue)
    return status


def _write(catalogue: Catalogue, folder: Path) -> int:
    with prints_to_stderr():
        path = stubs.write(catalogue, folder)
    print_lines(one_line(f"wrote {path}"))
    return 0


def _compare(catalogue: Catalogue, folder: Path) -> int:
    path = stubs.path_in(folder)
    with prints_to_stderr():
        wanted = stubs.stub(catalogue)
    if path.exists() and path.read_text(encoding="utf-8", errors="replace") == wanted:
        return 0
    command = f"seedbed stubs --output {shlex.quote(str(folder))}"
    sys.stderr.write(one_line(f"seedbed: {path} is not up to date; run `{command}`") + "\n")
    return 1

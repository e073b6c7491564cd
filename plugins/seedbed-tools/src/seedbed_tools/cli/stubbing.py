"""``seedbed stubs``: a stub with the names that are installed, written or compared."""

from __future__ import annotations

import sys
from pathlib import Path

from seedbed.catalogue.catalogue import Catalogue
from seedbed_tools import stubs
from seedbed_tools.cli.streams import prints_to_stderr


def write(catalogue: Catalogue, folder: Path) -> int:
    """Write the stub, and say where it is."""
    with prints_to_stderr():
        path = stubs.write(catalogue, folder)
    sys.stdout.write(f"wrote {path}\n")
    return 0


def compare(catalogue: Catalogue, folder: Path) -> int:
    """Say if the stub is not what would be written now."""
    path = stubs.path_in(folder)
    with prints_to_stderr():
        wanted = stubs.stub(catalogue)
    if path.exists() and path.read_text(encoding="utf-8", errors="replace") == wanted:
        return 0
    sys.stderr.write(f"seedbed: {path} is not up to date; run `seedbed stubs --output {folder}`\n")
    return 1

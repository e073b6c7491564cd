"""Answers for a shell that completes a command: installed names, dtypes and files."""

from __future__ import annotations

import os
from argparse import ArgumentParser
from typing import Any


def names(prefix: str, **_: Any) -> list[str]:
    """Return names of entries: full names after a colon, aliases if no name begins with `prefix`."""
    from seedbed.api import catalogue  # noqa: PLC0415 - only completion needs it

    entries = list(catalogue())
    if ":" in prefix:
        return [entry.full_name for entry in entries]
    found = [entry.name for entry in entries if entry.name.startswith(prefix)]
    return found or [alias for entry in entries for alias in entry.names]


def names_and_providers(prefix: str, **_: Any) -> list[str]:
    """Return names of entries, and of the packages that they come from."""
    from seedbed.api import catalogue  # noqa: PLC0415

    return [*names(prefix), *(provider.name for provider in catalogue().providers)]


def dtypes(**_: Any) -> list[str]:
    """Return the names of all dtypes."""
    from seedbed.dtypes import ALL  # noqa: PLC0415

    return sorted(ALL)


def is_asked() -> bool:
    """Say whether a shell has started this process to ask what could be typed next."""
    return "_ARGCOMPLETE" in os.environ


def answer(parser: ArgumentParser) -> None:
    """Answer such a shell, and end the process."""
    import argcomplete  # noqa: PLC0415 - only such a process needs it

    argcomplete.autocomplete(parser, always_complete_options=False)

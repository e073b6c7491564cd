"""What a shell completes: names of the catalogue where a name is due, files where a path is."""

from __future__ import annotations

import os
from argparse import ArgumentParser
from typing import Any


def names(prefix: str, **_: Any) -> list[str]:
    """Return names of entries: full ones where a colon was typed, aliases where no name begins so."""
    from seedbed.api import catalogue  # noqa: PLC0415 - importing a command's arguments needs none of it

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
    import argcomplete  # noqa: PLC0415 - no other process needs it

    argcomplete.autocomplete(parser, always_complete_options=False)

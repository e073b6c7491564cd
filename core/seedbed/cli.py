"""The command ``seedbed``, which is the distribution seedbed-tools."""

from __future__ import annotations

import sys
from typing import Final

from seedbed.errors import SeedbedError
from seedbed.requirement import missing_extra

_INTERRUPTED: Final = 130
"""What shells give for a command that Ctrl-C has ended."""


def main() -> int:
    """Run the command with the arguments that this process was started with, and return its exit status."""
    try:
        from seedbed_tools.cli import command  # noqa: PLC0415 - the extra may not be installed

        return command()
    except ModuleNotFoundError as error:
        if error.name != "seedbed_tools":
            raise
        return _fail(missing_extra("the command line", "seedbed-tools", "cli"))
    except KeyboardInterrupt:  # before the command has begun, or after its end
        return _INTERRUPTED


def _fail(error: SeedbedError) -> int:
    sys.stderr.write(f"seedbed: error: {error}\n")
    return 2

"""The command line, the extra ``cli``."""

from seedbed_tools.cli.run import main

__all__ = ["main"]

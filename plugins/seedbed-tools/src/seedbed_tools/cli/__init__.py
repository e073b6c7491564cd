"""The command line, the extra ``cli``."""

from seedbed_tools.cli.run import command, main

__all__ = ["command", "main"]

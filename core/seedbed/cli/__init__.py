"""The command line, the extra ``cli``."""

from seedbed.cli.run import main

__all__ = ["main"]

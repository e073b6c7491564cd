"""Providers that are no installed distribution of somebody else's."""

from typing import Final

CORE: Final = "seedbed"
SESSION: Final = "__main__"
"""The provider of what a running process registers; no distribution can have this name."""

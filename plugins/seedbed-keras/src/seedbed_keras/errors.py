"""What can go wrong here alone; all else is among `seedbed.errors`."""

from __future__ import annotations

from seedbed.errors import SeedbedError


class UnknownWeightError(SeedbedError, RuntimeError):
    """Keras asks for the values of a weight without a trace of which one it is."""

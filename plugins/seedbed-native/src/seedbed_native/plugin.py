"""What Seedbed asks for the engine."""

from __future__ import annotations

import seedbed
from seedbed_native.engine import NativeEngine


@seedbed.hookimpl
def seedbed_engine() -> NativeEngine:
    """Return the engine, with the best instructions that the machine has."""
    return NativeEngine()

"""A lock for what a fork must not cut in two: an import.

A process that is forked while another thread imports a module can never import that module: its lock is held
by a thread that the new process does not have.
"""

from __future__ import annotations

import os
import threading
from typing import Final

UNFORKED: Final = threading.RLock()
"""Forks wait while another thread holds it."""

if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=UNFORKED.acquire, after_in_parent=UNFORKED.release, after_in_child=UNFORKED.release
    )

"""`Variant`, an initializer that differs from the one under test in an argument."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from seedbed.errors import shown
from seedbed.initializer import Initializer


@dataclass(frozen=True, eq=False)
class Variant:
    """An initializer made from a subject.

    Parameters
    ----------
    initializer
        The initializer.
    changes
        The arguments in which it differs, apart from a seed.
    """

    initializer: Initializer
    changes: Mapping[str, Any]

    def __str__(self) -> str:
        """Return its `repr`, and what its repr may leave out."""
        changed = ", ".join(f"{name}={shown(value)}" for name, value in self.changes.items())
        return f"{shown(self.initializer)}{f', made with {changed}' if changed else ''}"

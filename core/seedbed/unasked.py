"""The engine that draws unless a program or the environment asks for another.

Drawing asks for it, and the catalogue, which stands above drawing and knows the policy, answers.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeAlias

Answer: TypeAlias = tuple[Any, bool]
"""An engine, or ``None`` for NumPy's; and whether that will be the answer from now on."""

_FINDERS: Final[list[Callable[[], Answer]]] = []


def find_with(finder: Callable[[], Answer]) -> None:
    """Ask `finder` from now on."""
    _FINDERS[:] = [finder]


def engine_unasked() -> Answer:
    """Return the answer of whom `find_with` was told of; NumPy's engine as long as there is nobody."""
    return _FINDERS[0]() if _FINDERS else (None, False)

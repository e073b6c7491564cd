"""The active catalogue, in which a constructor's own look-ups are made too.

An initializer that is made of others looks them up, with `seedbed.get`, while it is being made. Had these
look-ups another policy than the one that they are part of, a config could get past it by nesting.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Final

from seedbed.errors import ConfigError

if TYPE_CHECKING:
    from seedbed.catalogue.catalogue import Catalogue

MOST_LEVELS: Final = 20
"""How deep initializers may be nested: deeper than anybody means, and far from where Python's stack ends."""

_ACTIVE: Final[ContextVar[tuple[Catalogue, int] | None]] = ContextVar("seedbed_active", default=None)
"""The catalogue, and how many constructors deep it is asked."""


@contextmanager
def active(catalogue: Catalogue) -> Iterator[None]:
    """Have `active_catalogue` give `catalogue`, in this thread or task, while this is entered.

    Constructors that are within each other more than `MOST_LEVELS` deep are a `ConfigError`.
    """
    outer = _ACTIVE.get()
    level = 0 if outer is None else outer[1] + 1
    if level > MOST_LEVELS:
        raise ConfigError(
            f"initializers are nested more than {MOST_LEVELS} deep; put them into one another fewer times"
        )
    token = _ACTIVE.set((catalogue, level))
    try:
        yield
    finally:
        _ACTIVE.reset(token)


def active_catalogue() -> Catalogue | None:
    """Return the catalogue that this thread, or task, makes an initializer of; ``None`` if there is none."""
    active = _ACTIVE.get()
    return None if active is None else active[0]

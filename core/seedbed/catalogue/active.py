"""The active catalogue, in which a constructor's own look-ups are made too.

An initializer that is made of others looks them up, with `seedbed.get`, while it is being made. Had these
look-ups another policy than the one that they are part of, a config could get past it by nesting.
"""

from __future__ import annotations

from contextvars import ContextVar
from types import TracebackType
from typing import TYPE_CHECKING, Final

from seedbed.errors import ConfigError

if TYPE_CHECKING:
    from seedbed.catalogue.catalogue import Catalogue

MOST_LEVELS: Final = 20
"""How deep initializers may be nested: deeper than anybody means, and far from where Python's stack ends."""

_ACTIVE: Final[ContextVar[tuple[Catalogue, int] | None]] = ContextVar("seedbed_active", default=None)
"""The catalogue, and how many constructors deep it is asked."""


class Active:
    """While this is entered, `active_catalogue` gives `catalogue`, in this thread or task.

    Raises
    ------
    ConfigError
        On entering, if constructors are within each other more than `MOST_LEVELS` deep.
    """

    __slots__ = ("_catalogue", "_token")

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue

    def __enter__(self) -> None:
        outer = _ACTIVE.get()
        level = 0 if outer is None else outer[1] + 1
        if level > MOST_LEVELS:
            raise ConfigError(
                f"initializers are nested more than {MOST_LEVELS} deep; put them into one another fewer times"
            )
        self._token = _ACTIVE.set((self._catalogue, level))

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        _ACTIVE.reset(self._token)


def active_catalogue() -> Catalogue | None:
    """Return the catalogue that this thread, or task, makes an initializer of; ``None`` if there is none."""
    active = _ACTIVE.get()
    return None if active is None else active[0]

"""Which catalogue is being asked right now, so that what a constructor looks up is looked up there too.

An initializer that is made of others looks them up, with `seedbed.get`, while it is being made. Had these
look-ups another policy than the one that they are part of, a config could get past it by nesting.
"""

from __future__ import annotations

from contextvars import ContextVar
from types import TracebackType
from typing import TYPE_CHECKING, Final

from seedbed.errors import ConfigError
from seedbed.frozen import Frozen

if TYPE_CHECKING:
    from seedbed.catalogue.catalogue import Catalogue

MOST_LEVELS: Final = 20
"""How deep initializers may be nested: deeper than anybody means, and far from where Python's stack ends."""


class _Question(Frozen):
    catalogue: Catalogue
    level: int


_QUESTION: Final[ContextVar[_Question | None]] = ContextVar("seedbed_question", default=None)


class Asking:
    """While this is entered, `asked` is `catalogue`.

    Raises
    ------
    ConfigError
        On entering, if constructors have been asking within each other more than `MOST_LEVELS` deep.
    """

    __slots__ = ("_catalogue", "_token")

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue

    def __enter__(self) -> None:
        outer = _QUESTION.get()
        level = 0 if outer is None else outer.level + 1
        if level > MOST_LEVELS:
            raise ConfigError(
                f"initializers are nested more than {MOST_LEVELS} deep; put them into one another fewer times"
            )
        self._token = _QUESTION.set(_Question(self._catalogue, level))

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        _QUESTION.reset(self._token)


def asked() -> Catalogue | None:
    """Return the catalogue that this thread, or task, asks for an initializer; ``None`` if it asks none."""
    question = _QUESTION.get()
    return None if question is None else question.catalogue

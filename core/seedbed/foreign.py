"""`Attempt`, the one place that contains what foreign code raises."""

from __future__ import annotations

from types import TracebackType
from typing import Self


class Attempt:
    """Keep whatever the code within raises as `error`, but for `KeyboardInterrupt`, which is the user's.

    It is for the code of plugins, which may raise anything, `SystemExit` too.

    Examples
    --------
    >>> with Attempt() as attempt:
    ...     1 / 0
    >>> attempt.error
    ZeroDivisionError('division by zero')
    """

    __slots__ = ("error",)

    def __init__(self) -> None:
        self.error: BaseException | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        self.error = error
        return kind is not None and not issubclass(kind, KeyboardInterrupt)

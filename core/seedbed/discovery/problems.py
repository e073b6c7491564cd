"""What is wrong with an installed package, held against it alone."""

from __future__ import annotations

from typing import Any, Final

from seedbed.errors import PluginError, described, said
from seedbed.frozen import Frozen

CONTESTED: Final = "metadata folders"
"""Where a problem is whose provider several folders claim to be."""

SMUGGLED: Final = "metadata that another package has brought"
"""Where a problem is whose provider's metadata was brought by another package."""


class Problem(Frozen):
    """Something of one distribution that could not be used.

    Parameters
    ----------
    provider
        The normalised name of the distribution, or the path of its metadata if it has no name of its own.
    version
        Its version; empty if unknown.
    where
        The file, module, entry point or hook that is wrong.
    what
        What is wrong with it.
    cause
        The exception behind it, if there was one.
    name
        The name of the catalogue that is lost through it; empty if it is not known which.
    """

    __slots__ = ("provider", "version", "where", "what", "cause", "name")  # noqa: RUF023 - as the constructor

    provider: str
    version: str
    where: str
    what: str
    cause: BaseException | None
    name: str

    def __init__(
        self,
        provider: str,
        version: str,
        where: str,
        what: str,
        cause: BaseException | None = None,
        *,
        name: str = "",
    ) -> None:
        self._set(provider=provider, version=version, where=where, what=what, cause=cause, name=name)

    def _compared(self) -> tuple[Any, ...]:
        # Without the cause, whose comparison would run code of whoever made it.
        return (self.provider, self.version, self.where, self.what, self.name)

    def __repr__(self) -> str:
        return f"Problem{self._compared()!r}"

    def __str__(self) -> str:
        return f"{self.provider} {self.version}".rstrip() + f": {self.where}: {self.what}"


def unreadable(
    provider: str, version: str, where: str, error: BaseException, *, verb: str = "read"
) -> Problem:
    """Return the problem of a file of metadata that cannot be read."""
    why = said(error) if type(error) is PluginError else described(error)
    what = f"cannot be {verb} ({why}); reinstall or uninstall this package"
    return Problem(provider, version, where, what, error)

"""What is wrong with an installed package, held against it alone."""

from __future__ import annotations

from dataclasses import dataclass, field

from seedbed.errors import PluginError, described


@dataclass(frozen=True, slots=True)
class Problem:
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

    provider: str
    version: str
    where: str
    what: str
    # Neither printed nor compared, which would run code of whoever made it.
    cause: BaseException | None = field(default=None, repr=False, compare=False)
    name: str = ""

    def __str__(self) -> str:
        return f"{self.provider} {self.version}".rstrip() + f": {self.where}: {self.what}"


def unreadable(
    provider: str, version: str, where: str, error: BaseException, *, verb: str = "read"
) -> Problem:
    """Return the problem of a file of metadata that cannot be read."""
    why = str(error) if type(error) is PluginError else described(error)
    what = f"cannot be {verb} ({why}); reinstall or uninstall this package"
    return Problem(provider, version, where, what, error)

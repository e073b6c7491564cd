"""`Tombstone`, the row of the catalogue that a name leaves behind."""

from __future__ import annotations

from typing import ClassVar

from seedbed.errors import EntryError, shown
from seedbed.rows import Row, exact_texts, is_word


class Tombstone(Row):
    """A name that is gone for good. A plugin's hook returns it beside its entries.

    Whoever asks for the name gets a `RemovedNameError` that says what replaced it, and never the initializer
    of another package, whoever has the same name.

    Parameters
    ----------
    name
        The name that is gone, or one of its aliases. The CamelCase form of a name need not have a tombstone
        of its own.
    removed_in
        The provider's version that no longer had it.
    replaced_by
        The name to use instead; empty if there is none.
    reason
        Why, in a sentence.
    provider, version
        The normalised name and the version of the distribution that it comes from. The catalogue fills them
        in; a plugin leaves them empty.

    Raises
    ------
    EntryError
        If a field is no text, the name is malformed, or `removed_in` is empty.

    Examples
    --------
    >>> print(Tombstone("head_uniform", "2.0", replaced_by="head_normal"))
    removed in 2.0; use 'head_normal' instead
    """

    _kind: ClassVar[str] = "tombstone"

    __slots__ = ("name", "removed_in", "replaced_by", "reason", "provider", "version")  # noqa: RUF023 - as the constructor

    name: str
    removed_in: str
    replaced_by: str
    reason: str
    provider: str
    version: str

    def __init__(
        self,
        name: str,
        removed_in: str,
        *,
        replaced_by: str = "",
        reason: str = "",
        provider: str = "",
        version: str = "",
    ) -> None:
        self._set(
            name=name,
            removed_in=removed_in,
            replaced_by=replaced_by,
            reason=reason,
            provider=provider,
            version=version,
        )
        if not is_word(self.name):
            raise EntryError(
                "a tombstone needs the name that is gone, printable and without space or ':', got "
                f"{shown(self.name)}"
            )
        what = f"tombstone {shown(self.name)}"
        exact_texts(self, what, "name", "removed_in", "replaced_by", "reason", "provider", "version")
        if not self.removed_in:
            raise EntryError(f"{what} needs the version that removed it for removed_in, got ''")

    def __str__(self) -> str:
        instead = f"use {self.replaced_by!r} instead" if self.replaced_by else ""
        return "; ".join(filter(None, (f"removed in {self.removed_in}", instead, self.reason)))

"""What the rows of the catalogue have in common: names, texts, and the provider that comes later."""

from __future__ import annotations

import re
from typing import ClassVar, Final, Self

from seedbed.errors import EntryError, shown, text_of
from seedbed.frozen import Frozen, replace

NAME: Final = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
"""The name of an entry, in snake_case."""

_WORD: Final = re.compile(r"[^ :]+")


def camel_case(name: str) -> str:
    """Return the CamelCase form of a name in snake_case; nothing for any other name.

    Examples
    --------
    >>> camel_case("gpt2_normal"), camel_case("Gpt2Normal")
    ('Gpt2Normal', '')
    """
    return "".join(word.capitalize() for word in name.split("_")) if NAME.fullmatch(name) else ""


def is_word(text: object) -> bool:
    """Say whether `text` can be an alias or a tag: any printable characters but space and ``:``."""
    word = text_of(text)
    return word is not None and word.isprintable() and _WORD.fullmatch(word) is not None


def exact_texts(row: object, owner: str, *fields: str) -> None:
    """Refuse fields that are no text, and make text of those that are members of an enumeration of texts.

    Raises
    ------
    EntryError
        If one of them is no text; `owner` says whose field it is.
    """
    for name in fields:
        got = getattr(row, name)
        text = text_of(got)
        if text is None:
            raise EntryError(f"{owner} needs text for {name}, got {shown(got)}")
        object.__setattr__(row, name, text)


def source_of(provider: str, version: str) -> str:
    """Return a provider and its version as ``dist==version``; only the provider where it has no version."""
    return f"{provider}=={version}" if version else provider


class Row(Frozen):
    """A row that belongs to a name, and to the provider that gave it."""

    __slots__ = ()

    _kind: ClassVar[str]

    name: str
    provider: str
    version: str

    @property
    def full_name(self) -> str:
        """The name that nobody else can claim: ``provider:name``."""
        return f"{self.provider}:{self.name}"

    @property
    def source(self) -> str:
        """The provider and its version, as ``dist==version``; only the provider where it has no version."""
        return source_of(self.provider, self.version)

    @property
    def names(self) -> tuple[str, ...]:
        """Every bare name that it stands for, its own first, without repeats."""
        return tuple(filter(None, (self.name, camel_case(self.name))))

    def provided_by(self, provider: str, version: str) -> Self:
        """Return this row with its provider filled in.

        Raises
        ------
        EntryError
            If it names a provider itself, which is left to the catalogue.
        """
        if self.provider or self.version:
            raise EntryError(
                f"{self._kind} {self.name!r} names provider {self.provider!r}; "
                "leave provider and version to the catalogue"
            )
        # By the constructor, since it may have been bypassed when this row was made.
        return replace(self, provider=provider, version=version)

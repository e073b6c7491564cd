"""What the rows of the catalogue have in common, and the rows of names that mean no entry."""

from __future__ import annotations

import re
from dataclasses import KW_ONLY, dataclass, field, replace
from typing import Final, Self

from seedbed.errors import EntryError, shown, text_of

NAME: Final = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
"""The name of an entry, in snake_case."""

LONGEST_NAME: Final = 200
"""Characters of a name, an alias or a tag."""

LONGEST_TEXT: Final = 2_000
"""Characters of any other text of a row."""

MOST_WORDS: Final = 1_000
"""Aliases, tags or meanings of one row."""

_OF_DISTRIBUTIONS: Final = ("provider", "version")
"""Fields that the catalogue sets from metadata."""

_WORD: Final = re.compile(rf"[^ :]{{1,{LONGEST_NAME}}}")


def camel_case(name: str) -> str:
    """Return the CamelCase form of a name in snake_case; an empty text for any other name.

    Examples
    --------
    >>> camel_case("gpt2_normal"), camel_case("Gpt2Normal")
    ('Gpt2Normal', '')
    """
    return "".join(word.capitalize() for word in name.split("_")) if NAME.fullmatch(name) else ""


def is_word(text: object) -> bool:
    """Say whether `text` can be an alias or a tag: 1 to 200 printable characters except space and ``:``."""
    word = text_of(text)
    return word is not None and word.isprintable() and _WORD.fullmatch(word) is not None


def exact_texts(row: object, owner: str, *fields: str) -> None:
    """Raise for fields that are not text, and make subclasses of `str` exact.

    Raises
    ------
    EntryError
        If one of them is not a text that can be printed and written to a file, or is too long; `owner` says
        whose field it is.
    """
    for name in fields:
        object.__setattr__(row, name, exact_text(getattr(row, name), owner, name))


def exact_text(got: object, owner: str, name: str) -> str:
    """Return a text as exactly a `str`, or raise like `exact_texts`."""
    if type(got) is str and got.isascii() and len(got) <= LONGEST_TEXT:  # true for nearly all texts
        return got
    text = text_of(got)
    if text is None:
        raise EntryError(f"{owner} needs text for {name}, got {shown(got)}")
    if len(text) > LONGEST_TEXT and name not in _OF_DISTRIBUTIONS:
        raise EntryError(f"{owner} has {len(text):,} characters for {name}; write at most {LONGEST_TEXT:,}")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise EntryError(f"{owner} has text for {name} that is no valid Unicode: {shown(text)}") from error
    return text


@dataclass(frozen=True, slots=True)
class Deprecation:
    """What will happen to a name that will be removed.

    Parameters
    ----------
    since
        The provider's version that deprecated the name.
    removed_in
        The version that will no longer have it.
    replaced_by
        The name to use instead; empty if there is none.
    reason
        Why, in a sentence.

    Raises
    ------
    EntryError
        If one of them is not text, or longer than 2,000 characters.
    """

    since: str
    removed_in: str
    replaced_by: str = ""
    reason: str = ""

    def __post_init__(self) -> None:
        exact_texts(self, "a deprecation", "since", "removed_in", "replaced_by", "reason")

    def __str__(self) -> str:
        parts = [f"deprecated since {self.since}, will be removed in {self.removed_in}"]
        return _sentence(parts, self.replaced_by, self.reason)


@dataclass(frozen=True, slots=True)
class Row:
    """A row that belongs to a name, and to the provider that gave it."""

    name: str
    provider: str = field(default="", kw_only=True)
    version: str = field(default="", kw_only=True)

    @property
    def kind(self) -> str:
        """What kind of row it is, in a word."""
        return type(self).__name__.lower()

    @property
    def full_name(self) -> str:
        """The name that nobody else can claim: ``provider:name``."""
        return f"{self.provider}:{self.name}"

    @property
    def source(self) -> str:
        """The provider and its version, as ``dist==version``; only the provider if it has no version."""
        return f"{self.provider}=={self.version}" if self.version else self.provider

    @property
    def names(self) -> tuple[str, ...]:
        """Every bare name of the row, its own first, without repeats."""
        return tuple(filter(None, (self.name, camel_case(self.name))))

    def provided_by(self, provider: str, version: str) -> Self:
        """Return this row with its provider filled in.

        Raises
        ------
        EntryError
            If the row names a provider itself; only the catalogue may do that.
        """
        if self.provider or self.version:
            raise EntryError(
                f"{self.kind} {self.name!r} names provider {self.provider!r}; "
                "leave provider and version to the catalogue"
            )
        # By the constructor, because the plugin may have bypassed it when it made this row.
        return replace(self, provider=provider, version=version)


@dataclass(frozen=True, slots=True)
class Tombstone(Row):
    """A name that is gone for good. A plugin's hook returns it together with its entries.

    Asking for the name raises a `RemovedNameError` that says what replaced it. It never gives the initializer
    of another package that has the same name.

    Parameters
    ----------
    name
        The removed name, or one of its aliases. The CamelCase form of a name needs no tombstone of its own.
    removed_in
        The first version of the provider without the name.
    replaced_by
        The name to use instead; empty if there is none.
    reason
        Why, in a sentence.
    provider, version
        The normalised name and the version of the distribution that it comes from. A plugin leaves them
        empty; the catalogue sets them.

    Raises
    ------
    EntryError
        If a field is not text or too long, the name is malformed, or `removed_in` is empty.

    Examples
    --------
    >>> print(Tombstone("head_uniform", "2.0", replaced_by="head_normal"))
    removed in 2.0; use 'head_normal' instead
    """

    removed_in: str
    _: KW_ONLY
    replaced_by: str = ""
    reason: str = ""

    def __post_init__(self) -> None:
        what = _check_name(self, "the name that is gone")
        exact_texts(self, what, "name", "removed_in", "replaced_by", "reason", "provider", "version")
        if not self.removed_in:
            raise EntryError(f"{what} needs the version that removed it for removed_in, got ''")

    def __str__(self) -> str:
        return _sentence([f"removed in {self.removed_in}"], self.replaced_by, self.reason)


@dataclass(frozen=True, slots=True)
class Homonym(Row):
    """A name that means different things to different people. A plugin's hook returns it with its entries.

    Asking for the name raises an `AmbiguousNameError` that says what to write for each meaning. It never
    gives the initializer of another package that has the same name.

    Parameters
    ----------
    name
        The name. Its CamelCase form needs no row of its own.
    meanings
        What to write for each meaning, and what that means, a list or tuple of at least two texts.
    provider, version
        The normalised name and the version of the distribution that it comes from. A plugin leaves them
        empty; the catalogue sets them.

    Raises
    ------
    EntryError
        If the name is malformed, or the meanings are not two or more texts of at most 2,000 characters each.

    Examples
    --------
    >>> print(Homonym("small", ["'small_init' is normal", "'small_uniform' is uniform"]))
    has more than one meaning; say which:
      'small_init' is normal;
      'small_uniform' is uniform
    """

    meanings: tuple[str, ...] | list[str]

    def __post_init__(self) -> None:
        what = _check_name(self, "a name")
        exact_texts(self, what, "name", "provider", "version")
        given = self.meanings
        found = tuple(map(text_of, given)) if isinstance(given, list | tuple) else ()
        if not 2 <= len(found) <= MOST_WORDS or not all(found):
            raise EntryError(
                f"{what} needs two meanings or more, each a text, got {shown(given)}; at most "
                f"{MOST_WORDS:,} are allowed"
            )
        texts = tuple(exact_text(text, what, "a meaning") for text in found)
        object.__setattr__(self, "meanings", texts)

    def __str__(self) -> str:
        return "has more than one meaning; say which:\n  " + ";\n  ".join(self.meanings)


Withheld = Tombstone | Homonym
"""The rows of names that mean no entry."""


def _check_name(row: Row, needed: str) -> str:
    """Raise for a name that is not a word; return what messages call the row."""
    if not is_word(row.name):
        raise EntryError(
            f"a {row.kind} needs {needed}, printable and without space or ':', got {shown(row.name)}; at "
            f"most {LONGEST_NAME} characters are allowed"
        )
    return f"{row.kind} {shown(row.name)}"


def _sentence(parts: list[str], replaced_by: str, reason: str) -> str:
    instead = f"use {replaced_by!r} instead" if replaced_by else ""
    return "; ".join(filter(None, (*parts, instead, reason)))

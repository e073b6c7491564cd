"""`Entry`, one row of the catalogue: a name, and where to load it from."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, ClassVar, Final

from seedbed.errors import EntryError, name_of, place_of, shown, text_of
from seedbed.frozen import Frozen, replace
from seedbed.initializer import Initializer, unusable
from seedbed.json_data import plain
from seedbed.rows import NAME, Row, camel_case, exact_texts, is_word

_TARGET: Final = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*:[^\W\d]\w*(\.[^\W\d]\w*)*")


class Deprecation(Frozen):
    """What becomes of a name that goes away.

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
        If one of them is no text.
    """

    __slots__ = ("since", "removed_in", "replaced_by", "reason")  # noqa: RUF023 - as the constructor

    since: str
    removed_in: str
    replaced_by: str
    reason: str

    def __init__(self, since: str, removed_in: str, replaced_by: str = "", reason: str = "") -> None:
        self._set(since=since, removed_in=removed_in, replaced_by=replaced_by, reason=reason)
        exact_texts(self, "a deprecation", "since", "removed_in", "replaced_by", "reason")

    def __str__(self) -> str:
        parts = [f"deprecated since {self.since}, goes away in {self.removed_in}"]
        if self.replaced_by:
            parts.append(f"use {self.replaced_by!r} instead")
        if self.reason:
            parts.append(self.reason)
        return "; ".join(parts)


class Entry(Row):
    """One row of the catalogue. A plugin's hook returns these; nothing is imported until one is asked for.

    Parameters
    ----------
    name
        In snake_case: ``"small_init"``.
    target
        Where the class is: ``"acme_inits.small:SmallInit"``, or the class itself, a concrete `Initializer`.
    preset_of
        Instead of a target, the entry whose class this one takes: a name of the same provider or of core, or
        anybody's full name ``provider:name``.
    arguments
        Constructor arguments that this entry binds; those given to `seedbed.get` come on top. Plain JSON
        data, which NumPy's scalars and arrays are turned into.
    aliases
        Other names, a list or tuple. The class's name and the CamelCase form of `name` need not be listed.
    summary
        One line; empty for the first line of the class's docstring.
    owner
        Who answers for it, such as a team; any text.
    tags
        Words to find it by, a list or tuple.
    deprecated
        What becomes of the name, if it goes away.
    provider, version
        The normalised name and the version of the distribution that the entry comes from. The catalogue
        fills them in; a plugin leaves them empty.

    Raises
    ------
    EntryError
        If a field is malformed, or neither or both of `target` and `preset_of` are given.

    Examples
    --------
    >>> Entry("gpt2_normal", preset_of="random_normal", arguments={"stddev": 0.02}).names
    ('gpt2_normal', 'Gpt2Normal')
    """

    _kind: ClassVar[str] = "entry"

    __slots__ = (  # noqa: RUF023 - in the constructor's order
        "name",
        "target",
        "preset_of",
        "arguments",
        "aliases",
        "summary",
        "owner",
        "tags",
        "deprecated",
        "provider",
        "version",
    )

    name: str
    target: str | type[Initializer]
    preset_of: str
    arguments: Mapping[str, Any]
    aliases: tuple[str, ...]
    summary: str
    owner: str
    tags: tuple[str, ...]
    deprecated: Deprecation | None
    provider: str
    version: str

    def __init__(
        self,
        name: str,
        target: str | type[Initializer] = "",
        *,
        preset_of: str = "",
        arguments: Mapping[str, Any] = MappingProxyType({}),
        aliases: tuple[str, ...] = (),
        summary: str = "",
        owner: str = "",
        tags: tuple[str, ...] = (),
        deprecated: Deprecation | None = None,
        provider: str = "",
        version: str = "",
    ) -> None:
        self._set(
            name=name,
            target=target,
            preset_of=preset_of,
            arguments=arguments,
            aliases=aliases,
            summary=summary,
            owner=owner,
            tags=tags,
            deprecated=deprecated,
            provider=provider,
            version=version,
        )
        if text_of(self.name) is None or not NAME.fullmatch(self.name):
            raise EntryError(
                f"an entry's name must be snake_case such as 'small_init', got {shown(self.name)}"
            )
        texts = ("name", "preset_of", "summary", "owner", "provider", "version")
        exact_texts(self, f"entry {shown(self.name)}", *texts)
        self._check_target()
        if self.deprecated is not None and type(self.deprecated) is not Deprecation:
            # A subclass could override what every scan asks of it, and so break it for everyone.
            raise EntryError(
                f"entry {self.name!r} needs a Deprecation or None, got {shown(self.deprecated)}; no subclass "
                "will do"
            )
        self._set(
            deprecated=self.deprecated and replace(self.deprecated),
            arguments=MappingProxyType(self._plain_arguments()),
            aliases=self._exact_words("aliases", "names of printable characters without space or ':'"),
            tags=self._exact_words("tags", "words of printable characters without space or ':'"),
        )

    def _check_target(self) -> None:
        target = text_of(self.target)
        if target is not None:
            self._set(target=target)
        elif not isinstance(self.target, type):
            raise EntryError(f"entry {self.name!r} has target {shown(self.target)}; write 'module:Class'")
        elif flaw := unusable(self.target):
            raise EntryError(f"entry {self.name!r} has a target that {flaw}")
        if target and not _TARGET.fullmatch(target):
            raise EntryError(f"entry {self.name!r} has target {shown(target)}; write 'module:Class'")
        if (target != "") == (self.preset_of != ""):
            raise EntryError(f"entry {self.name!r} needs exactly one of target and preset_of")

    def _plain_arguments(self) -> dict[str, Any]:
        """Return data whose comparison, which every scan makes, runs no code of a plugin."""
        if not (isinstance(self.arguments, Mapping) and all(isinstance(key, str) for key in self.arguments)):
            raise EntryError(
                f"entry {self.name!r} must bind arguments by name in a dict, got {shown(self.arguments)}"
            )
        return {str.__str__(key): self._plain_argument(key, value) for key, value in self.arguments.items()}

    def _plain_argument(self, key: str, value: Any) -> Any:
        return plain(
            value,
            lambda part: EntryError(
                f"entry {self.name!r} binds {shown(key)} to {shown(part)} of type {type(part).__name__}, "
                "which JSON cannot hold; bind plain numbers, strings, lists and dicts"
            ),
        )

    def _exact_words(self, field_name: str, allowed: str) -> tuple[str, ...]:
        words = getattr(self, field_name)
        # A set would give them another order in each process.
        found = tuple(map(text_of, words)) if isinstance(words, list | tuple) else (None,)
        texts = tuple(word for word in found if word is not None and is_word(word))
        if len(texts) != len(found):
            raise EntryError(f"entry {self.name!r} has {field_name} {shown(words)}; list {allowed}")
        return texts

    def _compared(self) -> tuple[Any, ...]:
        # Classes by identity, since their comparison would run code of whoever made their metaclass.
        values = self._values()
        return (*{**values, "target": id(self.target) if self.is_of_class else self.target}.values(),)

    def __hash__(self) -> int:
        return hash((self.name, self.place, self.preset_of, self.provider))  # arguments cannot be hashed

    @property
    def is_of_class(self) -> bool:
        """Whether the target is the class itself, and no text that says where it is."""
        return type(self.target) is not str

    @property
    def place(self) -> str:
        """Where the class is, as ``"module:Class"``; empty for a preset."""
        return ":".join(place_of(self.target)) if isinstance(self.target, type) else self.target

    @property
    def class_name(self) -> str:
        """The name of the class, known without loading it; empty for an entry that binds arguments."""
        if self.arguments or self.preset_of:
            return ""
        return name_of(self.target) if isinstance(self.target, type) else self.target.partition(":")[2]

    @property
    def names(self) -> tuple[str, ...]:
        """Every bare name of this entry, its own first, without repeats."""
        names = (self.name, camel_case(self.name), self.class_name, *self.aliases)
        return tuple(dict.fromkeys(filter(None, names)))

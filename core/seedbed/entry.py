"""`Entry`, one row of the catalogue: a name, and where to load it from."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass, field, fields, replace
from functools import partial
from types import MappingProxyType
from typing import Any, Final

from seedbed.errors import EntryError, is_class, name_of, place_of, shown, text_of
from seedbed.initializer import Initializer, unusable
from seedbed.json_data import plain
from seedbed.rows import (
    LONGEST_NAME,
    LONGEST_TEXT,
    MOST_WORDS,
    NAME,
    Deprecation,
    Row,
    camel_case,
    exact_texts,
    is_word,
)

_LONGEST_ARGUMENTS: Final = 100_000
"""Characters of all arguments that an entry binds, as JSON."""

_NO_WORDS: Final[tuple[str, ...]] = ()
_NOTHING: Final[Mapping[str, Any]] = MappingProxyType({})

RECIPE: Final = ".toml"
"""What the target of a recipe ends with, which is a file of a package."""

_TARGET: Final = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*:[^\W\d]\w*(\.[^\W\d]\w*)*")


@dataclass(frozen=True, slots=True, eq=False)
class Entry(Row):
    """One row of the catalogue. A plugin's hook returns these; importing waits until somebody asks for one.

    Parameters
    ----------
    name
        In snake_case: ``"small_init"``.
    target
        Where the class is: ``"acme_inits.small:SmallInit"``, or the class itself, a concrete `Initializer`.
        Or where a recipe is, a file of a package: ``"acme_inits:gpt2.toml"``.
    preset_of
        Instead of a target: the entry whose class this one uses. It is a name of the same provider or of
        core, or the full name ``provider:name`` of any entry.
    arguments
        Constructor arguments that this entry binds, as JSON data. NumPy's scalars and arrays are converted.
        Arguments that `seedbed.get` gets replace them.
    aliases
        Other names, a list or tuple. You need not list the class's name and the CamelCase form of `name`.
    summary
        One line. If it is empty, the first line of the class's docstring is used.
    owner
        Who is responsible for it, such as a team; any text.
    tags
        Words for searching, a list or tuple.
    deprecated
        A `Deprecation`, if the name will be removed.
    provider, version
        The normalised name and the version of the distribution that the entry comes from. A plugin leaves
        them empty; the catalogue sets them.

    Raises
    ------
    EntryError
        If a field is malformed or too large, or neither or both of `target` and `preset_of` are given. A name
        has at most 200 characters, any other text 2,000, the arguments 100,000 as JSON; there are at most
        1,000 aliases and 1,000 tags.

    Examples
    --------
    >>> Entry("gpt2_normal", preset_of="random_normal", arguments={"stddev": 0.02}).names
    ('gpt2_normal', 'Gpt2Normal')
    """

    target: str | type[Initializer] = ""
    _: KW_ONLY
    preset_of: str = ""
    arguments: Mapping[str, Any] = field(default_factory=dict)
    aliases: tuple[str, ...] | list[str] = ()
    summary: str = ""
    owner: str = ""
    tags: tuple[str, ...] | list[str] = ()
    deprecated: Deprecation | None = None
    _names: tuple[str, ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        name = text_of(self.name)
        if name is None or not NAME.fullmatch(name) or len(name) > LONGEST_NAME:
            raise EntryError(
                f"an entry's name must be snake_case such as 'small_init', got {shown(self.name)}; at most "
                f"{LONGEST_NAME} characters are allowed"
            )
        texts = ("name", "preset_of", "summary", "owner", "provider", "version")
        exact_texts(self, f"entry {name!r}", *texts)
        self._set("target", self._checked_target())
        self._set("deprecated", self._own_deprecation())
        self._set("arguments", MappingProxyType(found) if (found := self._plain_arguments()) else _NOTHING)
        self._set("aliases", self._exact_words("aliases", "names"))
        self._set("tags", self._exact_words("tags", "words"))
        names = (self.name, camel_case(self.name), self.class_name, *self.aliases)
        self._set("_names", tuple(dict.fromkeys(filter(None, names))))

    def _set(self, name: str, value: object) -> None:
        object.__setattr__(self, name, value)

    def _checked_target(self) -> str | type[Initializer]:
        target = text_of(self.target)
        if target is None and is_class(self.target):
            if flaw := unusable(self.target):
                raise EntryError(f"entry {self.name!r} has a target that {flaw}")
        elif target is None or len(target) > LONGEST_TEXT or (target and not _TARGET.fullmatch(target)):
            raise EntryError(f"entry {self.name!r} has target {shown(self.target)}; write 'module:Class'")
        if (target != "") == (self.preset_of != ""):
            raise EntryError(f"entry {self.name!r} needs exactly one of target and preset_of")
        return self.target if target is None else target

    def _own_deprecation(self) -> Deprecation | None:
        if self.deprecated is None:
            return None
        if type(self.deprecated) is not Deprecation:
            # A subclass could override what every scan asks of it, and so break the scan for everyone.
            raise EntryError(
                f"entry {self.name!r} needs a Deprecation or None, got {shown(self.deprecated)}; no subclass "
                "will do"
            )
        return replace(self.deprecated)

    def _plain_arguments(self) -> dict[str, Any]:
        """Return data that a scan can compare without running code of a plugin."""
        if not (isinstance(self.arguments, Mapping) and all(isinstance(key, str) for key in self.arguments)):
            raise EntryError(
                f"entry {self.name!r} must bind arguments by name in a dict, got {shown(self.arguments)}"
            )
        found = {str.__str__(key): self._plain_argument(key, value) for key, value in self.arguments.items()}
        if found and (length := len(json.dumps(found))) > _LONGEST_ARGUMENTS:
            raise EntryError(
                f"entry {self.name!r} binds arguments of {length:,} characters as JSON, and at most "
                f"{_LONGEST_ARGUMENTS:,} are allowed; let its class have them"
            )
        return found

    def _plain_argument(self, key: str, value: Any) -> Any:
        return plain(
            value,
            lambda part: EntryError(
                f"entry {self.name!r} binds {shown(key)} to {shown(part)} of type {name_of(type(part))}, "
                "which JSON cannot hold; bind plain numbers, strings, lists and dicts, and ints of at most "
                "640 digits"
            ),
        )

    def _exact_words(self, field_name: str, called: str) -> tuple[str, ...]:
        words: object = getattr(self, field_name)
        if words is _NO_WORDS:
            return _NO_WORDS
        # A set would have another order in each process.
        found = tuple(map(text_of, words)) if isinstance(words, list | tuple) else (None,)
        texts = tuple(word for word in found if word is not None and is_word(word))
        if len(texts) != len(found) or len(texts) > MOST_WORDS:
            allowed = (
                f"list {called} of printable characters without space or ':', at most {MOST_WORDS:,} of at "
                f"most {LONGEST_NAME} characters"
            )
            raise EntryError(f"entry {self.name!r} has {field_name} {shown(words)}; {allowed}")
        return texts

    def __eq__(self, other: object) -> bool:
        if type(other) is not Entry:
            return NotImplemented
        return self is other or self._compared() == other._compared()

    def _compared(self) -> tuple[Any, ...]:
        # Classes by identity: comparing them would run code of their metaclass.
        values = (getattr(self, each.name) for each in fields(self))
        return tuple(id(value) if is_class(value) else value for value in values)

    def __hash__(self) -> int:
        return hash((self.name, self.place, self.preset_of, self.provider))  # arguments cannot be hashed

    def __reduce__(self) -> tuple[Any, ...]:
        # A read-only view of a dict can be neither pickled nor copied.
        given = {each.name: getattr(self, each.name) for each in fields(self) if each.init}
        return partial(Entry, **{**given, "arguments": dict(self.arguments)}), ()

    @property
    def names(self) -> tuple[str, ...]:
        """Every bare name of this entry, its own first, then its CamelCase form, without repeats."""
        return self._names

    @property
    def is_of_class(self) -> bool:
        """Whether the target is the class itself, and not a text that says where it is."""
        return type(self.target) is not str

    @property
    def is_recipe(self) -> bool:
        """Whether the target is a recipe: ``"package:file.toml"``."""
        return type(self.target) is str and self.target.endswith(RECIPE)

    @property
    def place(self) -> str:
        """Where the class is, as ``"module:Class"``; empty for a preset."""
        return ":".join(place_of(self.target)) if isinstance(self.target, type) else self.target

    @property
    def class_name(self) -> str:
        """The name of the class, known without loading it.

        Empty for an entry that binds arguments, and if the text is not a valid name.
        """
        if self.arguments or self.preset_of or self.is_recipe:
            return ""
        name = name_of(self.target) if isinstance(self.target, type) else self.target.partition(":")[2]
        return name if is_word(name) else ""  # a class may have any text as its name

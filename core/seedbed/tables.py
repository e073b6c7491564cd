"""The tables of a TOML file, checked against the keys that they may have; all mistakes are told at once."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final, NamedTuple

from seedbed.arguments import suggestion
from seedbed.errors import SeedbedError, shown

_MOST_TOLD: Final = 20


class Kind(NamedTuple):
    """What a key may hold.

    Parameters
    ----------
    allowed
        What that is, in words.
    fits
        Whether a value is that.
    choices
        Which strings are meant, where there are few.
    """

    allowed: str
    fits: Callable[[Any], object]
    choices: tuple[str, ...] = ()


def _is_string(value: object) -> bool:
    return isinstance(value, str)


STRING: Final = Kind("a string", _is_string)
INTEGER: Final = Kind("an integer", lambda value: isinstance(value, int) and not isinstance(value, bool))
ARRAY: Final = Kind("an array", lambda value: isinstance(value, list | tuple))
TABLE: Final = Kind("a table", lambda value: isinstance(value, Mapping))
STRINGS: Final = Kind("an array of strings", lambda value: ARRAY.fits(value) and all(map(_is_string, value)))
STRINGS_BY_NAME: Final = Kind(
    "a table of strings", lambda value: TABLE.fits(value) and all(map(_is_string, value.values()))
)
TABLES: Final = Kind(
    "an array of tables", lambda value: isinstance(value, list) and all(map(TABLE.fits, value))
)
ANY: Final = Kind("anything", lambda _: True)


@dataclass(frozen=True, slots=True)
class Keys:
    """Which keys a table may have.

    Parameters
    ----------
    kinds
        What each may hold; `Keys` for a table whose keys are known too.
    required
        Those that it must have, and not as an empty string.

    Examples
    --------
    >>> keys = Keys({"name": STRING, "tags": STRINGS}, required=["name"])
    >>> list(keys.mistakes("row 1", {"tag": ["a"]}))
    ["row 1: unknown key 'tag'; did you mean 'tags'?", "row 1: the key 'name' is missing"]
    """

    kinds: Mapping[str, Kind | Keys]
    required: Collection[str] = ()

    def mistakes(self, place: str, table: object) -> Iterator[str]:
        """Yield all that is wrong with a table; `place` says where it is, empty for the file itself."""
        start = f"{place}: " if place else ""
        if not isinstance(table, Mapping):
            yield f"{place or 'it'} must be a table, got {shown(table)}"
            return
        for key, value in table.items():
            kind = self.kinds.get(key) if isinstance(key, str) else None
            if kind is None:
                listed = suggestion(key, self.kinds, cutoff=0.7) or f"; allowed are {', '.join(self.kinds)}"
                yield f"{start}unknown key {shown(key)}{listed}"
            elif isinstance(kind, Keys):
                yield from kind.mistakes(f"{place} {key}".lstrip(), value)
            elif not kind.fits(value):
                like = suggestion(value, kind.choices) if kind.choices else ""
                yield f"{start}{key} must be {kind.allowed}, got {shown(value)}{like}"
            elif value == "" and key in self.required:
                yield f"{start}{key} must not be empty"
        yield from (f"{start}the key {key!r} is missing" for key in self.required if key not in table)


def refuse(
    source: str, mistakes: Iterable[str], error: Callable[[str], SeedbedError], *, fix: str = ""
) -> None:
    """Raise an error that tells the mistakes of a file, if there are any.

    Parameters
    ----------
    source
        Names the file.
    mistakes
        What is wrong with it.
    error
        The class of the error.
    fix
        What to do.
    """
    found = iter(mistakes)
    told = [mistake.replace("\n", "\n  ") for mistake in islice(found, _MOST_TOLD)]
    if rest := sum(1 for _ in found):
        told.append(f"and {rest:,} more")
    if told:
        raise error(
            f"{source} cannot be used{'; ' * bool(fix)}{fix}:" + "".join(f"\n  {line}" for line in told)
        )

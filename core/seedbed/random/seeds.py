"""Seeds: what they may be, and the 128-bit key that each stands for."""

from __future__ import annotations

import functools
import hashlib
import os
from collections.abc import Sequence
from typing import Any, Final, TypeAlias

from seedbed.errors import ArgumentError, shown
from seedbed.integers import as_integer

SeedPart: TypeAlias = int | str
Seed: TypeAlias = SeedPart | tuple[SeedPart, ...] | None
SeedLike: TypeAlias = SeedPart | Sequence[SeedPart] | None

STREAM_VERSION: Final = 1
"""The version of the specification in ``docs/reference/stream.md``."""

_PERSON: Final = b"seedbed/%d" % STREAM_VERSION
_LIMIT: Final = 2**128
_LARGEST_KEPT: Final = 512  # parts and characters of a seed whose key is kept
_ALLOWED: Final = "None, an int between -2**128 and 2**128, a string, or a list of those ints and strings"


def as_seed(seed: SeedLike) -> Seed:
    """Return `seed` in the form an initializer stores: ``None``, an int, a string, or a tuple of those.

    Raises
    ------
    ArgumentError
        If `seed` is a bool, a float or anything else that is no seed.

    Examples
    --------
    >>> as_seed(7), as_seed([7, "encoder/0/kernel"])
    (7, (7, 'encoder/0/kernel'))
    """
    if seed is None or type(seed) is int:
        return seed if seed is None else _as_part(seed, seed)
    if isinstance(seed, list | tuple):
        if not seed:
            raise ArgumentError(f"got the empty seed {shown(seed)}; a seed is {_ALLOWED}")
        return tuple(_as_part(part, seed) for part in seed)
    return _as_part(seed, seed)


def key_of(seed: Seed) -> int:
    """Return the 128-bit key of `seed`: the same for ever for the same seed, a fresh one for ``None``.

    A single int or string has the key of the list that holds only it.

    Raises
    ------
    ArgumentError
        If `seed` is none that `as_seed` gives.

    Examples
    --------
    >>> key_of(as_seed([7, "encoder/0/kernel"])) == key_of((7, "encoder/0/kernel"))
    True
    """
    if seed is None:
        return int.from_bytes(os.urandom(16), "little")
    parts = seed if isinstance(seed, tuple) else (seed,)
    size = len(parts)
    for part in parts:
        if type(part) is str:
            size += len(part)
        elif type(part) is not int:
            _check_kind(part, seed)
            size += _LARGEST_KEPT  # what is no plain number or text may be equal to another one
    try:
        return _known_hashed(parts) if size <= _LARGEST_KEPT else _hashed(parts)
    except (OverflowError, UnicodeEncodeError):
        as_seed(seed)  # says what is wrong with it
        raise


def _check_kind(part: object, seed: object) -> None:
    if not isinstance(part, int | str) or isinstance(part, bool):
        raise ArgumentError(
            f"got seed {shown(seed)} of type {type(seed).__name__}, which is none to draw with; store "
            "seedbed.random.as_seed(seed) as self.seed in the constructor, and for another stream take "
            "self.fold_in('its name').seed"
        )


def _hashed(parts: tuple[SeedPart, ...]) -> int:
    digest = hashlib.blake2b(b"".join(map(_encode, parts)), digest_size=16, person=_PERSON).digest()
    return int.from_bytes(digest, "little")


_known_hashed: Final = functools.lru_cache(maxsize=256)(_hashed)


def _as_part(part: Any, seed: object) -> SeedPart:
    if isinstance(part, str):
        try:
            part.encode()
        except UnicodeEncodeError as error:
            raise ArgumentError(
                f"got seed {shown(seed)}, whose text is not valid Unicode: {error}"
            ) from error
        return str.__str__(part)  # of a member of an enumeration its text, and not its name
    number = as_integer(part)
    if number is None:
        raise ArgumentError(
            f"got seed {shown(seed)} with a {type(part).__name__} in it; a seed is {_ALLOWED}"
        )
    if not -_LIMIT < number < _LIMIT:
        raise ArgumentError(f"got a seed of {number.bit_length()} bits; a seed is {_ALLOWED}")
    return number


def _encode(part: SeedPart) -> bytes:
    """Return bytes that no other part, and no other split of the parts, could give: tag, length, content."""
    if isinstance(part, str):
        tag, content = b"s", part.encode()
    else:
        tag, content = (b"+" if part >= 0 else b"-"), abs(part).to_bytes(17, "little")
    return tag + len(content).to_bytes(8, "little") + content

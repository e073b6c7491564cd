"""Version specifiers, by the specification of Python's packaging: ``>=1.2,<2``.

Only what a policy needs, so that core does not depend on a packaging library. Pre-releases that are installed
count like any other version.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from seedbed.discovery.versions import Version, parse_version

# https://packaging.python.org/en/latest/specifications/version-specifiers/
_CLAUSE: Final = re.compile(
    r"\s*(?P<operator>~=|==|!=|<=|>=|<|>)\s*(?P<version>[^\s,=<>~*]+?)(?P<any>\.\*)?\s*"
)

FORMS: Final = "write clauses such as '>=1.2,<2', '==1.4.*' or '~=1.4'"


@dataclass(frozen=True, slots=True)
class Specifier:
    """Which versions are meant: those that meet every clause.

    Parameters
    ----------
    text
        Clauses, separated by commas.

    Raises
    ------
    ValueError
        If a clause is malformed.

    Examples
    --------
    >>> Specifier(">=1.2,<2").contains("1.10")
    True
    >>> Specifier("<2").contains("2.0rc1")
    False
    """

    text: str

    def __post_init__(self) -> None:
        for clause in self.text.split(","):
            _predicate(clause)

    @staticmethod
    def understands(version: str) -> bool:
        """Say whether `version` is one that clauses can be about."""
        return parse_version(version) is not None

    def contains(self, version: str) -> bool:
        """Say whether `version` meets every clause; what is no version meets none."""
        parsed = parse_version(version)
        return parsed is not None and all(_predicate(clause)(parsed) for clause in self.text.split(","))


def _predicate(clause: str) -> Callable[[Version], bool]:
    match = _CLAUSE.fullmatch(clause)
    bound = parse_version(match["version"]) if match else None
    if match is None or bound is None:
        raise ValueError(f"{clause.strip()!r} is no version clause; {FORMS}")
    operator, is_prefix = match["operator"], bool(match["any"])
    is_plain = not (bound.is_prerelease or bound.is_post or bound.local)
    if is_prefix and not (operator in ("==", "!=") and is_plain):
        raise ValueError(
            f"{clause.strip()!r} has '.*', which goes with == and != and a plain version; {FORMS}"
        )
    if bound.local and operator not in ("==", "!="):
        raise ValueError(
            f"{clause.strip()!r} compares with a local version, which only == and != can; {FORMS}"
        )
    if operator == "~=" and len(bound.release) < 2:
        raise ValueError(f"{clause.strip()!r} needs at least two numbers, as ~=1.4 has; {FORMS}")
    return lambda version: _meets(version, operator, bound, is_prefix=is_prefix)


def _meets(version: Version, operator: str, bound: Version, *, is_prefix: bool) -> bool:
    match operator:
        case "==" | "!=":
            same = version.begins_with(bound.release, bound.epoch) if is_prefix else _same(version, bound)
            return same == (operator == "==")
        case "~=":
            return version.public_key >= bound.key and version.begins_with(bound.release[:-1], bound.epoch)
        case "<=":
            return version.public_key <= bound.key
        case ">=":
            return version.public_key >= bound.key
        case "<":
            return version.key < (bound if bound.is_prerelease else bound.first_prerelease()).key
        case _:
            late = version.is_post and not bound.is_post and version.follows(bound)
            return version.public_key > bound.key and not late


def _same(version: Version, bound: Version) -> bool:
    return (version.key if bound.local else version.public_key) == bound.key

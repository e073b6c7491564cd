"""Versions of distributions, and what they sort by, by the specification of Python's packaging.

Only as much of it as the catalogue needs, so that core does not depend on a packaging library.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Final

# https://packaging.python.org/en/latest/specifications/version-specifiers/
_VERSION: Final = re.compile(
    r"""
    v? (?:(?P<epoch>\d+)!)? (?P<release>\d+(?:\.\d+)*)
    (?:[-_.]? (?P<phase>alpha|a|beta|b|preview|pre|c|rc) [-_.]? (?P<pre>\d*))?
    (?:-(?P<bare_post>\d+) | (?P<is_post>[-_.]? (?:post|rev|r) [-_.]? (?P<post>\d*)))?
    (?P<is_dev>[-_.]? dev [-_.]? (?P<dev>\d*))?
    (?:\+(?P<local>[a-z0-9]+(?:[-_.][a-z0-9]+)*))?
    """,
    re.ASCII | re.IGNORECASE | re.VERBOSE,
)
_PHASES: Final = {"a": 0, "alpha": 0, "b": 1, "beta": 1, "c": 2, "rc": 2, "pre": 2, "preview": 2}
_BEFORE_PHASES, _AFTER_PHASES = -1, 3
_NO_DEV: Final = (1,)
_LONGEST: Final = 200
"""Characters of a version; what is longer is none."""

VersionKey = tuple[tuple[int, ...] | tuple[tuple[int, str], ...], ...]


@dataclass(frozen=True, slots=True)
class Version:
    """A version, taken apart; use `parse_version` to make one.

    Parameters
    ----------
    epoch, release, pre, post, dev, local
        Its parts, each as something that sorts as the specification says. `release` has all its numbers.
    """

    epoch: int
    release: tuple[int, ...]
    pre: tuple[int, ...]
    post: tuple[int, ...]
    dev: tuple[int, ...]
    local: tuple[tuple[int, str], ...]

    @property
    def key(self) -> VersionKey:
        """What versions sort by."""
        return (*self.public_key[:-1], self.local)

    @property
    def public_key(self) -> VersionKey:
        """The same without a local part."""
        return ((1, self.epoch), self._trimmed, self.pre, self.post, self.dev, ())

    @property
    def is_dev(self) -> bool:
        """Whether it is a development release."""
        return self.dev != _NO_DEV

    @property
    def is_post(self) -> bool:
        """Whether it is a post-release."""
        return bool(self.post)

    @property
    def is_prerelease(self) -> bool:
        """Whether it is an alpha, a beta, a release candidate or a development release."""
        return self.is_dev or self.pre not in ((_BEFORE_PHASES,), (_AFTER_PHASES,))

    def first_prerelease(self) -> Version:
        """Return the development release that comes before all other pre-releases of this version."""
        pre = self.pre if self.is_post else (_BEFORE_PHASES,)
        return replace(self, pre=pre, dev=(0, 0))

    def follows(self, other: Version) -> bool:
        """Say whether a post-release is one of `other`."""
        same = (self.epoch, self._trimmed, self.pre) == (other.epoch, other._trimmed, other.pre)
        return same and not other.is_dev

    def begins_with(self, numbers: tuple[int, ...], epoch: int) -> bool:
        """Say whether the release begins with these numbers, with as many zeros behind it as need be."""
        padded = self.release + (0,) * (len(numbers) - len(self.release))
        return self.epoch == epoch and padded[: len(numbers)] == numbers

    @property
    def _trimmed(self) -> tuple[int, ...]:
        """The release, for which 1.0 is 1."""
        release = list(self.release)
        while len(release) > 1 and release[-1] == 0:
            release.pop()
        return tuple(release)


def parse_version(version: str) -> Version | None:
    """Return a version taken apart; ``None`` for what is no version."""
    match = _VERSION.fullmatch(version.strip()) if len(version) <= _LONGEST else None
    if match is None:
        return None
    is_post = bool(match["bare_post"] or match["is_post"])
    return Version(
        epoch=int(match["epoch"] or 0),
        release=tuple(int(number) for number in match["release"].split(".")),
        pre=_pre(match, is_post=is_post),
        post=(int(match["bare_post"] or match["post"] or 0),) if is_post else (),
        dev=(0, int(match["dev"] or 0)) if match["is_dev"] else _NO_DEV,
        local=_parts(re.split("[-_.]", (match["local"] or "").lower())),
    )


def version_key(version: str) -> VersionKey:
    """Return a key by which versions sort from old to new; what is no version sorts before all that are.

    Examples
    --------
    >>> sorted(["10.0", "9.0", "10.0rc1", "10.0.dev2", "banana"], key=version_key)
    ['banana', '9.0', '10.0.dev2', '10.0rc1', '10.0']
    """
    parsed = parse_version(version)
    return ((0,), _parts(re.findall(r"[0-9]+|[^0-9]+", version[:_LONGEST]))) if parsed is None else parsed.key


def _pre(match: re.Match[str], *, is_post: bool) -> tuple[int, ...]:
    """Return where a version stands around its release: 1.dev0 < 1a0 < 1b0 < 1rc0 < 1."""
    if match["phase"]:
        return (_PHASES[match["phase"].lower()], int(match["pre"] or 0))
    return (_BEFORE_PHASES,) if match["is_dev"] and not is_post else (_AFTER_PHASES,)


def _parts(parts: list[str]) -> tuple[tuple[int, str], ...]:
    """Return numbers as numbers, which sort after words, as in a local version."""
    return tuple((int(part), "") if part.isdecimal() else (-1, part) for part in parts if part)

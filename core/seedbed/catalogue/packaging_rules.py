"""Names, versions and references of distributions, by the specifications of Python's packaging.

Only as much of them as discovery needs, so that core does not depend on a packaging library.
"""

from __future__ import annotations

import re
from typing import Final

# https://packaging.python.org/en/latest/specifications/name-normalization/
_NAME: Final = re.compile(r"[A-Z0-9]|[A-Z0-9][A-Z0-9._-]*[A-Z0-9]", re.ASCII | re.IGNORECASE)

# https://packaging.python.org/en/latest/specifications/entry-points/#data-model
_REFERENCE: Final = re.compile(r"\s*([\w.]+)\s*(?::\s*([\w.]+)\s*)?(?:\[[^\[\]]*\]\s*)?")

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

VersionKey = tuple[tuple[int, ...] | tuple[tuple[int, str], ...], ...]


def is_name(text: str) -> bool:
    """Say whether `text` can be the name of a distribution."""
    return _NAME.fullmatch(text) is not None


def normalise(distribution: str) -> str:
    """Return a distribution's name in its normal form: ``acme-inits`` for ``Acme_Inits``."""
    return re.sub(r"[-_.]+", "-", distribution).lower()


def reference(value: str) -> str:
    """Return the ``module`` or ``module:name`` that an entry point's value refers to.

    Spaces around the parts, and extras in brackets, count for nothing. What is no reference at all comes back
    as it is, for the error message.

    Examples
    --------
    >>> reference("acme_inits.small : SmallInit [extra]")
    'acme_inits.small:SmallInit'
    """
    match = _REFERENCE.fullmatch(value)
    if match is None:
        return value
    module, name = match.groups()
    return f"{module}:{name}" if name else module


def version_key(version: str) -> VersionKey:
    """Return a key by which versions sort from old to new; what is no version sorts before all that are.

    Examples
    --------
    >>> sorted(["10.0", "9.0", "10.0rc1", "10.0.dev2", "banana"], key=version_key)
    ['banana', '9.0', '10.0.dev2', '10.0rc1', '10.0']
    """
    match = _VERSION.fullmatch(version.strip())
    if match is None:
        return ((0,), _parts(re.findall(r"[0-9]+|[^0-9]+", version)))
    release = [int(number) for number in match["release"].split(".")]
    while len(release) > 1 and release[-1] == 0:  # 1.0 is 1
        release.pop()
    return (
        (1, int(match["epoch"] or 0)),
        tuple(release),
        _pre(match),
        (int(match["bare_post"] or match["post"] or 0),) if _is_post(match) else (),
        (0, int(match["dev"] or 0)) if match["is_dev"] else (1,),
        _parts(re.split("[-_.]", (match["local"] or "").lower())),
    )


def _is_post(match: re.Match[str]) -> bool:
    return bool(match["bare_post"] or match["is_post"])


def _pre(match: re.Match[str]) -> tuple[int, ...]:
    """Return where a version stands around its release: 1.dev0 < 1a0 < 1b0 < 1rc0 < 1."""
    if match["phase"]:
        return (_PHASES[match["phase"].lower()], int(match["pre"] or 0))
    return (_BEFORE_PHASES,) if match["is_dev"] and not _is_post(match) else (_AFTER_PHASES,)


def _parts(parts: list[str]) -> tuple[tuple[int, str], ...]:
    """Return numbers as numbers, which sort after words, as in a local version."""
    return tuple((int(part), "") if part.isdecimal() else (-1, part) for part in parts if part)

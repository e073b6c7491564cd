"""Names, versions and references of distributions, by the specifications of Python's packaging."""

from __future__ import annotations

import re
from typing import Any, Final

# https://packaging.python.org/en/latest/specifications/name-normalization/
_NAME: Final = re.compile(r"[A-Z0-9]|[A-Z0-9][A-Z0-9._-]*[A-Z0-9]", re.ASCII | re.IGNORECASE)

# https://packaging.python.org/en/latest/specifications/entry-points/#data-model
_REFERENCE: Final = re.compile(r"\s*([\w.]+)\s*(?::\s*([\w.]+)\s*)?(?:\[[^\[\]]*\]\s*)?")

_LONGEST: Final = 200
"""Characters of a version; what is longer is none."""


def is_name(text: str) -> bool:
    """Say whether `text` can be the name of a distribution."""
    return _NAME.fullmatch(text) is not None


def normalise(distribution: str) -> str:
    """Return a distribution's name in its normal form: ``acme-inits`` for ``Acme_Inits``."""
    # To import packaging.utils takes 14 ms, half a look-up; and this is ten times as fast as the pattern
    # there, which few names need, for thousands of names.
    name = distribution.lower().replace("_", "-").replace(".", "-")
    return re.sub("--+", "-", name) if "--" in name else name


def split_stem(folder: str) -> tuple[str, str]:
    """Return name and version as the name of a metadata folder has them; an empty version if it has none.

    Old installers leave a dash in the name or the version, and the version of Python behind the latter.

    Examples
    --------
    >>> split_stem("acme_inits-1.0.dist-info")
    ('acme_inits', '1.0')
    >>> split_stem("acme-inits-1.0-2-py3.11.egg-info")
    ('acme-inits', '1.0-2')
    """
    stem, _, ending = folder.rpartition(".")
    dash = stem.find("-")
    if dash < 0:
        return stem, ""
    if not stem[dash + 1 : dash + 2].isdigit() and (start := re.search(r"-(?=[vV]?\d)", stem)):
        dash = start.start()
    version = stem[dash + 1 :]
    return stem[:dash], version.partition("-py")[0] if ending.lower() == "egg-info" else version


def version_key(version: str) -> tuple[bool, Any]:
    """Return a key by which versions sort from old to new; what is no version sorts before all that are.

    Examples
    --------
    >>> sorted(["10.0", "9.0", "10.0rc1", "10.0.dev2", "banana"], key=version_key)
    ['banana', '9.0', '10.0.dev2', '10.0rc1', '10.0']
    """
    from packaging.version import InvalidVersion, Version  # noqa: PLC0415 - most look-ups compare no versions

    try:
        if len(version) <= _LONGEST:
            return True, Version(version)
    except InvalidVersion:
        pass
    parts = re.findall(r"[0-9]+|[^0-9]+", version[:_LONGEST])
    return False, [(int(part), "") if part.isdecimal() else (-1, part) for part in parts]


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

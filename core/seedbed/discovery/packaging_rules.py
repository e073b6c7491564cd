"""Names and references of distributions, by the specifications of Python's packaging.

Only as much of them as discovery needs, so that core does not depend on a packaging library.
"""

from __future__ import annotations

import re
from typing import Final

# https://packaging.python.org/en/latest/specifications/name-normalization/
_NAME: Final = re.compile(r"[A-Z0-9]|[A-Z0-9][A-Z0-9._-]*[A-Z0-9]", re.ASCII | re.IGNORECASE)

# https://packaging.python.org/en/latest/specifications/entry-points/#data-model
_REFERENCE: Final = re.compile(r"\s*([\w.]+)\s*(?::\s*([\w.]+)\s*)?(?:\[[^\[\]]*\]\s*)?")


def is_name(text: str) -> bool:
    """Say whether `text` can be the name of a distribution."""
    return _NAME.fullmatch(text) is not None


def normalise(distribution: str) -> str:
    """Return a distribution's name in its normal form: ``acme-inits`` for ``Acme_Inits``."""
    # Ten times as fast as the pattern, which few names need, for thousands of names.
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

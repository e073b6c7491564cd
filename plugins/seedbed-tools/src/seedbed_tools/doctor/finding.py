"""`Finding`, something that is wrong or worth knowing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

Kind = Literal[
    "broken",
    "hangs",
    "dies",
    "ambiguous",
    "unlocked",
    "policy",
    "engine",
    "blocked",
    "deprecated",
    "unused",
]
_NO_FAULT: Final = ("blocked", "deprecated", "unused")


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is wrong, or that is worth knowing.

    Parameters
    ----------
    kind
        What kind of thing it is. ``"blocked"`` and ``"deprecated"`` are as somebody wants them to be, and
        ``"unused"`` is what has no effect here but may have one elsewhere; all others are wrong.
    package
        The distribution and its version; empty for what is no package's.
    what
        What it is, and how to mend it.
    """

    kind: Kind
    package: str
    what: str

    @property
    def is_wrong(self) -> bool:
        """Whether something should be mended."""
        return self.kind not in _NO_FAULT

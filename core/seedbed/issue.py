"""`Issue`, why something of a package is not served, or what is worth knowing about it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final, Literal, TypeAlias

Kind: TypeAlias = Literal[
    "broken",
    "contested",
    "smuggled",
    "hangs",
    "dies",
    "removed",
    "ambiguous",
    "policy",
    "engine",
    "unlocked",
    "blocked",
    "meant",
    "passed over",
    "deprecated",
    "unused",
]

_WANTED: Final = ("blocked", "meant", "passed over", "removed", "deprecated", "unused")
_BLOCKED: Final = ("blocked", "unlocked")


@dataclass(frozen=True, slots=True)
class Issue:
    """Why something of an installed package is not served, or what is worth knowing about it.

    Parameters
    ----------
    kind
        ``"broken"``: it cannot be used. ``"contested"``: several metadata folders claim to be the provider's.
        ``"smuggled"``: another package brought the metadata, or a module. ``"hangs"``, ``"dies"``: a process
        that imports it hangs or dies. ``"ambiguous"``: a name means several entries. ``"policy"``,
        ``"engine"``: the policy or the engine cannot be used. ``"unlocked"``: it is not as it was locked.
        These kinds are intended: ``"blocked"``, by the policy; ``"meant"``, ``"passed over"``, ``"removed"``
        and ``"deprecated"`` names; and ``"unused"`` lines of a policy.
    provider, version
        The normalised name and the version of the distribution; empty if it belongs to no package. For a
        distribution without a name of its own, the path of its metadata.
    where
        The file, module, entry point, hook, entry or alias that it concerns.
    what
        What is wrong, or which line of the policy blocks it.
    names
        The bare names that are not served because of it; none if they are not known.
    cause
        The exception behind it, if there was one. It is not compared, because that would run its own code.
    """

    kind: Kind
    provider: str
    version: str
    where: str
    what: str
    names: tuple[str, ...] = ()
    cause: BaseException | None = field(default=None, compare=False, repr=False)

    @property
    def is_wrong(self) -> bool:
        """Whether something has to be fixed."""
        return self.kind not in _WANTED

    @property
    def source(self) -> str:
        """The provider and its version, with a space between."""
        return f"{self.provider} {self.version}".rstrip()

    @property
    def full_name(self) -> str:
        """The first of the names as ``provider:name``; ``provider:*`` if they are not known."""
        return f"{self.provider}:{self.names[0] if self.names else '*'}"

    def __str__(self) -> str:
        what = f"blocked by {self.what}" if self.kind in _BLOCKED else self.what
        return ": ".join(filter(None, (self.source, self.where, what)))

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON data."""
        return {
            "kind": self.kind,
            "provider": self.provider,
            "version": self.version,
            "where": self.where,
            "what": self.what,
            "names": list(self.names),
        }

"""`Watch`, which refuses modules of allowed packages that others have overwritten, when they are imported."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import final

from seedbed.governance.finder import Finder, Path, missing, others
from seedbed.governance.modules import has_code


@final
class Watch(Finder):
    """A finder that knows the modules of packages which a policy allows; Python's own finders import them.

    Parameters
    ----------
    providers
        Which package has each module, by the module's name.
    why_not
        Called with a package and a file, it says why the file is not that package's; nothing if it is.
    """

    def __init__(self, providers: Mapping[str, str], why_not: Callable[[str, str], str]) -> None:
        self._providers = providers
        self._why_not = why_not

    def find_spec(self, name: str, path: Path = None, target: ModuleType | None = None) -> ModuleSpec | None:
        """Return what another finder has found, unless that is a file of somebody else."""
        if name not in self._providers:
            return None
        spec = next(others(name, path, target), None)
        if spec is not None and has_code(spec):
            file = spec.origin or ""
            if why := self._why_not(self._providers[name], file):
                raise missing(name, f"the module {name} is not imported, since it lies in {file}, {why}")
        return spec

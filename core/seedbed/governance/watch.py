"""`Watch`, which refuses modules of allowed packages that others have overwritten, when they are imported."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib.machinery import ModuleSpec, SourceFileLoader
from types import ModuleType
from typing import final

from seedbed.governance.finder import Finder, SearchPath, SourceOnly, missing, others
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
    why_not_data
        Called with a package that is imported and a file of data, it says why that is none of its provider's.
    is_doubtful
        Called with the file of a source, it says whether its bytecode may be of a package that is not
        allowed. Then the source is compiled.
    """

    def __init__(
        self,
        providers: Mapping[str, str],
        why_not: Callable[[str, str], str],
        why_not_data: Callable[[str, str], str],
        is_doubtful: Callable[[str], bool],
    ) -> None:
        self._providers = providers
        self._why_not = why_not
        self._why_not_data = why_not_data
        self._is_doubtful = is_doubtful

    def find_spec(
        self, name: str, path: SearchPath = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return what another finder has found, unless that is a file of somebody else."""
        if name not in self._providers:
            return None
        spec = next(others(self, name, path, target), None)
        if spec is None or not has_code(spec):
            return spec
        file = spec.origin or ""
        if why := self._why_not(self._providers[name], file):
            raise missing(name, f"the module {name} is not imported, since it lies in {file}, {why}")
        is_cached = isinstance(spec.loader, SourceFileLoader) and not isinstance(spec.loader, SourceOnly)
        if is_cached and self._is_doubtful(file):
            spec.loader, spec.cached = SourceOnly(name, file), None
        return spec

    def _seedbed_refuses(self, package: str, file: str) -> str:
        """Say why a file is not to be read as one of `package`; nothing if it may be."""
        return self._why_not_data(package, file)

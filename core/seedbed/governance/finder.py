"""`Finder`, the base of what comes before Python's own finders of modules, and may refuse what they find."""

from __future__ import annotations

import sys
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from importlib.machinery import ModuleSpec, SourceFileLoader
from types import CodeType, ModuleType
from typing import Any, Self, TypeAlias

SearchPath: TypeAlias = Sequence[str] | None
"""The folders of a package that a module is looked for in; ``None`` for a top-level module."""


class Finder(ABC):
    """A finder for `sys.meta_path` that comes before all others while it is held."""

    def hold(self) -> Self:
        """Have a say in all imports from now on."""
        sys.meta_path.insert(0, self)
        return self

    def release(self) -> None:
        """Have no say any more."""
        if self in sys.meta_path:
            sys.meta_path.remove(self)

    @abstractmethod
    def find_spec(
        self, name: str, path: SearchPath = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return from where a module is imported; nothing for one that this finder has no say in.

        Raises
        ------
        ModuleNotFoundError
            If it is not to be imported.
        """

    def refuse_others(self) -> None:  # noqa: B027 - most can be held beside any other
        """Raise a `PolicyError` if this one cannot be held beside another that is held."""

    def _seedbed_refuses(self, package: str, file: str) -> str:  # noqa: ARG002 - for those that know files
        """Say why a file of data is not a package's, to whoever is about to read it; nothing if it is."""
        return ""


class SourceOnly(SourceFileLoader):
    """Compiles the source, and neither reads nor writes bytecode."""

    def get_code(self, fullname: str) -> CodeType:  # noqa: ARG002 - as the base class
        """Return the code of the source file."""
        return self.source_to_code(self.get_data(self.path), self.path)


def others(
    asking: Finder, name: str, path: SearchPath, target: ModuleType | None, *, skipped: object = None
) -> Iterator[ModuleSpec]:
    """Yield what the finders of `sys.meta_path` behind the one that asks find, but for `skipped`.

    Those of other policies and locks are among them: what one of them refuses stays refused.
    """
    finders = list(sys.meta_path)
    places = [place for place, finder in enumerate(finders) if finder is asking]
    for finder in finders[places[-1] + 1 if places else 0 :]:
        find: Any = getattr(finder, "find_spec", None)
        if finder is not skipped and find is not None and (spec := find(name, path, target)) is not None:
            yield spec


def missing(name: str, why: str) -> ModuleNotFoundError:
    """Return the error for a module that is not to be imported."""
    return ModuleNotFoundError(why, name=name)

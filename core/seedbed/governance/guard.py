"""`Guard`, through which Python imports the modules of packages that are locked.

That a module would have come from the right file is of no use if another comes when it is imported. So what
is locked is imported by loaders of our own: from the file that the lock stands for, whatever lies in front of
it or beside it, and only if the content is what was locked. Bytecode that lies about is not read.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.machinery import (
    BYTECODE_SUFFIXES,
    EXTENSION_SUFFIXES,
    ExtensionFileLoader,
    ModuleSpec,
    PathFinder,
    SourcelessFileLoader,
)
from importlib.util import spec_from_file_location
from types import MappingProxyType, ModuleType
from typing import Any, NamedTuple, final

from seedbed.errors import PolicyError, described
from seedbed.governance.finder import Finder, SearchPath, SourceOnly, missing, others
from seedbed.governance.modules import has_code, is_within, namespaces_of, real_place


class Pinned(NamedTuple):
    """A module of a locked package: its file, and that file's SHA-256 digest."""

    file: str
    sha256: str


class Held(NamedTuple):
    """What may be imported: the locked modules by name, and by name why others are refused.

    `files` are the digests of all files that are locked, by their places.
    """

    modules: Mapping[str, Pinned]
    refused: Mapping[str, str]
    files: Mapping[str, str] = MappingProxyType({})


@final
class Guard(Finder):
    """A finder that comes before all others, and knows only what is locked.

    Parameters
    ----------
    held
        What may be imported.
    lock
        The path of the lock that says so; empty if none does.
    owner
        Whose guard it is: of those with one owner the last counts.
    """

    def __init__(self, held: Held, lock: str = "", *, owner: object = None) -> None:
        self.held = held
        self.lock = lock
        self.owner = owner
        self._namespaces = namespaces_of([*held.modules, *held.refused])

    def refuse_others(self) -> None:
        """Refuse to be held beside a guard of somebody else's whose lock says something else.

        A process imports each module once, for all its catalogues. So one of them would get what its lock
        does not have, or would not get what it has.

        Raises
        ------
        PolicyError
            If there is one.
        """
        for other in list(sys.meta_path):
            if not isinstance(other, Guard) or not other.lock or other.owner is self.owner:
                continue
            if module := self._contradicts(other):
                raise PolicyError(
                    f"the locks {self.lock} and {other.lock} are both in force in this process, and say "
                    f"different things of the module {module}, which is imported once for both; use one lock "
                    "in a process, or drop the other catalogue first"
                )

    def _contradicts(self, other: Guard) -> str:
        """Return a module of which two guards say different things; an empty text if there is none."""
        own, others = self.held, other.held
        known = (own.modules.keys() | own.refused) & (others.modules.keys() | others.refused)
        return next((name for name in sorted(known) if own.modules.get(name) != others.modules.get(name)), "")

    def find_spec(
        self, name: str, path: SearchPath = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return from where a locked module is imported; nothing for what nobody has locked."""
        modules, refused = self.held.modules, self.held.refused
        if name in modules:
            return _spec(name, modules[name])
        if name in refused:
            raise missing(name, f"the module {name} is not imported, since {refused[name]}")
        if name in self._namespaces:
            spec = next(others(self, name, path, target), None)
            if spec is not None and has_code(spec):
                had = f"it has the code of {spec.origin}, and had none when it was locked"
                raise missing(name, f"the package {name} is not imported, since {had}")
            return spec
        if is_within(name, refused):
            raise missing(name, f"the module {name} is in a package that is not imported")
        if not is_within(name, modules):
            return None
        # A package may have finders of its own for what is no file. On the path it has what is locked alone.
        spec = next(others(self, name, path, target, skipped=PathFinder), None)
        if spec is None:
            raise missing(name, f"no module named {name!r} is among what is locked")
        return spec

    def _seedbed_refuses(self, package: str, file: str) -> str:
        """Say why a file is not to be read as one of `package`; nothing if that is no locked package."""
        modules = self.held.modules
        if not (package in modules or package in self._namespaces or is_within(package, modules)):
            return ""
        digest = self.held.files.get(real_place(file))
        if digest is None:
            return "which is no file of a package that is locked"
        try:
            with open(file, "rb") as content:
                is_same = hashlib.file_digest(content, "sha256").hexdigest() == digest
        except OSError as error:
            return f"and cannot be read ({described(error)})"
        return "" if is_same else "which has changed since it was compared with what is locked"


@contextmanager
def holding(held: Held) -> Iterator[None]:
    """Let `held` say what is imported while this is entered."""
    guard = Guard(held).hold()
    try:
        yield
    finally:
        guard.release()


def _spec(name: str, pinned: Pinned) -> ModuleSpec | None:
    file = pinned.file
    loader: Any = _Source(name, file)
    if file.endswith(tuple(EXTENSION_SUFFIXES)):
        loader = _Extension(name, file)
    elif file.endswith(tuple(BYTECODE_SUFFIXES)):
        loader = _Bytecode(name, file)
    loader.pinned = pinned
    return spec_from_file_location(name, file, loader=loader)


class _Source(SourceOnly):
    """Compiles the source that is locked."""

    pinned: Pinned

    def get_data(self, path: str) -> bytes:
        return _checked(self.pinned, path, super().get_data(path))


class _Bytecode(SourcelessFileLoader):
    """Runs bytecode that is listed and locked like any other file."""

    pinned: Pinned

    def get_data(self, path: str) -> bytes:
        return _checked(self.pinned, path, super().get_data(path))


class _Extension(ExtensionFileLoader):
    """Loads compiled code."""

    pinned: Pinned

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        with open(self.path, "rb") as file:
            _checked(self.pinned, self.path, file.read())
        return super().create_module(spec)


def _checked(pinned: Pinned, path: str, content: bytes) -> bytes:
    """Return the content of a file, if it is what was locked or none of a module."""
    if path == pinned.file and hashlib.sha256(content).hexdigest() != pinned.sha256:
        raise ImportError(f"{path} has changed since it was compared with what is locked", path=path)
    return content

"""`Locked`, which says what a lock file keeps from being imported."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.machinery import ModuleSpec
from types import MappingProxyType
from typing import NamedTuple

from seedbed.discovery.providers import CORE
from seedbed.entry import Entry
from seedbed.errors import UnlockableError, described
from seedbed.governance import Lock, LockedHomonym, LockedTombstone
from seedbed.governance.guard import Held, Pinned
from seedbed.governance.locating import origins
from seedbed.governance.owned import Owned, owned
from seedbed.rows import Tombstone, Withheld


@dataclass(frozen=True, slots=True)
class Locked:
    """A lock, and what is installed. Each method says why not, and returns nothing where all is well.

    The files of a package are read once. Core is not checked: who has changed it has changed this check as
    well.

    Parameters
    ----------
    lock
        The lock.
    folders
        Where the metadata of each distribution lies, by its name.
    """

    lock: Lock
    folders: Mapping[str, str]
    _checked: dict[tuple[str, str], _Check] = field(default_factory=dict)

    def held(self, versions: Mapping[str, str]) -> Held:
        """Return from where the modules of the packages in the lock are to be imported, and which may not be.

        No package may import the modules of one that is not as it was locked. Which they are is what the lock
        says, since the RECORD of such a package may have lost any of them.

        Parameters
        ----------
        versions
            The versions that are installed, by the names of the distributions.
        """
        modules: dict[str, Pinned] = {}
        refused: dict[str, str] = {}
        for row in self.lock.providers:
            if row.name == CORE:
                continue
            if row.name not in versions:
                bar = f"{row.name} {row.version} is in the lock, and no such package is found here"
                refused |= dict.fromkeys(row.modules, bar)
                continue
            check = self._check(row.name, versions[row.name])
            if check.files is not None and not check.bar:
                modules |= pinned(check.files, check.digests, f"{row.name} {row.version}")
            else:
                listed = () if check.files is None else check.files.modules
                refused |= dict.fromkeys((*row.modules, *listed), check.bar)
        return Held(modules, {name: why for name, why in refused.items() if name not in modules})

    def bars_provider(self, provider: str, version: str) -> str:
        """Say why nothing of a package may be imported: it, its version or its files are not the lock's.

        Nor may anything where one of its modules would be imported from elsewhere, since any other of them
        may import that one.
        """
        return "" if provider == CORE else self._check(provider, version).bar

    def bars_module(self, provider: str, version: str, module: str) -> str:
        """Say why a module of a package may not be imported: as above, or it lies elsewhere."""
        if provider == CORE:
            return ""
        check = self._check(provider, version)
        if check.bar or (check.files is not None and module in check.files.modules):
            return check.bar
        return f"the module {module} is no file of the package"

    def bars_entry(self, entry: Entry) -> str:
        """Say why an entry may not be served: as above, or its row is another one in the lock."""
        if entry.provider == CORE:
            return ""
        if bar := self.bars_provider(entry.provider, entry.version):
            return bar
        row = self.lock.entry(entry.full_name)
        if row is None:
            return f"the lock has no entry {entry.full_name}"
        for what, locked, found in (
            ("target", row.target, target(entry)),
            ("preset_of", row.preset_of, entry.preset_of),
            ("bound", row.bound, bound(entry)),
        ):
            if locked != found:
                return (
                    f"{entry.full_name} has the {what} {found or 'none'}, and in the lock {locked or 'none'}"
                )
        if aliases := sorted({*entry.names[1:]} - {*row.aliases}):
            return f"{entry.full_name} has the alias {aliases[0]!r}, which it has not in the lock"
        module = target(entry).partition(":")[0]
        return self.bars_module(entry.provider, entry.version, module) if module else ""

    def bars_withheld(self, row: Withheld) -> str:
        """Say why a tombstone or a homonym does not count: its package or its row is another in the lock."""
        if bar := self.bars_provider(row.provider, row.version):
            return bar
        found = as_locked(row)
        locked = next((other for other in self.lock.withheld if other.name == row.full_name), None)
        if locked is None:
            return f"the lock has no {row.kind} {row.full_name}"
        return "" if locked == found else f"{row.full_name} {found}, and in the lock it {locked}"

    def _check(self, provider: str, version: str) -> _Check:
        key = provider, version
        if key not in self._checked:
            self._checked[key] = self._read(provider, version)
        return self._checked[key]

    def _read(self, provider: str, version: str) -> _Check:
        row = self.lock.provider(provider)
        if row is None:
            return _Check(f"the lock has no package {provider}")
        files, digests = None, {}
        bar = ""
        if row.version != version:
            bar = f"the lock has version {row.version} of {provider}, and {version} is installed"
        try:
            files = _owned(self.folders.get(provider, ""))
            if not bar:
                digests = files.digests()
                if files.digest(digests) != row.files:
                    bar = f"the files of {provider} {version} are not those of the lock"
                bar = bar or astray(files)
        except UnlockableError as error:
            bar = bar or str(error)
        return _Check(bar, files, digests)


class _Check(NamedTuple):
    """Why nothing of a package may be imported, its files, and their digests."""

    bar: str
    files: Owned | None = None
    digests: Mapping[str, str] = MappingProxyType({})


def astray(files: Owned) -> str:
    """Say from where a module would be imported that a package has, if not from its file."""
    modules = files.modules
    known: dict[str, ModuleSpec | None] = {}
    for module in modules:
        try:
            found = list(origins(module, known))
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001 - a finder of modules may be anybody's
            return f"where the module {module} would be imported from cannot be told: {described(error)}"
        for name, file in found:
            if not file:
                return f"the module {name} would be imported from nowhere that a file tells"
            if name not in modules or not files.is_at(modules[name], file):
                return f"the module {name} would be imported from {file}, which is no file of the package"
    return ""


def pinned(files: Owned, digests: Mapping[str, str], package: str) -> dict[str, Pinned]:
    """Return from where each module of a package is to be imported; `package` is its name and version."""
    return {name: Pinned(files.place(path), digests[path], package) for name, path in files.modules.items()}


def as_installed(folders: Mapping[str, str]) -> Held:
    """Return from where modules are to be imported so that it is what can be locked of these packages.

    Parameters
    ----------
    folders
        Where the metadata of each lies, by its name.
    """
    modules: dict[str, Pinned] = {}
    for provider, folder in sorted(folders.items()):
        try:
            files = _owned(folder)
            modules |= pinned(files, files.digests(), provider)
        except UnlockableError:  # which is said of it when it is to be locked
            continue
    return Held(modules, {})


def vouched(folder: str) -> tuple[Owned, str]:
    """Return the files of the distribution whose metadata lies in `folder`, and their digest.

    Raises
    ------
    UnlockableError
        If there is no RECORD of them, `Owned.digest` refuses, or a module would be imported from elsewhere.
    """
    files = _owned(folder)
    digest = files.digest()
    if why := astray(files):
        raise UnlockableError(f"{why}; find out how it came there, and remove it")
    return files, digest


def _owned(folder: str) -> Owned:
    files = owned(folder)
    if files is None:
        raise UnlockableError("it has no RECORD of its files; install it with pip, as a wheel")
    return files


def as_locked(row: Withheld) -> LockedTombstone | LockedHomonym:
    """Return a tombstone or a homonym as a lock has it."""
    if isinstance(row, Tombstone):
        return LockedTombstone(row.full_name, row.removed_in, row.replaced_by, row.reason)
    return LockedHomonym(row.full_name, tuple(sorted(row.meanings)))


def target(entry: Entry) -> str:
    """Return where the class of an entry is, as text; nothing for a preset."""
    return entry.place


def bound(entry: Entry) -> dict[str, str]:
    """Return the arguments that an entry binds, as JSON, sorted by name."""
    return {name: json.dumps(value, sort_keys=True) for name, value in sorted(entry.arguments.items())}

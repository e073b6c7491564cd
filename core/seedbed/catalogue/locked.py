"""`Locked`, which says what a lock file keeps from being imported."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from seedbed.catalogue.locating import origins
from seedbed.catalogue.owned import Owned, owned
from seedbed.catalogue.providers import CORE
from seedbed.entry import Entry
from seedbed.errors import UnlockableError, described
from seedbed.lockfile import Lock


@dataclass(frozen=True, slots=True)
class Locked:
    """A lock, and what is installed. Each method says why not, and returns nothing where all is well.

    The files of a package are read once, when the first of its modules is about to be imported. Core is not
    checked: who has changed it has changed this check as well.

    Parameters
    ----------
    lock
        The lock.
    folders
        Where the metadata of each distribution lies, by its name.
    """

    lock: Lock
    folders: Mapping[str, str]
    _checked: dict[tuple[str, str], tuple[Owned | None, str]] = field(default_factory=dict)

    def bars_provider(self, provider: str, version: str) -> str:
        """Say why nothing of a package may be imported: it, its version or its files are not the lock's.

        Nor may anything where one of its modules would be imported from elsewhere, since any other of them
        may import that one.
        """
        return "" if provider == CORE else self._check(provider, version)[1]

    def bars_module(self, provider: str, version: str, module: str) -> str:
        """Say why a module of a package may not be imported: as above, or it lies elsewhere."""
        if provider == CORE:
            return ""
        files, bar = self._check(provider, version)
        return bar if files is None else _elsewhere(module, files)

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

    def _check(self, provider: str, version: str) -> tuple[Owned | None, str]:
        key = provider, version
        if key not in self._checked:
            self._checked[key] = self._read(provider, version)
        return self._checked[key]

    def _read(self, provider: str, version: str) -> tuple[Owned | None, str]:
        row = self.lock.provider(provider)
        if row is None:
            return None, f"the lock has no package {provider}"
        if row.version != version:
            return None, f"the lock has version {row.version} of {provider}, and {version} is installed"
        try:
            files, digest = vouched(self.folders.get(provider, ""))
        except UnlockableError as error:
            return None, str(error)
        if digest != row.files:
            return None, f"the files of {provider} {version} are not those of the lock"
        for module in files.top_modules:
            if bar := _elsewhere(module, files):
                return None, bar
        return files, ""


def _elsewhere(module: str, files: Owned) -> str:
    """Say from where a module would be imported that is no file of its package."""
    try:
        found = list(origins(module))
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001 - a finder of modules may be anybody's
        return f"where the module {module} would be imported from cannot be told: {described(error)}"
    for name, file in found:
        if not file:
            return f"the module {name} would be imported from nowhere that a file tells"
        if not files.has(file):
            return f"the module {name} would be imported from {file}, which is no file of the package"
    return ""


def vouched(folder: str) -> tuple[Owned, str]:
    """Return the files of the distribution whose metadata lies in `folder`, and their digest.

    Raises
    ------
    UnlockableError
        If there is no RECORD of them, or `Owned.digest` refuses.
    """
    files = owned(folder)
    if files is None:
        raise UnlockableError("it has no RECORD of its files; install it with pip, as a wheel")
    return files, files.digest()


def target(entry: Entry) -> str:
    """Return where the class of an entry is, as text; nothing for a preset."""
    return entry.place


def bound(entry: Entry) -> dict[str, str]:
    """Return the arguments that an entry binds, as JSON, sorted by name."""
    return {name: json.dumps(value, sort_keys=True) for name, value in sorted(entry.arguments.items())}

"""`Locked`, which says what a lock file keeps from being imported."""

from __future__ import annotations

import json
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass, field
from importlib.machinery import ModuleSpec
from types import MappingProxyType
from typing import NamedTuple

from seedbed.discovery.installed import PluginSource
from seedbed.discovery.providers import CORE
from seedbed.entry import Entry
from seedbed.errors import UnlockableError, described
from seedbed.foreign import Attempt
from seedbed.governance.guard import Held, Pinned
from seedbed.governance.locating import origins
from seedbed.governance.lock import Lock
from seedbed.governance.lock_rows import LockedEntry, withheld_as_locked
from seedbed.governance.modules import is_within, plain_in, real_place
from seedbed.governance.owned import Owned, digest_of, owned
from seedbed.governance.policy import blocked
from seedbed.issue import Issue
from seedbed.rows import Withheld, camel_case


@dataclass(frozen=True, slots=True)
class Locked:
    """A lock, and what is installed. What begins with ``bars`` says why not; nothing where all is well.

    The files of a package are read once. Core is not checked: who has changed it has changed this check too.

    Parameters
    ----------
    lock
        The lock.
    folders, versions
        Where the metadata of each distribution lies, and its version, by its name.
    """

    lock: Lock
    folders: Mapping[str, str]
    versions: Mapping[str, str] = field(default_factory=dict)
    _checked: dict[tuple[str, str], _Check] = field(default_factory=dict)

    def held(self) -> Held:
        """Return from where the modules of the packages in the lock are to be imported, and which may not be.

        No package may import the modules of one that is not as it was locked. Which they are is what the lock
        says, since the RECORD of such a package may have lost any of them.
        """
        modules: dict[str, Pinned] = {}
        refused: dict[str, str] = {}
        places: dict[str, str] = {}
        for row in self.lock.providers:
            check = self._check(row.name, self.versions.get(row.name, ""))
            if check.files is not None and not check.bar:
                modules |= pinned(check.files, check.digests)
                places |= placed(check.files, check.digests)
            elif check.bar:
                listed = () if check.files is None else check.files.modules
                refused |= dict.fromkeys((*row.modules, *listed), check.bar)
        return Held(modules, {name: why for name, why in refused.items() if name not in modules}, places)

    def bars(self, row: PluginSource | Entry | Withheld, module: str) -> str:
        """Say why a plugin or a row may not be served; `module` is what would be imported for it, if any."""
        if row.provider == CORE:
            return ""
        bar = self.bars_provider(row.provider, row.version)
        if not bar and not isinstance(row, PluginSource):
            bar = self._bars_entry(row) if isinstance(row, Entry) else self._bars_withheld(row)
        return bar or (self.bars_module(row.provider, row.version, module) if module else "")

    def bars_provider(self, provider: str, version: str) -> str:
        """Say why nothing of a package may be imported: it, its version or its files are not the lock's.

        Nor may anything where one of its modules would be imported from elsewhere, since any other of them
        may import that one.
        """
        return self._check(provider, version).bar

    def bars_module(self, provider: str, version: str, module: str) -> str:
        """Say why a module of a package may not be imported: as above, or it lies elsewhere."""
        check = self._check(provider, version)
        is_known = check.files is None or module in check.files.modules
        return check.bar or ("" if is_known else f"the module {module} is no file of the package")

    def _bars_entry(self, entry: Entry) -> str:
        row = self.lock.entry(entry.full_name)
        if row is None:
            return f"the lock has no entry {entry.full_name}"
        for what, locked, found in (
            ("target", row.target, entry.place),
            ("preset_of", row.preset_of, entry.preset_of),
            ("bound", row.bound, bound(entry)),
        ):
            if locked != found:
                was = f"{found or 'none'}, and in the lock {locked or 'none'}"
                return f"{entry.full_name} has the {what} {was}"
        if aliases := sorted({*entry.names[1:]} - {*row.aliases}):
            return f"{entry.full_name} has the alias {aliases[0]!r}, which it has not in the lock"
        return ""

    def _bars_withheld(self, row: Withheld) -> str:
        known = self.lock.at(row.full_name)
        if known is None:
            return f"the lock has no {row.kind} {row.full_name}"
        return (
            "" if known == withheld_as_locked(row) else f"the lock has another {known.kind} {row.full_name}"
        )

    def unserved(self, source: str, served: Container[str]) -> Iterator[Issue]:
        """Yield for each row of the lock the names by which nobody serves it as it was locked.

        They are not to mean what another package has of these names.

        Parameters
        ----------
        source
            The lock's path, for messages.
        served
            The full names of all that is served, aliases included.
        """
        for row in (*self.lock.entries, *self.lock.withheld):
            provider, _, name = row.name.partition(":")
            others = row.aliases if isinstance(row, LockedEntry) else (camel_case(name),)
            lost = tuple(other for other in (name, *others) if other and f"{provider}:{other}" not in served)
            if lost and provider != CORE:
                version = self.versions.get(provider, "")
                why = self.bars_provider(provider, version) or f"{provider} does not have it as it was locked"
                yield blocked(provider, version, f"{row.kind} {name}", f"the lock {source}: {why}", lost)

    def _check(self, provider: str, version: str) -> _Check:
        key = provider, version
        if key not in self._checked:
            self._checked[key] = _Check("") if provider == CORE else self._read(provider, version)
        return self._checked[key]

    def _read(self, provider: str, version: str) -> _Check:
        row = self.lock.provider(provider)
        if row is None:
            return _Check(f"the lock has no package {provider}")
        bar = ""
        if not version:
            bar = f"the lock has {provider} {row.version}, and no such package is found"
        elif row.version != version:
            bar = f"the lock has version {row.version} of {provider}, and {version} is installed"
        try:
            files = recorded(self.folders.get(provider, ""))
            digests = {} if bar else files.digests()
        except UnlockableError as error:
            return _Check(bar or str(error))
        if not bar and digest_of(digests) != row.files:
            bar = f"the files of {provider} {version} are not those of the lock"
        return _Check(bar or astray(files), files, digests)


class _Check(NamedTuple):
    """Why nothing of a package may be imported, its files, and their digests."""

    bar: str
    files: Owned | None = None
    digests: Mapping[str, str] = MappingProxyType({})


def astray(files: Owned) -> str:
    """Say from where a module of a package would be imported, or was, if not from its file."""
    modules = files.modules
    plain = plain_in(modules)
    known: dict[str, ModuleSpec | None] = {}
    found: list[tuple[str, str]] = []
    for module in modules:
        if is_within(module, plain):  # its place is what that module says when it runs
            continue
        with Attempt() as attempt:  # a finder of modules may be anybody's
            found = list(origins(module, known))
        if attempt.error is not None:
            why = described(attempt.error)
            return f"where the module {module} would be imported from cannot be told: {why}"
        for name, file in found:
            if not file:
                return f"the module {name} would be imported from nowhere that a file tells"
            if name not in modules or not files.is_at(modules[name], file):
                return f"the module {name} would be imported from {file}, which is no file of the package"
    return ""


def pinned(files: Owned, digests: Mapping[str, str]) -> dict[str, Pinned]:
    """Return from where each module of a package is to be imported."""
    return {name: Pinned(files.place(path), digests[path]) for name, path in files.modules.items()}


def placed(files: Owned, digests: Mapping[str, str]) -> dict[str, str]:
    """Return the digests of a package's files by their places."""
    return {real_place(files.place(path)): digest for path, digest in digests.items()}


def recorded(folder: str) -> Owned:
    """Return the files of the distribution whose metadata lies in `folder`.

    Raises
    ------
    UnlockableError
        If there is no RECORD of them, or it cannot be read.
    """
    files = owned(folder)
    if files is None:
        raise UnlockableError("it has no RECORD of its files; install it with pip, as a wheel")
    return files


def bound(entry: Entry) -> dict[str, str]:
    """Return the arguments that an entry binds, as JSON, sorted by name."""
    return {name: json.dumps(value, sort_keys=True) for name, value in sorted(entry.arguments.items())}

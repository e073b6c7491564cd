"""`Bars`, what a policy keeps from being imported, before any of it is."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from seedbed.discovery.installed import PluginSource
from seedbed.discovery.providers import CORE
from seedbed.entry import Entry
from seedbed.errors import UnlockableError, described
from seedbed.foreign import Attempt
from seedbed.governance.locating import origins
from seedbed.governance.locked import Locked
from seedbed.governance.owned import Owned, owned
from seedbed.governance.owners import Owners, bytecode_of
from seedbed.governance.policy import OPEN, Policy
from seedbed.governance.watch import Watch
from seedbed.rows import Withheld


@dataclass(frozen=True, slots=True)
class Bars:
    """Called with a plugin or a row, it says by which line that is barred; nothing if it is not.

    Parameters
    ----------
    policy, locked
        The policy, and what its lock says if it has one.
    of_files
        The policy that says whose files are believed. Where one package is tried, the others are off and not
        forbidden: it may use their modules.
    folders
        Where the metadata of each distribution lies, by its name.
    owners
        Who lists which file.
    smuggled
        Why nothing of a distribution is to be believed, by its name.
    """

    policy: Policy
    of_files: Policy
    locked: Locked | None
    folders: Mapping[str, str]
    owners: Owners
    smuggled: Mapping[str, str]
    _files: dict[str, Owned | None] = field(default_factory=dict)
    _elsewhere: dict[tuple[str, str], str] = field(default_factory=dict)

    def __call__(self, row: PluginSource | Entry | Withheld) -> str:
        """Return the line."""
        is_row = not isinstance(row, PluginSource)
        # Of what the policy itself bars, which it says with more words, no file is read.
        line = self.policy.bars(row.provider, row.version, row.name if is_row else "")
        if row.provider == CORE or line:
            return "" if is_row else line
        if self.of_files == OPEN:
            return ""
        if why_not := self.smuggled.get(row.provider):
            return f"the policy, since {why_not}"
        place = row.module if isinstance(row, PluginSource) else getattr(row, "place", "")
        module = place.partition(":")[0]
        if self.locked is not None and (bar := self.locked.bars(row, module)):
            return f"the lock {self.policy.lock}: {bar}"
        return self._by_another(row.provider, module) if module else ""

    def watch(self, providers: Iterable[str]) -> Watch:
        """Return what holds these packages to their own files, at each import of one of their modules."""
        held = () if self.of_files == OPEN else tuple(providers)
        modules = {name: one for one in held for name in self._modules_of(one)}
        return Watch(
            modules,
            lambda provider, file: self._whose(provider, file, is_around=False),
            lambda package, file: "" if self.of_files == OPEN else self._whose_data(held, package, file),
            lambda file: any(self._is_barred(owner) for owner in self.owners(bytecode_of(file)).items()),
        )

    def _is_barred(self, owner: tuple[str, str]) -> bool:
        return bool(self.of_files.bars(*owner))

    def _modules_of(self, provider: str) -> Iterable[str]:
        files = self._files_of(provider)
        return () if files is None or files.elsewhere else files.modules

    def _by_another(self, provider: str, module: str) -> str:
        """Say that a module is another package's, which the policy has not judged."""
        key = provider, module
        if key not in self._elsewhere:
            with Attempt() as attempt:  # a finder of modules may be anybody's
                self._elsewhere[key] = self._look(provider, module)
            if attempt.error is not None:
                what = f"where the module {module} would be imported from cannot be told"
                self._elsewhere[key] = f"the policy, since {what}: {described(attempt.error)}"
        return self._elsewhere[key]

    def _look(self, provider: str, module: str) -> str:
        for name, file in (*origins(module), *self._imported(provider)):
            if file and (whose := self._whose(provider, file, is_around=name != module)):
                return f"the policy, since the module {name} lies in {file}, {whose}"
        return ""

    def _imported(self, provider: str) -> Iterator[tuple[str, str]]:
        """Yield the modules of a package that have been imported before anybody watched, and their files."""
        for name in self._modules_of(provider):
            if (module := sys.modules.get(name)) is not None:
                yield name, getattr(module.__spec__, "origin", None) or ""

    def _whose(self, provider: str, file: str, *, is_around: bool) -> str:
        """Say why a file is not one of a package's, or of one around it that the policy allows."""
        files, owners = self._files_of(provider), self.owners(file)
        barred = [owner[0] for owner in owners.items() if self._is_barred(owner)]
        allowed = [owner for owner in owners if owner not in barred]
        owner = provider
        if not (provider in owners or (files is not None and files.has(file))):
            # Where nobody knows which files a package has, only what is somebody else's is not its own.
            if not owners:
                return "" if files is None or files.elsewhere else f"which is no file of {provider}"
            if not (is_around and allowed):
                return f"which is {next(iter(owners))}'s"
            owner, files = allowed[0], self._files_of(allowed[0])
        as_recorded = None if files is None else files.has_as_recorded(file)
        if as_recorded or (not barred and (as_recorded is None or len(owners) > 1)):
            return ""
        if barred:
            return f"which {barred[0]} has overwritten; uninstall {barred[0]} and reinstall {owner}"
        return (
            f"which is not what {owner} has installed, by its RECORD; reinstall {owner}, or call "
            "seedbed.refresh() if that was done while this process runs"
        )

    def _whose_data(self, held: Iterable[str], package: str, file: str) -> str:
        """Say why a file is of nobody who has files in a package, or lists the file and is allowed."""
        owners = self.owners(file)
        having = {provider for provider in held if self._has_files_in(package, provider)}
        having |= {owner[0] for owner in owners.items() if not self._is_barred(owner)}
        if owners and not having:
            return f"which is {next(iter(owners))}'s"
        why = [self._whose(provider, file, is_around=False) for provider in sorted(having)]
        return why[0] if why and all(why) else ""

    def _has_files_in(self, package: str, provider: str) -> bool:
        files, folder = self._files_of(provider), package.replace(".", "/")
        if files is None or files.elsewhere:
            return False
        return package in files.modules or any(path.startswith(f"{folder}/") for path in files.files)

    def _files_of(self, provider: str) -> Owned | None:
        if provider not in self._files:
            try:
                self._files[provider] = owned(self.folders.get(provider, ""))
            except UnlockableError:
                self._files[provider] = None
        return self._files[provider]

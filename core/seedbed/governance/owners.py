"""Which distributions have the file of a module or of presets, by the RECORDs of all of them."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from importlib.machinery import SOURCE_SUFFIXES
from importlib.util import cache_from_source
from typing import TYPE_CHECKING, Final

from seedbed.discovery.providers import CORE
from seedbed.discovery.record import rows_of
from seedbed.entry import Entry
from seedbed.errors import EntryLoadError, UnlockableError, place_of, shown
from seedbed.governance.modules import SUFFIXES, real_place
from seedbed.governance.owned import Owned, owned, record_in
from seedbed.initializer import Initializer
from seedbed.issue import Issue

if TYPE_CHECKING:
    from seedbed.discovery.installed import Copy

_NOBODY: Final[Mapping[str, str]] = {}

_PRESETS: Final = ".toml"
_SUFFIXES: Final = (*SUFFIXES, _PRESETS)
"""Of files that say what a name means: modules, and tables of presets."""


class Owners:
    """Called with a file of a module or of presets, it says which distributions list it: versions by names.

    Every RECORD is read when it is first called.

    Parameters
    ----------
    copies
        The name and the version of each distribution, and where its metadata lies.
    of_data
        Whether it says so of all other files, too; there are many of them.
    """

    def __init__(self, copies: Iterable[tuple[str, str, str]], *, of_data: bool = False) -> None:
        self._copies = tuple(copies)
        self._suffixes = ("",) if of_data else _SUFFIXES
        self._found: dict[str, dict[str, str]] | None = None

    @classmethod
    def among(cls, copies: Mapping[str, Iterable[Copy]], *, of_data: bool = False) -> Owners:
        """Return those among all copies of all distributions, by their names."""
        every = ((copy.provider, copy.version, copy.path) for each in copies.values() for copy in each)
        return cls(every, of_data=of_data)

    def __call__(self, file: str) -> Mapping[str, str]:
        """Return them, sorted by their names."""
        if self._found is None:
            found: dict[str, dict[str, str]] = {}
            for provider, version, folder in sorted(self._copies):
                for place in _listed(folder, self._suffixes):
                    found.setdefault(place, {})[provider] = version
            self._found = found
        # Where upper and lower case are one, an installer overwrites one with the other.
        return self._found.get(real_place(file).casefold(), _NOBODY)


def overwritten(providers: Iterable[str], folders: Mapping[str, str], owners: Owners) -> Iterator[Issue]:
    """Yield an issue for each provider of which another distribution has overwritten a file.

    Installers do so in silence, and list the file in the RECORDs of both. What lies in no package of a
    provider, such as a licence beside it, several may have. `folders` says where the metadata of each
    distribution lies.
    """
    for provider in sorted(providers):
        try:
            files = owned(folders.get(provider, ""))
        except UnlockableError:  # which is said of it when it is asked for
            continue
        if files is None:
            continue
        modules = files.modules
        own = (*modules.values(), *_beside(modules, files.files))
        for file in map(files.place, dict.fromkeys(own)):
            listed, bytecode = owners(file), bytecode_of(file)
            # Whoever lists the source too, as of a package around those of both, may list its bytecode.
            of_bytecode = {name: found for name, found in owners(bytecode).items() if name not in listed}
            other = next((name for name in listed if name != provider), "")
            if other and not files.has_as_recorded(file):
                yield _overwritten(provider, listed, file, other)
                break
            other = next((name for name in of_bytecode if name != provider), "")
            if other:
                yield _overwritten(provider, {**listed, **of_bytecode}, bytecode, other)
                break


def _beside(modules: Mapping[str, str], files: Iterable[str]) -> Iterator[str]:
    """Yield the tables of presets among these files, and those that lie in one of the packages."""
    tops = {module.partition(".")[0] for module in modules}
    for path in files:
        folder, _, inner = path.partition("/")
        if path.endswith(_PRESETS) or (inner and folder in tops):
            yield path


def _overwritten(provider: str, versions: Mapping[str, str], file: str, other: str) -> Issue:
    what = (
        f"is not what this package has installed, since {other} {versions[other]} has it too, and has "
        f"overwritten it; uninstall {other} and reinstall {provider}"
    )
    return Issue("smuggled", provider, versions.get(provider, ""), file, what)


def bytecode_of(file: str) -> str:
    """Return where Python looks for the bytecode of a source; an empty text for another file."""
    return cache_from_source(file) if file.endswith(tuple(SOURCE_SUFFIXES)) else ""


def check_owned(entry: Entry, initializer_class: type[Initializer], folders: Mapping[str, str]) -> None:
    """Refuse an entry whose class is defined in a module that its provider does not have.

    Where nobody knows which files the provider has, nothing is refused. `folders` says where the metadata of
    each distribution lies.

    Raises
    ------
    EntryLoadError
        If it does not have it, or its RECORD cannot be read.
    """
    module, _ = place_of(initializer_class)
    file = getattr(sys.modules.get(module), "__file__", None)
    folder = folders.get(entry.provider, "")
    if entry.provider == CORE or not folder or not isinstance(file, str):
        return
    start = f"{entry.full_name} ({entry.source})"
    try:
        files = _owned_once(folder, _mark(folder))
    except UnlockableError as error:
        raise EntryLoadError(f"{start}: {error}") from error
    if files is None or files.elsewhere or files.has(file):
        return
    owners = _owners(tuple(sorted(folders.items())))
    owner = CORE if module.partition(".")[0] == CORE else next(iter(owners(file)), "")
    fix = (
        f"which belongs to {owner}; give the entry preset_of='{owner}:name' instead of a target"
        if owner
        else f"which no installed package has ({file}); put it into the package, or take it off the path"
    )
    target = shown(entry.target)
    raise EntryLoadError(f"{start} points at {target}, whose class is defined in the module {module}, {fix}")


@lru_cache(maxsize=64)
def _owned_once(folder: str, _: object) -> Owned | None:
    return owned(folder)


def _mark(folder: str) -> tuple[int, int] | None:
    """Return what differs once a package has been installed anew."""
    try:
        status = os.stat(os.path.join(folder, "RECORD"))
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size


@lru_cache(maxsize=1)
def _owners(folders: tuple[tuple[str, str], ...]) -> Owners:
    return Owners((provider, "", folder) for provider, folder in folders)


def _listed(folder: str, suffixes: tuple[str, ...]) -> Iterator[str]:
    """Yield the places of the files with these endings that the RECORD in a metadata folder lists."""
    try:
        record = record_in(folder, "surrogateescape") or ""  # one row that is no UTF-8 hides no other
    except UnlockableError:  # of a package that nobody asked for
        return
    root = os.path.join(os.path.dirname(folder), "")
    folded = root.casefold()
    for path, _ in rows_of(record):
        if path.endswith(("/", ".")):  # installers take a slash or a dot at the end away
            path = os.path.normpath(path)  # noqa: PLW2901 - most need no work
        lower = path.casefold()
        if not lower.endswith(suffixes):
            continue
        # An environment may have a link to the folder that its packages are in, such as lib64.
        if ".." in path or os.path.isabs(path):
            yield real_place(os.path.join(root, path)).casefold()
        else:
            yield os.path.normpath(folded + lower)

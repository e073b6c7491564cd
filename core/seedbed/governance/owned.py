"""Which files an installed distribution has, by its RECORD; nothing is imported for it."""

from __future__ import annotations

import os
import posixpath
import stat
import sys
from collections.abc import Iterator, Mapping
from typing import Final

from seedbed.discovery.providers import CORE
from seedbed.entry import Entry
from seedbed.errors import EntryLoadError, UnlockableError, described, place_of, shown
from seedbed.frozen import Frozen
from seedbed.governance.modules import SUFFIXES, modules_in
from seedbed.initializer import Initializer

_OF_INSTALLERS: Final = frozenset(
    {
        "INSTALLER",
        "RECORD",
        "RECORD.jws",
        "RECORD.p7s",
        "REQUESTED",
        "direct_url.json",
        "provenance_url.json",
        "uv_build.json",
        "uv_cache.json",
    }
)
"""What an installer writes beside the metadata, of the machine and the moment."""


class Owned(Frozen):
    """The files of one distribution that are the same wherever it is installed.

    Parameters
    ----------
    root
        The folder of the path that it is installed in.
    files
        Their paths in it, sorted, with ``/``. Not among them are files elsewhere, such as scripts, what the
        installer wrote for itself, and caches of bytecode.
    elsewhere
        Why its modules may lie somewhere else, such as "it is an editable install"; empty if they may not.
    """

    root: str
    files: tuple[str, ...]
    elsewhere: str = ""

    def has(self, file: str) -> bool:
        """Say whether the file at this path, in whichever spelling, is one of these."""
        place, root = _real(file), os.path.join(self.root, "")
        return place.startswith(root) and place.removeprefix(root).replace(os.sep, "/") in self.files

    def is_at(self, path: str, file: str) -> bool:
        """Say whether the file at the second path, in whichever spelling, is this one of these."""
        return _real(file) == self.place(path)

    def digest(self, digests: Mapping[str, str] | None = None) -> str:
        """Return ``sha256:`` and the digest of all paths and contents.

        It is that of the lines which ``sha256sum`` prints for the files, in the order of their paths.

        Parameters
        ----------
        digests
            What `digests` has returned; ``None`` to read the files.

        Raises
        ------
        UnlockableError
            As `digests`.
        """
        import hashlib  # noqa: PLC0415 - a look-up does not need it

        digests = self.digests() if digests is None else digests
        lines = "".join(f"{digest}  {path}\n" for path, digest in digests.items())
        return f"sha256:{hashlib.sha256(lines.encode()).hexdigest()}"

    def digests(self) -> dict[str, str]:
        """Return the SHA-256 digest of each file's content, in the order of their paths.

        Raises
        ------
        UnlockableError
            If modules may lie elsewhere; a file is missing, cannot be read, or is a link; or there is a
            module among the package's own that RECORD does not list.
        """
        if self.elsewhere:
            raise UnlockableError(
                f"{self.elsewhere}, so its files do not say what is imported; install it as a wheel"
            )
        digests = {path: _sha256(self.place(path)) for path in self.files}
        if stray := next(self._strays(), None):
            raise UnlockableError(f"{stray} is not in its RECORD, and could be imported; remove it")
        return digests

    @property
    def modules(self) -> dict[str, str]:
        """The file of each of its modules, by its name, but for what could only run as a script."""
        return {name: path for name, path in modules_in(self.files).items() if name != "__main__"}

    def place(self, path: str) -> str:
        """Return where one of the files is."""
        return os.path.normpath(os.path.join(self.root, path))

    def _strays(self) -> Iterator[str]:
        """Yield modules in its packages that are not its own; some take precedence over what is."""
        known = set(map(self.place, self.files))
        for package in self._top_packages():
            for folder, folders, names in os.walk(self.place(package)):
                folders[:] = sorted(name for name in folders if name != "__pycache__")
                links = [name for name in folders if os.path.islink(os.path.join(folder, name))]
                modules = [name for name in names if name.endswith(SUFFIXES)]
                places = (os.path.join(folder, name) for name in sorted(links + modules))
                yield from (place for place in places if place not in known)

    def _top_packages(self) -> list[str]:
        """Return the folders that have an ``__init__`` and lie in none that has: nobody else's."""
        packages = {
            posixpath.dirname(path)
            for path in self.files
            if posixpath.basename(path).partition(".")[0] == "__init__" and path.endswith(SUFFIXES)
        }
        return sorted(
            package for package in packages if package and not packages.intersection(_parents(package))
        )


def owned(folder: str) -> Owned | None:
    """Return the files of the distribution whose metadata lies in `folder`; ``None`` if it has no RECORD.

    Raises
    ------
    UnlockableError
        If RECORD, or the note of an editable install, is there and cannot be read.
    """
    # What a finder has found elsewhere than in a folder has the name of a class for a path.
    record = _text(os.path.join(folder, "RECORD")) if os.path.isabs(folder) else None
    if record is None:
        return None
    root, metadata = os.path.split(folder)
    ignored = {f"{metadata}/{name}" for name in _OF_INSTALLERS}
    paths = {posixpath.normpath(path) for path in _recorded(record)}
    files = sorted(path for path in paths - ignored if _is_inside(path) and not _is_cache(path))
    return Owned(root, tuple(files), _elsewhere(folder, files))


def check_owned(entry: Entry, initializer_class: type[Initializer], folders: Mapping[str, str]) -> None:
    """Refuse an entry whose class is defined in a module that its provider does not have.

    Where nobody knows which files the provider has, nothing is refused.

    Parameters
    ----------
    entry, initializer_class
        An entry with a target, and what it gave.
    folders
        Where the metadata of each distribution lies, by its name.

    Raises
    ------
    EntryLoadError
        If it does not have it, or its RECORD cannot be read.
    """
    module, _ = place_of(initializer_class)
    file = getattr(sys.modules.get(module), "__file__", None)
    folder = folders.get(entry.provider)
    if entry.provider == CORE or folder is None or not isinstance(file, str):
        return
    try:
        files = owned(folder)
    except UnlockableError as error:
        raise EntryLoadError(f"{entry.full_name} ({entry.source}): {error}; reinstall the package") from error
    if files is None or files.elsewhere or files.has(file):
        return
    owner = CORE if module.partition(".")[0] == CORE else owner_of(file, folders)
    fix = (
        f"which belongs to {owner}; give the entry preset_of='{owner}:name' instead of a target"
        if owner
        else f"which no installed package has ({file}); put it into the package, or take it off the path"
    )
    raise EntryLoadError(
        f"{entry.full_name} ({entry.source}) points at {shown(entry.target)}, whose class is defined in the "
        f"module {module}, {fix}"
    )


def owner_of(file: str, folders: Mapping[str, str]) -> str:
    """Return the distribution that has a file, by its RECORD in one of `folders`; nothing if none has it."""
    place = os.path.realpath(os.path.dirname(os.path.abspath(file)))
    for provider, folder in sorted(folders.items()):
        if not os.path.join(place, "").startswith(os.path.join(os.path.dirname(folder), "")):
            continue
        try:
            files = owned(folder)
        except UnlockableError:  # of a package that nobody asked for
            continue
        if files is not None and files.has(file):
            return provider
    return ""


def _real(file: str) -> str:
    # The file itself may be a link, as some installers make them; its folder tells where it is.
    folder, name = os.path.split(os.path.abspath(file))
    return os.path.join(os.path.realpath(folder), name)


def _elsewhere(folder: str, files: list[str]) -> str:
    if _is_editable(folder):
        return "it is an editable install"
    for path in files:
        if "/" not in path and path.endswith(".pth"):
            return f"it has {path}, which can put any folder on the path"
    return ""


def _is_editable(folder: str) -> bool:
    # https://packaging.python.org/en/latest/specifications/direct-url-data-structure/
    file = os.path.join(folder, "direct_url.json")
    note = _text(file)
    if note is None:
        return False
    import json  # noqa: PLC0415 - what comes from an index has no such file

    try:
        origin = json.loads(note)
    except ValueError as error:
        raise UnlockableError(f"{file} is no JSON ({error}); reinstall the package") from error
    directory = origin.get("dir_info") if isinstance(origin, dict) else None
    return isinstance(directory, dict) and directory.get("editable") is True


def _recorded(record: str) -> Iterator[str]:
    """Yield the paths that a RECORD lists, which are its first column.

    The other two have no commas. So this needs no module that parses tables, which would cost the first
    look-up more than all of the rest here.
    """
    for line in record.split("\n"):
        path = line.rsplit(",", 2)[0]
        if path.startswith('"'):
            path = path[1:-1].replace('""', '"')
        if path:
            yield path


def _is_inside(path: str) -> bool:
    return not os.path.isabs(path) and path != ".." and not path.startswith(("../", "/"))


def _is_cache(path: str) -> bool:
    return path.endswith(".pyc") and posixpath.basename(posixpath.dirname(path)) == "__pycache__"


def _parents(path: str) -> Iterator[str]:
    while path := posixpath.dirname(path):
        yield path


def _text(file: str) -> str | None:
    """Return what a file says; ``None`` if there is none."""
    try:
        _check_regular(file)
        with open(file, encoding="utf-8") as content:
            return content.read()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError) as error:
        raise UnlockableError(f"{file} cannot be read ({described(error)}); reinstall the package") from error


def _sha256(file: str) -> str:
    import hashlib  # noqa: PLC0415 - as above

    try:
        if os.path.realpath(file) != file:
            raise UnlockableError(
                f"{file} is a symbolic link, or lies behind one; reinstall the package as copies of its files"
            )
        _check_regular(file)
        with open(file, "rb") as content:
            return hashlib.file_digest(content, "sha256").hexdigest()
    except FileNotFoundError as error:
        raise UnlockableError(f"{file} is missing; reinstall the package") from error
    except OSError as error:
        raise UnlockableError(f"{file} cannot be read ({described(error)})") from error


def _check_regular(file: str) -> None:
    """Refuse what to open could mean to wait for ever."""
    if not stat.S_ISREG(os.stat(file).st_mode):
        raise UnlockableError(f"{file} is no regular file; reinstall the package")

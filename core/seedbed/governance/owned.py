"""Which files an installed distribution has, by its RECORD; nothing is imported for it."""

from __future__ import annotations

import os
import posixpath
import stat
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from seedbed.errors import SeedbedError, UnlockableError, described
from seedbed.governance.modules import SUFFIXES, modules_in
from seedbed.reading import read_small

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


_HASHES: Final = ("sha256", "sha384", "sha512")


@dataclass(frozen=True, slots=True)
class Owned:
    """The files of one distribution that are the same wherever it is installed.

    Parameters
    ----------
    root
        The folder of the path that it is installed in.
    files
        By their paths in it, sorted, with ``/``, the hash that RECORD has of each, which may be empty. Not
        among them are files elsewhere, such as scripts, what the installer wrote for itself, and caches of
        bytecode.
    elsewhere
        Why its modules may lie somewhere else, such as "it is an editable install"; empty if they may not.
    """

    root: str
    files: Mapping[str, str]
    elsewhere: str = ""

    def has(self, file: str) -> bool:
        """Say whether the file at this path, in whichever spelling, is one of these."""
        return self._path(file) in self.files

    def is_at(self, path: str, file: str) -> bool:
        """Say whether the file at the second path, in whichever spelling, is this one of these."""
        return real_place(file) == self.place(path)

    def has_as_recorded(self, file: str) -> bool | None:
        """Say whether the content of one of these is what RECORD has the hash of; ``None`` if it has none."""
        kind, _, value = self.files.get(self._path(file), "").partition("=")
        if kind not in _HASHES or not value:
            return None
        import base64  # noqa: PLC0415 - only policies and locks ask
        import hashlib  # noqa: PLC0415 - as above

        try:
            content = read_small(file, UnlockableError)
        except (OSError, SeedbedError):  # it is gone, or so large that to read it would take long
            return None
        digest = base64.urlsafe_b64encode(hashlib.new(kind, content).digest())
        return digest.decode().rstrip("=") == value.rstrip("=")

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

    def _path(self, file: str) -> str:
        """Return the path in this root of a file in whichever spelling; nothing if it is in another one."""
        place, root = real_place(file), os.path.join(self.root, "")
        return place.removeprefix(root).replace(os.sep, "/") if place.startswith(root) else ""

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
    record = record_in(folder)
    if record is None:
        return None
    root, metadata = os.path.split(folder)
    ignored = {f"{metadata}/{name}" for name in _OF_INSTALLERS}
    rows = {posixpath.normpath(path): hashed for path, hashed in rows_of(record)}
    paths = (path for path in rows if path not in ignored and _is_inside(path) and not _is_cache(path))
    files = {path: rows[path] for path in sorted(paths)}
    return Owned(root, files, _elsewhere(folder, files))


def record_in(folder: str) -> str | None:
    """Return the text of the RECORD in a metadata folder; ``None`` if there is none.

    Raises
    ------
    UnlockableError
        If it cannot be read.
    """
    # What a finder has found elsewhere than in a folder has the name of a class for a path.
    return _text(os.path.join(folder, "RECORD")) if os.path.isabs(folder) else None


def real_place(file: str) -> str:
    """Return where a file is, in one spelling."""
    # The file itself may be a link, as some installers make them; its folder tells where it is.
    folder, name = os.path.split(os.path.abspath(file))
    return os.path.join(os.path.realpath(folder), name)


def _elsewhere(folder: str, files: Iterable[str]) -> str:
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


def rows_of(record: str) -> Iterator[tuple[str, str]]:
    """Yield the path and the hash of each row of a RECORD.

    Hash and size have no commas. So this needs no module that parses tables, which would cost the first
    look-up more than all of the rest here.
    """
    for line in record.split("\n"):
        path, *rest = line.rsplit(",", 2)
        if path.startswith('"'):
            path = path[1:-1].replace('""', '"')
        if path:
            yield path, rest[0] if rest else ""


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

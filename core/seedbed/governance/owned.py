"""Which files an installed distribution has, by its RECORD; nothing is imported for it."""

from __future__ import annotations

import os
import posixpath
import stat
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from seedbed.discovery.record import rows_of
from seedbed.errors import UnlockableError, described
from seedbed.governance.modules import SUFFIXES, modules_in, real_place
from seedbed.reading import read_small

_OF_INSTALLERS: Final = (
    *("INSTALLER", "RECORD", "RECORD.jws", "RECORD.p7s", "REQUESTED"),
    *("direct_url.json", "provenance_url.json", "uv_build.json", "uv_cache.json"),
)
"""What an installer writes beside the metadata, of the machine and the moment."""

_HASHES: Final = ("sha256", "sha384", "sha512")
"""What RECORD may have, of which installers write the first."""

_LARGEST_RECORD: Final = 1 << 28


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
        """Say whether the content of one of these is what RECORD has the hash of; ``None`` if unknown."""
        kind, _, value = self.files.get(self._path(file), "").partition("=")
        if kind not in _HASHES:
            return None
        from base64 import urlsafe_b64decode  # noqa: PLC0415 - only policies and locks ask

        try:
            # Some installers make links to files that they keep elsewhere.
            return urlsafe_b64decode(f"{value}==").hex() == _hashed(os.path.realpath(file), kind)
        except (OSError, ValueError, UnlockableError):
            return None

    def digest(self) -> str:
        """Return ``sha256:`` and the digest of all paths and contents.

        Raises
        ------
        UnlockableError
            As `digests`.
        """
        return digest_of(self.digests())

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
        place, root = real_place(file), os.path.join(self.root, "")
        return place.removeprefix(root).replace(os.sep, "/") if place.startswith(root) else ""

    def _strays(self) -> Iterator[str]:
        """Yield modules in its packages that are not its own; some take precedence over what is."""
        known = set(map(self.place, self.files))
        for package in self._top_packages():
            for folder, folders, names in os.walk(self.place(package)):
                folders[:] = sorted(name for name in folders if name != "__pycache__")
                links = [name for name in folders if os.path.islink(os.path.join(folder, name))]
                modules = sorted(links + [name for name in names if name.endswith(SUFFIXES)])
                yield from (place for name in modules if (place := os.path.join(folder, name)) not in known)

    def _top_packages(self) -> list[str]:
        """Return the folders that have an ``__init__`` and lie in none that has: nobody else's."""
        paths = (path.rpartition("/") for path in self.files if path.endswith(SUFFIXES))
        packages = {folder for folder, _, name in paths if folder and name.partition(".")[0] == "__init__"}
        return sorted(package for package in packages if packages.isdisjoint(_parents(package)))


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
    rows = {_inside(root, path): hashed for path, hashed in rows_of(record)}
    ignored = {f"{metadata}/{name}" for name in _OF_INSTALLERS}
    files = {path: rows[path] for path in sorted(rows) if path not in ignored and _counts(path)}
    return Owned(root, files, _elsewhere(folder, files))


def digest_of(digests: Mapping[str, str]) -> str:
    """Return ``sha256:`` and the digest of the lines that ``sha256sum`` prints for these files."""
    import hashlib  # noqa: PLC0415 - a look-up does not need it

    lines = "".join(f"{digest}  {path}\n" for path, digest in digests.items())
    return f"sha256:{hashlib.sha256(lines.encode()).hexdigest()}"


def record_in(folder: str, errors: str = "strict") -> str | None:
    """Return the text of the RECORD in a metadata folder; ``None`` if there is none.

    `errors` says what to do where it is no UTF-8, as for `bytes.decode`.

    Raises
    ------
    UnlockableError
        If it cannot be read.
    """
    # What a finder has found elsewhere than in a folder has the name of a class for a path.
    return _text(os.path.join(folder, "RECORD"), errors) if os.path.isabs(folder) else None


def _elsewhere(folder: str, files: Iterable[str]) -> str:
    if _is_editable(folder):
        return "it is an editable install"
    added = next((path for path in files if "/" not in path and path.endswith(".pth")), "")
    return added and f"it has {added}, which can put any folder on the path"


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
        raise _unusable(file, f"is not valid JSON ({error})") from error
    directory = origin.get("dir_info") if isinstance(origin, dict) else None
    return isinstance(directory, dict) and directory.get("editable") is True


def _inside(root: str, path: str) -> str:
    """Return the path that a row means in the folder; as it is if it leads to another one."""
    plain = posixpath.normpath(path)
    if not (plain.startswith("../") or os.path.isabs(plain)):
        return plain
    # Into it again, as through a link such as lib64.
    place, own = real_place(os.path.join(root, plain)), os.path.join(os.path.realpath(root), "")
    return place.removeprefix(own).replace(os.sep, "/") if place.startswith(own) else plain


def _counts(path: str) -> bool:
    """Say whether a path leads to no other folder, and to no cache of bytecode."""
    is_inside = not os.path.isabs(path) and path != ".." and not path.startswith(("../", "/"))
    return is_inside and not (path.endswith(".pyc") and "__pycache__" in path.split("/")[-2:-1])


def _parents(path: str) -> Iterator[str]:
    while path := posixpath.dirname(path):
        yield path


def _text(file: str, errors: str = "strict") -> str | None:
    """Return what a file says; ``None`` if there is none."""
    try:
        content = read_small(file, lambda what: _unusable(file, what), limit=_LARGEST_RECORD)
        return content.decode(errors=errors)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError) as error:
        raise _unusable(file, f"cannot be read ({described(error)})") from error


def _sha256(file: str) -> str:
    return _hashed(file, "sha256")


def _hashed(file: str, kind: str) -> str:
    import hashlib  # noqa: PLC0415 - as above

    try:
        if os.path.realpath(file) != file:
            raise UnlockableError(
                f"{file} is a symbolic link, or lies behind one; reinstall the package as copies of its files"
            )
        if not stat.S_ISREG(os.stat(file).st_mode):  # to open it could mean to wait for ever
            raise _unusable(file, "is not a regular file")
        with open(file, "rb") as content:
            return hashlib.file_digest(content, kind).hexdigest()
    except FileNotFoundError as error:
        raise _unusable(file, "is missing") from error
    except OSError as error:
        raise UnlockableError(f"{file} cannot be read ({described(error)})") from error


def _unusable(file: str, what: str) -> UnlockableError:
    return UnlockableError(f"{file} {what}; reinstall the package")

"""Writing files and folders wholly or not at all: whatever happens, the old one is there, or the new one.

What is new is written beside its place under a name of its own, forced to the disk, and given its name in one
step. So a full disk and a killed process cost nobody the old content, and nobody reads half of the new one.
"""

from __future__ import annotations

import errno
import os
import stat
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, Final

from seedbed.unfinished import held_file, held_folder, naming, opened, remove_abandoned

_PAUSES: Final = (0.01, 0.05, 0.2, 0.5, 1.0)
"""Seconds between attempts to replace a file, which Windows refuses while somebody reads it."""

_WAITS: Final = sys.platform == "win32"

_GROUP: Final = 0o070
"""The bits of a mode that are its group's."""


class Unfinished:
    """What the content goes to. It has `write` and no more, so that NumPy writes in pieces.

    Python hears of a signal between two of them, and of a full disk by a number.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def write(self, content: bytes) -> int:
        """Write some more."""
        return self._file.write(content)


def write_file(path: str | os.PathLike[str], content: bytes, *, overwrite: bool = True) -> None:
    """Write a file wholly or not at all; as `whole_file`."""
    with whole_file(path, overwrite=overwrite) as file:
        file.write(content)


@contextmanager
def whole_file(path: str | os.PathLike[str], *, overwrite: bool = True) -> Iterator[Unfinished]:
    """Give what to write to; the file is there when the block ends, and not if it raises.

    What a link leads to is replaced, not the link. Further names of one file (hard links) keep the old
    content. Permissions stay, and the owner where the system lets. A
    file that may not be written to is refused, as `open` would. What is no regular file, or is the standard
    output or error of this process, such as ``/dev/stdout``, cannot be replaced and is written to directly.

    Parameters
    ----------
    path
        The file. Its folder must exist, and new files must be allowed in it.
    overwrite
        Whether a file that is there already is replaced.

    Raises
    ------
    FileExistsError
        If it is there, and `overwrite` is false, even if it came there meanwhile.
    OSError
        If it cannot be written. What was there is still there.
    """
    path = Path(path)
    former = _status(path)
    if former is not None and not overwrite:
        raise _error(errno.EEXIST, path)
    if former is not None and _is_stream(former):
        with _stream(path, former) as file:
            yield Unfinished(file)
        return
    target = path.resolve()
    if former is not None and not os.access(target, os.W_OK):
        raise _error(errno.EACCES, path)
    remove_abandoned(target.parent)
    mode = 0o666 if former is None else former.st_mode
    with naming(path):
        with held_file(target.parent, mode) as (unfinished, file):
            yield Unfinished(file)
            file.flush()
            if former is not None:
                _keep_rights(file.fileno(), target, former)
            os.fsync(file.fileno())
            if sys.platform == "win32":  # which renames nothing that is open
                file.close()
            _name(unfinished, target, overwrite=overwrite)
        _sync_names(target.parent)


@contextmanager
def whole_folder(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Give an empty folder to write into; it has its name when the block ends, and is gone if that raises.

    Raises
    ------
    FileExistsError
        If there is something of that name; it is as it was then.
    OSError
        If it cannot be written.
    """
    path = Path(path).absolute()
    if os.path.lexists(path):
        raise _error(errno.EEXIST, path)
    remove_abandoned(path.parent)
    with naming(path):
        with held_folder(path.parent) as unfinished:
            yield unfinished
            for inside in unfinished.rglob("*"):
                if inside.is_dir():
                    _sync_names(inside)
                else:
                    _sync(inside)
            _sync_names(unfinished)
            try:
                unfinished.rename(path)  # takes the place of an empty folder at most
            except OSError as error:
                if os.path.lexists(path):
                    raise _error(errno.EEXIST, path) from error
                raise
        _sync_names(path.parent)


def is_stream(path: str | os.PathLike[str]) -> bool:
    """Say whether `whole_file` would write to `path` directly, as to a pipe or to this process's output."""
    found = _status(Path(path))
    return found is not None and _is_stream(found)


def _status(path: Path) -> os.stat_result | None:
    try:
        return path.stat()
    except FileNotFoundError:
        return None


def _is_stream(found: os.stat_result) -> bool:
    return not stat.S_ISREG(found.st_mode) or _own_output(found) is not None


def _own_output(found: os.stat_result) -> int | None:
    """Return the descriptor of this process's output or error, if that is what was found."""
    for descriptor in (1, 2):
        with suppress(OSError):  # it may be closed
            if os.path.samestat(found, os.fstat(descriptor)):
                return descriptor
    return None


@contextmanager
def _stream(path: Path, found: os.stat_result) -> Iterator[BinaryIO]:
    descriptor = _own_output(found)
    if descriptor is None:
        with path.open("wb") as file:
            yield file
        return
    for printed in (sys.stdout, sys.stderr):
        if printed is not None:
            printed.flush()
    # The same open file, and so the same place in it: opened anew, it would be written to from its start.
    with os.fdopen(os.dup(descriptor), "wb") as file:
        yield file


def _keep_rights(descriptor: int, target: Path, former: os.stat_result) -> None:
    """Give the new file the owner and the permissions of the former one, as far as the system lets."""
    if sys.platform == "win32":  # where files that may be written to have none of their own
        return
    mode, made = stat.S_IMODE(former.st_mode), os.fstat(descriptor)
    if (made.st_uid, made.st_gid) != (former.st_uid, former.st_gid):
        try:
            os.fchown(descriptor, former.st_uid, former.st_gid)
        except OSError:
            mode &= 0o777
            try:
                os.fchown(descriptor, -1, former.st_gid)
            except OSError:  # what the former group might is nothing that another one may
                mode = mode & ~_GROUP | (mode & 0o007) << 3
    with suppress(PermissionError):
        os.fchmod(descriptor, mode)
    if sys.platform == "linux":
        with suppress(OSError):
            for name in os.listxattr(target):  # access lists among them
                with suppress(OSError):
                    os.setxattr(descriptor, name, os.getxattr(target, name))


def _name(unfinished: Path, target: Path, *, overwrite: bool) -> None:
    """Give what is finished its name, in one step."""
    if overwrite:
        _replace(unfinished, target)
    elif sys.platform == "win32":
        unfinished.rename(target)  # which replaces nothing there
    else:
        try:
            target.hardlink_to(unfinished)
        except FileExistsError as error:
            raise _error(errno.EEXIST, target) from error
        except OSError as error:  # no second names here
            if os.path.lexists(target):
                raise _error(errno.EEXIST, target) from error
            unfinished.replace(target)


def _replace(unfinished: Path, target: Path) -> None:
    for pause in _PAUSES if _WAITS else ():
        try:
            unfinished.replace(target)
        except PermissionError:
            time.sleep(pause)
        else:
            return
    try:
        unfinished.replace(target)
    except OSError as error:
        if error.errno != errno.EBUSY:
            raise
        what = "it is mounted by itself, so no other file can take its place; mount its folder instead"
        raise OSError(errno.EBUSY, f"{os.strerror(errno.EBUSY)}: {what}", str(target)) from error


def _sync(path: Path) -> None:
    """Force a file's content to the disk."""
    with opened(path, os.O_RDWR) as descriptor:  # which Windows wants for it
        os.fsync(descriptor)


def _sync_names(folder: Path) -> None:
    """Force the names in a folder to the disk, where the system can; by now they are in their places."""
    if sys.platform == "win32":
        return
    with suppress(OSError), opened(folder) as descriptor:
        os.fsync(descriptor)


def _error(number: int, path: Path) -> OSError:
    return OSError(number, os.strerror(number), str(path))

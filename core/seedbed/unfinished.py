"""Files and folders that are being written: each has a name that nobody else ever has, and a lock.

The lock tells what somebody still writes from what a killed process has left.
"""

from __future__ import annotations

import errno
import os
import re
import secrets
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, Final

if sys.platform != "win32":
    import fcntl

# Short, and without the name of what is written, which may be as long as the system allows.
_NAME: Final = re.compile(r"\.seedbed-[0-9a-f]{16}\.tmp")
_PATH: Final = re.compile(rf".*?{_NAME.pattern}", re.DOTALL)

_DAY: Final = 86400.0
"""After so many seconds what is unfinished counts as abandoned on Windows, where no lock tells."""


@contextmanager
def held_file(folder: Path, mode: int) -> Iterator[tuple[Path, BinaryIO]]:
    """Create a file in a folder and hold it; give its path and what to write to. It is gone at the end."""

    def create(path: str, flags: int) -> int:
        try:
            return os.open(path, flags, mode & 0o777)
        except PermissionError as error:  # of the folder, and not of the file that is to be written
            raise OSError(errno.EACCES, os.strerror(errno.EACCES), str(folder)) from error

    while True:
        path = _fresh(folder)
        with ExitStack() as undo:
            file = undo.enter_context(open(path, "xb", opener=create))
            undo.callback(_discard, file, path)
            if _lock(file.fileno(), path):
                yield path, file
                return


@contextmanager
def held_folder(folder: Path) -> Iterator[Path]:
    """Make a folder in a folder and hold it; give its path. It is gone at the end, if it still has that."""
    while True:
        path = _fresh(folder)
        path.mkdir()
        with ExitStack() as undo:
            # Closed after the folder is gone: what is not held is anybody's to remove.
            held = undo.enter_context(ExitStack())
            undo.callback(shutil.rmtree, path, ignore_errors=True)
            try:
                is_held = sys.platform == "win32" or _lock(held.enter_context(opened(path)), path)
            except FileNotFoundError:  # taken for abandoned, in the moment before it was locked
                continue
            if is_held:
                yield path
                return


@contextmanager
def opened(path: Path, flags: int = os.O_RDONLY) -> Iterator[int]:
    """Open what is at a path, and give its descriptor; it is closed at the end."""
    with ExitStack() as undo:
        # In one line, so that no signal's error comes in between, but for the odd one.
        undo.callback(os.close, descriptor := os.open(path, flags))
        yield descriptor


def _discard(file: BinaryIO, path: Path) -> None:
    with suppress(OSError):
        if sys.platform == "win32":  # which removes nothing that is open
            file.close()
        path.unlink()


def remove_abandoned(folder: Path) -> None:
    """Remove what processes that were killed have left unfinished in a folder."""
    with suppress(OSError), os.scandir(folder) as found:
        for path in [folder / item.name for item in found if _NAME.fullmatch(item.name)]:
            with suppress(OSError):
                _remove_if_abandoned(path)


@contextmanager
def naming(path: Path) -> Iterator[None]:
    """Let errors name what is to be written, and not what is unfinished or nothing."""
    try:
        yield
    except OSError as error:
        if not error.errno or not isinstance(error.filename, str | None):
            raise
        where = _PATH.sub(lambda _: str(path), error.filename or "", count=1) or str(path)
        if where == error.filename:
            raise
        raise OSError(error.errno, error.strerror, where) from error


def _fresh(folder: Path) -> Path:
    return folder / f".seedbed-{secrets.token_hex(8)}.tmp"


def _lock(descriptor: int, path: Path) -> bool:
    """Take a lock, where there are any; say whether `path` still leads to what was locked."""
    if sys.platform == "win32":
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
    except OSError:  # no locks here, so that nobody will take it for abandoned
        return True
    return _leads_to(path, descriptor)


def _leads_to(path: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), path.lstat())
    except FileNotFoundError:
        return False


def _remove_if_abandoned(path: Path) -> None:
    if sys.platform == "win32":
        if time.time() - path.lstat().st_mtime > _DAY:
            _remove(path)
        return
    # Neither through a link nor waiting for a pipe, which somebody may have put there.
    with opened(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK) as descriptor:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)  # raises while somebody holds it
        if _leads_to(path, descriptor):
            _remove(path)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink()

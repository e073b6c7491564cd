"""Small files, read without ever waiting for one, whatever lies in its place."""

from __future__ import annotations

import os
import stat
from typing import Final

from seedbed.errors import PluginError, described

LIMIT: Final = 1 << 20
"""Bytes. The longest entry_points.txt and headers of METADATA that we know have some ten thousand."""

# Opening a FIFO waits for somebody who writes to it, and a terminal may take control of the process.
_FLAGS: Final = os.O_RDONLY | sum(
    getattr(os, flag, 0) for flag in ("O_NONBLOCK", "O_CLOEXEC", "O_NOCTTY", "O_BINARY")
)
_KINDS: Final = {
    stat.S_IFDIR: "a directory",
    stat.S_IFIFO: "a FIFO",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


def read_small(path: str, *, beginning: bool = False) -> bytes | None:
    """Return the content of the file at `path`; nothing if there is no such file.

    Parameters
    ----------
    path
        Where it is.
    beginning
        Whether the first MiB of a larger file will do.

    Raises
    ------
    PluginError
        If it cannot be read, is no regular file, or is too large.
    """
    try:
        file = os.open(path, _FLAGS)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise PluginError(_kind_at(path) or described(error)) from error
    try:
        status = os.fstat(file)
        if not stat.S_ISREG(status.st_mode):
            raise PluginError(_kind(status.st_mode))
        if status.st_size > LIMIT and not beginning:
            raise PluginError(f"it has {status.st_size:,} bytes, and at most {LIMIT:,} are read")
        return _bytes(file, min(status.st_size, LIMIT))
    except OSError as error:
        raise PluginError(described(error)) from error
    finally:
        os.close(file)


def _bytes(file: int, size: int) -> bytes:
    content = os.read(file, size)
    while len(content) < size and (more := os.read(file, size - len(content))):
        content += more
    return content


def _kind_at(path: str) -> str:
    """Say what lies at `path` if that is why it cannot be opened."""
    try:
        mode = os.stat(path).st_mode
    except OSError:
        return ""
    return "" if stat.S_ISREG(mode) else _kind(mode)


def _kind(mode: int) -> str:
    return f"it is {_KINDS.get(stat.S_IFMT(mode), 'something else')} and no regular file"

"""``--out``: an array to an ``.npy`` file, wholly or not at all."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from seedbed.files import whole_file
from seedbed_tools.cli.errors import CommandError
from seedbed_tools.cli.streams import output_in_its_place


def writer(out: str, dtype: np.dtype[Any], *, force: bool) -> Callable[[npt.NDArray[Any]], None]:
    """Return a function that writes an array of `dtype` to `out`; check first that it can.

    Raises
    ------
    CommandError
        If the file exists and `force` is not given, its folder does not, or the format cannot hold `dtype`.
        The function raises it too, if writing fails, or if a file has appeared there and `force` is not
        given. The former file is kept then.
    """
    path = Path(out)
    place = path.absolute()  # packages may go elsewhere
    if path.suffix != ".npy":
        raise CommandError(f"--out writes NumPy's format; give the file's name the ending .npy, got {out!r}")
    if dtype.name == "bfloat16":
        raise CommandError(
            "an .npy file cannot hold bfloat16; draw --dtype float32, and convert when you load it"
        )
    with _said(path), output_in_its_place():
        _check(path, force=force)

    def write(values: npt.NDArray[Any]) -> None:
        with _said(path), output_in_its_place(), whole_file(place, overwrite=force) as file:
            np.save(file, values, allow_pickle=False)

    return write


def _check(path: Path, *, force: bool) -> None:
    with suppress(FileNotFoundError):
        path.stat()  # which raises for a link to itself; resolve() does so before Python 3.13 only
    folder = path.resolve().parent  # of the file that a link leads to
    if not folder.is_dir():
        raise CommandError(
            f"the folder {str(folder)!r} does not exist; make it first, or choose another --out"
        )
    if not os.access(folder, os.W_OK | os.X_OK):
        raise CommandError(f"the folder {str(folder)!r} may not be written to; choose another --out")
    if path.is_dir() or (path.exists() and not path.is_file()):
        raise CommandError(f"{str(path)!r} is not a regular file; choose another --out")
    if os.path.lexists(path) and not force:  # even if it is a link that leads nowhere
        raise CommandError(f"{str(path)!r} exists; choose another --out, or overwrite it with --force")
    if path.exists() and not os.access(path, os.W_OK):
        raise CommandError(f"{str(path)!r} may not be written to; choose another --out")


@contextmanager
def _said(path: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, ValueError, RuntimeError) as error:  # a null byte in the path; a link to itself
        if isinstance(error, CommandError):
            raise
        raise CommandError(f"--out {str(path)!r} cannot be written: {error}") from error

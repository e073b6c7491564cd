"""Presets and tombstones from a TOML file, so that an organisation extends its catalogue without code.

The format is described in ``docs/reference/preset-files.md``.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from seedbed.arguments import path, text
from seedbed.entry import Entry
from seedbed.errors import EntryError, shown
from seedbed.reading import Refuse, parse_toml, read_small
from seedbed.rows import Deprecation, Tombstone
from seedbed.tables import ARRAY, STRING, TABLE, Keys, refuse

_TOMBSTONE: Final = Keys(dict.fromkeys(("removed_in", "replaced_by", "reason"), STRING), ("removed_in",))
_DEPRECATED: Final = Keys({"since": STRING, **_TOMBSTONE.kinds}, ("since", "removed_in"))
_PRESET: Final = Keys(
    {
        "preset_of": STRING,
        "arguments": TABLE,
        "summary": STRING,
        "owner": STRING,
        "tags": ARRAY,
        "aliases": ARRAY,
        "deprecated": _DEPRECATED,
    },
    ("preset_of",),
)
_FILE: Final = Keys({"presets": TABLE, "tombstones": TABLE})


def load(package: str, resource: str) -> list[Entry | Tombstone]:
    """Return the presets and tombstones of a TOML file, for a hook `seedbed_initializers` to return.

    Nothing in the file is run or imported: presets name other entries, and arguments are plain data.

    Parameters
    ----------
    package
        The package that the file is part of. It is imported, if it is not yet.
    resource
        The file's name in it, such as ``"catalogue.toml"``; folders are set apart by ``/``.

    Raises
    ------
    ImportError
        If the package cannot be imported.
    EntryError
        If there is no such file, or anything in it is wrong. The message says all that is wrong, with file,
        table and key.

    Examples
    --------
    An entry point of the group ``seedbed.plugins`` names a module. This is all that it needs:

    >>> import seedbed
    >>> seedbed_initializers = seedbed.hookimpl(
    ...     lambda: seedbed.presets.load("seedbed_acme_example", "catalogue.toml")
    ... )

    >>> [row.name for row in seedbed_initializers()][:2]
    ['embedding_normal', 'residual_normal']
    """
    text("package", package)
    text("resource", resource)
    path("resource", resource)
    where = f"{package}/{resource}"

    def refused(what: str) -> EntryError:
        return EntryError(f"{where} {what}")

    if not all(part.isidentifier() for part in package.split(".")):
        raise refused("cannot be read: the package must be named as for an import, such as 'acme.inits'")
    tables = parse_toml(read_resource(package, resource, refused), refused)
    mistakes = list(_FILE.mistakes("the file", tables))
    rows = [] if mistakes else _rows(tables, mistakes)
    refuse(where, [*mistakes, *_mistakes_between(rows)], EntryError)
    return rows


def _rows(tables: dict[str, Any], mistakes: list[str]) -> list[Entry | Tombstone]:
    """Return what the file describes, and add everything that is wrong with it to `mistakes`."""
    rows: list[Entry | Tombstone] = []
    for kind, keys, make in (("presets", _PRESET, _preset), ("tombstones", _TOMBSTONE, Tombstone)):
        for name, table in tables.get(kind, {}).items():
            title = _title(kind, name)
            wrong = list(keys.mistakes(title, table))
            mistakes += wrong
            try:
                if not wrong:
                    rows.append(make(name, **table))
            except EntryError as error:
                mistakes.append(f"{title}: {error}")
    return rows


def _preset(name: str, *, deprecated: dict[str, str] | None = None, **fields: Any) -> Entry:
    return Entry(name, deprecated=None if deprecated is None else Deprecation(**deprecated), **fields)


def _mistakes_between(rows: list[Entry | Tombstone]) -> Iterator[str]:
    """Yield what is wrong between rows that are correct by themselves."""
    gone = {row.name for row in rows if isinstance(row, Tombstone)}
    titles: dict[str, list[str]] = defaultdict(list)
    for row in rows:
        title = _title("presets" if isinstance(row, Entry) else "tombstones", row.name)
        # The CamelCase form of a removed name may now be another row's alias.
        for name in row.names if isinstance(row, Entry) else (row.name,):
            titles[name].append(title)
        if isinstance(row, Entry) and row.preset_of in row.names:
            yield (
                f"{title}: preset_of names the preset itself, got {row.preset_of!r}; what another package "
                f"has goes by its full name, such as 'seedbed:{row.preset_of}'"
            )
        for key, other in _mentioned(row):
            if other in gone:
                yield f"{title}: {key} must name what stays, got {other!r}, which has a tombstone"
    for name, claims in titles.items():
        if len(claims) > 1:
            yield f"{' and '.join(claims)} have the name {name!r} both; a name is given once"


def _mentioned(row: Entry | Tombstone) -> Iterator[tuple[str, str]]:
    """Yield the names to which `row` sends its readers, and the keys that do so."""
    if isinstance(row, Tombstone):
        yield "replaced_by", row.replaced_by
        return
    yield "preset_of", row.preset_of
    if row.deprecated:
        yield "deprecated.replaced_by", row.deprecated.replaced_by


def _title(kind: str, name: str) -> str:
    """Return a table's header as it is in the file."""
    return f"[{kind}.{name if name.isidentifier() else shown(name)}]"


def _reasons(package: str, file: str) -> Iterator[str]:
    """Yield why a file is not to be read as one of a package, by what a policy holds among the finders."""
    for finder in sys.meta_path:
        refuses: Any = getattr(finder, "_seedbed_refuses", None)
        yield refuses(package, file) if callable(refuses) else ""


def read_resource(package: str, resource: str, refused: Refuse) -> bytes:
    """Return the content of a file of a package, which is imported if it is not yet.

    Raises
    ------
    ImportError
        If the package cannot be imported.
    EntryError
        What `refused` makes, if there is no such file, or it is not to be read.
    """
    folders = getattr(importlib.import_module(package), "__path__", ())
    place = next((path for folder in folders if os.path.lexists(path := f"{folder}/{resource}")), None)
    # What is in no folder may be in any of the zip files.
    zipped = [f"{folder}/{resource}" for folder in folders if not Path(folder).is_dir()]
    for each in zipped if place is None else [place]:
        if why := next(filter(None, _reasons(package, each)), ""):
            raise refused(f"is not read, since it lies in {each}, {why}")
    try:
        return (
            read_small(place, refused) if place is not None else _read_elsewhere(package, resource, refused)
        )
    except OSError as error:
        fix = f"name a file that is part of the installed package {package}"
        raise refused(f"cannot be read: {error.strerror or error}; {fix}") from error


def _read_elsewhere(package: str, resource: str, refused: Refuse) -> bytes:
    """Return the content of a file of a package in a zip file."""
    from importlib.resources import files  # noqa: PLC0415 - this imports twenty modules

    try:
        return files(package).joinpath(resource).read_bytes()
    except TypeError as error:  # of a module that is no package
        raise refused(f"cannot be read: {package} is a module without files; name a package") from error

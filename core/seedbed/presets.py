"""Presets and tombstones from a TOML file, so that an organisation extends its catalogue without code.

The format is described in ``docs/reference/preset-files.md``.
"""

from __future__ import annotations

import importlib
import os
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from seedbed.arguments import suggestion
from seedbed.entry import Entry
from seedbed.errors import EntryError, shown
from seedbed.reading import Refuse, parse_toml, read_small
from seedbed.rows import Deprecation, Tombstone


@dataclass(frozen=True, slots=True)
class _Keys:
    """Which keys a table may have, and what each may hold."""

    kinds: Mapping[str, type | _Keys]
    required: tuple[str, ...] = ()


_TOMBSTONE: Final = _Keys({"removed_in": str, "replaced_by": str, "reason": str}, ("removed_in",))
_DEPRECATED: Final = _Keys({"since": str, **_TOMBSTONE.kinds}, ("since", "removed_in"))
_PRESET: Final = _Keys(
    {
        "preset_of": str,
        "arguments": dict,
        "summary": str,
        "owner": str,
        "tags": list,
        "aliases": list,
        "deprecated": _DEPRECATED,
    },
    ("preset_of",),
)
_FILE: Final = _Keys({"presets": dict, "tombstones": dict})
_NAMES: Final[Mapping[type, str]] = {str: "a string", list: "an array", dict: "a table"}


class _Faults(Exception):  # noqa: N818 - its arguments are the faults; it never leaves this module
    pass


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
    This is all of a module that an entry point of the group ``seedbed.plugins`` names:

    >>> import seedbed
    >>> seedbed_initializers = seedbed.hookimpl(
    ...     lambda: seedbed.presets.load("seedbed_acme_example", "catalogue.toml")
    ... )

    >>> [row.name for row in seedbed_initializers()][:2]
    ['embedding_normal', 'residual_normal']
    """
    where = f"{package}/{resource}"

    def refuse(what: str) -> EntryError:
        return EntryError(f"{where} {what}")

    rows, faults = _rows(parse_toml(_read(package, resource, refuse), refuse))
    if faults:
        raise refuse("cannot be used:" + "".join(f"\n  {fault}" for fault in faults))
    return rows


def _rows(tables: dict[str, Any]) -> tuple[list[Entry | Tombstone], list[str]]:
    """Return what the file describes, and all that is wrong with it."""
    if faults := list(_faults("the file", tables, _FILE)):
        return [], faults
    rows: list[Entry | Tombstone] = []
    for kind, make in (("presets", _preset), ("tombstones", _tombstone)):
        for name, table in tables.get(kind, {}).items():
            title = _title(kind, name)
            try:
                rows.append(make(title, name, table))
            except _Faults as found:
                faults += found.args
            except EntryError as error:
                faults.append(f"{title}: {error}")
    return rows, [*faults, *_faults_between(rows)]


def _preset(title: str, name: str, table: Any) -> Entry:
    fields = _sound(title, table, _PRESET)
    if "deprecated" in fields:
        fields["deprecated"] = Deprecation(**fields["deprecated"])
    return Entry(name, **fields)


def _tombstone(title: str, name: str, table: Any) -> Tombstone:
    return Tombstone(name, **_sound(title, table, _TOMBSTONE))


def _sound(title: str, table: Any, keys: _Keys) -> dict[str, Any]:
    """Return a copy of a table that has only the keys that it may have, and what they may hold."""
    if faults := list(_faults(title, table, keys)):
        raise _Faults(*faults)
    return dict(table)


def _faults(title: str, table: Any, keys: _Keys) -> Iterator[str]:
    if not isinstance(table, dict):
        yield f"{title} must be a table, got {shown(table)}"
        return
    for key, value in table.items():
        kind = keys.kinds.get(key)
        if kind is None:
            hint = suggestion(key, keys.kinds, cutoff=0.7) or f"; allowed are {', '.join(keys.kinds)}"
            yield f"{title}: unknown key {shown(key)}{hint}"
        elif isinstance(kind, _Keys):
            yield from _faults(f"{title} {key}", value, kind)
        elif not isinstance(value, kind):
            yield f"{title}: {key} must be {_NAMES[kind]}, got {shown(value)}"
        elif key in keys.required and not value:
            yield f"{title}: {key} must not be empty"
    for key in keys.required:
        if key not in table:
            yield f"{title}: the key {key!r} is missing"


def _faults_between(rows: list[Entry | Tombstone]) -> Iterator[str]:
    """Yield what is wrong with rows each of which is sound by itself."""
    gone = {row.name for row in rows if isinstance(row, Tombstone)}
    titles: dict[str, list[str]] = defaultdict(list)
    for row in rows:
        title = _title("presets" if isinstance(row, Entry) else "tombstones", row.name)
        # The CamelCase form of a name that is gone may have become somebody else's alias.
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
    """Yield the names that `row` sends its readers to, and the keys that do."""
    if isinstance(row, Tombstone):
        yield "replaced_by", row.replaced_by
        return
    yield "preset_of", row.preset_of
    if row.deprecated:
        yield "deprecated.replaced_by", row.deprecated.replaced_by


def _title(kind: str, name: str) -> str:
    """Return a table's header as it stands in the file."""
    return f"[{kind}.{name if name.isidentifier() else shown(name)}]"


def _read(package: str, resource: str, refuse: Refuse) -> bytes:
    try:
        for folder in getattr(importlib.import_module(package), "__path__", ()):
            path = f"{folder}/{resource}"
            if os.path.lexists(path):
                return read_small(path, refuse)
        # Of a package in a zip. This imports twenty modules.
        from importlib.resources import files  # noqa: PLC0415

        return files(package).joinpath(resource).read_bytes()
    except OSError as error:
        fix = f"name a file that is part of the installed package {package}"
        raise refuse(f"cannot be read: {error.strerror or error}; {fix}") from error

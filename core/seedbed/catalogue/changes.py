"""What a refresh found."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import accumulate
from types import ModuleType

from seedbed.catalogue.state import State
from seedbed.entry import Entry


@dataclass(frozen=True, slots=True)
class Changes:
    """What a refresh found, as full names.

    Parameters
    ----------
    added, removed
        Entries that came, and that went.
    changed
        Entries whose row in the catalogue is another now; it is if the provider has another version.
    restart_required
        Those of them whose provider has another version than before, and code that this process has imported
        already. Python does not import a module again: until a restart old code runs under the new version.
    """

    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    restart_required: tuple[str, ...] = ()


def changes(before: State, after: State, imported: frozenset[str]) -> Changes:
    """Compare two states; `imported` are the modules that were imported before the scan for the second."""
    old, new = before.entries, after.entries
    both = sorted(old.keys() & new.keys())
    modules = {row.full_name: plugin.path for plugin in after.scan.plugins for row in plugin.rows}
    return Changes(
        added=tuple(sorted(new.keys() - old.keys())),
        removed=tuple(sorted(old.keys() - new.keys())),
        changed=tuple(name for name in both if old[name] != new[name]),
        restart_required=tuple(
            name
            for name in both
            if old[name].version != new[name].version
            and any(module in imported and _has_code(module) for module in _modules(new[name], modules))
        ),
    )


def _modules(entry: Entry, plugins: Mapping[str, str]) -> Iterator[str]:
    """Yield the modules that an entry is made of: its class's, its plugin's, and the packages they lie in."""
    paths = [entry.place] if entry.is_of_class else [entry.place, plugins.get(entry.full_name, "")]
    for name in (path.partition(":")[0] for path in paths):
        yield from accumulate(name.split("."), "{}.{}".format)


def _has_code(name: str) -> bool:
    """Say whether a module has code of its own, as no namespace package has, which is everybody's."""
    module = sys.modules.get(name)
    return isinstance(module, ModuleType) and bool(vars(module).get("__file__"))

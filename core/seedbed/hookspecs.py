"""What a plugin may implement.

A plugin is a module that an entry point of the group ``seedbed.plugins`` names. Its hooks are functions with
the name and the arguments of a function here, marked with ``@seedbed.hookimpl``.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

import pluggy

if TYPE_CHECKING:
    from seedbed.entry import Entry
    from seedbed.initializer import Initializer
    from seedbed.random import Engine
    from seedbed.rows import Homonym, Tombstone

PROJECT: Final = "seedbed"

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


@hookspec
def seedbed_initializers() -> Iterable[Entry | Tombstone | Homonym]:  # type: ignore[empty-body]
    """Return the entries that this plugin adds to the catalogue, and tombstones and homonyms.

    Called once for each scan. It must be quick, import no framework and have no side effect. Name targets, do
    not import them, and look up no names but core's. If an entry is wrong, or the same provider has already
    given its name another meaning, that is a problem of this plugin.
    """


@hookspec
def seedbed_recipes() -> Iterable[Entry | Tombstone | Homonym]:  # type: ignore[empty-body]
    """Return the recipes that this plugin adds to the catalogue, and tombstones and homonyms.

    Each is an `Entry` whose target is a file of a package, ``"acme_inits:gpt2.toml"``, or a preset of such a
    one, whose arguments are parameters of the recipe. Called once for each scan, as `seedbed_initializers`.
    """


@hookspec
def seedbed_engine() -> Engine:  # type: ignore[empty-body]
    """Return an engine that draws the values of the stream faster than NumPy's engine.

    Seedbed uses it if the environment variable ``SEEDBED_ENGINE`` names this plugin's provider, and trial
    draws gave the same bits as NumPy's engine.
    """


@hookspec
def seedbed_entry_loaded(entry: Entry, initializer_class: type[Initializer]) -> None:
    """Observe that the class of `entry` has been imported, the first time that somebody asked for its name.

    Core's entries need no scan. For them this is called only after a scan.
    """


@hookspec
def seedbed_entry_failed(entry: Entry, error: Exception) -> None:
    """Observe that `entry` could not be loaded, the first time that this happened; `error` has the cause."""

"""What a plugin may implement.

A plugin is a module, named by an entry point of the group ``seedbed.plugins``, with functions that are marked
``@seedbed.hookimpl`` and have the name and the arguments of a function here.
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

    Called once for each scan. Must be quick, import no framework and have no effect; targets are named, not
    imported, and no names are looked up but core's. An entry that is wrong, or whose name the same provider
    has given already with another meaning, is held against this plugin.
    """


@hookspec
def seedbed_engine() -> Engine:  # type: ignore[empty-body]
    """Return an engine that draws the values of the stream, faster than NumPy's does.

    It draws where the environment variable ``SEEDBED_ENGINE`` names this plugin's provider, once trial draws
    have given the bits of NumPy's engine.
    """


@hookspec
def seedbed_entry_loaded(entry: Entry, initializer_class: type[Initializer]) -> None:
    """Hear that the class of `entry` has been imported, the first time that its name was asked for.

    Of core's entries, which cost no scan, only what is asked for after a scan is heard.
    """


@hookspec
def seedbed_entry_failed(entry: Entry, error: Exception) -> None:
    """Hear that `entry` could not be loaded, the first time that this happened; `error` has the cause."""

"""Plugins: imported, asked for their rows, and told of what is loaded and what has failed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

import pluggy

from seedbed import hookspecs
from seedbed.catalogue.loading import import_target
from seedbed.entry import Entry
from seedbed.errors import EntryError, PluginError, described, said, shown, text_of
from seedbed.foreign import Attempt
from seedbed.issue import Issue
from seedbed.rows import Homonym, Tombstone, Withheld

_MOST_ROWS: Final = 100_000
"""What hooks of one plugin may return; an iterator without an end would fill the memory."""

_MOST_NAMES: Final = 4 * _MOST_ROWS
"""Names of all these rows together, aliases included, since every scan reads each of them."""

_OURS: Final = (EntryError, PluginError)
"""What needs no word on its type: raised here, by a row, or by a look-up in the midst of a scan."""


@dataclass(slots=True, eq=False, repr=False)
class Plugin:
    """What an entry point names, and what its hooks returned.

    It has a manager of its own, where no other plugin can wrap its hooks or take its module away; none if it
    could not be imported.
    """

    provider: str
    version: str
    name: str
    path: str
    module: object = None
    manager: pluggy.PluginManager | None = None
    rows: tuple[Entry | Withheld, ...] = ()
    engines: tuple[Any, ...] = ()
    problems: tuple[Issue, ...] = ()

    def problem(
        self, what: str, error: BaseException | None = None, *, where: str = "", name: str = ""
    ) -> Issue:
        """Return what is wrong with it."""
        where = where or f"plugin {self.name} = {self.path}"
        return Issue("broken", self.provider, self.version, where, what, (name,) if name else (), error)


def import_plugin(provider: str, version: str, name: str, path: str) -> Plugin:
    """Import a plugin, and ask it for its rows; whatever goes wrong is held against it alone."""
    plugin = Plugin(provider, version, name, path)
    with Attempt() as attempt:
        plugin.module = import_target(path)
        plugin.manager = _manager(plugin.module)
        returned = _returned(plugin.manager)
        plugin.engines = tuple(plugin.manager.hook.seedbed_engine())
    if attempt.error is not None:
        plugin.problems = (plugin.problem(_complaint(attempt.error), attempt.error),)
        return plugin
    checked = [_provided(row, plugin, hook) for hook, row in returned]
    plugin.rows = tuple(row for row in checked if not isinstance(row, Issue))
    plugin.problems = tuple(row for row in checked if isinstance(row, Issue))
    return plugin


_INITIALIZERS: Final = "seedbed_initializers"
_RECIPES: Final = "seedbed_recipes"


def tell(plugins: Iterable[Plugin], hook: str, **arguments: Any) -> list[Issue]:
    """Call an observing hook of every plugin once, and return what went wrong in whose."""
    problems = []
    # Two entry points may name one module.
    for plugin in {id(plugin.module): plugin for plugin in plugins if plugin.manager}.values():
        with Attempt() as attempt:
            getattr(plugin.manager.hook, hook)(**arguments)  # type: ignore[union-attr] # as said above
        if attempt.error is not None:
            what = f"raised {described(attempt.error)}"
            problems.append(plugin.problem(what, attempt.error, where=f"hook {hook}"))
    return problems


def _manager(module: object) -> pluggy.PluginManager:
    manager = pluggy.PluginManager(hookspecs.PROJECT)
    manager.add_hookspecs(hookspecs)
    manager.register(module)
    manager.check_pending()
    if not manager.get_hookcallers(module):
        raise PluginError(
            "has no function marked @seedbed.hookimpl; an initializer's class itself belongs in the "
            "entry-point group seedbed.initializers"
        )
    return manager


def _returned(manager: pluggy.PluginManager) -> list[tuple[str, Any]]:
    return [(hook, row) for hook in (_INITIALIZERS, _RECIPES) for row in _rows_of(manager, hook)]


def _rows_of(manager: pluggy.PluginManager, hook: str) -> list[Any]:
    rows: list[Any] = []
    for returned in getattr(manager.hook, hook)():
        if isinstance(returned, str | dict | Entry) or not isinstance(returned, Iterable):
            raise PluginError(f"hook {hook} must return a list of entries, got {shown(returned)}")
        rows += islice(returned, _MOST_ROWS + 1)
        if len(rows) > _MOST_ROWS:
            raise PluginError(f"hook {hook} must return at most {_MOST_ROWS:,} entries")
    if (names := sum(len(row.names) for row in rows if type(row) is Entry)) > _MOST_NAMES:
        raise PluginError(
            f"hook {hook} must return at most {_MOST_NAMES:,} names with aliases, got {names:,}"
        )
    return rows


def _provided(row: Any, plugin: Plugin, hook: str) -> Entry | Withheld | Issue:
    """Return a row with its provider, or what is wrong with it."""
    # A subclass could override what a scan asks of it, and so break it for everyone. Not by `in`, which asks
    # the metaclass.
    if not any(type(row) is kind for kind in (Entry, Tombstone, Homonym)):
        return plugin.problem(f"hook {hook} must return entries, got {shown(row)} among them")
    if type(row) is Entry and not row.preset_of and row.is_recipe != (hook == _RECIPES):
        other = _INITIALIZERS if hook == _RECIPES else _RECIPES
        is_what = "a recipe" if row.is_recipe else "an initializer"
        return plugin.problem(
            f"hook {hook} returned the entry {row.name!r}, which is {is_what}; return it from {other}",
            name=row.name,
        )
    with Attempt() as attempt:
        provided: Entry | Withheld = row.provided_by(plugin.provider, plugin.version)
    if attempt.error is None:
        return provided
    name = text_of(getattr(row, "name", "")) or ""
    return plugin.problem(_complaint(attempt.error), attempt.error, name=name)


def _complaint(error: BaseException) -> str:
    is_ours = any(type(error) is kind for kind in _OURS)  # as above
    return said(error) if is_ours else f"raised {described(error)}"

"""Plugins: imported, registered with pluggy, asked for their entries, told of what is loaded and failed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import pluggy

from seedbed import hookspecs
from seedbed.catalogue.loading import import_target
from seedbed.discovery.scan import PluginSource
from seedbed.entry import Entry
from seedbed.errors import EntryError, PluginError, described, said, shown, text_of
from seedbed.frozen import Frozen
from seedbed.issue import Issue
from seedbed.rows import Homonym, Tombstone, Withheld

_OURS: Final = (EntryError, PluginError)
"""What needs no word on its type: raised here, by `Entry`, or by a look-up in the midst of a scan."""


class _Plugin(Frozen):
    """A plugin in a manager of its own, where no other one can wrap its hooks or take its module away."""

    source: PluginSource
    plugin: object
    manager: pluggy.PluginManager


class Plugins:
    """The plugins of one scan."""

    def __init__(self) -> None:
        self._observers: list[_Plugin] = []
        self._modules: dict[str, str] = {}
        self.engines: dict[str, Any] = {}
        self.withheld: list[Withheld] = []

    def copy(self) -> Plugins:
        """Return one to which others can be added."""
        other = Plugins()
        other._observers = list(self._observers)
        other._modules = dict(self._modules)
        other.engines = dict(self.engines)
        other.withheld = list(self.withheld)
        return other

    def add(self, source: PluginSource, plugin: object | None = None) -> tuple[list[Entry], list[Issue]]:
        """Import a plugin, and return its entries and what is wrong with it."""
        where = f"plugin {source.name} = {source.module}"
        try:
            plugin = import_target(source.module) if plugin is None else plugin
            manager = _manager(plugin)
            if not any(plugin is other.plugin for other in self._observers):  # it is to hear things once
                self._observers.append(_Plugin(source, plugin, manager))
            returned = _entries(manager)
            self.engines.update((source.provider, engine) for engine in manager.hook.seedbed_engine())
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001 - held against this plugin alone
            return [], [
                Issue("broken", source.provider, source.version, where, _complaint(error), cause=error)
            ]
        rows, problems = _provided(returned, source, where)
        entries = [row for row in rows if isinstance(row, Entry)]
        self.withheld += [row for row in rows if not isinstance(row, Entry)]
        self._modules.update((entry.full_name, source.module.partition(":")[0]) for entry in entries)
        return entries, problems

    @property
    def providers(self) -> frozenset[str]:
        """The packages that have a plugin which could be imported."""
        return frozenset(plugin.source.provider for plugin in self._observers)

    def module_of(self, entry: Entry) -> str:
        """Return the plugin module whose hook returned `entry`; nothing if it came by another way."""
        return self._modules.get(entry.full_name, "")

    def tell(self, hook: str, **arguments: Any) -> list[Issue]:
        """Call an observing hook of every plugin, and return what went wrong in whose."""
        problems = []
        for observer in self._observers:
            try:
                getattr(observer.manager.hook, hook)(**arguments)
            except KeyboardInterrupt:
                raise
            except BaseException as error:  # noqa: BLE001 - an observer is not to break a look-up
                what, source = f"raised {described(error)}", observer.source
                problems.append(
                    Issue("broken", source.provider, source.version, f"hook {hook}", what, cause=error)
                )
        return problems


def _manager(plugin: object) -> pluggy.PluginManager:
    manager = pluggy.PluginManager(hookspecs.PROJECT)
    manager.add_hookspecs(hookspecs)
    manager.register(plugin)
    manager.check_pending()
    if not manager.get_hookcallers(plugin):
        raise PluginError(
            "has no function marked @seedbed.hookimpl; an initializer's class itself belongs in the "
            "entry-point group seedbed.initializers"
        )
    return manager


def _entries(manager: pluggy.PluginManager) -> list[Any]:
    entries: list[Any] = []
    for returned in manager.hook.seedbed_initializers():
        if isinstance(returned, str | dict | Entry) or not isinstance(returned, Iterable):
            raise PluginError(
                f"hook seedbed_initializers must return a list of entries, got {shown(returned)}"
            )
        entries.extend(returned)
    return entries


def _provided(
    returned: list[Any], source: PluginSource, where: str
) -> tuple[list[Entry | Withheld], list[Issue]]:
    good: list[Entry | Withheld] = []
    problems = []
    for row in returned:
        # A subclass could override what a scan asks of it, and so break it for everyone. Not by `in`, which
        # asks the metaclass.
        if not any(type(row) is kind for kind in (Entry, Tombstone, Homonym)):
            what = f"hook seedbed_initializers must return entries, got {shown(row)} among them"
            problems.append(Issue("broken", source.provider, source.version, where, what))
            continue
        try:
            good.append(row.provided_by(source.provider, source.version))
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001 - held against this row alone
            what, name = _complaint(error), text_of(getattr(row, "name", "")) or ""
            problems.append(
                Issue("broken", source.provider, source.version, where, what, (name,) if name else (), error)
            )
    return good, problems


def _complaint(error: BaseException) -> str:
    is_ours = any(type(error) is kind for kind in _OURS)  # as above
    return said(error) if is_ours else f"raised {described(error)}"

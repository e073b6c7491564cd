"""Plugins: imported, registered with pluggy, asked for their entries, told of what is loaded and failed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pluggy

from seedbed import hookspecs
from seedbed.catalogue.discovery import PluginSource
from seedbed.catalogue.loading import import_target
from seedbed.catalogue.problems import Problem
from seedbed.entry import Entry
from seedbed.errors import EntryError, PluginError, SeedbedError, shown


class Plugins:
    """The plugins of one scan."""

    def __init__(self) -> None:
        self._manager = pluggy.PluginManager(hookspecs.PROJECT)
        self._manager.add_hookspecs(hookspecs)
        self._sources: dict[str, PluginSource] = {}

    def add(self, source: PluginSource, plugin: object | None = None) -> tuple[list[Entry], list[Problem]]:
        """Import and register a plugin, and return its entries and what is wrong with it."""
        key = f"{source.provider}:{source.name}"
        where = f"plugin {source.name} = {source.module}"
        try:
            self._register(key, import_target(source.module) if plugin is None else plugin)
            self._sources[key] = source
            entries = self._entries(key)
        except (Exception, SystemExit) as error:  # noqa: BLE001 - held against this plugin alone
            what = (
                str(error) if isinstance(error, SeedbedError) else f"raised {type(error).__name__}: {error}"
            )
            return [], [Problem(source.provider, source.version, where, what, error)]
        return _provided(entries, source, where)

    def tell(self, hook: str, **arguments: Any) -> list[Problem]:
        """Call an observing hook of every plugin, and return what went wrong in whose."""
        problems = []
        for key, source in self._sources.items():
            try:
                self._only(hook, key)(**arguments)
            except (Exception, SystemExit) as error:  # noqa: BLE001 - an observer is not to break a look-up
                what = f"raised {type(error).__name__}: {error}"
                problems.append(Problem(source.provider, source.version, f"hook {hook}", what, error))
        return problems

    def _register(self, key: str, plugin: object) -> None:
        self._manager.register(plugin, name=key)
        try:
            self._manager.check_pending()
        except pluggy.PluginValidationError:
            self._manager.unregister(name=key)
            raise
        if not self._manager.get_hookcallers(plugin):
            self._manager.unregister(name=key)
            raise PluginError(
                "has no function marked @seedbed.hookimpl; an initializer's class itself belongs in the "
                "entry-point group seedbed.initializers"
            )

    def _entries(self, key: str) -> list[Any]:
        entries: list[Any] = []
        for returned in self._only("seedbed_initializers", key)():
            if isinstance(returned, str | dict | Entry) or not isinstance(returned, Iterable):
                raise PluginError(
                    f"hook seedbed_initializers must return a list of entries, got {shown(returned)}"
                )
            entries.extend(returned)
        return entries

    def _only(self, hook: str, key: str) -> pluggy.HookCaller:
        others = [plugin for name, plugin in self._manager.list_name_plugin() if name != key]
        return self._manager.subset_hook_caller(hook, others)


def _provided(entries: list[Any], source: PluginSource, where: str) -> tuple[list[Entry], list[Problem]]:
    good, problems = [], []
    for entry in entries:
        try:
            good.append(_entry(entry).provided_by(source.provider, source.version))
        except EntryError as error:
            name = getattr(entry, "name", "")
            problems.append(
                Problem(source.provider, source.version, where, str(error), error, name=str(name))
            )
    return good, problems


def _entry(returned: Any) -> Entry:
    if not isinstance(returned, Entry):
        raise EntryError(f"hook seedbed_initializers must return entries, got {shown(returned)} among them")
    return returned

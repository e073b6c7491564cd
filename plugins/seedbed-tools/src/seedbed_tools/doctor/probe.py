"""The process that tries one package: it loads its plugins and all of its entries, and reports each step.

A package that hangs, ends the process or prints does so here, and not in the process that asks.
"""

from __future__ import annotations

import json
import os
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from seedbed import Catalogue, Entry, Initializer, recipe, refresh
from seedbed.constructor import parameters
from seedbed.discovery import CORE, is_name, normalise
from seedbed.errors import SeedbedError, UnknownNameError
from seedbed.governance import leave_on
from seedbed.random import engine
from seedbed.random.engines import active
from seedbed_testing.engines import check_engine

Tell = Callable[..., None]


def load_all(provider: str, only: list[str] | None) -> None:
    """Load all that a package has. Others are on only if it has presets of them, and if `only` has them."""
    with _channel() as tell:
        tell(step="its plugins are imported")
        catalogue = _with_bases(provider, only, tell)
        broken = _load(catalogue, provider, tell)
        if any(map(_asks_for_others, broken.values())):
            tell(step="the plugins of other packages are imported, since its modules ask for initializers")
            leave_on(None if only is None else {provider, *only}, reading=None)
            refresh()  # of the catalogue that they ask
            broken = _load(Catalogue(), provider, tell)
        for name, error in broken.items():
            tell(broken=name, what=str(error))
        tell(done=True)


def _load(catalogue: Catalogue, provider: str, tell: Tell) -> dict[str, SeedbedError]:
    """Load all entries of a package, and return the errors of those that could not be."""
    broken = {}
    recipes = {entry.full_name for entry in catalogue.recipes}
    for entry in (*catalogue, *catalogue.recipes):
        if entry.provider == provider:
            base = f", a preset of {entry.preset_of}," if entry.preset_of else ""
            tell(step=f"{entry.full_name}{base} is loaded")
            try:
                if entry.full_name in recipes:
                    recipe(entry.full_name)
                else:
                    _try_arguments(catalogue, entry, catalogue.load(entry))
            except SeedbedError as error:
                broken[entry.full_name] = error
    return broken


def _try_arguments(catalogue: Catalogue, entry: Entry, found: type[Initializer]) -> None:
    """Make an initializer of a preset, if it binds all that the constructor needs."""
    bound = catalogue.arguments(entry)
    needed = {name for name, one in parameters(found).items() if one.default is one.empty}
    if bound and needed <= bound.keys():
        catalogue.get(entry.full_name)


def _asks_for_others(error: BaseException | None) -> bool:
    """Say whether an entry could not be loaded since a name that its modules ask for was unknown."""
    while error is not None and not isinstance(error, UnknownNameError):
        error = error.__cause__ or error.__context__
    return error is not None


def try_engine() -> None:
    """Scan with the engine that the environment asks for, try it at length, and report what is wrong."""
    with _channel() as tell, warnings.catch_warnings():
        # So drawing says that an engine which it would use unasked cannot be.
        warnings.simplefilter("error", RuntimeWarning)
        tell(step="it is tried")
        try:
            len(Catalogue())
            check_engine(active())
        except (SeedbedError, RuntimeWarning) as error:
            tell(refused=str(error))
        tell(engine=engine(), done=True)


def _with_bases(provider: str, only: list[str] | None, tell: Tell) -> Catalogue:
    """Return a catalogue that also has the packages of which `provider` has presets."""
    on = reading = {provider}
    while True:
        leave_on(on, reading=reading)
        catalogue = Catalogue()
        before_colon = {
            entry.preset_of.rpartition(":")[0]
            for entry in (*catalogue, *catalogue.recipes)
            if entry.provider in on
        }
        named = {normalise(name) for name in before_colon if is_name(name)} - {CORE}
        if named <= reading:
            return catalogue
        # What is off is read too, so that the error for a preset of it can say so.
        reading = reading | named
        more = (named if only is None else named & set(only)) - on
        on = on | more
        if more:
            tell(
                step=f"the plugins of {', '.join(sorted(more))} are imported, since it has presets of theirs"
            )


@contextmanager
def _channel() -> Iterator[Tell]:
    """Give a function that writes a line of JSON to standard output; nobody else can write there."""
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as channel:
        # What a package prints would come between, and fill the disk if it never stops.
        nothing = os.open(os.devnull, os.O_RDWR)
        for standard in range(3):
            os.dup2(nothing, standard)

        def tell(**line: Any) -> None:
            channel.write(json.dumps(line) + "\n")
            channel.flush()

        yield tell

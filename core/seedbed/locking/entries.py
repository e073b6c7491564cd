"""An entry as a lock file has it."""

from __future__ import annotations

import hashlib
import json
import re
from inspect import Parameter
from typing import Final

from seedbed.catalogue.catalogue import Catalogue
from seedbed.constructor import parameters
from seedbed.discovery.providers import SESSION
from seedbed.entry import Entry
from seedbed.errors import UnlockableError, name_of, shown
from seedbed.governance.lock_rows import LockedEntry
from seedbed.governance.locked import bound
from seedbed.json_data import plain
from seedbed.locking.fingerprint import fingerprint, promise_of
from seedbed.rows import Deprecation

_UNSTABLE: Final = re.compile(r"0x[0-9a-f]{4}|[0-9]{9}|[{]")
"""Of the text of an object: an address or an `id`, and a set, which have another text in every process."""

_LONGEST_DEFAULT: Final = 10_000


def locked_entry(catalogue: Catalogue, entry: Entry) -> LockedEntry:
    """Load an entry, draw from it, and return its row; what it raises may be anything."""
    if entry.provider == SESSION:
        raise UnlockableError("it was registered in this process; put it into a package, and install that")
    if entry in catalogue.recipes:
        return _locked_recipe(catalogue, entry)
    initializer_class = catalogue.load(entry)
    found = fingerprint(
        initializer_class,
        catalogue.arguments(entry),
        make=lambda kind, arguments: catalogue.get(kind, **arguments),
    )
    defaults = {name: _default(parameter) for name, parameter in parameters(initializer_class).items()}
    return LockedEntry(
        entry.full_name,
        target=entry.place,
        preset_of=entry.preset_of,
        reproducibility=promise_of(initializer_class),
        aliases=tuple(sorted(entry.names[1:])),
        deprecated={} if entry.deprecated is None else _texts(entry.deprecated),
        bound=bound(entry),
        parameters=dict(sorted(defaults.items())),
        numbers_with=found.examples,
        numbers=found.numbers,
        no_numbers=found.why_not,
    )


def _locked_recipe(catalogue: Catalogue, entry: Entry) -> LockedEntry:
    content = catalogue.recipe(entry.full_name).content
    return LockedEntry(
        entry.full_name,
        target=entry.place,
        preset_of=entry.preset_of,
        reproducibility="exact",
        aliases=tuple(sorted(entry.names[1:])),
        deprecated={} if entry.deprecated is None else _texts(entry.deprecated),
        bound=bound(entry),
        content=f"sha256:{hashlib.sha256(content).hexdigest()}",
    )


def _texts(deprecated: Deprecation) -> dict[str, str]:
    return {name: text for name in Deprecation.__slots__ if (text := getattr(deprecated, name))}


def _default(parameter: Parameter) -> str:
    """Return what a parameter is where it is not given."""
    if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
        return "any"
    if parameter.default is parameter.empty:
        return "required"
    try:
        text = json.dumps(plain(parameter.default, lambda _: UnlockableError()), sort_keys=True)
        if len(text) <= _LONGEST_DEFAULT:
            return text
        return f"sha256:{hashlib.sha256(text.encode()).hexdigest()} of {len(text):,} characters"
    except UnlockableError:
        text = shown(parameter.default)
        return f"of type {name_of(type(parameter.default))}" if _UNSTABLE.search(text) else text

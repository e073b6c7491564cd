"""`as_subject`: from what the caller names, to what is checked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from seedbed.api import catalogue as default_catalogue
from seedbed.constructor import construct
from seedbed.errors import ConfigError, IdentifierError, shown
from seedbed.initializer import Initializer
from seedbed_testing.examples import example_arguments, example_shapes
from seedbed_testing.subject import Subject

if TYPE_CHECKING:
    from seedbed.catalogue.catalogue import Catalogue


def as_subject(x: object, *, catalogue: Catalogue | None = None) -> Subject:
    """Return what is to be checked.

    Parameters
    ----------
    x
        The name of an entry, an initializer, its class, or a subject.
    catalogue
        Where names are looked up; ``None`` for the catalogue of the process.

    Raises
    ------
    IdentifierError
        If `x` is none of these.
    UnknownNameError, AmbiguousNameError, EntryLoadError
        As `seedbed.get`.
    ConfigError, ArgumentError
        If the class cannot be constructed without arguments, and has no `example_arguments`.
    """
    if isinstance(x, Subject):
        return x
    if isinstance(x, Initializer):
        return Subject(shown(x), x)
    if isinstance(x, type) and issubclass(x, Initializer):
        return _constructed(x.__name__, x, {})
    if isinstance(x, str):
        looked_in = catalogue or default_catalogue()
        entry = looked_in.entry(x)
        bound = looked_in.arguments(entry)
        return _constructed(entry.full_name, looked_in.load(entry), bound, name=entry.full_name)
    raise IdentifierError(
        f"got {shown(x)} of type {type(x).__name__} to check; pass an initializer, a subclass of "
        "seedbed.Initializer, or the name of an entry"
    )


def _constructed(label: str, kind: type[Initializer], bound: Mapping[str, Any], *, name: str = "") -> Subject:
    arguments = dict(bound)
    examples = example_arguments(kind)
    example_shapes(kind)
    try:
        return Subject(label, construct(kind, arguments), arguments, name)
    except Exception as error:
        if not examples and not isinstance(error, ConfigError):
            raise
        if not examples:
            raise ConfigError(
                f"{error}. To check the class without arguments, give it examples: "
                f"example_arguments = ({{...}},) in {kind.__name__}"
            ) from error
        arguments = {**examples[0], **bound}
        return Subject(label, construct(kind, arguments), arguments, name)

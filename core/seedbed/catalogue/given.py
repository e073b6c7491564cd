"""What `get` was given that is neither a name nor a config."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any, Final

from seedbed.constructor import construct
from seedbed.errors import ArgumentError, IdentifierError, is_class, shown
from seedbed.initializer import Initializer, arguments_of

_IDENTIFIERS: Final = (
    "pass a name, a config dict, an initializer, a class, a callable (shape, dtype=None), or None"
)


def made_of(identifier: Any, overrides: Mapping[str, Any]) -> Any:
    """Return the initializer that `identifier` is or makes, or any other callable that can stand for one.

    Raises
    ------
    IdentifierError
        If it is nothing of this.
    ArgumentError
        If there are overrides for what takes none.
    """
    if isinstance(identifier, Initializer):
        return type(identifier).from_config({**arguments_of(identifier), **overrides})
    if is_class(identifier) and issubclass(identifier, Initializer):
        if inspect.isabstract(identifier):
            missing = ", ".join(sorted(identifier.__abstractmethods__))
            raise IdentifierError(f"got the abstract class {identifier.__name__}, which lacks {missing}")
        return construct(identifier, overrides)
    if is_class(identifier) or not (identifier is None or callable(identifier)):
        values = isinstance(identifier, int | float | list | tuple) or hasattr(identifier, "__array__")
        hint = "; if these are the values, write get('constant', value=...)" if values else ""
        raise IdentifierError(
            f"got {shown(identifier)} of type {type(identifier).__name__}; {_IDENTIFIERS}{hint}"
        )
    if overrides:
        raise ArgumentError(
            f"got the arguments {', '.join(overrides)} for {shown(identifier)}, which takes none"
        )
    if identifier is not None and not _has_the_signature(identifier):
        raise IdentifierError(
            f"got the callable {shown(identifier)}, which cannot be called as f(shape, dtype=None); "
            f"{_IDENTIFIERS}"
        )
    return identifier


def _has_the_signature(function: Callable[..., Any]) -> bool:
    try:
        inspect.signature(function).bind((), dtype=None)
    except (TypeError, ValueError):  # does not fit; or is built in, and tells nothing of itself
        return False
    return True

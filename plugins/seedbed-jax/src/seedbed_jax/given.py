"""What a caller gives as an initializer."""

from __future__ import annotations

import inspect
from typing import Any

import numpy.typing as npt

import seedbed
from seedbed import Initializer
from seedbed.drawing import undeclared_within
from seedbed.errors import ArgumentError, IdentifierError, shown


def as_initializer(identifier: Any, /, **overrides: Any) -> Initializer:
    """Return the initializer that a name, a config or an initializer means.

    Raises
    ------
    IdentifierError
        If it means none.
    SeedbedError
        Whatever `seedbed.get` raises.
    """
    found = seedbed.get(identifier, **overrides)
    if not isinstance(found, Initializer):
        raise IdentifierError(
            f"got {shown(identifier)} of type {type(identifier).__name__}; pass the name or the config of an "
            "initializer, or an initializer of Seedbed's"
        )
    return found


def unwrapped(identifier: Any, dtype: Any = None) -> tuple[Any, Any]:
    """Return what a function of a key was made of, and the dtype that it has where none is given."""
    from seedbed_jax.keyed import KeyedInitializer  # noqa: PLC0415 - which needs this module

    if not isinstance(identifier, KeyedInitializer):
        return identifier, dtype
    return identifier.initializer, identifier.dtype if dtype is None else dtype


def takes_seed(initializer: Initializer) -> bool:
    """Say whether its constructor has an argument `seed`."""
    return "seed" in inspect.signature(type(initializer)).parameters


def as_seed(words: npt.NDArray[Any]) -> list[int]:
    """Return the seed of a vector of words."""
    seed: list[int] = words.tolist()
    return seed


def seeded(initializer: Initializer, seed: list[int]) -> Initializer:
    """Return the initializer with a seed, the words of a key, if it takes one."""
    return seedbed.get(initializer, seed=seed) if takes_seed(initializer) else initializer


def is_seeded(initializer: Initializer) -> bool:
    """Say whether it, or an initializer within it, has a seed, which is what `fold_in` extends."""
    return initializer.fold_in("") != initializer


def refuse_undeclared(initializer: Initializer, what: str) -> None:
    """Refuse what may draw values of its own accord, so that devices and layers would not differ or agree.

    Parameters
    ----------
    initializer
        Any, which may have others within.
    what
        What cannot reach it: ``"key"`` or ``"seed"``.

    Raises
    ------
    ArgumentError
        If it, or one within it, takes no seed and has not declared that its values are the same at each call.
    """
    if (part := undeclared_within(initializer)) is not None:
        name = type(part).__name__
        raise ArgumentError(
            f"got {part!r}, whose values may differ from call to call, and which no {what} can reach; "
            f"give the constructor of {name} an argument 'seed' and draw by it, or, if it draws nothing, "
            f"declare reproducibility = 'exact' in the class {name}"
        )

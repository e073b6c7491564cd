"""What a caller gives as an initializer."""

from __future__ import annotations

import inspect
from typing import Any

import numpy.typing as npt

import seedbed
from seedbed import Initializer
from seedbed.errors import IdentifierError, shown
from seedbed_jax.keys import as_seed


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


def takes_seed(initializer: Initializer) -> bool:
    """Say whether its constructor has an argument `seed`."""
    return "seed" in inspect.signature(type(initializer)).parameters


def seeded(initializer: Initializer, words: npt.NDArray[Any]) -> Initializer:
    """Return the initializer with the words of a key as its seed, if it takes one."""
    return seedbed.get(initializer, seed=as_seed(words)) if takes_seed(initializer) else initializer


def is_seeded(initializer: Initializer) -> bool:
    """Say whether it, or an initializer within it, has a seed, which is what `fold_in` extends."""
    return initializer.fold_in("") != initializer


def can_shard(initializer: Initializer) -> bool:
    """Say whether it computes a part of an array without the rest."""
    return type(initializer).shard is not Initializer.shard

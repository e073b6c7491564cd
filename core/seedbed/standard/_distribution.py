"""The check of an argument `distribution`, in which ``"normal"`` has two meanings."""

from __future__ import annotations

from typing import Any, TypeVar

from seedbed.arguments import choice
from seedbed.errors import ArgumentError, shown

_Name = TypeVar("_Name", bound=str)


def distribution_choice(value: Any, allowed: tuple[_Name, ...]) -> _Name:
    """Return the argument `distribution`, which must be one of the strings `allowed`.

    Raises
    ------
    ArgumentError
        If it is none of them. If it is ``"normal"``, in any spelling, the message asks which one is meant.
    """
    if isinstance(value, str) and value.lower() == "normal":
        raise ArgumentError(
            f"distribution {shown(value)} has more than one meaning; write 'truncated_normal', as Keras and "
            "TensorFlow mean it, or 'untruncated_normal', as JAX, Haiku, Sonnet and timm do"
        )
    return choice("distribution", value, allowed)

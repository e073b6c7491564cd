"""A warning where a second weight gets the values of one that is still there, as they have one stream."""

from __future__ import annotations

import gc
import weakref
from typing import Any, Final, TypeAlias

from seedbed import Initializer
from seedbed.warning import warn
from seedbed_keras.asking import Asked
from seedbed_keras.layouts import Shape

_FRAMEWORKS: Final = ("keras", "jax", "tensorflow", "torch", "flax")
"""Whose code lies between the user's and an initializer."""

_Holders: TypeAlias = weakref.WeakValueDictionary[tuple[Initializer, Shape | None], Any]

_DRAWN: Final[_Holders] = weakref.WeakValueDictionary()
"""The layer, or variable without one, for which each stream was first drawn, while it is there."""

_WARNED: Final[_Holders] = weakref.WeakValueDictionary()
"""Such a one of which there was a warning, for each initializer."""


def note(shared: Initializer, own: Initializer, shape: Shape, weight: Asked, *, warns: bool) -> None:
    """Note that `own`, which is `shared` with the stream of `weight`, draws.

    There is a warning, one for `shared`, if it has drawn for another weight that is still there.
    """
    here: Any = weight.variable if weight.layer is None else weight.layer
    if _DRAWN.setdefault((own, shape), here) is here or not warns:
        return
    gc.collect()  # a compiled model that nobody has any more is there until then
    if _DRAWN.setdefault((own, shape), here) is here or (shared, None) in _WARNED:
        return
    _WARNED[shared, None] = here
    warn(
        f"two weights of the shape {weight.shape} have the path {weight.path} and one initializer with one "
        "seed, so that they get the same values. That is as it should be if the second is of the same model, "
        "made again; else give the layers other names or other seeds, or call seedbed_keras.initialize, "
        "whose paths are those of attributes",
        through=_FRAMEWORKS,
    )

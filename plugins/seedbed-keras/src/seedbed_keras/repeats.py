"""A warning where a second weight gets the values of one that is still there, as they have one stream."""

from __future__ import annotations

from typing import Any, Final

from seedbed import Initializer
from seedbed.models.layout import Drawn
from seedbed.models.repeats import Holders
from seedbed.warning import warn
from seedbed_keras.asking import Asked

_FRAMEWORKS: Final = ("keras", "jax", "tensorflow", "torch", "flax")
"""Whose code lies between the user's and an initializer."""

_DRAWN: Final = Holders()
"""The layer, or variable without one, for which each stream was first drawn."""


def note(shared: Initializer, drawn: Drawn, weight: Asked, *, warns: bool) -> None:
    """Note what is drawn for a weight by `shared`, with the stream of that weight.

    There is a warning, one for `shared`, if it has drawn for another weight that is still there.
    """
    here: Any = weight.variable if weight.layer is None else weight.layer
    if _DRAWN.repeats(drawn, here, about=shared, tells=warns):
        warn(
            f"two weights of the shape {weight.shape} have the path {weight.path} and one initializer with "
            "one seed, so that they get the same values. That is as it should be if the second is of the "
            "same model, made again; else give the layers other names or other seeds, or call "
            "seedbed_keras.initialize, whose paths are those of attributes",
            through=_FRAMEWORKS,
        )

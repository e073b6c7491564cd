"""A warning where one initializer gives weights of two layers the same values, as they have one path."""

from __future__ import annotations

import gc
import weakref
from typing import Final

import keras

from seedbed import Initializer
from seedbed.warning import warn
from seedbed_keras.asking import Asked
from seedbed_keras.layouts import Shape

_FRAMEWORKS: Final = ("keras", "jax")
"""Whose code lies between the user's and an initializer."""


class Drawn:
    """For which layers an initializer has drawn. A copy of it, also from a file, has drawn for none."""

    def __init__(self) -> None:
        self._layers: dict[tuple[Initializer, Shape], weakref.ref[keras.Layer]] = {}
        self._has_warned = False

    def __reduce__(self) -> tuple[type[Drawn], tuple[()]]:
        return Drawn, ()

    def note(self, initializer: Initializer, shape: Shape, weight: Asked) -> None:
        """Warn, once, if what has the stream of `weight` has drawn for another layer that is still there."""
        here, key = weakref.ref(weight.layer), (initializer, shape)
        before = self._layers.setdefault(key, here)
        self._layers[key] = here
        if before() in (None, weight.layer) or self._has_warned:
            return
        gc.collect()  # a compiled model that nobody has any more is there until then
        if before() is None:
            return
        self._has_warned = True
        warn(
            f"two layers have a weight of the path {weight.path} and the shape {weight.shape}, and of one "
            "initializer, so that they get the same values. That is as it should be if the second is of the "
            "same model, made again; else give the layers other names, or call seedbed_keras.initialize, "
            "whose paths are those of attributes",
            through=_FRAMEWORKS,
        )

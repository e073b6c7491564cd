"""Core's initializers among what Keras saves and loads by name.

Keras takes one of ours for a layer as it takes any function, and writes the name of its class. It has classes
of the same names itself, and would load those, with other values, if ours were not known to it.
"""

from __future__ import annotations

import keras

from seedbed import combinators, standard


def register() -> None:
    """Have Keras know core's classes by names in the package ``seedbed``."""
    for room in (standard, combinators):
        for name in room.__all__:
            keras.saving.register_keras_serializable(package="seedbed", name=name)(getattr(room, name))

"""The entries under the names that they have in TensorFlow and in Sonnet, with their defaults."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from seedbed import Entry, hookimpl

_KERAS: Final = (
    "tf.keras.initializers.",
    "tf.initializers.",
    "tf_keras.initializers.",
    "tf.compat.v1.keras.initializers.",
)
_SONNET: Final = ("snt.initializers.", "sonnet.initializers.")

_CLASSES: Final = {
    "zeros": "Zeros",
    "ones": "Ones",
    "constant": "Constant",
    "identity": "Identity",
    "random_uniform": "RandomUniform",
    "random_normal": "RandomNormal",
    "truncated_normal": "TruncatedNormal",
    "variance_scaling": "VarianceScaling",
    "glorot_uniform": "GlorotUniform",
    "glorot_normal": "GlorotNormal",
    "he_uniform": "HeUniform",
    "he_normal": "HeNormal",
    "lecun_uniform": "LecunUniform",
    "lecun_normal": "LecunNormal",
    "orthogonal": "Orthogonal",
}

_DEFAULTS: Final[Mapping[str, Mapping[str, Any]]] = {
    "constant": {"value": 0.0},
    "identity": {"gain": 1.0},
    "random_uniform": {"minval": -0.05, "maxval": 0.05},
    "random_normal": {"mean": 0.0, "stddev": 0.05},
    "truncated_normal": {"mean": 0.0, "stddev": 0.05, "lower": -2.0, "upper": 2.0, "bounds": "relative"},
    "variance_scaling": {"scale": 1.0, "mode": "fan_in", "distribution": "truncated_normal"},
    "orthogonal": {"gain": 1.0},
}
"""They are core's as well. They are bound, so that these names mean these numbers whatever core does."""

_OLD_DEFAULTS: Final[Mapping[str, Mapping[str, Any]]] = {
    "random_uniform": {"minval": 0.0, "maxval": 1.0},
    "random_normal": {"mean": 0.0, "stddev": 1.0},
    "truncated_normal": {"mean": 0.0, "stddev": 1.0, "lower": -2.0, "upper": 2.0, "bounds": "relative"},
}
"""Those of TensorFlow 1, and of Sonnet, where they are not those of Keras."""

_TWO: Final = ("zeros", "ones", "constant", "random_uniform", "random_normal")
"""What is in TensorFlow 2 besides Keras: `tf.zeros_initializer`."""

_OLD_WITHOUT_SUFFIX: Final = (
    "identity",
    "he_uniform",
    "he_normal",
    "lecun_uniform",
    "lecun_normal",
)
"""What TensorFlow 1 has in `tf.compat.v1.initializers` alone."""

_OF_SONNET: Final = frozenset(_CLASSES) - {
    f"{who}_{how}" for who in ("glorot", "he", "lecun") for how in ("uniform", "normal")
}


@hookimpl
def seedbed_initializers() -> Iterable[Entry]:
    """Return presets with the defaults that the name has where it is from."""
    return [
        *(_preset(name) for name in _CLASSES),
        *(_old_preset(name) for name in _OLD_DEFAULTS),
        Entry(
            "tf_v1_uniform_unit_scaling",
            preset_of="variance_scaling",
            arguments={"scale": 1.0, "mode": "fan_in", "distribution": "uniform"},
            aliases=_old("uniform_unit_scaling"),
            summary="Uniform values of variance scale / fan_in; the scale is TensorFlow's factor squared.",
            tags=("tensorflow",),
        ),
    ]


def _preset(name: str) -> Entry:
    names = [f"{package}{called}" for package in _KERAS for called in (_CLASSES[name], name)]
    names += [f"tf.{name}_initializer"] * (name in _TWO)
    if name not in _OLD_DEFAULTS:
        names += [*_old(name), *_in_sonnet(name)]
    return Entry(
        f"tf_{name}",
        preset_of=name,
        arguments=_DEFAULTS.get(name, {}),
        aliases=tuple(names),
        tags=("tensorflow",),
    )


def _old_preset(name: str) -> Entry:
    return Entry(
        f"tf_v1_{name}",
        preset_of=name,
        arguments=_OLD_DEFAULTS[name],
        aliases=(*_old(name), *_in_sonnet(name)),
        tags=("tensorflow", "sonnet"),
    )


def _old(name: str) -> tuple[str, ...]:
    both = (f"tf.compat.v1.initializers.{name}", f"tf.compat.v1.{name}_initializer")
    return both[:1] if name in _OLD_WITHOUT_SUFFIX else both


def _in_sonnet(name: str) -> tuple[str, ...]:
    return tuple(f"{package}{_CLASSES[name]}" for package in _SONNET) if name in _OF_SONNET else ()

"""The entries under the names that they have in Keras, with its defaults."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from seedbed import Entry, hookimpl

_KERAS: Final = "keras.initializers."

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

_DEFAULTS: Final[dict[str, dict[str, float | str]]] = {
    "constant": {"value": 0.0},
    "identity": {"gain": 1.0},
    "random_uniform": {"minval": -0.05, "maxval": 0.05},
    "random_normal": {"mean": 0.0, "stddev": 0.05},
    "truncated_normal": {"mean": 0.0, "stddev": 0.05, "lower": -2.0, "upper": 2.0, "bounds": "relative"},
    "variance_scaling": {"scale": 1.0, "mode": "fan_in", "distribution": "truncated_normal"},
    "orthogonal": {"gain": 1.0},
}
"""They are core's as well. They are bound, so that Keras's names mean Keras's numbers whatever core does."""

_OTHER: Final = {"identity": "IdentityInitializer", "orthogonal": "OrthogonalInitializer"}
"""Names that Keras has besides."""


@hookimpl
def seedbed_initializers() -> Iterable[Entry]:
    """Return what core lacks, and presets with the defaults of Keras."""
    return [
        Entry(
            "stft",
            "seedbed_keras_entries.stft:STFT",
            aliases=("STFTInitializer", *_in_keras("STFT", "stft", "STFTInitializer")),
            summary="The kernel of a convolution that gives one side of a short-time Fourier transform.",
            tags=("audio", "convolution"),
        ),
        *(_preset(name, class_name) for name, class_name in _CLASSES.items()),
    ]


def _preset(name: str, class_name: str) -> Entry:
    other = (_OTHER[name],) if name in _OTHER else ()
    return Entry(
        f"keras_{name}",
        preset_of=name,
        arguments=_DEFAULTS.get(name, {}),
        aliases=_in_keras(class_name, name, *other),
    )


def _in_keras(*names: str) -> tuple[str, ...]:
    return tuple(f"{_KERAS}{name}" for name in names)

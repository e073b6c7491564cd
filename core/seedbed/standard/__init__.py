"""The initializers that core provides, one family a module."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from seedbed.standard.constants import Constant, Ones, Zeros
    from seedbed.standard.distributions import RandomNormal, RandomUniform, TruncatedNormal
    from seedbed.standard.fan_scaling import FanConstant, FanScaling
    from seedbed.standard.glorot_he_lecun import (
        GlorotNormal,
        GlorotUniform,
        HeNormal,
        HeUniform,
        LecunNormal,
        LecunUniform,
    )
    from seedbed.standard.identity import Identity
    from seedbed.standard.linspaced import Linspaced
    from seedbed.standard.orthogonal import Orthogonal
    from seedbed.standard.variance_scaling import VarianceScaling

__all__ = [
    "Constant",
    "FanConstant",
    "FanScaling",
    "GlorotNormal",
    "GlorotUniform",
    "HeNormal",
    "HeUniform",
    "Identity",
    "LecunNormal",
    "LecunUniform",
    "Linspaced",
    "Ones",
    "Orthogonal",
    "RandomNormal",
    "RandomUniform",
    "TruncatedNormal",
    "VarianceScaling",
    "Zeros",
]

# Modules by the classes in them, imported when one is asked for.
_FAMILIES = {
    "constants": ("Constant", "Ones", "Zeros"),
    "distributions": ("RandomNormal", "RandomUniform", "TruncatedNormal"),
    "fan_scaling": ("FanConstant", "FanScaling"),
    "glorot_he_lecun": (
        "GlorotNormal",
        "GlorotUniform",
        "HeNormal",
        "HeUniform",
        "LecunNormal",
        "LecunUniform",
    ),
    "identity": ("Identity",),
    "linspaced": ("Linspaced",),
    "orthogonal": ("Orthogonal",),
    "variance_scaling": ("VarianceScaling",),
}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    family = next(key for key, names in _FAMILIES.items() if name in names)
    return getattr(importlib.import_module(f"{__name__}.{family}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})

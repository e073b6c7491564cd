"""The engine that the environment asks for, among those that plugins offer."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, Final

from seedbed.errors import PluginError, shown

ENGINE_VARIABLE: Final = "SEEDBED_ENGINE"
NATIVE: Final = "seedbed-native"
"""The package whose engine draws unasked."""

_NUMPY: Final = "numpy"


def wanted_engine() -> str:
    """Return the provider whose engine ``SEEDBED_ENGINE`` asks for; nothing if it is NumPy's."""
    wanted = os.environ.get(ENGINE_VARIABLE, "")
    return "" if wanted == _NUMPY else wanted


def choose_engine(offered: Mapping[str, Any]) -> None:
    """Draw with the engine that the environment asks for; nothing else makes a plugin's engine draw.

    Raises
    ------
    PluginError
        If nobody offers it, or it gives other bits than the stream's specification.
    """
    wanted = wanted_engine()
    if not wanted:
        return
    # Half of what a look-up imports, which a plugin that draws nothing has no use for.
    from seedbed.random import engine, use_engine  # noqa: PLC0415

    if wanted not in offered:
        offers = ", ".join([_NUMPY, *sorted(offered)])
        raise PluginError(
            f"{ENGINE_VARIABLE} asks for the engine of {shown(wanted)}; engines are offered by {offers}"
        )
    if wanted == NATIVE:
        return  # which drawing finds unasked, and which tries itself
    if engine() != offered[wanted].name:
        use_engine(offered[wanted])

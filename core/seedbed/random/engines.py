"""Which engine draws: NumPy's, or one that an installed package provides."""

from __future__ import annotations

from typing import Final

from seedbed.errors import ArgumentError, shown
from seedbed.random.elementary import compute_with
from seedbed.random.engine import Engine, NumPyEngine
from seedbed.unasked import engine_unasked

_NUMPY: Final = NumPyEngine()
_active: Engine | None = None  # nobody has asked yet


def engine() -> str:
    """Return the name of the engine that draws: NumPy's, or seedbed-native's where that is installed.

    Examples
    --------
    >>> engine()  # doctest: +SKIP
    'native-avx2'
    """
    return active().name


def active() -> Engine:
    """Return the engine that draws."""
    return _first() if _active is None else _active


def _first() -> Engine:
    """Return the engine for who asked for none, which the first draw of a process looks for."""
    global _active  # noqa: PLW0603 - as below
    found, is_final = engine_unasked()
    chosen: Engine = _NUMPY if found is None else found
    if is_final and _active is None:  # or a program has chosen meanwhile
        _active = chosen
        compute_with(getattr(found, "elementary", None))  # which no trial of other engines would try
    return chosen if _active is None else _active


def use_engine(chosen: Engine | None) -> None:
    """Draw with `chosen` from now on, or with NumPy's engine for ``None``.

    Raises
    ------
    ArgumentError
        If `chosen` is something else, such as a name.
    PluginError
        If `chosen` fails, or gives other bits than NumPy's engine, on trial draws of every distribution and
        dtype, which take some 50 ms.
    """
    global _active  # noqa: PLW0603 - which engine draws is a setting of the process, as its threads are
    if chosen is not None and not (hasattr(chosen, "name") and callable(getattr(chosen, "draw", None))):
        raise ArgumentError(
            f"engine must be an Engine or None, got {shown(chosen)}; to choose one by its package, set "
            "SEEDBED_ENGINE before the first look-up"
        )
    if chosen is not None:
        from seedbed.random.trials import try_engine  # noqa: PLC0415 - NumPy's engine needs no trial

        try_engine(chosen)
    _active = _NUMPY if chosen is None else chosen
    compute_with(None)

"""Which engine draws: NumPy's, or one that an installed package provides."""

from __future__ import annotations

from typing import Any, Final, Protocol

import numpy.typing as npt

from seedbed.random.distributions import Distribution
from seedbed.random.engine import Limits, NumPyEngine
from seedbed.random.regions import Region


class Engine(Protocol):
    """What draws values; see `NumPyEngine.draw` for what the arguments mean.

    An engine gives the bits of ``docs/reference/stream.md``, whatever it computes them with. It may leave
    distributions that it does not know to a `NumPyEngine`.
    """

    name: str

    def draw(
        self,
        distribution: Distribution,
        key: int,
        region: Region,
        out: npt.NDArray[Any],
        *,
        limits: Limits | None,
        threads: int,
    ) -> None:
        """Write the values of the elements of `region` into `out`."""
        ...


_NUMPY: Final = NumPyEngine()
_active: Engine = _NUMPY


def engine() -> str:
    """Return the name of the engine that draws.

    Examples
    --------
    >>> engine()
    'numpy'
    """
    return _active.name


def active() -> Engine:
    """Return the engine that draws."""
    return _active


def use_engine(chosen: Engine | None) -> None:
    """Draw with `chosen` from now on, or with NumPy's engine for ``None``.

    Raises
    ------
    PluginError
        If `chosen` fails, or gives other bits than NumPy's engine, on trial draws of every distribution and
        dtype, which take some 50 ms.
    """
    global _active  # noqa: PLW0603 - which engine draws is a setting of the process, as its threads are
    if chosen is not None:
        from seedbed.random.trials import try_engine  # noqa: PLC0415 - NumPy's engine needs no trial

        try_engine(chosen)
    _active = _NUMPY if chosen is None else chosen

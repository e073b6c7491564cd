"""Which engine draws: NumPy's, or one that an installed package provides."""

from __future__ import annotations

from typing import Any, Final, Protocol

import numpy as np
import numpy.typing as npt

from seedbed.errors import PluginError, shown
from seedbed.random.engine import Limits, NumPyEngine
from seedbed.random.laws import Law, Normal, TruncatedDisc, TruncatedNormal, Uniform
from seedbed.random.regions import Region, select


class Engine(Protocol):
    """What draws values; see `NumPyEngine.draw` for what the arguments mean.

    An engine gives the bits of ``docs/reference/stream.md``, whatever it computes them with. It may leave
    laws that it does not know to a `NumPyEngine`.
    """

    name: str

    def draw(
        self,
        law: Law,
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

_TRIAL_SHAPE: Final = (37, 41)
_TRIALS: Final = (
    Uniform(-0.5, 2.0),
    Normal(0.25, 1.5),
    Normal(0.25, 1.5, is_complex=True),
    TruncatedNormal(0.0, 1.0, -2.0, 2.0, (-2.0, 2.0)),
    TruncatedNormal(1.0, 0.5, 5.0, float("inf"), (3.5, float("inf"))),
    TruncatedDisc(0.0, 1.0, 2.0),
)


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
        If `chosen` gives other bits than NumPy's engine, on trial draws from every law and dtype.
    """
    global _active  # noqa: PLW0603 - which engine draws is a setting of the process, as its threads are
    if chosen is not None:
        _try(chosen)
    _active = _NUMPY if chosen is None else chosen


def _try(chosen: Engine) -> None:
    for law in _TRIALS:
        is_complex = isinstance(law, TruncatedDisc) or (isinstance(law, Normal) and law.is_complex)
        for name in ("complex64", "complex128") if is_complex else ("float16", "float32", "float64"):
            for index in (..., (slice(3, 30, 2), slice(5, 9))):
                region = select(_TRIAL_SHAPE, index).region
                expected, got = np.empty(region.size, name), np.zeros(region.size, name)
                _NUMPY.draw(law, 7, region, expected, limits=None, threads=1)
                chosen.draw(law, 7, region, got, limits=None, threads=2)
                if expected.tobytes() != got.tobytes():
                    raise PluginError(
                        f"engine {shown(chosen.name)} gives other bits than the specified stream for {law} "
                        f"in {name}; use another engine, or None for NumPy's"
                    )

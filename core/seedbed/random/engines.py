"""Which engine draws: NumPy's, or one that an installed package provides."""

from __future__ import annotations

import importlib.util
import itertools
from typing import Any, Final, Protocol

import numpy as np
import numpy.typing as npt

from seedbed.dtypes import COMPLEX, FLOATING, as_dtype
from seedbed.errors import PluginError, shown
from seedbed.random.engine import Limits, NumPyEngine
from seedbed.random.laws import Law, Normal, TruncatedDisc, TruncatedNormal, Uniform
from seedbed.random.regions import Region, select
from seedbed.shapes import BasicIndex, Shape


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

_TRIAL_LAWS: Final = (
    (Uniform(-0.5, 2.0), "real complex"),
    (Normal(0.25, 1.5), "real"),
    (Normal(0.25, 1.5, is_complex=True), "complex"),
    (TruncatedNormal(0.0, 1.0, -2.0, 2.0, (-2.0, 2.0)), "real"),
    (TruncatedNormal(1.0, 0.5, 5.0, float("inf"), (3.5, float("inf"))), "real"),
    (TruncatedDisc(0.0, 1.0, 2.0), "complex"),
    (TruncatedDisc(0.0, 4.0, 0.25), "complex"),
    (TruncatedDisc(0.0, 1e9, 1e-9), "complex"),
)
_TRIAL_PARTS: Final[tuple[tuple[Shape, BasicIndex], ...]] = (
    ((37, 41), ...),
    ((37, 41), (slice(3, 30, 2), slice(5, 9))),
    ((2**28, 2**28), (slice(2**27, 2**27 + 3), slice(-700, None))),  # beyond a double's integers
)
_TRIAL_KEY: Final = 2**127 + 7
_TRIAL_LIMITS: Final = (-0.375, 1.25)
"""Ends that all dtypes hold, and that cut off much of every law."""


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
        If `chosen` fails, or gives other bits than NumPy's engine, on trial draws from every law and dtype.
    """
    global _active  # noqa: PLW0603 - which engine draws is a setting of the process, as its threads are
    if chosen is not None:
        _try(chosen)
    _active = _NUMPY if chosen is None else chosen


def _try(chosen: Engine) -> None:
    regions = [select(shape, index).region for shape, index in _TRIAL_PARTS]
    for law, kinds in _TRIAL_LAWS:
        for dtype in _trial_dtypes(kinds):
            limits = tuple(np.array(_TRIAL_LIMITS).astype(np.empty(0, dtype).real.dtype))
            for region, within in itertools.product(regions, (None, limits)):
                expected, got = np.empty(region.size, dtype), np.zeros(region.size, dtype)
                _NUMPY.draw(law, _TRIAL_KEY, region, expected, limits=within, threads=1)
                try:
                    chosen.draw(law, _TRIAL_KEY, region, got, limits=within, threads=2)
                except Exception as error:
                    raise PluginError(
                        f"engine {shown(chosen.name)} fails on {law} in {dtype.name}: {shown(error)}; "
                        "use another engine, or None for NumPy's"
                    ) from error
                if expected.tobytes() != got.tobytes():
                    raise PluginError(
                        f"engine {shown(chosen.name)} gives other bits than the specified stream for {law} "
                        f"in {dtype.name}; use another engine, or None for NumPy's"
                    )


def _trial_dtypes(kinds: str) -> list[np.dtype[Any]]:
    names = [*(FLOATING if "real" in kinds else ()), *(COMPLEX if "complex" in kinds else ())]
    without = () if importlib.util.find_spec("ml_dtypes") else ("bfloat16",)
    return [as_dtype(name) for name in names if name not in without]

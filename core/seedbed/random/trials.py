"""Trial draws, which tell an engine that gives the bits of the stream from one that does not."""

from __future__ import annotations

import importlib.util
import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from seedbed.dtypes import COMPLEX, FLOATING, as_dtype
from seedbed.errors import PluginError, shown
from seedbed.random.engine import Limits, NumPyEngine
from seedbed.random.laws import Law, Normal, TruncatedDisc, TruncatedNormal, Uniform
from seedbed.random.regions import Region, select, whole

if TYPE_CHECKING:
    from seedbed.random.engines import Engine

_KEY: Final = 2**127 + 7
_INF: Final = float("inf")
_LIMITS: Final = (-0.375, 1.25)
"""Ends that all dtypes hold, and that cut off much of every distribution."""

_QUICK: Final = (
    (Uniform(-0.5, 2.0), FLOATING + COMPLEX),
    (Normal(0.25, 1.5), FLOATING),
    (Normal(0.25, 1.5, is_complex=True), COMPLEX),
    (TruncatedNormal(0.0, 1.0, -2.0, 2.0, (-2.0, 2.0)), FLOATING),
    (TruncatedDisc(0.0, 1e9, 1e-9), COMPLEX),
)
"""Distributions, and the dtypes that each is drawn in. Lines take milliseconds to make, so those of few
intervals and radii are needed."""

_DOUBLES: Final = (
    (TruncatedNormal(45.5, 1.5, -31.0, -30.0, (-1.0, 0.5)), FLOATING[3:]),
    (TruncatedDisc(0.0, 4.0, 0.25), COMPLEX[1:]),
    (TruncatedDisc(0.0, 1.0, 2.0), COMPLEX[1:]),
)
"""Distributions that are made another way in double precision, and that only small parts are drawn of."""

_LARGE: Final = (
    (_QUICK[0][0], FLOATING + COMPLEX),
    (_QUICK[1][0], FLOATING[2:]),
    (_QUICK[4][0], COMPLEX[:1]),
)
"""Those of which long tensors are drawn: each dtype, and each way to draw, once."""

_MORE: Final = (
    (Uniform(-0.05, 0.05), FLOATING + COMPLEX),
    (Uniform(0.0, 1.0), FLOATING + COMPLEX),
    (Uniform(1000.0, 1001.0), FLOATING[2:]),
    (Uniform(0.7, 0.7), FLOATING + COMPLEX),
    (Uniform(-1e-310, 3e-310), FLOATING[3:]),
    (Normal(0.0, 0.02), FLOATING),
    (Normal(0.0, 0.02, is_complex=True), COMPLEX),
    (TruncatedNormal(-0.3, 0.7, -1.0, 3.0, (-1.0, 1.8)), FLOATING),
    (TruncatedNormal(45.5, 1.5, -31.0, -30.0, (-1.0, 0.5)), FLOATING),
    (TruncatedNormal(1.0, 0.5, 5.0, _INF, (3.5, _INF)), FLOATING),
    (TruncatedNormal(0.0, 1.0, -_INF, 0.0, (-_INF, 0.0)), FLOATING),
    (TruncatedDisc(0.5, 4.0, 0.25), COMPLEX),
    (TruncatedDisc(0.0, 1.0, 2.0), COMPLEX),
    (TruncatedDisc(0.5, 1e9, 1e-9), COMPLEX),
    (TruncatedDisc(0.5, 1.0, _INF), COMPLEX),
)
"""What the thorough trial has besides."""

_BLOCK: Final = 1 << 12
_BLOCKS: Final = 16
_TAIL: Final = 37
_LONG: Final = _BLOCK * _BLOCKS + _TAIL
"""More elements than the blocks of most engines, and some that fill no vector."""

_FOR_THREADS: Final = (1 << 19) + _TAIL
"""Elements that are worth a second thread."""

_STEPS: Final = ((2**28, 2**28), (slice(2**27, 2**27 + 9, 3), slice(-600, None, 5)))
"""Several runs of every fifth element, at places beyond a double's integers."""

_ODD_SHAPES: Final[tuple[tuple[Any, Any], ...]] = (
    ((), ...),
    ((0, 3), ...),
    ((1,), ...),
    ((1531,), ...),
    *(((3001,), slice(step, None, step)) for step in (2, 3, 4, 7, 8, 9, 64)),
    *(((30, 41, 17), (slice(2, 29, step), slice(None), slice(1, None, step))) for step in (1, 2, 6)),
    ((2**28, 2**28), (slice(2**27, 2**27 + 3), slice(-700, None))),
    ((60, 4100), (slice(None), slice(7, 4099))),
    ((2**20, 2**36), (slice(2**19, None, 2**17), slice(2**35, 2**35 + 50, 2))),
)


@dataclass(frozen=True, slots=True)
class _Case:
    """A draw, and how much of it to compare: all, or the parts at the borders of blocks and the end."""

    law: Law
    dtype: np.dtype[Any]
    region: Region
    limits: Limits | None = None
    threads: int = 2
    borders_only: bool = False


def try_engine(chosen: Engine, *, thorough: bool = False) -> None:
    """Compare what an engine draws with what NumPy's does.

    Parameters
    ----------
    chosen
        The engine to try.
    thorough
        Whether to take seconds for it and not some 40 ms: with more distributions, parts of arrays, sizes
        and numbers of threads.

    Raises
    ------
    PluginError
        If the engine fails, or gives another bit; the message says in which draw, and where in it.
    """
    for case in _thorough_cases() if thorough else _quick_cases():
        _try(chosen, case)


def _quick_cases() -> Iterator[_Case]:
    steps = select(*_STEPS).region
    for law, dtype in _draws((*_QUICK, *_DOUBLES)):
        yield _Case(law, dtype, steps, limits=_limits(dtype))
    for law, dtype in _draws(_LARGE):
        size = _LONG // 2 if dtype.kind == "c" else _LONG
        yield _Case(law, dtype, whole((size,)), borders_only=True)
    yield _Case(Uniform(-0.5, 2.0), as_dtype(), whole((_FOR_THREADS,)), borders_only=True)


def _thorough_cases() -> Iterator[_Case]:
    yield from _quick_cases()
    regions = [select(*part).region for part in (_STEPS, *_ODD_SHAPES)]
    for law, dtype in _draws((*_QUICK, *_DOUBLES, *_MORE)):
        for region, limits in itertools.product(regions, (None, _limits(dtype))):
            yield _Case(law, dtype, region, limits=limits, threads=1)
        for threads in (1, 2, 7):
            size = _FOR_THREADS if dtype.itemsize < 8 else _FOR_THREADS // 4
            yield _Case(law, dtype, whole((size,)), limits=_limits(dtype), threads=threads)


def _draws(rows: Iterable[tuple[Law, tuple[str, ...]]]) -> Iterator[tuple[Law, np.dtype[Any]]]:
    absent = () if importlib.util.find_spec("ml_dtypes") else ("bfloat16",)
    for law, names in rows:
        for name in names:
            if name not in absent:
                yield law, as_dtype(name)


def _limits(dtype: np.dtype[Any]) -> Limits:
    low, high = np.array(_LIMITS).astype(np.empty(0, dtype).real.dtype)
    return low, high


def _try(chosen: Engine, case: _Case) -> None:
    got = np.full(case.region.size, np.nan, case.dtype)
    try:
        chosen.draw(case.law, _KEY, case.region, got, limits=case.limits, threads=case.threads)
    except Exception as error:
        raise PluginError(
            f"engine {shown(chosen.name)} fails on {case.law} in {case.dtype.name}: {shown(error)}; "
            "use another engine, or None for NumPy's"
        ) from error
    for place, region in _compared(case):
        expected = np.empty(region.size, case.dtype)
        _NUMPY.draw(case.law, _KEY, region, expected, limits=case.limits, threads=case.threads)
        _compare(chosen, case, expected, got[place], np.arange(got.size)[place])


def _compared(case: _Case) -> Iterator[tuple[npt.NDArray[np.int64] | slice, Region]]:
    """Yield what to compare: places in the draw, and the region of NumPy's draw that belongs there."""
    if not case.borders_only:
        yield slice(None), case.region
        return
    size, width = case.region.size, 16
    block = _BLOCK // (2 if case.dtype.kind == "c" else 1)
    first, count = block - width // 2, (size - width) // block
    places = first + block * np.arange(count)[:, None] + np.arange(width)
    yield places.reshape(-1), Region((count, width), width, 1, first, (count,), (block,))
    tail = size - 2 * _TAIL
    yield slice(tail, None), Region((2 * _TAIL,), 2 * _TAIL, 1, tail, (), ())


def _compare(
    chosen: Engine,
    case: _Case,
    expected: npt.NDArray[Any],
    got: npt.NDArray[Any],
    places: npt.NDArray[np.intp],
) -> None:
    if expected.tobytes() == got.tobytes():
        return
    width = case.dtype.itemsize
    other = (_bytes(expected, width) != _bytes(got, width)).any(axis=1)
    place = int(places[other][0])
    raise PluginError(
        f"engine {shown(chosen.name)} gives other bits than the specified stream for {case.law} in "
        f"{case.dtype.name}, in {np.count_nonzero(other)} of {other.size} elements that were compared, first "
        f"in number {place} of {case.region}, with limits {case.limits} and threads={case.threads}; "
        "use another engine, or None for NumPy's"
    )


def _bytes(values: npt.NDArray[Any], width: int) -> npt.NDArray[np.uint8]:
    return np.frombuffer(values.tobytes(), np.uint8).reshape(-1, width)


_NUMPY: Final = NumPyEngine()

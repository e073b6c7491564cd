"""Trial draws, which tell an engine that gives the bits of the stream from one that does not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from seedbed.errors import PluginError, shown
from seedbed.foreign import Attempt
from seedbed.random.engine import Engine, NumPyEngine
from seedbed.random.regions import Region
from seedbed.random.trial_cases import BLOCK, TAIL, Case, quick_cases, thorough_cases

_NUMPY: Final = NumPyEngine()
_WINDOW: Final = 16  # elements that are compared around the border of two blocks
_AT_ONCE: Final = 4


def try_engine(chosen: Engine, *, thorough: bool = False) -> None:
    """Compare what an engine draws with what NumPy's does.

    Parameters
    ----------
    chosen
        The engine to try.
    thorough
        Whether to take seconds for it and not some 50 ms: with more distributions, parts of arrays, sizes
        and numbers of threads, in memory of any alignment, and several draws at once.

    Raises
    ------
    PluginError
        If the engine fails, or gives another bit; the message says in which draw, and where in it.
    """
    if not thorough:
        _try_all(chosen, quick_cases())
        return
    cases = [*quick_cases(), *thorough_cases()]
    _try_all(chosen, cases)
    at_once = [case for case in cases if case.region.size < BLOCK]
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        list(pool.map(lambda first: _try_all(chosen, at_once[first::_AT_ONCE]), range(_AT_ONCE)))


def _try_all(chosen: Engine, cases: Iterable[Case]) -> None:
    for case in cases:
        _try(chosen, case)


def _try(chosen: Engine, case: Case) -> None:
    got = _memory(case)
    with Attempt() as attempt:
        chosen.draw(case.distribution, case.key, case.region, got, limits=case.limits, threads=case.threads)
    if (error := attempt.error) is not None:
        raise PluginError(
            f"engine {shown(chosen.name)} fails on {case.distribution} in {case.dtype.name}: {shown(error)}; "
            "use another engine, or None for NumPy's"
        ) from error
    for place, region in _compared(case):
        expected = np.empty(region.size, case.dtype)
        _NUMPY.draw(case.distribution, case.key, region, expected, limits=case.limits, threads=case.threads)
        _compare(chosen, case, expected, got[place], np.arange(got.size)[place])


def _memory(case: Case) -> npt.NDArray[Any]:
    """Return an array to draw into, `case.offset` bytes from where NumPy would have it begin."""
    size = case.region.size * case.dtype.itemsize
    room = np.full(size + case.offset, 0xFF, np.uint8)  # NaNs, in floating dtypes
    return room[case.offset :].view(case.dtype)


def _compared(case: Case) -> Iterator[tuple[npt.NDArray[np.int64] | slice, Region]]:
    """Yield what to compare: places in the draw, and the region of NumPy's draw that belongs there."""
    if not case.borders_only:
        yield slice(None), case.region
        return
    size, base = case.region.size, case.region.base
    block = BLOCK // (2 if case.dtype.kind == "c" else 1)
    first, count = block - _WINDOW // 2, (size - _WINDOW) // block
    places = first + block * np.arange(count, dtype=np.int64)[:, None] + np.arange(_WINDOW)
    yield places.reshape(-1), Region((count, _WINDOW), _WINDOW, 1, base + first, (count,), (block,))
    tail = size - 2 * TAIL
    yield slice(tail, None), Region((2 * TAIL,), 2 * TAIL, 1, base + tail, (), ())


def _compare(
    chosen: Engine,
    case: Case,
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
        f"engine {shown(chosen.name)} gives other bits than the specified stream for {case.distribution} in "
        f"{case.dtype.name}, in {np.count_nonzero(other)} of {other.size} elements that were compared, first "
        f"in number {place} of {case.region}, with limits {case.limits} and threads={case.threads}; "
        "use another engine, or None for NumPy's"
    )


def _bytes(values: npt.NDArray[Any], width: int) -> npt.NDArray[np.uint8]:
    return np.frombuffer(values.tobytes(), np.uint8).reshape(-1, width)

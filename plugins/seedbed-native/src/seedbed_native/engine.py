"""The engine: a region's values by the kernels, in blocks, over Seedbed's threads."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from seedbed.random import Distribution, NumPyEngine, Region, run_in_threads
from seedbed.random.laws import Law, law_of
from seedbed_native import _native
from seedbed_native.functions import elementary
from seedbed_native.known_answers import wrong_answers

# Elements that a thread takes at a time: long enough for the interpreter's lock to be of no account, and few
# enough for the last ones to end at about the same time, and for an interrupt to be heard.
_BLOCK: Final = 1 << 17
_ALONE: Final = 1 << 22
_WORTH_A_THREAD: Final = 1 << 16
_LARGE: Final = 1 << 22  # bytes from which on large pages are asked for
_WORDS: Final = 1 << 64
_MOST_AXES: Final = 64
# Integers of a real value's size: a buffer of bfloat16 is none that C knows.
_RAW: Final[dict[int, np.dtype[Any]]] = {
    2: np.dtype(np.uint16),
    4: np.dtype(np.uint32),
    8: np.dtype(np.uint64),
}


class NativeEngine:
    """Draws by compiled kernels; see `seedbed.random.Engine`.

    Parameters
    ----------
    instructions
        The name of a set of instructions that the machine has, such as ``"avx2"``; ``None`` for the best.

    Raises
    ------
    ValueError
        If this build or this machine does not have it.
    ImportError
        If the build draws other values than it must, see `known_answers`.

    Examples
    --------
    >>> import numpy as np
    >>> from seedbed.random import Uniform, key_of
    >>> from seedbed.random.regions import whole
    >>> out = np.empty(2, np.float32)
    >>> NativeEngine("plain").draw(Uniform(0.0, 1.0), key_of(7), whole((2,)), out, limits=None, threads=1)
    """

    def __init__(self, instructions: str | None = None) -> None:
        found = {name: number for number, name in _native.instructions()}
        self.instructions = list(found)[-1] if instructions is None else instructions
        if self.instructions not in found:
            raise ValueError(
                f"instructions must be one of {', '.join(found)} on this machine, got {instructions!r}"
            )
        self._cpu = found[self.instructions]
        self.name = f"native-{self.instructions}"
        self._numpy = NumPyEngine()
        if wrong := wrong_answers(self._cpu):
            raise ImportError(
                f"seedbed-native draws other values than it must with {self.instructions}, in "
                f"{', '.join(wrong)}: it was compiled with options that change floating-point arithmetic, or "
                "by a faulty compiler; reinstall it"
            )

    # What `seedbed.random.log` and its like are computed with.
    elementary = staticmethod(elementary)

    def draw(
        self,
        distribution: Distribution,
        key: int,
        region: Region,
        out: npt.NDArray[Any],
        *,
        limits: tuple[Any, Any] | None,
        threads: int,
    ) -> None:
        """Write the values of the elements of `region`, in their order, into `out`."""
        law = law_of(distribution, out.dtype, limits) if len(region.counts) <= _MOST_AXES else None
        if law is None:
            self._numpy.draw(distribution, key, region, out, limits=limits, threads=threads)
            return
        if not out.size:
            return
        plain = out.flags.c_contiguous and out.flags.aligned and out.dtype.isnative
        target = out if plain else np.empty(out.shape, out.dtype.newbyteorder("="))
        self._draw(law, key, region, target.view(_RAW[out.itemsize // law.parts]), threads)
        if not plain:
            out[...] = target

    def _draw(self, law: Law, key: int, region: Region, raw: npt.NDArray[Any], threads: int) -> None:
        """Draw into memory as the kernels see it."""
        if raw.nbytes >= _LARGE:
            _native.advise(raw)
        parts, size, tables = law.parts, raw.size // law.parts, law.tables
        runs = (region.base, region.run, region.step, region.counts, region.strides)
        place = (key % _WORDS, key // _WORDS, *runs)
        threads = max(1, min(threads, size // _WORTH_A_THREAD))
        block = _ALONE if threads == 1 else _BLOCK
        if size <= block:
            _native.draw(self._cpu, tables, raw, *place, 0, size)
            return

        def work(number: int) -> None:
            first, last = number * block, min((number + 1) * block, size)
            _native.draw(self._cpu, tables, raw[first * parts : last * parts], *place, first, last)

        run_in_threads(work, -(-size // block), threads=threads)

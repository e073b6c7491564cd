"""Initializers that each break one clause of the contract, to show that exactly its check finds it."""

from __future__ import annotations

import inspect
import math
import time

import numpy as np

import seedbed
from seedbed.dtypes import FLOATING, INTEGER, as_dtype
from seedbed.errors import DTypeError, ShapeError
from seedbed.fans import fans
from seedbed.random import Uniform, as_seed, draw
from seedbed.shapes import as_shape, check_index

MUTANTS = {}


class Right(seedbed.Initializer):
    """Uniform values of variance ``gain^2 / fan_in``, with which nothing is wrong.

    Parameters
    ----------
    gain
        Above 0.
    seed
        ``None``, an int, a string, or a list of those.

    Examples
    --------
    >>> Right(seed=7)((2, 3)).shape
    (2, 3)
    """

    dtypes = FLOATING

    def __init__(self, gain=1.0, *, seed=None):
        self.gain = gain
        self.seed = as_seed(seed)

    def __call__(self, shape, dtype=None):
        return self.draw(shape, as_dtype(dtype, self.dtypes), self.seed)

    def draw(self, shape, dtype, seed):
        limit = math.sqrt(3) * self.expected_stddev(shape)
        return draw(Uniform(-limit, limit), seed, shape, dtype)

    def expected_mean(self, shape):
        return 0.0

    def expected_stddev(self, shape):
        return self.gain / math.sqrt(max(1, fans(shape).fan_in))

    def expected_bounds(self, shape):
        limit = math.sqrt(3) * Right.expected_stddev(self, shape)
        return -limit, limit


DOCUMENTATION = inspect.cleandoc(Right.__doc__)  # as Python 3.13 has it, and earlier ones have not


def breaks(check):
    """Note which check a mutant is to fail; its docstring is the right one's unless it has its own."""

    def note(mutant):
        mutant.__doc__ = mutant.__doc__ or Right.__doc__
        assert check not in MUTANTS
        MUTANTS[check] = mutant
        return mutant

    return note


@breaks("check_declarations")
class MisspellsItsPromise(Right):
    reproducibility = "Exactly"


@breaks("check_finite")
class OverflowsInHalf(Right):
    def __call__(self, shape, dtype=None):
        values = super().__call__(shape, dtype)
        return np.full_like(values, np.inf) if dtype == "float16" else values


@breaks("check_shape")
class ReversesFiveAxes(Right):
    def __call__(self, shape, dtype=None):
        return super().__call__(shape[::-1] if len(shape) == 5 else shape, dtype)


@breaks("check_edge_shapes")
class DividesByZero(Right):
    def __call__(self, shape, dtype=None):
        assert all(1 / size for size in shape)
        return super().__call__(shape, dtype)


@breaks("check_bad_shapes")
class ShardOfAnything(Right):
    def shard(self, shape, index, dtype=None):
        try:
            return super().shard(shape, index, dtype)
        except ShapeError:
            return np.zeros(1)


@breaks("check_refusals")
class RefusesFiveAxesLate(Right):
    def __call__(self, shape, dtype=None):
        if len(shape) == 5:
            raise ShapeError(f"got shape {shape}; allowed are up to 4 axes")
        return super().__call__(shape, dtype)


@breaks("check_dtype")
class SingleForDouble(Right):
    def __call__(self, shape, dtype=None):
        return super().__call__(shape, "float32" if dtype == "float64" else dtype)


@breaks("check_dtypes")
class NoHalf(Right):
    def __call__(self, shape, dtype=None):
        if dtype == "float16":
            raise RuntimeError("not implemented for 'Half'")
        return super().__call__(shape, dtype)


@breaks("check_integer_dtypes")
class CutsToIntegers(Right):
    dtypes = FLOATING + INTEGER

    def __call__(self, shape, dtype=None):
        dtype = as_dtype(dtype, self.dtypes)
        return super().__call__(shape, "float64").astype(dtype)


@breaks("check_bad_dtypes")
class ShardInAnything(Right):
    def shard(self, shape, index, dtype=None):
        try:
            return super().shard(shape, index, dtype)
        except DTypeError:
            return np.zeros(1)


@breaks("check_precision")
class CoarseHalf(Right):
    def __call__(self, shape, dtype=None):
        values = super().__call__(shape, dtype)
        if dtype not in ("float16", "bfloat16"):
            return values
        step = self.expected_stddev(shape) / 32
        return (np.round(values.astype("float32") / step) * step).astype(dtype)


@breaks("check_config")
class ConfigOfArrays(Right):
    def get_config(self):
        return {**super().get_config(), "gain": np.float32(self.gain)}


@breaks("check_round_trip")
class LosesGain(Right):
    def get_config(self):
        return {"seed": super().get_config()["seed"]}


@breaks("check_equality")
class EqualsOnlyItself(Right):
    def __eq__(self, other):
        return self is other

    __hash__ = Right.__hash__


@breaks("check_repr")
class HidesSeed(Right):
    def __repr__(self):
        return f"HidesSeed({self.gain!r})"


@breaks("check_pickle")
class KeepsFunction(Right):
    def __init__(self, gain=1.0, *, seed=None):
        super().__init__(gain, seed=seed)
        self._square = lambda x: x * x


@breaks("check_copy")
class CopiesWithoutSeed(Right):
    def __deepcopy__(self, memo):
        return type(self)(self.gain)


@breaks("check_no_mutation")
class CountsCalls(Right):
    def __init__(self, gain=1.0, *, seed=None, calls=()):
        super().__init__(gain, seed=seed)
        self.calls = list(calls)

    __doc__ = DOCUMENTATION.replace("seed\n", "calls\n    The shapes asked for.\nseed\n", 1)

    def __call__(self, shape, dtype=None):
        self.calls.append(str(shape))
        return super().__call__(shape, dtype)


@breaks("check_own_array")
class KeepsArrays(Right):
    def __init__(self, gain=1.0, *, seed=None):
        super().__init__(gain, seed=seed)
        self._kept = {}

    def __call__(self, shape, dtype=None):
        if self.seed is None:
            return super().__call__(shape, dtype)
        if (shape, dtype) not in self._kept:
            self._kept[shape, dtype] = super().__call__(shape, dtype)
        return self._kept[shape, dtype]


@breaks("check_seeds")
class FewSeeds(Right):
    def draw(self, shape, dtype, seed):
        return super().draw(shape, dtype, seed % 2**32 if isinstance(seed, int) else seed)


@breaks("check_repeat")
class ZeroIsNoSeed(Right):
    def draw(self, shape, dtype, seed):
        return super().draw(shape, dtype, seed or None)


@breaks("check_process")
class HashesText(Right):
    def draw(self, shape, dtype, seed):
        return super().draw(shape, dtype, hash(seed) if isinstance(seed, str) else seed)


@breaks("check_fresh")
class AlwaysSeeded(Right):
    def draw(self, shape, dtype, seed):
        return super().draw(shape, dtype, 7 if seed is None else seed)


@breaks("check_fold_in")
class IgnoresPath(Right):
    def fold_in(self, path):
        return self


@breaks("check_global_state")
class DrawsGlobally(Right):
    def draw(self, shape, dtype, seed):
        np.random.random()
        return super().draw(shape, dtype, seed)


@breaks("check_threads")
class SharesRoom(Right):
    def __init__(self, gain=1.0, *, seed=None):
        super().__init__(gain, seed=seed)
        self._room = {}

    def __call__(self, shape, dtype=None):
        self._room["values"] = super().__call__(shape, dtype)
        time.sleep(1e-4)
        return self._room["values"]


@breaks("check_fill")
class FillsBackwards(Right):
    def fill(self, out):
        out[...] = self(out.shape, out.dtype)[::-1]
        return out


@breaks("check_shard")
class ShardIsTensor(Right):
    def shard(self, shape, index, dtype=None):
        return self(check_index(as_shape(shape), index), as_dtype(dtype))


@breaks("check_memory")
class Hoards(Right):
    def draw(self, shape, dtype, seed):
        room = np.empty((*shape, 64))
        return super().draw(room.shape[:-1], dtype, seed)


@breaks("check_mean")
class SaysAnotherMean(Right):
    def expected_mean(self, shape):
        return 0.02 * self.expected_stddev(shape)


@breaks("check_stddev")
class SaysAnotherSpread(Right):
    def expected_stddev(self, shape):
        return 1.02 * super().expected_stddev(shape)

    def draw(self, shape, dtype, seed):
        limit = math.sqrt(3) * Right.expected_stddev(self, shape)
        return draw(Uniform(-limit, limit), seed, shape, dtype)


@breaks("check_bounds")
class SaysNarrowBounds(Right):
    def expected_bounds(self, shape):
        low, high = super().expected_bounds(shape)
        return 0.99 * low, 0.99 * high


@breaks("check_docstring")
class DocumentsNoGain(Right):
    __doc__ = DOCUMENTATION.replace("gain\n    Above 0.\n", "")

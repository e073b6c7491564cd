"""Defects that the mutants do not have: each is found by the check of its clause, and named rightly."""

import itertools
import math
import os
from typing import ClassVar

import numpy as np
import pytest
from mutants import DOCUMENTATION, Right

import seedbed
from seedbed.dtypes import ALL, FLOATING, as_dtype
from seedbed.errors import CheckError, DTypeError, ShapeError, ShardIndexError
from seedbed.fans import fans
from seedbed.random import Uniform, as_seed, draw, key_of
from seedbed.shapes import as_shape, check_index
from seedbed.testing import CHECKS

FOUND = []
SLOW = {"CountsCPUs", "CountsInEachProcess", "ForgetsItsSpread", "HashesLists"}
"""Defects that several processes show; each of the checks that find them has a faster test elsewhere."""


def found_by(check, message):
    """Note which check finds a class, and what it says of it."""

    def note(defective):
        marks = [pytest.mark.slow] if defective.__name__ in SLOW else []
        FOUND.append(pytest.param(defective, check, message, id=defective.__name__, marks=marks))
        return defective

    return note


@pytest.mark.parametrize(("defective", "check", "message"), FOUND)
def test_a_defect_is_found_and_named(defective, check, message):
    with pytest.raises(CheckError, match=message) as caught:
        CHECKS[check](defective)
    for part in ("expected: ", "got: ", "matters: ", "fix: "):
        assert part in str(caught.value)
    assert "follow the traceback" not in str(caught.value)


@pytest.mark.parametrize("check", CHECKS)
def test_what_they_are_made_of_is_right(check):
    assert CHECKS[check](Right) is None


def test_an_exit_is_a_failure_and_does_not_end_the_run():
    class Exits(Right):
        def __call__(self, shape, dtype=None):
            raise SystemExit(3)

    with pytest.raises(CheckError, match="SystemExit: 3"):
        CHECKS["check_shape"](Exits)


@found_by(
    "check_refusals",
    r"check\(\(2, 3, 2, 3, 4\), 'float32'\) of .* raises(.|\n)*from the call ShapeError: got "
    r"\(2, .*mutants|move the refusal from __call__ into a method check",
)
class RefusesLate(Right):
    def __call__(self, shape, dtype=None):
        if len(shape) > 4:
            raise ShapeError(f"got {shape}")
        return super().__call__(shape, dtype)


@found_by(
    "check_refusals",
    r"'bfloat16'\) of (.|\n)*no error from check; from the call DTypeError: no bfloat16"
    r"(.|\n)*raise seedbed\.errors\.DTypeError",
)
class RefusesADtypeLate(Right):
    def __call__(self, shape, dtype=None):
        if dtype == "bfloat16":
            raise DTypeError("no bfloat16")
        return super().__call__(shape, dtype)


@found_by("check_refusals", r"RefusesByAnArgument\(gain=0\.0(.|\n)*ShapeError: got gain 0")
class RefusesByAnArgument(Right):
    expected_bounds = None

    def __call__(self, shape, dtype=None):
        if not self.gain:
            raise ShapeError("got gain 0")
        return super().__call__(shape, dtype)


@found_by("check_refusals", r"give the method check, which has other arguments, another name; then move")
class HasAHelperCalledCheck(RefusesLate):
    def check(self, limit):
        return limit


@found_by("check_refusals", r"no error from check\(\(5,\), 'float32'\), since the call gives an array")
class RefusesEarlyAlone(Right):
    def check(self, shape, dtype=None):
        if len(shape) == 1:
            raise ShapeError("a vector")


@found_by("check_refusals", r"check\(.*\) to draw nothing(.|\n)*MiB taken")
class DrawsToCheck(Right):
    def check(self, shape, dtype=None):
        self(shape, dtype)


@found_by(
    "check_round_trip",
    r"keys in another order the values of(.|\n)*elements differ(.|\n)*fix: +let no value depend on",
)
class GoesByTheOrderOfKeys(Right):
    example_arguments = ({"weights": {"slow": 1.0, "fast": 0.5}},)

    def __init__(self, weights=None, *, seed=None):
        super().__init__(seed=seed)
        self.weights = dict(weights or {})

    def draw(self, shape, dtype, seed):
        values = super().draw(shape, np.dtype("float64"), seed)
        for number, weight in enumerate(self.weights.values()):
            values += weight * number
        return values.astype(dtype)

    def get_config(self):
        return {"weights": dict(self.weights), "seed": self.seed}


class Unbounded(Right):
    """Like `Right`, with scales that its bounds and its mean know nothing of."""

    expected_bounds = None

    def draw(self, shape, dtype, seed):
        return super().draw(shape, dtype, seed) * as_dtype(dtype).type(self.factor(shape, dtype))


@found_by("check_shape", r"got:      one of shape \(4, 4\)")
class SquareForWide(Right):
    def __call__(self, shape, dtype=None):
        is_wide = len(shape) == 2 and shape[1] > shape[0]
        return super().__call__((shape[0], shape[0]) if is_wide else shape, dtype)


@found_by("check_shape", r"an array of shape \(100, 57\).*\n.*RuntimeError: too large")
class FailsWhereItIsLarge(Right):
    def __call__(self, shape, dtype=None):
        if math.prod(shape) > 4000:
            raise RuntimeError("too large")
        return super().__call__(shape, dtype)


@found_by("check_shape", r"RuntimeError: six axes")
class FailsForSixAxes(Right):
    def __call__(self, shape, dtype=None):
        if len(shape) == 6:
            raise RuntimeError("six axes")
        return super().__call__(shape, dtype)


@found_by("check_shape", r"an array of shape \(1, 5\) .*\n.*one of shape \(5,\)")
class SqueezesOneRow(Right):
    def __call__(self, shape, dtype=None):
        values = super().__call__(shape, dtype)
        return values[0] if len(shape) == 2 and shape[0] == 1 < shape[1] else values


@found_by("check_dtype", r"dtype float32 when asked for None and shape \(3, 3, 4, 6\)\n.*dtype float64")
class DoubleForConvolutions(Right):
    def __call__(self, shape, dtype=None):
        values = super().__call__(shape, dtype)
        return values.astype("float64") if len(shape) == 4 else values


@found_by("check_dtype", r"dtype float32 when asked for None and shape \(0,\)\n.*dtype float64")
class DoubleForEmpty(Right):
    def __call__(self, shape, dtype=None):
        return np.zeros(shape) if 0 in shape else super().__call__(shape, dtype)


@found_by("check_integer_dtypes", "DTypeError for dtype uint8, which has no -1.0")
class WrapsAround(seedbed.Initializer):
    dtypes = ALL

    def __call__(self, shape, dtype=None):
        return np.full(shape, -1).astype(dtype)


@found_by("check_round_trip", "made with flipped=True")
class LosesFlag(Right):
    def __init__(self, gain=1.0, *, flipped=False, seed=None):
        super().__init__(gain, seed=seed)
        self.flipped = flipped

    def get_config(self):
        config = super().get_config()
        del config["flipped"]
        return config

    def draw(self, shape, dtype, seed):
        return super().draw(shape[::-1], dtype, seed).T if self.flipped else super().draw(shape, dtype, seed)


@found_by("check_round_trip", "made with levels=")
class LosesList(Right):
    example_arguments = ({"levels": [1.0, 2.0]},)

    def __init__(self, levels=(1.0, 2.0), *, seed=None):
        super().__init__(seed=seed)
        self.levels = tuple(levels)

    def get_config(self):
        return {"seed": self.seed}

    def draw(self, shape, dtype, seed):
        return super().draw(shape, dtype, (str(self.levels), str(seed)))


@found_by("check_equality", r"equals _Stranger\(")
class EqualsOtherClasses(Right):
    def __eq__(self, other):
        return isinstance(other, seedbed.Initializer) and self.get_config() == other.get_config()

    __hash__ = Right.__hash__


@found_by("check_equality", r"a hash of Unhashable.*\n.*unhashable type(.|\n)*eq=False")
class Unhashable(Right):
    def __eq__(self, other):
        return type(self) is type(other) and self.get_config() == other.get_config()

    __hash__ = None


class OfLevels(Right):
    example_arguments = ({"levels": [3.0, 1.0, 2.0]},)

    def __init__(self, levels, *, seed=None):
        super().__init__(seed=seed)
        self.keep(levels)

    def get_config(self):
        return {"levels": list(self.levels), "seed": super().get_config()["seed"]}


@found_by("check_no_mutation", r"the arguments .*\[3.0, 1.0, 2.0\].* as they were")
class SortsArguments(OfLevels):
    def keep(self, levels):
        levels.sort()
        self.levels = tuple(levels)


@found_by("check_no_mutation", "does not change with the lists and dicts that it was made from")
class KeepsArguments(OfLevels):
    def keep(self, levels):
        self.levels = levels


@found_by("check_own_array", "an array of its own from each shard")
class KeepsWholeForShards(Right):
    def __init__(self, gain=1.0, *, seed=None):
        super().__init__(gain, seed=seed)
        self._kept = {}

    def shard(self, shape, index, dtype=None):
        key = as_shape(shape), as_dtype(dtype)
        return self._kept.setdefault(key, self(*key))[index]


@found_by("check_seeds", "for the seeds 7 and -7")
class IgnoresSign(Right):
    def draw(self, shape, dtype, seed):
        return super().draw(shape, dtype, abs(seed) if isinstance(seed, int) else seed)


@found_by("check_seeds", "for the seeds 7 and '7'")
class MakesNumbersOfText(Right):
    def draw(self, shape, dtype, seed):
        return super().draw(shape, dtype, int(seed) if str(seed).isdigit() else seed)


@found_by("check_fold_in", "the paths 'encoder/0/kernel' and 'encoder', '0/kernel'\n.*the same values")
class JoinsSteps(Right):
    def draw(self, shape, dtype, seed):
        return super().draw(shape, dtype, "/".join(map(str, seed)) if isinstance(seed, tuple) else seed)


@found_by("check_fold_in", "the paths 0, 1 and 1, 0\n.*the same values")
class AddsSteps(Right):
    def draw(self, shape, dtype, seed):
        steps = seed if isinstance(seed, tuple) else (seed,)
        return super().draw(shape, dtype, sum(map(key_of, steps)) % 2**128)


@found_by("check_fold_in", r"values of correlation 0\.\d+ with those \d+ places on")
class MovesAlongOneStream(Right):
    def draw(self, shape, dtype, seed):
        if not isinstance(seed, tuple):
            return super().draw(shape, dtype, seed)
        start = 3 * len(str(seed[1:])) + key_of(seed[1:]) % 64
        limit = math.sqrt(3) * self.expected_stddev(shape)
        distribution = Uniform(-limit, limit)
        return draw(distribution, seed[0], (start + math.prod(shape),), dtype)[start:].reshape(shape)


@found_by("check_fold_in", r"values of correlation 0\.[67]")
class SharesHalf(Right):
    def draw(self, shape, dtype, seed):
        whole = super().draw(shape, dtype, seed)
        return (whole + super().draw(shape, dtype, seed[0])) / 2 if isinstance(seed, tuple) else whole


@found_by("check_global_state", "expected: a call to leave the global random state of numpy.random")
class SeedsGlobally(Right):
    def draw(self, shape, dtype, seed):
        np.random.seed(key_of(seed) % 2**32)
        return super().draw(shape, dtype, seed)


@found_by("check_global_state", "expected: its construction to leave the global random state of numpy.random")
class SeedsAtConstruction(Right):
    def __init__(self, gain=1.0, *, seed=None):
        super().__init__(gain, seed=seed)
        if seed is not None:
            np.random.seed(0)


@found_by("check_global_state", "the same values whatever the global random state is")
class ReadsGlobalState(Right):
    def draw(self, shape, dtype, seed):
        return super().draw(shape, dtype, as_seed([str(seed), int(np.random.get_state()[1][0])]))


@found_by("check_fill", r"fill of a contiguous array .* for \(6, 4\) in float64")
class FillsInSingle(Right):
    def fill(self, out):
        out[...] = self(out.shape, "float32" if out.dtype == "float64" else out.dtype)
        return out


@found_by("check_shard", r"shard\(\(6, 4\), Ellipsis\) .* in float64")
class ShardInSingle(Right):
    def shard(self, shape, index, dtype=None):
        dtype = as_dtype(dtype, FLOATING)
        return super().shard(shape, index, "float32" if dtype == "float64" else dtype).astype(dtype)


@found_by("check_shard", r"ShardIndexError for shard\(\(6, 4\), \(6,\)\)")
class ShardBeyondTheEnd(Right):
    def shard(self, shape, index, dtype=None):
        try:
            return super().shard(shape, index, dtype)
        except ShardIndexError:
            return super().shard(shape, -1, dtype)


@found_by("check_memory", r"for shape \(32, 2048\)")
class HoardsForWide(Right):
    def draw(self, shape, dtype, seed):
        if len(shape) == 2:
            np.empty((shape[1], shape[1]))
        return super().draw(shape, dtype, seed)


@found_by("check_finite", r"NaN for 1 of 24 elements")
class GivesNan(Right):
    def draw(self, shape, dtype, seed):
        values = super().draw(shape, dtype, seed)
        values[values > 0.99 * self.expected_bounds(shape)[1]] = np.nan
        return values


@found_by("check_stddev", r"for shape \(8192,\)")
class DoubleForBiases(Unbounded):
    def factor(self, shape, dtype):
        return 2 if len(shape) == 1 else 1


@found_by("check_stddev", "dtype float16")
class DoubleInHalf(Unbounded):
    def factor(self, shape, dtype):
        return 2 if dtype == "float16" else 1


@found_by("check_stddev", r"for shape \(3, 3, 16, 32\)")
class FansTheWrongWayRound(Unbounded):
    def factor(self, shape, dtype):
        return math.sqrt(shape[-2] / shape[-1]) if len(shape) == 4 else 1


@found_by("check_docstring", r"NameError: name 'Rigt' is not defined")
class ExampleFails(Right):
    __doc__ = DOCUMENTATION.replace(">>> Right(", ">>> Rigt(")


@found_by("check_docstring", r"Expected:\n    \(3, 2\)\nGot:\n    \(2, 3\)")
class ExampleIsWrong(Right):
    __doc__ = DOCUMENTATION.replace(".shape\n(2, 3)", ".shape\n(3, 2)")


def generator(seed):
    return np.random.Generator(np.random.Philox(key=key_of(seed)))


@found_by("check_own_array", r"dtype float64 that share memory")
class GivesItsTable(seedbed.Initializer):
    def __init__(self):
        self._tables = {}

    def __call__(self, shape, dtype=None):
        table = self._tables.setdefault(shape, np.resize(np.linspace(-1, 1, 97), shape))
        return table.astype(dtype, copy=False)


@found_by("check_own_array", r"a read-only one of shape \(0,\)")
class ReadOnlyWhereEmpty(Right):
    def __call__(self, shape, dtype=None):
        values = super().__call__(shape, dtype)
        return values if values.size else np.broadcast_to(np.zeros((), values.dtype), shape)


@found_by("check_pickle", "after pickle")
class PicklesItsSeedAlone(Right):
    def __reduce__(self):
        return _made, (type(self), self.seed)


def _made(kind, seed):
    return kind(seed=seed)


@found_by("check_copy", r"after copy.deepcopy")
class CopiesItsSeedAlone(Right):
    def __deepcopy__(self, memo):
        return type(self)(seed=self.seed)


@found_by("check_fold_in", r"the other arguments .* after fold_in")
class FoldsItsGainAway(Right):
    def fold_in(self, path):
        trail = self.seed if isinstance(self.seed, tuple) else (self.seed,)
        return self if self.seed is None else type(self)(seed=[*trail, path])


@found_by("check_fill", r"a call of FillsWithoutGain\(gain=")
class FillsWithoutGain(Right):
    def fill(self, out):
        out[...] = Right(seed=self.seed)(out.shape, out.dtype)
        return out


@found_by("check_shard", r"of ShardsWithoutGain\(gain=")
class ShardsWithoutGain(Right):
    def shard(self, shape, index, dtype=None):
        return Right(seed=self.seed).shard(shape, index, dtype)


@found_by("check_stddev", "made with gain=")
class DeclaresWithoutGain(Right):
    def expected_stddev(self, shape):
        return 1 / math.sqrt(max(1, fans(shape).fan_in))

    def draw(self, shape, dtype, seed):
        limit = math.sqrt(3) * self.gain * self.expected_stddev(shape)
        return draw(Uniform(-limit, limit), seed, shape, dtype)


@found_by("check_equality", "!=")
class EqualWhateverItsSeed(Right):
    def __eq__(self, other):
        return type(self) is type(other) and self.gain == other.gain

    def __hash__(self):
        return hash(self.gain)


class Sliced(Right):
    """Like `Right`, whose shards are cut by what `part` makes of an index."""

    def shard(self, shape, index, dtype=None):
        shape = as_shape(shape)
        check_index(shape, index)
        parts = list(index) if isinstance(index, tuple) else [index]
        at = parts.index(...) if ... in parts else len(parts)
        parts[at : at + 1] = [slice(None)] * (len(shape) - len(parts) + (... in parts))
        return self(shape, as_dtype(dtype, self.dtypes))[tuple(self.part(parts))].copy()


@found_by("check_shard", "instead of")
class CutsOneAxis(Sliced):
    def part(self, parts):
        cut = [axis for axis, part in enumerate(parts) if isinstance(part, slice) and part != slice(None)]
        return [slice(None) if axis in cut[1:] else part for axis, part in enumerate(parts)]


@found_by("check_shard", "instead of")
class CutsNoMiddleAxis(Sliced):
    def part(self, parts):
        middle = range(2, len(parts) - 1)
        return [
            slice(None) if axis in middle and isinstance(part, slice) else part
            for axis, part in enumerate(parts)
        ]


@found_by("check_shard", "instead of")
class KnowsThreeSteps(Sliced):
    def part(self, parts):
        return [
            slice(part.start, part.stop, max(-1, min(2, part.step)))
            if isinstance(part, slice) and part.step
            else part
            for part in parts
        ]


@found_by("check_shard", "instead of")
class StartsAtZero(Sliced):
    def part(self, parts):
        return [
            slice(0, part.stop, part.step) if isinstance(part, slice) and (part.start or 0) < 0 else part
            for part in parts
        ]


@found_by("check_repeat", "a second call with seed 7")
class ForgetsItsSeedWhereItIsLarge(Right):
    def draw(self, shape, dtype, seed):
        return super().draw(shape, dtype, None if math.prod(shape) > 10_000 else seed)


@found_by("check_fill", "fill of a contiguous array")
class FillsEveryBlockAlike(Right):
    def fill(self, out):
        out[...] = self(out.shape, out.dtype)
        if out.size > 2**16:
            out.flat[2**16 :] = np.resize(out.flat[: 2**16], out.size - 2**16)
        return out


@found_by("check_threads", "of a call alone, while another thread draws")
class SharesItsGenerator(seedbed.Initializer):
    def __init__(self, *, seed=None):
        self.seed = as_seed(seed)
        self._generator = generator(self.seed)
        self._start = self._generator.bit_generator.state

    def __call__(self, shape, dtype=None):
        self._generator.bit_generator.state = self._start
        return self._generator.normal(size=shape).astype(dtype)


class Scaled(Right):
    """Has another spread."""

    def __init__(self, stddev=1.0, *, seed=None):
        self.stddev, self.seed = stddev, as_seed(seed)

    def __call__(self, shape, dtype=None):
        return (self.stddev * generator(self.seed).normal(size=shape)).astype(dtype)


@found_by("check_equality", "as it is with their configs")
class IsRoughlyEqual(Scaled):
    def __eq__(self, other):
        if type(other) is not type(self):
            return NotImplemented
        return self.seed == other.seed and math.isclose(self.stddev, other.stddev, abs_tol=1e-6)

    def __hash__(self):
        return hash(repr(self.seed))


@found_by("check_round_trip", "from_config")
class CutsSeeds(Scaled):
    def get_config(self):
        seed = self.seed
        return {"stddev": self.stddev, "seed": seed % 2**63 if isinstance(seed, int) else seed}


@found_by("check_own_array", "an array of its own from each call")
class KeepsLargeArrays(Scaled):
    _kept: ClassVar = {}

    def __call__(self, shape, dtype=None):
        if math.prod(shape) < 10_000 or self.seed is None:
            return super().__call__(shape, dtype)
        key = self.stddev, repr(self.seed), shape, dtype.name
        if key not in self._kept:
            self._kept[key] = super().__call__(shape, dtype)
        return self._kept[key]


@found_by("check_fresh", r"got: +0, with which HasASeed\(\) draws the same values[\s\S]*write seed=None in")
class HasASeed(Right):
    def __init__(self, gain=1.0, *, seed=0):
        super().__init__(gain, seed=seed)


@found_by("check_fresh", r"no seed in the default of the argument initializer[\s\S]*leave the seed out of")
class HasAPartWithASeed(seedbed.combinators.Scaled):
    """Scales."""

    def __init__(self, initializer=seedbed.standard.RandomNormal(seed=3), factor=2.0, *, seed=None):  # noqa: B008
        super().__init__(initializer, factor, seed=seed)


@found_by("check_process", r"as of a machine with 61 CPUs[\s\S]*no value depend on os\.cpu_count\(\)")
class CountsCPUs(Right):
    def draw(self, shape, dtype, seed):
        return super().draw(shape, dtype, None if seed is None else self.fold_in(os.cpu_count()).seed)


@found_by("check_process", "in another process")
class ForgetsItsSpread(Scaled):
    _kept: ClassVar = {}

    def __call__(self, shape, dtype=None):
        if self.seed is None:
            return super().__call__(shape, dtype)
        key = repr(self.seed), shape, dtype.name
        if key not in self._kept:
            self._kept[key] = super().__call__(shape, dtype)
        return self._kept[key].copy()


@found_by("check_threads", "of a call alone, while another thread draws")
class SharesARoom(seedbed.Initializer):
    """Has room for its values that all seeds share."""

    _room = np.empty(0)

    def __init__(self, *, seed=None):
        self.seed = as_seed(seed)

    def __call__(self, shape, dtype=None):
        size = math.prod(shape)
        if len(SharesARoom._room) < size:
            SharesARoom._room = np.empty(size)
        room = SharesARoom._room[:size].reshape(shape)
        room[...] = generator(self.seed).normal(size=shape)
        return room.astype(dtype)


class Keyed(seedbed.Initializer):
    """Normal values of a key that a subclass makes of the seed."""

    def __init__(self, *, seed=None):
        self.seed = as_seed(seed)

    def __call__(self, shape, dtype=None):
        return np.random.default_rng(self.key()).normal(size=shape).astype(dtype)


@found_by("check_process", "encoder/0/kernel")
class HashesLists(Keyed):
    def key(self):
        if isinstance(self.seed, tuple):
            return hash(self.seed) & (2**64 - 1)
        return None if self.seed is None else key_of(self.seed)


COUNT = itertools.count()


@found_by("check_process", "the same values in two processes")
class CountsInEachProcess(Keyed):
    def key(self):
        return next(COUNT) if self.seed is None else key_of(self.seed)


@found_by("check_fold_in", r"the paths .* and 10\n")
class JoinsWhatStandsInAList(Keyed):
    def key(self):
        if self.seed is None:
            return None
        parts = self.seed if isinstance(self.seed, tuple) else (self.seed,)
        return key_of("".join(map(repr, parts)))


@found_by("check_fold_in", "encoder/layers/10/attention")
class CutsLongTexts(Keyed):
    def key(self):
        if self.seed is None:
            return None
        parts = self.seed if isinstance(self.seed, tuple) else (self.seed,)
        return key_of(tuple(part[:16] if isinstance(part, str) else part for part in parts))


@found_by("check_fold_in", "'Encoder/0/kernel'")
class LowersItsCase(Keyed):
    def key(self):
        if self.seed is None:
            return None
        parts = self.seed if isinstance(self.seed, tuple) else (self.seed,)
        return key_of(tuple(part.lower() if isinstance(part, str) else part for part in parts))


@found_by("check_fold_in", "'model', 'encoder', 0, 'kernel' and 'model', 'encoder', 0, 'bias'")
class ReadsFourParts(Keyed):
    def key(self):
        return key_of(self.seed[:4] if isinstance(self.seed, tuple) else self.seed)


@found_by("check_stddev", "not by chance")
class TakesTheSmallerFan(Right):
    def draw(self, shape, dtype, seed):
        limit = math.sqrt(3 / max(1, min(fans(shape)))) * self.gain
        return draw(Uniform(-limit, limit), seed, shape, dtype)


@found_by("check_round_trip", "after from_config")
class RoundsItsConfig(Right):
    def get_config(self):
        return {"gain": round(self.gain, 2), "seed": super().get_config()["seed"]}


@found_by("check_round_trip", "after from_config")
class LeavesOutWhatIsFalse(Right):
    def get_config(self):
        return {name: value for name, value in super().get_config().items() if value}


@found_by("check_repr", "to evaluate to an initializer of config")
class RoundsItsRepr(Right):
    def __repr__(self):
        return f"RoundsItsRepr(gain={self.gain:.3g}, seed={super().get_config()['seed']!r})"


@found_by("check_round_trip", "made with levels=")
class LosesNestedLists(seedbed.Initializer):
    def __init__(self, levels=((1.0, 2.0), (3.0, 4.0))):
        self.levels = tuple(map(tuple, levels))

    def __call__(self, shape, dtype=None):
        return np.resize(self.levels, shape).astype(dtype)

    def get_config(self):
        return {}


@found_by("check_no_mutation", "with scales the config changes")
class KeepsAnOptionalList(seedbed.Initializer):
    def __init__(self, scales=None):
        self.scales = scales

    def __call__(self, shape, dtype=None):
        return np.full(shape, 1 if self.scales is None else np.sum(self.scales), dtype)


@found_by("check_seeds", "an argument random_state, which fold_in and rules do not know")
class NamesItsSeedOtherwise(seedbed.Initializer):
    def __init__(self, random_state=None):
        self.random_state = random_state

    def __call__(self, shape, dtype=None):
        return np.random.default_rng(self.random_state).normal(size=shape).astype(dtype)


@found_by("check_seeds", "an argument seed in the signature of __init__, as the config has one")
class TakesItsSeedAmongOthers(seedbed.Initializer):
    def __init__(self, gain=1.0, **others):
        self.gain, self.seed = gain, as_seed(others.get("seed"))

    def get_config(self):
        return {"gain": self.gain, "seed": self.seed}

    def __call__(self, shape, dtype=None):
        return (self.gain * generator(self.seed).normal(size=shape)).astype(dtype)

"""Defects that show only in large arrays, in several threads, or where nobody looks at first."""

import os
import subprocess
import sys
import threading
import time

import numpy as np
import pytest
from mutants import DOCUMENTATION, Right

import seedbed
from seedbed.dtypes import FLOATING, INTEGER
from seedbed.errors import CheckError, ShapeError
from seedbed.random import FromUniform, as_seed, key_of
from seedbed.testing import CHECKS, run_checks
from seedbed_testing import runner
from seedbed_testing.patience import EndlessError, in_time


class Doubled(seedbed.ElementwiseInitializer):
    __doc__ = DOCUMENTATION.replace("gain\n    Above 0.\n", "")

    def element_distribution(self, shape, dtype):
        return FromUniform(self.doubled)

    def doubled(self, u):
        return 2 * u


class DoubledInOneRoom(Doubled):
    _room = np.empty(1 << 18)

    def doubled(self, u):
        return np.multiply(u, 2.0, out=self._room[: u.size])


class DoubledInOneRoomWhereLarge(DoubledInOneRoom):
    def doubled(self, u):
        return super().doubled(u) if u.size > 1 << 16 else 2 * u


class DoubledByOneThread(Doubled):
    def doubled(self, u):
        if u.size < 1 << 16:
            return 2 * u
        time.sleep(0.01)  # so that other threads come by, even on one CPU
        return 2 * u if threading.current_thread() is threading.main_thread() else u


@pytest.mark.parametrize("kind", [DoubledInOneRoom, DoubledInOneRoomWhereLarge])
def test_a_room_that_threads_share_is_found_in_the_midst_of_a_call_on_any_machine(kind):
    assert CHECKS["check_threads"](Doubled) is None
    with pytest.raises(CheckError, match="of a call alone, while another thread draws"):
        CHECKS["check_threads"](kind)


def test_values_that_are_wrong_where_several_threads_draw_are_found(monkeypatch):
    monkeypatch.setenv("SEEDBED_THREADS", "1")
    assert CHECKS["check_repeat"](Doubled) is None
    with pytest.raises(CheckError, match=r"from 4 threads that draw it together, for shape \(512, 2048\)"):
        CHECKS["check_repeat"](DoubledByOneThread)
    assert os.environ["SEEDBED_THREADS"] == "1"


@pytest.mark.slow
def test_a_skip_that_sends_to_a_check_which_passes_is_a_failure(monkeypatch):
    def check_threads(subject):
        return "its calls give different values; see check_repeat"

    monkeypatch.setattr(runner, "CHECKS", {**CHECKS, "check_threads": check_threads})
    found = {result.check: result for result in run_checks(Right).results if result.is_wrong}
    assert list(found) == ["check_threads"]
    assert (
        "got:      its calls give different values; see check_repeat, which passes"
        in found["check_threads"].detail
    )


class Hankel(Right):
    """Values that are equal along each antidiagonal."""

    kept_apart = False

    def __call__(self, shape, dtype=None):
        if len(shape) != 2:
            raise ShapeError(f"got shape {shape}; allowed are two axes")
        values = self.draw((max(0, sum(shape) - 1),), dtype, self.seed)
        if 0 in shape:
            return np.empty(shape, dtype)
        windows = np.lib.stride_tricks.as_strided(values, shape, 2 * values.strides)
        return windows.copy() if self.kept_apart else windows


class HankelOfItsOwn(Hankel):
    kept_apart = True


def test_elements_that_share_memory_are_found():
    assert CHECKS["check_own_array"](HankelOfItsOwn) is None
    with pytest.raises(CheckError, match=r"each call whose elements have places of their own(.|\n)*copy"):
        CHECKS["check_own_array"](Hankel)


class Places(seedbed.Initializer):
    """The places along an axis."""

    dtypes = FLOATING + INTEGER

    def __init__(self, axis=-1, power=1, *, most=None):
        self.axis, self.power, self.most = axis, power, most

    def __call__(self, shape, dtype=None):
        if not shape:
            return np.zeros((), dtype)
        axis = self.axis % len(shape)
        places = np.arange(shape[axis] if self.most is None else min(shape[axis], self.most)) ** self.power
        places = np.resize(places, shape[axis])
        return (np.zeros(shape) + places.reshape(-1, *[1] * (len(shape) - 1 - axis))).astype(dtype)


@pytest.mark.parametrize(
    ("initializer", "check", "message"),
    [
        (Places(), "check_integer_dtypes", r"dtype int8, which has no 128.0, and shape \(256, 512\)"),
        (Places(most=2**15 + 1), "check_integer_dtypes", r"no 128.0"),
        (Places(power=2), "check_finite", r"shape \(256, 512\) and dtype float16\n.*infinity"),
        (Places(axis=0, power=2), "check_finite", r"dtype float16\n.*infinity"),
    ],
    ids=str,
)
def test_numbers_that_only_layers_of_ordinary_size_have_are_looked_at(initializer, check, message):
    with pytest.raises(CheckError, match=message):
        CHECKS[check](initializer)


def test_numbers_that_fit_in_layers_of_ordinary_size_pass():
    few = Places(most=100)
    assert CHECKS["check_finite"](few) is None
    assert CHECKS["check_integer_dtypes"](few) is None  # but for bool, which it does not give


class Kept(Right):
    """Values of which a share is kept if it is a float, and a number if it is an int."""

    def __init__(self, keep=0.5, *, seed=None):
        super().__init__(seed=seed)
        self.keep = keep

    def draw(self, shape, dtype, seed):
        values = super().draw(shape, dtype, seed)
        values.reshape(-1)[self.count(values.size) :] = 0
        return values

    def count(self, size):
        return self.keep if isinstance(self.keep, int) else int(self.keep * size)


class KeptByNumber(Kept):
    def __init__(self, keep=4, *, seed=None):
        super().__init__(keep, seed=seed)

    def count(self, size):
        return self.keep


class KeptByOneNumber(KeptByNumber):
    def __init__(self, keep=4, *, seed=None):
        super().__init__(int(keep), seed=seed)


class KeptByList(Kept):
    def __init__(self, keep=(0.5, 2.5), *, seed=None):
        super().__init__(tuple(keep), seed=seed)

    def count(self, size):
        return sum(number if isinstance(number, int) else int(number * size) for number in self.keep)


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        (Kept, r"the values of keep=1, .* with keep=1\.0 too, .*\n.* elements differ"),
        (KeptByNumber, r"with keep=4\.0 too, .*\n.*TypeError: slice indices"),
        (KeptByList, r"keep=\[0, 2\], .* with keep=\[0\.0, 2\.0\] too"),
    ],
)
def test_a_number_that_means_another_thing_as_a_float_is_found(kind, message):
    assert CHECKS["check_round_trip"](KeptByOneNumber) is None
    with pytest.raises(CheckError, match=message):
        CHECKS["check_round_trip"](kind)


_OF_THE_MODULE = np.random.default_rng()


class DrawsFromItsModule(seedbed.Initializer):
    def __init__(self, *, seed=None):
        self.seed = as_seed(seed)

    def __call__(self, shape, dtype=None):
        key = key_of(self.seed)
        generator = _OF_THE_MODULE if self.seed is None else np.random.Generator(np.random.Philox(key=key))
        return generator.normal(size=shape).astype(dtype)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_fresh_values_that_are_alike_in_forked_processes_are_found():
    assert CHECKS["check_process"](Right) is None
    with pytest.raises(CheckError, match=r"two processes that are forked from one(.|\n)*key_of\(None\)"):
        CHECKS["check_process"](DrawsFromItsModule)


@pytest.mark.slow
def test_memory_may_be_traced_already_and_is_afterwards():
    code = (
        "import tracemalloc, numpy as np\n"
        "from seedbed.testing import check_bad_dtypes, check_bad_shapes, check_memory\n"
        "del_me = np.ones(10_000_000); del del_me\n"
        "for check in (check_memory, check_bad_dtypes, check_bad_shapes):\n"
        "    check('he_normal')\n"
        "print(tracemalloc.is_tracing())"
    )
    command = [sys.executable, "-X", "tracemalloc", "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stdout == "True\n", done.stderr


class Endless(Right):
    __doc__ = DOCUMENTATION.replace("gain\n    Above 0.", "step\n    Above 0.")

    def __init__(self, step=0.25, *, seed=None):
        super().__init__(seed=seed)
        self.step = step

    def __call__(self, shape, dtype=None):
        at = 0.0
        while at < 1:
            at += self.step
        return super().__call__(shape, dtype)

    def get_config(self):
        return {"step": self.step, "seed": self.seed}


@pytest.mark.slow
def test_an_argument_with_which_a_call_has_no_end_is_named_and_left_out(monkeypatch):
    monkeypatch.setattr("seedbed_testing.subject.LONGEST", 0.5)
    with pytest.raises(
        CheckError, match=r"a call with step=0\.0, which the constructor takes(.|\n)*refuse this"
    ):
        CHECKS["check_shape"](Endless)
    assert CHECKS["check_round_trip"](Endless) is None


@pytest.mark.slow
def test_all_checks_come_to_an_end(monkeypatch):
    monkeypatch.setattr("seedbed_testing.subject.LONGEST", 0.5)
    wrong = [result.check for result in run_checks(Endless).results if result.is_wrong]
    assert wrong == ["check_shape"]


def test_what_ends_in_time_is_returned_and_what_it_raises_is_raised():
    assert in_time(lambda: 5, 60.0) == 5
    with pytest.raises(KeyError, match="a bug"):
        in_time(lambda: {}["a bug"], 60.0)


def test_what_handles_all_exceptions_is_given_up_too():
    def stubborn():
        while True:
            try:
                sum(range(1000))
            except Exception:  # noqa: BLE001 - just this is to be tried
                continue

    with pytest.raises(EndlessError):
        in_time(stubborn, 0.2)
    assert threading.active_count() < 50

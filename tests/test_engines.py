"""Which engine draws, and the threads it draws with: their number, their errors, and forks among them."""

from __future__ import annotations

import dataclasses
import os
import subprocess
import sys
import threading
import time
from _thread import start_new_thread
from concurrent.futures import ThreadPoolExecutor

import contraction
import numpy as np
import pytest
from turns import one_in

import seedbed
from seedbed.errors import CheckError, PluginError
from seedbed.random import (
    FromNormal,
    FromUniform,
    Normal,
    NumPyEngine,
    TruncatedDisc,
    TruncatedNormal,
    Uniform,
    draw,
    engine,
    engines,
    lines,
    numbers,
    tables,
    use_engine,
)
from seedbed.standard._householder import normals_needed
from seedbed.testing import check_engine

CATALOGUE = seedbed.Catalogue(scan=False)
CLASSES = {entry.name: CATALOGUE.load(entry) for entry in CATALOGUE}
ELEMENTWISE = [name for name, cls in CLASSES.items() if issubclass(cls, seedbed.ElementwiseInitializer)]

FLOAT32 = np.dtype(np.float32)
LARGE = (1 << 21,)  # worth eight threads


class Recording(NumPyEngine):
    """NumPy's engine, which keeps what it has been asked for."""

    name = "recording"

    def __init__(self):
        super().__init__()
        self.calls = []

    def draw(self, distribution, key, region, out, *, limits, threads):
        self.calls.append((distribution, region.size, out.dtype.name, threads))
        super().draw(distribution, key, region, out, limits=limits, threads=threads)


class Wrong(NumPyEngine):
    """An engine that spoils what NumPy's gives, where `where` says."""

    name = "wrong"

    def __init__(self, where, spoil):
        super().__init__()
        self.where, self.spoil = where, spoil

    def draw(self, distribution, key, region, out, *, limits, threads):
        super().draw(distribution, key, region, out, limits=limits, threads=threads)
        if out.size and self.where(distribution, region, out, limits):
            self.spoil(out)


def last_bit(out):
    bits = out[-1:].view(np.uint8)
    bits[0] ^= 1


@pytest.fixture
def recording():
    chosen = Recording()
    use_engine(chosen)
    chosen.calls.clear()
    yield chosen
    use_engine(None)


def test_numpys_engine_draws_where_no_other_is_installed(monkeypatch):
    monkeypatch.setattr(engines, "_active", None)
    monkeypatch.setattr("seedbed.random.engines.engine_unasked", lambda: (None, True))
    assert engine() == "numpy"


def test_the_engine_that_is_found_unasked_draws_until_a_program_chooses(monkeypatch, recording):
    monkeypatch.setattr(engines, "_active", None)
    monkeypatch.setattr("seedbed.random.engines.engine_unasked", lambda: (recording, True))
    assert engine() == "recording"
    use_engine(None)
    assert engine() == "numpy"


def test_an_answer_that_is_not_final_is_asked_for_again(monkeypatch, recording):
    answers = iter([(None, False), (recording, True)])
    monkeypatch.setattr(engines, "_active", None)
    monkeypatch.setattr("seedbed.random.engines.engine_unasked", lambda: next(answers))
    assert [engine(), engine(), engine()] == ["numpy", "recording", "recording"]


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_every_elementwise_initializer_draws_with_the_engine_in_use(name, recording):
    initializer = CLASSES[name](seed=7)
    whole = initializer((6, 5), threads=3)
    assert [call[1:] for call in recording.calls] == [(30, "float32", 3)]
    initializer.shard((6, 5), 2, "float64")
    initializer.fill(np.empty((5, 6), "float16").T)
    assert [call[1:3] for call in recording.calls[1:]] == [(5, "float64"), (30, "float16")]
    use_engine(None)
    assert engine() == "numpy"
    assert initializer((6, 5)).tobytes() == whole.tobytes()
    assert len(recording.calls) == 3


@pytest.mark.parametrize(
    ("dtype", "drawn"), [("float32", "float32"), ("bfloat16", "float32"), ("complex128",) * 2]
)
def test_the_normals_of_an_orthogonal_matrix_come_from_the_engine_in_use(dtype, drawn, recording):
    CLASSES["orthogonal"](seed=7)((6, 9), dtype)
    assert [call[1:3] for call in recording.calls] == [(normals_needed(9, 6), drawn)]


def test_an_engine_with_the_right_bits_is_named(recording):
    assert engine() == "recording"


@pytest.mark.parametrize(
    "where",
    [
        lambda distribution, region, out, limits: True,
        lambda distribution, region, out, limits: out.dtype.name == "bfloat16",
        lambda distribution, region, out, limits: out.dtype == np.complex64,
        lambda distribution, region, out, limits: limits is not None,
        lambda distribution, region, out, limits: region.step > 1,
        lambda distribution, region, out, limits: region.runs > 1,
        lambda distribution, region, out, limits: region.base > 2**53,
        lambda distribution, region, out, limits: (
            isinstance(distribution, Normal) and not distribution.is_complex
        ),
    ],
    ids=["everywhere", "bfloat16", "complex", "bounds", "steps", "runs", "far elements", "normals"],
)
def test_an_engine_with_one_other_bit_is_refused(where):
    with pytest.raises(PluginError, match="engine 'wrong' gives other bits than the specified stream for"):
        use_engine(Wrong(where, last_bit))
    assert engine() == "numpy"


def large(distribution, region, out, limits):
    return out.view(out.real.dtype).size > 65_536


def zero_from(place):
    def spoil(out):
        out.view(out.real.dtype)[place:] = 0

    return spoil


def last_bit_of(place):
    def spoil(out):
        out.view(out.real.dtype)[place : place + 1].view(np.uint8)[:1] ^= 1

    return spoil


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64", "complex64", "complex128"])
@pytest.mark.parametrize(
    "spoil",
    [zero_from(65_536), last_bit_of(8192), last_bit_of(32_767), last_bit_of(65_536), last_bit],
    ids=[
        "zeros from 65,536 on",
        "a block's first",
        "a block's last",
        "a long block's first",
        "a vector's tail",
    ],
)
def test_an_engine_that_is_wrong_between_blocks_is_refused(spoil, dtype):
    wrong = Wrong(lambda *case: large(*case) and case[2].dtype.name == dtype, spoil)
    with pytest.raises(
        PluginError, match=rf"gives other bits than .* in {dtype}, in \d+ of .* first in number \d+"
    ):
        use_engine(wrong)


class OneThread(NumPyEngine):
    """An engine whose second thread does nothing."""

    name = "one thread"

    def draw(self, distribution, key, region, out, *, limits, threads):
        super().draw(distribution, key, region, out, limits=limits, threads=threads)
        if threads > 1 and out.size > 1 << 18:
            out[out.size // 2 :] = 0


def test_an_engine_whose_second_thread_draws_nothing_is_refused():
    with pytest.raises(
        PluginError, match=r"gives other bits than .* first in number 26\d{4} of .* threads=2"
    ):
        use_engine(OneThread())


class Fused(NumPyEngine):
    """An engine that leaves normal values in double precision to a program in C."""

    name = "fused"

    def __init__(self, program):
        super().__init__()
        self.program = program

    def draw(self, distribution, key, region, out, *, limits, threads):
        if not (isinstance(distribution, Normal) and out.dtype == np.float64):
            super().draw(distribution, key, region, out, limits=limits, threads=threads)
            return
        halves = f"{key % 2**64:x}", f"{key >> 64:x}"
        count = (region.run - 1) * region.step + 1
        for row, start in zip(out.reshape(-1, region.run), region.starts(0, region.runs), strict=True):
            where = contraction.TABLES, "float64", *halves, str(start), str(count)
            command = [self.program, *where, "normal", distribution.mean.hex(), distribution.stddev.hex()]
            drawn = np.frombuffer(subprocess.run(command, check=True, capture_output=True).stdout)
            row[...] = np.clip(drawn[:: region.step], *limits)


@pytest.mark.slow
@pytest.mark.skipif(
    not contraction.can_fuse() and not os.environ.get("CI"), reason="needs GCC and fused operations"
)
def test_an_engine_that_is_compiled_with_contraction_in_double_precision_is_refused(tmp_path):
    source = contraction.SOURCE.read_text(encoding="utf-8")
    program = contraction.builds(source, tmp_path)[1]
    use_engine(Fused(program))
    use_engine(None)
    there = '#define DOUBLES __attribute__((noinline, optimize("fp-contract=off")))'
    assert source.count(there) == 1
    with pytest.raises(PluginError, match=r"engine 'fused' gives other bits than .* in float64"):
        use_engine(Fused(contraction.builds(source.replace(there, "#define DOUBLES"), tmp_path)[1]))


class Mistaken(NumPyEngine):
    """An engine that draws something else, as `ask` turns what it is asked for."""

    name = "mistaken"

    def __init__(self, ask):
        super().__init__()
        self.ask = ask

    def draw(self, distribution, key, region, out, *, limits, threads):
        distribution, key, region = self.ask(distribution, key, region)
        super().draw(distribution, key, region, out, limits=limits, threads=threads)


def mixed_up_key(distribution, key, region):
    words = [key >> 32 * place & 0xFFFFFFFF for place in (0, 2, 1, 3)]
    return distribution, sum(word << 32 * place for place, word in enumerate(words)), region


def without_its_base(distribution, key, region):
    is_one_run = not region.counts and region.step == 1
    return distribution, key, dataclasses.replace(region, base=0) if is_one_run else region


def with_two_outer_axes(distribution, key, region):
    return (
        distribution,
        key,
        dataclasses.replace(region, strides=(*region.strides[-2:], 0, 0)[: len(region.counts)]),
    )


def in_single_precision(distribution, key, region):
    if isinstance(distribution, Normal | TruncatedNormal | TruncatedDisc):
        distribution = dataclasses.replace(distribution, stddev=float(np.float32(distribution.stddev)))
    return distribution, key, region


def own_for_another(distribution, key, region):
    return (
        (FromUniform(distribution.function) if isinstance(distribution, FromUniform) else distribution),
        key,
        region,
    )


@pytest.mark.parametrize(
    "ask", [mixed_up_key, without_its_base, with_two_outer_axes, in_single_precision, own_for_another]
)
def test_an_engine_that_takes_what_it_is_asked_for_otherwise_is_refused(ask):
    with pytest.raises(PluginError, match="engine 'mistaken' gives other bits"):
        use_engine(Mistaken(ask))


def flushed(out):
    numbers = out.view(out.real.dtype)
    if numbers.dtype == np.float32:
        numbers[abs(numbers) < np.finfo(np.float32).tiny] = 0


def with_negative_zeros(out):
    numbers = out.view(out.real.dtype)
    numbers[numbers == 0] = -0.0


@pytest.mark.parametrize("spoil", [flushed, with_negative_zeros])
def test_an_engine_that_flushes_small_numbers_or_keeps_signs_of_zeros_is_refused(spoil):
    with pytest.raises(PluginError, match="engine 'wrong' gives other bits"):
        use_engine(Wrong(lambda *case: True, spoil))


@pytest.mark.parametrize(
    "where",
    [
        lambda distribution, region, out, limits: region.shape == (),
        lambda distribution, region, out, limits: 2 <= out.size <= 7,
        lambda distribution, region, out, limits: out.size % 16 == 1 and out.size > 1,
        lambda distribution, region, out, limits: region.step == 7,
        lambda distribution, region, out, limits: region.base % 4 == 3 and out.size < 1000,
        lambda distribution, region, out, limits: region.runs > 1 and region.run > 4096,
        lambda distribution, region, out, limits: not out.flags.aligned,
        lambda distribution, region, out, limits: out.dtype.name == "bfloat16" and out.size > 1 << 20,
    ],
    ids=["scalars", "few", "16 n + 1", "steps", "odd places", "long runs", "unaligned", "large"],
)
def test_the_check_for_authors_sees_what_the_short_trial_does_not(where):
    wrong = Wrong(where, last_bit)
    use_engine(wrong)
    use_engine(None)
    with pytest.raises(CheckError, match="engine 'wrong' gives other bits"):
        check_engine(wrong)


class WrongOnManyThreads(Wrong):
    def draw(self, distribution, key, region, out, *, limits, threads):
        self.where = lambda *asked: threads >= 5
        super().draw(distribution, key, region, out, limits=limits, threads=threads)


def is_narrow(distribution):
    return isinstance(distribution, TruncatedNormal) and distribution.upper - distribution.lower < 1e-3


# Where a way to draw has an end, and engines branch.
BRANCHES = {
    "no spread": lambda distribution, region, out, limits: (
        isinstance(distribution, Normal) and not distribution.stddev
    ),
    "a far tail": lambda distribution, region, out, limits: (
        isinstance(distribution, TruncatedNormal) and distribution.lower > 20 and out.dtype == "float64"
    ),
    "the other far tail": lambda distribution, region, out, limits: (
        isinstance(distribution, TruncatedNormal) and distribution.upper < -32 and out.dtype == "float32"
    ),
    "a narrow interval": lambda distribution, region, out, limits: is_narrow(distribution),
    "large numbers": lambda distribution, region, out, limits: (
        isinstance(distribution, Uniform) and distribution.high > 1e30
    ),
    "a function in complex numbers": lambda distribution, region, out, limits: (
        isinstance(distribution, FromUniform) and out.dtype == "complex64"
    ),
    "a function of normals in doubles": lambda distribution, region, out, limits: (
        isinstance(distribution, FromNormal) and out.dtype == "float64"
    ),
    "far out": lambda distribution, region, out, limits: region.base >= 2**56,
    "near the end": lambda distribution, region, out, limits: region.base + region.run > 2**59 - 40,
    "five outer axes": lambda distribution, region, out, limits: len(region.counts) >= 5,
}


@pytest.mark.parametrize("where", one_in(3, BRANCHES))
def test_the_check_for_authors_comes_where_engines_branch(where):
    wrong = Wrong(where, last_bit)
    with pytest.raises(CheckError, match="engine 'wrong' gives other bits"):
        check_engine(wrong)


@pytest.mark.slow
def test_the_check_for_authors_draws_with_many_threads():
    wrong = WrongOnManyThreads(None, last_bit)
    with pytest.raises(CheckError, match=r"engine 'wrong' gives other bits .* and threads=[5-9];"):
        check_engine(wrong)


@pytest.mark.slow
def test_an_engine_that_is_not_for_two_draws_at_once_fails_the_check():
    class Shared(NumPyEngine):
        """An engine with one place for all draws of a size."""

        name = "shared"
        rooms = {}  # noqa: RUF012 - just this is wrong

        def draw(self, distribution, key, region, out, *, limits, threads):
            room = self.rooms.setdefault((out.size, out.dtype), np.empty_like(out))
            super().draw(distribution, key, region, room, limits=limits, threads=threads)
            time.sleep(1e-4)
            out[...] = room

    use_engine(Shared())
    use_engine(None)
    with pytest.raises(CheckError, match="engine 'shared' gives other bits"):
        check_engine(Shared())


@pytest.mark.slow
def test_the_right_engine_passes_the_check_for_authors():
    check_engine(Recording())


@pytest.mark.parametrize("kind", [RuntimeError, SystemExit])
def test_an_engine_that_fails_is_refused_with_the_cause(kind):
    def fail(out):
        raise kind("no device")

    with pytest.raises(PluginError, match=r"engine 'wrong' fails on Uniform.*no device") as raised:
        use_engine(Wrong(lambda *arguments: True, fail))
    assert isinstance(raised.value.__cause__, kind)


def test_a_refused_engine_leaves_the_one_in_use(recording):
    with pytest.raises(PluginError, match="gives other bits"):
        use_engine(Wrong(lambda *arguments: True, last_bit))
    assert engine() == "recording"


@pytest.fixture
def started(monkeypatch):
    """The threads that have been started."""
    threads = []

    def start(function, arguments):
        threads.append(start_new_thread(function, arguments))

    monkeypatch.setattr("seedbed.random.threads.start_new_thread", start)
    return threads


@pytest.mark.parametrize("threads", [1, 2, 3, 8])
def test_the_environment_variable_says_how_many_threads_draw(monkeypatch, started, threads):
    monkeypatch.setenv("SEEDBED_THREADS", str(threads))
    draw(Normal(0.0, 1.0), 7, LARGE, FLOAT32)
    assert len(started) == threads - 1  # the caller's own thread draws too


def test_an_argument_comes_before_the_environment_variable(monkeypatch, started):
    monkeypatch.setenv("SEEDBED_THREADS", "5")
    draw(Normal(0.0, 1.0), 7, LARGE, FLOAT32, threads=2)
    assert len(started) == 1


def test_the_processs_own_cpus_draw_by_default(monkeypatch, started):
    monkeypatch.delenv("SEEDBED_THREADS", raising=False)
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: {0, 3, 5}, raising=False)
    draw(Normal(0.0, 1.0), 7, LARGE, FLOAT32)
    assert len(started) == 2


def test_no_thread_is_started_for_a_small_array(started):
    draw(Normal(0.0, 1.0), 7, (1 << 18,), FLOAT32, threads=8)
    assert not started


def test_draws_from_many_threads_at_once_give_the_same_bits():
    cases = [
        (CLASSES[name](seed=7), dtype) for name in ELEMENTWISE for dtype in ("bfloat16", "float32", "float64")
    ]
    expected = [initializer((400, 500), dtype, threads=1).tobytes() for initializer, dtype in cases]
    tables.cache_clear()  # so that the first of them also race for the tables
    lines.interval_lines.cache_clear()
    barrier = threading.Barrier(8)

    def work(turn):
        barrier.wait(60)
        mine = cases[turn:] + cases[:turn]
        got = [initializer((400, 500), dtype, threads=2).tobytes() for initializer, dtype in mine]
        return got[len(cases) - turn :] + got[: len(cases) - turn]

    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(work, range(8)))
    assert all(result == expected for result in results)


@pytest.mark.parametrize("name", ["random_normal", "truncated_normal"])
def test_a_draw_looks_its_table_up_once_and_keeps_it(name, monkeypatch):
    """Or draws from many intervals at once would throw each other's out, and make them for every block."""
    looked_up = []

    def look_up(masses):
        looked_up.append(masses)
        return lines.interval_lines.__wrapped__(masses)

    monkeypatch.setattr(numbers, "interval_lines", look_up)
    drawn = CLASSES[name](seed=7)(LARGE, threads=3)
    assert len(looked_up) == 1
    monkeypatch.undo()
    assert drawn.tobytes() == CLASSES[name](seed=7)(LARGE).tobytes()


@pytest.mark.parametrize("kind", [RuntimeError, KeyboardInterrupt])
def test_an_error_in_one_thread_stops_the_others(kind):
    blocks, threads = [], 4

    def fail_in_the_third_block(u):
        blocks.append(threading.get_ident())
        if len(blocks) == 3:
            raise kind("from the distribution")
        time.sleep(0.01)  # every thread is in a block by then
        return u

    with pytest.raises(kind, match="from the distribution"):
        draw(FromUniform(fail_in_the_third_block), 7, LARGE, FLOAT32, threads=threads)
    assert (
        len(blocks) <= 3 + 2 * threads
    )  # of 64: each other thread ends its block, and may have begun another
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("seedbed-")]


def test_without_an_error_every_block_is_drawn_once():
    blocks = []

    def count(u):
        blocks.append(u.size)
        return u

    draw(FromUniform(count), 7, LARGE, FLOAT32, threads=4)
    assert len(blocks) > 11
    assert sum(blocks) == LARGE[0]


@pytest.mark.parametrize("name", ELEMENTWISE)
@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64", "complex64", "complex128"])
def test_the_callers_floating_point_errors_are_not_those_of_a_draw(name, dtype):
    initializer = CLASSES[name](seed=7)
    expected = initializer((1 << 10, 1 << 9), dtype, threads=1).tobytes()
    lines.interval_lines.cache_clear()  # its construction is part of a draw
    with np.errstate(all="raise"):
        for threads in (1, 2):
            assert initializer((1 << 10, 1 << 9), dtype, threads=threads).tobytes() == expected


def test_bounds_that_a_dtype_rounds_away_are_no_error_for_a_caller_who_has_errors_raised():
    with np.errstate(all="raise"):
        drawn = CLASSES["random_uniform"](-1e-7, 1e-30, seed=7)(9, "float16")
        assert ((drawn >= -1.2e-7) & (drawn <= 0)).all()
        assert np.isfinite(CLASSES["truncated_normal"](lower=-1e300, upper=1e300, seed=7)(9, "float16")).all()


def test_a_distribution_of_ones_own_neither_warns_nor_raises_in_any_thread():
    distribution = FromUniform(lambda u: np.sqrt(u - 2))
    with np.errstate(all="raise"):
        assert np.isnan(draw(distribution, 7, LARGE, FLOAT32, threads=2)).all()


FORK = """
import hashlib, os, sys, threading, warnings
import seedbed

# What a fork in a process with threads may do is just what is tested here.
warnings.filterwarnings("ignore", message=".*multi-threaded, use of fork", category=DeprecationWarning)

initializer = seedbed.get("he_normal", seed=7)
draw = lambda: hashlib.sha256(initializer((2048, 1024), threads=3)).hexdigest()

def in_child():
    read, write = os.pipe()
    child = os.fork()
    if not child:
        os.write(write, draw().encode())
        os._exit(0)
    os.close(write)
    with os.fdopen(read) as pipe:
        told = pipe.read()
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    return told

expected = draw()
assert in_child() == expected, "after a draw"
stop = threading.Event()

def draw_on():
    while not stop.is_set():
        assert draw() == expected

others = [threading.Thread(target=draw_on) for _ in range(3)]
for other in others:
    other.start()
for _ in range(5):
    assert in_child() == expected, "during draws"
stop.set()
for other in others:
    other.join()
print("forked")
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_forked_process_draws_the_same_values():
    command = [sys.executable, "-W", "error", "-c", FORK]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.stdout == "forked\n", done.stderr


MAKING = """
import os, signal, sys, threading, warnings
import seedbed
from seedbed.random import lines

warnings.filterwarnings("ignore", message=".*multi-threaded, use of fork", category=DeprecationWarning)
one, other = (seedbed.get("truncated_normal", lower=-1.0, upper=upper, seed=7) for upper in (1.0, 3.0))
expected = one(9).tobytes(), other(9).tobytes()
lines.interval_lines.cache_clear()
begun, go_on, make = threading.Event(), threading.Event(), lines._lines
main = threading.get_ident()

def wait_in_other_threads(*arguments):
    if threading.get_ident() != main:
        begun.set()
        go_on.wait()
    return make(*arguments)

lines._lines = wait_in_other_threads
maker = threading.Thread(target=one, args=(9,), daemon=True)
maker.start()
begun.wait()
signal.alarm(20)  # which a hanging process does not survive
assert other(9).tobytes() == expected[1]
print("drawn", flush=True)
child = os.fork()
if not child:
    signal.alarm(20)
    os._exit((one(9).tobytes(), other(9).tobytes()) != expected)
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
go_on.set()
maker.join()
print("forked")
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_table_that_is_being_made_holds_up_neither_another_draw_nor_a_forked_process():
    command = [sys.executable, "-W", "error", "-c", MAKING]
    environ = {**os.environ, "SEEDBED_ENGINE": "numpy"}  # whose tables these are
    done = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=120, check=False)
    assert done.stdout == "drawn\nforked\n", done.stderr

"""Threads that cannot start, and what is raised among them: no thread of ours works once a call has ended."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from _thread import start_new_thread

import numpy as np
import pytest

import seedbed
from seedbed.random import FromUniform, Normal, draw, draw_into, run_in_threads
from seedbed.random import threads as threads_module
from seedbed.testing import check_threads
from seedbed_tools.doctor import trial

LARGE = (1 << 21,)  # worth eight threads
FLOAT32 = np.dtype(np.float32)
NORMAL = Normal(0.0, 1.0)
MAIN = threading.main_thread().ident


def is_helper():
    return threading.get_ident() != MAIN


@pytest.fixture
def instead(monkeypatch):
    """Let a function start the threads of a draw."""

    def use(start):
        monkeypatch.setattr(threads_module, "start_new_thread", start)

    return use


@pytest.fixture
def starting(instead):
    """Let only so many threads start, as at a limit on processes; return what sets how many."""
    left = [0]

    def start(function, arguments):
        if not left[0]:
            raise RuntimeError("can't start new thread")
        left[0] -= 1
        start_new_thread(function, arguments)

    def allow(number):
        left[0] = number
        instead(start)

    return allow


@pytest.mark.parametrize("number", [0, 1, 3])
def test_the_threads_that_there_are_draw_the_same_bits(starting, number):
    expected = draw(NORMAL, 7, LARGE, FLOAT32, threads=8)
    starting(number)
    out = np.zeros(LARGE, FLOAT32)
    draw_into(out, NORMAL, 7, threads=8)
    assert out.tobytes() == expected.tobytes()


@pytest.mark.parametrize("is_begun", [False, True], ids=["not started", "dies at its first step"])
def test_a_thread_for_which_there_is_no_memory_is_done_without(instead, is_begun):
    def start(function, arguments):
        if not is_begun:
            raise MemoryError

    instead(start)
    assert draw(NORMAL, 7, LARGE, FLOAT32, threads=8).tobytes() == draw(NORMAL, 7, LARGE, FLOAT32).tobytes()


@pytest.mark.parametrize("who", ["caller", "helpers", "one task"])
def test_a_task_without_memory_is_done_again_alone(who):
    refused, done = [], []

    def work(number):
        is_short = {
            "caller": not is_helper() and not refused,
            "helpers": is_helper(),
            "one task": number == 5 and not refused,
        }
        if is_short[who]:
            refused.append(number)
            raise MemoryError
        time.sleep(0.001)  # so that the helpers come to their turn
        done.append(number)

    run_in_threads(work, 50, threads=4)
    assert refused
    assert sorted(done) == list(range(50))


def test_a_task_that_finds_no_memory_alone_fails():
    def work(number):
        raise MemoryError("not even alone")

    with pytest.raises(MemoryError, match="not even alone"):
        run_in_threads(work, 50, threads=4)


def test_helpers_let_go_of_the_array():
    for _ in range(20):
        out = np.zeros(LARGE, FLOAT32)
        draw_into(out, NORMAL, 7, threads=4)
        assert sys.getrefcount(out) == 2


LIMITED = """
import resource, threading
import numpy as np
import seedbed

initializer = seedbed.get("he_normal", seed=7)
expected = initializer((2048, 1024), threads=1).tobytes()
out = np.zeros((2048, 1024), np.float32)
threading.stack_size(1 << 30)
with open("/proc/self/statm") as file:
    size = int(file.read().split()[0]) * resource.getpagesize()
limit = size + {stacks} * (1 << 30) + (1 << 29)
resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
others = [threading.Thread(target=int) for _ in range({stacks} + 1)]
try:
    for other in others:
        other.start()
        other.join()
except RuntimeError as error:
    assert "can't start new thread" in str(error)
initializer.fill(out, threads=8)
assert out.tobytes() == expected
print("filled")
"""


@pytest.mark.skipif(sys.platform != "linux", reason="limits of this kind are Linux's")
@pytest.mark.parametrize("stacks", [0, 2])
def test_an_array_is_filled_where_the_system_has_memory_for_few_threads(stacks):
    # A limit on memory, since one on processes does not hold for the user root.
    command = [sys.executable, "-W", "error", "-c", LIMITED.format(stacks=stacks)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.stdout == "filled\n", done.stderr


AT_THE_LIMIT = """
import os, resource
import numpy as np
import seedbed

initializer = seedbed.get("random_normal", seed=7)
expected = initializer((2000, 1000), threads=1)
out = np.zeros((2000, 1000), np.float32)
for spare in (0, 1, 9, 40, 64):  # MiB
    child = os.fork()
    if not child:
        with open("/proc/self/statm") as file:
            size = int(file.read().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (size + (spare << 20), resource.RLIM_INFINITY))
        initializer.fill(out, threads=8)
        resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        os._exit(0 if out.tobytes() == expected.tobytes() else 1)
    assert os.waitpid(child, 0)[1] == 0, spare
print("filled")
"""


@pytest.mark.skipif(sys.platform != "linux", reason="limits of this kind are Linux's")
def test_an_array_is_filled_where_helpers_have_no_memory_for_their_first_steps_or_workspaces():
    command = [sys.executable, "-c", AT_THE_LIMIT]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.stdout == "filled\n", done.stderr


def slow_in_helpers(u):
    """Write late wherever a helper draws, so that whoever does not wait for it sees the array change."""
    if is_helper():
        time.sleep(0.3)
    return u


def assert_it_stays(out):
    before = out.tobytes()
    time.sleep(0.5)
    assert out.tobytes() == before


@pytest.fixture
def interrupted():
    """Interrupt the main thread so often, as Ctrl-C does; return what draws until that is done."""
    done = threading.Event()

    def interrupt(times):
        for _ in range(times):
            time.sleep(0.1)
            os.kill(os.getpid(), signal.SIGINT)
        time.sleep(0.1)
        done.set()

    def draws(u):
        done.wait(30)  # the main thread is interrupted here, or waits for a helper that is here
        return u

    def often(times):
        threading.Thread(target=interrupt, args=(times,)).start()
        return draws

    # A shell that runs the tests in the background lets them ignore it.
    former = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield often
    done.wait(30)
    signal.signal(signal.SIGINT, former)


@pytest.mark.parametrize("times", [1, 3], ids=["once", "again and again"])
def test_an_interrupt_of_the_caller_waits_for_the_helpers(interrupted, times):
    out = np.zeros(LARGE, FLOAT32)
    draws = interrupted(times)
    with pytest.raises(KeyboardInterrupt):
        draw_into(out, FromUniform(draws), 7, threads=4)
    assert_it_stays(out)


def test_an_interrupt_while_a_thread_is_being_started_waits_for_it_too(instead):
    out = np.zeros(LARGE, FLOAT32)

    def start(function, arguments):
        start_new_thread(function, arguments)
        time.sleep(0.05)  # it is in its first block by then
        raise KeyboardInterrupt

    instead(start)
    with pytest.raises(KeyboardInterrupt):
        draw_into(out, FromUniform(slow_in_helpers), 7, threads=4)
    assert_it_stays(out)


def test_a_thread_that_begins_after_an_interrupt_does_nothing(instead):
    out, late = np.zeros(LARGE, FLOAT32), []

    def start(function, arguments):
        late.append(threading.Thread(target=function, args=arguments))
        raise KeyboardInterrupt

    instead(start)
    with pytest.raises(KeyboardInterrupt):
        draw_into(out, NORMAL, 7, threads=4)
    late[0].start()
    late[0].join()
    assert not out.any()


@pytest.mark.parametrize("kind", [SystemExit, ValueError])
def test_what_one_helper_raises_is_raised_when_the_others_have_ended(kind):
    out, raised = np.zeros(LARGE, FLOAT32), []

    def distribution(u):
        if is_helper() and not raised:
            raised.append(True)
            raise kind("no more")
        return slow_in_helpers(u)

    with pytest.raises(kind, match="no more"):
        draw_into(out, FromUniform(distribution), 7, threads=4)
    assert_it_stays(out)


def test_an_interrupt_counts_for_more_than_what_a_helper_raises():
    begun = threading.Event()

    def work(number):
        if is_helper():
            begun.wait()
            raise ValueError("of a helper")
        begun.set()
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_in_threads(work, 8, threads=2)


STORM = """
import os, signal, threading, time
import numpy as np
import seedbed
from seedbed.random import FromUniform, Normal, draw, draw_into, run_in_threads

distribution = FromUniform(lambda u: np.sqrt(u))
expected = draw(distribution, 7, (1 << 20,), np.dtype("f4"), threads=1).tobytes()
stop, me = threading.Event(), os.getpid()

def strike():
    while not stop.is_set():
        time.sleep(0.0021)
        os.kill(me, signal.SIGINT)

striker = threading.Thread(target=strike)
drawn = struck = 0
end = time.monotonic() + 1.5
signal.signal(signal.SIGINT, signal.SIG_IGN)
striker.start()
while time.monotonic() < end:
    out = np.zeros(1 << 20, np.float32)
    try:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        try:
            draw_into(out, distribution, 7, threads=4)
        finally:
            signal.signal(signal.SIGINT, signal.SIG_IGN)
        is_whole = True
    except KeyboardInterrupt:
        is_whole = False
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if is_whole:
        assert out.tobytes() == expected
        drawn += 1
    else:
        struck += 1
        before = out.tobytes()
        time.sleep(0.005)
        assert out.tobytes() == before, "changed after the call had ended"
stop.set()
striker.join()
assert struck > 10, (drawn, struck)
print("stood")
"""


@pytest.mark.skipif(sys.platform == "win32", reason="this system has other signals")
def test_interrupts_at_any_moment_leave_no_thread_that_writes():
    command = [sys.executable, "-W", "error", "-c", STORM]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.stdout == "stood\n", done.stderr


def test_tasks_of_ones_own_are_each_done_once(starting):
    for allowed in (0, 2, 7):
        starting(allowed)
        done = []
        run_in_threads(done.append, 50, threads=8)
        assert sorted(done) == list(range(50))
    run_in_threads(done.append, 0)


def test_a_package_is_tried_where_no_thread_can_start(starting):
    starting(0)
    trials = trial.try_all(["seedbed-example", "seedbed-acme-example"], 60)
    assert [(found.provider, found.end) for found in trials] == [
        ("seedbed-example", ""),
        ("seedbed-acme-example", ""),
    ]


def test_the_kit_does_not_blame_an_initializer_for_a_limit_on_threads(monkeypatch):
    real_start, left = threading.Thread.start, [2]

    def start(self):
        if not left[0]:
            raise RuntimeError("can't start new thread")
        left[0] -= 1
        real_start(self)

    monkeypatch.setattr(threading.Thread, "start", start)
    began = time.monotonic()
    assert "no more threads" in check_threads(seedbed.get("he_normal", seed=7))
    assert time.monotonic() - began < 30

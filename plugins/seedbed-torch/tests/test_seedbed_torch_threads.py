"""Tensors that are filled by threads which cannot start, or are interrupted."""

import os
import signal
import threading
import time
from _thread import start_new_thread

import numpy as np
import pytest
from frameworks import framework

import seedbed
from seedbed.random import FromUniform

torch = framework("torch")

from seedbed_torch import init_, initialize  # noqa: E402


class SlowInHelpers(seedbed.ElementwiseInitializer):
    """Uniform values, which come late where another thread than the main one draws them."""

    def element_distribution(self, shape, dtype):
        def late(u):
            if threading.current_thread() is not threading.main_thread():
                time.sleep(0.3)
            return u

        return FromUniform(late)


def columns():
    """Return a tensor that is drawn in blocks, which are copied into it."""
    return torch.zeros(2048, 1024).T


@pytest.fixture(autouse=True)
def threads(monkeypatch):
    monkeypatch.setenv("SEEDBED_THREADS", "4")


@pytest.mark.parametrize("allowed", [0, 1])
def test_the_threads_that_there_are_fill_a_tensor_with_the_same_bits(monkeypatch, allowed):
    expected = seedbed.get("random_normal", seed=7)((1024, 2048))
    left = [allowed]

    def start(function, arguments):
        if not left[0]:
            raise RuntimeError("can't start new thread")
        left[0] -= 1
        start_new_thread(function, arguments)

    monkeypatch.setattr("seedbed.random.threads.start_new_thread", start)
    tensor = init_(columns(), "random_normal", seed=7)
    assert np.array_equal(tensor.numpy(), expected)
    linear = torch.nn.Linear(2048, 1024, bias=False)
    left[0] = allowed
    initialize(linear, {"weight": "random_normal"}, seed=7, prefix="")
    layout = seedbed.get("random_normal", seed=[7, "weight"])((2048, 1024))
    assert np.array_equal(linear.weight.detach().numpy(), layout.T)


def test_an_interrupt_leaves_no_thread_that_writes_into_a_tensor():
    done = threading.Event()

    def interrupt():
        for _ in range(2):
            time.sleep(0.1)
            os.kill(os.getpid(), signal.SIGINT)
        time.sleep(0.1)
        done.set()

    def draws(u):
        done.wait(30)  # the main thread is interrupted here, or waits for a helper that is here
        return u

    class Held(seedbed.ElementwiseInitializer):
        def element_distribution(self, shape, dtype):
            return FromUniform(draws)

    tensor, before = columns(), set(threading.enumerate())
    interrupting = threading.Thread(target=interrupt)
    # A shell that runs the tests in the background lets them ignore it.
    former = signal.signal(signal.SIGINT, signal.default_int_handler)
    interrupting.start()
    with pytest.raises(KeyboardInterrupt):
        init_(tensor, Held(seed=7))
    left = tensor.clone()
    interrupting.join()
    signal.signal(signal.SIGINT, former)
    assert not set(threading.enumerate()) - before
    time.sleep(0.5)
    assert torch.equal(tensor, left)


def test_what_one_thread_raises_ends_the_others():
    raised, blocks = threading.Event(), []

    class Fails(seedbed.ElementwiseInitializer):
        def element_distribution(self, shape, dtype):
            blocks.append(shape)
            if len(blocks) == 2:
                raised.set()
                raise ValueError("no more")
            raised.wait(5)
            return FromUniform(lambda u: u)

    tensor = torch.zeros(8192, 4096).T  # of 32 blocks
    with pytest.raises(ValueError, match="no more"):
        init_(tensor, Fails(seed=7))
    assert len(blocks) < 12

"""Single precision drawn by XLA, which fuses products and sums, has the bits of NumPy's engine."""

import json
import os
import subprocess
import sys

import pytest
from frameworks import framework

framework("jax")

PROGRAM = """
import json
import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from seedbed.random import Normal, TruncatedNormal, Uniform, draw, interval_lines, key_of, masses
from seedbed.random.words import WordStream

N = 1 << 21
words = WordStream(key_of(7)).read(0, N, 4)


def signed(words):
    return lax.bitcast_convert_type(words, jnp.int32).astype(jnp.float64)


def cleared(product):
    bits = lax.bitcast_convert_type(product, jnp.uint64)
    return lax.bitcast_convert_type(bits & ~np.uint64(1), jnp.float64)


def uniform(low, high):
    step, shift = (high - low) * 2.0**-32, (low / (high - low) + 0.5) * 2.0**32 + 0.5
    return lambda words: (signed(words) + shift) * step


def uniform_product_first(low, high):
    step = (high - low) * 2.0**-32
    return lambda words: words.astype(jnp.float64) * step + (low + 0.5 * step)


def normal(mean, stddev, lines, clear=cleared):
    slopes, constants = (jnp.asarray(column).reshape(-1) for column in (lines.slopes, lines.constants))

    def draw(words):
        y = signed(words) + 0.5
        bits = lax.bitcast_convert_type(jnp.abs(y) * 2.0**-32, jnp.int64)
        row = (bits >> 42) - (1023 - 33) * 1024 + jnp.where(y < 0, 32768, 0)
        z = slopes[row] * y + constants[row]
        return clear(z * stddev) + mean

    return draw


def in_numpy(distribution):
    return draw(distribution, 7, (N,), np.dtype("float32"))


def doubles(function):  # before they are rounded, of one program and of single operations
    return np.asarray(jax.jit(function)(words)), np.asarray(function(words))


everything, cut = (interval_lines(masses(*ends)) for ends in ((-np.inf, np.inf), (-2.0, 2.0)))
found = {}
for name, function, distribution in [
    ("uniform", uniform(-0.05, 0.05), Uniform(-0.05, 0.05)),
    ("uniform 0.1 1", uniform(0.1, 1.0), Uniform(0.1, 1.0)),
    ("normal", normal(0.3, 0.7, everything), Normal(0.3, 0.7)),
    ("truncated", normal(0.3, 0.7, cut), TruncatedNormal(0.3, 0.7, -2.0, 2.0, (-1.1, 1.7))),
]:
    drawn = np.asarray(jax.jit(lambda words, f=function: f(words).astype(jnp.float32))(words))
    fused, single = doubles(function)
    clipped = np.clip(drawn, -1.1, 1.7) if name == "truncated" else drawn
    found[name] = [int((clipped != in_numpy(distribution)).sum()), int((fused != single).sum())]
for name, function in [
    ("uniform, product first", uniform_product_first(0.1, 1.0)),
    ("normal, no bit cleared", normal(0.3, 0.7, everything, clear=lambda product: product)),
]:
    fused, single = doubles(function)
    found[name] = [int((fused != single).sum())]
print(json.dumps(found))
"""


@pytest.fixture(scope="module")
def found():
    """How many values differ: from NumPy's, and as doubles from those of single operations."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "JAX_ENABLE_X64": "1", "JAX_PLATFORMS": "cpu"},
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize("name", ["uniform", "uniform 0.1 1", "normal", "truncated"])
def test_a_compiled_graph_draws_the_same_bits(found, name):
    assert found[name] == [0, 0]


@pytest.mark.parametrize("name", ["uniform, product first", "normal, no bit cleared"])
def test_without_what_the_page_asks_for_it_would_not(found, name):
    assert found[name][0] > 1000

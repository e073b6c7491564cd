"""Random numbers have the precision of their dtype, and what is coarse on purpose is let pass."""

import math

import numpy as np
import pytest

import seedbed
from seedbed.dtypes import as_dtype
from seedbed.errors import CheckError
from seedbed.random import as_seed, key_of
from seedbed_testing.precision import check_precision


def made(drawn):
    """Return a class that draws by a function of a generator and a shape."""

    class Drawn(seedbed.Initializer):
        def __init__(self, *, seed=None):
            self.seed = as_seed(seed)

        def __call__(self, shape, dtype=None):
            generator = np.random.Generator(np.random.Philox(key=key_of(self.seed)))
            return np.asarray(drawn(generator, shape)).astype(dtype)

    return Drawn


def single(generator, shape):
    return generator.standard_normal(shape, dtype=np.float32)


COARSE = {
    "float32": single,
    "float32 less than 1": lambda g, shape: g.random(shape, dtype=np.float32),
    "multiples of float32": lambda g, shape: 0.3 * single(g, shape).astype(float),
    "float32 of a float32 spread": lambda g, shape: np.float32(0.02) * single(g, shape),
    "float16": lambda g, shape: g.standard_normal(shape).astype(np.float16),
    "bfloat16": lambda g, shape: g.uniform(-1, 1, shape).astype(as_dtype("bfloat16")),
    "sparse float32": lambda g, shape: single(g, shape) * (g.random(shape) < 0.5),
    "complex64": lambda g, shape: single(g, shape) + 0j,
}
RIGHT = {
    "float64": lambda g, shape: g.standard_normal(shape),
    "signs": lambda g, shape: g.choice([-1.0, 1.0], shape),
    "whole numbers": lambda g, shape: g.integers(-1000, 1000, shape),
    "many whole numbers": lambda g, shape: g.integers(0, 60_000, shape),
    "eight bits": lambda g, shape: g.integers(-127, 128, shape) / 128,
    "eight bits of another step": lambda g, shape: g.integers(-127, 128, shape) / 127,
    "powers of two": lambda g, shape: 2.0 ** -g.integers(0, 24, shape),
    "decimals": lambda g, shape: np.round(g.standard_normal(shape), 3),
    "one in a hundred": lambda g, shape: g.standard_normal(shape) * (g.random(shape) < 0.01),
    "a mask": lambda g, shape: g.random(shape) < 0.5,
    "levels": lambda g, shape: g.choice(np.linspace(-1, 1, 1000), shape),
    "ranks": lambda g, shape: g.permutation(math.prod(shape)).reshape(shape) / max(1, math.prod(shape)),
    "quantiles in random order": lambda g, shape: (
        (g.permutation(math.prod(shape)).reshape(shape) + 0.5) / max(1, math.prod(shape)) - 0.5
    ),
    "all twice": lambda g, shape: np.resize(g.standard_normal(math.prod(shape) // 2 + 1), shape),
    "some tied": lambda g, shape: np.resize(g.standard_normal(max(1, math.prod(shape) - 200)), shape),
    "clipped": lambda g, shape: np.clip(g.standard_normal(shape), -1, 1),
}


def only(dtypes, kind):
    kind.dtypes = dtypes
    return kind


@pytest.mark.parametrize("name", COARSE)
def test_numbers_of_a_smaller_dtype_are_found(name):
    with pytest.raises(CheckError, match=r"numbers as fine as (float64|complex128) has them"):
        check_precision(made(COARSE[name]))


@pytest.mark.parametrize(
    ("name", "dtype"), [("float16", "float32"), ("bfloat16", "float32"), ("float16", "complex64")]
)
def test_numbers_of_half_precision_are_found_in_single_precision(name, dtype):
    with pytest.raises(CheckError, match=rf"numbers as fine as {dtype} has them\n.* numbers that {name} has"):
        check_precision(only((dtype,), made(COARSE[name])))


@pytest.mark.filterwarnings("ignore:overflow")
@pytest.mark.parametrize("name", RIGHT)
def test_numbers_that_are_fine_or_coarse_on_purpose_are_let_pass(name):
    assert check_precision(only(("float32", "float64", "complex128"), made(RIGHT[name]))) is None


def test_numbers_without_a_seed_may_be_what_they_are():
    class Cosines(seedbed.Initializer):
        dtypes = ("float64",)

        def __call__(self, shape, dtype=None):
            return np.cos(np.arange(math.prod(shape), dtype=np.float32)).reshape(shape).astype(dtype)

    assert "no half precision" in check_precision(Cosines)

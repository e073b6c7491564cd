"""A model in Flax and its twin in Keras start alike from one file of rules."""

import os
from pathlib import Path

import numpy as np
import pytest
from frameworks import framework

nnx = framework("flax.nnx", plugin="seedbed_jax")
os.environ.setdefault("KERAS_BACKEND", "jax")  # behind what skips, since all tests of a process share it
keras = framework("keras")

import gpt_flax  # noqa: E402
import gpt_keras  # noqa: E402

import seedbed_jax  # noqa: E402
import seedbed_keras  # noqa: E402
from seedbed_keras.paths import parameters  # noqa: E402

pytestmark = pytest.mark.slow

RULES = Path(__file__).parent / "gpt.toml"
LEAVES = {"kernel": "weight", "scale": "weight", "embedding": "weight"}


def test_both_hold_identical_weights_and_are_one_function():
    graph, state = nnx.split(nnx.eval_shape(lambda: gpt_flax.Gpt(nnx.Rngs(0))))
    in_flax = nnx.merge(graph, seedbed_jax.initialize(state, RULES, seed=7, strict=True))
    words = np.arange(2 * gpt_keras.LENGTH).reshape(2, -1) * 31 % gpt_keras.WORDS
    in_keras = gpt_keras.Gpt()
    in_keras(words)
    plan = seedbed_keras.initialize(in_keras, RULES, seed=7, strict=True)
    assert len(plan.initializers) == 2 + 12 * 12 + 2
    theirs = {
        "/".join([*map(str, path[:-1]), LEAVES.get(path[-1], path[-1])]): np.asarray(leaf[...])
        for path, leaf in nnx.to_flat_state(nnx.state(in_flax, nnx.Param))
    }
    ours = {found.path: keras.ops.convert_to_numpy(found.variable.value) for found in parameters(in_keras)}
    assert ours.keys() == theirs.keys()
    for path, values in ours.items():
        assert np.array_equal(values, theirs[path]), path
    outputs = keras.ops.convert_to_numpy(in_keras(words))
    np.testing.assert_allclose(outputs, np.asarray(in_flax(np.asarray(words))), atol=2e-6)
    assert np.ptp(outputs) > 0.05

"""The table of cases, in TensorFlow with Keras 2, and in MLX: the bits and the errors of NumPy's arrays."""

import warnings

import numpy as np
import pytest
from frameworks import framework

tf = framework("tensorflow")
with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    tf_keras = framework("tf_keras", plugin="seedbed_tensorflow")
mx = framework("mlx.core", plugin="seedbed_mlx")

import mlx.nn as mlx_nn  # noqa: E402
from test_one_table import CASES, RULES, Case, outcome, turned  # noqa: E402

import seedbed_mlx  # noqa: E402
import seedbed_tensorflow  # noqa: E402

layers = tf_keras.layers


def as_it_is(array):
    return array


def in_tensorflow(layer, shape, turns, **options):
    """Return a case of a layer that is built for `shape`; `turns` has the order of the axes by paths."""
    if shape is not None:
        layer.build(shape)
    found = {path.rpartition("/")[2]: (path, turn) for path, turn in turns.items()}
    own = {"kernel": "weight", "depthwise_kernel": "weight", "embeddings": "weight"}

    def read():
        values = {}
        for variable in layer.variables:
            name = variable.name.partition(":")[0].rpartition("/")[2]
            path, turn = found[own.get(name, name)]
            values[path] = turn(tf.cast(variable, "float64").numpy())
        return values

    return Case(lambda rules, **more: seedbed_tensorflow.initialize(layer, rules, **more), read, **options)


def in_mlx(module, turns, **options):
    """Return a case of a module; `turns` has the order of the axes by names."""

    def read():
        return {
            name: turn(np.asarray(module[name].astype(mx.float32), np.float64))
            for name, turn in turns.items()
        }

    return Case(lambda rules, **more: seedbed_mlx.initialize(module, rules, **more), read, **options)


class OwnVariable(tf.Module):
    def __init__(self, dtype="float32"):
        super().__init__(name="own")
        self.mix = tf.Variable(tf.zeros((4, 6), dtype), name="mix")


class OwnArray(mlx_nn.Module):
    def __init__(self, dtype=mx.float32):
        super().__init__()
        self.mix = mx.zeros((4, 6), dtype)


COLUMNS = {
    "dense": lambda: (
        in_tensorflow(layers.Dense(4), (None, 6), {"weight": as_it_is, "bias": as_it_is}),
        in_mlx(mlx_nn.Linear(6, 4), {"weight": turned(1, 0), "bias": as_it_is}),
    ),
    "grouped convolution": lambda: (
        in_tensorflow(layers.Conv2D(6, 3, groups=2, use_bias=False), (None, 5, 5, 8), {"weight": as_it_is}),
        in_mlx(mlx_nn.Conv2d(8, 6, 3, groups=2, bias=False), {"weight": turned(1, 2, 3, 0)}),
    ),
    "depthwise convolution": lambda: (
        in_tensorflow(
            layers.DepthwiseConv2D(3, depth_multiplier=2, use_bias=False),
            (None, 5, 5, 4),
            {"weight": lambda array: array.reshape(3, 3, 1, 8)},
        ),
        in_mlx(mlx_nn.Conv2d(4, 8, 3, groups=4, bias=False), {"weight": turned(1, 2, 3, 0)}),
    ),
    "transposed convolution": lambda: (
        in_tensorflow(
            layers.Conv2DTranspose(6, 3, use_bias=False), (None, 5, 5, 8), {"weight": turned(0, 1, 3, 2)}
        ),
        in_mlx(mlx_nn.ConvTranspose2d(8, 6, 3, bias=False), {"weight": turned(1, 2, 3, 0)}),
    ),
    "embedding": lambda: (
        in_tensorflow(layers.Embedding(6, 4), (None, 3), {"weight": as_it_is}),
        in_mlx(mlx_nn.Embedding(6, 4), {"weight": as_it_is}),
    ),
    "a parameter of one's own": lambda: (
        in_tensorflow(OwnVariable(), None, {"mix": as_it_is}, layouts={"mix": "dense_oi"}),
        in_mlx(OwnArray(), {"mix": as_it_is}, layouts={"mix": "dense_oi"}),
    ),
    "bfloat16": lambda: (
        in_tensorflow(OwnVariable("bfloat16"), None, {"mix": as_it_is}, layouts={"mix": "array"}),
        in_mlx(OwnArray(mx.bfloat16), {"mix": as_it_is}, layouts={"mix": "array"}),
    ),
}


@pytest.mark.parametrize("rules", [name for name in RULES if name != "keep"])
@pytest.mark.parametrize("name", COLUMNS)
@pytest.mark.filterwarnings("ignore:the rules left something over")
def test_tensorflow_and_mlx_give_what_numpys_arrays_get(name, rules, tmp_path):
    file = tmp_path / "rules.toml"
    file.write_text(RULES[rules])
    numpys = CASES[name]()[0]
    expected = outcome(numpys, file)
    for other, whose in zip(COLUMNS[name](), ("TensorFlow", "MLX"), strict=True):
        got = outcome(other, file)
        if isinstance(expected, dict) and isinstance(got, dict):
            assert got.keys() == expected.keys(), whose
            for path, values in expected.items():
                np.testing.assert_array_equal(got[path].reshape(values.shape), values, whose)
        else:
            assert got == expected, whose

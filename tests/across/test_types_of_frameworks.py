"""Dtypes, shapes and arrays of PyTorch, JAX, TensorFlow and MLX, in the contract."""

import importlib.util

import ml_dtypes
import numpy as np
import pytest

import seedbed
from seedbed.dtypes import ALL, as_dtype
from seedbed.errors import ArgumentError, DTypeError, ShapeError
from seedbed.shapes import as_shape

HOMES = {"torch": "torch", "jax": "jax.numpy", "tensorflow": "tensorflow", "mlx": "mlx.core"}


@pytest.fixture(params=HOMES)
def home(request):
    if importlib.util.find_spec(request.param) is None:
        pytest.skip(f"{request.param} is not installed")
    return request.param, pytest.importorskip(HOMES[request.param])


@pytest.mark.parametrize("name", ALL)
def test_a_dtype_of_a_framework_is_that_of_its_name(home, name):
    framework, module = home
    theirs = getattr(module, "bool_" if framework in ("jax", "mlx") and name == "bool" else name, None)
    if theirs is None:
        pytest.skip(f"{framework} has no {name}")
    expected = ml_dtypes.bfloat16 if name == "bfloat16" else np.dtype(name)
    assert as_dtype(theirs) == expected


def test_a_dtype_that_values_cannot_have_is_refused_by_its_name(home):
    _, module = home
    wrong = (
        next(getattr(module, name) for name in ("qint8", "float8_e4m3fn", "int4") if hasattr(module, name))
        if (not hasattr(module, "Dtype"))
        else module.floating
    )
    with pytest.raises(DTypeError, match=r"got dtype .*; .*float32"):
        seedbed.get("ones")((3,), wrong)
    with pytest.raises(DTypeError, match="got dtype 'int8'; allowed here are float16"):
        seedbed.get("he_normal")((3, 4), module.int8)


def test_a_call_with_their_dtype_gives_the_same_values(home):
    _, module = home
    initializer = seedbed.get("he_normal", seed=7)
    for name in ("float16", "bfloat16", "float32"):
        np.testing.assert_array_equal(initializer((3, 4), getattr(module, name)), initializer((3, 4), name))


@pytest.fixture
def tf():
    return pytest.importorskip("tensorflow")


def test_a_shape_of_tensorflow_is_a_shape(tf):
    assert as_shape(tf.TensorShape([3, 4])) == (3, 4)
    assert as_shape(tf.TensorShape([])) == ()
    assert as_shape(tf.zeros((2, 3)).shape) == (2, 3)
    assert seedbed.get("he_normal", seed=7)(tf.TensorShape([3, 4]), tf.float32).shape == (3, 4)


@pytest.mark.parametrize(
    ("sizes", "match"), [(None, "whose rank is not known"), ([3, None], "whose size of axis 1 is not known")]
)
def test_a_shape_that_is_not_known_is_refused(tf, sizes, match):
    with pytest.raises(ShapeError, match=match):
        seedbed.get("he_normal")(tf.TensorShape(sizes))


def page_example(tf, *, with_config):
    """Return the example of a custom initializer as TensorFlow's page has it, on our contract."""

    class ExampleRandomNormal(seedbed.Initializer):
        def __init__(self, mean, stddev):
            self.mean = mean
            self.stddev = stddev

        def __call__(self, shape, dtype=None, **kwargs):
            return tf.random.normal(shape, mean=self.mean, stddev=self.stddev, dtype=dtype)

    if not with_config:
        return ExampleRandomNormal

    class WithConfig(ExampleRandomNormal):
        def get_config(self):
            return {"mean": self.mean, "stddev": self.stddev}

    return WithConfig


@pytest.mark.parametrize("with_config", [False, True])
def test_the_example_of_tensorflows_page_works_line_by_line(tf, with_config):
    made = page_example(tf, with_config=with_config)(mean=1.0, stddev=0.5)
    again = type(made).from_config(made.get_config())
    assert again == made
    values = made(shape=(30, 40), dtype=tf.float32)
    assert isinstance(values, tf.Tensor)
    assert values.shape == (30, 40)
    out = np.zeros((30, 40), np.float32)
    assert made.fill(out) is out
    assert abs(out.mean() - 1) < 0.1  # 7 standard errors
    assert made.shard((30, 40), np.s_[2:4]).shape == (2, 40)


def test_random_uniform_makes_the_round_trip_of_tensorflows_page(tf):
    initializer = seedbed.get("random_uniform", minval=-1, maxval=1)
    again = type(initializer).from_config(initializer.get_config())
    assert again == initializer
    assert tf.convert_to_tensor(again((2, 2), tf.float32)).dtype == tf.float32


def test_an_array_that_numpy_cannot_read_is_told(tf):
    class Symbolic(seedbed.Initializer):
        def __call__(self, shape, dtype=None):
            return tf.zeros(shape, dtype)

    @tf.function(autograph=False)
    def traced():
        Symbolic().fill(np.zeros((2, 3), np.float32))
        return tf.zeros(())

    with pytest.raises(ArgumentError, match=r"Symbolic gave a SymbolicTensor that NumPy cannot read"):
        traced()


@pytest.mark.parametrize("name", ["torch", "jax"])
def test_an_array_of_another_framework_is_read_where_one_of_numpys_is_needed(name):
    module = pytest.importorskip(HOMES[name])

    class Theirs(seedbed.Initializer):
        def __call__(self, shape, dtype=None):
            return module.ones(shape) * 2

    out = Theirs().fill(np.zeros((2, 3), np.float32))
    assert (out == 2).all()
    with pytest.raises(ArgumentError, match="gave an array of dtype 'float32' when asked for 'float16'"):
        Theirs().fill(np.zeros((2, 3), np.float16))

"""What Keras 2 expects of its own initializers, of ours under the same names.

Written anew after what `tf_keras/src/initializers/initializers_test.py` asserts. Two things differ: an
initializer without a seed draws anew at every call, and those that Keras refuses to draw in parts we draw so.
"""

from __future__ import annotations

import numpy as np
import pytest
from frameworks import framework

tf = framework("tensorflow", plugin="seedbed_tensorflow")
tf_keras = framework("tf_keras")

from seedbed.errors import ArgumentError, ShapeError  # noqa: E402
from seedbed_tensorflow import SeedbedInitializer, as_tf  # noqa: E402

SHAPES = [(5, 6, 4), (8, 12, 99), (12, 99), (7,)]

EXPECTED = {
    "uniform": ("RandomUniform", {"minval": -1, "maxval": 1}, lambda s: (0.0, None, 1, -1)),
    "normal": ("RandomNormal", {"mean": 0, "stddev": 1}, lambda s: (0.0, 1, None, None)),
    "truncated normal": ("TruncatedNormal", {"mean": 0, "stddev": 1}, lambda s: (0.0, None, 2, -2)),
    "constant": ("Constant", {"value": 2.0}, lambda s: (2, 0, 2, 2)),
    "lecun uniform": ("LecunUniform", {}, lambda s: (0.0, np.sqrt(1 / fans(s)[0]), None, None)),
    "glorot uniform": ("GlorotUniform", {}, lambda s: (0.0, np.sqrt(2 / sum(fans(s))), None, None)),
    "he uniform": ("HeUniform", {}, lambda s: (0.0, np.sqrt(2 / fans(s)[0]), None, None)),
    "lecun normal": ("LecunNormal", {}, lambda s: (0.0, np.sqrt(1 / fans(s)[0]), None, None)),
    "glorot normal": ("GlorotNormal", {}, lambda s: (0.0, np.sqrt(2 / sum(fans(s))), None, None)),
    "he normal": ("HeNormal", {}, lambda s: (0.0, np.sqrt(2 / fans(s)[0]), None, None)),
    "zeros": ("Zeros", {}, lambda s: (0.0, 0, 0, 0)),
    "ones": ("Ones", {}, lambda s: (1.0, 0, 1, 1)),
}


def fans(shape):
    field = int(np.prod(shape[:-2]))
    return (field * shape[-2], field * shape[-1]) if len(shape) > 1 else (shape[0], shape[0])


def seeded(name, arguments):
    ours = as_tf(f"tf.keras.initializers.{name}", **arguments)
    return as_tf(ours.initializer, seed=7) if "seed" in ours.initializer.get_config() else ours


@pytest.mark.parametrize("case", EXPECTED)
def test_the_values_have_the_mean_the_deviation_and_the_bounds(case):
    name, arguments, expected = EXPECTED[case]
    shape = (60, 9, 40)
    mean, deviation, highest, lowest = expected(shape)
    values = seeded(name, arguments)(shape).numpy()
    assert values.shape == shape
    bound = 5 * max(values.std(), 1e-9) / np.sqrt(values.size)
    assert values.mean() == pytest.approx(mean, abs=bound)
    if deviation is not None:
        assert values.std() == pytest.approx(deviation, rel=0.03, abs=1e-9)
    if highest is not None:
        assert values.max() == pytest.approx(highest, abs=0.01)
        assert values.min() == pytest.approx(lowest, abs=0.01)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("case", EXPECTED)
def test_a_config_gives_the_same_initializer_and_values(case, shape):
    name, arguments, _ = EXPECTED[case]
    one = seeded(name, arguments)
    two = SeedbedInitializer.from_config(one.get_config())
    written = tf_keras.initializers.deserialize(tf_keras.initializers.serialize(one))
    for other in (two, written, tf_keras.initializers.get(one)):
        assert other == one
        np.testing.assert_array_equal(other(shape).numpy(), one(shape).numpy())


@pytest.mark.parametrize("case", EXPECTED)
def test_a_seeded_initializer_gives_the_same_values_at_every_call(case):
    name, arguments, _ = EXPECTED[case]
    ours = seeded(name, arguments)
    np.testing.assert_array_equal(ours((8, 12)).numpy(), ours((8, 12)).numpy())


@pytest.mark.parametrize("name", ["RandomUniform", "RandomNormal", "GlorotUniform", "Orthogonal"])
def test_one_without_a_seed_draws_anew_at_every_call(name):
    ours = as_tf(f"tf.keras.initializers.{name}")
    assert not np.array_equal(ours((8, 12)).numpy(), ours((8, 12)).numpy())


@pytest.mark.parametrize("case", [*EXPECTED, "orthogonal", "identity"])
def test_a_part_is_that_of_the_whole(case):
    name, arguments, _ = EXPECTED.get(case, (case, {}, None))
    ours = seeded(name, arguments)
    part = ours((4, 2), partition_shape=(2, 2), partition_offset=(1, 0))
    np.testing.assert_array_equal(part.numpy(), ours((4, 2)).numpy()[1:3])


def test_an_orthogonal_matrix_is_one():
    matrix = as_tf("tf.keras.initializers.Orthogonal", seed=7)((10, 10)).numpy()
    np.testing.assert_allclose(matrix @ matrix.T, np.eye(10), atol=1e-5)
    with pytest.raises(ShapeError, match="at least 2"):
        as_tf("tf.keras.initializers.Orthogonal")((5,))


def test_an_identity_is_one_and_of_two_axes():
    np.testing.assert_array_equal(as_tf("tf.keras.initializers.Identity")((4, 3)), np.eye(4, 3))
    with pytest.raises(ShapeError, match="2"):
        as_tf("tf.keras.initializers.Identity")((4, 3, 2))


def test_a_constant_that_is_an_array_broadcasts_and_is_not_reshaped():
    row = as_tf("constant", value=[1.0, 2.0])
    np.testing.assert_array_equal(row((3, 2)).numpy(), [[1, 2]] * 3)
    with pytest.raises(ShapeError, match="to which a constant of shape"):
        as_tf("constant", value=[1.0, 2.0, 3.0, 4.0])((2, 2))


def test_names_that_keras_has_are_ours():
    for name in sorted({*dir(tf_keras.initializers)} - {"Initializer", "deserialize", "get", "serialize"}):
        if not name.startswith("_"):
            assert isinstance(as_tf(f"tf.keras.initializers.{name}"), SeedbedInitializer)


@pytest.mark.parametrize("arguments", [{"scale": -1}, {"mode": "fan"}, {"distribution": "wrong"}])
def test_wrong_arguments_of_a_variance_are_refused(arguments):
    with pytest.raises(ArgumentError, match=next(iter(arguments))):
        as_tf("tf.keras.initializers.VarianceScaling", **arguments)

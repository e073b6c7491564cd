"""What Keras has and core lacks, and Keras's own names."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest
from frameworks import framework

import seedbed
from seedbed.errors import ArgumentError, DTypeError, ShapeError

os.environ.setdefault("KERAS_BACKEND", "jax")
keras = framework("keras")
scipy_signal = pytest.importorskip("scipy.signal")

from seedbed_keras_entries.stft import STFT  # noqa: E402
from seedbed_keras_entries.windows import WINDOWS, window  # noqa: E402

CLASSES = sorted(
    name
    for name in dir(keras.initializers)
    if isinstance(getattr(keras.initializers, name), type)
    and name not in {"Initializer", "IdentityInitializer", "OrthogonalInitializer", "STFTInitializer"}
)


@pytest.mark.parametrize("class_name", CLASSES)
def test_each_name_in_keras_is_an_entry_with_the_defaults_of_keras(class_name):
    theirs = getattr(keras.initializers, class_name)()
    ours = seedbed.get(f"keras.initializers.{class_name}")
    assert ours == seedbed.get(keras.initializers.serialize(theirs))
    assert seedbed.get(f"keras.initializers.{keras.src.utils.naming.to_snake_case(class_name)}") == ours


@pytest.mark.parametrize("name", WINDOWS)
@pytest.mark.parametrize("length", [1, 2, 7, 8])
@pytest.mark.parametrize("periodic", [False, True])
def test_a_window_is_that_of_scipy(name, length, periodic):
    expected = scipy_signal.get_window(name, length, periodic)
    np.testing.assert_allclose(window(name, length, periodic=periodic), expected, atol=1e-12)


@pytest.mark.skipif(not hasattr(keras.initializers, "STFT"), reason="this Keras has no STFT")
@pytest.mark.parametrize("side", ["real", "imag"])
@pytest.mark.parametrize("scaling", ["density", "spectrum", None])
@pytest.mark.parametrize("given", ["hann", "triang", None, [0.5, 1, 2, 1, 1, 1, 1, 1, 1, 0.25]])
def test_stft_kernels_are_those_of_keras(side, scaling, given):
    theirs = keras.initializers.STFT(side, given, scaling)((10, 1, 9), "float32")
    ours = STFT(side, given, scaling=scaling)((10, 1, 9))
    np.testing.assert_allclose(ours, keras.ops.convert_to_numpy(theirs), atol=5e-6)


def test_an_stft_kernel_gives_the_transform_of_a_frame():
    frame = np.random.default_rng(7).normal(size=16)
    sides = [STFT(side, None)((16, 1, 9), "float64")[:, 0] for side in ("real", "imag")]
    np.testing.assert_allclose(frame @ sides[0] + 1j * (frame @ sides[1]), np.fft.rfft(frame), atol=1e-12)


def test_a_large_frame_loses_no_bits():
    kernel = STFT("real", None)((40_000, 1, 3), "float64")
    np.testing.assert_allclose(kernel[-4:, 0, 1], [1, 0, -1, 0], atol=1e-15)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"side": "left"}, "got side='left'; allowed are 'real', 'imag'"),
        ({"window": "kaiser"}, "got window='kaiser'; allowed are bartlett.*get_window gives"),
        ({"window": 3.0}, "one list of finite numbers"),
        ({"window": [1, float("nan")]}, "one list of finite numbers"),
        ({"window": [[1], 2]}, "give a name, None, or a list of numbers"),
        ({"scaling": "power"}, "got scaling='power'; allowed are 'density', 'spectrum', None"),
        ({"periodic": 1}, "got periodic=1; allowed are True and False"),
    ],
)
def test_a_wrong_argument_is_refused(arguments, message):
    with pytest.raises(ArgumentError, match=message):
        STFT(**arguments)


@pytest.mark.parametrize(
    ("initializer", "shape", "message"),
    [
        (STFT(), (16, 9), r"got shape \(16, 9\); a kernel of this kind"),
        (STFT(), (16, 2, 9), r"got shape \(16, 2, 9\); a kernel of this kind"),
        (STFT(), (16, 1, 1), "at least 2 frequencies"),
        (STFT(window=[1.0, 2.0]), (3, 1, 9), "for a window of 2 values"),
        (STFT(), (2, 1, 9), "0 at all 2 values of a frame cannot be scaled"),
    ],
)
def test_a_wrong_shape_is_refused(initializer, shape, message):
    with pytest.raises(ShapeError, match=message):
        initializer(shape)


def test_a_dtype_that_is_not_floating_is_refused():
    with pytest.raises(DTypeError, match="allowed here are float16"):
        STFT()((16, 1, 9), "int32")


def test_the_catalogue_lists_and_loads_these_entries_without_keras():
    code = (
        "import sys, seedbed\n"
        "assert any(entry.name == 'stft' for entry in seedbed.catalogue())\n"
        "seedbed.get('stft')((16, 1, 9)), seedbed.get('keras.initializers.HeNormal', seed=7)\n"
        "sys.exit('keras' in sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


@pytest.mark.parametrize("name", ["VarianceScaling", "variance_scaling", "GlorotUniform", "he_normal"])
def test_the_axes_of_keras_are_taken_by_its_own_names(name):
    scaling = {"scale": 2.0, "mode": "fan_avg", "distribution": "uniform"}
    given = scaling if name.lower().startswith("v") else {}
    ours = seedbed.get(f"keras.initializers.{name}", input_axes=0, output_axes=[1, 2], seed=7, **given)
    axes = {"in": 0, "out": [1, 2], "rest": "batch"}
    same = seedbed.get(f"keras.initializers.{name}", axes=axes, seed=7, **given)
    assert ours == same
    np.testing.assert_array_equal(ours((3, 4, 5)), same((3, 4, 5)))
    with pytest.raises(seedbed.errors.ConfigError, match="input_axes"):
        seedbed.get("he_normal", input_axes=0, output_axes=1)  # a name of ours has axes=


def test_an_error_names_what_was_asked_for():
    with pytest.raises(
        seedbed.errors.ConfigError,
        match=r"^keras\.initializers\.HeNormal, which is seedbed-keras:keras_he_normal: ",
    ):
        seedbed.get("keras.initializers.HeNormal", sead=3)
    with pytest.raises(seedbed.errors.ConfigError, match=r"^seedbed:he_normal: "):
        seedbed.get("he_normal", sead=3)

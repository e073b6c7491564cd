"""One entry, one config and one seed give the same bits in NumPy, PyTorch, JAX and Keras."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from frameworks import framework

import seedbed

torch = framework("torch")
jax = framework("jax")
framework("keras")

import seedbed_jax  # noqa: E402
import seedbed_torch  # noqa: E402

pytestmark = pytest.mark.slow

KEY = 7
SEED = [0, KEY]  # the words of that key
NORMAL = "random_normal"
ENTRIES = {
    "zeros": {},
    "ones": {},
    "constant": {"value": 0.3},
    "identity": {"gain": 0.7},
    "random_uniform": {"minval": -0.1, "maxval": 0.3},
    "random_normal": {"stddev": 0.02},
    "truncated_normal": {},
    "variance_scaling": {"scale": 0.1, "mode": "fan_avg", "distribution": "untruncated_normal"},
    "glorot_uniform": {},
    "glorot_normal": {},
    "he_uniform": {},
    "he_normal": {},
    "lecun_uniform": {},
    "lecun_normal": {},
    "orthogonal": {"gain": 1.5},
    "fan_scaling": {"gain": 0.7, "fan_in": -1, "cutoff": 3, "corrected": True},
    "fan_constant": {"scale": 0.5},
    "linspaced": {"start": 3.0, "stop": 6.0},
    "scaled": {"initializer": NORMAL, "factor": 0.3},
    "shifted": {"initializer": NORMAL, "offset": 0.1},
    "transposed": {"initializer": "he_normal"},
    "blocked": {"initializers": ["he_normal", "glorot_uniform"]},
    "stacked": {"initializer": "he_normal"},
    "repeated": {"initializer": "he_normal", "repeats": 3},
    "padded": {"initializer": NORMAL},
    "sum_of": {"initializers": ["identity", NORMAL]},
}
SHAPE = (24, 18)
DTYPES = ("float32", "bfloat16")


def made(name, **seed):
    """Return the initializer; `seed` goes to those that take one."""
    initializer = seedbed.get(name, **ENTRIES[name])
    return seedbed.get(initializer, **seed) if "seed" in initializer.get_config() else initializer


def by_numpy(name, dtype):
    return made(name, seed=SEED)(SHAPE, dtype).tobytes()


def by_torch(name, dtype):
    tensor = torch.empty(SHAPE, dtype=getattr(torch, dtype))
    seedbed_torch.init_(tensor, made(name, seed=SEED), layout="array")
    return tensor.view(torch.int16 if dtype == "bfloat16" else torch.int32).numpy().tobytes()


def by_jax(name, dtype):
    return np.asarray(seedbed_jax.initializer(made(name))(jax.random.key(KEY), SHAPE, dtype)).tobytes()


@pytest.fixture(scope="module")
def by_keras(tmp_path_factory):
    """Return what each backend of Keras draws, in a process of its own."""
    folder = tmp_path_factory.mktemp("keras")
    configs = {name: (seedbed.to_config(made(name, seed=SEED)), SHAPE) for name in ENTRIES}
    (folder / "configs.json").write_text(json.dumps(configs))
    script = Path(__file__).with_name("drawn_by_keras.py")
    drawn = {}
    for backend in ("numpy", "jax", "torch"):
        out = folder / f"{backend}.npz"
        command = [sys.executable, str(script), str(folder / "configs.json"), str(out)]
        done = subprocess.run(
            command, env={**os.environ, "KERAS_BACKEND": backend}, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        drawn[backend] = np.load(out)
    return drawn


def test_at_least_twenty_entries_are_compared():
    assert len(ENTRIES) >= 20
    assert len({made(name, seed=SEED) for name in ENTRIES}) == len(ENTRIES)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", ENTRIES)
def test_every_framework_gives_the_bits_of_numpy(name, dtype, by_keras):
    expected = by_numpy(name, dtype)
    assert len(expected) == np.prod(SHAPE) * (2 if dtype == "bfloat16" else 4)
    assert by_torch(name, dtype) == expected
    assert by_jax(name, dtype) == expected
    for backend, drawn in by_keras.items():
        assert drawn[f"{name} {dtype}"].tobytes() == expected, backend


def test_another_seed_gives_other_bits_in_each():
    other = made("he_normal", seed=[0, KEY + 1])(SHAPE).tobytes()
    assert other != by_torch("he_normal", "float32")
    assert other != by_jax("he_normal", "float32")

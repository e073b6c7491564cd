"""TensorFlow's and Sonnet's own names, with the defaults that they have there."""

from __future__ import annotations

import inspect
import subprocess
import sys

import numpy as np
import pytest
from frameworks import framework

import seedbed

tf = framework("tensorflow", plugin="seedbed_tensorflow")
tf_keras = framework("tf_keras")
snt = framework("sonnet")

OLD = tf.compat.v1
NONE = {"Initializer", "IdentityInitializer", "OrthogonalInitializer", "STFT", "STFTInitializer"}
NOT_OURS = {"global_variables", "local_variables", "tables", "tables_initializer", "variables"}


def _theirs():
    """Yield every name of an initializer, and what it is."""
    places = {
        "tf_keras.initializers": tf_keras.initializers,
        "tf.keras.initializers": tf.keras.initializers,
        "tf.initializers": tf.initializers,
        "tf.compat.v1.initializers": OLD.initializers,
        "snt.initializers": snt.initializers,
    }
    for place, module in places.items():
        for name in sorted({*dir(module)} - NONE - NOT_OURS - {"stft"}):
            is_one = isinstance(found := getattr(module, name), type) or module is OLD.initializers
            if is_one and not name.startswith("_"):
                yield f"{place}.{name}", found
    for place, module in {"tf": tf, "tf.compat.v1": OLD}.items():
        for name in sorted(dir(module)):
            if name.endswith("_initializer") and name.removesuffix("_initializer") not in NOT_OURS:
                yield f"{place}.{name}", getattr(module, name)


THEIRS = dict(_theirs())
VALUES = {"snt.initializers.Constant": {"value": 0.0}}


def test_no_name_is_missing_from_this_list():
    assert len(THEIRS) > 60
    assert {"tf.random_normal_initializer", "tf.compat.v1.glorot_uniform_initializer"} <= THEIRS.keys()
    assert {"tf.initializers.he_normal", "snt.initializers.TruncatedNormal"} <= THEIRS.keys()


@pytest.mark.parametrize("name", THEIRS)
def test_the_arguments_that_have_defaults_have_theirs(name):
    ours = seedbed.get(name)
    defaults = {
        parameter.name: parameter.default
        for parameter in inspect.signature(THEIRS[name]).parameters.values()
        if parameter.default is not parameter.empty
    }
    known = {key: value for key, value in ours.get_config().items() if key in defaults}
    # Of no upper end TensorFlow makes 1 for what is no whole number.
    wanted = {key: 1.0 if key == "maxval" and defaults[key] is None else defaults[key] for key in known}
    assert known == wanted


@pytest.mark.parametrize("name", THEIRS)
def test_the_values_are_distributed_as_theirs(name):
    tf.random.set_seed(7)
    theirs = np.asarray(THEIRS[name](**VALUES.get(name, {}))((400, 300), tf.float32))
    ours = seedbed.get(name)
    drawn = seedbed.get(name, seed=7)((400, 300)) if "seed" in ours.get_config() else ours((400, 300))
    assert drawn.std() == pytest.approx(theirs.std(), rel=0.01)
    assert drawn.mean() == pytest.approx(theirs.mean(), abs=0.005 + 0.01 * float(theirs.std()))
    np.testing.assert_allclose(
        np.quantile(drawn, [0.1, 0.9]), np.quantile(theirs, [0.1, 0.9]), rtol=0.1, atol=1e-4
    )
    # Keras 2 draws others in each process. The largest of 120,000 normal values is below 3.46 sigma once in
    # 10^14 cases, and ours is 5.0; what is truncated ends at 2.3.
    np.testing.assert_allclose([drawn.min(), drawn.max()], [theirs.min(), theirs.max()], rtol=0.45, atol=1e-4)


def test_every_alias_is_a_name_of_theirs():
    ours = {
        alias
        for entry in seedbed.catalogue()
        if entry.provider == "seedbed-tensorflow"
        for alias in entry.aliases
        if not alias.startswith(("sonnet.", "tf.compat.v1.keras."))
    }
    assert ours == {*THEIRS}


def test_the_catalogue_loads_these_entries_without_tensorflow():
    code = (
        "import sys, seedbed\n"
        "seedbed.get('tf.keras.initializers.HeNormal', seed=7), seedbed.get('snt.initializers.Zeros')\n"
        "sys.exit('tensorflow' in sys.modules or 'sonnet' in sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)

"""What docstrings say of other frameworks is true of those installed: names, and equal distributions."""

import os

import numpy as np
import pytest

os.environ.setdefault("KERAS_BACKEND", "numpy")

from seedbed.catalogue.catalogue import Catalogue
from seedbed_tools.pages import describe

pytestmark = pytest.mark.slow  # Keras and JAX take seconds to be imported

SHAPE = (256, 128)
CATALOGUE = Catalogue(scan=False)
PEERS = [
    (entry.name, framework, peer)
    for entry in CATALOGUE
    for peer in describe(CATALOGUE, entry).docstring.peers
    for framework in peer.terms
]
THE_SAME = [(name, framework, peer.kind) for name, framework, peer in PEERS if not peer.text]
"""What has no difference to tell of."""


def module_of(framework):
    if framework == "PyTorch":
        return pytest.importorskip("torch.nn.init", reason="PyTorch is in the dependency group peers")
    return pytest.importorskip({"Keras": "keras.initializers", "JAX": "jax.nn.initializers"}[framework])


def drawn_by_keras(name):
    return getattr(module_of("Keras"), name)()(SHAPE)


def drawn_by_jax(name):
    import jax

    factory = getattr(module_of("JAX"), name)
    if name in {"zeros", "ones"}:
        return factory(jax.random.key(7), SHAPE)
    return (factory(0.0) if name == "constant" else factory())(jax.random.key(7), SHAPE)


def drawn_by_torch(name):
    initialize = getattr(module_of("PyTorch"), name)
    import torch

    return initialize(torch.empty(SHAPE)).numpy()


DRAWN_BY = {"Keras": drawn_by_keras, "JAX": drawn_by_jax, "PyTorch": drawn_by_torch}


def differences(ours, theirs):
    """Return by what two samples differ that are of one distribution; the bounds hold for all of `PEERS`.

    A sample's standard deviation has a relative error of 1 / sqrt(2 n) at most, for these distributions, and
    the largest of n normal values one below 0.08. Truncation brings it from 4 to 2.3 standard deviations.
    """
    n, spread = ours.size, ours.std()
    found = {
        "mean": abs(ours.mean() - theirs.mean()) - 7 * spread / np.sqrt(n),
        "stddev": abs(spread - theirs.std()) - 7 * spread / np.sqrt(2 * n),
        "largest": abs(ours.max() - theirs.max()) - 0.3 * abs(ours.max()),
    }
    return {name: excess for name, excess in found.items() if excess > 1e-7}


def test_every_initializer_with_a_formula_of_its_own_names_its_peers():
    assert {name for name, _, _ in PEERS} >= {"zeros", "he_normal", "orthogonal", "truncated_normal"}
    assert {framework for _, framework, _ in PEERS} >= {"Keras", "TensorFlow", "PyTorch", "JAX"}


@pytest.mark.parametrize("framework", DRAWN_BY)
def test_every_name_of_a_peer_is_its(framework):
    module = module_of(framework)
    names = [peer.kind for _, of, peer in PEERS if of == framework and peer.kind]
    assert names
    assert [name for name in names if not hasattr(module, name)] == []


@pytest.mark.parametrize(
    ("name", "framework", "theirs"),
    [row for row in THE_SAME if row[1] in DRAWN_BY],
    ids=lambda part: part,
)
def test_a_peer_without_a_difference_draws_the_same_distribution(name, framework, theirs):
    seed = {"seed": 7} if "seed" in CATALOGUE.get(name).get_config() else {}
    ours = CATALOGUE.get(name, **seed)(SHAPE)
    assert differences(ours, np.asarray(DRAWN_BY[framework](theirs))) == {}


@pytest.mark.parametrize(
    ("ours", "other", "by"),
    [
        ({"mode": "fan_in"}, {"mode": "fan_out"}, "stddev"),
        ({}, {"distribution": "untruncated_normal"}, "largest"),
        ({}, {"distribution": "uniform"}, "largest"),
    ],
)
def test_another_distribution_would_be_noticed(ours, other, by):
    values = [CATALOGUE.get("variance_scaling", seed=7, **arguments)(SHAPE) for arguments in (ours, other)]
    assert by in differences(*values) or by in differences(*reversed(values))

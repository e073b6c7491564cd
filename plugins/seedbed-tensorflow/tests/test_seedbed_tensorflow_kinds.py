"""Every layer of Keras 2's that makes weights tells their kinds."""

from __future__ import annotations

import contextlib
import inspect
import itertools

import numpy as np
import pytest
from frameworks import framework

framework("tensorflow", plugin="seedbed_tensorflow")
tf_keras = framework("tf_keras")

from seedbed_tensorflow import plan  # noqa: E402
from seedbed_tensorflow.paths import parameters  # noqa: E402

layers = tf_keras.layers

MAKE = {
    "AdditiveAttention": lambda kind: kind(use_scale=True),
    "Attention": lambda kind: kind(use_scale=True, score_mode="concat"),
    "EinsumDense": lambda kind: kind("ab,bc->ac", 3, bias_axes="c"),
    "Embedding": lambda kind: kind(5, 3),
    "GroupNormalization": lambda kind: kind(2),
    "MultiHeadAttention": lambda kind: kind(2, 4),
    "RNN": lambda kind: kind(layers.LSTMCell(3)),
    "SpectralNormalization": lambda kind: kind(layers.Dense(3)),
}
"""How to make a layer that needs other arguments than `units`, `filters` and `kernel_size`."""

MAKES_NONE = {
    *("Layer", "AbstractRNNCell", "Discretization", "Normalization", "STFTSpectrogram"),
    *("FlaxLayer", "JaxLayer", "TFSMLayer", "TorchModuleWrapper"),
}
"""What makes state alone, or weights only for subclasses or for a model of somebody's own."""


def made(kind):
    """Return a layer of a class, after a call with the first inputs by which it gets weights."""
    needed = inspect.signature(kind).parameters
    sizes = {name: 4 for name in ("units", "filters") if name in needed}
    sizes |= {name: 2 for name in ("kernel_size",) if name in needed}
    make = MAKE.get(kind.__name__, lambda kind: kind(**sizes))
    for rank, many in itertools.product((2, 3, 4, 5, 6), (1, 2)):
        inputs = [np.ones((2, *(4,) * (rank - 1)), "float32")] * many
        for arguments in (inputs, [inputs]):
            layer = make(kind)
            with contextlib.suppress(Exception):  # it takes others
                layer(*arguments)
            if layer.trainable_weights:
                return layer
    return pytest.fail(f"{kind.__name__} has got no weights; say in MAKE how to make one that has")


def makers():
    """Return the classes of which some method adds weights."""
    found = {kind for kind in vars(layers).values() if isinstance(kind, type)}
    adding = [kind for kind in found if issubclass(kind, layers.Layer) and any(map(adds, kind.__mro__))]
    names = {kind.__name__: kind for kind in adding if kind.__name__ not in MAKES_NONE}
    return [names[name] for name in sorted(names)]


def adds(kind):
    is_theirs = kind.__module__.startswith("tf_keras.src.layers.") and kind is not layers.Layer
    return is_theirs and "add_weight(" in inspect.getsource(kind)


@pytest.mark.slow
@pytest.mark.parametrize("kind", makers())
def test_every_weight_of_a_layer_of_keras_2_has_a_kind(kind):
    kinds = {one.path: one.told.kind for one in parameters(made(kind))}
    assert kinds
    assert None not in kinds.values(), kinds


def test_the_scales_of_attention_are_linear():
    for kind in (layers.Attention, layers.AdditiveAttention):
        kinds = {one.path: one.told.kind for one in parameters(made(kind))}
        assert {*kinds.values()} == {"linear"}


def test_a_locally_connected_layer_is_a_matrix_for_each_position():
    found = plan(made(layers.LocallyConnected2D), {"*": "he_normal"}, seed=7, prefix="")
    assert "(9, 16, 4) as experts_io, fan_in=16, fan_out=4" in str(found)

"""Models of every way in which Keras builds one, for the tests of this folder."""

from __future__ import annotations

import keras
import numpy as np
import pytest

# Where Keras traces shapes on NumPy, it computes with arrays that nobody filled.
KERAS_WARNINGS = pytest.mark.filterwarnings("ignore:.* encountered in .*:RuntimeWarning")


def values(given):
    """Return a variable, or a tensor, as a NumPy array."""
    return keras.ops.convert_to_numpy(given.value if hasattr(given, "value") else given)


@keras.saving.register_keras_serializable(package="seedbed_tests")
class Unnamed(keras.layers.Layer):
    """A layer that gives its weights no names, as many do."""

    def __init__(self, units, initializer, **options):
        super().__init__(**options)
        self.units = units
        self.initializer = keras.initializers.get(initializer)

    def build(self, input_shape):
        shape = (input_shape[-1], self.units)
        self.first = self.add_weight(shape=shape, initializer=self.initializer)
        self.count = self.add_weight(shape=(), initializer="zeros", trainable=False)
        self.second = self.add_weight(shape=shape, initializer=self.initializer)

    def call(self, inputs):
        return keras.ops.matmul(inputs, self.first + self.second)

    def get_config(self):
        initializer = keras.initializers.serialize(self.initializer)
        return {**super().get_config(), "units": self.units, "initializer": initializer}


@keras.saving.register_keras_serializable(package="seedbed_tests")
class Block(keras.Model):
    """A model with a `call` and no `build`, whose weights Keras makes while it traces shapes."""

    def __init__(self, initializer, **options):
        super().__init__(**options)
        self.initializer = keras.initializers.get(initializer)
        self.attention = keras.layers.MultiHeadAttention(
            2, 4, kernel_initializer=self.initializer, name="attention"
        )
        self.stack = [
            keras.layers.Dense(6, kernel_initializer=self.initializer, name=f"dense_{n}") for n in range(2)
        ]
        self.loose = Unnamed(6, self.initializer, name="loose")

    def call(self, inputs):
        outputs = self.attention(inputs, inputs)
        for dense in self.stack:
            outputs = dense(outputs)
        return self.loose(outputs)

    def get_config(self):
        return {**super().get_config(), "initializer": keras.initializers.serialize(self.initializer)}


def subclassed(initializer):
    model = Block(initializer, name="block")
    model(np.zeros((1, 3, 6), "float32"))
    return model


def sequential(initializer):
    return keras.Sequential(
        [
            keras.Input((8, 8, 4)),
            keras.layers.Conv2D(4, 3, groups=2, kernel_initializer=initializer, name="grouped"),
            keras.layers.Conv2DTranspose(6, 3, kernel_initializer=initializer, name="up"),
            keras.layers.DepthwiseConv2D(3, depthwise_initializer=initializer, name="depth"),
            keras.layers.SeparableConv2D(
                4, 3, depthwise_initializer=initializer, pointwise_initializer=initializer, name="apart"
            ),
            keras.layers.BatchNormalization(name="norm"),
            keras.layers.Reshape((-1, 4), name="flat"),
            keras.layers.LSTM(
                3,
                kernel_initializer=initializer,
                recurrent_initializer=initializer,
                bias_initializer=initializer,
                name="memory",
            ),
        ],
        name="convolutions",
    )


def functional(initializer):
    inputs = keras.Input((5,), dtype="int32", name="tokens")
    hidden = keras.layers.Embedding(11, 6, embeddings_initializer=initializer, name="table")(inputs)
    hidden = Block(initializer, name="inner")(hidden)
    hidden = keras.layers.EinsumDense(
        "btd,hed->bteh", (5, 3, 2), kernel_initializer=initializer, name="backwards"
    )(hidden)
    return keras.Model(inputs, hidden, name="functional")


MODELS = {"subclassed": subclassed, "sequential": sequential, "functional": functional}


def random_weights(model):
    """Return the weights of a model whose values an initializer of ours drew."""
    return [v for v in model.weights if values(v).size > 1 and values(v).std() > 0]

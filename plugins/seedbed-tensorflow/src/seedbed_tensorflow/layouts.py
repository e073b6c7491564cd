"""What the layers of Keras 2 and Sonnet tell of their weights: their kind, and which axis is which."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple, TypeAlias

from seedbed.fans import Axes, axes_of_einsum
from seedbed.models import Layout
from seedbed.models.layout import ARRAY, LAYOUTS

Shape: TypeAlias = tuple[int, ...]
Reading: TypeAlias = Layout | Callable[[Any, Shape], Layout | None]


class Layer(NamedTuple):
    """A class of layers: its kind, and what the axes are of each weight that it has by itself."""

    kind: str
    weights: Mapping[str, Reading]


class Told(NamedTuple):
    """What is known of a weight: the kind of its layer, its layout, and the last part of its path."""

    kind: str | None
    layout: Layout | None
    leaf: str


def package_of(kind: type) -> str:
    """Return the top-level package of a class."""
    return kind.__module__.partition(".")[0]


def layer_of(node: object) -> Layer | None:
    """Return what is known of the class of a layer, or of the nearest that it extends."""
    found = (_LAYERS.get((package_of(base), base.__name__)) for base in type(node).__mro__)
    return next((layer for layer in found if layer is not None), None)


def told(node: object, name: str, shape: Shape) -> Told:
    """Return what a layer tells of its own weight `name`; of a module of somebody's own nothing is known."""
    layer = layer_of(node)
    if layer is None or name not in layer.weights:
        return Told(None, None, _LEAVES.get(name, name))
    reading = layer.weights[name]
    layout = reading if isinstance(reading, Layout) else reading(node, shape)
    is_only = name == "depthwise_kernel" and "pointwise_kernel" not in layer.weights
    leaves = {**_LEAVES, **_LEAVES_OF_SONNET}
    return Told(layer.kind, layout, "weight" if is_only else leaves.get(name, name))


def _einsum(layer: Any, shape: Shape) -> Layout:  # noqa: ARG001
    return Layout(axes_of_einsum(layer.equation))


def _einsum_bias(layer: Any, shape: Shape) -> Layout:  # noqa: ARG001
    return Layout(Axes((), tuple(range(len(shape)))))  # several axes of outputs


def _convolution(layer: Any, shape: Shape) -> Layout:  # noqa: ARG001
    return Layout(Axes((-2,), (-1,), groups=getattr(layer, "groups", 1)))


def _depthwise(layer: Any, shape: Shape) -> Layout:  # noqa: ARG001
    """Return the layout of a kernel of one group for each channel, which has an axis of its own."""
    return Layout(Axes((), (-2, -1), groups=shape[-2] or 1))


def _unshared(layer: Any, shape: Shape) -> Layout | None:  # noqa: ARG001
    """Return the layout of one matrix for each position, as the default implementation stores them."""
    return LAYOUTS["experts_io"] if layer.implementation == 1 else None


def _unshared_bias(layer: Any, shape: Shape) -> Layout:  # noqa: ARG001
    return Layout(Axes((), (-1,), batch=tuple(range(len(shape) - 1))))


_LEAVES: Final = {
    "kernel": "weight",
    "gamma": "weight",
    "scale": "weight",
    "embeddings": "weight",
    "beta": "bias",
}
"""The last parts of paths, for what Keras calls the weights."""

_LEAVES_OF_SONNET: Final = {"w": "weight", "b": "bias", "offset": "bias"}

_MATRIX: Final = LAYOUTS["dense_io"]
_SPACE: Final = Layout(Axes((-2,), (-1,)))
_TRANSPOSED: Final = Layout(Axes((-1,), (-2,)))
"""Of a kernel that is stored with its outputs before its inputs."""

_KERAS: Final[Mapping[str, Layer]] = {
    "Dense": Layer("linear", {"kernel": _MATRIX, "bias": ARRAY}),
    "EinsumDense": Layer("linear", {"kernel": _einsum, "bias": _einsum_bias}),
    "Conv": Layer("conv", {"kernel": _convolution, "bias": ARRAY}),
    **{f"Conv{rank}DTranspose": Layer("conv", {"kernel": _TRANSPOSED, "bias": ARRAY}) for rank in (1, 2, 3)},
    "DepthwiseConv": Layer("conv", {"depthwise_kernel": _depthwise, "bias": ARRAY}),
    "SeparableConv": Layer(
        "conv", {"depthwise_kernel": _depthwise, "pointwise_kernel": _SPACE, "bias": ARRAY}
    ),
    "Embedding": Layer("embedding", {"embeddings": LAYOUTS["embedding"]}),
    **dict.fromkeys(
        ("BatchNormalizationBase", "LayerNormalization", "GroupNormalization"),
        Layer("norm", {"gamma": ARRAY, "beta": ARRAY}),
    ),
    **dict.fromkeys(
        ("LSTMCell", "GRUCell", "SimpleRNNCell"),
        Layer("recurrent", {"kernel": _MATRIX, "recurrent_kernel": _MATRIX, "bias": ARRAY}),
    ),
    "ConvLSTMCell": Layer("recurrent", {"kernel": _SPACE, "recurrent_kernel": _SPACE, "bias": ARRAY}),
    **dict.fromkeys(
        ("LocallyConnected1D", "LocallyConnected2D"),
        Layer("conv", {"kernel": _unshared, "bias": _unshared_bias}),
    ),
    "BaseDenseAttention": Layer("linear", dict.fromkeys(("scale", "concat_score_weight"), ARRAY)),
    "PReLU": Layer("activation", {"alpha": ARRAY}),
}

_SONNET: Final[Mapping[str, Layer]] = {
    "Linear": Layer("linear", {"w": _MATRIX, "b": ARRAY}),
    "ParallelLinears": Layer(
        "linear", {"w": LAYOUTS["experts_io"], "b": Layout(Axes((), (1, 2), batch=(0,)))}
    ),
    "ConvND": Layer("conv", {"w": _SPACE, "b": ARRAY}),
    "ConvNDTranspose": Layer("conv", {"w": _TRANSPOSED, "b": ARRAY}),
    "DepthwiseConv2D": Layer("conv", {"w": _depthwise, "b": ARRAY}),
    "Embed": Layer("embedding", {"embeddings": LAYOUTS["embedding"]}),
    **dict.fromkeys(
        ("BaseBatchNorm", "LayerNorm", "GroupNorm"), Layer("norm", {"scale": ARRAY, "offset": ARRAY})
    ),
    **dict.fromkeys(
        ("LSTM", "UnrolledLSTM", "GRU", "CuDNNGRU"),
        Layer("recurrent", {"w_i": _MATRIX, "w_h": _MATRIX, "projection": _MATRIX, "b": ARRAY}),
    ),
    **dict.fromkeys(("VanillaRNN", "_ConvNDLSTM"), Layer("recurrent", {"b": ARRAY})),
}

_LAYERS: Final[Mapping[tuple[str, str], Layer]] = {
    **{(package, name): layer for package in ("tf_keras", "keras") for name, layer in _KERAS.items()},
    **{("sonnet", name): layer for name, layer in _SONNET.items()},
}
"""By the package and the name of the class. Keras 2 is `keras` in TensorFlow 2.15."""

"""How the axes of a layer's weight are to be read: which are inputs, which outputs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeAlias

import keras
import numpy.typing as npt

from seedbed.fans import PRESETS, Axes, axes_of_einsum
from seedbed.models.layout import ARRAY, LAYOUTS, Layout

Array: TypeAlias = npt.NDArray[Any]
Shape: TypeAlias = tuple[int, ...]


def layout_of(layer: keras.Layer | None, name: str, shape: Shape) -> Layout:
    """Return the layout of the weight `name` of `layer`; one of no known layer is drawn as it is stored."""
    for kinds, own_name, reading in _BY_NAME if layer is not None else ():
        if name == own_name and isinstance(layer, kinds):
            axes = reading(layer, shape)
            return ARRAY if axes is None else Layout(axes, _PRESETS.get(axes, ""))
    if isinstance(layer, _MATRICES) and name in _OF_MATRICES:
        return LAYOUTS["dense_io"]
    return ARRAY


def kind_of(layer: keras.Layer, name: str) -> str | None:
    """Return the kind of a layer of Keras's, or of a subclass for the weights that Keras's class has."""
    if name.startswith("lora_"):
        return "linear"
    if not type(layer).__module__.startswith("keras.") and name not in _NAMES:
        return None
    bases = (base.__name__ for base in type(layer).__mro__ if base.__module__.startswith("keras."))
    return next((_KINDS[base] for base in bases if base in _KINDS), None)


def _einsum(layer: keras.Layer, shape: Shape) -> Axes | None:
    axes = axes_of_einsum(layer.equation)
    # A kernel may have been quantized into another shape.
    return axes if len(axes.inputs + axes.outputs + axes.batch) == len(shape) else None


def _einsum_bias(layer: keras.Layer, shape: Shape) -> Axes:  # noqa: ARG001
    """Return the roles of a bias whose axes are all outputs."""
    return Axes((), tuple(range(len(shape))))


def _convolution(layer: keras.Layer, shape: Shape) -> Axes:  # noqa: ARG001
    return Axes((-2,), (-1,), groups=layer.groups)


def _transposed(layer: keras.Layer, shape: Shape) -> Axes:  # noqa: ARG001
    """Return the roles of a kernel that is stored with its outputs before its inputs."""
    return Axes((-1,), (-2,))


def _depthwise(layer: keras.Layer, shape: Shape) -> Axes:  # noqa: ARG001
    """Return the roles of a kernel of one group for each channel, which Keras has as an axis of its own."""
    return Axes((), (-2, -1), groups=max(1, shape[-2]))


_NAMES: Final = frozenset(
    (
        *("kernel", "bias", "depthwise_kernel", "pointwise_kernel", "recurrent_kernel"),
        *("embeddings", "reverse_embeddings", "gamma", "beta", "scale", "alpha"),
        "concat_score_weight",
    )
)
"""What Keras calls the weights of its layers."""

_KINDS: Final = {
    **dict.fromkeys(("Dense", "EinsumDense", "Attention"), "linear"),
    **{
        f"{kind}Conv{rank}D{side}": "conv"
        for kind in ("", "Depthwise", "Separable")
        for rank in (1, 2, 3)
        for side in ("", "Transpose")
    },
    **dict.fromkeys(("Embedding", "ReversibleEmbedding"), "embedding"),
    **{f"{kind}Normalization": "norm" for kind in ("Batch", "Layer", "Group", "RMS")},
    **{f"{kind}Cell": "recurrent" for kind in ("LSTM", "GRU", "SimpleRNN", "ConvLSTM")},
    "PReLU": "activation",
}
"""By the name of Keras's class, of which some are in later versions alone."""

_PRESETS: Final = {PRESETS[name]: name for name in ("conv_hwio", "transposed_hwoi")}

_layers: Final = keras.layers
_MATRICES: Final = (_layers.Dense, _layers.Embedding)
_OF_MATRICES: Final = ("kernel", "embeddings")
_BY_NAME: Final[tuple[tuple[tuple[type, ...], str, Callable[[keras.Layer, Shape], Axes | None]], ...]] = (
    ((_layers.EinsumDense,), "kernel", _einsum),
    ((_layers.EinsumDense,), "bias", _einsum_bias),
    ((_layers.Conv1DTranspose, _layers.Conv2DTranspose, _layers.Conv3DTranspose), "kernel", _transposed),
    ((_layers.DepthwiseConv1D, _layers.DepthwiseConv2D), "kernel", _depthwise),
    ((_layers.SeparableConv1D, _layers.SeparableConv2D), "depthwise_kernel", _depthwise),
    ((_layers.Conv1D, _layers.Conv2D, _layers.Conv3D), "kernel", _convolution),
)

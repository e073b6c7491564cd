"""How the axes of a layer's weight are to be read: which are inputs, which outputs.

Every weight is drawn with its inputs before its outputs, behind its receptive field, so that core's rule of
fans is right, and orthogonal matrices are made of inputs and outputs. It is then given the axes that Keras
stores. For dense layers, convolutions and embeddings the two are the same.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import prod
from typing import Any, Final, TypeAlias

import keras
import numpy as np
import numpy.typing as npt

from seedbed import Initializer
from seedbed.drawing import check, is_divisible
from seedbed.dtypes import as_dtype

Array: TypeAlias = npt.NDArray[Any]
Shape: TypeAlias = tuple[int, ...]
Ends: TypeAlias = tuple[tuple[int, int], ...]
"""Of a part of an array: the first index of each axis, and the one after the last."""


@dataclass(frozen=True, slots=True)
class Layout:
    """How a weight is drawn, and how Keras stores it.

    Parameters
    ----------
    drawn
        The shape in which it is drawn.
    split
        The same with the axes that Keras has, before they are put in Keras's order.
    order
        Where in `split` each of the stored axes is.
    axes
        What `seedbed.fans` must know besides the shape that is drawn.
    """

    drawn: Shape
    split: Shape
    order: Shape
    axes: str | dict[str, Any] | None = None

    def check(self, initializer: Initializer, dtype: str) -> None:
        """Raise what `initializer` has against the weight, where an empty part of it costs nothing."""
        check(with_axes(initializer, self.axes), self.drawn, as_dtype(dtype))

    def fill(self, initializer: Initializer, out: Array) -> None:
        """Write values into `out`, which has the stored shape."""
        initializer = with_axes(initializer, self.axes)
        inverse = tuple(int(axis) for axis in np.argsort(self.order))
        target = out.transpose(inverse)
        if np.may_share_memory(flat := target.reshape(self.drawn), out):  # a view, and no copy
            initializer.fill(flat)
        else:
            target[...] = initializer(self.drawn, out.dtype).reshape(self.split)

    def part(self, initializer: Initializer, ends: Ends, dtype: str) -> Array | None:
        """Return the part between `ends` of the stored weight, or ``None`` if it cannot be drawn alone."""
        inverse = np.argsort(self.order)
        firsts, stops = np.array(ends, int).reshape(-1, 2)[inverse].T
        box = _box(firsts, stops, self.split, self.drawn) if is_divisible(initializer) else None
        if box is None:
            return None
        drawn = with_axes(initializer, self.axes).shard(self.drawn, box, dtype)
        return drawn.reshape(stops - firsts).transpose(self.order)


def is_seeded(initializer: Initializer) -> bool:
    """Say whether `initializer` has a stream of which each weight can get one of its own."""
    return initializer.fold_in("") != initializer


def _box(firsts: Array, stops: Array, split: Shape, drawn: Shape) -> tuple[slice, ...] | None:
    """Return where in `drawn` the part of `split` is, or ``None`` if it is no box there."""
    if (firsts >= stops).any() or not split:
        return None
    corners = [np.unravel_index(np.ravel_multi_index(tuple(at), split), drawn) for at in (firsts, stops - 1)]
    box = tuple(slice(int(first), int(last) + 1) for first, last in zip(*corners, strict=True))
    # Axes of `drawn` are runs of those of `split`, so that all of the part is between its corners.
    is_all = prod(run.stop - run.start for run in box) == prod(int(size) for size in stops - firsts)
    return box if is_all else None


def layout_of(layer: keras.Layer | None, name: str, shape: Shape, initializer: Initializer) -> Layout:
    """Return how the weight `name` of `layer` is drawn.

    A weight of no known layer, and one whose `initializer` has been told the axes of what Keras stores, is
    drawn as it is stored.
    """
    if layer is None or has_axes(initializer.get_config()):
        return stored(shape)
    for kinds, own_name, reading in _BY_NAME:
        if name == own_name and isinstance(layer, kinds):
            return reading(layer, shape)
    return stored(shape)


def stored(shape: Shape) -> Layout:
    """Return the layout of a weight that is drawn as it is stored."""
    return Layout(shape, shape, _in_order(shape))


def has_axes(arguments: dict[str, Any]) -> bool:
    """Say whether the arguments of an initializer, or of one among them, say which axes are which."""
    return arguments.get("axes") is not None or any(has_axes(inner) for inner in _inner(arguments))


def is_by_position(arguments: dict[str, Any]) -> bool:
    """Say whether the arguments of an initializer, or of one among them, have an array of its values."""
    has_array = isinstance(arguments.get("value"), list | dict)
    return has_array or any(is_by_position(inner) for inner in _inner(arguments))


def with_axes(initializer: Initializer, axes: str | dict[str, Any] | None) -> Initializer:
    """Return `initializer` with `axes` wherever it, or one that it is made of, takes them."""
    if axes is None:
        return initializer
    return type(initializer).from_config(_bound(initializer.get_config(), axes))


def _bound(value: Any, axes: Any) -> Any:
    if isinstance(value, list):
        return [_bound(part, axes) for part in value]
    if not isinstance(value, dict):
        return value
    return {
        key: axes if key == "axes" and part is None else _bound(part, axes) for key, part in value.items()
    }


def _inner(arguments: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the arguments of the initializers among `arguments`, which are there as configs."""
    parts = [part for value in arguments.values() for part in (value if isinstance(value, list) else [value])]
    return [part["config"] for part in parts if isinstance(part, dict) and "class_name" in part]


def _einsum(layer: keras.Layer, shape: Shape) -> Layout:
    operands, _, outputs = layer.equation.replace(" ", "").partition("->")
    inputs, _, letters = operands.partition(",")
    if len(letters) != len(shape):  # of a kernel that was quantized into another shape
        return stored(shape)
    batch = [at for at, letter in enumerate(letters) if letter in inputs and letter in outputs]
    ins = [at for at, letter in enumerate(letters) if letter in inputs and letter not in outputs]
    outs = [at for at, letter in enumerate(letters) if letter not in inputs]
    sizes = [tuple(shape[at] for at in role) for role in (batch, ins, outs)]
    return Layout(
        (*sizes[0], prod(sizes[1]), prod(sizes[2])),
        (*sizes[0], *sizes[1], *sizes[2]),
        tuple((batch + ins + outs).index(at) for at in range(len(shape))),
        "experts_io" if batch else None,
    )


def _einsum_bias(layer: keras.Layer, shape: Shape) -> Layout:  # noqa: ARG001
    """Return the layout of a bias whose axes are all outputs."""
    return Layout((prod(shape),), shape, _in_order(shape))


def _convolution(layer: keras.Layer, shape: Shape) -> Layout:
    return (
        stored(shape) if layer.groups == 1 else Layout(shape, shape, _in_order(shape), _groups(layer.groups))
    )


def _transposed(layer: keras.Layer, shape: Shape) -> Layout:  # noqa: ARG001
    """Return the layout of a kernel that is stored with its outputs before its inputs."""
    *receptive, outs, ins = shape
    drawn = (*receptive, ins, outs)
    last = len(shape) - 1
    return Layout(drawn, drawn, (*range(last - 1), last, last - 1))


def _depthwise(layer: keras.Layer, shape: Shape) -> Layout:  # noqa: ARG001
    """Return the layout of a kernel of one group for each channel, which Keras has as an axis of its own."""
    *receptive, channels, multiplier = shape
    return Layout((*receptive, 1, channels * multiplier), shape, _in_order(shape), _groups(channels))


def _groups(groups: int) -> dict[str, Any]:
    return {"preset": "conv_hwio", "groups": groups}


def _in_order(shape: Shape) -> Shape:
    return tuple(range(len(shape)))


_layers: Final = keras.layers
_BY_NAME: Final[tuple[tuple[tuple[type, ...], str, Callable[[keras.Layer, Shape], Layout]], ...]] = (
    ((_layers.EinsumDense,), "kernel", _einsum),
    ((_layers.EinsumDense,), "bias", _einsum_bias),
    ((_layers.Conv1DTranspose, _layers.Conv2DTranspose, _layers.Conv3DTranspose), "kernel", _transposed),
    ((_layers.DepthwiseConv1D, _layers.DepthwiseConv2D), "kernel", _depthwise),
    ((_layers.SeparableConv1D, _layers.SeparableConv2D), "depthwise_kernel", _depthwise),
    ((_layers.Conv1D, _layers.Conv2D, _layers.Conv3D), "kernel", _convolution),
)

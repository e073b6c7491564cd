"""What modules of Flax's nnx and of Equinox tell of the axes of their weights.

More axes than a module has by itself are stacks of modules, as `jax.vmap`, and what libraries make of it,
give them. They are where the others have the sizes that the module tells, and in front where it tells none.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import combinations
from types import MappingProxyType
from typing import Any, Final, NamedTuple, TypeAlias

from seedbed.errors import ArgumentError
from seedbed.fans import Axes, axes_of_einsum

Shape: TypeAlias = tuple[int, ...]
Parents: TypeAlias = Sequence[tuple[Any, str]]
"""The nodes that a leaf is in, the nearest first, each with the name that the one around has for it."""


_LIBRARIES: Final = (["flax", "nnx"], ["equinox", "nn"])


class Step(NamedTuple):
    """A node on the way to a leaf, and what it calls the next."""

    node: Any
    name: str


class Told(NamedTuple):
    """The roles of the axes of one layer's own weight, counted from the front, and its shape."""

    axes: Axes
    shape: Shape


_Telling: TypeAlias = Callable[[Any, Shape], Told | None]


def told_by_module(parents: Parents, name: str, shape: Shape) -> Axes | None:
    """Return the roles of a leaf of such a name and shape, stacks included; ``None`` if no module tells."""
    module = parents[0][0] if parents else None
    rows = next((_ROWS[one] for one in classes_of(module) if one in _ROWS), {})
    told = rows[name](module, shape) if name in rows else None
    return None if told is None else with_stacks(told, shape)


def classes_of(node: object) -> tuple[str, ...]:
    """Return which classes of Flax's nnx and of Equinox a node is of, such as ``"nnx.Linear"``."""
    kind: Any = type(node)  # for mypy, types have no hash
    return _classes_of(kind)


@functools.cache
def _classes_of(kind: type) -> tuple[str, ...]:
    found = (f"{one.__module__}.{one.__qualname__}".split(".") for one in kind.__mro__)
    return tuple(f"{names[1]}.{names[-1]}" for names in found if names[:2] in _LIBRARIES)


def with_stacks(told: Told, shape: Shape) -> Axes | None:
    """Return the roles in a weight of `shape`; ``None`` if it has fewer axes than the layer's own."""
    count = len(shape) - len(told.shape)
    if count < 0:
        return None
    places = [*combinations(range(len(shape)), count)]  # those in front first
    fitting = (stacks for stacks in places if without(shape, stacks) == told.shape)
    return stacked(told.axes, next(fitting, places[0]), len(shape))


def stacked(axes: Axes, stacks: Shape, rank: int) -> Axes:
    """Return the roles of a layer in a weight of `rank` axes, of which some are stacks of such layers."""
    own = without(tuple(range(rank)), stacks)
    inputs, outputs, batch = (
        tuple(own[axis] for axis in role) for role in (axes.inputs, axes.outputs, axes.batch)
    )
    return replace(axes, inputs=inputs, outputs=outputs, batch=(*stacks, *batch))


def without(values: Shape, places: Shape) -> Shape:
    """Return the values at other places than these."""
    return tuple(value for place, value in enumerate(values) if place not in places)


def is_of(node: Any, module: str, name: str) -> bool:
    """Say whether `node` is of a class of a framework, without importing it: it has been, if there is one."""
    loaded = sys.modules.get(module)
    return loaded is not None and isinstance(node, getattr(loaded, name, ()))


def forward(*shape: int, inputs: int = 1, outputs: int = 1, batch: int = 0, groups: int = 1) -> Told:
    """Return what is told of (*batch, *space, *inputs, *outputs), with so many axes of each."""
    first = len(shape) - inputs - outputs
    roles = tuple(range(first, first + inputs)), tuple(range(first + inputs, len(shape)))
    return Told(Axes(*roles, batch=tuple(range(batch)), groups=groups), shape)


def _backward(*shape: int, groups: int = 1) -> Told:
    """Return what is told of (outputs, inputs, *space)."""
    return Told(Axes((1,), (0,), groups=groups), shape)


def _linear_of_equinox(module: Any, _: Shape) -> Told:
    sizes = (module.out_features, module.in_features)
    return _backward(*(1 if size == "scalar" else size for size in sizes))


def _convolution_of_equinox(module: Any, _: Shape) -> Told:
    channels = module.out_channels, module.in_channels // module.groups
    return _backward(*channels, *module.kernel_size, groups=module.groups)


def vector(*shape: int) -> Told:
    """Return what is told of a vector, which a bias or a scale is, however many axes it has."""
    return Told(Axes((), ()), shape)


def _of(size: str) -> _Telling:
    """Return what tells of a vector whose size is an attribute of the module."""

    def tell(module: Any, shape: Shape) -> Told:
        own = getattr(module, size)
        return vector(*([own] if isinstance(own, int) else shape[-1:]))  # of Equinox's "scalar" it is 1

    return tell


def _vector_of_groups(module: Any, _: Shape) -> Told:
    return vector(module.num_groups * module.group_size)


def _lengths(module: Any, shape: Shape) -> Told | None:
    """Return what is told of the lengths that Equinox keeps of a weight: one for each of its first axis."""
    rows = next((_ROWS[one] for one in classes_of(module.layer) if one in _ROWS), {})
    told = rows[module.weight_name](module.layer, shape) if module.weight_name in rows else None
    return None if told is None else vector(told.shape[0], *(1 for _ in told.shape[1:]))


def _bias_of_equinox(module: Any, _: Shape) -> Told:
    return vector(module.out_channels, *(1 for _ in module.kernel_size))


def _transposed_convolution(module: Any, _: Shape) -> Told:
    told = forward(*module.kernel_shape)
    axes = Axes(told.axes.outputs, told.axes.inputs) if module.transpose_kernel else told.axes
    return Told(axes, told.shape)


def _general(module: Any, inputs: Sequence[int]) -> Told:
    batch, outputs = tuple(module.batch_axis.values()), module.out_features  # each of a batch is a layer
    own = (*batch, *inputs, *outputs)
    if not inputs:
        return Told(Axes((), (), batch=tuple(range(len(batch)))), own)
    return forward(*own, inputs=len(inputs), outputs=len(outputs), batch=len(batch))


def _einsum(module: Any, _: Shape) -> Told | None:
    try:
        return Told(axes_of_einsum(module.einsum_str), tuple(module.kernel_shape))
    except ArgumentError:  # JAX reads more than has inputs and outputs, such as an ellipsis in the kernel
        return None


_ROWS: Final[Mapping[str, Mapping[str, _Telling]]] = MappingProxyType(
    {
        "nn.Linear": {"weight": _linear_of_equinox, "bias": _of("out_features")},
        "nn.Conv": {"weight": _convolution_of_equinox, "bias": _bias_of_equinox},
        "nn.ConvTranspose": {"weight": _convolution_of_equinox, "bias": _bias_of_equinox},
        "nn.Embedding": {"weight": lambda module, _: forward(module.num_embeddings, module.embedding_size)},
        **{
            f"nn.{cell}": {
                **dict.fromkeys(("weight_ih", "weight_hh"), lambda _, shape: _backward(*shape[-2:])),
                **dict.fromkeys(("bias", "bias_n"), lambda _, shape: vector(*shape[-1:])),
            }
            for cell in ("GRUCell", "LSTMCell")
        },
        **{
            f"nn.{norm}": dict.fromkeys(("weight", "bias"), lambda module, _: vector(*module.shape))
            for norm in ("LayerNorm", "RMSNorm")
        },
        "nn.BatchNorm": dict.fromkeys(("weight", "bias"), _of("input_size")),
        "nn.GroupNorm": dict.fromkeys(("weight", "bias"), _of("channels")),
        **{
            f"nnx.{norm}": dict.fromkeys(("scale", "bias"), _of("num_features"))
            for norm in ("BatchNorm", "InstanceNorm", "LayerNorm", "RMSNorm")
        },
        "nnx.GroupNorm": dict.fromkeys(("scale", "bias"), _vector_of_groups),
        "nn.WeightNorm": {"g": _lengths},
        "nnx.PReLU": {"negative_slope": lambda _, __: vector()},
        "nnx.Linear": {
            "kernel": lambda module, _: forward(module.in_features, module.out_features),
            "bias": _of("out_features"),
        },
        "nnx.Embed": {"embedding": lambda module, _: forward(module.num_embeddings, module.features)},
        "nnx.LoRA": dict.fromkeys(("lora_a", "lora_b"), lambda _, shape: forward(*shape[-2:])),
        "nnx.Conv": {
            "kernel": lambda module, _: forward(*module.kernel_shape, groups=module.feature_group_count),
            "bias": _of("out_features"),
        },
        "nnx.ConvTranspose": {"kernel": _transposed_convolution, "bias": _of("out_features")},
        "nnx.LinearGeneral": {
            "kernel": lambda module, _: _general(module, module.in_features),
            "bias": lambda module, _: _general(module, ()),
        },
        "nnx.Einsum": {"kernel": _einsum, "bias": lambda module, _: vector(*module.bias_shape)},
    }
)
"""For each class the leaves that it tells of; of a subclass, the first that fits."""

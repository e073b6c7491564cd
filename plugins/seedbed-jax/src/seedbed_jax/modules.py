"""What modules of Flax and Equinox tell of the axes of their weights.

More axes than a module has by itself are stacks of modules, as `jax.vmap`, and what libraries make of it,
give them. They are where the others have the sizes that the module tells, and in front where it tells none.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import combinations
from types import MappingProxyType
from typing import Any, Final, NamedTuple, TypeAlias

import jax

from seedbed.fans import Axes

_ATTENTION: Final = ("query", "key", "value", "out")
"""What Flax calls the layers within its attention, of which a tree of linen has nothing but the names."""


class _Told(NamedTuple):
    """The roles of the axes of one module's own weight, counted from the front, and its shape."""

    axes: Axes
    shape: tuple[int, ...]


def axes_of(parents: Sequence[tuple[Any, str]], name: str, shape: tuple[int, ...]) -> Axes | None:
    """Return the roles of the parameter `name`, of such a shape; ``None`` where they are not known.

    Parameters
    ----------
    parents
        The nodes of the tree that it is in, the nearest first, each with the name that the one around has
        for it.
    name
        What the nearest calls it.
    shape
        Its shape, stacks included.
    """
    told = _told(parents, name, shape)
    return None if told is None else _with_stacks(told, shape)


def _told(parents: Sequence[tuple[Any, str]], name: str, shape: tuple[int, ...]) -> _Told | None:
    for kind, telling in _TELLING.items():
        if parents and is_of(parents[0][0], *kind):
            return telling(parents[0][0], name, shape)
    if len(parents) > 1 and _is_attention(parents[1][0]):
        return _of_attention(parents[0][1], name, shape)
    return _of_stack(parents[0][0], name, shape) if parents else None


def _with_stacks(told: _Told, shape: tuple[int, ...]) -> Axes | None:
    """Return the roles in a weight of `shape`; ``None`` if it has fewer axes than the module's own."""
    count = len(shape) - len(told.shape)
    if count < 0:
        return None
    places = [*combinations(range(len(shape)), count)]  # those in front first
    fitting = (stacks for stacks in places if _without(shape, stacks) == told.shape)
    stacks = next(fitting, places[0])
    own = _without(tuple(range(len(shape))), stacks)
    inputs, outputs, batch = (
        tuple(own[axis] for axis in axes) for axes in (told.axes.inputs, told.axes.outputs, told.axes.batch)
    )
    return replace(told.axes, inputs=inputs, outputs=outputs, batch=(*stacks, *batch))


def _without(values: tuple[int, ...], places: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(value for place, value in enumerate(values) if place not in places)


def is_of(node: Any, module: str, name: str) -> bool:
    """Say whether `node` is of a class of a framework, without importing it: it has been, if there is one."""
    loaded = sys.modules.get(module)
    return loaded is not None and isinstance(node, getattr(loaded, name, ()))


def _plain(shape: tuple[int, ...], *, inputs: int = 1, outputs: int = 1, groups: int = 1) -> _Told:
    """Return what is told of (*space, *inputs, *outputs), with so many axes of each."""
    first = len(shape) - inputs - outputs
    axes = Axes(tuple(range(first, first + inputs)), tuple(range(first + inputs, len(shape))), groups=groups)
    return _Told(axes, shape)


def _equinox_linear(module: Any, name: str, shape: tuple[int, ...]) -> _Told | None:  # noqa: ARG001
    sizes = (module.out_features, module.in_features)
    own = tuple(1 if size == "scalar" else size for size in sizes)
    return _Told(Axes((1,), (0,)), own) if name == "weight" else None


def _equinox_cell(module: Any, name: str, shape: tuple[int, ...]) -> _Told | None:  # noqa: ARG001
    return _Told(Axes((1,), (0,)), shape[-2:]) if name.startswith("weight") else None


def _equinox_convolution(module: Any, name: str, shape: tuple[int, ...]) -> _Told | None:  # noqa: ARG001
    own = (module.out_channels, module.in_channels // module.groups, *module.kernel_size)
    return _Told(Axes((1,), (0,), groups=module.groups), own) if name == "weight" else None


def _equinox_table(module: Any, name: str, shape: tuple[int, ...]) -> _Told | None:  # noqa: ARG001
    own = (module.num_embeddings, module.embedding_size)
    return _plain(own) if name == "weight" else None


def _linear(module: Any, name: str, shape: tuple[int, ...]) -> _Told | None:  # noqa: ARG001
    return _plain((module.in_features, module.out_features)) if name == "kernel" else None


def _table(module: Any, name: str, shape: tuple[int, ...]) -> _Told | None:  # noqa: ARG001
    return _plain((module.num_embeddings, module.features)) if name == "embedding" else None


def _low_rank(module: Any, name: str, shape: tuple[int, ...]) -> _Told | None:  # noqa: ARG001
    return _plain(shape[-2:]) if name in ("lora_a", "lora_b") else None


def _convolution(module: Any, name: str, shape: tuple[int, ...]) -> _Told | None:  # noqa: ARG001
    own = tuple(module.kernel_shape)
    return _plain(own, groups=module.feature_group_count) if name == "kernel" else None


def _transposed_convolution(module: Any, name: str, shape: tuple[int, ...]) -> _Told | None:  # noqa: ARG001
    told = _plain(tuple(module.kernel_shape))
    if name != "kernel" or not module.transpose_kernel:
        return told if name == "kernel" else None
    return _Told(Axes(told.axes.outputs, told.axes.inputs), told.shape)


def _general(module: Any, name: str, shape: tuple[int, ...]) -> _Told | None:  # noqa: ARG001
    if name not in ("kernel", "bias"):
        return None
    inputs = module.in_features if name == "kernel" else ()
    batch = tuple(module.batch_axis.values())  # each is a layer by itself
    told = _plain(
        (*batch, *inputs, *module.out_features), inputs=len(inputs), outputs=len(module.out_features)
    )
    return _Told(replace(told.axes, batch=tuple(range(len(batch)))), told.shape)


def _einsum(module: Any, name: str, shape: tuple[int, ...]) -> _Told | None:  # noqa: ARG001
    operands, _, outputs = module.einsum_str.replace(" ", "").partition("->")
    inputs, _, letters = operands.partition(",")
    if name != "kernel" or "." in letters:
        return None
    at = {letter: place for place, letter in enumerate(letters)}
    axes = Axes(
        tuple(place for letter, place in at.items() if letter in inputs and letter not in outputs),
        tuple(place for letter, place in at.items() if letter not in inputs),
        batch=tuple(place for letter, place in at.items() if letter in inputs and letter in outputs),
    )
    return _Told(axes, tuple(module.kernel_shape))


def _of_stack(node: Any, name: str, shape: tuple[int, ...]) -> _Told | None:
    """Return what the bias tells of the kernel beside it: as many axes as it has besides one are stacks.

    A bias of one axis tells nothing: the kernel may be a matrix or a convolution. Nor does one that could be
    that of a layer with several axes of outputs.
    """
    if name != "kernel" or not isinstance(node, Mapping) or "bias" not in node:
        return None
    leaves = jax.tree_util.tree_leaves(node["bias"])  # within a box or not
    bias = tuple(leaves[0].shape) if len(leaves) == 1 else ()
    stacks = len(bias) - 1
    is_stack = (
        stacks > 0 and len(shape) >= stacks + 2 and shape[:stacks] == bias[:-1] and shape[-1] == bias[-1]
    )
    return _plain(shape[stacks:]) if is_stack and shape[-len(bias) :] != bias else None


def _is_attention(node: Any) -> bool:
    if not isinstance(node, Mapping) or not all(
        isinstance(node.get(name), Mapping) and "kernel" in node[name] for name in _ATTENTION
    ):
        return False
    kernels = [jax.tree_util.tree_leaves(node[name]["kernel"]) for name in _ATTENTION]
    shapes = [leaves[0].shape for leaves in kernels if len(leaves) == 1]  # within a box or not
    if len(shapes) < len(_ATTENTION) or min(map(len, shapes)) < 3:
        return False
    query, key, value, out = shapes
    return bool(query[-2:] == key[-2:] and value[-2:] == out[-3:-1])  # (heads, head), unlike convolutions


def _of_attention(layer: str, name: str, shape: tuple[int, ...]) -> _Told | None:
    if layer not in _ATTENTION or name not in ("kernel", "bias"):
        return None
    inputs, outputs = (2, 1) if layer == "out" else (1, 2)
    inputs = inputs if name == "kernel" else 0
    return _plain(shape[-inputs - outputs :], inputs=inputs, outputs=outputs)


_Telling: TypeAlias = Callable[[Any, str, tuple[int, ...]], _Told | None]

_TELLING: Final[Mapping[tuple[str, str], _Telling]] = MappingProxyType(
    {
        ("equinox.nn", "Linear"): _equinox_linear,
        ("equinox.nn", "GRUCell"): _equinox_cell,
        ("equinox.nn", "LSTMCell"): _equinox_cell,
        ("equinox.nn", "Conv"): _equinox_convolution,
        ("equinox.nn", "ConvTranspose"): _equinox_convolution,
        ("equinox.nn", "Embedding"): _equinox_table,
        ("flax.nnx", "Linear"): _linear,
        ("flax.nnx", "Embed"): _table,
        ("flax.nnx", "LoRA"): _low_rank,
        ("flax.nnx", "Conv"): _convolution,
        ("flax.nnx", "ConvTranspose"): _transposed_convolution,
        ("flax.nnx", "LinearGeneral"): _general,
        ("flax.nnx", "Einsum"): _einsum,
    }
)

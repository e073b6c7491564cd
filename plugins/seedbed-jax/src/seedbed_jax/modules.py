"""What modules of Flax and Equinox tell of the axes of their weights.

More axes than a module has by itself are in front, where `jax.vmap`, and what libraries make of it, stacks
modules.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

import jax

from seedbed.fans import Axes

_ATTENTION: Final = ("query", "key", "value", "out")
"""What Flax calls the layers within its attention, of which a tree of linen has nothing but the names."""


def axes_of(parents: Sequence[tuple[Any, str]], name: str, rank: int) -> Axes | None:
    """Return the roles of the parameter `name`, of so many axes; ``None`` where they are not known.

    Parameters
    ----------
    parents
        The nodes of the tree that it is in, the nearest first, each with the name that the one around has
        for it.
    name
        What the nearest calls it.
    rank
        How many axes it has.
    """
    for kind, telling in _TELLING.items():
        if parents and is_of(parents[0][0], *kind):
            return telling(parents[0][0], name, rank)
    if len(parents) > 1 and _is_attention(parents[1][0]):
        return _of_attention(parents[0][1], name, rank)
    return None


def is_of(node: Any, module: str, name: str) -> bool:
    """Say whether `node` is of a class of a framework, without importing it: it has been, if there is one."""
    loaded = sys.modules.get(module)
    return loaded is not None and isinstance(node, getattr(loaded, name, ()))


def _ending(rank: int, space: int, *, outputs: int = 1, inputs: int = 1, groups: int = 1) -> Axes | None:
    """Return the roles of (*stacks, *space, *inputs, *outputs), with so many axes of each."""
    stacks = rank - space - inputs - outputs
    if stacks < 0:
        return None
    first = stacks + space
    return Axes(
        tuple(range(first, first + inputs)),
        tuple(range(first + inputs, rank)),
        batch=tuple(range(stacks)),
        groups=groups,
    )


def _outputs_first(rank: int, space: int, groups: int = 1) -> Axes | None:
    """Return the roles of (*stacks, out, in, *space)."""
    stacks = rank - space - 2
    if stacks < 0:
        return None
    return Axes((stacks + 1,), (stacks,), batch=tuple(range(stacks)), groups=groups)


def _equinox_matrix(module: Any, name: str, rank: int) -> Axes | None:  # noqa: ARG001
    return _outputs_first(rank, 0) if name.startswith("weight") else None


def _equinox_convolution(module: Any, name: str, rank: int) -> Axes | None:
    return _outputs_first(rank, module.num_spatial_dims, module.groups) if name == "weight" else None


def _linear(module: Any, name: str, rank: int) -> Axes | None:  # noqa: ARG001
    return _ending(rank, 0) if name in ("kernel", "embedding", "lora_a", "lora_b") else None


def _equinox_table(module: Any, name: str, rank: int) -> Axes | None:  # noqa: ARG001
    return _ending(rank, 0) if name == "weight" else None


def _convolution(module: Any, name: str, rank: int) -> Axes | None:
    if name != "kernel":
        return None
    return _ending(rank, len(module.kernel_size), groups=module.feature_group_count)


def _transposed_convolution(module: Any, name: str, rank: int) -> Axes | None:
    if name != "kernel" or (found := _ending(rank, len(module.kernel_size))) is None:
        return None
    return Axes(found.outputs, found.inputs, batch=found.batch) if module.transpose_kernel else found


def _general(module: Any, name: str, rank: int) -> Axes | None:
    inputs = len(module.in_features) if name == "kernel" else 0
    own = len(module.batch_axis)  # which count as stacks: each is a layer by itself
    outputs = len(module.out_features)
    if name not in ("kernel", "bias") or rank < own + inputs + outputs:
        return None
    return _ending(rank, 0, inputs=inputs, outputs=outputs)


def _einsum(module: Any, name: str, rank: int) -> Axes | None:
    operands, _, outputs = module.einsum_str.replace(" ", "").partition("->")
    inputs, _, letters = operands.partition(",")
    stacks = rank - len(letters)
    if name != "kernel" or stacks < 0 or "." in letters:
        return None
    at = {letter: stacks + place for place, letter in enumerate(letters)}
    shared = [place for letter, place in at.items() if letter in inputs and letter in outputs]
    return Axes(
        tuple(place for letter, place in at.items() if letter in inputs and letter not in outputs),
        tuple(place for letter, place in at.items() if letter not in inputs),
        batch=(*range(stacks), *shared),
    )


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


def _of_attention(layer: str, name: str, rank: int) -> Axes | None:
    if layer not in _ATTENTION or name not in ("kernel", "bias"):
        return None
    heads = (2, 1) if layer == "out" else (1, 2)
    return _ending(rank, 0, inputs=heads[0] if name == "kernel" else 0, outputs=heads[1])


_Telling = Callable[[Any, str, int], Axes | None]

_TELLING: Final[Mapping[tuple[str, str], _Telling]] = MappingProxyType(
    {
        **{("equinox.nn", kind): _equinox_matrix for kind in ("Linear", "GRUCell", "LSTMCell")},
        **{("equinox.nn", kind): _equinox_convolution for kind in ("Conv", "ConvTranspose")},
        ("equinox.nn", "Embedding"): _equinox_table,
        **{("flax.nnx", kind): _linear for kind in ("Linear", "Embed", "LoRA")},
        ("flax.nnx", "Conv"): _convolution,
        ("flax.nnx", "ConvTranspose"): _transposed_convolution,
        ("flax.nnx", "LinearGeneral"): _general,
        ("flax.nnx", "Einsum"): _einsum,
    }
)

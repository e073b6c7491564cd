"""What names, and the shapes beside, tell of a weight in a tree that holds no modules.

A tree of linen, a state of nnx and parameters of one's own are such trees. A weight of two axes is a matrix
(inputs, outputs). One of more may be a convolution, a stack of layers, as `nn.scan`, `nn.vmap` and `nnx.vmap`
make them, or a layer with several axes of inputs or outputs. Where nothing tells which, it is drawn as a
convolution, and the other readings are kept: it is a guess if one of them would have other values.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple, TypeAlias

import jax

from seedbed.fans import Axes
from seedbed_jax.modules import Parents, Shape, forward, stacked, vector, with_stacks, without

_ATTENTION: Final = ("query", "key", "value", "out")
"""What Flax calls the layers within its attention."""

_VECTORS: Final = frozenset({"bias", "scale", "b", "offset"})
"""What Flax and Haiku call that which has one axis in a layer that is not stacked."""

_WEIGHTS: Final = frozenset(
    {"kernel", "embedding", "lora_a", "lora_b", *_VECTORS, "w", "w_i", "w_h", "embeddings"}
)
"""What Flax and Haiku call weights with inputs before outputs, and tables; so do arrays of one's own then."""

_BIASES: Final = {"kernel": "bias", "w": "b"}
"""What they call a weight, and the bias beside it."""

Seen: TypeAlias = dict[int, Shape | None]
"""What has been found of nodes, by their ids: each is looked at once."""

_LONGEST_KERNEL: Final = 16
"""Along an axis of space, that of the patches of a vision transformer."""

_NO_VECTORS: Final = (-1,)


class Reading(NamedTuple):
    """What the axes of a weight are, or may be.

    Attributes
    ----------
    axes
        The roles; ``None`` for a convolution, or what is drawn as one.
    others
        What they may be as well.
    is_known
        Whether anything tells it; not of an array of one's own.
    """

    axes: Axes | None = None
    others: tuple[Axes, ...] = ()
    is_known: bool = True


def read(parents: Parents, name: str, shape: Shape, seen: Seen) -> Reading:
    """Return what is told of the leaf `name` of such a shape, which no module knows."""
    node = parents[0][0] if parents else None
    if name in ("kernel", "bias") and (behind := _behind_inputs(parents)) is not None:
        return Reading(_of_attention(parents[0][1], name, shape, behind))
    is_vector = name in _VECTORS and (name != "b" or _shape_at(node, "w") != ())
    if is_vector or len(shape) < 2:
        return _vector(shape, _stacks_beside(node, name, shape), parents, seen)
    if name not in _WEIGHTS:
        stacks = _stacks_around(parents, seen) or ()
        is_vector = len(shape) - len(stacks) < 2
        return _vector(shape, stacks, parents, seen) if is_vector else Reading(is_known=False)
    if len(shape) < 3:
        return Reading()
    bias = _shape_at(node, _BIASES.get(name))
    layer = parents[0][1].rpartition("/")[2] if parents else ""  # of Haiku's names the last
    may_have_axes = "conv" not in f"{layer}/{name}".lower()
    if bias:
        found = _aligned(shape, bias)
        return _beside_bias(shape, *found, may_have_axes=may_have_axes) if found else _doubtful(shape)
    return _alone(shape, _stacks_around(parents, seen), may_have_axes=may_have_axes)


def _vector(shape: Shape, beside: Shape | None, parents: Parents, seen: Seen) -> Reading:
    """Return what is told of a bias, a scale or a number of each layer."""
    stacks = _stacks_around(parents, seen) if beside is None else beside
    if stacks is None and len(shape) > 1:
        return Reading(vector().axes, (Axes((), (), batch=(0,)),))
    return Reading(stacked(vector().axes, stacks or (), len(shape)))


def _stacks_beside(node: Any, name: str, shape: Shape) -> Shape | None:
    """Return which axes of a bias are stacks by the weight beside it; ``None`` where that does not tell."""
    kernel = next((_shape_at(node, own) for own, bias in _BIASES.items() if bias == name), ())
    found = _aligned(kernel, shape) if kernel else None
    return None if found is None else found[0]


def in_attention(parents: Parents) -> bool:
    """Say whether a leaf is in a layer of Flax's attention."""
    return _behind_inputs(parents) is not None


def _beside_bias(shape: Shape, stacks: Shape, outputs: int, *, may_have_axes: bool) -> Reading:
    own = without(shape, stacks)
    inputs = len(own) - outputs if outputs > 1 else 1
    if stacks or outputs > 1:
        axes = forward(*own, inputs=inputs, outputs=outputs).axes
        return Reading(stacked(axes, stacks, len(shape)))
    others = [forward(*own, groups=own[-1]).axes] if own[-2] == 1 else []
    if may_have_axes and (len(own) == 3 or not _may_be_space(own)):
        others.append(forward(*own, inputs=len(own) - 1).axes)
    return Reading(None, tuple(others))


def _alone(shape: Shape, stacks: Shape | None, *, may_have_axes: bool) -> Reading:
    """Return what is told without a bias: by what is stacked around, and by how many axes are left."""
    own = without(shape, stacks or ())
    is_told = len(own) > 3 and stacks is not None and _may_be_space(own)
    is_convolution = is_told or (len(own) > 2 and not may_have_axes)
    if stacks and (len(own) == 2 or is_convolution):
        return Reading(stacked(forward(*own).axes, stacks, len(shape)))
    if not is_convolution:
        return _doubtful(shape)
    return Reading(None, (forward(*own, groups=own[-1]).axes,) if own[-2] == 1 else ())


def _may_be_space(kernel: Shape) -> bool:
    """Say whether all axes but the last two are as short as those of kernels are; features are more."""
    return max(kernel[:-2]) <= _LONGEST_KERNEL


def _doubtful(shape: Shape) -> Reading:
    general = forward(*shape, inputs=len(shape) - 2, outputs=2)
    return Reading(None, (forward(*shape, batch=1).axes, general.axes))


def _aligned(kernel: Shape, bias: Shape) -> tuple[Shape, int] | None:
    """Return which axes are stacks, and how many are outputs, if only one answer fits kernel and bias."""
    found = []
    for stacks in ((), *(tuple(range(count)) for count in range(1, len(bias))), (1,)):
        own, vector = without(kernel, stacks), without(bias, stacks)
        same = all(axis < len(bias) and kernel[axis] == bias[axis] for axis in stacks)
        if same and 0 < len(vector) < len(own) and own[-len(vector) :] == vector:
            found.append((stacks, len(vector)))
    return found[0] if len(set(found)) == 1 else None


def _stacks_around(parents: Parents, seen: Seen) -> Shape | None:
    """Return which axes are stacks by the nearest node with vectors; ``None`` where that tells nothing."""
    for node, _ in parents:
        if id(node) not in seen:
            seen[id(node)] = _stacks_within(node)
        if (found := seen[id(node)]) not in (None, _NO_VECTORS):
            return found
    return None


def _stacks_within(node: Any) -> Shape | None:
    """Return which axes are stacks in all of a node.

    Its vectors are of one axis where nothing is stacked. Where all are of more, these are the axes on which
    all leaves have one size, if there are as many as vectors have too many.
    """
    leaves = [*_leaves_within(node)] if isinstance(node, Mapping) else []
    ranks = {len(shape) for name, shape in leaves if name in _VECTORS}
    if not ranks:
        return _NO_VECTORS
    if min(ranks) == 1:
        return () if ranks == {1} else None
    axes = [axis for axis in range(min(ranks)) if len({shape[axis : axis + 1] for _, shape in leaves}) == 1]
    return tuple(axes) if len(axes) == min(ranks) - 1 else None


def _leaves_within(node: Mapping[Any, Any]) -> Iterator[tuple[str, Shape]]:
    for name, child in node.items():
        if isinstance(child, Mapping):
            yield from _leaves_within(child)
        elif shape := _shape_at(node, name):
            yield str(name), shape


def _shape_at(node: Any, name: Any) -> Shape:
    """Return the shape of the one array that a node has there, in a box or not; ``()`` where it has none."""
    leaves = jax.tree_util.tree_leaves(node[name]) if isinstance(node, Mapping) and name in node else []
    return tuple(getattr(leaves[0], "shape", ())) if len(leaves) == 1 else ()


def _behind_inputs(parents: Parents) -> Shape | None:
    """Return which axes behind the first are stacks in a layer of Flax's attention; ``None`` elsewhere."""
    around = parents[1][0] if len(parents) > 1 and parents[0][1] in _ATTENTION else None
    if not isinstance(around, Mapping):
        return None
    kernels = [_shape_at(around.get(name), "kernel") for name in _ATTENTION]
    return next((stacks for stacks in ((), (1,)) if _are_of_attention(kernels, stacks)), None)


def _are_of_attention(kernels: Sequence[Shape], stacks: Shape) -> bool:
    query, key, value, out = own = [without(shape, stacks) for shape in kernels]
    if min(map(len, own)) < 3 or len({shape[:-3] for shape in own}) > 1:
        return False
    return query[-2:] == key[-2:] and value[-2:] == out[-3:-1]  # (heads, head), unlike convolutions


def _of_attention(layer: str, name: str, shape: Shape, stacks: Shape) -> Axes | None:
    inputs, outputs = (2, 1) if layer == "out" else (1, 2)
    inputs = inputs if name == "kernel" else 0
    own = without(shape, stacks)
    last = own[-inputs - outputs :]
    axes = with_stacks(forward(*last, inputs=inputs, outputs=outputs) if inputs else vector(*last), own)
    return None if axes is None else stacked(axes, stacks, len(shape))

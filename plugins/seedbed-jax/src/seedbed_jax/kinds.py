"""The kinds of layers, by the classes of Flax and Equinox."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, Final

from seedbed_jax.evidence import in_attention
from seedbed_jax.modules import Parents, classes_of, is_of

_CLASSES: Final = {
    "linear": "Dense DenseGeneral Einsum Linear LinearGeneral LoRA",
    "conv": "Conv ConvLocal ConvTranspose",
    "embedding": "Embed Embedding",
    "norm": "BatchNorm GroupNorm InstanceNorm LayerNorm RMSNorm",
    "recurrent": "ConvLSTMCell GRUCell LSTMCell MGUCell OptimizedLSTMCell RNNCellBase SimpleCell",
    "activation": "PReLU",
}

_LIFTED: Final = re.compile("^(Checkpoint|Remat|Vmap|Scan|Jit|Map_variables|Add_metadata_axis)*")
"""What linen puts in front of the name of a class that one of its transformations has made another of."""

_NAMES: Final = frozenset(
    (
        *("kernel", "bias", "scale", "embedding", "weight", "negative_slope"),
        *("weight_ih", "weight_hh", "bias_n", "lora_a", "lora_b"),
    )
)
"""What the layers of Flax and Equinox call their leaves."""

_KINDS: Final[Mapping[str, str]] = MappingProxyType(
    {name: kind for kind, names in _CLASSES.items() for name in names.split()}
)


def kind_of(parents: Parents, name: str) -> str | None:
    """Return the kind of the layer that the leaf `name` belongs to; ``None`` where nothing tells it.

    A cell has other layers within. Trees of linen have its classes where it has named a layer by itself, and
    embeddings by a name of their own.
    """
    if parents and _is_own(parents[0][0], name):
        return None
    found = [[_KINDS[one] for one in _classes(*parent) if one in _KINDS] for parent in parents]
    if any("recurrent" in kinds for kinds in found):
        return "recurrent"
    if found and found[0]:
        return found[0][0]
    is_of_linen = bool(parents) and isinstance(parents[0][0], Mapping)
    if is_of_linen and in_attention(parents):
        return "linear"
    return "embedding" if is_of_linen and name == "embedding" else None


def _is_own(node: Any, name: str) -> bool:
    """Say whether a leaf is one that a subclass has besides those of the library's class.

    In a tree of linen the class is told by its name alone, which a class of one's own may have, too.
    """
    home = type(node).__module__.partition(".")[0]
    is_known = home in ("flax", "equinox") and not isinstance(node, Mapping)
    return not is_known and name not in _NAMES


def _classes(node: Any, called: str) -> Iterator[str]:
    """Yield the names of the classes that a node is of, as linen has them in ``Dense_0``."""
    if isinstance(node, Mapping):
        name, _, number = called.rpartition("_")
        yield from [_LIFTED.sub("", name)] if number.isdecimal() else []
        return
    if is_of(node, "equinox.nn", "WeightNorm"):  # whose lengths are of the layer within
        node = node.layer
    yield from (one.partition(".")[2] for one in classes_of(node))

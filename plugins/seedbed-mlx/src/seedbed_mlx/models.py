"""`initialize`, which gives the parameters of a module values by rules, and `plan`, which says which."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any, Final, Unpack

import mlx.core as mx
from mlx.nn.layers.base import Module
from mlx.utils import tree_flatten

from seedbed import Initializer, models
from seedbed.dtypes import as_dtype
from seedbed.errors import ArgumentError, shown
from seedbed.models.preparing import Options
from seedbed.rules import Plan, RulesLike

_LAYERS: Final[tuple[tuple[set[str], str, models.LayoutLike], ...]] = (
    ({"Linear", "QQLinear", "AllToShardedLinear", "ShardedToAllLinear"}, "linear", "linear"),
    ({"QuantizedLinear", "QuantizedAllToShardedLinear", "QuantizedShardedToAllLinear"}, "linear", "linear"),
    ({f"{name}{axes}d" for name in ("Conv", "ConvTranspose") for axes in (1, 2, 3)}, "conv", "conv_ohwi"),
    ({"Embedding", "QuantizedEmbedding"}, "embedding", "embedding"),
    ({"RNN", "GRU", "LSTM"}, "recurrent", "linear"),
    ({"Bilinear"}, "bilinear", {"in": (2, 1), "out": 0}),  # of shape (out, in2, in1)
    ({"BatchNorm", "GroupNorm", "InstanceNorm", "LayerNorm", "RMSNorm"}, "norm", "array"),
    ({"PReLU"}, "activation", "array"),
)
"""MLX's layers, some of which older versions have not; their kind, and the layout of their matrices."""

_OWN: Final = frozenset({"weight", "bias", "Wxh", "Whh", "Wx", "Wh", "b", "bhn"})
"""The names of parameters of these layers; a subclass may have others."""


def initialize(
    module: Module, rules: RulesLike, *, progress: bool | None = None, **options: Unpack[Options]
) -> Plan:
    """Give new arrays to the parameters of a module, each drawn by the first rule that matches it.

    Every parameter draws from a stream of its own, which the seed and its path give. A weight is drawn with
    inputs before outputs and space first, and transposed, since MLX stores outputs first. Frozen parameters
    are drawn like others; the running statistics of a `BatchNorm` are none, and stay as they are.

    Parameters
    ----------
    module
        Any module. What MLX has not computed yet is never computed then.
    rules
        The path of a TOML file, a mapping from patterns to initializers, a list of such pairs, or
        `seedbed.rules.Rules`. Patterns match paths such as ``layers/0/weight``; dots do for slashes.
    progress
        Whether to show a progress bar on stderr; ``None`` shows one for large modules on a terminal.
    **options
        `seed`, and `strict`, `layouts`, `kinds`, `rename`, `prefix` and `shard`, as
        `seedbed.models.initialize` takes them.

    Returns
    -------
    seedbed.rules.Plan
        What each parameter was drawn by, and what was left over; as text, a report.

    Raises
    ------
    SeedbedError
        As `seedbed.models.initialize`; `ArgumentError` also for what is quantized, sharded, or not known to
        be one weight. The message names it, and nothing has been changed.

    Examples
    --------
    >>> import mlx.nn as nn
    >>> module = nn.Sequential(nn.Linear(3, 4), nn.Linear(4, 2, bias=False))
    >>> print(initialize(module, {"*.bias": "zeros", "*": "he_normal"}, seed=7))
    layers/0/weight: HeNormal(seed=[7, 'layers/0/weight']); (4, 3) as linear, fan_in=3, fan_out=4, by '*'
    layers/0/bias: Zeros(); (4,), by '*/bias'
    layers/1/weight: HeNormal(seed=[7, 'layers/1/weight']); (2, 4) as linear, fan_in=4, fan_out=2, by '*'
    """
    return models.initialize(_weights(module), rules, progress=progress, **options)


def plan(module: Module, rules: RulesLike, **options: Unpack[Options]) -> Plan:
    """Return what `initialize` would draw each parameter by, with the same arguments; nothing is changed.

    Raises
    ------
    SeedbedError
        As `initialize`.

    Examples
    --------
    >>> import mlx.nn as nn
    >>> print(plan(nn.Linear(3, 4, bias=False), {"*": "he_normal"}, seed=7, prefix="head"))
    head/weight: HeNormal(seed=[7, 'head/weight']); (4, 3) as linear, fan_in=3, fan_out=4, by '*'
    """
    return models.plan(_weights(module), rules, **options)


def _weights(module: Any) -> Iterator[models.Weight]:
    if "Module" not in _classes(module):
        raise ArgumentError(f"got {shown(module)} of type {type(module).__name__}; pass an mlx.nn.Module")
    trainable: Any = tree_flatten(module.trainable_parameters(), destination={})
    places: dict[int, list[tuple[str, Any, Any]]] = {}
    for name, holder, key in _arrays(module):
        places.setdefault(id(holder[key]), []).append((name, holder, key))
    for (name, holder, key), *others in places.values():
        kind, layout = _told(holder, key)
        is_shared = any((id(other), other_key) != (id(holder), key) for _, other, other_key in others)
        is_state = name not in trainable and layout is None
        own = {"b": "bias", "bhn": "bias_hn"}.get(key, key) if "GRU" in _classes(holder) else key
        yield models.Weight(
            f"{name.removesuffix(str(key))}{own}",
            holder[key].shape,
            as_dtype(holder[key].dtype),
            partial(_write, holder, key),
            layout=layout,
            others=(name,),
            ties=tuple(other for other, *_ in others),
            kind=kind,
            refuse=partial(_refuse, holder, is_shared=is_shared, is_state=is_state),
        )


def _arrays(holder: Any, front: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Yield what MLX takes for parameters: a name, and the module, list or dict that has it, by which key."""
    classes = _classes(holder)
    if "FullyShardedModule" in classes:
        raise ArgumentError("got a module within FullyShardedModule; initialize it before it is sharded")
    for key, value in holder.items() if isinstance(holder, dict) else enumerate(holder):
        is_state = classes and str(key).startswith(("_", "running_") if "BatchNorm" in classes else "_")
        if isinstance(value, mx.array) and not is_state:
            yield f"{front}{key}", holder, key
        elif isinstance(value, dict | list) and not is_state:
            yield from _arrays(value, f"{front}{key}.")


def _classes(holder: object) -> set[str]:
    """Return the names of MLX's own classes that something is of."""
    return {base.__name__ for base in type(holder).__mro__ if base.__module__.startswith("mlx.nn.")}


def _told(holder: Any, key: Any) -> tuple[str | None, models.Layout | None]:
    """Return the kind of a layer, and the layout of its parameter; ``None`` for what is not known."""
    for classes, kind, layout in _LAYERS:
        if classes & _classes(holder):
            given = {"preset": layout, "groups": getattr(holder, "groups", 1)} if kind == "conv" else layout
            return kind, models.as_layout(given) if key in _OWN else None
    return None, None


def _write(holder: Any, key: Any, values: models.Values) -> None:
    holder[key] = mx.array(values.whole(), holder[key].dtype)


def _refuse(holder: Any, _: Initializer, *, is_shared: bool, is_state: bool) -> None:
    """Refuse an array that is no weight, or of which nothing tells whether it is one."""
    packed = holder.get("weight") if isinstance(holder, dict) and "scales" in holder else None
    if isinstance(packed, mx.array) and packed.dtype == mx.uint32:
        raise ArgumentError("got an array of a quantized layer; initialize the model before that")
    if isinstance(group := getattr(holder, "group", None), mx.distributed.Group) and group.size() > 1:
        raise ArgumentError("got a part of a sharded layer; initialize the model before it is sharded")
    if is_shared:
        raise ArgumentError("got one array at two places, which MLX trains as two; share the layer instead")
    if is_state:
        raise ArgumentError("got a frozen array, which may be state; unfreeze it, or give a rule to keep it")

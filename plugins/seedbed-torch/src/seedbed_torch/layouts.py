"""Layouts: which axis of a tensor is which, from the module that owns it or from a name."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from typing import Any, Final

from torch import Tensor, nn

import seedbed
from seedbed.errors import LayoutError
from seedbed.fans import Axes
from seedbed.models.layout import ARRAY, LAYOUTS, Layout, LayoutLike, choices
from seedbed.models.layout import as_layout as named_layout

_CONVS: Final = (nn.Conv1d, nn.Conv2d, nn.Conv3d)
_CONV_TRANSPOSES: Final = (nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d)
_TABLES: Final = (nn.Embedding, nn.EmbeddingBag)
_RECURRENT: Final = (nn.RNNBase, nn.RNNCellBase)
_NORMS: Final = (nn.modules.batchnorm._NormBase, nn.LayerNorm, nn.GroupNorm, nn.RMSNorm)  # noqa: SLF001

_KINDS: Final[tuple[tuple[tuple[type[nn.Module], ...], str], ...]] = (
    ((nn.Linear, nn.MultiheadAttention), "linear"),
    ((*_CONVS, *_CONV_TRANSPOSES), "conv"),
    (_TABLES, "embedding"),
    (_NORMS, "norm"),
    (_RECURRENT, "recurrent"),
    ((nn.Bilinear,), "bilinear"),
    ((nn.PReLU,), "activation"),
)
_BY_NAME: Final[tuple[tuple[tuple[type[nn.Module], ...], tuple[str, ...], str], ...]] = (
    ((nn.Linear,), ("weight",), "linear"),
    (_TABLES, ("weight",), "embedding"),
    ((nn.Bilinear,), ("weight",), "bilinear"),
    (
        (nn.MultiheadAttention,),
        ("in_proj_weight", "q_proj_weight", "k_proj_weight", "v_proj_weight"),
        "linear",
    ),
)

_NAMES: Final = re.compile(
    r"(weight|bias)(_(ih|hh|hr)(_l\d+(_reverse)?)?|_orig|_v|_g)?|(in|q|k|v)_proj_(weight|bias)|bias_[kv]"
)
"""What PyTorch's layers call their parameters, also those of pruning and of norms of weights."""

_OLDER_ORIGINALS: Final = ("_orig", "_v")
"""What pruning, and the norms of weights that are no parametrizations, put after the name of a weight."""


def kind_of(module: nn.Module, name: str) -> str | None:
    """Return the kind of a layer, one of `seedbed.models.KINDS`; ``None`` where PyTorch does not tell it.

    A subclass may have parameters of its own, of which the kind of its base class tells nothing.
    """
    layer: Any = type(module)  # for mypy, types have no hash
    return _kind_of(layer, name)


@functools.lru_cache(maxsize=1 << 12)  # a large model has few classes of layers
def _kind_of(layer: type[nn.Module], name: str) -> str | None:
    found = next((kind for kinds, kind in _KINDS if issubclass(layer, kinds)), None)
    is_own = layer.__module__.startswith("torch.") or _NAMES.fullmatch(name) is not None
    return found if is_own else None


def layout_of(module: nn.Module, name: str) -> Layout | None:
    """Return the layout of a module's own parameter; ``None`` for modules that PyTorch does not come with."""
    if name.endswith(_OLDER_ORIGINALS):
        weight = name.rpartition("_")[0]
        if isinstance(getattr(module, weight, None), Tensor):
            return layout_of(module, weight)
    groups: Any = module.groups if isinstance(module, (*_CONVS, *_CONV_TRANSPOSES)) else 1
    layer: Any = type(module)
    return _layout_of(layer, name, groups)


@functools.lru_cache(maxsize=1 << 12)
def _layout_of(layer: type[nn.Module], name: str, groups: int) -> Layout | None:
    if issubclass(layer, _CONVS) and name == "weight":
        return Layout(Axes((1,), (0,), groups=groups), "conv", -3)
    if issubclass(layer, _CONV_TRANSPOSES) and name == "weight":
        axes = Axes((0,), (1,), groups=groups, grouped="in") if groups > 1 else Axes((0,), (1,))
        return Layout(axes, "conv_transpose", -3)
    if issubclass(layer, _RECURRENT) and name.startswith("weight_"):
        return LAYOUTS["linear"]
    return next(
        (LAYOUTS[layout] for kinds, names, layout in _BY_NAME if issubclass(layer, kinds) and name in names),
        None,
    )


def own_parameters(module: nn.Module) -> Iterator[tuple[str, nn.Parameter]]:
    """Yield the parameters of a module itself, under all their names, whatever its class makes of asking."""
    for name, parameter in module._parameters.items():  # noqa: SLF001 - to ask the module takes long
        if parameter is not None:
            yield name, parameter


def as_layout(given: nn.Module | LayoutLike, tensor: Tensor) -> Layout:
    """Return the layout of `tensor` that a caller gives as a name, or as the module that owns it.

    Raises
    ------
    LayoutError
        If there is no such name, or the module does not own the tensor or does not tell its layout.
    """
    if not isinstance(given, nn.Module):
        return named_layout(given)
    kind = type(given).__name__
    name = next((name for name, own in own_parameters(given) if own is tensor), None)
    if name is None:
        raise LayoutError(
            f"got a {kind} as layout that does not own the tensor; pass the module that does, or a name: "
            f"{choices()}"
        )
    found = ARRAY if tensor.ndim < 2 else layout_of(given, name)
    if found is None:
        raise LayoutError(f"it is not known what the axes of {kind}.{name} are; {choices([tensor.ndim])}")
    return found


def unknown(initializer: seedbed.Initializer, shape: tuple[int, ...]) -> LayoutError:
    """Return the error for a tensor of an unknown layout whose fans an initializer needs."""
    return LayoutError(
        f"{initializer!r} needs fans, which the shape {shape} alone does not tell; pass layout=, the module "
        f"that owns the tensor or a name, or give the initializer axes of its own; {choices([len(shape)])}"
    )

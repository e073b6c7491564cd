"""Layouts: which axis of a tensor is which, from the module that owns it or from a name.

Every weight is drawn in one layout, that of Keras and Flax: space first, then inputs, then outputs. A tensor
that stores its axes in another order gets the transpose of what is drawn. So one seed gives the same function
in every framework.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, Final, TypeAlias

from torch import Tensor, nn

import seedbed
from seedbed.combinators import Blocked, Masked, Padded, Scaled, Shifted, SumOf
from seedbed.errors import SeedbedError, shown
from seedbed.fans import Axes, as_axes, axes_config

Shape: TypeAlias = tuple[int, ...]


class LayoutError(SeedbedError, ValueError, TypeError):
    """It cannot be told which axes of a tensor are inputs and outputs, or two sources differ on it."""


@dataclass(frozen=True, slots=True)
class Layout:
    """How a tensor's axes are those of what is drawn.

    Attributes
    ----------
    name
        What a caller says for it.
    last
        The axes of the tensor that come last in what is drawn, in that order; the others are space.
    rank
        How many axes the tensor has: a number, or at least so many if it is negative; 0 for any.
    axes
        The roles of what is drawn, where they are known.
    """

    name: str
    last: tuple[int, ...] = ()
    rank: int = 0
    axes: Axes | None = None

    def permutation(self, shape: Shape) -> Shape:
        """Return, for each axis of what is drawn, which axis of a tensor of `shape` it is.

        Raises
        ------
        LayoutError
            If such a tensor has another number of axes.
        """
        if len(shape) < 2:
            return tuple(range(len(shape)))
        if self.rank and (len(shape) < -self.rank if self.rank < 0 else len(shape) != self.rank):
            wanted = f"at least {-self.rank}" if self.rank < 0 else str(self.rank)
            raise LayoutError(
                f"got shape {shape} with the layout {self.name!r}, which has {wanted} axes; {_choices()}"
            )
        return (*(axis for axis in range(len(shape)) if axis not in self.last), *self.last)

    def fitted(self, initializer: seedbed.Initializer, shape: Shape) -> seedbed.Initializer:
        """Return `initializer` with the fans of this layout, for a tensor of `shape`.

        Raises
        ------
        LayoutError
            If it, or one within it, has axes of its own that say otherwise, or if one within it would have
            to be told of groups.
        """
        if len(shape) < 2 or self.axes is None:
            return initializer
        for given in _axes_within(initializer):
            self._check_roles(given, len(shape))
        config = initializer.get_config()
        if self.axes == _LAST_TWO or config.get("axes") is not None:
            return initializer
        if "axes" in config:
            return _with_axes(initializer, self.axes)
        if needs_axes(initializer):
            raise LayoutError(
                f"got {initializer!r} for a tensor whose fans depend on {self.axes!r}, which an "
                f"initializer within another one is not told; give it axes={axes_config(self.axes)!r}"
            )
        return initializer

    def _check_roles(self, given: Any, rank: int) -> None:
        roles = as_axes(given)
        if roles is None or self.axes is None or _from_front(roles, rank) == _from_front(self.axes, rank):
            return
        raise LayoutError(
            f"got axes {given!r} for a tensor of the layout {self.name!r}, which is drawn with space first, "
            f"then inputs, then outputs, and transposed: its axes are {axes_config(self.axes)!r}; leave axes "
            "out, or give the layout 'array', with which they are those of the tensor as it is"
        )


def _from_front(axes: Axes, rank: int) -> Axes:
    return replace(
        axes,
        inputs=tuple(axis % rank for axis in axes.inputs),
        outputs=tuple(axis % rank for axis in axes.outputs),
    )


def _axes_within(initializer: seedbed.Initializer) -> Iterator[Any]:
    """Yield the axes that an initializer was given, and those within it whose axes are the same ones."""
    if (axes := initializer.get_config().get("axes")) is not None:
        yield axes
    if isinstance(initializer, _SAME_AXES):
        for part in initializer.parts:
            yield from _axes_within(part)


def _with_axes(initializer: seedbed.Initializer, axes: Axes) -> seedbed.Initializer:
    found: seedbed.Initializer = seedbed.get(initializer, axes=axes_config(axes))
    return found


_SAME_AXES: Final = (Blocked, Masked, Padded, Scaled, Shifted, SumOf)
"""Not those which have axes in another order or number within: `Transposed` and `Stacked`."""

_LAST_TWO: Final = Axes((-2,), (-1,))
"""The default rule of `seedbed.fans`, which needs no word."""

ARRAY: Final = Layout("array")
_LINEAR: Final = Layout("linear", (1, 0), 2, _LAST_TWO)
_CONV: Final = Layout("conv", (1, 0), -3, _LAST_TWO)
_CONV_TRANSPOSE: Final = Layout("conv_transpose", (0, 1), -3, _LAST_TWO)
_EMBEDDING: Final = Layout("embedding", rank=2)
_BILINEAR: Final = Layout("bilinear", (1, 2, 0), 3, Axes((-3, -2), (-1,)))

LAYOUTS: Final[Mapping[str, Layout]] = MappingProxyType(
    {layout.name: layout for layout in (_LINEAR, _CONV, _CONV_TRANSPOSE, _EMBEDDING, _BILINEAR, ARRAY)}
)

_CONVS: Final = (nn.Conv1d, nn.Conv2d, nn.Conv3d)
_CONV_TRANSPOSES: Final = (nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d)
_BY_NAME: Final[tuple[tuple[tuple[type[nn.Module], ...], tuple[str, ...], Layout], ...]] = (
    ((nn.Linear,), ("weight",), _LINEAR),
    ((nn.Embedding, nn.EmbeddingBag), ("weight",), _EMBEDDING),
    ((nn.Bilinear,), ("weight",), _BILINEAR),
    (
        (nn.MultiheadAttention,),
        ("in_proj_weight", "q_proj_weight", "k_proj_weight", "v_proj_weight"),
        _LINEAR,
    ),
)


def layout_of(module: nn.Module, name: str) -> Layout | None:
    """Return the layout of a module's own parameter; ``None`` for modules that PyTorch does not come with."""
    if isinstance(module, _CONVS) and name == "weight":
        return replace(_CONV, axes=replace(_LAST_TWO, groups=module.groups))
    if isinstance(module, _CONV_TRANSPOSES) and name == "weight":
        if module.groups == 1:
            return _CONV_TRANSPOSE
        return replace(_CONV_TRANSPOSE, axes=replace(_LAST_TWO, groups=module.groups, grouped="in"))
    if isinstance(module, nn.RNNBase | nn.RNNCellBase) and name.startswith("weight_"):
        return _LINEAR
    return next(
        (layout for kinds, names, layout in _BY_NAME if isinstance(module, kinds) and name in names),
        None,
    )


def own_parameters(module: nn.Module) -> Iterator[tuple[str, nn.Parameter]]:
    """Yield the parameters of a module itself, under all their names, whatever its class makes of asking."""
    return nn.Module.named_parameters(module, recurse=False, remove_duplicate=False)


def as_layout(given: nn.Module | str, tensor: Tensor) -> Layout:
    """Return the layout of `tensor` that a caller gives as a name, or as the module that owns it.

    Raises
    ------
    LayoutError
        If there is no such name, or the module does not own the tensor or does not tell its layout.
    """
    if isinstance(given, nn.Module):
        kind = type(given).__name__
        name = next((name for name, own in own_parameters(given) if own is tensor), None)
        if name is None:
            raise LayoutError(f"got a {kind} as layout that does not own the tensor; {_choices()}")
        found = ARRAY if tensor.ndim < 2 else layout_of(given, name)
        if found is None:
            raise LayoutError(f"it is not known what the axes of {kind}.{name} are; {_choices()}")
        return found
    if not isinstance(given, str) or given not in LAYOUTS:
        raise LayoutError(f"got layout {shown(given)}; {_choices()}")
    return LAYOUTS[given]


def unknown(initializer: seedbed.Initializer, shape: Shape, remedy: str) -> LayoutError:
    """Return the error for a tensor of an unknown layout whose fans an initializer needs."""
    return LayoutError(
        f"{initializer!r} needs fans, which the shape {shape} alone does not tell; {remedy}, or give the "
        f"initializer axes of its own; {_choices()}"
    )


def needs_axes(initializer: seedbed.Initializer) -> bool:
    """Say whether an initializer, or one within it, takes axes and was given none."""
    return any("axes" in config and config["axes"] is None for config in _configs(initializer.get_config()))


def _configs(value: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(value, Mapping):
        yield value
    for part in value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ():
        yield from _configs(part)


def _choices() -> str:
    return (
        "a layout is the module that owns the tensor, or 'linear' (out, in), 'conv' (out, in, *space), "
        "'conv_transpose' (in, out, *space), 'embedding' (number, features), 'bilinear' (out, in1, in2) or "
        "'array', which draws the tensor as NumPy draws its shape"
    )

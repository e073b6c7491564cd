"""`init_`, which fills one tensor."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, TypeVar

from torch import Tensor, nn

import seedbed
from seedbed.constructor import parameters
from seedbed.drawing import drawing_within, draws_anew
from seedbed.errors import ArgumentError, IdentifierError, shown
from seedbed.initializer import arguments_of
from seedbed.models import LayoutLike
from seedbed.models.given import as_piece, check_piece_drawn, check_piece_fits
from seedbed.models.layout import ARRAY
from seedbed.models.telling import needs_axes
from seedbed.random import SeedLike
from seedbed.rules import as_path
from seedbed.shapes import BasicIndex, ShapeLike
from seedbed_torch.arrays import check_writable
from seedbed_torch.compiling import uncompiled
from seedbed_torch.distributed import is_sharded
from seedbed_torch.filling import fill, values_of
from seedbed_torch.layouts import as_layout, unknown
from seedbed_torch.repeats import Filled
from seedbed_torch.shards import fresh_seed

AnyTensor = TypeVar("AnyTensor", bound=Tensor)

_FILLED: Final = Filled()
"""The one of this process, since what `init_` gets are tensors alone, and no module that has them all."""


@uncompiled
def init_(
    tensor: AnyTensor,
    initializer: Any,
    *,
    seed: SeedLike = None,
    layout: nn.Module | LayoutLike | None = None,
    path: str | None = None,
    shard: tuple[ShapeLike, BasicIndex] | None = None,
) -> AnyTensor:
    """Fill a tensor in place with what an initializer draws, and return it.

    Parameters
    ----------
    tensor
        A tensor or parameter of any strides, on any device, that requires gradients or not. Its dtype is
        float16, bfloat16, float32, float64, complex64, complex128, an integer dtype or bool, as far as the
        initializer has it. Of a `DTensor` each process draws its own part alone.
    initializer
        Anything that `seedbed.get` makes an initializer of: a name, a config, an initializer or a class.
    seed
        An int, a string, or a list of those: the seed of the initializer. ``None`` leaves it the one that it
        has; if that is ``None``, values are fresh at every call.
    layout
        Which axes are inputs and outputs: the module that owns the tensor, or a name: ``"linear"`` (out, in),
        ``"conv"`` (out, in, *space), ``"conv_transpose"`` (in, out, *space), ``"bilinear"`` (out, in1, in2),
        ``"embedding"`` (number, features) or ``"array"``, or what else `seedbed.models.as_layout` reads. With
        a layout, the values are those that NumPy
        draws in the order (*space, in, out), transposed, as `initialize` gives them; ``"array"``,
        ``"embedding"`` and ``None`` are the values that NumPy draws for the tensor's own shape. Only the
        module tells of groups.
    path
        The name of the tensor, such as ``"head/weight"``, which makes of the seed the stream that
        `initialize` draws a parameter of this path from. ``""`` leaves the seed as it is, and says that other
        tensors may have the same values.
    shard
        For a plain tensor that is a part of a larger one: the shape of the whole, and the index of the part.
        Fans and values are the whole's. A `DTensor` needs none.

    Returns
    -------
    torch.Tensor
        `tensor` itself.

    Raises
    ------
    LayoutError
        If the initializer needs fans and there is no layout to take them from, or the layout does not fit.
    ArgumentError
        If the tensor has no memory that values could be written to, as on the meta device, or there is a path
        for values that no seed gives.
    ShapeError, DTypeError
        If the initializer does not take such a tensor. Nothing has been changed then.

    Warns
    -----
    UserWarning
        If another tensor of this shape and dtype, on such a device, which is still there, has been filled by
        the same initializer with the same seed, and no path was given.

    Examples
    --------
    >>> import torch
    >>> linear = torch.nn.Linear(3, 2)
    >>> init_(linear.weight, "he_normal", seed=7, layout=linear) is linear.weight
    True
    >>> drawn = torch.from_numpy(seedbed.get("he_normal", seed=7)((3, 2)))
    >>> bool((linear.weight == drawn.T).all())
    True
    """
    found = _at(_as_initializer(initializer, seed), path)
    check_writable(tensor)
    if tensor.grad_fn is not None and not tensor._is_view():  # noqa: SLF001 - no public name for it
        raise ArgumentError(
            "got a tensor that was computed from others, and will be again, as the weight of a parametrized "
            "module; fill what it is computed from, such as layer.parametrizations.weight.original"
        )
    if tensor.is_meta:
        raise ArgumentError(
            "got a tensor on the meta device, which has no memory; leave its module there, and call "
            "seedbed_torch.initialize, which gives memory to parameters and buffers and fills them"
        )
    if layout is None and tensor.ndim > 1 and needs_axes(found):
        raise unknown(found, tuple(tensor.shape))
    chosen = ARRAY if layout is None else as_layout(layout, tensor)
    piece = None if shard is None else as_piece(shard)
    if piece is not None:
        check_piece_fits(piece, tuple(tensor.shape), is_sharded=is_sharded(tensor))
        check_piece_drawn(found, chosen, is_named=not isinstance(layout, nn.Module))
        if draws_anew(found):
            raise ArgumentError(
                f"got shard for {shown(found)}, which has no seed; give the same seed= to all parts"
            )
    values = values_of(tensor, found, chosen, piece)  # refuses before processes agree on a seed
    agreed = _agreed(found, tensor)
    fill(tensor, values if agreed is found else values_of(tensor, agreed, chosen))
    if path is None and agreed is found and _has_seed(found):
        # A twin on another kind of device, of another dtype, or in one piece, is there to be compared.
        twins = tensor.dtype, tensor.device.type, is_sharded(tensor)
        _FILLED.note(tensor, hash((found, tuple(tensor.shape), str(chosen), piece, twins)))
    return tensor


def _at(initializer: seedbed.Initializer, path: str | None) -> seedbed.Initializer:
    """Return an initializer with the stream of a path."""
    if path is None:
        return initializer
    if draws_anew(initializer):
        raise ArgumentError(f"got the path {path!r} for {shown(initializer)}, which has no seed; give seed=")
    name = as_path(path)
    return initializer.fold_in(name) if name else initializer


def _has_seed(initializer: seedbed.Initializer) -> bool:
    parts = (part for part in drawing_within(initializer) if "seed" in parameters(type(part)))
    return any(arguments_of(part).get("seed") is not None for part in parts)


def _as_initializer(given: Any, seed: SeedLike) -> seedbed.Initializer:
    is_class = isinstance(given, type) and issubclass(given, seedbed.Initializer)
    if not is_class and not isinstance(given, str | Mapping | seedbed.Initializer):
        raise IdentifierError(
            f"got {shown(given)} of type {type(given).__name__}; pass the name, the config or an instance of "
            "an initializer, or its class. Those of torch.nn.init have names such as 'torch.nn.init.normal_'"
        )
    found: seedbed.Initializer = seedbed.get(given, **({} if seed is None else {"seed": seed}))
    return found


def _agreed(initializer: seedbed.Initializer, tensor: Tensor) -> seedbed.Initializer:
    """Return `initializer` with a fresh seed, if it has none and each process would draw other values."""
    if not is_sharded(tensor) or not draws_anew(initializer):
        return initializer
    if initializer.fold_in("") != initializer:
        anew = next(filter(draws_anew, drawing_within(initializer)))
        raise ArgumentError(
            f"got {shown(initializer)}, of which {shown(anew)} has no seed and another has one, so that each "
            "process would draw other values; give a seed to all parts or to none"
        )
    seeded: seedbed.Initializer = seedbed.get(initializer, seed=fresh_seed(tensor))
    return seeded

"""`init_`, which fills one tensor."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from torch import Tensor, nn

import seedbed
from seedbed.drawing import drawing_within, draws_anew
from seedbed.errors import ArgumentError, IdentifierError, shown
from seedbed.models.layout import ARRAY, needs_axes
from seedbed.random import SeedLike
from seedbed_torch.arrays import check_writable
from seedbed_torch.compiling import uncompiled
from seedbed_torch.distributed import is_sharded
from seedbed_torch.filling import fill, values_of
from seedbed_torch.layouts import as_layout, unknown
from seedbed_torch.shards import fresh_seed

AnyTensor = TypeVar("AnyTensor", bound=Tensor)


@uncompiled
def init_(
    tensor: AnyTensor,
    initializer: Any,
    *,
    seed: SeedLike = None,
    layout: nn.Module | str | None = None,
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
        ``"embedding"`` (number, features) or ``"array"``. With a layout, the values are those that NumPy
        draws in the order (*space, in, out), transposed, as `initialize` gives them; ``"array"``,
        ``"embedding"`` and ``None`` are the values that NumPy draws for the tensor's own shape. Only the
        module tells of groups.

    Returns
    -------
    torch.Tensor
        `tensor` itself.

    Raises
    ------
    LayoutError
        If the initializer needs fans and there is no layout to take them from, or the layout does not fit.
    ArgumentError
        If the tensor has no memory that values could be written to, as on the meta device.
    ShapeError, DTypeError
        If the initializer does not take such a tensor. Nothing has been changed then.

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
    found = _as_initializer(initializer, seed)
    check_writable(tensor)
    if tensor.grad_fn is not None and not tensor._is_view():  # noqa: SLF001 - no public name for it
        raise ArgumentError(
            "got a tensor that was computed from others, and will be again, as the weight of a parametrized "
            "module; fill what it is computed from, such as layer.parametrizations.weight.original"
        )
    if tensor.is_meta:
        raise ArgumentError(
            "got a tensor on the meta device, which has no memory; fill the whole module with "
            "seedbed_torch.initialize, or give it memory by module.to_empty(device=...)"
        )
    if layout is None and tensor.ndim > 1 and needs_axes(found):
        raise unknown(found, tuple(tensor.shape))
    chosen = ARRAY if layout is None else as_layout(layout, tensor)
    values = values_of(tensor, found, chosen)  # refuses before processes agree on a seed
    agreed = _agreed(found, tensor)
    fill(tensor, values if agreed is found else values_of(tensor, agreed, chosen))
    return tensor


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

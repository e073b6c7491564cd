"""`initialize`, which fills all parameters of a module by rules, and `plan`, which says what it would do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from seedbed import Initializer
from seedbed.errors import ArgumentError, shown
from seedbed.models import LayoutLike, Values, Weight, prepare
from seedbed.models import plan as planned
from seedbed.models.naming import Rename
from seedbed.models.progress import check_progress
from seedbed.random import SeedLike
from seedbed.rules import Plan, RulesLike
from seedbed_torch.arrays import DTYPES, check_apart, check_writable
from seedbed_torch.compiling import uncompiled
from seedbed_torch.filling import fill
from seedbed_torch.layouts import layout_of
from seedbed_torch.parameters import (
    Owned,
    check_buffers,
    check_owners,
    check_wrappers,
    materialize,
    parameters_of,
    reshard,
)
from seedbed_torch.shards import check_shared


@uncompiled
def initialize(
    module: nn.Module,
    rules: RulesLike,
    *,
    seed: SeedLike,
    strict: bool = False,
    layouts: Mapping[str, LayoutLike] | None = None,
    rename: Rename | None = None,
    prefix: str | None = None,
    device: torch.device | str | None = None,
    progress: bool | None = None,
) -> Plan:
    """Fill the parameters of a module in place, each with what the first rule that matches it draws.

    Every parameter draws from a stream of its own, which `seed` and its path give: neither the order of the
    parameters, nor the device, nor the number of processes that a `DTensor` is sharded over has an influence.
    A weight is drawn with inputs before outputs and space first, and transposed where PyTorch stores it
    otherwise. Modules that share a parameter share its values, which are those of its first path.

    Parameters
    ----------
    module
        Any module. Parameters on the meta device are given memory.
    rules
        The path of a TOML file, a mapping from patterns to initializers, a list of such pairs, or
        `seedbed.rules.Rules`. Patterns match paths such as ``h/0/attn/qkv/weight``; dots do for slashes.
    seed
        An int, a string, or a list of those; the same in all processes.
    strict
        Whether parameters without a rule and rules without a parameter are an error. Without, they are
        warned of, and such parameters stay as they are.
    layouts
        For weights of modules that PyTorch does not come with: patterns of their paths, and what their axes
        are, by a name as `init_` has them, or as `seedbed.models.as_layout` reads it.
    rename
        From the path of a parameter to the path that it has in the rules and that its stream is of, to give
        it the name of its twin. Patterns may have the former, too.
    prefix
        What stands in front of every path, where the module is a part of a larger model: ``"stages/1"``.
    device
        Where parameters on the meta device get memory; ``None`` is PyTorch's default device, for a `DTensor`
        that of its mesh, as for the statistics of norms beside it.
    progress
        Whether to show a progress bar on stderr; ``None`` shows one for large modules on a terminal.

    Returns
    -------
    seedbed.rules.Plan
        What each parameter was drawn by, and what was left over; as text, a report.

    Raises
    ------
    RulesError
        If a rule is wrong, a parameter on the meta device has no rule, two parameters have one path or, where
        `strict`, anything is left over.
    LayoutError
        If a parameter's initializer needs fans and its layout is unknown, or the two do not fit.
    ArgumentError, ShapeError, DTypeError
        If a parameter cannot be drawn. The message names it, and nothing has been changed.

    Warns
    -----
    UserWarning
        If anything is left over.

    Examples
    --------
    >>> import torch
    >>> with torch.device("meta"):
    ...     module = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.Linear(4, 2))
    >>> print(initialize(module, {"*.bias": "zeros", "*": "he_normal"}, seed=7))
    0/weight: HeNormal(seed=[7, '0/weight']); (4, 3) as linear, fan_in=3, fan_out=4, by '*'
    0/bias: Zeros(); (4,), by '*/bias'
    1/weight: HeNormal(seed=[7, '1/weight']); (2, 4) as linear, fan_in=4, fan_out=2, by '*'
    1/bias: Zeros(); (2,), by '*/bias'
    >>> module(torch.ones(3)).shape
    torch.Size([2])
    """
    place = _as_device(device)
    check_progress(progress)
    parameters = _parameters(module)
    prepared = prepare(
        map(_weight, parameters),
        rules,
        seed=seed,
        strict=strict,
        layouts=layouts,
        rename=rename,
        prefix=prefix,
    )
    check_buffers(module)
    writings = {weight.path: weight.write for weight, _ in prepared.steps}
    drawn = {one.owned.path for one in writings.values() if isinstance(one, _Writing)}
    check_apart({owned.path: owned.tensor for owned in parameters}, drawn)
    prepared.plan.warn_of_faults()
    materialize(module, parameters, place)
    prepared.write(progress=progress)
    return prepared.plan


def plan(
    module: nn.Module,
    rules: RulesLike,
    *,
    seed: SeedLike,
    strict: bool = False,
    layouts: Mapping[str, LayoutLike] | None = None,
    rename: Rename | None = None,
    prefix: str | None = None,
) -> Plan:
    """Return what `initialize` would draw each parameter by, with the same arguments; nothing is changed.

    Raises
    ------
    SeedbedError
        As `initialize`.

    Examples
    --------
    >>> import torch
    >>> print(plan(torch.nn.Linear(3, 4, bias=False), {"*": "he_normal"}, seed=7, prefix="head"))
    head/weight: HeNormal(seed=[7, 'head/weight']); (4, 3) as linear, fan_in=3, fan_out=4, by '*'
    """
    found = planned(
        map(_weight, _parameters(module)),
        rules,
        seed=seed,
        strict=strict,
        layouts=layouts,
        rename=rename,
        prefix=prefix,
    )
    check_buffers(module)
    return found


def _parameters(module: nn.Module) -> list[Owned]:
    if not isinstance(module, nn.Module):
        raise ArgumentError(f"got {shown(module)} of type {type(module).__name__}; pass a torch.nn.Module")
    check_wrappers(module)
    reshard(module)
    return parameters_of(module)


@dataclass(frozen=True, slots=True)
class _Writing:
    """The way into a parameter, as it is by then: it may be given memory first."""

    owned: Owned

    def __call__(self, values: Values) -> None:
        fill(self.owned.tensor, values)

    def refuse(self, initializer: Initializer) -> None:
        check_owners(self.owned)
        check_writable(self.owned.tensor)
        check_shared(self.owned.tensor, initializer)


def _weight(owned: Owned) -> Weight:
    tensor, writing = owned.tensor, _Writing(owned)
    shape = () if nn.parameter.is_lazy(tensor) else tuple(tensor.shape)
    return Weight(
        owned.path,
        shape,
        DTYPES.get(tensor.dtype, np.dtype(np.float32)),  # others are refused if a rule matches
        writing,
        layout=next(filter(None, (layout_of(*layer) for layer in owned.layers)), None),
        others=tuple(owned.others),
        padding_index=next((row for row in map(_padding_index, owned.owners) if row is not None), None),
        has_values=not tensor.is_meta,
        refuse=writing.refuse,
    )


def _as_device(given: torch.device | str | None) -> torch.device | None:
    try:
        place = None if given is None else torch.device(given)
    except (RuntimeError, TypeError) as error:
        raise ArgumentError(
            f"got device {shown(given)}; pass a torch.device or its name, such as 'cpu' or 'cuda:0' ({error})"
        ) from error
    if place is not None and place.type == "meta":
        raise ArgumentError(
            "got the meta device to give a module memory on; pass another device=, such as 'cpu'"
        )
    return place


def _padding_index(owner: tuple[nn.Module, str]) -> int | None:
    """Return the row of a table that PyTorch's own reset makes zero; its gradient is zero, too.

    The original of a parametrization has none: its row of zeros would have no direction.
    """
    module, name = owner
    is_table = isinstance(module, nn.Embedding | nn.EmbeddingBag) and name == "weight"
    return module.padding_idx if is_table else None  # type: ignore[return-value]

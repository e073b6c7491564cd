"""`initialize`, which fills all parameters of a module by rules, and `plan`, which says what it would do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import torch
from torch import nn

from seedbed import Initializer
from seedbed.errors import ArgumentError, shown
from seedbed.models import LayoutLike, Values, Weight, prepare
from seedbed.models import plan as planned
from seedbed.models.given import Shards
from seedbed.models.kinds import Kinds
from seedbed.models.naming import Rename
from seedbed.models.progress import check_progress
from seedbed.random import SeedLike
from seedbed.rules import Plan, RulesLike
from seedbed_torch.arrays import DTYPES, check_apart, check_computing, check_writable, is_plain
from seedbed_torch.buffers import Buffers, check_buffers
from seedbed_torch.compiling import uncompiled
from seedbed_torch.distributed import is_sharded
from seedbed_torch.filling import fill
from seedbed_torch.layouts import kind_of, layout_of
from seedbed_torch.parameters import (
    Owned,
    check_owners,
    check_wrappers,
    materialize,
    parameters_of,
    reshard,
)
from seedbed_torch.shards import check_shared
from seedbed_torch.spectral import renew_vectors
from seedbed_torch.trees import Tree

_T = TypeVar("_T")


@uncompiled
def initialize(
    module: nn.Module,
    rules: RulesLike,
    *,
    seed: SeedLike,
    strict: bool = False,
    layouts: Mapping[str, LayoutLike] | None = None,
    kinds: Kinds | None = None,
    rename: Rename | None = None,
    prefix: str | None = None,
    shard: Shards | None = None,
    buffers: Buffers = None,
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
    kinds
        For rules that ask for the kind of a layer, where the framework does not tell it: patterns of paths,
        and one of `seedbed.models.KINDS` for each, as in ``{"*norm*": "norm"}``.
    rename
        From the path of a parameter to the path that it has in the rules and that its stream is of, to give
        it the name of its twin. Patterns may have the former, too.
    prefix
        What stands in front of every path, where the module is a part of a larger model: ``"stages/1"``.
        Without it, a module that is one layer alone is warned of, since all such draw the same values.
    shard
        For plain tensors that are parts of larger ones: patterns of their paths, and the shape of the whole
        with the index of the part. Fans and values are the whole's. A `DTensor` needs none.
    buffers
        What gives values to the buffers on the meta device: a function that is called with each module that
        has buffers of its own and fills them. Without one, and for what it leaves, the methods that modules
        have for it do. ``"reset"`` has these methods give values to the buffers with memory too, as after
        `to_empty`; ``"keep"`` says that such buffers are as they are meant to be.
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
        `strict`, there is anything to warn of.
    LayoutError
        If a parameter's initializer needs fans and its layout is unknown, or the two do not fit; where
        `strict`, also if the layout is unknown and its axes have an order.
    ArgumentError, ShapeError, DTypeError
        If a parameter cannot be drawn, or a buffer on the meta device is left without values. The message
        names it, and nothing has been changed.

    Warns
    -----
    UserWarning
        If anything is left over, a weight of unknown layout is drawn as it is stored, or there are buffers
        that seem to have no values, as after `to_empty`.

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
    drawn: list[Owned] = []
    tree, parameters = _parameters(module)
    prepared = prepare(
        [_weight(owned, drawn) for owned in parameters],
        rules,
        seed=seed,
        strict=strict,
        layouts=layouts,
        kinds=kinds,
        rename=rename,
        prefix=prefix,
        shard=shard,
    )
    _check_memory(tree, parameters, drawn, buffers, strict=strict)
    prepared.plan.warn_of_faults()
    materialize(tree, parameters, place, buffers)
    prepared.write(progress=progress)
    renew_vectors(drawn)
    return prepared.plan


def plan(
    module: nn.Module,
    rules: RulesLike,
    *,
    seed: SeedLike,
    strict: bool = False,
    layouts: Mapping[str, LayoutLike] | None = None,
    kinds: Kinds | None = None,
    rename: Rename | None = None,
    prefix: str | None = None,
    shard: Shards | None = None,
    buffers: Buffers = None,
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
    drawn: list[Owned] = []
    tree, parameters = _parameters(module)
    found = planned(
        [_weight(owned, drawn) for owned in parameters],
        rules,
        seed=seed,
        strict=strict,
        layouts=layouts,
        kinds=kinds,
        rename=rename,
        prefix=prefix,
        shard=shard,
    )
    _check_memory(tree, parameters, drawn, buffers, strict=strict)
    return found


def _parameters(module: nn.Module) -> tuple[Tree, list[Owned]]:
    if not isinstance(module, nn.Module):
        raise ArgumentError(f"got {shown(module)} of type {type(module).__name__}; pass a torch.nn.Module")
    tree = Tree.of(module)
    check_wrappers(tree)
    reshard(tree)
    return tree, parameters_of(tree)


def _check_memory(
    tree: Tree, parameters: list[Owned], drawn: list[Owned], buffers: Buffers, *, strict: bool
) -> None:
    held = [(owned.path, owned.tensor, owned.memory) for owned in parameters]
    check_apart(held, {owned.path for owned in drawn})
    check_buffers(tree, buffers, {id(owned.tensor) for owned in drawn}, strict=strict)


@dataclass(frozen=True, slots=True)
class _Writing:
    """The way into a parameter, as it is by then: it may be given memory first."""

    owned: Owned
    drawn: list[Owned]

    def __call__(self, values: Values) -> None:
        fill(self.owned.tensor, values)

    def refuse(self, initializer: Initializer) -> None:
        owned, tensor = self.owned, self.owned.tensor
        check_owners(owned)
        if not self.drawn:
            check_computing()
        if not is_plain(tensor, owned.memory):
            check_writable(tensor)
            check_shared(tensor, initializer)
        self.drawn.append(owned)


def _weight(owned: Owned, drawn: list[Owned]) -> Weight:
    """Return a weight of a model; those that rules give an initializer are in `drawn` then."""
    tensor, writing = owned.tensor, _Writing(owned, drawn)
    return Weight(
        owned.path,
        () if nn.parameter.is_lazy(tensor) else tuple(tensor.shape),
        DTYPES.get(tensor.dtype, np.dtype(np.float32)),  # others are refused if a rule matches
        writing,
        layout=_first(layout_of, owned.layers),
        ties=tuple(owned.ties),
        kind=_first(kind_of, owned.layers),
        padding_index=_first(_padding_index, owned.owners),
        has_values=not tensor.is_meta,
        is_sharded=is_sharded(tensor),
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


def _first(told: Callable[[nn.Module, str], _T | None], places: list[tuple[nn.Module, str]]) -> _T | None:
    """Return what the first of the places tells that tells anything."""
    for place in places:
        if (found := told(*place)) is not None:
            return found
    return None


def _padding_index(module: nn.Module, name: str) -> int | None:
    """Return the row of a table that PyTorch's own reset makes zero; its gradient is zero, too.

    The original of a parametrization has none: its row of zeros would have no direction.
    """
    is_table = isinstance(module, nn.Embedding | nn.EmbeddingBag) and name == "weight"
    return module.padding_idx if is_table else None  # type: ignore[return-value]

"""The parameters of a module: their paths, their owners, and giving memory to those on the meta device."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from typing import Final

import torch
from torch import nn
from torch.nn.utils import parametrizations
from torch.nn.utils.parametrize import ParametrizationList, is_parametrized

from seedbed.errors import ArgumentError, RulesError
from seedbed.rules import as_path
from seedbed_torch.arrays import Memory, memory_of
from seedbed_torch.buffers import Buffers, fill_buffers, lacks_memory
from seedbed_torch.distributed import class_of, is_flat, is_fsdp, is_sharded
from seedbed_torch.layouts import own_parameters
from seedbed_torch.memory import default_device, own_device, with_memory
from seedbed_torch.trees import Tree

_WRAPPERS: Final = frozenset({"_orig_mod", "_checkpoint_wrapped_module"})
"""What torch.compile and activation checkpointing put into names, and no model means."""

_RENAMING: Final = (
    ("torch.nn", "DataParallel", "model.module"),
    ("torch.nn.parallel", "DistributedDataParallel", "model.module"),
    ("torch.optim.swa_utils", "AveragedModel", "model.module"),
    ("torch.ao.quantization", "QuantWrapper", "model.module"),
    ("torch.distributed.pipelining", "Pipe", "what get_stage_module(number) returns"),
)
"""PyTorch's own wrappers that put something in front of paths, and what to pass instead."""

_WEIGHT_NORM: Final = getattr(parametrizations, "_WeightNorm", ())
"""The parametrization that makes a weight of two originals: lengths, and what has the axes of the weight."""

_SPECTRAL_NORM: Final = getattr(parametrizations, "_SpectralNorm", ())
_ORTHOGONAL: Final = getattr(parametrizations, "_Orthogonal", ())
"""The parametrization whose original is no weight, but says by what reflections one is made."""


@dataclass(frozen=True, slots=True, eq=False)
class Owned:
    """A parameter, under all its names.

    Attributes
    ----------
    path
        Its first name, with slashes.
    ties
        Its other names, where modules share it.
    owners
        The modules that have it, each with its name there, first the one of `path`.
    layers
        The modules whose weight it is, each with its name there. These are the owners, but for the original
        of a parametrization, which a list of that owns; its name is empty where it has not the axes of the
        weight.
    memory
        Its memory, as `memory_of` tells it.
    """

    path: str
    ties: list[str] = field(default_factory=list)
    owners: list[tuple[nn.Module, str]] = field(default_factory=list)
    layers: list[tuple[nn.Module, str]] = field(default_factory=list)
    memory: Memory | None = None

    @property
    def tensor(self) -> nn.Parameter:
        """The parameter as it is now."""
        module, name = self.owners[0]
        found = module._parameters[name]  # noqa: SLF001 - to ask the module takes long
        assert found is not None  # noqa: S101 - it was there when it was found
        return found


def reshard(tree: Tree) -> None:
    """Have FSDP show its own parameters, where it still has those that it gathered to run the module."""
    for part in tree.parts:
        if is_fsdp(part):
            part.reshard()


def check_wrappers(tree: Tree) -> None:
    """Refuse a module whose parameters are not to be seen as what they are.

    Raises
    ------
    ArgumentError
        If it is, or has within it, what flattens or renames parameters, or hides whose they are.
    """
    renaming = [(class_of(place, name), name, within) for place, name, within in _RENAMING]
    for part in tree.parts:
        if is_flat(part):
            raise ArgumentError(
                "got a module within FullyShardedDataParallel, which keeps all parameters as one flat "
                "tensor; initialize the module before it is wrapped, or shard it with "
                "torch.distributed.fsdp.fully_shard"
            )
        for kind, name, within in renaming:
            if isinstance(part, kind):
                remedy = f"pass {within}, or " if part is tree.module else ""
                raise ArgumentError(
                    f"got a module within {name}, which puts a name in front of all paths, so that they draw "
                    f"other values; {remedy}initialize the module before it is wrapped"
                )


def check_owners(owned: Owned) -> None:
    """Refuse a parameter whose module does not use it as the weight that it seems to be.

    Raises
    ------
    ArgumentError
        If `torch.jit` has compiled that, or it makes an orthogonal matrix of the parameter.
    """
    for owner, _ in owned.owners:
        if isinstance(owner, torch.jit.ScriptModule):
            raise ArgumentError(
                "got a parameter of a module that torch.jit has compiled, whose layers no longer tell what "
                "they are; initialize the module before it is compiled, or leave it out of the rules"
            )
        if isinstance(owner, ParametrizationList) and any(
            isinstance(step, _ORTHOGONAL) for step in owner.children()
        ):
            raise ArgumentError(
                "got the original of an orthogonal parametrization, which is no weight; leave it out of the "
                "rules, and assign to the weight, as in layer.weight = matrix, or remove the parametrization"
            )


def parameters_of(tree: Tree) -> list[Owned]:
    """Return the parameters of a module in its own order, a shared one once; sharing memory is sharing it.

    Raises
    ------
    RulesError
        If two of them have one path, as ``a.weight`` and ``a/weight``.
    """
    found: dict[Hashable, Owned] = {}
    originals = _originals(tree)
    for prefix, owner in tree.places:
        front = _path(prefix)
        for name, tensor in own_parameters(owner):
            path, memory = front + as_path(name), memory_of(tensor)
            key = memory or id(tensor)
            owned = found.get(key)
            if owned is None:
                owned = found[key] = Owned(path, memory=memory)
            elif path != owned.path:
                owned.ties.append(path)
            owned.owners.append((owner, name))
            owned.layers.append(originals.get((id(owner), name), (owner, name)))
    times = Counter(owned.path for owned in found.values())
    if len(times) < len(found):
        twice = times.most_common(1)[0][0]
        raise RulesError(
            f"got several parameters of the path {twice!r}, which would draw the same values; rename the "
            "attribute that has a slash, _orig_mod or _checkpoint_wrapped_module in its name"
        )
    return list(found.values())


def _originals(tree: Tree) -> dict[tuple[int, str], tuple[nn.Module, str]]:
    """Return of which module's weight, by which name, the originals of parametrizations have the axes."""
    found = {}
    for part in tree.parts:
        if "parametrizations" not in part._modules or not is_parametrized(part):  # noqa: SLF001 - asking takes long
            continue
        for name, originals in part.get_submodule("parametrizations").named_children():
            first = next(originals.children())  # which the originals are for
            for key, _ in own_parameters(originals):
                has_axes = (isinstance(first, _WEIGHT_NORM) and key == "original1") or (
                    isinstance(first, _SPECTRAL_NORM) and key == "original"  # others may have any axes
                )
                found[id(originals), key] = (part, name if has_axes else "")
    return found


def materialize(
    tree: Tree, parameters: Sequence[Owned], device: torch.device | None, buffers: Buffers
) -> None:
    """Give memory to the parameters of a module that are on the meta device, and values to its buffers.

    Parameters
    ----------
    tree
        The module.
    parameters
        What `parameters_of` returned for it.
    device
        Where the memory is to be; ``None`` is the device of its mesh for a `DTensor` and for the buffers
        beside it, and PyTorch's default device for others.
    buffers
        As for `initialize`.

    Raises
    ------
    ArgumentError
        If PyTorch's default device is the meta device, or there are buffers that nothing fills.
    """
    bare = [owned for owned in parameters if owned.tensor.is_meta]
    is_needed = bool(bare) or lacks_memory(tree)
    if is_needed and (device or default_device()).type == "meta":
        raise ArgumentError(
            "got the meta device to give a module memory on; pass another device=, or leave `with "
            "torch.device('meta')` first"
        )
    # Before the parameters have moved, which say where buffers belong.
    fill_buffers(tree, buffers, lambda owner: device or _place_beside(owner, parameters))
    for owned in bare:
        parameter = with_memory(owned.tensor, device)
        for owner, name in owned.owners:
            setattr(owner, name, parameter)
    if is_needed and any(map(is_fsdp, tree.parts)):
        nn.Module.to(tree.module)  # changes nothing, but has FSDP look at its parameters again


def _place_beside(owner: nn.Module, parameters: Sequence[Owned]) -> torch.device:
    """Return where a module's buffers belong: with its own parameters, or those of all if it has none."""
    beside = [tensor for _, tensor in own_parameters(owner)] or [owned.tensor for owned in parameters]
    sharded = (tensor for tensor in beside if tensor.is_meta and is_sharded(tensor))
    return next(map(own_device, sharded), None) or default_device()


def _path(prefix: str) -> str:
    """Return what stands in front of the names that a module has."""
    return "".join(f"{as_path(part)}/" for part in prefix.split(".") if part and part not in _WRAPPERS)

"""Which part of a sharded tensor this process holds."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

import torch
import torch.distributed as dist
from torch import Tensor

from seedbed import Initializer
from seedbed.drawing import undeclared_within
from seedbed.errors import ArgumentError
from seedbed_torch.distributed import is_sharded

if TYPE_CHECKING:
    from torch.distributed.device_mesh import DeviceMesh
    from torch.distributed.tensor import DTensor

Run: TypeAlias = tuple[int, int]
"""A first place in the whole, and how many follow."""


class Part(NamedTuple):
    """A rectangle of a tensor that lies in the memory of this process."""

    memory: Tensor
    start: tuple[int, ...]


def parts_of(tensor: Tensor) -> list[Part]:
    """Return the parts of a tensor that this process holds, none for an empty one.

    Most placements leave one rectangle to a process. Tensor parallelism over the rows that FSDP shards as
    well may leave several.

    Raises
    ------
    ArgumentError
        If it is sharded in a way that is not known, or its processes hold sums of its values.
    """
    if not is_sharded(tensor):
        return [Part(tensor, (0,) * tensor.ndim)]
    if tensor.device_mesh.get_coordinate() is None:  # it is a tensor of other processes
        return []
    with torch.no_grad():
        local = tensor.to_local()
    runs = [_runs(tensor, axis) for axis in range(tensor.ndim)]
    held = tuple(sum(length for _, length in of_axis) for of_axis in runs)
    if tuple(local.shape) != held and local.numel():
        raise ArgumentError(
            f"got a tensor of shape {tuple(tensor.shape)} sharded as {tensor.placements}, of which this "
            f"process holds {tuple(local.shape)} and not {held}; distribute it with torch.distributed.tensor"
        )
    return list(_rectangles(local, runs)) if local.numel() else []


def _runs(tensor: DTensor, axis: int) -> list[Run]:
    """Return which places of an axis this process holds, in the order in which it holds them."""
    runs = [(0, tensor.shape[axis])]
    mesh = tensor.device_mesh
    for number, placement in enumerate(tensor.placements):
        if placement.is_replicate():
            continue
        if not hasattr(placement, "dim"):
            raise ArgumentError(
                f"got a tensor placed as {placement}, of which processes hold terms of a sum; "
                "redistribute it first"
            )
        if placement.dim == axis:
            chunks = getattr(placement, "split_factor", 1)
            runs = _shard(runs, chunks, mesh.size(number), mesh.get_local_rank(number))
    return runs


def _shard(runs: list[Run], chunks: int, ranks: int, rank: int) -> list[Run]:
    """Return what is left to a rank: of each of so many chunks its share, both as `torch.chunk` divides."""
    length = sum(size for _, size in runs)
    size = -(-length // chunks)
    found: list[Run] = []
    for chunk in range(chunks):
        first, last = min(chunk * size, length), min((chunk + 1) * size, length)
        share = -(-(last - first) // ranks)
        begin, end = min(first + rank * share, last), min(first + (rank + 1) * share, last)
        found.extend(_between(runs, begin, end))
    return found


def _between(runs: list[Run], begin: int, end: int) -> Iterator[Run]:
    passed = 0
    for first, size in runs:
        low, high = max(begin - passed, 0), min(end - passed, size)
        if low < high:
            yield first + low, high - low
        passed += size


def _rectangles(local: Tensor, runs: list[list[Run]]) -> Iterator[Part]:
    ends = [list(itertools.accumulate((size for _, size in of_axis), initial=0)) for of_axis in runs]
    for numbers in itertools.product(*(range(len(of_axis)) for of_axis in runs)):
        memory, start = local, []
        for axis, number in enumerate(numbers):
            first, size = runs[axis][number]
            memory = memory.narrow(axis, ends[axis][number], size)
            start.append(first)
        yield Part(memory, tuple(start))


def check_shared(tensor: Tensor, initializer: Initializer) -> None:
    """Refuse a `DTensor` of which processes would not each draw a part of the same values.

    Raises
    ------
    ArgumentError
        If it is sharded in a way that `parts_of` refuses, or an initializer without a seed may draw.
    """
    if not is_sharded(tensor):
        return
    parts_of(tensor)
    part = undeclared_within(initializer) if tensor.device_mesh.size() > 1 else None
    if part is not None:
        raise ArgumentError(
            f"got {part!r} for a tensor of several processes, and it draws other values in each process; "
            "give its constructor `seed`, or declare reproducibility = 'exact' if it draws nothing"
        )


_LARGEST: Final = 2**63 - 1


def fresh_seed(tensor: Tensor, generator: torch.Generator | None = None) -> int:
    """Return a seed from `generator`, or from PyTorch's default one; for a `DTensor` the same everywhere.

    Parameters
    ----------
    tensor
        What the seed is for. If it is a `DTensor`, every process of its mesh has to call this.
    generator
        A generator on any device.
    """
    device = "cpu" if generator is None else generator.device
    drawn = torch.empty(2, dtype=torch.int64, device=device).random_(0, _LARGEST, generator=generator)
    if is_sharded(tensor) and tensor.device_mesh.get_coordinate() is not None:
        drawn = _of_first(drawn, tensor.device_mesh)
    low, high = drawn.tolist()
    return int(low) | int(high) << 63


def _of_first(numbers: Tensor, mesh: DeviceMesh) -> Tensor:
    """Return the numbers of the mesh's first process."""
    numbers = numbers.to(mesh.device_type)
    for axis in range(mesh.ndim):
        group: Any = mesh.get_group(axis)
        dist.broadcast(numbers, src=dist.get_global_rank(group, 0), group=group)
    return numbers

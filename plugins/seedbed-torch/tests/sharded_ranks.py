"""What several processes check of tensors that they share, run as ``python sharded_ranks.py RANKS FOLDER``.

Each process writes what went wrong, by scenario, into the folder.
"""

import json
import os
import sys
import traceback
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.distributed as dist
from torch import nn
from torch.distributed.device_mesh import DeviceMesh, init_device_mesh
from torch.distributed.fsdp import FSDPModule, FullyShardedDataParallel, fully_shard
from torch.distributed.tensor import DTensor, Partial, Replicate, Shard, distribute_tensor
from torch.distributed.tensor.parallel import ColwiseParallel, RowwiseParallel, parallelize_module
from torch.distributed.tensor.placement_types import _StridedShard
from torch.nn.parallel import DistributedDataParallel
from torch_bits import same

import seedbed
import seedbed_torch
from seedbed.errors import ArgumentError
from seedbed_torch import memory, parameters

SCENARIOS = {}
SEEDLESS = ("torch_dirac", "identity")
GATHERS_COMPLEX = torch.__version__ >= (2, 7)  # gloo does, from then on or a little later


def scenario(*ranks):
    """Register a check that so many processes run, each of them."""

    def register(function):
        for count in ranks:
            SCENARIOS.setdefault(count, {})[function.__name__] = function
        return function

    return register


def line():
    return init_device_mesh("cpu", (dist.get_world_size(),))


def check_shards(shape, placements, mesh, *, name="random_normal", layout="array", dtype=torch.float32):
    """Have a sharded tensor hold what a whole one does, in this process's part and when it is gathered."""
    initializer = seedbed.get(name) if name in SEEDLESS else seedbed.get(name, seed=7)
    whole = seedbed_torch.init_(torch.zeros(shape, dtype=dtype), initializer, layout=layout)
    sharded = distribute_tensor(torch.zeros(shape, dtype=dtype), mesh, placements)
    assert seedbed_torch.init_(sharded, initializer, layout=layout) is sharded
    here = distribute_tensor(whole, mesh, placements).to_local()
    assert same(sharded.to_local(), here), (shape, placements, layout)
    if not dtype.is_complex or GATHERS_COMPLEX:
        assert same(sharded.full_tensor(), whole), (shape, placements, layout)


@scenario(2, 4)
def rows_and_columns():
    for axis in (0, 1):
        for layout in ("array", "linear"):
            check_shards((8, 12), [Shard(axis)], line(), name="he_normal", layout=layout)


@scenario(2, 4)
def uneven_shards():
    for shape in [(7, 5), (3, 9), (1, 6), (13, 2)]:
        for axis in (0, 1):
            for layout in ("array", "linear"):
                check_shards(shape, [Shard(axis)], line(), layout=layout)


@scenario(2, 4)
def every_dtype():
    for dtype in (torch.float16, torch.bfloat16, torch.float64, torch.complex64):
        for layout in ("array", "linear"):
            check_shards((7, 6), [Shard(0)], line(), name="glorot_normal", layout=layout, dtype=dtype)


@scenario(2, 4)
def kernels_of_convolutions():
    for axis in range(4):
        for layout in ("conv", "conv_transpose"):
            check_shards((6, 5, 3, 4), [Shard(axis)], line(), name="he_uniform", layout=layout)


@scenario(2, 4)
def what_is_computed_as_a_whole():
    for name in ("orthogonal", *SEEDLESS):
        check_shards((6, 9), [Shard(0)], line(), name=name, layout="linear")


@scenario(2, 4)
def replicas():
    check_shards((6, 9), [Replicate()], line(), name="he_normal", layout="linear")


@scenario(4)
def two_axes_of_a_mesh():
    mesh = init_device_mesh("cpu", (2, 2))
    for shape in [(8, 12), (7, 5), (3, 3)]:
        for placements in (
            [Shard(0), Shard(1)],
            [Shard(1), Shard(0)],
            [Shard(0), Shard(0)],
            [Replicate(), Shard(1)],
        ):
            for layout in ("array", "linear"):
                check_shards(shape, placements, mesh, layout=layout)


@scenario(4)
def rows_that_are_sharded_from_right_to_left():
    mesh = init_device_mesh("cpu", (2, 2))
    for placements in (
        [_StridedShard(0, split_factor=2), Shard(0)],
        [_StridedShard(0, split_factor=2), Shard(1)],
    ):
        for layout in ("array", "linear"):
            check_shards((8, 12), placements, mesh, layout=layout)


@scenario(2, 4)
def a_shard_alone_is_drawn():
    """Of 64 MiB a process draws its own, in blocks, with what threads need besides."""
    for axis in (0, 1):
        sharded = distribute_tensor(torch.zeros(4096, 4096), line(), [Shard(axis)])
        tracemalloc.start()
        seedbed_torch.init_(sharded, "random_normal", seed=7, layout="linear")
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 40 << 20, (axis, peak)


@scenario(2)
def tensors_of_other_processes_are_left_alone():
    for rank in range(2):
        mesh = DeviceMesh("cpu", [rank])
        with torch.device("meta"):
            stage = nn.Linear(4, 3, bias=False)
        stage.weight = nn.Parameter(distribute_tensor(stage.weight, mesh, [Shard(0)]))
        seedbed_torch.initialize(stage, {"*": "he_normal"}, seed=7)
        assert stage.weight.to_local().shape == ((3, 4) if dist.get_rank() == rank else (0,))
        if dist.get_rank() == rank:
            assert same(stage.weight.to_local(), seedbed.get("he_normal", seed=[7, "weight"])((4, 3)).T)
        seedbed_torch.init_(stage.weight, "random_normal")


@scenario(2)
def flat_parameters_are_refused():
    flat = FullyShardedDataParallel(model(), device_id=torch.device("cpu"), use_orig_params=True)
    before = [parameter.detach().clone() for parameter in flat.parameters()]
    try:
        seedbed_torch.initialize(flat, RULES, seed=7)
    except ArgumentError as error:
        assert "within FullyShardedDataParallel, which keeps all parameters as one flat" in str(error)
    else:
        raise AssertionError
    assert all(torch.equal(one, other) for one, other in zip(flat.parameters(), before, strict=True))


def check_refused(module, initializer, match):
    """Have the last parameter of a module of ones refused, and all parameters left as they are."""
    for fill in (
        lambda: seedbed_torch.initialize(module, {"*": initializer}, seed=7),
        lambda: seedbed_torch.init_(module[-1], initializer),
    ):
        with pytest.raises(ArgumentError, match=match):
            fill()
    for parameter in module:
        local = parameter.to_local() if isinstance(parameter, DTensor) else parameter
        assert local.eq(1).all()


def beside_a_good_one(bad):
    """Return a module whose last parameter is `bad`, after one on the same device."""
    return nn.ParameterList([torch.ones(3, 4, device=bad.device), nn.Parameter(bad)])


@scenario(2)
def terms_of_a_sum_are_refused_before_anything_changes():
    partial = DTensor.from_local(torch.ones(3, 4), line(), [Partial()])
    check_refused(beside_a_good_one(partial), "random_normal", "processes hold terms of a sum")


@scenario(2)
def terms_of_a_sum_are_refused_before_anything_is_given_memory():
    partial = DTensor.from_local(torch.ones(3, 4, device="meta"), line(), [Partial()])
    module = beside_a_good_one(partial)
    with pytest.raises(ArgumentError, match=r"1: .*processes hold terms of a sum"):
        seedbed_torch.initialize(module, {"*": "random_normal"}, seed=7)
    assert all(parameter.is_meta for parameter in module)


@scenario(2)
def shards_of_unexpected_shapes_are_refused_before_anything_changes():
    local = torch.ones(4 if dist.get_rank() else 1, 4)  # and not 3 and 2, as chunks are
    uneven = DTensor.from_local(
        local, line(), [Shard(0)], run_check=False, shape=torch.Size([5, 4]), stride=(4, 1)
    )
    check_refused(beside_a_good_one(uneven), "random_normal", "sharded as .* and not")


class Unseeded(seedbed.Initializer):
    """As the shortest initializer is written: it takes no seed, and says nothing of what it draws."""

    def __call__(self, shape, dtype=None):
        return np.random.default_rng().normal(size=shape).astype(dtype)


class Halves(seedbed.Initializer):
    """One that takes no seed and draws nothing."""

    reproducibility = "exact"

    def __call__(self, shape, dtype=None):
        return np.full(shape, 0.5, dtype)


@scenario(2)
def what_would_differ_between_processes_is_refused():
    seedbed.register(Unseeded, name="unseeded")
    seedbed.register(Halves, name="halves")
    for initializer in (Unseeded(), seedbed.get("scaled", initializer=Unseeded(), factor=2.0)):
        module = beside_a_good_one(distribute_tensor(torch.ones(4, 6), line(), [Replicate()]))
        check_refused(module, initializer, r"got Unseeded\(\) for .*draws other values in each process")
    for initializer in (Halves(), seedbed.get("scaled", initializer=Halves(), factor=1.0)):
        tensor = distribute_tensor(torch.zeros(4, 6), line(), [Shard(0)])
        assert seedbed_torch.init_(tensor, initializer).to_local().eq(0.5).all()
    alone = distribute_tensor(torch.zeros(4, 6), DeviceMesh("cpu", [dist.get_rank()]), [Shard(0)])
    assert seedbed_torch.init_(alone, Unseeded()).to_local().unique().numel() == 24


@scenario(2)
def parts_with_and_without_a_seed_are_refused():
    tensor = distribute_tensor(torch.ones(4, 6), line(), [Replicate()])
    parts = [seedbed.get("random_normal", seed=1), "random_normal"]
    for initializer in (
        seedbed.get("sum_of", initializers=parts),
        seedbed.get("scaled", initializer=seedbed.get("blocked", initializers=parts), factor=2.0),
    ):
        with pytest.raises(ArgumentError, match=r"which RandomNormal\(\) has no seed and another has one"):
            seedbed_torch.init_(tensor, initializer)
    assert tensor.to_local().eq(1).all()


@scenario(4)
def fresh_values_are_the_same_along_every_axis_of_a_mesh():
    torch.manual_seed(dist.get_rank())
    mesh = init_device_mesh("cpu", (2, 2))
    tensor = seedbed_torch.init_(
        distribute_tensor(torch.zeros(6, 8), mesh, [Replicate()] * 2), "random_normal"
    )
    of_first = tensor.to_local().clone()
    dist.broadcast(of_first, src=0)
    assert torch.equal(of_first, tensor.to_local())


@scenario(2, 4)
def fresh_values_are_the_same_everywhere():
    torch.manual_seed(dist.get_rank())
    first = [seedbed_torch.init_(torch.zeros(4), "random_normal", seed=0) for _ in range(2)]
    assert torch.equal(*first)
    for fill in (
        lambda tensor: seedbed_torch.init_(tensor, "random_normal"),
        lambda tensor: seedbed_torch.init_(
            tensor, seedbed.get("sum_of", initializers=["random_normal", "zeros"])
        ),
        seedbed_torch.init.normal_,
        lambda tensor: seedbed_torch.init.xavier_uniform_(
            tensor, generator=torch.Generator().manual_seed(dist.get_rank())
        ),
    ):
        tensor = fill(distribute_tensor(torch.zeros(6, 8), line(), [Replicate()]))
        of_first = tensor.to_local().clone()
        dist.broadcast(of_first, src=0)
        assert torch.equal(of_first, tensor.to_local())
        assert of_first.unique().numel() == 48


class Block(nn.Module):
    """A layer of a transformer, of odd sizes."""

    def __init__(self, width=14):
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.up = nn.Linear(width, 3 * width)
        self.down = nn.Linear(3 * width, width)

    def forward(self, x):
        return x + self.down(torch.relu(self.up(self.norm(x))))


def model():
    return nn.Sequential(nn.Embedding(11, 14), Block(), Block(), nn.Linear(14, 7, bias=False))


RULES = {"*norm.weight": "ones", "*.bias": "zeros", "*down.weight": "glorot_uniform", "*": "he_normal"}
TOKENS = torch.tensor([[0, 3, 10, 7]])


def check_model(sharded):
    """Have a sharded model hold the parameters of the whole one, and compute the same."""
    whole = model()
    plan = seedbed_torch.initialize(whole, RULES, seed=7, strict=True)
    assert seedbed_torch.initialize(sharded, RULES, seed=7, strict=True) == plan
    for (name, one), other in zip(sharded.named_parameters(), whole.parameters(), strict=True):
        assert isinstance(one, DTensor), name
        assert same(one.full_tensor(), other), name
    places = [one.to_local().data_ptr() for one in sharded.parameters()]
    np.testing.assert_allclose(
        sharded(TOKENS).detach().numpy(), whole(TOKENS).detach().numpy(), rtol=1e-4, atol=1e-5
    )
    for part in sharded.modules():
        if isinstance(part, FSDPModule):
            part.reshard()  # for FSDP keeps its outermost parameters gathered
    assert places == [one.to_local().data_ptr() for one in sharded.parameters()]  # FSDP has copied nothing


def fully_sharded(made, mesh):
    for block in made[1:3]:
        fully_shard(block, mesh=mesh)
    return fully_shard(made, mesh=mesh)


@scenario(2, 4)
def fsdp():
    check_model(fully_sharded(model(), line()))


@scenario(2, 4)
def fsdp_that_has_run_already():
    sharded = fully_sharded(model(), line())
    sharded(TOKENS)
    assert not isinstance(sharded[0].weight, DTensor)  # but gathered, in memory that is dropped
    check_model(sharded)


@scenario(2, 4)
def fsdp_on_the_meta_device():
    class Own(nn.Sequential):
        """A model whose method takes other arguments than PyTorch's."""

        def to(self, device):
            return super().to(device)

    with torch.device("meta"):
        made = Own(*model())
    check_model(fully_sharded(made, line()))


@scenario(2)
def what_is_noted_on_parameters_stays_when_they_get_memory():
    with torch.device("meta"):
        made = nn.Linear(6, 4)
    for name, parameter in [*made.named_parameters()]:
        sharded = nn.Parameter(distribute_tensor(parameter, line(), [Shard(0)]), requires_grad=name == "bias")
        sharded.note = name
        setattr(made, name, sharded)
    seedbed_torch.initialize(made, {"*": "random_normal"}, seed=7)
    for name, parameter in made.named_parameters():
        assert isinstance(parameter, nn.Parameter)
        assert isinstance(parameter, DTensor)
        assert parameter.is_leaf
        assert parameter.note == name
        assert parameter.requires_grad is (name == "bias")


@scenario(2)
def statistics_lie_with_the_parameters_of_their_mesh():
    with torch.device("meta"):
        made = nn.Sequential(
            nn.BatchNorm1d(4), nn.BatchNorm1d(4, affine=False), nn.ModuleList([nn.BatchNorm1d(4)])
        )
    fully_shard(made[0], mesh=line())
    default, memory.default_device = memory.default_device, lambda: torch.device("privateuseone")
    parameters.default_device = memory.default_device
    try:
        # Which fails for what belongs on the default device.
        seedbed_torch.initialize(made[:2], {"*": "ones"}, seed=7)
    finally:
        parameters.default_device = memory.default_device = default
    assert [buffer.device.type for buffer in made[:2].buffers()] == ["cpu"] * 6
    seedbed_torch.initialize(made, {"*": "ones"}, seed=7)
    assert [buffer.device.type for buffer in made.buffers()] == ["cpu"] * 9
    assert made[0].running_var.tolist() == [1.0] * 4


@scenario(2)
def what_repeats_a_module_in_each_process_is_refused():
    repeated = DistributedDataParallel(nn.Linear(4, 3))
    with pytest.raises(
        ArgumentError, match=r"got a module within DistributedDataParallel, .*pass model\.mod"
    ):
        seedbed_torch.initialize(repeated, RULES, seed=7)
    seedbed_torch.initialize(repeated.module, {"*": "random_normal"}, seed=7)


@scenario(2, 4)
def fsdp_that_was_given_memory():
    with torch.device("meta"):
        made = model()
    sharded = fully_sharded(made, line())
    sharded.to_empty(device="cpu")
    check_model(sharded)


@scenario(2)
def memory_on_the_host_for_processes_of_gpus():
    # As for CPUOffloadPolicy, whose parameters are there while the mesh is one of GPUs.
    mesh = DeviceMesh("cuda", [*range(dist.get_world_size())])
    with torch.device("meta"):
        made = nn.Linear(6, 4, bias=False)
        made.weight = nn.Parameter(distribute_tensor(made.weight, mesh, [Shard(0)]))
    seedbed_torch.initialize(made, {"*": "he_normal"}, seed=7, device="cpu")
    expected = nn.Linear(6, 4, bias=False)
    seedbed_torch.initialize(expected, {"*": "he_normal"}, seed=7)
    rank = dist.get_rank()
    assert same(made.weight.to_local(), expected.weight[2 * rank : 2 * rank + 2])


@scenario(4)
def fsdp_and_tensor_parallel():
    mesh = init_device_mesh("cpu", (2, 2), mesh_dim_names=("data", "tensor"))
    made = model()
    for block in made[1:3]:
        parallelize_module(block, mesh["tensor"], {"up": ColwiseParallel(), "down": RowwiseParallel()})
        fully_shard(block, mesh=mesh["data"])
    whole = model()
    seedbed_torch.initialize(whole, RULES, seed=7)
    seedbed_torch.initialize(made, RULES, seed=7)
    assert isinstance(made[1].up.weight.placements[0], _StridedShard)
    for (name, one), other in zip(made.named_parameters(), whole.parameters(), strict=True):
        assert same(one.full_tensor() if isinstance(one, DTensor) else one, other), name


def run_rank(rank, ranks, folder):
    dist.init_process_group("gloo", init_method=f"file://{folder}/store", rank=rank, world_size=ranks)
    faults = {}
    for name, check in SCENARIOS[ranks].items():
        try:
            check()
        except Exception:  # noqa: BLE001 - whatever it is, the test says so
            faults[name] = traceback.format_exc()
            break  # the processes are no longer at the same place
    (folder / f"{rank}.json").write_text(json.dumps(faults))
    dist.destroy_process_group()


def main(ranks, folder):
    """Run all scenarios in so many processes, which are forked, so that PyTorch is imported once."""
    torch.set_num_threads(1)
    children = []
    for rank in range(ranks):
        child = os.fork()
        if not child:
            try:
                run_rank(rank, ranks, folder)
            finally:
                os._exit(0)
        children.append(child)
    for child in children:
        os.waitpid(child, 0)


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))

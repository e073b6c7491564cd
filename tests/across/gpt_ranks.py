"""Initialise the model on several processes that share it: ``python gpt_ranks.py RANKS OUT SEED``.

The first process gathers the parameters, and writes their digests to OUT as JSON.
"""

import hashlib
import json
import os
import sys
from pathlib import Path

import torch
import torch.distributed as dist
import torch.multiprocessing as processes
from gpt_torch import Gpt
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import fully_shard

import seedbed_torch

RULES = Path(__file__).with_name("gpt.toml")


def digests(named):
    """Return the digest of each parameter's bytes."""
    return {
        name: hashlib.blake2b(tensor.detach().contiguous().numpy().tobytes(), digest_size=8).hexdigest()
        for name, tensor in named
    }


def work(rank, ranks, store, out, seed):
    """Do one process's part."""
    torch.set_num_threads(1)
    os.environ["SEEDBED_THREADS"] = "1"
    dist.init_process_group("gloo", init_method=f"file://{store}", rank=rank, world_size=ranks)
    mesh = init_device_mesh("cpu", (ranks,))
    with torch.device("meta"):
        model = Gpt()
    for block in model.h:
        fully_shard(block, mesh=mesh)
    fully_shard(model, mesh=mesh)
    seedbed_torch.initialize(model, RULES, seed=seed, strict=True, device="cpu")
    gathered = [(name, parameter.full_tensor()) for name, parameter in model.named_parameters()]
    if rank == 0:
        Path(out).write_text(json.dumps(digests(gathered)))
    dist.destroy_process_group()


if __name__ == "__main__":
    ranks, out, seed = int(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    processes.spawn(work, (ranks, f"{out}.store", out, seed), nprocs=ranks)

"""A sharded tensor holds, bit for bit, what a whole one does: in real processes of `torch.distributed`."""

import functools
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from frameworks import framework

torch = framework("torch")

import sharded_ranks  # noqa: E402

from seedbed_torch.shards import _shard  # noqa: E402

CASES = [(ranks, name) for ranks, scenarios in sharded_ranks.SCENARIOS.items() for name in scenarios]


@functools.cache
def faults(ranks):
    """Return what went wrong in each of so many processes, by scenario."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "SEEDBED_THREADS": "1"}
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, sharded_ranks.__file__, str(ranks), folder]
        done = subprocess.run(
            command, env=environment, capture_output=True, text=True, check=False, timeout=300
        )
        reports = [Path(folder, f"{rank}.json") for rank in range(ranks)]
        assert all(report.exists() for report in reports), done.stderr
        return [json.loads(report.read_text()) for report in reports]


@pytest.mark.slow
@pytest.mark.parametrize(("ranks", "name"), CASES)
def test_processes_share_a_tensor(ranks, name):
    found = faults(ranks)
    for rank, of_rank in enumerate(found):
        assert name not in of_rank, f"rank {rank}: {of_rank[name]}"
    if any(found):
        pytest.fail(f"stopped after {sorted({name for of_rank in found for name in of_rank})}")


@pytest.mark.parametrize("length", [0, 1, 5, 8, 13])
@pytest.mark.parametrize("ranks", [1, 2, 3, 4])
def test_ranks_divide_an_axis_as_chunks_do(length, ranks):
    chunks = [chunk.tolist() for chunk in torch.arange(100, 100 + length).chunk(ranks)]
    for rank in range(ranks):
        runs = _shard([(100, length)], 1, ranks, rank)
        held = [place for first, size in runs for place in range(first, first + size)]
        assert held == (chunks[rank] if length and rank < len(chunks) else [])


def test_a_shard_of_a_shard_keeps_the_places_of_the_whole():
    runs = _shard([(0, 16)], 2, 2, 1)
    assert runs == [(4, 4), (12, 4)]
    assert _shard(runs, 1, 4, 2) == [(12, 2)]
    assert _shard(runs, 2, 2, 0) == [(4, 2), (12, 2)]

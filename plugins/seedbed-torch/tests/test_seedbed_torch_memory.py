"""A large model takes little more memory than its parameters when it leaves the meta device."""

import subprocess
import sys
from pathlib import Path

import pytest
from frameworks import framework

framework("torch")

PROGRAM = """
from pathlib import Path
import torch
from torch import nn
import seedbed_torch

def memory(field):
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return int(next(line for line in lines if line.startswith(field)).split()[1]) * 1024

with torch.device("meta"):
    model = nn.Sequential(nn.Embedding(50_000, 1024), *(nn.Linear(4096, 4096) for _ in range(3)))
seedbed_torch.initialize(nn.Linear(3, 4), {"*": "random_normal"}, seed=7)  # and so all is imported
Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
before = memory("VmRSS")
seedbed_torch.initialize(model, {"*.bias": "zeros", "*": "random_normal"}, seed=7, progress=False)
size = sum(parameter.nbytes for parameter in model.parameters())
assert size > 400_000_000
print(memory("VmHWM") - before - size)
"""


@pytest.mark.slow
@pytest.mark.skipif(
    not Path("/proc/self/clear_refs").exists(), reason="only Linux tells the peak of a process"
)
def test_little_is_allocated_beyond_the_parameters():
    command = [sys.executable, "-W", "ignore", "-c", PROGRAM]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert int(done.stdout) < 64 << 20

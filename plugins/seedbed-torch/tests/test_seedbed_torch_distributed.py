"""Who has one process needs nothing of `torch.distributed`, whose import takes as long as PyTorch's own."""

import subprocess
import sys

import pytest
from frameworks import framework

framework("torch")

USES = """
import sys
import torch
before = set(sys.modules)
import seedbed_torch
{more}
linear = torch.nn.Linear(3, 2)
seedbed_torch.initialize(linear, {{"*": "random_normal"}}, seed=7)
seedbed_torch.init_(linear.weight, "random_normal")
seedbed_torch.init.normal_(linear.weight)
print(any(name.startswith("torch.distributed.") for name in set(sys.modules) - before))
"""


@pytest.mark.parametrize(
    ("more", "imports_it"),
    [
        ("", False),
        # That the test above can fail:
        pytest.param("import torch.distributed.tensor", True, marks=pytest.mark.slow),
    ],
)
def test_nothing_of_it_is_imported_until_the_user_does(more, imports_it):
    command = [sys.executable, "-W", "ignore", "-c", USES.format(more=more)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == f"{imports_it}\n"

"""Seedbed's initializers in PyTorch, for whole models and for sharded ones."""

from seedbed.requirement import require

# The first with `torch.distributed.fsdp.fully_shard` and `DTensor` as public names.
require("torch", (2, 6), title="PyTorch", requirer="seedbed-torch")

from seedbed.errors import LayoutError  # noqa: E402
from seedbed_torch import init  # noqa: E402 - what these import comes after the word on what is missing
from seedbed_torch.models import initialize, plan  # noqa: E402
from seedbed_torch.tensors import init_  # noqa: E402

__all__ = ["LayoutError", "init", "init_", "initialize", "plan"]

"""What has to be installed besides."""

from __future__ import annotations

from typing import Final

from seedbed.errors import MissingExtraError

OLDEST: Final = (2, 6)
"""The first version that has `torch.distributed.fsdp.fully_shard` and `DTensor` as public names."""


def check() -> None:
    """Refuse to go on without PyTorch, or with one that is too old.

    Raises
    ------
    MissingExtraError
        If so; its one line says what to install.
    """
    oldest = ".".join(map(str, OLDEST))
    try:
        import torch  # noqa: PLC0415 - what else would say whether it can be imported
    except ImportError as error:
        raise MissingExtraError(
            f'seedbed_torch needs PyTorch, which cannot be imported ({error}): pip install "torch>={oldest}"'
        ) from error
    found = tuple(int(part) for part in str(torch.__version__).split(".")[:2])
    if found < OLDEST:
        raise MissingExtraError(
            f"seedbed_torch needs PyTorch {oldest} or later, got {torch.__version__}: "
            f'pip install "torch>={oldest}"'
        )

"""Tensors on a GPU that draws them itself, to the bits that the host draws: off until it is asked for."""

from __future__ import annotations

import functools
import os
from typing import TYPE_CHECKING, Final

import torch
from torch import Tensor

from seedbed.errors import described
from seedbed.models import Values
from seedbed.random.laws import law_of
from seedbed.warning import warn

if TYPE_CHECKING:
    from seedbed_torch.kernels.devices import Device

VARIABLE: Final = "SEEDBED_CUDA_KERNELS"
_chosen: bool | None = None


def use_kernels(*, wanted: bool = True) -> None:
    """Have GPUs draw uniform, normal and truncated normal values themselves from now on, or no longer.

    The values are those that the host draws, to the last bit. On its first use each GPU draws some of every
    kind, which are compared with NumPy's; one that differs is not used, and a warning says so.

    The environment variable ``SEEDBED_CUDA_KERNELS=1`` asks for the same.

    Raises
    ------
    MissingExtraError
        If `wanted`, and what compiles the kernels is not installed. The message says what to install.

    Examples
    --------
    >>> use_kernels(wanted=False)
    """
    global _chosen  # noqa: PLW0603 - which engine draws is a setting of the process
    if wanted:
        from seedbed_torch.kernels.building import bindings, nvrtc  # noqa: PLC0415 - few need it

        bindings("driver")
        nvrtc()
    _chosen = wanted


def uses_kernels() -> bool:
    """Say whether GPUs are asked to draw themselves."""
    return os.environ.get(VARIABLE) == "1" if _chosen is None else _chosen


def draw(memory: Tensor, values: Values, start: tuple[int, ...]) -> bool:
    """Have a GPU draw the part of values that begins at `start` into its memory, and say whether it did."""
    if not _draws_itself(memory):
        return False
    if (elements := values.elements(start)) is None:
        return False
    law = law_of(elements.distribution, values.dtype, elements.limits)
    if law is None or (device := _device(memory.get_device())) is None:
        return False
    if memory.numel():
        device.draw(memory, law, elements)
    return True


def _draws_itself(memory: Tensor) -> bool:
    """Say whether memory is on a GPU that is asked to draw, and would have no more to do for it."""
    if not (memory.is_cuda and uses_kernels() and torch.version.cuda):  # ROCm calls its GPUs by the same name
        return False
    return not (memory.is_conj() or memory.is_neg() or torch.cuda.is_current_stream_capturing())


@functools.cache
def _device(number: int) -> Device | None:
    """Return a GPU that draws what it must; ``None`` for another, which a warning is for once."""
    from seedbed_torch.kernels.devices import Device  # noqa: PLC0415 - few need them
    from seedbed_torch.kernels.trial import check  # noqa: PLC0415

    try:
        device = Device(number)
        check(device, number, torch.device("cuda", number))
    except Exception as error:  # noqa: BLE001 - bindings of another version raise anything; the host draws the same
        warn(f"the host draws for cuda:{number}, not its own kernels as {VARIABLE} asks: {described(error)}")
        return None
    return device

"""Vectors that norms by the largest singular value keep of a weight: made anew for one that is drawn."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import torch
from torch import Tensor, nn
from torch.nn.utils import parametrizations
from torch.nn.utils.parametrize import ParametrizationList

import seedbed
from seedbed.warning import warn
from seedbed_torch.arrays import as_tensor
from seedbed_torch.distributed import class_of, is_sharded
from seedbed_torch.parameters import Owned

_NORM: Final = getattr(parametrizations, "_SpectralNorm", ())
_STEPS: Final = 15
"""As many as PyTorch itself does for a new weight."""


def renew_vectors(drawn: Iterable[Owned]) -> None:
    """Give norms of weights that have been drawn the vectors that PyTorch gives those of a new module.

    Where these begin comes of the weight's path, so that one seed gives the same ones everywhere.
    """
    for owned in drawn:
        for owner, name in owned.owners:
            if isinstance(owner, ParametrizationList):
                _renew_parametrized(owner, owned)
            else:
                _renew_hooked(owner, name, owned)


@torch.no_grad()
def _renew_parametrized(owner: ParametrizationList, owned: Owned) -> None:
    values: tuple[Any, ...] = tuple(parameter for parameter in owner._parameters.values())  # noqa: SLF001
    for step in owner.children():
        if isinstance(step, _NORM) and _has_vectors(step, "_u", "_v", owned):
            norm: Any = step
            matrix = norm._reshape_weight_to_matrix(*values)  # noqa: SLF001 - nothing else renews them
            _begin(norm._v, owned)  # noqa: SLF001
            norm._power_method(matrix, _STEPS)  # noqa: SLF001
        values = (step(*values),)


@torch.no_grad()
def _renew_hooked(owner: nn.Module, name: str, owned: Owned) -> None:
    own = class_of("torch.nn.utils.spectral_norm", "SpectralNorm")
    for hook in owner._forward_pre_hooks.values():  # noqa: SLF001 - where the older norm is
        norm: Any = hook
        if not isinstance(hook, own) or f"{norm.name}_orig" != name:
            continue
        if _has_vectors(owner, f"{norm.name}_u", f"{norm.name}_v", owned):
            _begin(owner.get_buffer(f"{norm.name}_u"), owned)
            for _ in range(-(-_STEPS // norm.n_power_iterations)):
                norm.compute_weight(owner, do_power_iteration=True)


def _has_vectors(owner: nn.Module, first: str, second: str, owned: Owned) -> bool:
    vectors = [owner._buffers.get(name) for name in (first, second)]  # noqa: SLF001
    if any(vector is None or vector.is_meta for vector in vectors):  # a vector has a norm by itself
        return False
    if is_sharded(owned.tensor):
        warn(
            f"the vectors that the spectral norm of {owned.path} keeps are those of its former weight, since "
            "it is sharded; run the module some times in training mode before it is used"
        )
        return False
    return bool(owned.tensor.any())  # of zeros nothing has a direction, and the vectors would stay zero


def _begin(vector: Tensor, owned: Owned) -> None:
    """Write what the iteration begins with: normal values, which are along every direction."""
    start = seedbed.get("random_normal", seed=[0, owned.path], stddev=1.0)(tuple(vector.shape))
    vector.copy_(nn.functional.normalize(as_tensor(start), dim=0))

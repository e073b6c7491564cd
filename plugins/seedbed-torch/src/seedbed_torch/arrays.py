"""The memory of tensors as NumPy arrays, and back, without a copy."""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Collection, Hashable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final, TypeAlias

import ml_dtypes
import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from seedbed.errors import ArgumentError, DTypeError, shown
from seedbed_torch.distributed import class_of, is_sharded, local_part

DTYPES: Final[Mapping[torch.dtype, np.dtype[Any]]] = MappingProxyType(
    {
        torch.float32: np.dtype(np.float32),
        torch.bfloat16: np.dtype(ml_dtypes.bfloat16),
        torch.float16: np.dtype(np.float16),
        torch.float64: np.dtype(np.float64),
        torch.complex64: np.dtype(np.complex64),
        torch.complex128: np.dtype(np.complex128),
        torch.int8: np.dtype(np.int8),
        torch.int16: np.dtype(np.int16),
        torch.int32: np.dtype(np.int32),
        torch.int64: np.dtype(np.int64),
        torch.uint8: np.dtype(np.uint8),
        torch.uint16: np.dtype(np.uint16),
        torch.uint32: np.dtype(np.uint32),
        torch.uint64: np.dtype(np.uint64),
        torch.bool: np.dtype(np.bool_),
    }
)


_FEW: Final = 1 << 16
"""Elements whose places in memory are counted one by one, in some milliseconds."""

_MANY: Final = 1 << 22
"""The same in some seconds, where otherwise a module would be refused."""

ADDRESSED: Final = ("cpu", "cuda")
"""Devices whose tensors tell where their memory is, if they have any; those of XLA have and do not tell."""


def numpy_dtype(dtype: torch.dtype) -> np.dtype[Any]:
    """Return the NumPy dtype of the same values.

    Raises
    ------
    DTypeError
        If Seedbed has none.
    """
    if dtype not in DTYPES:
        allowed = ", ".join(str(kind).removeprefix("torch.") for kind in DTYPES)
        raise DTypeError(f"got a tensor of {dtype}; allowed are {allowed}")
    return DTYPES[dtype]


def check_writable(tensor: object, *, may_be_fake: bool = False) -> None:
    """Refuse what has no memory of its own to write values into, but for fake tensors where they may be.

    Raises
    ------
    ArgumentError
        If it is no strided tensor, has no shape or no memory yet, keeps its values in other tensors, or has
        elements that share memory.
    DTypeError
        If Seedbed has no such dtype.
    """
    if not isinstance(tensor, Tensor):
        raise ArgumentError(f"got {shown(tensor)} of type {type(tensor).__name__}; pass a torch.Tensor")
    if torch.nn.parameter.is_lazy(tensor):
        raise ArgumentError("got a parameter that has no shape yet; run the module once, which gives it one")
    if tensor.is_quantized or tensor.is_nested:
        kind = "quantized" if tensor.is_quantized else "nested"
        raise ArgumentError(f"got a {kind} tensor; only ordinary strided tensors have values to draw")
    if tensor.layout != torch.strided:
        raise ArgumentError(
            f"got a tensor of layout {tensor.layout}; only strided tensors have values to draw"
        )
    numpy_dtype(tensor.dtype)
    if may_be_fake and is_fake(tensor):
        return
    check_computing()
    _check_memory(tensor)
    _check_overlap(tensor)


def is_plain(tensor: Tensor, memory: Memory | None) -> bool:
    """Say whether a tensor of the memory that `memory_of` tells can be written to for sure."""
    return memory is not None and tensor.dtype in DTYPES and tensor.is_contiguous()


def check_computing() -> None:
    """Refuse to write where nothing is computed.

    Raises
    ------
    ArgumentError
        If `FakeTensorMode` or another mode of its kind is active.
    """
    if not _has_own_memory(torch.empty(0, device="cpu")):
        raise ArgumentError(
            "got a tensor while FakeTensorMode or another mode of its kind is active, in which nothing is "
            "computed; fill it outside of that"
        )


def is_fake(tensor: object) -> bool:
    """Say whether a tensor stands for one, as in `FakeTensorMode`, so that nothing is computed for it."""
    kind = class_of("torch._subclasses.fake_tensor", "FakeTensor")
    return isinstance(local_part(tensor) if isinstance(tensor, Tensor) else tensor, kind)


def _check_memory(tensor: Tensor) -> None:
    if is_sharded(tensor):
        return
    if not _has_own_memory(tensor):
        raise ArgumentError(
            f"got a {type(tensor).__name__}, a kind of tensor without memory of its own; fill ordinary "
            "tensors, and make it of them afterwards"
        )
    if tensor.device.type not in ADDRESSED:
        return
    try:
        tensor.data_ptr()
    except RuntimeError as error:
        raise ArgumentError(
            "got a tensor without memory, as there are within torch.vmap and torch.func; fill it before "
            f"they are called ({error})"
        ) from error
    if tensor.numel() and not tensor.untyped_storage().nbytes():
        raise ArgumentError("got a tensor whose memory has been freed; give it memory first")


def _has_own_memory(tensor: Tensor) -> bool:
    return type(tensor).__torch_dispatch__ is Tensor.__torch_dispatch__


Memory: TypeAlias = tuple[Hashable, ...]
"""Which storage a tensor has, and what it takes of it."""


def memory_of(tensor: Tensor) -> Memory | None:
    """Return what is equal for tensors of the very same memory; ``None`` where that is unknown."""
    if torch.nn.parameter.is_lazy(tensor) or not _has_own_memory(tensor) or tensor.layout != torch.strided:
        return None
    if tensor.device.type not in (*ADDRESSED, "meta") or not tensor.numel():  # an empty one may be anywhere
        return None
    try:
        storage = tensor.untyped_storage()
        tensor.data_ptr()
    except RuntimeError:  # as within torch.vmap, where `check_writable` says so
        return None
    if not storage.nbytes():  # it has been freed
        return None
    where = storage._cdata  # noqa: SLF001 - on the meta device nothing else tells one from another
    return where, tensor.storage_offset(), tensor.shape, tensor.stride(), tensor.dtype


def check_apart(held: Sequence[tuple[str, Tensor, Memory | None]], drawn: Collection[str]) -> None:
    """Refuse tensors that share some of their memory, so that one of those `drawn` would be over another.

    Parameters
    ----------
    held
        The name of each, itself, and its memory as `memory_of` tells it.
    drawn
        The names of those that are to be written to.

    Raises
    ------
    ArgumentError
        If two do. The message has their names.
    """
    times = Counter(memory[0] for *_, memory in held if memory is not None)
    tensors = {name: tensor for name, tensor, memory in held if memory is not None and times[memory[0]] > 1}
    spans = sorted((memory[0], *_span(tensor), name) for name, tensor, memory in held if name in tensors)  # type: ignore[index]
    begun: list[tuple[Any, ...]] = []
    for span in spans:
        begun = [other for other in begun if other[0] == span[0] and other[2] > span[1]]
        for *_, other in begun:
            is_drawn = span[3] in drawn or other in drawn
            if is_drawn and _are_mixed(tensors[span[3]], tensors[other]):
                raise ArgumentError(
                    f"the parameters {other} and {span[3]} share some of their memory, so that one would be "
                    "drawn over the other; give each memory of its own"
                )
        begun.append(span)


def _span(tensor: Tensor) -> tuple[int, int]:
    """Return where a tensor begins and ends in its storage, in bytes."""
    reach = sum(stride * (size - 1) for size, stride in zip(tensor.shape, tensor.stride(), strict=True))
    start = int(tensor.storage_offset()) * tensor.itemsize
    return start, start + (reach + 1) * tensor.itemsize


def _are_mixed(one: Tensor, other: Tensor) -> bool:
    """Say whether tensors of one storage, between whose ends there is memory of both, have some in common."""
    if max(one.numel(), other.numel()) > _MANY or one.itemsize != other.itemsize:
        return True
    here, there = (_places(tensor) + int(tensor.storage_offset()) for tensor in (one, other))
    return bool(np.intersect1d(here, there).size)


def _check_overlap(tensor: Tensor) -> None:
    reach = 0
    for stride, axis in sorted((tensor.stride(axis), axis) for axis in range(tensor.ndim)):
        if tensor.shape[axis] > 1 and stride <= reach and tensor.numel() and not _has_places(tensor):
            raise ArgumentError(
                f"got a tensor of shape {tuple(tensor.shape)} whose elements along axis {axis} share memory, "
                f"by its strides {tuple(tensor.stride())}; fill the tensor that it was made from, or call "
                "contiguous() first"
            )
        reach += stride * (tensor.shape[axis] - 1)


def _has_places(tensor: Tensor) -> bool:
    """Say whether every element of a small tensor is known to have a place of its own."""
    if tensor.numel() > _FEW:
        return False
    return np.unique(_places(tensor)).size == tensor.numel()


def _places(tensor: Tensor) -> npt.NDArray[np.int64]:
    """Return where each element of a tensor is, counted from its first."""
    axes = (np.arange(size) * stride for size, stride in zip(tensor.shape, tensor.stride(), strict=True))
    return functools.reduce(np.add.outer, axes, np.zeros((), np.int64))


def as_array(tensor: Tensor) -> npt.NDArray[Any] | None:
    """Return the memory of a tensor as an array; ``None`` where NumPy has no access to it."""
    if not tensor.is_cpu or tensor.is_conj() or tensor.is_neg():
        return None
    tensor = tensor.detach()
    if tensor.dtype == torch.bfloat16:
        array: npt.NDArray[Any] = tensor.view(torch.int16).numpy().view(ml_dtypes.bfloat16)
        return array
    return tensor.numpy()


def as_tensor(array: npt.NDArray[Any]) -> Tensor:
    """Return the memory of a writable array as a tensor."""
    if array.dtype == ml_dtypes.bfloat16:
        return torch.from_numpy(array.view(np.int16)).view(torch.bfloat16)
    return torch.from_numpy(array)

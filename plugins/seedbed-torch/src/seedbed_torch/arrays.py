"""The memory of tensors as NumPy arrays, and back, without a copy."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

import ml_dtypes
import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from seedbed.errors import ArgumentError, DTypeError

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


def check_writable(tensor: object) -> None:
    """Refuse what has no memory of its own to write values into.

    Raises
    ------
    ArgumentError
        If it is no strided tensor, has no shape or no memory yet, or has elements that share memory.
    DTypeError
        If Seedbed has no such dtype.
    """
    if not isinstance(tensor, Tensor):
        raise ArgumentError(f"got {tensor!r} of type {type(tensor).__name__}; pass a torch.Tensor")
    if torch.nn.parameter.is_lazy(tensor):
        raise ArgumentError("got a parameter that has no shape yet; run the module once, which gives it one")
    numpy_dtype(tensor.dtype)
    if tensor.layout != torch.strided or tensor.is_quantized or tensor.is_nested:
        raise ArgumentError(
            f"got a tensor of layout {tensor.layout}; only strided tensors have values to draw"
        )
    shared = [axis for axis, size in enumerate(tensor.shape) if size > 1 and tensor.stride(axis) == 0]
    if shared:
        raise ArgumentError(
            f"got a tensor of shape {tuple(tensor.shape)} whose elements along axis {shared[0]} share "
            "memory; fill the tensor that it was expanded from, or call contiguous() first"
        )


def as_array(tensor: Tensor) -> npt.NDArray[Any] | None:
    """Return the memory of a tensor as an array; ``None`` where NumPy has no access to it."""
    tensor = tensor.detach()
    if tensor.device.type != "cpu" or tensor.is_conj() or tensor.is_neg():
        return None
    if tensor.dtype == torch.bfloat16:
        array: npt.NDArray[Any] = tensor.view(torch.int16).numpy().view(ml_dtypes.bfloat16)
        return array
    return tensor.numpy()


def as_tensor(array: npt.NDArray[Any]) -> Tensor:
    """Return the memory of a writable array as a tensor."""
    if array.dtype == ml_dtypes.bfloat16:
        return torch.from_numpy(array.view(np.int16)).view(torch.bfloat16)
    return torch.from_numpy(array)

"""Values straight into the memory of a backend's tensors, where it can be reached."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from seedbed.dtypes import as_dtype
from seedbed.errors import DTypeError, ShapeError, shown
from seedbed.models import Values
from seedbed_keras.layouts import Array, Shape
from seedbed_keras.shards import divided


def as_shape(shape: Any) -> Shape:
    """Return `shape` as a tuple of ints, or raise a `ShapeError`."""
    try:
        # NumPy's own opinion, which takes no memory.
        return np.broadcast_to(np.empty(()), shape).shape
    except (TypeError, ValueError) as error:
        raise ShapeError(
            f"got shape {shown(shape)}; a shape is an int of at least 0 or a tuple of those, such as 128, "
            "(256, 128) or (), of an array that memory can hold"
        ) from error


def dtype_name(dtype: Any) -> str:
    """Return Keras's name of a dtype that initializers know, or raise a `DTypeError`."""
    try:
        name: str = keras.backend.standardize_dtype(dtype)
    except (TypeError, ValueError) as error:
        raise DTypeError(
            f"got dtype {shown(dtype)}; give a name such as 'float32' or 'bfloat16', or None, which means "
            "keras.config.floatx()"
        ) from error
    as_dtype(name)
    return name


def new_tensor(values: Values, *, dtype: str, placing: Any = None) -> Any:
    """Return a new tensor of the backend, divided over devices if there is a `placing` of it."""
    if placing is not None:
        return divided(values, placing=placing)
    tensor = keras.ops.empty(values.shape, dtype) if keras.backend.backend() == "torch" else None
    if (memory := _memory(tensor)) is not None:
        values.fill(memory)
        return tensor
    out = values.whole()
    # NumPy's backend would only copy it.
    return out if keras.backend.backend() == "numpy" else keras.ops.convert_to_tensor(out)


def write(variable: keras.Variable, values: Values) -> None:
    """Give `variable` other values, without a second array where its memory can be reached.

    They are drawn in the dtype of the variable. NumPy and JAX may keep float64 as float32: it is Keras that
    rounds then, as it does where `as_keras` draws.
    """
    memory = _memory(variable.value)
    if memory is not None and memory.dtype == values.dtype:
        values.fill(memory)
        return
    variable.assign(new_tensor(values, dtype=variable.dtype, placing=_placing(variable)))


def _placing(variable: keras.Variable) -> Any:
    """Return how JAX divides `variable` over devices; ``None`` if it does not."""
    sharding = variable.value.sharding if keras.backend.backend() == "jax" else None
    return None if sharding is None or sharding.is_fully_replicated else sharding


def is_abstract(variable: keras.Variable) -> bool:
    """Say whether `variable` is on a device of PyTorch's that keeps no values."""
    return keras.backend.backend() == "torch" and bool(variable.value.device.type == "meta")


def _memory(tensor: Any) -> Array | None:
    """Return the memory of a tensor as an array that can be written to, or ``None``."""
    backend = keras.backend.backend()
    if backend == "numpy":
        return tensor if isinstance(tensor, np.ndarray) and tensor.flags.writeable else None
    if backend != "torch" or tensor.device.type != "cpu":
        return None
    detached = tensor.detach()
    if not str(detached.dtype).endswith("bfloat16"):
        view: Array = detached.numpy()
        return view
    import torch  # noqa: PLC0415 - this backend's own

    # NumPy has no bfloat16 of its own for PyTorch to give; the bits are the same.
    bits: Array = detached.view(torch.int16).numpy()
    return bits.view(as_dtype("bfloat16"))

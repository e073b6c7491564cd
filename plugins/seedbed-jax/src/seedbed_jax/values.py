"""NumPy's values of an initializer on their way into JAX."""

from __future__ import annotations

from operator import index
from typing import Any, Final

import jax
import jax.numpy as jnp
import numpy as np
import numpy.typing as npt

from seedbed import Initializer
from seedbed.errors import ShapeError, shown
from seedbed_jax.given import can_shard

_ALIGNMENT: Final = 64
"""In bytes. JAX takes host memory that begins at a multiple of it as it is, and copies any other."""


def as_shape(shape: Any) -> tuple[int, ...]:
    """Return `shape` as a tuple of ints, which a traced array has to have.

    Raises
    ------
    ShapeError
        If it is no int and no sequence of ints of at least 0.
    """
    try:
        sizes = tuple(map(index, shape)) if isinstance(shape, list | tuple) else (index(shape),)
    except TypeError as error:
        raise ShapeError(
            f"got shape {shown(shape)}; a shape is an int or a tuple of ints, such as 128, (256, 128) or ()"
        ) from error
    if any(size < 0 for size in sizes):
        raise ShapeError(f"got the negative size {min(sizes)} in shape {sizes}; sizes are at least 0")
    return sizes


def probe(dtype: Any) -> jax.Array:
    """Return an empty array of what JAX makes of `dtype`.

    Without 64-bit dtypes JAX makes float32 of float64, with its own warning. The array is traced where a
    function is.
    """
    return jnp.zeros(0, dtype)


def check(initializer: Initializer, shape: tuple[int, ...], dtype: np.dtype[Any]) -> None:
    """Let `initializer` refuse a shape or dtype, where that costs nothing, before JAX compiles a call of it.

    Raises
    ------
    ShapeError, DTypeError
        Whatever it raises.
    """
    if can_shard(initializer):
        initializer.shard(shape, (slice(0, 0),) * len(shape), dtype)


def whole(initializer: Initializer, shape: tuple[int, ...], dtype: np.dtype[Any]) -> npt.NDArray[Any]:
    """Return the values in memory that JAX need not copy."""
    size = int(np.prod(shape, dtype=np.int64)) * dtype.itemsize
    room = np.empty(size + _ALIGNMENT, np.uint8)
    start = -room.ctypes.data % _ALIGNMENT
    return initializer.fill(room[start : start + size].view(dtype).reshape(shape))


def placed(initializer: Initializer, shape: tuple[int, ...], dtype: np.dtype[Any]) -> jax.Array:
    """Return the array on JAX's default device."""
    # jnp.asarray would copy even what need not be.
    array: jax.Array = jax.device_put(whole(initializer, shape, dtype))
    return array

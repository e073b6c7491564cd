"""The shapes and dtypes that JAX takes, as a function of `jax.nn.initializers` is asked for them."""

from __future__ import annotations

from collections.abc import Sequence
from operator import index
from typing import Any, Final

import jax
import jax.numpy as jnp
import numpy as np

from seedbed import shapes
from seedbed.errors import DTypeError, ShapeError, shown

_NOT_OF_JAX: Final = "gGm"
"""Numbers of NumPy's that JAX has not: `numpy.longdouble`, `numpy.clongdouble` and `numpy.timedelta64`."""

_OF_PYTHON: Final = (bool, int, float, complex)
"""For JAX these are its default dtypes, which depend on whether 64-bit ones are enabled."""


def as_shape(shape: Any) -> tuple[int, ...]:
    """Return `shape` as a tuple of ints, which a traced array has to have.

    Raises
    ------
    ShapeError
        If it is no int and no sequence of ints of at least 0, or has more elements than core allows.
    """
    if isinstance(shape, jax.Array) and not isinstance(shape, jax.core.Tracer):
        shape = np.asarray(shape)  # whose elements are known while a function is traced, too
    is_many = isinstance(shape, Sequence) and not isinstance(shape, str | bytes)
    is_many |= isinstance(shape, np.ndarray | jax.Array) and shape.ndim > 0
    try:
        sizes = tuple(map(_as_size, shape)) if is_many else (_as_size(shape),)
    except TypeError as error:
        raise _no_shape(shape, shape if is_many else [shape]) from error
    if any(size < 0 for size in sizes):
        raise ShapeError(f"got the negative size {min(sizes)} in shape {sizes}; sizes are at least 0")
    return shapes.as_shape(sizes)


def _no_shape(shape: Any, sizes: Any) -> ShapeError:
    if any(isinstance(size, jax.core.Tracer) for size in sizes):
        return ShapeError(
            f"got shape {shown(shape)}, of which a size is not known while a function is traced; pass ints, "
            "which jax.jit takes by static_argnums"
        )
    if isinstance(shape, np.dtype | type):
        return ShapeError(
            f"got the dtype {shown(shape)} as a shape; the arguments are a key, a shape and a dtype. Haiku, "
            "which gives no key, takes lambda shape, dtype: init(hk.next_rng_key(), shape, dtype)"
        )
    return ShapeError(
        f"got shape {shown(shape)}; a shape is an int or a tuple of ints, such as 128, (256, 128) or ()"
    )


def _as_size(size: Any) -> int:
    if isinstance(size, bool | np.bool_):
        raise TypeError(f"{size} is a bool")
    return index(size)


def as_dtype(dtype: Any) -> Any:
    """Return what JAX takes for a dtype, one object for each: ``None`` and Python's types as they are.

    Raises
    ------
    DTypeError
        If it is no dtype of numbers or bools, or not one of JAX's.
    """
    if dtype is None or any(dtype is one for one in _OF_PYTHON):
        return dtype
    try:
        found: np.dtype[Any] = np.dtype(dtype)
    except TypeError as error:
        raise _no_dtype(dtype) from error
    if not (jnp.issubdtype(found, np.number) or found == np.bool_) or found.char in _NOT_OF_JAX:
        raise _no_dtype(dtype)
    return found


def _no_dtype(dtype: Any) -> DTypeError:
    return DTypeError(
        f"got dtype {shown(dtype)}; a dtype is None, or that of numbers or bools in JAX, such as jnp.float32 "
        "or 'bfloat16'"
    )


def probe(dtype: Any) -> jax.Array:
    """Return an empty array of what JAX makes of `dtype`.

    Without 64-bit dtypes JAX makes float32 of float64, with its own warning. The array is traced where a
    function is.

    Raises
    ------
    DTypeError
        If it is no dtype of numbers or bools.
    """
    return jnp.zeros(0, as_dtype(dtype))

"""What the others are made of, besides the primitives of `jax.lax`.

All of it is written with primitives alone: functions of `jax.numpy` are functions of their own in the program
that is made, and where one is stored for several platforms JAX gives those another index of the platform than
the rest, where 64-bit types are enabled in them alone.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import jax
import numpy as np
from jax import lax


def wide_types() -> AbstractContextManager[None]:
    """Return a context in which 64-bit types are enabled, whatever the user has set."""
    context: AbstractContextManager[None] = jax.enable_x64(True)  # noqa: FBT003 - as JAX has it
    return context


def taken(rows: Any, places: Any) -> jax.Array:
    """Return ``rows[places]``, for places that are all within."""
    within = tuple(range(places.ndim, places.ndim + np.ndim(rows) - 1))
    numbers = lax.GatherDimensionNumbers(offset_dims=within, collapsed_slice_dims=(0,), start_index_map=(0,))
    return lax.gather(
        rows,
        lax.expand_dims(places, [places.ndim]),
        numbers,
        (1, *np.shape(rows)[1:]),
        mode=lax.GatherScatterMode.PROMISE_IN_BOUNDS,
    )


def repeated(times: int, step: Callable[[jax.Array, jax.Array], jax.Array], value: Any) -> jax.Array:
    """Return what is left of `value` when ``value = step(number, value)`` has been done so many times."""

    def go_on(state: Any) -> Any:
        return state[0] < times

    def do(state: Any) -> Any:
        return state[0] + np.int32(1), step(*state)

    result: jax.Array = lax.while_loop(go_on, do, (np.int32(0), value))[1]
    return result

"""A draw as an operation of JAX's, which is compiled for XLA or calls the host, as is best where it runs.

Only when a function is compiled it is known on how many devices, of which platform, and whether it will be
stored. Callers need not say so.
"""

from __future__ import annotations

import functools
from contextlib import nullcontext
from typing import Any, Final, Protocol

import jax
import jax.numpy as jnp
import numpy as np
import numpy.typing as npt
from jax import lax
from jax.extend.core import Primitive
from jax.interpreters import batching, mlir
from jax.sharding import NamedSharding, PartitionSpec

from seedbed.random import Distribution
from seedbed.random.draw import limits_of
from seedbed_jax.xla.keys import key_of
from seedbed_jax.xla.operations import wide_types
from seedbed_jax.xla.platforms import check_exported, gives_the_bits
from seedbed_jax.xla.values import values_of
from seedbed_jax.xla.words import indices, words_at


class Drawing(Protocol):
    """What is drawn: a value, so that JAX compiles equal ones once.

    Attributes
    ----------
    distribution
        One that `is_known`.
    shape, dtype
        Those of the whole array.
    part
        The shape of what is drawn.
    """

    distribution: Distribution
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    part: tuple[int, ...]

    def __call__(self, operand: Any) -> npt.NDArray[Any]:
        """Return what the host draws for an operand, which may have more axes in front."""
        ...


_CALLED: Final = "cpu"
"""The platform whose devices work in the host's memory, so that it writes its arrays for them."""

_draw: Final = Primitive("seedbed_draw")
"""Of a vector of uint32: the words of a key, and how many parts lie before this one, along each axis."""


@functools.partial(jax.jit, static_argnums=0)
def drawn(drawing: Drawing, operand: jax.Array) -> jax.Array:
    """Return the part that an operand draws, by XLA or by the host.

    It is jitted, so that a program has one function of it however often it is used. And under `jax.vmap` and
    `jax.checkpoint` outside of jit, each operation is a program of its own, but for what is jitted.

    Parameters
    ----------
    drawing
        What is drawn.
    operand
        The words of a key and, for each axis of the array, how many parts lie before this one, as uint32.
    """
    result: jax.Array = _draw.bind(operand, drawing=drawing)
    return result


@functools.partial(jax.jit, static_argnums=0)
def called(drawing: Any, operand: jax.Array) -> jax.Array:
    """Return what `drawing` makes of an operand, as `drawn` has it, where only the host can draw it."""
    return _on_host(drawing, operand)


def _in_xla(drawing: Drawing, operand: jax.Array) -> jax.Array:
    """Return the part, computed by XLA, where 64-bit types are enabled."""
    if operand.ndim > 1:
        result: jax.Array = jax.vmap(functools.partial(_in_xla, drawing))(operand)
        return result
    words, places = lax.split(operand, [len(operand) - len(drawing.shape), len(drawing.shape)])
    start = lax.convert_element_type(places, np.uint64) * np.array(drawing.part, np.uint64)
    flat = indices(drawing.shape, drawing.part, start)
    limits = limits_of(drawing.distribution, drawing.dtype)
    return values_of(drawing.distribution, drawing.dtype, limits, words_at(key_of(words), flat))


def _on_host(drawing: Drawing, operand: jax.Array) -> jax.Array:
    """Return the part, for which the host is called.

    The callback's result is said to be on one device, which JAX cannot return under a mesh; so a barrier
    follows.
    """
    result = jax.ShapeDtypeStruct((*operand.shape[:-1], *drawing.part), drawing.dtype)
    made = jax.pure_callback(drawing, result, operand, vmap_method="broadcast_all")
    kept: jax.Array = lax.optimization_barrier(made)
    return kept


def _now(operand: jax.Array, *, drawing: Drawing) -> jax.Array:
    """Return the part where `jax.disable_jit` has it made at once."""
    return jnp.asarray(drawing(operand))


def _type(operand: Any, *, drawing: Drawing) -> Any:
    axes = (*operand.sharding.spec[: operand.ndim - 1], *(None for _ in drawing.part))
    sharding = NamedSharding(operand.sharding.mesh, PartitionSpec(*axes))
    return operand.update(
        shape=(*operand.shape[:-1], *drawing.part), dtype=drawing.dtype, weak_type=False, sharding=sharding
    )


def _batched(operands: Any, axes: Any, *, drawing: Drawing) -> tuple[jax.Array, int]:
    return drawn(drawing, jnp.moveaxis(operands[0], axes[0], 0)), 0


def _lowered(context: mlir.LoweringRuleContext, operand: Any, *, drawing: Drawing) -> Any:
    is_inside = _is_inside(context.module_context)
    make = functools.partial(_in_xla if is_inside else _on_host, drawing)
    # XLA is left to find out itself how to divide this over a mesh.
    plain = context.replace(avals_in=[_unplaced(aval) for aval in context.avals_in])
    with wide_types() if is_inside else nullcontext():
        return mlir.lower_fun(make, multiple_results=False)(plain, operand)


def _unplaced(aval: Any) -> Any:
    return jax.core.ShapedArray(aval.shape, aval.dtype)


def _is_inside(module: Any) -> bool:
    """Say whether XLA draws, and not the host, in a module that is compiled."""
    if module.lowering_parameters.for_export:
        check_exported(module.platforms)
        return True
    (platform,) = module.platforms
    if platform == _CALLED:
        # On one device the host takes as long, and is compiled sooner. Where JAX divides the work, it would
        # have the host draw the whole.
        return _is_divided(module.axis_context)
    return gives_the_bits(platform)


def _is_divided(context: Any) -> bool:
    """Say whether what is compiled is divided over devices, in a way that the program does not say itself."""
    if isinstance(context, mlir.SPMDAxisContext):
        return context.manual_axes != frozenset(context.mesh.axis_names)
    return getattr(context, "num_devices", 1) != 1


_draw.def_impl(_now)
_draw.def_abstract_eval(_type)
mlir.register_lowering(_draw, _lowered)
batching.primitive_batchers[_draw] = _batched

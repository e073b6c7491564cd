"""The paths of the parameters in a pytree, and what their leaves are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

import jax
import jax.numpy as jnp

from seedbed.errors import ArgumentError, RulesError
from seedbed.fans import Axes
from seedbed_jax.modules import axes_of, is_of

_CANONICAL: Final = {"kernel": "weight", "scale": "weight", "embedding": "weight"}
"""What Flax calls that which a layer multiplies by or looks up."""

_BOXES: Final = (("flax.nnx", "Variable"), ("flax.core.meta", "AxisMetadata"))
"""Nodes of a tree that hold an array, or a tree of such, and are no part of its name."""

_STATE: Final = ("batch_stats", "cache", "intermediates", "perturbations", "_overwrite_with_gradient")
"""What Flax calls collections of variables, beside that of the parameters, that layers compute themselves."""


_OPTIMIZERS: Final = "optax"
"""The library whose named tuples, wherever they are in a tree, hold what an optimizer computes."""


class _Step(NamedTuple):
    """A node on the way to a leaf, and what it calls the next."""

    node: Any
    name: str


class _Box(NamedTuple):
    """A node that holds an array, or a tree of such, and which of these it is."""

    node: Any
    within: tuple[str, ...]


class Parameter(NamedTuple):
    """A leaf of a tree that is a parameter.

    Attributes
    ----------
    position
        Which of the leaves it is.
    path
        Its canonical path, as `seedbed.rules` has them.
    others
        The names that it has in its own framework, as paths.
    leaf
        Anything with a shape and a dtype.
    box
        What holds this leaf, as a variable of nnx does; ``None`` for most.
    axes
        What its module tells of the roles of its axes; ``None`` where nothing does.
    """

    position: int
    path: str
    others: tuple[str, ...]
    leaf: Any
    box: _Box | None
    axes: Axes | None


def parameters(tree: Any) -> list[Parameter]:
    """Return the parameters of a tree, in the order of its leaves.

    Those are the leaves with a floating or complex dtype that Flax does not call state.

    Raises
    ------
    ArgumentError
        If state has no values yet.
    RulesError
        If one variable of nnx is at two places.
    """
    found = []
    by_box: dict[tuple[int, tuple[str, ...]], Parameter] = {}
    for position, (steps, leaf) in enumerate(_leaves(tree)):
        if not _is_parameter(leaf):
            continue
        parameter = _parameter(position, steps, leaf)
        if _is_state(steps, parameter.box):
            _check_values(parameter)
            continue
        found.append(parameter)
        if parameter.box is None:
            continue
        place = (id(parameter.box.node), parameter.box.within)
        if (other := by_box.setdefault(place, parameter)) is not parameter:
            raise RulesError(
                f"the parameters {other.others[-1]!r} and {parameter.others[-1]!r} are one variable, of "
                "which a tree would make two; give nnx.state(model, nnx.Param), which has it once, and put "
                "what comes back into the model by nnx.update"
            )
    return found


def _is_parameter(leaf: Any) -> bool:
    return hasattr(leaf, "shape") and hasattr(leaf, "dtype") and jnp.issubdtype(leaf.dtype, jnp.inexact)


def _leaves(tree: Any, steps: tuple[_Step, ...] = ()) -> Iterator[tuple[tuple[_Step, ...], Any]]:
    """Yield the leaves in the order that JAX has them in, each with the steps that lead to it.

    The nodes between are those that JAX goes through. What a path names need not lead there.
    """
    for keys, child in jax.tree_util.tree_flatten_with_path(tree, is_leaf=lambda node: node is not tree)[0]:
        if keys:
            yield from _leaves(child, (*steps, _Step(tree, str(_name(keys[0])))))
        else:
            yield steps, child


def _parameter(position: int, steps: tuple[_Step, ...], leaf: Any) -> Parameter:
    root = steps[0].node if steps else None
    at = next((at for at, step in enumerate(steps) if any(is_of(step.node, *kind) for kind in _BOXES)), None)
    box = None
    if at is not None:
        box = _Box(steps[at].node, tuple(step.name for step in steps[at + 1 :]))
        steps = (*steps[:at], *steps[at + 1 :])
    names = [step.name for step in steps]
    own = "/".join(names)
    short = names[1:] if _is_collection(root, names) else names
    last = names[-1] if names else "weight"
    path = "/".join([*short[:-1], _CANONICAL.get(last, last)])
    others = tuple(dict.fromkeys(("/".join(short), own)))
    called = ["", *names[:-1]]
    parents = [(step.node, name) for step, name in zip(steps, called, strict=True)] if steps else []
    return Parameter(position, path, others, leaf, box, axes_of(parents[::-1], last, tuple(leaf.shape)))


def _is_state(steps: tuple[_Step, ...], box: _Box | None) -> bool:
    if any(map(_is_of_optimizer, steps)):
        return True
    if box is not None and is_of(box.node, "flax.nnx", "Variable"):
        return not is_of(box.node, "flax.nnx", "Param")
    root = steps[0].node if steps else None
    return isinstance(root, Mapping) and "params" in root and steps[0].name in _STATE


def _is_of_optimizer(step: _Step) -> bool:
    kind = type(step.node)
    return kind.__module__.partition(".")[0] == _OPTIMIZERS and kind.__name__ != "LookaheadParams"


def _check_values(state: Parameter) -> None:
    if isinstance(state.leaf, jax.ShapeDtypeStruct):
        raise ArgumentError(
            f"got {state.others[-1]} among the parameters, which is state that a layer or an optimizer "
            "computes, and a shape without values; give variables['params'] of linen, or "
            "nnx.state(model, nnx.Param), alone"
        )


def _is_collection(root: Any, names: list[str]) -> bool:
    """Say whether the first name is that of the parameters among variables of linen, or of a train state."""
    is_variables = isinstance(root, Mapping) and not is_of(root, "flax.nnx", "State")
    is_variables |= is_of(root, "flax.training.train_state", "TrainState")
    return is_variables and len(names) > 1 and names[0] == "params"


def _name(key: Any) -> Any:
    """Return what a step of a path in a tree is called."""
    for attribute in ("key", "name", "idx"):
        if hasattr(key, attribute):
            return getattr(key, attribute)
    return key

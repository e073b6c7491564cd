"""The leaves of a pytree: by which paths, and which of them are parameters."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import jax
import jax.numpy as jnp

from seedbed.errors import RulesError
from seedbed_jax.evidence import Reading, Seen, read
from seedbed_jax.kinds import kind_of
from seedbed_jax.modules import Parents, Step, is_of, told_by_module
from seedbed_jax.state import is_copy, is_lookahead, is_of_linen, is_state, reset_of

_CANONICAL: Final = {"kernel": "weight", "scale": "weight", "embedding": "weight"}
"""What Flax calls that which a layer multiplies by or looks up."""

_BOXES: Final = (("flax.nnx", "Variable"), ("flax.core.meta", "AxisMetadata"))
"""Nodes of a tree that hold an array, or a tree of such, and are no part of its name."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """A leaf of a tree.

    Parameters
    ----------
    positions
        Which of the leaves it is; and those that are to be its copies.
    path
        Its canonical path, as `seedbed.rules` has them.
    others
        The names that it has in its own framework, as paths.
    value
        Anything with a shape and a dtype.
    parents
        The nodes that it is in.
    seen
        What has been found of nodes.
    ties
        The names of its copies.
    """

    positions: list[int]
    path: str
    others: tuple[str, ...]
    value: Any
    parents: Parents
    seen: Seen
    ties: list[str] = field(default_factory=list)

    def kind(self) -> str | None:
        """Return the kind of layer that it belongs to; ``None`` where nothing tells it."""
        return kind_of(self.parents, self._name)

    def reading(self) -> Reading:
        """Return what is told of the roles of its axes."""
        shape = tuple(self.value.shape)
        told = told_by_module(self.parents, self._name, shape)
        return read(self.parents, self._name, shape, self.seen) if told is None else Reading(told)

    @property
    def _name(self) -> str:
        return self.others[0].rpartition("/")[2]


@dataclass(frozen=True, slots=True)
class Leaves:
    """The leaves of a tree that have a say, in its order.

    Parameters
    ----------
    parameters
        What rules draw: leaves of floating and complex dtypes that are no state of layers or optimizers.
    resets
        State that has no values yet, and the initializer whose values it has before the first batch.
    empty
        The names of all other leaves that have no values.
    copies
        The names of leaves in which an optimizer keeps the parameters that it was made with.
    """

    parameters: list[Leaf] = field(default_factory=list)
    resets: list[tuple[Leaf, str]] = field(default_factory=list)
    empty: list[str] = field(default_factory=list)
    copies: list[str] = field(default_factory=list)


def leaves_of(tree: Any) -> Leaves:
    """Return the leaves of a tree, each with what is known of it.

    Raises
    ------
    RulesError
        If one variable of nnx is at two places.
    """
    found = Leaves()
    seen: Seen = {}
    by_name: dict[str, Leaf] = {}
    by_place: dict[tuple[int, tuple[str, ...]], Leaf] = {}
    for position, (steps, value) in enumerate(_walk(tree)):
        leaf, box = _named(position, steps, value, seen)
        if not _is_inexact(value) or is_state(steps, box):
            _put_aside(leaf, steps, box, found)
        elif any(is_lookahead(step.node) and step.name == "slow" for step in steps):
            first = by_name[leaf.others[0]]  # of the fast ones, which come before
            first.positions.append(position)
            first.ties.append(leaf.others[-1])
        else:
            by_name[leaf.others[0]] = leaf
            found.parameters.append(leaf)
            _check_once(leaf, box, by_place)
    return found


def _put_aside(leaf: Leaf, steps: Sequence[Step], box: Sequence[Step], found: Leaves) -> None:
    """Note of what is no parameter if it has no values, or former ones."""
    name = leaf.others[-1]
    if not isinstance(leaf.value, jax.ShapeDtypeStruct):
        if is_copy(steps):
            found.copies.append(name)
    elif (reset := reset_of(steps, box, leaf.path.rpartition("/")[2])) is not None:
        found.resets.append((leaf, reset))
    else:
        found.empty.append(name)


def _check_once(leaf: Leaf, box: Sequence[Step], by_place: dict[tuple[int, tuple[str, ...]], Leaf]) -> None:
    if not box:
        return
    place = (id(box[0].node), tuple(step.name for step in box[1:]))
    if (other := by_place.setdefault(place, leaf)) is not leaf:
        raise RulesError(
            f"the parameters {other.others[-1]!r} and {leaf.others[-1]!r} are one variable, of which a tree "
            "would make two; give nnx.state(model, nnx.Param), which has it once, and put what comes back "
            "into the model by nnx.update"
        )


def _is_inexact(value: Any) -> bool:
    return hasattr(value, "shape") and hasattr(value, "dtype") and jnp.issubdtype(value.dtype, jnp.inexact)


def _walk(tree: Any, steps: tuple[Step, ...] = ()) -> Iterator[tuple[tuple[Step, ...], Any]]:
    """Yield the leaves in the order that JAX has them in, each with the steps that lead to it.

    The nodes between are those that JAX goes through. What a path names need not lead there.
    """
    for keys, child in jax.tree_util.tree_flatten_with_path(tree, is_leaf=lambda node: node is not tree)[0]:
        if keys:
            yield from _walk(child, (*steps, Step(tree, str(_name(keys[0])))))
        else:
            yield steps, child


def _name(key: Any) -> Any:
    """Return what a step of a path in a tree is called."""
    for attribute in ("key", "name", "idx"):
        if hasattr(key, attribute):
            return getattr(key, attribute)
    return key


def _named(position: int, steps: tuple[Step, ...], value: Any, seen: Seen) -> tuple[Leaf, tuple[Step, ...]]:
    """Return a leaf by its names, and its box with what that calls it within; no steps if it has no box."""
    at = next((at for at, step in enumerate(steps) if any(is_of(step.node, *box) for box in _BOXES)), None)
    box = () if at is None else steps[at:]
    steps = steps if at is None else (*steps[:at], *steps[at + 1 :])
    own = [step.name for step in steps] or ["weight"]
    steps = tuple(step for step in steps if not is_lookahead(step.node))
    names = [step.name for step in steps] or ["weight"]
    short = (
        names[1:] if len(names) > 1 and steps[0].name == "params" and is_of_linen(steps[0].node) else names
    )
    path = "/".join([*short[:-1], _CANONICAL.get(short[-1], short[-1])])
    others = tuple(dict.fromkeys(("/".join(short), "/".join(names), "/".join(own))))
    called = ["", *names[:-1]]
    parents = [(step.node, name) for step, name in zip(steps, called, strict=False)][::-1]
    return Leaf([position], path, others, value, parents, seen), box

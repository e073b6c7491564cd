"""The leaves of a pytree: which are parameters, by which paths, and what the others are."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

import jax
import jax.numpy as jnp

from seedbed.errors import RulesError
from seedbed_jax.evidence import Reading, Seen, read
from seedbed_jax.kinds import kind_of
from seedbed_jax.modules import Parents, is_of, told_by_module

_CANONICAL: Final = {"kernel": "weight", "scale": "weight", "embedding": "weight"}
"""What Flax calls that which a layer multiplies by or looks up."""

_BOXES: Final = (("flax.nnx", "Variable"), ("flax.core.meta", "AxisMetadata"))
"""Nodes of a tree that hold an array, or a tree of such, and are no part of its name."""

_STATE: Final = ("batch_stats", "cache", "intermediates", "perturbations", "_overwrite_with_gradient")
"""What Flax calls collections of variables, beside that of the parameters, that layers compute themselves."""

_OF_EQUINOX: Final = (("equinox.nn", "StateIndex"), ("equinox.nn", "State"))
"""Where Equinox has what layers compute themselves."""

_RESETS: Final = {"mean": "zeros", "var": "ones"}
"""What Flax calls the statistics of a batch norm, and what they are before the first batch."""

_TRAIN_STATE: Final = ("flax.training.train_state", "TrainState")
"""What holds parameters, the state of an optimizer and whatever a training loop has besides."""

_OPTIMIZERS: Final = "optax"
"""The library whose named tuples, wherever they are in a tree, hold what an optimizer computes."""

_COPIES: Final = ("z", "x0", "params0", "init_params", "init_particles")
"""What the named tuples of optax.contrib call the parameters that they were made with."""


class _Step(NamedTuple):
    """A node on the way to a leaf, and what it calls the next."""

    node: Any
    name: str


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
        if not _is_inexact(value) or _is_state(steps, box):
            _put_aside(leaf, steps, box, found)
        elif any(_is_lookahead(step.node) and step.name == "slow" for step in steps):
            first = by_name[leaf.others[0]]  # of the fast ones, which come before
            first.positions.append(position)
            first.ties.append(leaf.others[-1])
        else:
            by_name[leaf.others[0]] = leaf
            found.parameters.append(leaf)
            _check_once(leaf, box, by_place)
    return found


def _put_aside(leaf: Leaf, steps: Sequence[_Step], box: Sequence[_Step], found: Leaves) -> None:
    """Note of what is no parameter if it has no values, or former ones."""
    name, last = leaf.others[-1], leaf.path.rpartition("/")[2]
    is_statistic = any(step.name == "batch_stats" for step in steps)
    is_statistic |= bool(box) and is_of(box[0].node, "flax.nnx", "BatchStat")
    if not isinstance(leaf.value, jax.ShapeDtypeStruct):
        if any((_is_of_optimizer(step) and step.name in _COPIES) or _is_copy(step) for step in steps):
            found.copies.append(name)
    elif is_statistic and last in _RESETS:
        found.resets.append((leaf, _RESETS[last]))
    else:
        found.empty.append(name)


def _check_once(leaf: Leaf, box: Sequence[_Step], by_place: dict[tuple[int, tuple[str, ...]], Leaf]) -> None:
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


def _walk(tree: Any, steps: tuple[_Step, ...] = ()) -> Iterator[tuple[tuple[_Step, ...], Any]]:
    """Yield the leaves in the order that JAX has them in, each with the steps that lead to it.

    The nodes between are those that JAX goes through. What a path names need not lead there.
    """
    for keys, child in jax.tree_util.tree_flatten_with_path(tree, is_leaf=lambda node: node is not tree)[0]:
        if keys:
            yield from _walk(child, (*steps, _Step(tree, str(_name(keys[0])))))
        else:
            yield steps, child


def _name(key: Any) -> Any:
    """Return what a step of a path in a tree is called."""
    for attribute in ("key", "name", "idx"):
        if hasattr(key, attribute):
            return getattr(key, attribute)
    return key


def _named(position: int, steps: tuple[_Step, ...], value: Any, seen: Seen) -> tuple[Leaf, tuple[_Step, ...]]:
    """Return a leaf by its names, and its box with what that calls it within; no steps if it has no box."""
    at = next((at for at, step in enumerate(steps) if any(is_of(step.node, *box) for box in _BOXES)), None)
    box = () if at is None else steps[at:]
    steps = steps if at is None else (*steps[:at], *steps[at + 1 :])
    own = [step.name for step in steps] or ["weight"]
    steps = tuple(step for step in steps if not _is_lookahead(step.node))
    names = [step.name for step in steps] or ["weight"]
    short = (
        names[1:] if len(names) > 1 and steps[0].name == "params" and _is_of_linen(steps[0].node) else names
    )
    path = "/".join([*short[:-1], _CANONICAL.get(short[-1], short[-1])])
    others = tuple(dict.fromkeys(("/".join(short), "/".join(names), "/".join(own))))
    called = ["", *names[:-1]]
    parents = [(step.node, name) for step, name in zip(steps, called, strict=False)][::-1]
    return Leaf([position], path, others, value, parents, seen), box


def _is_state(steps: Sequence[_Step], box: Sequence[_Step]) -> bool:
    if box and is_of(box[0].node, "flax.nnx", "Variable"):
        return not is_of(box[0].node, "flax.nnx", "Param")
    if steps and (_is_collection(steps[0]) or (not box and is_of(steps[-1].node, "flax.nnx", "Module"))):
        return True  # where parameters are marked as such, what is beside them is none
    return any(
        _is_of_optimizer(step)
        or (is_of(step.node, *_TRAIN_STATE) and step.name != "params")
        or (step.name in _STATE and "params" in _names_at(step.node))
        or any(is_of(step.node, *kind) for kind in _OF_EQUINOX)
        for step in steps
    )


def _is_collection(step: _Step) -> bool:
    """Say whether it leads to variables of linen that are no parameters, whatever a layer calls them."""
    return (
        isinstance(step.node, Mapping)
        and not is_of(step.node, "flax.nnx", "State")
        and isinstance(step.node.get("params"), Mapping)
        and step.name != "params"
    )


def _names_at(node: Any) -> Collection[str]:
    return node if isinstance(node, Mapping) else dir(node)


def _is_of_optimizer(step: _Step) -> bool:
    return type(step.node).__module__.partition(".")[0] == _OPTIMIZERS and not _is_lookahead(step.node)


def _is_lookahead(node: Any) -> bool:
    """Say whether it holds parameters twice, which are to begin as the same: fast ones and slow ones."""
    return is_of(node, _OPTIMIZERS, "LookaheadParams")


def _is_copy(step: _Step) -> bool:
    """Say whether it leads to a field of a train state that is made like its parameters, as their average."""
    if not is_of(step.node, *_TRAIN_STATE) or step.name in ("params", "opt_state"):
        return False
    own, theirs = getattr(step.node, step.name, None), step.node.params
    structures: list[Any] = [jax.tree_util.tree_structure(tree) for tree in (own, theirs)]
    return bool(structures[0] == structures[1])


def _is_of_linen(node: Any) -> bool:
    """Say whether it has the collections of variables of linen, as a train state has them."""
    is_variables = isinstance(node, Mapping) and not is_of(node, "flax.nnx", "State")
    return is_variables or is_of(node, *_TRAIN_STATE)

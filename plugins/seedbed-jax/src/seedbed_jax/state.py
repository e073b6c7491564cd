"""What of a tree is no parameter: the state of layers, of optimizers, and of what trains a model."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

import jax

from seedbed_jax.modules import Step, is_of

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


def is_state(steps: Sequence[Step], box: Sequence[Step]) -> bool:
    """Say whether a leaf is no parameter, by the steps that lead to it, and its box with those within it."""
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


def _is_collection(step: Step) -> bool:
    """Say whether it leads to variables of linen that are no parameters, whatever a layer calls them."""
    return (
        isinstance(step.node, Mapping)
        and not is_of(step.node, "flax.nnx", "State")
        and isinstance(step.node.get("params"), Mapping)
        and step.name != "params"
    )


def _names_at(node: Any) -> Collection[str]:
    return node if isinstance(node, Mapping) else dir(node)


def _is_of_optimizer(step: Step) -> bool:
    return type(step.node).__module__.partition(".")[0] == _OPTIMIZERS and not is_lookahead(step.node)


def is_lookahead(node: Any) -> bool:
    """Say whether it holds parameters twice, which are to begin as the same: fast ones and slow ones."""
    return is_of(node, _OPTIMIZERS, "LookaheadParams")


def is_copy(steps: Sequence[Step]) -> bool:
    """Say whether an optimizer, or a training loop, keeps in a leaf the parameters that it was made with."""
    return any(
        (_is_of_optimizer(step) and step.name in _COPIES) or _is_like_parameters(step) for step in steps
    )


def reset_of(steps: Sequence[Step], box: Sequence[Step], name: str) -> str | None:
    """Return what makes the values that a statistic has before the first batch; ``None`` for other leaves."""
    is_statistic = any(step.name == "batch_stats" for step in steps)
    is_statistic |= bool(box) and is_of(box[0].node, "flax.nnx", "BatchStat")
    return _RESETS.get(name) if is_statistic else None


def _is_like_parameters(step: Step) -> bool:
    """Say whether it leads to a field of a train state that is made like its parameters, as their average."""
    if not is_of(step.node, *_TRAIN_STATE) or step.name in ("params", "opt_state"):
        return False
    own, theirs = getattr(step.node, step.name, None), step.node.params
    structures: list[Any] = [jax.tree_util.tree_structure(tree) for tree in (own, theirs)]
    return bool(structures[0] == structures[1])


def is_of_linen(node: Any) -> bool:
    """Say whether it has the collections of variables of linen, as a train state has them."""
    is_variables = isinstance(node, Mapping) and not is_of(node, "flax.nnx", "State")
    return is_variables or is_of(node, *_TRAIN_STATE)

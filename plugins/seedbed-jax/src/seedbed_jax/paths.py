"""The paths of the parameters in a pytree, and what their leaves are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

import jax
import jax.numpy as jnp

from seedbed.errors import RulesError
from seedbed_jax.layouts import Layout, is_of, layout_of

_CANONICAL: Final = {"kernel": "weight", "scale": "weight", "embedding": "weight"}
"""What Flax calls that which a layer multiplies by or looks up."""

_BOXES: Final = (("flax.nnx", "Variable"), ("flax.core.meta", "AxisMetadata"))
"""Nodes of a tree that hold one array, and are no part of its name."""

_UNREACHABLE: Final = object()


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
        The node that holds this leaf alone, as a variable of nnx does; ``None`` for most.
    layout
        How its axes are those of what is drawn; ``None`` where it is drawn as it is.
    """

    position: int
    path: str
    others: tuple[str, ...]
    leaf: Any
    box: Any
    layout: Layout | None


def parameters(tree: Any) -> dict[str, Parameter]:
    """Return the parameters of a tree, by canonical path, in the order of its leaves.

    Those are the leaves with a floating or complex dtype.

    Raises
    ------
    RulesError
        If two have one canonical path, or one variable of nnx is at two places.
    """
    found: dict[str, Parameter] = {}
    by_box: dict[int, Parameter] = {}
    leaves = jax.tree_util.tree_flatten_with_path(tree)[0]
    for position, (keys, leaf) in enumerate(leaves):
        if not _is_parameter(leaf):
            continue
        parameter = _parameter(tree, position, keys, leaf)
        if (other := found.get(parameter.path)) is not None:
            raise RulesError(
                f"the parameters {other.others[-1]!r} and {parameter.others[-1]!r} have one path, "
                f"{parameter.path!r}, and would draw the same values; rename one of them"
            )
        found[parameter.path] = parameter
        if parameter.box is None:
            continue
        if (other := by_box.setdefault(id(parameter.box), parameter)) is not parameter:
            raise RulesError(
                f"the parameters {other.others[-1]!r} and {parameter.others[-1]!r} are one variable, of "
                "which a tree would make two; give nnx.state(model, nnx.Param), which has it once, and put "
                "what comes back into the model by nnx.update"
            )
    return found


def _is_parameter(leaf: Any) -> bool:
    return hasattr(leaf, "shape") and hasattr(leaf, "dtype") and jnp.issubdtype(leaf.dtype, jnp.inexact)


def _parameter(tree: Any, position: int, keys: tuple[Any, ...], leaf: Any) -> Parameter:
    nodes, box = list(_nodes(tree, keys)), None
    if nodes and any(is_of(nodes[-1], *kind) for kind in _BOXES):
        keys, box = keys[:-1], nodes.pop()
    parent = nodes[-1] if nodes else None
    names = [str(_name(key)) for key in keys]
    own = "/".join(names)
    # The collection that holds the parameters among the variables of a module of Flax.
    short = names[1:] if isinstance(tree, Mapping) and names[0] == "params" and len(names) > 1 else names
    last = names[-1] if names else "weight"
    path = "/".join([*short[:-1], _CANONICAL.get(last, last)])
    others = tuple(dict.fromkeys(("/".join(short), own)))
    return Parameter(position, path, others, leaf, box, layout_of(parent, last, len(leaf.shape)))


def _nodes(tree: Any, keys: tuple[Any, ...]) -> Iterator[Any]:
    """Yield the nodes on the way from the root to a leaf, which is not among them."""
    for key in keys[:-1]:
        yield tree
        tree = _child(tree, key)
    if keys:
        yield tree


def _child(node: Any, key: Any) -> Any:
    if isinstance(key, jax.tree_util.GetAttrKey):
        return getattr(node, key.name, _UNREACHABLE)
    if isinstance(key, jax.tree_util.DictKey | jax.tree_util.SequenceKey) and node is not _UNREACHABLE:
        return node[_name(key)]
    return _UNREACHABLE


def _name(key: Any) -> Any:
    """Return what a step of a path in a tree is called."""
    for attribute in ("key", "name", "idx"):
        if hasattr(key, attribute):
            return getattr(key, attribute)
    return key

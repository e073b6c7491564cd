"""Whole models: the arrays of a pytree by rules."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import jax
import numpy as np

import seedbed
from seedbed import Initializer
from seedbed.errors import ArgumentError, RulesError, SeedbedError, shown
from seedbed.random import SeedLike
from seedbed.rules import Plan, RulesLike, as_rules
from seedbed_jax.paths import Parameter, parameters
from seedbed_jax.shards import assembled
from seedbed_jax.values import check, placed, probe


def initialize(
    tree: Any,
    rules: RulesLike,
    *,
    seed: SeedLike,
    shardings: Any = None,
    strict: bool = False,
) -> Any:
    """Return a tree of new arrays in the place of the parameters of `tree`.

    Each parameter draws from a stream of its own, which `seed` and its path give. Order, sharding and what
    other parameters there are have no influence, and a model of PyTorch or Keras with the same paths gets the
    same values.

    Parameters
    ----------
    tree
        A pytree of arrays, or of `jax.ShapeDtypeStruct`, as `jax.eval_shape` and `flax.nnx.eval_shape` give
        them: the parameters of a module of Flax, a state of nnx, a module of Equinox. Its parameters are the
        leaves of floating and complex dtypes; all other leaves stay as they are.
    rules
        Which parameter gets which initializer: the path of a TOML file, a dict or pairs of patterns and
        initializers, or what `seedbed.rules.as_rules` gave. Patterns match canonical paths, such as
        ``layers/0/weight``, and those with the framework's own names, ``layers/0/kernel``.
    seed
        An int, a string, or a list of those.
    shardings
        ``None``, one sharding for all, or a tree of them of the structure of `tree`, or of its beginning,
        where ``None`` stands for none. A leaf without one keeps the sharding that it has itself.
    strict
        Whether a parameter that no rule matches, and a rule that no parameter got, is an error. If not, they
        are warned of, and such a parameter stays as it is.

    Returns
    -------
    Any
        A tree of the same structure.

    Raises
    ------
    RulesError
        If `rules` are malformed, two parameters have one path, a `jax.ShapeDtypeStruct` has no rule or, where
        `strict`, anything is left over.
    ArgumentError
        If `seed` is ``None``, or `shardings` is no such tree.
    ShapeError, DTypeError
        If an initializer cannot give a parameter. The message names it, and nothing has been drawn.

    Warns
    -----
    UserWarning
        If anything is left over.

    Examples
    --------
    >>> import jax
    >>> model = {"dense": {"kernel": jax.ShapeDtypeStruct((3, 4), "float32")}}
    >>> made = initialize(model, {"*": "he_normal"}, seed=7)
    >>> wanted = seedbed.get("he_normal", seed=7).fold_in("dense/weight")((3, 4))
    >>> bool((made["dense"]["kernel"] == wanted).all())
    True
    """
    found = parameters(tree)
    names = {path: parameter.others for path, parameter in found.items()}
    plan = as_rules(rules).plan(names, seed=seed, strict=strict)
    _check_abstract(found, plan)
    leaves, structure = jax.tree_util.tree_flatten(tree)
    given = _given(shardings, tree)
    if isinstance(probe(None), jax.core.Tracer):
        raise ArgumentError(
            "initialize makes arrays, which a function that is traced cannot do; call it outside of jit"
        )
    drawers = {path: _drawer(drawn, found[path]) for path, drawn in plan.initializers.items()}
    for path, drawer in drawers.items():
        with _naming(path):
            check(drawer, tuple(found[path].leaf.shape), _dtype_of(found[path].leaf))
    if plan.faults:
        warnings.warn("\n  ".join(["the rules left something over:", *plan.faults]), stacklevel=2)
    for path, drawer in drawers.items():
        at = found[path].position
        with _naming(path):
            leaves[at] = _array(drawer, leaves[at], given[at])
    return jax.tree_util.tree_unflatten(structure, leaves)


def _check_abstract(found: Mapping[str, Parameter], plan: Plan) -> None:
    lost = [path for path in plan.unmatched if isinstance(found[path].leaf, jax.ShapeDtypeStruct)]
    if lost:
        raise RulesError(
            f"no rule matches {', '.join(lost)}, which are shapes and so have no values to keep; "
            "add a rule for them, such as a last one for '*'"
        )


@contextmanager
def _naming(path: str) -> Iterator[None]:
    """Have errors say which parameter they are of."""
    try:
        yield
    except SeedbedError as error:
        raise type(error)(f"{path}: {error}") from error


def _dtype_of(leaf: Any) -> np.dtype[Any]:
    """Return the dtype that JAX has for that of a leaf, as it takes NumPy's arrays: without a warning."""
    dtype: np.dtype[Any] = jax.dtypes.canonicalize_dtype(leaf.dtype)
    return dtype


def _drawer(initializer: Initializer, parameter: Parameter) -> Initializer:
    """Return the initializer of the leaf as the framework lays it out."""
    if parameter.permutation is None:
        return initializer
    return seedbed.get("transposed", initializer=initializer, permutation=parameter.permutation)


def _array(initializer: Initializer, leaf: Any, sharding: Any) -> jax.Array:
    shape, dtype = tuple(leaf.shape), _dtype_of(leaf)
    if sharding is None and getattr(leaf, "committed", True):
        sharding = getattr(leaf, "sharding", None)
    if sharding is None:
        return placed(initializer, shape, dtype)
    return assembled(initializer, shape, sharding, dtype)


def _given(shardings: Any, tree: Any) -> list[Any]:
    """Return the sharding that was given for each leaf, or ``None``."""

    def is_one(node: Any) -> bool:
        return node is None or isinstance(node, jax.sharding.Sharding)

    try:
        spread = jax.tree.broadcast(shardings, tree, is_leaf=is_one)
    except ValueError as error:
        raise ArgumentError(
            f"the tree of shardings is no beginning of the tree of parameters: {error}; pass None, one "
            "sharding for all, or a tree of the same structure"
        ) from error
    found = jax.tree_util.tree_leaves(spread, is_leaf=is_one)
    if wrong := [node for node in found if not is_one(node)]:
        raise ArgumentError(
            f"got {shown(wrong[0])} among the shardings; pass jax.sharding.Sharding objects, such as "
            "NamedSharding(mesh, PartitionSpec('model')), and None for none"
        )
    return found
